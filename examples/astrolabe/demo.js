// Three devices follow one server through eleven migrations. Needs a server that has the extension: PGHOST, PGPORT.

import { readFileSync } from 'node:fs'
import pg from 'pg'
import { PGlite } from '@electric-sql/pglite'
import { sync } from '@electric-schema/pglite'
import { describePGlite, describeServer, diff } from '../../tests/e2e/lib/catalog.js'
import { openPGlite } from '../../tests/e2e/lib/seed.js'
import { deploy, migrationOf, migrations } from './lib/deploy.js'
import * as report from './lib/report.js'
import { compareRows, download, projectMadeOffline, startRows, startTables } from './lib/rows.js'

const DATABASE = 'astrolabe'
const started = Date.now()
const host = process.env.PGHOST ?? '/var/run/postgresql'
const port = Number(process.env.PGPORT ?? 5432)
const user = process.env.PGUSER ?? 'postgres'
const url = `postgres://${user}@localhost:${port}/${DATABASE}?host=${encodeURIComponent(host)}`
const pglite = JSON.parse(
  readFileSync(new URL('node_modules/@electric-sql/pglite/package.json', import.meta.url), 'utf8'),
).version

// Whoever runs this wants the sentence, not the stack.
process.on('uncaughtException', (error) => {
  console.error(error.message)
  process.exit(1)
})

const server = await createDatabase()
const [{ server_version, extversion }] = await rows(
  `SELECT current_setting('server_version') AS server_version, extversion FROM pg_extension WHERE extname = 'electric_schema'`,
)
const newDevice = () => openPGlite(PGlite, pglite)

const [a, b, c] = await Promise.all([newDevice(), newDevice(), newDevice(), deploy(1, url)])
await server.query(startRows)
await firstSync(a)
await a.exec(projectMadeOffline)

for (let count = 2; count < migrations.length; count++) await deploy(count, url)
await firstSync(b)
await b.exec(projectMadeOffline)

await deploy(migrations.length, url)

report.title(
  `Astrolabe: ${migrations.length} migrations, three devices`,
  `electric_schema ${extversion} on PostgreSQL ${server_version}; devices on PGlite ${pglite}`,
  'The migrations are applied by drizzle-kit migrate; nothing else tells the extension of them.',
)
const entries = await ledger()
report.ledger(entries)
const named = entries.filter(({ label }, i) => migrationOf(label) === migrations[i]).length
const allNamed = named === migrations.length && named === entries.length
report.field('labels', report.verdict(allNamed, `${named} of ${entries.length} are those of the migration that made the entry`))

const devices = [
  { name: 'Device A', note: 'offline since the first migration', db: a, hasRows: true },
  { name: 'Device B', note: 'one migration behind', db: b, hasRows: true },
  { name: 'Device C', note: 'new', db: c, hasRows: false },
]
let equal = 0
for (const device of devices) if (await follow(device)) equal++

report.heading(
  report.verdict(equal === devices.length, `${equal} of ${devices.length} devices match the server`),
  `${((Date.now() - started) / 1000).toFixed(1)} s\n`,
)
await Promise.all([server.end(), ...devices.map(({ db }) => db.close())])
process.exitCode = equal === devices.length && allNamed ? 0 : 1

async function createDatabase() {
  const admin = await connect('postgres')
  await admin.query(`DROP DATABASE IF EXISTS ${DATABASE} WITH (FORCE)`)
  await admin.query(`CREATE DATABASE ${DATABASE} TEMPLATE template0`)
  await admin.end()
  const client = await connect(DATABASE)
  await client.query("SET TimeZone = 'UTC'")
  await client.query('CREATE EXTENSION electric_schema')
  return client
}

async function connect(database) {
  const client = new pg.Client({ host, port, user, database })
  await client.connect().catch((cause) => {
    throw new Error(`No server at ${host}:${port} (PGHOST, PGPORT): ${cause.message}`)
  })
  return client
}

async function rows(sql, values) {
  return (await server.query(sql, values)).rows
}

async function fetchPlan({ hash, seq }) {
  return (await rows('SELECT electric_schema.handshake($1, $2) AS plan', [hash, seq]))[0].plan
}

async function firstSync(db) {
  await sync(db, { fetchPlan })
  await download(server, db, startTables)
}

async function ledger() {
  return rows('SELECT seq, class, hash, label, statements FROM _electric_meta.migrations ORDER BY seq')
}

async function follow({ name, note, db, hasRows }) {
  report.heading(name, note)
  let plan, lost
  try {
    const result = await sync(db, {
      fetchPlan: async (at) => (plan = await fetchPlan(at)),
      refetch: (tables) => download(server, db, tables),
    })
    const run = result.transactions.flatMap(({ statements }) => statements)
    lost = result.lost
    report.field('came with', report.position(result.from))
    report.field('the answer', result.action)
    report.statements('ran', run, { all: result.action !== 'bootstrap' })
    if (plan.after_refetch.length > 0) report.statements('and then', plan.after_refetch, { all: true })
    report.field('is now at', report.position(result.to))
    report.field('to refetch', report.tables(result.refetch))
    if (result.lost.length > 0) report.field('gave up', report.tables(result.lost))
  } catch (error) {
    report.field('failed', report.verdict(false, error.message))
    if (error.details?.statement) report.statements('in', [error.details.statement], { all: true })
    return false
  }

  const expected = await describeServer(server)
  const differences = diff(expected, await describePGlite(db))
  const same = differences.length === 0
  report.field('schema', report.verdict(same, same ? `equal to the server's, all ${expected.length} lines of it` : 'differs from the server\'s'))
  report.differences(differences)
  if (!hasRows) return same

  const { equal, different, own } = await compareRows(server, db, startTables)
  // What a reset gives up is named in the plan, so that an application can save it before.
  const told = lost.some(({ schema, table }) => schema === 'public' && table === 'projects')
  const good = different === 0 && (own === 1 || told)
  const offline = own === 1 ? 'the one made offline is still here' : 'the one made offline went with the reset, which said so'
  report.field('rows', report.verdict(good, `${equal} of ${equal + different} equal to the server's; ${offline}`))
  return same && good
}
