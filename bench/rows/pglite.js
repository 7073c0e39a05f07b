import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { catchingUp, creating, deviceAt, opening, ownDump, seedOf } from '../../clients/pglite/bench/devices.js'
import { readHistory } from '../../clients/pglite/cli/history.js'
import { repeat } from '../lib/pgbench.js'
import { inTurn } from '../lib/rounds.js'
import { template } from '../lib/templates.js'

const ASTROLABE = fileURLToPath(new URL('../../examples/astrolabe/drizzle', import.meta.url))
const DOKPLOY = join(process.env.CORPUS ?? '', 'dokploy')

/** What it takes on the client, where Postgres is WebAssembly. */
export async function pglite(bench) {
  return { title: 'In PGlite', rows: [...(await catchUps(bench)), ...(await seeds(bench))] }
}

async function catchUps(bench) {
  const { cluster } = bench
  const database = 'run_catch_up'
  await cluster.copy(await template(cluster, 'electric_schema', 20), database)
  const ask = (from, squash = false) => cluster.value(database, 'SELECT electric_schema.handshake($1, squash => $2)', [from, squash])
  const device = await deviceAt(await ask(null))
  const from = await cluster.value(database, 'SELECT hash FROM electric_schema.head()')
  const add = (times) => repeat({ cluster, database }, Array.from({ length: times }, (_, n) => `ALTER TABLE t${(n % 20) + 1} ADD COLUMN c${n}x${times} text`), 1)
  await add(1)
  const plans = { 'catching up 1 entry': await ask(from) }
  await add(299)
  plans['catching up 300 entries'] = await ask(from)
  plans['catching up 300 entries, squashed'] = await ask(from, true)
  await cluster.drop(database)
  const samples = await inTurn(bench, 'pglite', Object.keys(plans), (name) => catchingUp(device, plans[name]))
  return Object.keys(plans).map((what) => ({ what, where: '20 tables', unit: 'ms', measured: samples.of(what) }))
}

async function seeds(bench) {
  const prepared = { 'a seed of astrolabe': await seedOf(readHistory(ASTROLABE)) }
  if (!bench.quick) {
    prepared['a seed, empty'] = await seedOf(null)
    prepared['PGlite’s own dump, empty'] = await ownDump()
    if (existsSync(DOKPLOY)) prepared['a seed of dokploy'] = await seedOf(readHistory(DOKPLOY))
  }
  const names = Object.keys(prepared)
  const opened = await inTurn(bench, 'pglite, opening', names, (name) => opening(prepared[name]))
  const created = await inTurn(bench, 'pglite, creating', names, (name) => creating(prepared[name]))
  const megabytes = (bytes) => `${(bytes / 1e6).toFixed(2)} MB`
  return names.map((name) => {
    const { tables, packed, unpacked, files } = prepared[name]
    return {
      what: `opening ${name}`, where: `${tables} tables; ${megabytes(packed)} as gzip, ${megabytes(unpacked)} in ${files} files`,
      against: 'a new database and its bootstrap', unit: 'ms', base: created.of(name), measured: opened.of(name),
    }
  })
}
