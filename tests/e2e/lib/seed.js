import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { btree_gist } from '@electric-sql/pglite/contrib/btree_gist'
import { citext } from '@electric-sql/pglite/contrib/citext'
import { hstore } from '@electric-sql/pglite/contrib/hstore'
import { pgcrypto } from '@electric-sql/pglite/contrib/pgcrypto'
import { pg_trgm } from '@electric-sql/pglite/contrib/pg_trgm'
import { uuid_ossp } from '@electric-sql/pglite/contrib/uuid_ossp'

const target = fileURLToPath(new URL('../../../target/', import.meta.url))
const extensions = { btree_gist, citext, hstore, pg_trgm, pgcrypto, uuid_ossp }
let seed

/**
 * An empty PGlite, in memory or in a folder. initdb takes some seconds and gives the same every time, so its result is kept.
 * @param {typeof import('@electric-sql/pglite').PGlite} PGlite
 * @param {string} version  of the package; another version may have another data format
 * @param {string} [dataDir]
 */
export async function openPGlite(PGlite, version, dataDir) {
  seed ??= await load(PGlite, version)
  return PGlite.create({ dataDir, loadDataDir: seed, extensions })
}

async function load(PGlite, version) {
  const path = `${target}pglite-seed-${version}.tar`
  if (!existsSync(path)) {
    const db = await PGlite.create()
    const dump = await db.dumpDataDir('none')
    await db.close()
    mkdirSync(target, { recursive: true })
    // Another process may want the file this very moment: it must never see half of it.
    const unfinished = `${path}.${process.pid}`
    writeFileSync(unfinished, Buffer.from(await dump.arrayBuffer()))
    renameSync(unfinished, path)
  }
  return new Blob([readFileSync(path)])
}
