import { fileURLToPath } from 'node:url'
import { repeat } from './pgbench.js'

const COLUMNS = `id bigint PRIMARY KEY, name varchar(80) NOT NULL, note text, weight integer NOT NULL DEFAULT 0,
  price numeric(10,2), done boolean NOT NULL DEFAULT false, due date, created_at timestamptz NOT NULL DEFAULT now()`.replace(/\s+/g, ' ')

export const createTable = (name) => `CREATE TABLE ${name} (${COLUMNS})`

/** What is compared. `records` counts what was recorded; the options are for the session whose DDL is measured. */
export const variants = {
  bare: { title: 'bare Postgres' },
  electric_schema: { title: 'electric_schema', records: '_electric_meta.migrations' },
  home_made: { title: 'the home-made log', records: 'ddl_log' },
  pgl_ddl_deploy: { title: 'pgl_ddl_deploy', records: 'pgl_ddl_deploy.events', extension: 'pgl_ddl_deploy' },
  pgaudit: { title: 'pgaudit', extension: 'pgaudit', preloaded: true, options: '-c pgaudit.log=ddl' },
}

/** The variants that this server has, each with the cluster that it belongs to and the bare database that it is held against. */
export async function available({ cluster, preloaded }) {
  const found = []
  for (const [name, variant] of Object.entries(variants)) {
    const home = variant.preloaded ? preloaded : cluster
    const query = 'SELECT count(*)::int FROM pg_available_extensions WHERE name = $1'
    if (variant.extension && !(home && (await home.value('postgres', query, [variant.extension])))) continue
    found.push({ name, ...variant, cluster: home, against: variant.preloaded ? 'bare_preloaded' : 'bare' })
  }
  if (found.some(({ preloaded }) => preloaded)) found.push({ name: 'bare_preloaded', database: 'bare', cluster: preloaded, against: null })
  return found
}

/** Makes, once, the template database of a variant with so many tables; gives its name. */
export async function template(cluster, variant, tables) {
  const name = `${variant}_${tables}`
  if (await exists(cluster, name)) return name
  if (variant === 'bare') {
    await cluster.copy('template0', name)
    await cluster.with(name, async (db) => {
      for (let n = 1; n <= tables; n++) await db.query(createTable(`t${n}`))
    })
  } else {
    await cluster.copy(await template(cluster, 'bare', tables), name)
    cluster.script(name, fileURLToPath(new URL(`../variants/${variant}.sql`, import.meta.url)))
  }
  await cluster.run(name, 'VACUUM ANALYZE')
  return name
}

// Ten entries that leave the schema as it was: additive ones, a destructive one, and the table goes again.
const CYCLE = [
  createTable('passing:n'),
  'ALTER TABLE passing:n ADD COLUMN a text',
  `ALTER TABLE passing:n ADD COLUMN b integer NOT NULL DEFAULT 1`,
  'CREATE INDEX due:n ON passing:n (due)',
  'ALTER TABLE passing:n ALTER COLUMN weight TYPE bigint',
  'ALTER TABLE passing:n ADD CONSTRAINT name:n UNIQUE (name)',
  `ALTER TABLE passing:n ALTER COLUMN a SET DEFAULT 'a'`,
  'ALTER TABLE passing:n RENAME COLUMN note TO remark',
  'DROP INDEX due:n',
  'DROP TABLE passing:n',
]
const VACUUM_EVERY = 200

/** Refuses a figure for work that was not done. */
export async function recorded({ cluster, records }, database, least) {
  const count = records ? await cluster.value(database, `SELECT count(*)::int FROM ${records}`) : least
  if (count < least) throw new Error(`${records} has ${count} rows in ${database}, not ${least}`)
}

/** Makes, once, a template database of 20 tables with a ledger of so many entries, each by DDL of its own, the last ten additive; gives its name. */
export async function ledger(cluster, entries, say) {
  const database = `ledger_${entries}`
  if (await exists(cluster, database)) return database
  const shorter = (await databases(cluster)).map((name) => Number(name.match(/^ledger_(\d+)$/)?.[1] ?? 0)).filter((length) => length < entries)
  const from = Math.max(0, ...shorter)
  await cluster.copy(from > 0 ? `ledger_${from}` : await template(cluster, 'electric_schema', 20), database)
  const head = () => cluster.value(database, 'SELECT seq::int FROM electric_schema.head()')
  const last = Array.from({ length: 10 }, (_, n) => `ALTER TABLE t${n + 1} ADD COLUMN after_${entries} text`)
  const started = Date.now()
  for (let missing; (missing = Math.floor((entries - last.length - (await head())) / CYCLE.length)) > 0; ) {
    await repeat({ cluster, database }, CYCLE, Math.min(missing, VACUUM_EVERY), (await head()) * 10)
    await cluster.run(database, 'VACUUM')
    say(`${database}: ${await head()} entries, ${Math.round((Date.now() - started) / 1000)} s`)
  }
  await repeat({ cluster, database }, last, 1)
  await cluster.run(database, 'VACUUM ANALYZE')
  return database
}

async function exists(cluster, name) {
  return (await databases(cluster)).includes(name)
}

async function databases(cluster) {
  const { rows } = await cluster.with('postgres', (db) => db.query('SELECT datname FROM pg_database'))
  return rows.map(({ datname }) => datname)
}
