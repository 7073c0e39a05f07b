/** What waits on a device: a database that is opened, and one that catches up. The server is where PGHOST and PGPORT say. */

import { gunzipSync, gzipSync } from 'node:zlib'
import { PGlite } from '@electric-sql/pglite'
import { buildSeed } from '../cli/build.js'
import { loadExtensions } from '../cli/extensions.js'
import { play, snapshot, withScratchDatabase } from '../cli/server.js'
import { sync } from '../src/index.js'
import { members } from '../src/tar.js'

const follow = (db, plan) => sync(db, { fetchPlan: async () => plan, refetch: async () => {} })

/** PGlite's own empty database. */
export async function ownDump() {
  const tar = await using(PGlite.create(), dump)
  return described({ plan: null, extensions: {}, gzip: gzipSync(tar, { level: 9 }) })
}

/** @param {ReturnType<import('../cli/history.js').readHistory> | null} history  null for an empty schema */
export async function seedOf(history) {
  const plan = await withScratchDatabase(undefined, async (db) => {
    if (history) await play(db, history)
    return snapshot(db)
  })
  const { tar } = await buildSeed(plan, { anyServer: true })
  return described({ plan, extensions: await loadExtensions(plan.requires.extensions, []), gzip: gzipSync(tar, { level: 9 }) })
}

/** Milliseconds until the seed is open. */
export const opening = ({ gzip, extensions }) => timed(() => PGlite.create({ extensions, loadDataDir: new Blob([gzip], { type: 'application/gzip' }) }))

/** The same without it: a new database, and a bootstrap. */
export const creating = ({ plan, extensions }) =>
  timed(async () => {
    const db = await PGlite.create({ extensions })
    if (plan) await follow(db, plan)
    return db
  })

/** A client's data, after this plan. */
export function deviceAt(plan) {
  return using(PGlite.create(), async (db) => {
    await follow(db, plan)
    return new Blob([await dump(db)])
  })
}

/** Milliseconds that this plan takes on that client. */
export function catchingUp(device, plan) {
  return using(PGlite.create({ loadDataDir: device }), async (db) => {
    const started = performance.now()
    await follow(db, plan)
    return performance.now() - started
  })
}

async function described(seed) {
  const tar = gunzipSync(seed.gzip)
  const query = `SELECT count(*)::int AS tables FROM pg_class
    WHERE relkind IN ('r', 'p') AND relnamespace::regnamespace::text !~ '^(pg_|information_schema$|_electric_meta$)'`
  const { gzip, extensions } = seed
  const { rows } = await using(PGlite.create({ extensions, loadDataDir: new Blob([gzip], { type: 'application/gzip' }) }), (db) => db.query(query))
  return { ...seed, tables: rows[0].tables, packed: gzip.length, unpacked: tar.length, files: members(tar).length }
}

async function dump(db) {
  return new Uint8Array(await (await db.dumpDataDir('none')).arrayBuffer())
}

async function timed(create) {
  const started = performance.now()
  const db = await create()
  const took = performance.now() - started
  await db.close()
  return took
}

async function using(created, body) {
  const db = await created
  try {
    return await body(db)
  } finally {
    await db.close()
  }
}
