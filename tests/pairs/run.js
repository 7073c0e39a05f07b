// Proves the plans of every pair of entries: each older one to head, and to some earlier head, on a client with rows.
//   node run.js [--seed=N] [--entries=N] [--only=N,…] [--history=random,dokploy] [--lanes=N] [--shrink=SECONDS] [--verbose]

import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { connect } from '../e2e/lib/cluster.js'
import { script } from '../oracle/lib/script.js'
import { shrink } from '../oracle/lib/shrink.js'
import { prepare } from '../oracle/lib/world.js'
import { checkOlder } from './lib/check.js'
import { growByHistory } from './lib/history.js'
import { Ledger } from './lib/ledger.js'
import { growAtRandom } from './lib/random.js'
import { Report } from './lib/report.js'

const { values } = parseArgs({
  options: {
    seed: { type: 'string', default: '1' },
    entries: { type: 'string', default: '300' },
    only: { type: 'string' },
    history: { type: 'string', default: 'random,dokploy' },
    lanes: { type: 'string', default: '2' },
    shrink: { type: 'string', default: '0' },
    verbose: { type: 'boolean', default: false },
  },
})
const only = values.only?.split(',').map(Number)
const [seed, entries] = [Number(values.seed), Number(values.entries)]
const corpus = process.env.CORPUS ?? fileURLToPath(new URL('../../../shared/corpus', import.meta.url))
const folder = join(corpus, 'dokploy')

const report = new Report(values)
const histories = values.history.split(',')
if (histories.includes('dokploy') && !existsSync(folder)) {
  histories.splice(histories.indexOf('dokploy'), 1)
  report.skip(`there are no migrations at ${folder}`)
}

const template = await prepare()
// Dropping waits for every session there is, and nobody has to wait for it.
const cleaner = await connect('postgres')
let dropped = Promise.resolve()
const drop = (database) => {
  dropped = dropped.then(() => cleaner.query(`DROP DATABASE IF EXISTS "${database}" WITH (FORCE)`))
}
const ledgers = await Promise.all(histories.map(grow))
const jobs = ledgers.flatMap((ledger) => ledger.clients.map((older) => ({ ledger, older })))
await Promise.all(Array.from({ length: Number(values.lanes) }, work))
for (const ledger of ledgers) {
  await ledger.world.verify()
  await ledger.close()
}
await report.print(async (failure) => {
  const admin = await connect('postgres')
  const small = await shrink(admin, 'pairs', failure.error, Number(values.shrink))
  await admin.end()
  return small.operations.map(script)
})
await dropped
await cleaner.end()
await template.done()

async function grow(name) {
  const started = Date.now()
  const admin = await connect('postgres')
  const ledger = await Ledger.create({ admin, name, wanted: (seq) => !only || only.includes(seq), failed: (failure) => report.failed(failure) })
  const { undone } = name === 'random' ? await growAtRandom(ledger, { seed, entries }) : await growByHistory(ledger, { folder, seed, entries })
  report.grown({ name, ledger, undone, seconds: (Date.now() - started) / 1000 })
  return ledger
}

async function work() {
  const admin = await connect('postgres')
  const servers = new Map()
  for (let job = jobs.shift(); job; job = jobs.shift()) {
    const { ledger, older } = job
    if (!servers.has(ledger)) servers.set(ledger, await ledger.world.session(`oracle_${ledger.world.name}_server`))
    await checkOlder(ledger, older, { admin, server: servers.get(ledger), drop, seed, report })
  }
  for (const server of servers.values()) await server.end()
  await admin.end()
}
