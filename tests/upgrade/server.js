// A database moves to a newer server: with pg_upgrade, and as a dump. Its ledger has to come along, whole, and go on.
//   node server.js [--schema=NAME,…] [--way=TEXT]

import { deepStrictEqual, match, rejects } from 'node:assert'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { histories, schemas } from '../restore/lib/schemas.js'
import { isSame, ledgerOf } from '../restore/lib/same.js'
import { check, total } from './lib/check.js'
import { Cluster, run } from './lib/server.js'

const { OLD_BIN, NEW_BIN, WORK } = process.env
const before = {}
const { values } = parseArgs({ options: { schema: { type: 'string' }, way: { type: 'string', default: '' } } })
const all = Object.entries({ ...schemas, ...histories(process.env.CORPUS) })
const sources = Object.fromEntries(all.filter(([name]) => !values.schema || values.schema.split(',').includes(name)))
const old = new Cluster('old', OLD_BIN, WORK)
const next = new Cluster('new', NEW_BIN, WORK)

// Later minor releases of 15 to 17 note something in attoptions that 18.6 takes for an unknown parameter, in a dump of its own making, too.
// A column without it is one of a cluster that is older than that.
const forgetVersions = (db) =>
  db.query(`UPDATE pg_attribute SET attoptions = nullif(ARRAY(SELECT o FROM unnest(attoptions) o WHERE o NOT LIKE 'pg_attver=%'), '{}') WHERE attoptions::text LIKE '%pg_attver=%'`)

const rows = async (db, sql, args) => (await db.query(sql, args)).rows
const inDatabase = async (cluster, name, test) => {
  const db = await cluster.connect(name)
  await test(db).finally(() => db.end())
}

/** The ledger as it was, and that some text reads differently here, which asks nothing of clients, as one entry more. */
async function goesOn(db, before, label) {
  const entries = await rows(db, 'SELECT m.* FROM _electric_meta.migrations m ORDER BY ledger_id, seq')
  deepStrictEqual(entries.slice(0, before.entries.length), before.entries)
  const [last, ...more] = entries.slice(before.entries.length)
  deepStrictEqual([last.class, last.label, last.statements, more], ['additive', label, [], []])
  deepStrictEqual([...new Set(last.changes.map((change) => change.change))], ['refresh'])
  const [{ verify }] = await rows(db, 'SELECT electric_schema.verify($1) AS verify', [before.checkpoint])
  deepStrictEqual([verify.ok, verify.first_broken], [true, null])
  // From here on it is any ledger.
  await isSame(db, await ledgerOf(db))
  const [{ answer }] = await rows(db, 'SELECT electric_schema.handshake($1) AS answer', [before.head.hash])
  deepStrictEqual(answer.action, 'migrate')
}

async function afterUpgrade(db, before, plain) {
  deepStrictEqual(await rows(db, 'SELECT kind, difference FROM electric_schema.drift()'), [])
  deepStrictEqual((await rows(db, `SELECT electric_schema.verify($1) -> 'ok' AS ok`, [before.checkpoint]))[0].ok, true)
  const [{ head }] = await rows(db, 'SELECT to_jsonb(h) AS head FROM electric_schema.head() h')
  deepStrictEqual([String(head.seq), head.hash], [before.head.seq, before.head.hash])
  await rejects(db.query('CREATE TABLE too_early (id integer)'), (error) => {
    deepStrictEqual(error.code, '55000')
    match(error.hint, /CALL electric_schema.reconcile\(\)/)
    return true
  })
  await db.query('CALL electric_schema.reconcile()')
  await (plain ? isSame(db, before) : goesOn(db, before, 'electric_schema.reconcile()'))
}

async function afterRestore(db, before, plain) {
  if (plain) return isSame(db, before)
  const [{ restoring }] = await rows(db, 'SELECT restoring FROM electric_schema.status')
  match(restoring[0].missing, /the schema here is not the one that its entries add up to/)
  await db.query('CALL electric_schema.adopt()')
  await goesOn(db, before, 'electric_schema.adopt()')
}

// Those of which nothing reads differently.
const plain = new Set(['scoped', 'empty', 'dokploy'])

try {
  await old.init()
  await old.start()
  const version = async (cluster) => {
    const db = await cluster.connect('postgres')
    const { rows } = await db.query('SHOW server_version').finally(() => db.end())
    return rows[0].server_version
  }
  const from = await version(old)
  for (const [name, make] of Object.entries(sources)) {
    const db = await old.recreate(name)
    before[name] = await make(db).then(() => forgetVersions(db)).then(() => ledgerOf(db)).finally(() => db.end())
  }
  // Both programs: that of the old server, and that of the new one, which is what one should take.
  for (const [which, bin] of Object.entries({ old: OLD_BIN, new: NEW_BIN })) {
    for (const name of Object.keys(sources)) await old.tool(bin, 'pg_dump', '-Fc', '-f', join(WORK, `${name}.${which}`), name)
  }
  await old.stop()

  // What an older release had on unless it was said otherwise is off, and the other way round.
  await next.init().then(() => next.start())
  const to = await version(next)
  for (const which of ['old', 'new'].filter((which) => `${which} pg_dump`.includes(values.way))) {
    for (const name of Object.keys(sources)) {
      await check(`${from} to ${to}, ${name}: the ${which} pg_dump, pg_restore`, async () => {
        await (await next.recreate(name)).end()
        await next.tool(NEW_BIN, 'pg_restore', '-e', '-j', '2', '-d', name, join(WORK, `${name}.${which}`))
        await inDatabase(next, name, (db) => afterRestore(db, before[name], plain.has(name)))
      })
    }
  }
  await next.stop()

  for (const mode of ['--copy', '--link'].filter((mode) => `pg_upgrade ${mode}`.includes(values.way))) {
    next.drop()
    const { stdout } = await run(WORK, join(OLD_BIN, 'pg_controldata'), old.data)
    const checksums = !/Data page checksum version: +0/.test(stdout)
    await next.init(...(checksums ? ['--data-checksums'] : Number.parseInt(to) >= 18 ? ['--no-data-checksums'] : []))
    let upgraded = false
    await check(`${from} to ${to}: pg_upgrade ${mode}`, async () => {
      await run(WORK, join(NEW_BIN, 'pg_upgrade'), '-b', OLD_BIN, '-B', NEW_BIN, '-d', old.data, '-D', next.data, '-U', 'postgres', mode)
      upgraded = true
    })
    if (!upgraded) continue
    await next.start()
    for (const name of Object.keys(sources)) await check(`${from} to ${to}, ${name}: after pg_upgrade ${mode}`, () => inDatabase(next, name, (db) => afterUpgrade(db, before[name], plain.has(name))))
    await next.stop()
  }
} finally {
  await old.stop()
  await next.stop()
}
total()
