/** A stand-in for the server: hand-made plans over valid chains. */

import { PGlite } from '@electric-sql/pglite'
import { changesDigest, entryHash, genesisHash, privateDigest, schemaHash } from '../src/index.js'

const CREATE_META = [
  'CREATE SCHEMA IF NOT EXISTS _electric_meta',
  `CREATE TABLE IF NOT EXISTS _electric_meta.applied
   (seq bigint NOT NULL, hash text PRIMARY KEY, parent_hash text UNIQUE REFERENCES _electric_meta.applied(hash))`,
  'CREATE TABLE IF NOT EXISTS _electric_meta.pending (ordinal integer PRIMARY KEY, statement text NOT NULL)',
  'DELETE FROM _electric_meta.applied',
  'DELETE FROM _electric_meta.pending',
]

let seed

/** A new database, from one seed: initdb takes longer than all that a test does. */
export async function createDatabase(options = {}) {
  if (!seed) {
    const db = await PGlite.create()
    seed = await db.dumpDataDir('none')
    await db.close()
  }
  return PGlite.create({ ...options, loadDataDir: seed })
}

/** A recorded transaction for each list of statements, continuing from `parent`. */
export async function chain(parent, ...lists) {
  const entries = []
  for (const statements of lists) entries.push(await entry(entries.at(-1) ?? parent, statements))
  return entries
}

async function entry(parent, statements) {
  const fields = {
    seq: parent.seq + 1,
    parent_hash: parent.hash,
    class: 'additive',
    reset_version: parent.reset_version,
    schema_hash: await schemaHash([statements]),
    statements,
    changes_digest: await changesDigest(statements),
    private_digest: await privateDigest({
      salt: '5a'.repeat(32),
      source: statements,
      recorded_by: 'postgres',
      recorded_at: 785412345678901n,
      application_name: 'test',
      xid: 741n,
      lsn: 22509384n,
      label: null,
    }),
  }
  const hash = await entryHash(fields)
  return { ...fields, hash, record: insertApplied(fields.seq, hash, fields.parent_hash) }
}

export async function genesis() {
  return { seq: 0, hash: await genesisHash('6f1d8a52-3c0e-4b7a-9d21-5e8f7ab0c4d3'), reset_version: 0 }
}

export function plan(action, head, members = {}) {
  return {
    protocol: 1,
    action,
    head: { seq: head.seq, hash: head.hash, reset_version: head.reset_version },
    requires: { extensions: [], collations: [], server_version: 150020 },
    transactions: [],
    refetch: [],
    fetch: [],
    after_refetch: [],
    lost: [],
    reason: null,
    ...members,
  }
}

export function bootstrap(head, statements, members = {}) {
  const transaction = {
    squashed: true,
    statements: [...CREATE_META, ...statements],
    record: insertApplied(head.seq, head.hash, null),
  }
  return plan('bootstrap', head, { transactions: [transaction], ...members })
}

export function migrate(entries, members = {}) {
  return plan('migrate', entries.at(-1), { transactions: entries, ...members })
}

export function reset(parent, head, { before = [], statements, refetch, afterRefetch, lost = [] }) {
  const pending = afterRefetch.map((statement, i) => `(${i + 1}, ${literal(statement)})`)
  const record = [
    insertApplied(head.seq, head.hash, parent.hash),
    ...(pending.length > 0 ? [`INSERT INTO _electric_meta.pending (ordinal, statement) VALUES ${pending.join(', ')}`] : []),
  ].join(';\n')
  return plan('reset', head, {
    transactions: [...before.map((statements) => ({ squashed: true, statements })), { squashed: true, statements, record }],
    refetch,
    after_refetch: afterRefetch,
    lost,
  })
}

export function insertApplied(seq, hash, parentHash) {
  const parent = parentHash === null ? 'NULL' : literal(parentHash)
  return `INSERT INTO _electric_meta.applied (seq, hash, parent_hash) VALUES (${seq}, ${literal(hash)}, ${parent})`
}

function literal(text) {
  return `'${text.replaceAll("'", "''")}'`
}
