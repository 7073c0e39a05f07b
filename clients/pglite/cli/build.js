/** From a snapshot to the dump of a PGlite that has been built from it. */

import { PGlite } from '@electric-sql/pglite'
import { position, sync } from '../src/index.js'
import { markSeed } from '../src/seed.js'
import { archive, members } from '../src/tar.js'
import { loadExtensions } from './extensions.js'

/**
 * @param {object} plan  what `electric_schema.snapshot()` answered
 * @param {{ extensions?: string[], anyServer?: boolean }} options
 * @returns {Promise<{ tar: Uint8Array, position: import('../index.d.ts').Position }>}
 */
export async function buildSeed(plan, { extensions = [], anyServer = false } = {}) {
  const db = await PGlite.create({ extensions: await loadExtensions(plan.requires.extensions, extensions) })
  try {
    await sync(db, { fetchPlan: async () => (anyServer ? bySchema(plan) : plan), refetch: async () => {} })
    await markSeed(db)
    return { position: await position(db), tar: await smallDump(db) }
  } finally {
    await db.close()
  }
}

/** The same snapshot, but its client says the schema's hash instead of the ledger's. */
function bySchema({ schema_hash: hash, transactions, ...plan }) {
  const last = transactions.at(-1)
  return {
    ...plan,
    head: { seq: 0, hash, reset_version: 0 },
    transactions: [
      ...transactions.slice(0, -1),
      { ...last, record: `INSERT INTO _electric_meta.applied (seq, hash, parent_hash) VALUES (0, '${hash}', NULL)` },
    ],
  }
}

/**
 * A dump without what a client has no use for. Of an empty database that is three quarters of it: the two template databases,
 * and the WAL of everything so far.
 */
async function smallDump(db) {
  for (const template of ['template0', 'template1']) {
    await db.exec(`ALTER DATABASE ${template} IS_TEMPLATE false`)
    await db.exec(`DROP DATABASE ${template}`)
  }
  await db.exec('SELECT pg_switch_wal()')
  await db.exec('CHECKPOINT')
  const { rows } = await db.query(`
    SELECT redo_wal_file AS oldest, pg_walfile_name(pg_current_wal_insert_lsn()) AS newest FROM pg_control_checkpoint()`)
  const [{ oldest, newest }] = rows
  const isNeeded = ({ name }) => {
    const wal = name.match(/^\/pg_wal\/([0-9A-F]{24})$/)?.[1]
    return wal ? oldest <= wal && wal <= newest : name !== '/postmaster.pid'
  }
  const kept = members(new Uint8Array(await (await db.dumpDataDir('none')).arrayBuffer())).filter(isNeeded)
  // By this file PGlite tells that there is a database: an interrupted first launch must not look like one.
  const last = ({ name }) => name === '/PG_VERSION'
  return archive([...kept.filter((member) => !last(member)), ...kept.filter(last)])
}
