// Holds the classification against what really happens: random schemas with rows, random DDL, clients that were away.
//   node run.js [--seed=N] [--changes=N] [--rounds=N] [--steps=N] [--only=kind,…] [--without=kind,…] [--lanes=N] [--shrink=SECONDS] [--verbose]

import { parseArgs } from 'node:util'
import { changeKinds, impossible } from './lib/kinds.js'
import { generators } from './lib/ddl.js'
import { playRound } from './lib/round.js'
import { script } from './lib/script.js'
import { shrink } from './lib/shrink.js'
import { Violation } from './lib/violation.js'
import { prepare } from './lib/world.js'
import { connect } from '../e2e/lib/cluster.js'

const { values } = parseArgs({
  options: {
    seed: { type: 'string' },
    changes: { type: 'string', default: '2000' },
    lanes: { type: 'string', default: '3' },
    steps: { type: 'string', default: '30' },
    only: { type: 'string' },
    without: { type: 'string', default: '' },
    shrink: { type: 'string', default: '40' },
    verbose: { type: 'boolean', default: false },
  },
})
const only = values.only?.split(',')
const without = values.without.split(',').filter(Boolean)
const unknown = [...(only ?? []), ...without].filter((kind) => !generators.includes(kind))
if (unknown.length > 0) throw new Error(`--only and --without know ${generators.join(', ')}; not ${unknown.join(', ')}`)

const wanted = Number(values.changes)
const first = values.seed === undefined ? 1 : Number(values.seed)
const totals = { checked: 0, checks: {}, kinds: {}, generated: {}, statements: 0, rounds: 0 }
const found = new Map()
const started = Date.now()
console.log(`seeds from ${first} on, ${wanted} changes`)

const template = await prepare()
let next = first
await Promise.all(Array.from({ length: Number(values.lanes) }, (_, lane) => work(lane)))
await report()
await template.done()

async function work(lane) {
  const admin = await connect('postgres')
  while (totals.checked < wanted && found.size < 12) {
    const seed = next++
    totals.rounds++
    try {
      await playRound({ admin, name: `l${lane}`, seed, steps: Number(values.steps), only, without, totals, verbose: values.verbose })
    } catch (error) {
      if (!(error instanceof Violation)) throw Object.assign(error, { message: `seed ${seed}: ${error.message}` })
      const known = found.get(error.signature)
      if (known) known.seeds.push(seed)
      else {
        found.set(error.signature, { error, seeds: [seed] })
        console.log(`seed ${seed}: ${error.message.slice(0, 300)}`)
        found.get(error.signature).small = await shrink(admin, `l${lane}`, error, Number(values.shrink))
      }
    }
  }
  await admin.end()
}

async function report() {
  for (const { error, seeds, small } of found.values()) {
    console.log(`\nFAIL  ${error.message}\n      seed ${seeds.join(', ')}`)
    for (const line of small.error.lines) console.log(`      ${line}`)
    console.log('      the smallest script that was found:')
    for (const operation of small.operations) console.log(`        ${script(operation)}`)
  }
  const kinds = changeKinds()
  const exceptions = impossible(template.version)
  const missing = kinds.filter((kind) => !totals.kinds[kind] && !exceptions[kind])
  const unheard = Object.keys(totals.kinds).filter((kind) => !kinds.includes(kind))
  console.log(`\nchanges: ${kinds.map((kind) => `${kind} ${totals.kinds[kind] ?? 0}`).join(', ')}`)
  for (const [kind, reason] of Object.entries(exceptions)) console.log(`not to be made here: ${kind} (${reason})`)
  if (values.verbose) console.log(`transactions: ${Object.entries(totals.generated).sort().map(([kind, n]) => `${kind} ${n}`).join(', ')}`)
  console.log(`checks: ${Object.entries(totals.checks).map(([action, n]) => `${action} ${n}`).join(', ')}; ${totals.statements} statements before and after; ${totals.rounds} rounds, ${Math.round((Date.now() - started) / 1000)} s`)
  // A short run cannot meet every kind.
  const complete = wanted >= 2000 && !only && found.size === 0
  if (missing.length > 0) console.log(`${complete ? 'FAIL  ' : ''}kinds of changes that never occurred: ${missing.join(', ')}`)
  if (unheard.length > 0) console.log(`FAIL  kinds of changes that the source does not have: ${unheard.join(', ')}`)
  const failed = [...found.values()].reduce((sum, { seeds }) => sum + seeds.length, 0) + (complete ? missing.length : 0) + unheard.length
  console.log(`${totals.checked} passed, ${failed} failed, 0 skipped`)
  process.exitCode = failed > 0 ? 1 : 0
}
