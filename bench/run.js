// Measures what the extension costs, and writes it down. `scripts/bench` starts the clusters that it needs.
//   node bench/run.js [--only=ddl,handshake] [--rounds=7] [--quick]

import { parseArgs } from 'node:util'
import { Cluster } from './lib/cluster.js'
import { ddl } from './rows/ddl.js'
import { print } from './lib/report.js'

const groups = { ddl }

const { values } = parseArgs({
  options: {
    only: { type: 'string', default: Object.keys(groups).join(',') },
    rounds: { type: 'string' },
    quick: { type: 'boolean', default: false },
  },
})
const sizes = values.quick
  ? { tables: [20, 100], entries: [200, 500], repeat: 30 }
  : { tables: [20, 300, 1000], entries: [10_000, 100_000], repeat: 300 }

const bench = {
  cluster: new Cluster(process.env.PGHOST),
  preloaded: process.env.PRELOADED_PGHOST ? new Cluster(process.env.PRELOADED_PGHOST) : null,
  rounds: Number(values.rounds ?? (values.quick ? 2 : 7)),
  sizes,
  quick: values.quick,
  say: (text) => console.error(`==> ${text}`),
}

const results = []
for (const name of values.only.split(',')) {
  if (!groups[name]) throw new Error(`there is no ${name}: ${Object.keys(groups).join(', ')}`)
  results.push(await groups[name](bench))
}
print(results)
