// How big seeds are, and how long opening them takes. Needs a server that has the extension: PGHOST, PGPORT.
//   node bench/seeds.js NAME=FOLDER... [--runs=N]
// "created without": a new database, and the same schema built in it by a bootstrap.

import { parseArgs } from 'node:util'
import { gunzipSync, gzipSync } from 'node:zlib'
import { PGlite } from '@electric-sql/pglite'
import { buildSeed } from '../cli/build.js'
import { readHistory } from '../cli/history.js'
import { loadExtensions } from '../cli/extensions.js'
import { play, snapshot, withScratchDatabase } from '../cli/server.js'
import { sync } from '../src/index.js'
import { members } from '../src/tar.js'

const { values, positionals } = parseArgs({ allowPositionals: true, options: { runs: { type: 'string', default: '7' } } })

const dump = await withDatabase(
  () => PGlite.create(),
  async (db) => gzipSync(new Uint8Array(await (await db.dumpDataDir('none')).arrayBuffer()), { level: 9 }),
)
const rows = [await measure('PGlite, its own dump', { plan: null, extensions: {}, gzip: dump })]
rows.push(await seedOf('seed, empty', null))
for (const argument of positionals) {
  const [name, folder] = argument.split('=')
  rows.push(await seedOf(`seed, ${name}`, readHistory(folder)))
}
console.log('| | tables | gzip | unpacked | files | opened from gzip | created without |')
console.log('|---|--:|--:|--:|--:|--:|--:|')
for (const row of rows) console.log(`| ${row.join(' | ')} |`)

async function seedOf(name, history) {
  const plan = await withScratchDatabase(undefined, async (db) => {
    if (history) await play(db, history)
    return snapshot(db)
  })
  const extensions = await loadExtensions(plan.requires.extensions, [])
  const { tar } = await buildSeed(plan, { anyServer: true })
  return measure(name, { plan, extensions, gzip: gzipSync(tar, { level: 9 }) })
}

async function measure(name, { plan, extensions, gzip }) {
  const fromSeed = () => PGlite.create({ extensions, loadDataDir: new Blob([gzip], { type: 'application/gzip' }) })
  const without = async () => {
    const db = await PGlite.create({ extensions })
    if (plan) await sync(db, { fetchPlan: async () => plan, refetch: async () => {} })
    return db
  }
  const opened = await median(fromSeed)
  const created = await median(without)
  const tar = gunzipSync(gzip)
  const { rows } = await withDatabase(fromSeed, (db) =>
    db.query(`SELECT count(*)::int AS tables FROM pg_class
      WHERE relkind IN ('r', 'p') AND relnamespace::regnamespace::text !~ '^(pg_|information_schema$|_electric_meta$)'`),
  )
  const megabytes = (bytes) => `${(bytes / 1e6).toFixed(2)} MB`
  return [name, rows[0].tables, megabytes(gzip.length), megabytes(tar.length), members(tar).length, `${opened} ms`, `${created} ms`]
}

async function withDatabase(create, body) {
  const db = await create()
  try {
    return await body(db)
  } finally {
    await db.close()
  }
}

/** Of opening alone, in milliseconds. */
async function median(create) {
  const times = []
  for (let i = 0; i < Number(values.runs); i++) {
    const started = performance.now()
    const db = await create()
    times.push(performance.now() - started)
    await db.close()
  }
  return Math.round(times.sort((a, b) => a - b)[times.length >> 1])
}
