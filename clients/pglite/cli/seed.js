import { accessSync, constants, renameSync, rmSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { gzipSync } from 'node:zlib'
import { buildSeed } from './build.js'
import { readHistory } from './history.js'
import { connect, play, snapshot, withScratchDatabase } from './server.js'

/**
 * Builds a seed and writes it; gives a line that says what it is.
 * @param {{ database?: string, migrations?: string, out: string, extensions: string, anyServer: boolean }} options
 */
export async function seed({ database, migrations, out, extensions, anyServer }) {
  // Before the work, not after it.
  accessSync(dirname(out), constants.W_OK)
  const plan = migrations === undefined ? await fromServer(database) : await fromMigrations(migrations, database)
  const { tar, position } = await buildSeed(plan, {
    extensions: extensions.split(',').filter(Boolean),
    // The ledger of a scratch database is gone, and nobody else knows its hashes.
    anyServer: anyServer || migrations !== undefined,
  })
  const file = gzipSync(tar, { level: 9 })
  write(out, file)
  const place = position.seq === 0 ? `schema ${position.hash}` : `entry ${position.seq}, ${position.hash}`
  return `${out}: ${file.length} bytes, ${place}`
}

async function fromServer(database) {
  const db = await connect(database)
  try {
    return await snapshot(db)
  } finally {
    await db.end()
  }
}

async function fromMigrations(folder, database) {
  const history = readHistory(folder)
  if (history.migrations.length === 0) throw new Error(`there are no migrations in ${folder}`)
  return withScratchDatabase(database, async (db) => {
    await play(db, history)
    return snapshot(db)
  })
}

/** Whoever reads the file never sees half of it. */
function write(path, bytes) {
  const unfinished = `${path}.${process.pid}`
  try {
    writeFileSync(unfinished, bytes)
    renameSync(unfinished, path)
  } catch (error) {
    rmSync(unfinished, { force: true })
    throw error
  }
}
