// A database moves to a newer server: with pg_upgrade, and as a dump. Its ledger has to come along, whole, and go on.

import { deepStrictEqual } from 'node:assert'
import { writeFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { histories, schemas } from '../restore/lib/schemas.js'
import { isSame, ledgerOf } from '../restore/lib/same.js'
import { check, total } from './lib/check.js'
import { Cluster, run } from './lib/server.js'

const { OLD_BIN, NEW_BIN, WORK } = process.env
const before = {}
const sources = { ...schemas, ...histories(process.env.CORPUS) }
const old = new Cluster('old', OLD_BIN, WORK)
const next = new Cluster('new', NEW_BIN, WORK)

// What a newer server prints otherwise is no change, and a client that is at head is told so.
const same = async (cluster, name) => {
  const db = await cluster.connect(name)
  await isSame(db, before[name]).finally(() => db.end())
}

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
    before[name] = await make(db).then(() => ledgerOf(db)).finally(() => db.end())
  }
  // Both programs: that of the old server, and that of the new one, which is what one should take.
  for (const [which, bin] of Object.entries({ old: OLD_BIN, new: NEW_BIN })) {
    for (const name of Object.keys(sources)) await old.tool(bin, 'pg_dump', '-Fc', '-f', join(WORK, `${name}.${which}`), name)
  }
  await old.stop()

  // What an older release had on unless it was said otherwise is off, and the other way round.
  await next.init().then(() => next.start())
  const to = await version(next)
  for (const which of ['old', 'new']) {
    for (const name of Object.keys(sources)) {
      await check(`${from} to ${to}, ${name}: the ${which} pg_dump, pg_restore`, async () => {
        await (await next.recreate(name)).end()
        await next.tool(NEW_BIN, 'pg_restore', '-e', '-j', '2', '-d', name, join(WORK, `${name}.${which}`))
        await same(next, name)
      })
    }
  }
  await next.stop()

  for (const mode of ['--copy', '--link']) {
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
    for (const name of Object.keys(sources)) await check(`${from} to ${to}, ${name}: after pg_upgrade ${mode}`, () => same(next, name))
    await next.stop()
  }
} finally {
  await old.stop()
  await next.stop()
}
total()
