// Builds seeds with the command, opens them without a network, then lets them meet the server.
//   node seeds.js

import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { PGlite } from '@electric-sql/pglite'
import { citext } from '@electric-sql/pglite/contrib/citext'
import { check, open, position } from '@electric-schema/pglite'
import { readHistory } from '../../clients/pglite/cli/history.js'
import { describePGlite, describeServer, diff, neededRoutines } from './lib/catalog.js'
import { drop, recreate } from './lib/cluster.js'

const command = fileURLToPath(new URL('../../clients/pglite/bin/electric-schema.js', import.meta.url))
const astrolabe = fileURLToPath(new URL('../../examples/astrolabe/drizzle', import.meta.url))
const dokploy = join(process.env.CORPUS ?? fileURLToPath(new URL('../../../shared/corpus', import.meta.url)), 'dokploy')

const folder = mkdtempSync(join(tmpdir(), 'seeds-'))
const file = (name) => join(folder, name)
const opened = []

const deployments = new Map()
let folders = 0
/** Has rows. */
let server

const tests = {
  async 'from a server: the schema at head, no rows, sequences at their start'() {
    const { out, code } = await run('seed', '--database', url('seeds_server'), '--out', file('server.tar.gz'))
    assert.equal(code, 0)
    const head = await headOf(server)
    assert.match(out, new RegExp(`server.tar.gz: \\d+ bytes, entry ${head.seq}, ${head.hash}`))

    const { db, online, readOnly } = await offline('server.tar.gz')
    assert.deepEqual([online, readOnly], [false, true])
    assert.deepEqual(await position(db), head)
    await same(server, db)
    await holdsNothing(db)
    // What refuses the writes is no drift.
    const fetchSnapshot = async ({ hash }) => (await server.query('SELECT electric_schema.snapshot($1) AS plan', [hash])).rows[0].plan
    assert.equal((await check(db, { fetchSnapshot })).ok, true)
  },

  async 'from a server: goes on with the entries that came since, destructive ones, too'() {
    await server.query(`ALTER TABLE users ADD COLUMN nickname text DEFAULT 'none'`)
    const additive = await start('server.tar.gz', server)
    assert.equal(additive.report.action, 'migrate')
    await same(server, additive.db)
    await additive.db.query(`INSERT INTO users (email, name, nickname) VALUES ('a', 'b', 'c')`)

    await server.query('ALTER TABLE users ALTER COLUMN nickname DROP DEFAULT, ALTER COLUMN nickname TYPE int USING length(nickname)')
    const downloaded = []
    const { db, report } = await start('server.tar.gz', server, {
      // Still within the first sync.
      async refetch(tables) {
        downloaded.push(...tables)
        await opened.at(-1).query(`INSERT INTO users (email, name) VALUES ('x', 'y')`)
      },
    })
    assert.equal(report.action, 'reset')
    assert.deepEqual(downloaded, [{ schema: 'public', table: 'users' }])
    await same(server, db)
  },

  async 'from a server: a role that may only take the snapshot can build it'() {
    await server.query(`DROP ROLE IF EXISTS seed_builder; CREATE ROLE seed_builder LOGIN`)
    const build = () => run('seed', '--database', url('seeds_server', 'seed_builder'), '--out', file('role.tar.gz'))
    const refused = await build()
    assert.equal(refused.code, 1)
    assert.match(refused.err, /permission denied for schema electric_schema\n +hint: .*EXECUTE/)
    await server.query(`GRANT USAGE ON SCHEMA electric_schema TO seed_builder;
      GRANT EXECUTE ON FUNCTION electric_schema.snapshot(text) TO seed_builder`)
    assert.equal((await build()).code, 0)
    await server.query('DROP OWNED BY seed_builder; DROP ROLE seed_builder')
  },

  async 'from migrations alone: a server with another ledger knows it'() {
    const { out, code } = await run('seed', '--migrations', astrolabe, '--out', file('astrolabe.tar.gz'))
    assert.equal(code, 0)
    assert.match(out, /schema [0-9a-f]{64}/)
    assert.deepEqual(await scratchDatabases(), [])

    const other = await deployed('seeds_other', readHistory(astrolabe))
    const { db, report } = await start('astrolabe.tar.gz', other)
    assert.equal(report.action, 'migrate')
    assert.deepEqual(report.transactions.map(({ statements }) => statements), [[]])
    assert.deepEqual(report.to, await headOf(other))
    assert.deepEqual(await position(db), await headOf(other))
    await same(other, db)
    await db.query(`INSERT INTO users (email, name) VALUES ('a', 'b')`)

    // The schema came from what was there when the extension was created.
    const late = await deployed('seeds_late', readHistory(astrolabe), { extension: 'last' })
    assert.equal((await start('astrolabe.tar.gz', late)).report.action, 'migrate')
    await late.query(`CREATE TABLE later (id int PRIMARY KEY); ALTER TABLE users DROP COLUMN name`)
    const behind = await start('astrolabe.tar.gz', late)
    assert.equal(behind.report.action, 'reset')
    assert.deepEqual(behind.report.refetch, [])
    await same(late, behind.db)
  },

  async 'from a server, for any: another server knows it'() {
    const any = await deployed('seeds_any', readHistory(astrolabe))
    const { code } = await run('seed', '--database', url('seeds_any'), '--any-server', '--out', file('any.tar.gz'))
    assert.equal(code, 0)
    const other = await deployed('seeds_other', readHistory(astrolabe))
    for (const one of [any, other]) assert.equal((await start('any.tar.gz', one)).report.action, 'migrate')
  },

  async 'that a server does not know: builds anew by itself'() {
    const stranger = await deployed('seeds_stranger', plain({ '1.sql': 'CREATE TABLE other (id int PRIMARY KEY)' }))
    for (const seed of ['server.tar.gz', 'astrolabe.tar.gz']) {
      const { db, report } = await start(seed, stranger)
      assert.equal(report.action, 'bootstrap')
      assert.deepEqual(await position(db), await headOf(stranger))
      await db.query('INSERT INTO other VALUES (1)')
    }
  },

  async 'with extensions, odd names and ways back in its files'() {
    const history = plain({
      '2_table.sql': `CREATE TABLE "Größe ""x'" (id serial PRIMARY KEY, email citext UNIQUE)`,
      '1_extension.up.sql': 'CREATE EXTENSION citext',
      '1_extension.down.sql': 'DROP EXTENSION citext',
      '10_index.sql': `CREATE INDEX ON "Größe ""x'" (lower(email::text));\n-- migrate:down\nDROP TABLE "Größe ""x'"`,
    })
    const { code, err } = await run('seed', '--migrations', history.folder, '--out', file('odd.tar.gz'))
    assert.equal(code, 0, err)
    const odd = await deployed('seeds_odd', history)
    const { db, report } = await start('odd.tar.gz', odd, { extensions: { citext } })
    assert.equal(report.action, 'migrate')
    await same(odd, db)
    await db.query(`INSERT INTO "Größe ""x'" (email) VALUES ('A')`)
  },

  async 'from nothing at all'() {
    const { code, err } = await run('seed', '--migrations', plain({ '1.sql': 'SELECT 1' }).folder, '--out', file('empty.tar.gz'))
    assert.equal(code, 0, err)
    const { db } = await offline('empty.tar.gz')
    assert.equal((await position(db)).seq, 0)
    assert.equal((await start('empty.tar.gz', server)).online, true)
  },

  async 'what goes wrong says so, and leaves nothing behind'() {
    const bad = await run('seed', '--migrations', plain({ '1.sql': 'CREATE TABLE a ()', '2_bad.sql': 'ALTER TABLE b ADD x int' }).folder)
    assert.deepEqual([bad.code, bad.err], [1, 'electric-schema: 2_bad: relation "b" does not exist\n'])
    assert.deepEqual(await scratchDatabases(), [])

    const cases = {
      'no such file': ['--migrations', file('nowhere')],
      'there are no migrations': ['--migrations', plain({}).folder],
      'does not have the extension': ['--database', url('postgres')],
      'no connection to nowhere': ['--database', url('nowhere')],
      'the server is to be given as': ['--database', 'localhost'],
      'no such file or directory': ['--database', url('seeds_server'), '--out', file('nowhere/seed.tar.gz')],
    }
    for (const [message, options] of Object.entries(cases)) {
      const { code, err } = await run('seed', ...options)
      assert.equal(code, 1, err)
      assert.ok(err.toLowerCase().includes(message), err)
    }
    for (const options of [[], ['plant'], ['seed', '--nothing']]) assert.equal((await run(...options)).code, 2)
    assert.equal((await run('--help')).code, 0)
  },

  async 'interrupted while it plays, it drops its database'() {
    const { folder } = plain({ '1.sql': 'CREATE TABLE a ()', '2.sql': 'SELECT pg_sleep(60)' })
    for (const [signal, expected] of Object.entries({ SIGINT: 130, SIGTERM: 143 })) {
      const running = run('seed', '--migrations', folder)
      while ((await scratchDatabases('pg_sleep')).length === 0) await new Promise((resolve) => setTimeout(resolve, 20))
      running.child.kill(signal)
      const { code, err } = await running
      assert.equal(code, expected)
      assert.match(err, new RegExp(`interrupted by ${signal}`))
      assert.deepEqual(await scratchDatabases(), [])
    }
  },

  async 'dokploy, 186 migrations'() {
    if (!existsSync(dokploy)) return `there are no migrations at ${dokploy}`
    const { code, err } = await run('seed', '--migrations', dokploy, '--out', file('dokploy.tar.gz'))
    assert.equal(code, 0, err)
    const production = await deployed('seeds_dokploy', readHistory(dokploy))
    const { db: seed } = await offline('dokploy.tar.gz')
    await same(production, seed)
    await holdsNothing(seed)
    const { report } = await start('dokploy.tar.gz', production)
    assert.deepEqual([report.action, report.transactions[0].statements], ['migrate', []])
  },
}

const total = { passed: 0, failed: 0, skipped: 0 }
console.log('seeds')
try {
  server = await deployed('seeds_server', readHistory(astrolabe))
  await server.query(`
    CREATE TABLE counted (id serial PRIMARY KEY, n int GENERATED ALWAYS AS IDENTITY);
    INSERT INTO counted SELECT FROM generate_series(1, 100);
    INSERT INTO users (email, name) SELECT 'u' || i, 'User' FROM generate_series(1, 100) i`)
  for (const [name, body] of Object.entries(tests)) {
    const started = Date.now()
    try {
      const why = await body()
      console.log(why ? `  SKIPPED  ${name}: ${why}` : `  ok    ${name}, ${((Date.now() - started) / 1000).toFixed(1)} s`)
      total[why ? 'skipped' : 'passed']++
    } catch (error) {
      console.log(`  FAIL  ${name}\n${error.stack.replace(/^/gm, '          ')}`)
      total.failed++
    }
    for (const db of opened.splice(0)) await db.close()
  }
} finally {
  rmSync(folder, { recursive: true })
  for (const [database, db] of deployments) {
    await db.end()
    await drop(database)
  }
}
console.log(`\n${total.passed} passed, ${total.failed} failed, ${total.skipped} skipped`)
process.exitCode = total.failed > 0 ? 1 : 0

/** A server that has the extension and these migrations; made anew when there is one of that name. */
async function deployed(database, history, { extension = 'first' } = {}) {
  await deployments.get(database)?.end()
  const db = await recreate(database)
  deployments.set(database, db)
  if (extension === 'first') await db.query('CREATE EXTENSION electric_schema')
  await history.prepare(db)
  for (const migration of history.migrations) await history.apply(db, migration)
  if (extension === 'last') await db.query('CREATE EXTENSION electric_schema')
  return db
}

/** A folder of .sql files. */
function plain(files) {
  const path = file(`migrations_${++folders}`)
  mkdirSync(path)
  for (const [name, script] of Object.entries(files)) writeFileSync(join(path, name), script)
  return { ...readHistory(path), folder: path }
}

function url(database, user = process.env.PGUSER ?? 'postgres') {
  const { PGHOST = '/var/run/postgresql', PGPORT = 5432 } = process.env
  return `postgres://${user}@localhost:${PGPORT}/${database}?host=${encodeURIComponent(PGHOST)}`
}

/** Runs the command; the promise has the child, too. */
function run(...options) {
  const child = spawn(process.execPath, [command, ...options], { cwd: folder })
  const result = { out: '', err: '' }
  child.stdout.on('data', (text) => (result.out += text))
  child.stderr.on('data', (text) => (result.err += text))
  const ended = new Promise((resolve) => child.on('close', (code) => resolve({ ...result, code })))
  return Object.assign(ended, { child })
}

async function openSeed(name, fetchPlan, { extensions, ...options } = {}) {
  const result = await open({
    async create(given) {
      const db = await PGlite.create({ ...given, extensions })
      opened.push(db)
      return db
    },
    seed: async () => readFileSync(file(name)),
    fetchPlan,
    ...options,
  })
  await result.stop()
  return result
}

function offline(name) {
  return openSeed(name, async () => {
    throw new Error('offline')
  })
}

async function start(name, db, options) {
  const handshake = async ({ hash, seq }) =>
    (await db.query('SELECT electric_schema.handshake($1, $2) AS plan', [hash, seq])).rows[0].plan
  const result = await openSeed(name, handshake, options)
  if (!result.online) throw result.error
  assert.equal(result.readOnly, false)
  return result
}

async function headOf(db) {
  const { hash, seq } = (await db.query('SELECT hash, seq FROM electric_schema.head()')).rows[0]
  return { hash, seq: Number(seq) }
}

async function same(db, client) {
  const expected = await describeServer(db)
  assert.deepEqual(diff(expected, await describePGlite(client), { loosely: true, needed: neededRoutines(expected) }), [])
}

async function holdsNothing(db) {
  const { rows: tables } = await db.query(`
    SELECT oid::regclass::text AS name FROM pg_class
    WHERE relkind = 'r' AND relnamespace::regnamespace::text !~ '^(pg_|information_schema$|_electric_meta$)'`)
  assert.ok(tables.length > 0)
  for (const { name } of tables) assert.deepEqual((await db.query(`SELECT * FROM ${name} LIMIT 1`)).rows, [], name)
  const { rows: drawn } = await db.query('SELECT sequencename FROM pg_sequences WHERE last_value IS NOT NULL')
  assert.deepEqual(drawn, [])
}

/** Databases that the command has made; only those that run a statement like this, if one is given. */
async function scratchDatabases(statement) {
  const { rows } = await server.query(
    `SELECT datname FROM pg_database d WHERE datname ~ '^electric_schema_seed_' AND ($1::text IS NULL OR EXISTS (
       SELECT FROM pg_stat_activity a WHERE a.datname = d.datname AND state = 'active' AND query LIKE '%' || $1 || '%'))`,
    [statement ?? null],
  )
  return rows.map(({ datname }) => datname)
}
