// Measures what the extension costs, and writes it down. `scripts/bench` starts the clusters that it needs.

import { mkdirSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { Cluster } from './lib/cluster.js'
import { print, write } from './lib/report.js'
import { ddl } from './rows/ddl.js'
import { dml } from './rows/dml.js'
import { handshake } from './rows/handshake.js'
import { install } from './rows/install.js'
import { memory } from './rows/memory.js'
import { pglite } from './rows/pglite.js'
import { statements } from './rows/statements.js'
import { verify } from './rows/verify.js'

const groups = { ddl, statements, handshake, dml, verify, memory, install, pglite }
const { values } = parseArgs({
  options: {
    only: { type: 'string' },
    rounds: { type: 'string' },
    tables: { type: 'string' },
    entries: { type: 'string' },
    quick: { type: 'boolean', default: false },
  },
})
const { quick } = values
const only = values.only?.split(',') ?? Object.keys(groups)
const unknown = only.filter((name) => !groups[name])
if (unknown.length > 0) throw new Error(`there is no ${unknown}: ${Object.keys(groups)}`)

const bench = {
  cluster: new Cluster(process.env.PGHOST),
  preloaded: process.env.PRELOADED_PGHOST ? new Cluster(process.env.PRELOADED_PGHOST) : null,
  rounds: Number(values.rounds ?? (quick ? 2 : 7)),
  quick,
  sizes: quick
    ? { tables: [20, 100], entries: [100, 200], repeat: 30, seconds: 1, scale: 1, transactions: 60, handshakes: 500 }
    : { tables: [20, 300, 1000], entries: [10_000, 100_000], repeat: 200, seconds: 3, scale: 10, transactions: 1000, handshakes: 100_000 },
  say: (text) => console.error(`==> ${text}`),
}

mkdirSync(fileURLToPath(new URL('../target/bench', import.meta.url)), { recursive: true })
for (const name of ['tables', 'entries']) if (values[name]) bench.sizes[name] = values[name].split(',').map(Number)

const results = []
for (const name of only) results.push(...[await groups[name](bench)].flat())

// Only what was measured in full is for others to read.
const whole = Object.keys(values).every((name) => name === 'rounds' || !values[name])
const file = fileURLToPath(new URL(whole ? './RESULTS.md' : '../target/bench/RESULTS.md', import.meta.url))
await write(file, results, bench)
print(results)
console.log(`\nwritten to ${file}`)
