/**
 * A physical standby gives the primary's answers, refuses what writes, and once promoted goes on with the chain where it was.
 *
 *   node standby.js
 */
import { drop, recreate } from '../e2e/lib/cluster.js'
import { check, failure, main, same, sleep } from './lib/report.js'
import { Server } from './lib/server.js'
import { unsound } from './lib/sound.js'

const database = 'standby'

await main('standby', async () => {
  const primary = await recreate(database)
  await primary.query('CREATE EXTENSION electric_schema')
  for (const sql of [
    `CREATE TYPE state AS ENUM ('open', 'done')`,
    `CREATE TABLE tasks (id int PRIMARY KEY, title text NOT NULL, state state DEFAULT 'open', body text)`,
    `INSERT INTO tasks SELECT n, 'task ' || n FROM generate_series(1, 10) n`,
    `CREATE VIEW open_tasks AS SELECT id, title FROM tasks WHERE state = 'open'`,
    'ALTER TABLE tasks ADD COLUMN due timestamptz NOT NULL DEFAULT now()',
    'ALTER TABLE tasks DROP COLUMN body',
    'CREATE FOREIGN DATA WRAPPER nowhere',
    'CREATE SERVER nowhere FOREIGN DATA WRAPPER nowhere',
    'CREATE FOREIGN TABLE far (id int) SERVER nowhere',
  ]) await primary.query(sql)

  const standby = await Server.standby()
  let replica = await standby.connect(database)
  await caughtUp(primary, replica)
  check('it is a standby', same((await replica.query('SELECT pg_is_in_recovery() AS is')).rows, [{ is: true }]))
  await compare(primary, replica, 'a base backup')
  for (const sql of ['CREATE TABLE later (id int)', 'DROP VIEW open_tasks', 'ALTER TABLE tasks ALTER title TYPE varchar(200)', 'ALTER TABLE tasks RENAME title TO name']) {
    await primary.query(sql)
  }
  await caughtUp(primary, replica)
  await compare(primary, replica, 'what came by streaming')
  await refusals(replica)

  const before = await head(primary)
  console.log(`  promoted at entry ${before.seq}`)
  await replica.query('SELECT pg_promote()')
  await replica.end()
  replica = await standby.connect(database)
  check('promoted, it has the old head', same(await head(replica), before))
  await replica.query('CREATE TABLE promoted (id int)')
  const { rows: [entry] } = await replica.query('SELECT seq::int, parent_hash, hash FROM _electric_meta.migrations ORDER BY migrations.seq DESC LIMIT 1')
  check('its first DDL goes on with the chain', same([entry.seq, entry.parent_hash], [before.seq + 1, before.hash]))
  const plan = await handshake(replica, before.hash)
  check('a client of the old primary follows', same([plan.action, plan.head.hash, plan.transactions.length], ['migrate', entry.hash, 1]))
  const ahead = await handshake(primary, entry.hash, entry.seq)
  check('the old primary sends a client of the new one nothing', same([ahead.action, ahead.reason, ahead.transactions], ['abort', 'client_ahead', []]))
  check('the chain is linear, verify() content, drift() empty', await unsound(replica))
  check('no server process fell', standby.log.split('\n').filter((line) => /PANIC|TRAP:|terminated by signal/.test(line)))
  await replica.end()
  await primary.end()
  await drop(database)
})

async function head(db) {
  return (await db.query('SELECT seq::int, hash FROM electric_schema.head()')).rows[0]
}

async function handshake(db, hash, seq = null) {
  return (await db.query('SELECT electric_schema.handshake($1, $2) AS plan', [hash, seq])).rows[0].plan
}

/** Every question, asked of both. */
async function compare(primary, replica, what) {
  const { rows: entries } = await primary.query('SELECT hash, schema_hash FROM _electric_meta.migrations ORDER BY seq')
  const hashes = entries.map(({ hash }) => hash)
  const questions = {
    'head()': ['SELECT * FROM electric_schema.head()', [[]]],
    'diff()': ['SELECT * FROM electric_schema.diff($1)', hashes.map((hash) => [hash])],
    'handshake(), with every hash, without one, with an unknown one': ['SELECT electric_schema.handshake($1, $2)',
      [...hashes.map((hash) => [hash, null]), [null, null], ['f'.repeat(64), 1], ['f'.repeat(64), 1000], [entries.at(-1).schema_hash, null]]],
    'handshake(), squashed': ['SELECT electric_schema.handshake($1, NULL, true)', hashes.map((hash) => [hash])],
    'snapshot()': ['SELECT electric_schema.snapshot($1)', [[null], ...hashes.map((hash) => [hash])]],
    'verify()': ['SELECT electric_schema.verify($1)', [[null], [hashes[1]], ['f'.repeat(64)]]],
    'drift()': ['SELECT * FROM electric_schema.drift()', [[]]],
    // How many bytes the files have is each server's own affair.
    status: [`SELECT to_jsonb(s) - 'bytes' AS status FROM electric_schema.status s`, [[]]],
    'not_distributed()': ['SELECT _electric_meta.not_distributed()', [[]]],
    'the ledger': ['SELECT * FROM _electric_meta.migrations ORDER BY seq', [[]]],
  }
  for (const [name, [sql, parameters]] of Object.entries(questions)) {
    const problems = []
    for (const values of parameters) {
      const [theirs, ours] = [await answer(primary, sql, values), await answer(replica, sql, values)]
      problems.push(...same(ours, theirs))
      if (theirs.error && !values.includes('f'.repeat(64))) problems.push(theirs.error)
      // What is the same because it is nothing shows nothing.
      if (name !== 'drift()' && theirs.rows?.length === 0 && values[0] !== hashes.at(-1)) problems.push(`no answer to ${values}`)
    }
    check(`${what}: ${name}`, problems)
  }
  check(`${what}: malformed and unknown hashes are the same errors`, [
    ...same(await answer(replica, 'SELECT electric_schema.handshake($1)', ['x']), await answer(primary, 'SELECT electric_schema.handshake($1)', ['x'])),
    ...same(await answer(replica, 'SELECT * FROM electric_schema.diff($1)', ['f'.repeat(64)]), await answer(primary, 'SELECT * FROM electric_schema.diff($1)', ['f'.repeat(64)])),
  ])
}

async function answer(db, sql, values) {
  try {
    return { rows: (await db.query(sql, values)).rows }
  } catch ({ code, message }) {
    return { error: `${code} ${message}` }
  }
}

async function refusals(replica) {
  const { rows: [{ hash }] } = await replica.query('SELECT hash FROM electric_schema.head()')
  for (const [what, sql] of Object.entries({
    'preview()': `SELECT electric_schema.preview('CREATE TABLE never (id int)')`,
    DDL: 'CREATE TABLE never (id int)',
    'CREATE INDEX CONCURRENTLY': 'CREATE INDEX CONCURRENTLY ON tasks (id)',
    'compact()': `CALL electric_schema.compact('${hash}')`,
    'electrify()': `CALL electric_schema.electrify('tasks')`,
    'exclude()': `CALL electric_schema.exclude('x*')`,
    'include()': `CALL electric_schema.include('x*')`,
    'set_scope()': `CALL electric_schema.set_scope('electrified')`,
    'label()': `CALL electric_schema.label('x')`,
  })) {
    const error = await failure(replica.query(sql))
    console.log(`  ${what}: ${error?.code} ${error?.message}`)
    check(`${what} is refused`, same(error?.code, '25006'))
  }
  check('and the session goes on', same((await replica.query('SELECT 1 AS one')).rows, [{ one: 1 }]))
}

async function caughtUp(primary, replica) {
  const { rows: [{ lsn }] } = await primary.query('SELECT pg_current_wal_flush_lsn() AS lsn')
  for (let n = 0; n < 600; n++) {
    const { rows: [{ done }] } = await replica.query('SELECT pg_last_wal_replay_lsn() >= $1 AS done', [lsn])
    if (done) return
    await sleep(50)
  }
  throw new Error('the standby does not catch up')
}
