// What can go wrong between a server and a client, one test for each way: a real server, a real PGlite. Wherever a sync fails, the client has to be
// where it was, usable, and able to go on.
//   node failures.js [--only=TEXT]
import assert from 'node:assert/strict'
import { parseArgs } from 'node:util'
import { PGlite } from '@electric-sql/pglite'
import { ltree } from '@electric-sql/pglite/contrib/ltree'
import { check, ElectricSchemaError, outstanding, position, sync } from '@electric-schema/pglite'
import { describePGlite, describeServer, diff, neededRoutines } from './lib/catalog.js'
import { newPGlite } from './lib/clients.js'
import { connect, drop, recreate } from './lib/cluster.js'

const { values } = parseArgs({ options: { only: { type: 'string', default: '' } } })
const DATABASE = 'e2e_failures'
const BACKUP = 'e2e_failures_backup'

/** @type {import('pg').Client} */
let server
/** @type {PGlite} */
let db

const tests = {
  async 'the server cannot be reached: the client stays as it is, and can be used'() {
    await unchanged(async () => {
      const error = await rejected(sync(db, { fetchPlan: () => fetch('http://127.0.0.1:1/schema') }))
      assert.equal(error.message, 'fetch failed')
    })
    await usable()
  },

  async 'the server does not answer: the client can be used meanwhile, and stays as it is'() {
    await unchanged(async () => {
      let giveUp
      const syncing = sync(db, { fetchPlan: () => new Promise((_, reject) => (giveUp = reject)) })
      syncing.catch(() => {})
      while (!giveUp) await new Promise((resolve) => setTimeout(resolve, 1))
      await usable()
      giveUp(new Error('no answer within 10 s'))
      assert.equal((await rejected(syncing)).message, 'no answer within 10 s')
    })
    await usable()
  },

  async 'the answer is cut off: nothing of it is run'() {
    await server.query('CREATE TABLE one (id int)')
    await server.query('CREATE TABLE two (id int)')
    const plan = await handshake(await position(db))
    assert.equal(plan.transactions.length, 2)
    const text = JSON.stringify(plan)
    await unchanged(async () => {
      for (const part of [0.1, 0.5, 0.9]) {
        await rejected(sync(db, { fetchPlan: async () => JSON.parse(text.slice(0, text.length * part)) }), { name: 'SyntaxError' })
      }
      const less = { ...plan, transactions: plan.transactions.slice(0, 1) }
      await rejected(sync(db, { fetchPlan: async () => less }), { code: 'broken_chain' })
    })
    await catchUp('migrate')
  },

  async 'the client is interrupted at any statement: it is at the last entry that was finished, and goes on from there'() {
    await server.query('CREATE TABLE one (id int); CREATE INDEX one_id ON one (id)')
    await server.query(`ALTER TYPE state ADD VALUE 'late'`)
    await server.query(`ALTER TABLE tasks ADD deadline date, ADD former state DEFAULT 'late'`)
    const from = await position(db)
    const plan = await handshake(from)
    const statements = plan.transactions.reduce((sum, { statements }) => sum + statements.length + 1, 0)
    const reached = []
    const dump = await db.dumpDataDir('none')
    for (let left = 0; left <= statements; left++) {
      const client = await PGlite.create({ loadDataDir: dump })
      let ran = 0
      const interrupted = interrupt(client, () => ran++ < left)
      const error = await sync(interrupted, { fetchPlan: handshake }).catch((error) => error)
      const at = await position(client)
      if (left < statements) {
        assert.equal(error.code, 'apply_failed')
        assert.equal(error.cause.message, 'interrupted')
        const finished = plan.transactions.filter((_, i) => left >= plan.transactions.slice(0, i + 1).reduce((n, t) => n + t.statements.length + 1, 0))
        assert.equal(at.seq, from.seq + finished.length)
        assert.equal((await checked(client)).ok, true)
      }
      reached.push(at.seq)
      await usable(client)
      await catchUp(left < statements ? 'migrate' : 'ready', client)
      await client.close()
    }
    assert.deepEqual([...new Set(reached)], [0, 1, 2, 3].map((n) => from.seq + n))
  },

  async 'the server is lost while rows are downloaded: the next sync downloads them, and finishes'() {
    await server.query('ALTER TABLE tasks ALTER due TYPE date USING due::date')
    const lost = new Error('offline')
    const error = await rejected(
      sync(db, {
        fetchPlan: handshake,
        refetch: async () => {
          await download([{ schema: 'public', table: 'tasks' }], 'WHERE id <= 2')
          throw lost
        },
      }),
      { code: 'refetch_failed' },
    )
    assert.equal(error.cause, lost)
    const half = await checked()
    assert.deepEqual([half.ok, half.pending.length > 0], [true, true], JSON.stringify(half))
    // Queries go on, and a sync that cannot download does not pretend.
    await db.query('SELECT * FROM tasks')
    assert.equal((await sync(db, { fetchPlan: handshake })).complete, false)
    await catchUp('ready')
    assert.deepEqual(await ids('tasks'), [1, 2, 3])
    assert.deepEqual(await ids('comments'), [1, 2, 900])
  },

  async 'the server was restored from a backup, and the client is ahead: it is told so, and can begin anew'() {
    await backup()
    await server.query('ALTER TABLE tasks ADD due2 date')
    await catchUp('migrate')
    await restore()
    await unchanged(async () => {
      const error = await rejected(sync(db, { fetchPlan: handshake }), { code: 'aborted' })
      assert.deepEqual(error.details, { reason: 'client_ahead' })
    })
    await usable()
    await beginAnew()
  },

  async 'the server was restored from a backup and went another way: the client is told so, and can begin anew'() {
    await backup()
    await server.query('ALTER TABLE tasks ADD due2 date')
    await catchUp('migrate')
    await restore()
    await server.query('ALTER TABLE tasks ADD another text')
    await server.query('CREATE TABLE other (id int)')
    await unchanged(async () => {
      const error = await rejected(sync(db, { fetchPlan: handshake }), { code: 'aborted' })
      assert.deepEqual(error.details, { reason: 'unknown_hash' })
    })
    await usable()
    await beginAnew()
  },

  async 'the server was restored, and the very same DDL ran again: it is another history all the same'() {
    await backup()
    await server.query('ALTER TABLE tasks ADD due2 date')
    await catchUp('migrate')
    await restore()
    await server.query('ALTER TABLE tasks ADD due2 date')
    await rejected(sync(db, { fetchPlan: handshake }), { code: 'aborted' })
    await beginAnew()
  },

  async 'the plan needs an extension that this PGlite lacks: nothing is run, not even what comes before it'() {
    await server.query('CREATE TABLE before_it (id int)')
    await server.query('CREATE EXTENSION ltree; CREATE TABLE places (path ltree)')
    await unchanged(async () => {
      const error = await rejected(sync(db, { fetchPlan: handshake }), { code: 'missing_extension' })
      assert.deepEqual(error.details, { extensions: ['ltree'] })
    })
    await usable()

    // One way out is a release of the application that has the extension, another is on the server.
    const newer = await PGlite.create({ loadDataDir: await db.dumpDataDir('none'), extensions: { ltree } })
    await catchUp('migrate', newer)
    await newer.close()
    await server.query('DROP EXTENSION ltree CASCADE; DROP TABLE places')
    await server.query('CREATE TABLE places (path text)')
    await catchUp('migrate')
  },

  async 'the plan needs a collation that this PGlite lacks: nothing is run'() {
    await server.query('CREATE TABLE before_it (id int)')
    await server.query('CREATE TABLE words (word text COLLATE "de-x-icu")')
    await unchanged(async () => {
      const error = await rejected(sync(db, { fetchPlan: handshake }), { code: 'missing_collation' })
      assert.match(error.message, /de-x-icu/)
    })
    await usable()
    await server.query('ALTER TABLE words ALTER word TYPE text COLLATE "C"')
    await catchUp('migrate')
  },

  async "the client's own table is in the way of a new one: the client stays at the entry before it"() {
    await db.exec(`CREATE TABLE public.later (mine text); INSERT INTO later VALUES ('mine')`)
    await server.query('CREATE TABLE before_it (id int)')
    await server.query('CREATE TABLE later (id int)')
    const from = await position(db)
    const error = await rejected(sync(db, { fetchPlan: handshake }), { code: 'apply_failed' })
    assert.deepEqual([error.cause.code, error.details.seq], ['42P07', from.seq + 2])
    assert.equal((await position(db)).seq, from.seq + 1)
    await usable()
    assert.deepEqual((await checked()).extra.map(({ object }) => object), ['table public.later'])

    await db.exec('CREATE SCHEMA own; ALTER TABLE later SET SCHEMA own')
    await catchUp('migrate')
    assert.deepEqual((await db.query('SELECT mine FROM own.later')).rows, [{ mine: 'mine' }])
  },

  async "the client's own table is in the way of a new one: the server takes it back, and the client goes on"() {
    await db.exec(`CREATE SCHEMA IF NOT EXISTS own; CREATE TABLE public.later (mine text)`)
    await server.query('CREATE TABLE later (id int)')
    await rejected(sync(db, { fetchPlan: handshake }), { code: 'apply_failed' })
    await server.query('DROP TABLE later')
    await server.query('CREATE TABLE instead (id int)')
    assert.equal((await sync(db, { fetchPlan: handshake })).action, 'migrate')
    assert.deepEqual((await checked()).extra.map(({ object }) => object), ['table public.later'])
  },

  async "the client's own hangs on what a reset makes anew: the whole reset is undone, and runs when it is gone"() {
    await server.query('ALTER TABLE tasks ALTER due TYPE date USING due::date')
    await db.exec('CREATE SCHEMA own')
    for (const [own, drop] of [
      ['CREATE VIEW own.titles AS SELECT id, title FROM tasks', 'DROP VIEW own.titles'],
      ['CREATE TABLE own.notes (task_id integer CONSTRAINT titles REFERENCES tasks)', 'ALTER TABLE own.notes DROP CONSTRAINT titles'],
    ]) {
      await db.exec(own)
      await unchanged(async () => {
        const error = await rejected(sync(db, { fetchPlan: handshake, refetch: download }), { code: 'apply_failed' })
        assert.equal(error.cause.code, '2BP01')
        assert.match(error.cause.detail, /titles/)
      })
      await usable()
      assert.equal((await checked()).ok, true)
      await db.exec(drop)
    }
    await catchUp('reset')
  },

  async 'a row that is not synced refers to one that a reset lost: the reset is finished when it is gone'() {
    await db.exec(`INSERT INTO tasks (id, title) VALUES (901, 'not synced'); INSERT INTO comments VALUES (901, 901)`)
    await server.query('ALTER TABLE tasks ALTER due TYPE date USING due::date')
    const error = await rejected(sync(db, { fetchPlan: handshake, refetch: download }), { code: 'apply_failed' })
    assert.equal(error.cause.code, '23503')
    assert.match(error.details.statement, /^ALTER TABLE public\.comments ADD CONSTRAINT/)
    const half = await checked()
    assert.deepEqual([half.ok, half.pending], [true, [error.details.statement]])
    await rejected(sync(db, { fetchPlan: handshake, refetch: download }), { code: 'apply_failed' })

    await db.exec('DELETE FROM comments WHERE task_id = 901')
    await catchUp('ready')
    assert.deepEqual(await ids('comments'), [1, 2, 900])
  },

  async 'the schema was changed by hand, and an entry meets it: the client stays, is told by check(), and can begin anew'() {
    await db.exec('ALTER TABLE tasks RENAME title TO name')
    await server.query('CREATE INDEX tasks_title ON tasks (title)')
    await unchanged(() => rejected(sync(db, { fetchPlan: handshake }), { code: 'apply_failed' }))
    const { extra, missing, remedy } = await checked()
    assert.deepEqual([extra[0].object, missing[0].object], ['column public.tasks.name', 'column public.tasks.title'])
    assert.deepEqual(remedy, { bootstrap: true, own: [] })
    await beginAnew()
  },
}

const total = { passed: 0, failed: 0 }
for (const [name, test] of Object.entries(tests)) {
  if (!name.includes(values.only)) continue
  const started = Date.now()
  let failure = null
  try {
    await begin()
    await test()
  } catch (error) {
    failure = error
  }
  await db?.close().catch(() => {})
  await server?.end().catch(() => {})
  console.log(`${failure ? 'FAIL' : 'ok  '}  ${name} (${Date.now() - started} ms)`)
  if (failure) console.log(failure.stack.replace(/^/gm, '        '), failure.cause ? `\n        cause: ${failure.cause.message}` : '')
  total[failure ? 'failed' : 'passed']++
}
await drop(DATABASE)
await drop(BACKUP)
console.log(`${total.passed} passed, ${total.failed} failed, 0 skipped`)
process.exitCode = total.failed > 0 ? 1 : 0

/** A server with rows; a client at its head with these rows, and with one that is not synced yet. */
async function begin() {
  server = await recreate(DATABASE)
  await server.query(`
    CREATE EXTENSION electric_schema;
    CREATE TYPE state AS ENUM ('open', 'done');
    CREATE TABLE tasks (id integer PRIMARY KEY, title text, due text, state state DEFAULT 'open');
    CREATE TABLE comments (id integer PRIMARY KEY, task_id integer REFERENCES tasks);
    INSERT INTO tasks SELECT i, 'task ' || i, '2026-01-01' FROM generate_series(1, 3) i;
    INSERT INTO comments VALUES (1, 1), (2, 2);
  `)
  db = await newPGlite()
  await sync(db, { fetchPlan: handshake })
  await download([{ schema: 'public', table: 'tasks' }, { schema: 'public', table: 'comments' }])
  await db.exec('INSERT INTO comments VALUES (900, 3)')
}

async function handshake({ hash, seq }) {
  return (await server.query('SELECT electric_schema.handshake($1, $2) AS plan', [hash, seq])).rows[0].plan
}

async function checked(client = db) {
  return check(client, {
    fetchSnapshot: async ({ hash }) => (await server.query('SELECT electric_schema.snapshot($1) AS answer', [hash])).rows[0].answer,
  })
}

async function download(tables, where = '') {
  for (const { schema, table } of tables) {
    const { rows } = await server.query(`SELECT jsonb_agg(t) AS all FROM "${schema}"."${table}" t ${where}`)
    await db.query(
      `INSERT INTO "${schema}"."${table}" SELECT * FROM jsonb_populate_recordset(NULL::"${schema}"."${table}", $1) ON CONFLICT DO NOTHING`,
      [JSON.stringify(rows[0].all)],
    )
  }
}

async function ids(table) {
  return (await db.query(`SELECT id FROM ${table} ORDER BY id`)).rows.map(({ id }) => id)
}

async function rejected(promise, { code, name } = {}) {
  const error = await promise.then(() => assert.fail('it was not refused'), (error) => error)
  if (code) assert.ok(error instanceof ElectricSchemaError && error.code === code, error.stack)
  if (name) assert.equal(error.name, name)
  return error
}

/** The schema, the position, what is outstanding, and the rows are what they were. */
async function unchanged(body) {
  const state = async () => [await describePGlite(db), await position(db), await outstanding(db), await ids('tasks'), await ids('comments')]
  const before = await state()
  await body()
  assert.deepEqual(await state(), before)
}

/** Reads and writes work, and leave nothing. */
async function usable(client = db) {
  await client.transaction(async (tx) => {
    await tx.exec(`INSERT INTO comments VALUES (1000, 1); UPDATE comments SET task_id = 2 WHERE id = 1000`)
    assert.equal((await tx.query('SELECT * FROM comments WHERE id = 1000')).rows.length, 1)
    await tx.rollback()
  })
}

/** The next sync brings the client to head, and its schema is the server's. */
async function catchUp(action, client = db) {
  const report = await sync(client, { fetchPlan: handshake, refetch: download })
  assert.equal(report.action, action)
  await equal(client)
}

async function beginAnew() {
  await db.exec('CREATE SCHEMA own; CREATE TABLE own.kept (comment_id integer REFERENCES comments); INSERT INTO own.kept VALUES (900)')
  const report = await sync(db, { fetchPlan: handshake, refetch: download, bootstrap: true })
  assert.equal(report.action, 'bootstrap')
  await equal(db)
  assert.deepEqual((await db.query('SELECT * FROM own.kept')).rows, [{ comment_id: 900 }])
  await download([{ schema: 'public', table: 'tasks' }, { schema: 'public', table: 'comments' }])
  assert.deepEqual(await ids('comments'), [1, 2])
}

async function equal(client) {
  const head = (await server.query('SELECT hash, seq::int FROM electric_schema.head()')).rows[0]
  assert.deepEqual(await position(client), head)
  assert.deepEqual(await outstanding(client), { tables: [], statements: [] })
  const expected = await describeServer(server)
  const schema = (await describePGlite(client)).filter((line) => !/^\w+ own\b/.test(line))
  assert.deepEqual(diff(expected, schema, { loosely: true, needed: neededRoutines(expected) }), [])
  const { ok, pending, ...rest } = await checked(client)
  assert.deepEqual([ok, pending], [true, []], JSON.stringify(rest))
}

/** A client whose transactions fail where they are not allowed to run a further statement of the plan. */
function interrupt(client, allowed) {
  return {
    query: (...args) => client.query(...args),
    exec: (...args) => client.exec(...args),
    transaction: (callback) =>
      client.transaction((tx) =>
        callback({
          query: (...args) => tx.query(...args),
          exec(sql) {
            if (!/^\s*SET LOCAL/.test(sql) && !allowed()) throw new Error('interrupted')
            return tx.exec(sql)
          },
        }),
      ),
  }
}

// A server's backup, as far as clients can tell: what they talk to is what it was then.
async function backup() {
  await replaceDatabase(DATABASE, BACKUP)
}

async function restore() {
  await replaceDatabase(BACKUP, DATABASE)
}

async function replaceDatabase(from, to) {
  await server.end()
  await drop(to)
  const admin = await connect('postgres')
  await admin.query(`CREATE DATABASE ${to} TEMPLATE ${from}`)
  await admin.end()
  server = await connect(DATABASE)
}
