// A PGlite client with rows follows the scope: tables and columns that come and go, with the rows that a reset or `fetch` asks for.
//   node scope.js

import assert from 'node:assert/strict'
import { PGlite } from '@electric-sql/pglite'
import { check, sync } from '@electric-schema/pglite'
import { newPGlite } from './lib/clients.js'
import { drop, recreate } from './lib/cluster.js'

const DATABASE = 'e2e_scope'
const server = await recreate(DATABASE)
await server.query(`
  CREATE TABLE people (id int PRIMARY KEY, name text NOT NULL, mail text);
  CREATE TABLE tasks (id int PRIMARY KEY, title text, owner int REFERENCES people);
  CREATE TABLE audit_log (id int PRIMARY KEY);
  CREATE VIEW titles AS SELECT title FROM tasks;
  INSERT INTO people VALUES (1, 'Ada', 'ada@example.org'), (2, 'Grace', NULL);
  INSERT INTO tasks VALUES (1, 'count', 1), (2, 'compile', 2);
  INSERT INTO audit_log VALUES (1);
  CREATE EXTENSION electric_schema`)
const db = await newPGlite()
let downloaded = []

const steps = [
  {
    what: 'everything, from the start',
    action: 'bootstrap',
    rows: { people: 2, tasks: 2, audit_log: 1 },
  },
  {
    what: 'membership alone changes nothing',
    sql: `CALL electric_schema.electrify('tasks')`,
    action: 'ready',
    rows: { people: 2, tasks: 2, audit_log: 1 },
  },
  {
    what: 'only what is electrified: the rest is gone, rows of the rest stay, and nothing refers to what is gone',
    local: `INSERT INTO tasks VALUES (100, 'local', 1)`,
    sql: `CALL electric_schema.set_scope('electrified')`,
    action: 'reset',
    refetch: [],
    rows: { people: null, tasks: 3, audit_log: null },
    then: `INSERT INTO tasks VALUES (101, 'for nobody here', 99); DELETE FROM tasks WHERE id = 101`,
  },
  {
    what: 'another table comes with its rows, and with a foreign key that waits for them',
    sql: `CALL electric_schema.electrify('people')`,
    action: 'reset',
    refetch: ['people', 'tasks'],
    rows: { people: 2, tasks: 2 },
    refused: `INSERT INTO tasks VALUES (101, 'for nobody', 99)`,
  },
  {
    what: 'a column list: rows stay without the column',
    sql: `ALTER PUBLICATION electric SET TABLE tasks, people (id, mail)`,
    action: 'reset',
    refetch: [],
    rows: { people: 2, tasks: 2 },
    columns: { people: ['id', 'mail'] },
  },
  {
    what: 'DDL out of sight',
    sql: `ALTER TABLE people ADD COLUMN secret text; ALTER TABLE audit_log ADD COLUMN what text`,
    action: 'ready',
    rows: { people: 2, tasks: 2 },
  },
  {
    what: 'a column that is listed later comes last, and the rows are downloaded again',
    sql: `ALTER PUBLICATION electric SET TABLE tasks, people (id, name, mail)`,
    action: 'reset',
    refetch: ['people'],
    rows: { people: 2, tasks: 2 },
    columns: { people: ['id', 'mail', 'name'] },
  },
  {
    what: 'excluded, with the view over it',
    sql: `CALL electric_schema.exclude('public.task?')`,
    action: 'reset',
    refetch: [],
    rows: { people: 2, tasks: null, titles: null },
  },
  {
    what: 'and taken back, with its rows',
    sql: `CALL electric_schema.include('public.task?')`,
    action: 'migrate',
    fetch: ['tasks'],
    rows: { people: 2, tasks: 2, titles: 2 },
  },
  {
    what: 'not electrified any more',
    sql: `CALL electric_schema.unelectrify('tasks')`,
    action: 'reset',
    refetch: [],
    rows: { people: 2, tasks: null },
  },
  {
    what: 'everything again: what was kept from clients comes as it is, an empty table without a download',
    sql: `TRUNCATE audit_log; CALL electric_schema.set_scope('all')`,
    action: 'reset',
    refetch: ['people', 'tasks'],
    rows: { people: 2, tasks: 2, audit_log: 0, titles: 2 },
    columns: { people: ['id', 'mail', 'name', 'secret'], audit_log: ['id', 'what'] },
  },
]

let failed = 0
for (const step of steps) {
  try {
    await follow(step)
    console.log(`  ok    ${step.what}`)
  } catch (error) {
    failed++
    console.log(`  FAIL  ${step.what}\n${error.stack}`)
    break
  }
}
await db.close()
await server.end()
await drop(DATABASE)
const run = steps.length - (failed > 0 ? 1 : 0)
console.log(`${failed > 0 ? 0 : run} passed, ${failed} failed, 0 skipped`)
process.exitCode = failed > 0 ? 1 : 0

async function follow({ local, sql, action, refetch = [], fetch = [], rows, columns = {}, then, refused }) {
  if (local) await db.exec(local)
  if (sql) await server.query(sql)
  downloaded = []
  const report = await sync(db, { fetchPlan, refetch: download })
  const names = (tables) => tables.map(({ table }) => table).sort()
  assert.deepEqual([report.action, names(downloaded), names(report.fetch)], [action, refetch, fetch])
  await download(action === 'bootstrap' ? Object.keys(rows).map((table) => ({ schema: 'public', table })) : report.fetch)
  const { ok, ...differences } = await check(db, { fetchSnapshot })
  assert.ok(ok, JSON.stringify(differences, null, 2))

  for (const [table, count] of Object.entries(rows)) {
    if (count === null) await assert.rejects(db.query(`SELECT FROM ${table}`), /does not exist/)
    else assert.equal((await db.query(`SELECT FROM ${table}`)).rows.length, count, table)
  }
  // A client that begins now has the columns in the same order.
  const late = await newPGlite()
  await sync(late, { fetchPlan, refetch: download })
  for (const [table, expected] of Object.entries(columns)) {
    for (const client of [db, late]) assert.deepEqual(await columnsOf(client, table), expected)
  }
  await late.close()
  if (then) await db.exec(then)
  if (refused) await assert.rejects(db.query(refused), /foreign key/)
  assert.equal((await sync(db, { fetchPlan })).action, 'ready')
}

async function fetchPlan({ hash, seq }) {
  const { rows } = await server.query('SELECT electric_schema.handshake($1, $2) AS plan', [hash, seq])
  return rows[0].plan
}

async function fetchSnapshot({ hash }) {
  const { rows } = await server.query('SELECT electric_schema.snapshot($1) AS plan', [hash])
  return rows[0].plan
}

/** The server's rows instead of the client's, in the columns that the client has. */
async function download(tables) {
  downloaded.push(...tables)
  for (const { table } of [...tables].sort((a, b) => a.table.localeCompare(b.table))) {
    const columns = await columnsOf(db, table)
    const { rows } = await server.query(`SELECT ${columns.join(', ')} FROM ${table}`)
    await db.query(`DELETE FROM ${table}`)
    for (const row of rows) {
      const values = columns.map((column) => row[column])
      await db.query(`INSERT INTO ${table} VALUES (${columns.map((_, i) => `$${i + 1}`).join(', ')})`, values)
    }
  }
}

async function columnsOf(client, table) {
  const { rows } = await client.query(
    'SELECT attname FROM pg_attribute WHERE attrelid = $1::regclass AND attnum > 0 AND NOT attisdropped ORDER BY attnum',
    [table],
  )
  return rows.map(({ attname }) => attname)
}
