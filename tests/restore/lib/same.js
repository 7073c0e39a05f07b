// Whether a restored database's ledger is the one that was dumped.

import { deepStrictEqual } from 'node:assert'

const LEDGER = `SELECT m.* FROM _electric_meta.migrations m ORDER BY ledger_id, seq`
const PRUNED = `SELECT * FROM _electric_meta.pruned ORDER BY ledger_id, seq`
const TRACES = `SELECT * FROM _electric_meta.traces ORDER BY ledger_id, ordinal`
const SCOPE = `SELECT * FROM _electric_meta.scope ORDER BY setting, value`

/** All that a ledger says, and what it would tell clients at some of its entries. */
export async function ledgerOf(db) {
  const rows = async (sql, args) => (await db.query(sql, args)).rows
  const [head] = await rows('SELECT * FROM electric_schema.head()')
  const hashes = (await rows('SELECT hash FROM _electric_meta.migrations ORDER BY seq')).map((row) => row.hash)
  const asked = [null, hashes[0], hashes[Math.floor(hashes.length / 2)], hashes.at(-1)].filter((hash) => hash !== undefined)
  const answers = []
  for (const hash of asked) {
    const { answer } = (await rows('SELECT electric_schema.handshake($1) AS answer', [hash]))[0]
    // The server's own, not the ledger's.
    delete answer.requires?.server_version
    answers.push(answer)
  }
  const { checkpoint } = (await rows('SELECT electric_schema.checkpoint() AS checkpoint'))[0]
  return { head, checkpoint, answers, entries: await rows(LEDGER), pruned: await rows(PRUNED), traces: await rows(TRACES), scope: await rows(SCOPE) }
}

/** Fails unless the database goes on with this ledger as if it had always been there. */
export async function isSame(db, before) {
  const rows = async (sql, args) => (await db.query(sql, args)).rows
  const [{ restoring, drift, ledgers }] = await rows(`SELECT restoring, drift, (SELECT count(*)::int FROM _electric_meta.ledgers) AS ledgers FROM electric_schema.status`)
  deepStrictEqual({ restoring, drift, ledgers }, { restoring: null, drift: '0', ledgers: 1 })
  deepStrictEqual(await ledgerOf(db), before)
  const [{ verify }] = await rows('SELECT electric_schema.verify($1) AS verify', [before.checkpoint])
  deepStrictEqual([verify.ok, verify.first_broken], [true, null])
  // The next DDL is the next entry, and nothing else.
  await db.query('CREATE TABLE after_the_restore (id integer PRIMARY KEY)')
  const electrified = before.scope.some((row) => row.setting === 'scope')
  if (electrified) await db.query(`CALL electric_schema.electrify('after_the_restore')`)
  const [next] = await rows('SELECT seq, parent_hash, class, statements FROM _electric_meta.migrations ORDER BY seq DESC LIMIT 1')
  deepStrictEqual(next, {
    seq: String(Number(before.head.seq) + 1),
    parent_hash: before.head.hash,
    class: 'additive',
    statements: ['CREATE TABLE public.after_the_restore (id integer NOT NULL, CONSTRAINT after_the_restore_pkey PRIMARY KEY (id))'],
  })
  const [{ ok }] = await rows(`SELECT (electric_schema.verify() ->> 'ok')::boolean AS ok`)
  deepStrictEqual(ok, true)
}
