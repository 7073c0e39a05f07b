// Clients that are killed at any statement of a plan, and at any write of its commits, are opened again by another process, and have to end equal to
// the server, with the rows that are theirs.
//   node killed.js [--only=TEXT]
import { spawn } from 'node:child_process'
import { accessSync, constants, cpSync, mkdtempSync, rmSync, statfsSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { isDeepStrictEqual, parseArgs } from 'node:util'
import { sync } from '@electric-schema/pglite'
import { describeServer, diff, neededRoutines } from './lib/catalog.js'
import { connect, drop, recreate } from './lib/cluster.js'
import { newPGlite } from './lib/clients.js'

const { values } = parseArgs({ options: { only: { type: 'string', default: '' } } })
const AT_ONCE = 2
const mortal = fileURLToPath(new URL('lib/mortal.js', import.meta.url))
const work = mkdtempSync(join(scratch(), 'electric_schema.'))
process.on('exit', () => rmSync(work, { recursive: true, force: true }))
process.on('SIGINT', () => process.exit(130))
process.on('SIGTERM', () => process.exit(143))

const database = 'e2e_killed'
const total = { passed: 0, failed: 0 }
let folders = 0

const server = await recreate(database)
await server.query(`
  CREATE EXTENSION electric_schema;
  CREATE SCHEMA work;
  CREATE TYPE work.state AS ENUM ('open', 'done');
  CREATE TABLE projects (id integer PRIMARY KEY, name text NOT NULL);
  CREATE TABLE work.tasks (id integer PRIMARY KEY, project_id integer REFERENCES projects, title text NOT NULL,
    state work.state NOT NULL DEFAULT 'open', due text);
  CREATE TABLE work.comments (id integer PRIMARY KEY, task_id integer REFERENCES work.tasks, body text);
  CREATE VIEW work.open_tasks AS SELECT id, title, due FROM work.tasks WHERE state = 'open';
  INSERT INTO projects SELECT i, 'project ' || i FROM generate_series(1, 5) i;
  INSERT INTO work.tasks SELECT i, 1 + i % 5, 'task ' || i, 'open', '2026-01-01' FROM generate_series(1, 40) i;
  INSERT INTO work.comments SELECT i, 1 + i % 40, 'comment ' || i FROM generate_series(1, 60) i;
`)

// A client with all of the server's rows, with some that are not synced yet, and with a table of its own.
const LOCAL = { 'public.projects': [900], 'work.tasks': [900], 'work.comments': [900, 901] }
const tables = Object.keys(LOCAL)
const empty = join(work, 'empty')
await (await newPGlite(empty)).close()
const client = join(work, 'client')
await fill(client)

const all = (state) => Object.fromEntries(tables.map((table) => [table, state]))
await play('a new client', { from: empty, action: 'bootstrap', rows: all('none') })

await server.query('CREATE TABLE work.labels (id integer PRIMARY KEY, name text UNIQUE); CREATE INDEX labels_name ON work.labels (lower(name))')
await server.query(`ALTER TYPE work.state ADD VALUE 'blocked' BEFORE 'done'`)
await server.query(`ALTER TABLE work.tasks ADD created_at timestamptz NOT NULL DEFAULT now(), ADD former work.state DEFAULT 'blocked'`)
await play('the entries as recorded', { from: client, action: 'migrate', rows: { ...all('kept'), 'work.labels': 'none' } })
await play('an enum value, then the rest as one', { from: client, action: 'migrate', rows: { ...all('kept'), 'work.labels': 'none' }, squash: true })

await server.query(`ALTER TYPE work.state ADD VALUE 'dropped'`)
await server.query(`
  DROP VIEW work.open_tasks;
  ALTER TABLE work.tasks ALTER state SET DEFAULT 'dropped', ALTER due TYPE date USING due::date;
  CREATE VIEW work.open_tasks AS SELECT id, title, due FROM work.tasks WHERE state = 'open'`)
await play('a reset in place', { from: client, action: 'reset', andThen: true, rows: { ...all('kept'), 'work.tasks': 'downloaded', 'work.labels': 'none' } })
await play('everything anew', { from: client, action: 'bootstrap', rows: { ...all('none'), 'work.labels': 'none' }, bootstrap: true })

await server.end()
await drop(database)
console.log(`${total.passed} passed, ${total.failed} failed, 0 skipped`)
process.exitCode = total.failed > 0 ? 1 : 0

// A killed process loses nothing that the kernel has, so memory will do, where there is enough of it: every life flushes a thousand files.
function scratch() {
  const memory = '/dev/shm'
  try {
    accessSync(memory, constants.W_OK)
    const { bavail, bsize } = statfsSync(memory)
    return bavail * bsize > 2 ** 30 ? memory : tmpdir()
  } catch {
    return tmpdir()
  }
}

async function fill(folder) {
  const db = await newPGlite(folder)
  await sync(db, { fetchPlan: () => ask('SELECT electric_schema.handshake(NULL) AS answer') })
  for (const table of tables) {
    const rows = await ask(`SELECT jsonb_agg(t) AS answer FROM ${table} t`)
    await db.query(`INSERT INTO ${table} SELECT * FROM jsonb_populate_recordset(NULL::${table}, $1)`, [JSON.stringify(rows)])
  }
  await db.exec(`
    INSERT INTO projects VALUES (900, 'not synced');
    INSERT INTO work.tasks VALUES (900, 900, 'not synced', 'done', '2026-02-02');
    INSERT INTO work.comments VALUES (900, 1, 'not synced'), (901, 40, 'not synced');
    CREATE SCHEMA own;
    CREATE TABLE own.drafts (id integer PRIMARY KEY, task_id integer);
    INSERT INTO own.drafts VALUES (1, 900), (2, 1)`)
  await db.close()
}

/**
 * One plan, killed at each of its points.
 * @param {object} how
 * @param {boolean} [how.andThen]  also at some of the writes of closing the database, and of opening it after a crash
 */
async function play(name, { from, action, rows, andThen = false, ...plan }) {
  if (!name.includes(values.only)) return
  const started = Date.now()
  const failures = []
  const attempt = async (point, body) => {
    try {
      await body()
    } catch (error) {
      failures.push(`${point.replace(/\s+/g, ' ').slice(0, 150)}: ${error.message}`)
    }
  }

  const whole = await live(from, [{ ...plan, check: true }])
  await attempt('without being killed', async () => {
    if (whole.action !== action) throw new Error(`the plan was a ${whole.action}`)
    if (!whole.checked.ok || whole.checked.pending.length > 0) throw new Error(`check() says ${JSON.stringify(whole.checked)}`)
    await compare(whole)
    await compareRows(whole.rows, rows)
  })
  const ends = whole.passed.map((point, i) => [point, { ...plan, die: i + 1 }])
  if (andThen) {
    const crash = { ...plan, die: Math.ceil(whole.passed.length / 2) }
    const closing = await live(from, [{ ...plan, watch: 'closing' }])
    const opening = await live(from, [crash, { ...plan, watch: 'opening' }])
    ends.push(...some(closing.passed).map(([point, die]) => [point, { ...plan, watch: 'closing', die }]))
    ends.push(...some(opening.passed).map(([point, die]) => [point, crash, { ...plan, watch: 'opening', die }]))
  }
  const count = ends.length + 1
  const worker = async () => {
    for (let end = ends.shift(); end; end = ends.shift()) {
      const [point, ...lives] = end
      await attempt(point, async () => {
        const last = await live(from, [...lives, plan])
        await compare(last)
        if (!isDeepStrictEqual(last.rows, whole.rows)) throw new Error(`other rows: ${JSON.stringify(last.rows)}`)
      })
    }
  }
  await Promise.all(Array.from({ length: AT_ONCE }, worker))

  total.passed += count - failures.length
  total.failed += failures.length
  console.log(`${failures.length > 0 ? 'FAIL' : 'ok  '}  ${name}: killed at ${count - 1} points, ${((Date.now() - started) / 1000).toFixed(1)} s`)
  for (const failure of failures) console.log(`        ${failure}`)
}

/** A few of the points, evenly spread, each with its number. */
function some(points) {
  return [0.1, 0.4, 0.7, 1].map((part) => Math.ceil(points.length * part)).map((number) => [points[number - 1], number])
}

/** A copy of a folder's database lives through some processes; gives what the last one says. All before it have to be killed. */
async function live(from, lives) {
  const folder = join(work, String(folders++))
  cpSync(from, folder, { recursive: true })
  try {
    for (const life of lives) {
      const { code, signal, out, errors } = await run({ folder, database, ...life })
      if (life.die ? signal !== 'SIGKILL' : code !== 0) throw new Error(`ended with ${signal ?? code}: ${errors.trim().slice(0, 2000)}`)
      if (life === lives.at(-1)) return JSON.parse(out)
    }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

// Compiling the same WebAssembly well takes longer than all that these processes do.
function run(life) {
  const child = spawn(process.execPath, ['--liftoff-only', mortal, JSON.stringify(life)], { stdio: ['ignore', 'pipe', 'pipe'] })
  const read = async (stream) => (await stream.setEncoding('utf8').toArray()).join('')
  return new Promise((resolve, reject) => {
    const ended = new Promise((resolve) => child.on('close', (code, signal) => resolve({ code, signal })))
    Promise.all([ended, read(child.stdout), read(child.stderr)]).then(([end, out, errors]) => resolve({ ...end, out, errors }), reject)
    child.on('error', reject)
  })
}

/** Whether a client is at the server's head in every respect. */
async function compare({ position, to, complete, outstanding, schema }) {
  const head = await ask(`SELECT jsonb_build_object('hash', hash, 'seq', seq) AS answer FROM electric_schema.head()`)
  if (!isDeepStrictEqual(position, head) || !isDeepStrictEqual(to, head)) throw new Error(`at ${JSON.stringify(position)}`)
  if (!complete || outstanding.tables.length + outstanding.statements.length > 0) throw new Error(`left: ${JSON.stringify(outstanding)}`)
  const expected = await describeServer(server)
  const own = schema.filter((line) => !/^\w+ own\b/.test(line))
  const differences = diff(expected, own, { loosely: true, needed: neededRoutines(expected) })
  if (differences.length > 0) throw new Error(differences.join('\n'))
}

/** Kept are the server's rows and those that are not synced yet, downloaded the server's alone. */
async function compareRows(rows, states) {
  for (const [table, state] of Object.entries(states)) {
    const [here, there] = [rows[table], state === 'none' ? [] : await ask(`SELECT jsonb_agg(t ORDER BY id) AS answer FROM ${table} t`)]
    const synced = here.filter(({ id }) => id < 900)
    if (!isDeepStrictEqual(synced, there)) throw new Error(`${table} holds ${JSON.stringify(synced)}`)
    const local = here.filter(({ id }) => id >= 900).map(({ id }) => id)
    if (!isDeepStrictEqual(local, state === 'kept' ? LOCAL[table] : [])) throw new Error(`of what is not synced, ${table} holds ${local}`)
  }
  if ('own.drafts' in rows && rows['own.drafts'].length !== 2) throw new Error(`own.drafts holds ${JSON.stringify(rows['own.drafts'])}`)
}

async function ask(sql) {
  return (await server.query(sql)).rows[0].answer
}
