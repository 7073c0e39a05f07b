// A client in a process of its own, which kills itself where it is told to: no handler runs, nothing is closed.
//   node mortal.js '{"folder": …, "database": …, "die": 7, …}'
// It opens the database in the folder, syncs it, downloads what a reset asks for, and prints what came of it as one line of JSON.
import fs from 'node:fs'
import { syncBuiltinESMExports } from 'node:module'
import { connect } from './cluster.js'

const { folder, database, die, squash = false, bootstrap = false, check = false, watch = 'plan' } = JSON.parse(process.argv[2])

const passed = []
let writes = null

function at(point) {
  passed.push(point)
  if (passed.length === die) process.kill(process.pid, 'SIGKILL')
}

// All that PGlite writes goes through these: what they would write is lost, or half of it.
for (const name of ['writeSync', 'writeFileSync', 'renameSync', 'unlinkSync', 'truncateSync', 'ftruncateSync']) {
  const real = fs[name]
  fs[name] = (...args) => {
    if (writes !== null) {
      at(`${writes.during}, write ${++writes.n}`)
      if (name === 'writeSync' && args[3] > 1 && passed.length + 1 === die) real(args[0], args[1], args[2], args[3] >> 1, args[4])
      if (name === 'writeSync') at(`${writes.during}, within write ${writes.n}`)
    }
    return real(...args)
  }
}
syncBuiltinESMExports()

async function during(what, body) {
  writes = { during: what, n: 0 }
  try {
    return await body()
  } finally {
    writes = null
  }
}

const { PGlite } = await import('@electric-sql/pglite')
const library = await import('@electric-schema/pglite')
const { describePGlite } = await import('./catalog.js')

const db = await (watch === 'opening' ? during('opening', () => PGlite.create(folder)) : PGlite.create(folder))
const server = await connect(database)
const ask = async (sql, parameters) => (await server.query(sql, parameters)).rows[0].answer

/** The database as the library sees it, with a point before each statement of a transaction and at each write of its commit. */
const mortal = {
  query: (...args) => db.query(...args),
  exec: (...args) => db.exec(...args),
  async transaction(callback) {
    const result = await db.transaction(async (tx) => {
      const value = await callback({
        query(sql, ...rest) {
          if (!/^\s*SELECT/.test(sql)) at(sql)
          return tx.query(sql, ...rest)
        },
        exec(sql) {
          if (!/^\s*SET LOCAL/.test(sql)) at(sql)
          return tx.exec(sql)
        },
      })
      writes = { during: 'commit', n: 0 }
      return value
    })
    writes = null
    at('committed')
    return result
  },
}

const report = await library.sync(watch === 'plan' ? mortal : db, {
  fetchPlan: ({ hash, seq }) => ask('SELECT electric_schema.handshake($1, $2, $3) AS answer', [hash, seq, squash]),
  refetch: async (tables) => {
    for (const { schema, table } of tables) await download(`"${schema}"."${table}"`)
  },
  bootstrap,
})
const fetchSnapshot = ({ hash }) => ask('SELECT electric_schema.snapshot($1) AS answer', [hash])
const checked = check ? await library.check(db, { fetchSnapshot }) : null
const tables = await db.query(`SELECT format('%I.%I', schemaname, tablename) AS name FROM pg_catalog.pg_tables
  WHERE schemaname NOT IN ('pg_catalog', 'information_schema', '_electric_meta') ORDER BY 1`)
const rows = {}
for (const { name } of tables.rows) rows[name] = (await db.query(`SELECT to_jsonb(t) AS row FROM ${name} t ORDER BY id`)).rows.map(({ row }) => row)
const result = {
  action: report.action,
  complete: report.complete,
  to: report.to,
  position: await library.position(db),
  outstanding: await library.outstanding(db),
  checked,
  schema: await describePGlite(db),
  rows,
}
await server.end()
if (watch === 'closing') await during('closing', () => db.close())
console.log(JSON.stringify({ ...result, passed }))
process.exit()

async function download(table) {
  at(`download of ${table}`)
  const all = await ask(`SELECT coalesce(jsonb_agg(t ORDER BY id), '[]') AS answer FROM ${table} t`)
  for (const half of [all.slice(0, all.length / 2), all.slice(all.length / 2)]) {
    const sql = `INSERT INTO ${table} SELECT * FROM jsonb_populate_recordset(NULL::${table}, $1) ON CONFLICT DO NOTHING`
    await db.query(sql, [JSON.stringify(half)])
    at(`within the download of ${table}`)
  }
}
