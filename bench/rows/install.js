import { execFileSync } from 'node:child_process'
import { inTurn } from '../lib/rounds.js'
import { template } from '../lib/templates.js'

/** How long a database that has tables already waits for its ledger's first entry. */
export async function install(bench) {
  const { cluster, sizes } = bench
  const tables = sizes.tables.at(-1)
  const bare = await template(cluster, 'bare', tables)
  const measure = {
    pg_dump: async (database) => execFileSync('pg_dump', ['--schema-only', '-f', '/dev/null'], { env: cluster.environment(database) }),
    'CREATE EXTENSION': (database) => cluster.run(database, 'CREATE EXTENSION electric_schema'),
  }
  const samples = await inTurn(bench, 'install', Object.keys(measure), async (name) => {
    await cluster.copy(bare, 'run_install')
    const started = performance.now()
    await measure[name]('run_install')
    const took = performance.now() - started
    await cluster.drop('run_install')
    return took
  })
  return {
    title: 'Installation',
    rows: [{
      what: 'CREATE EXTENSION', where: `${tables} tables`, against: 'pg_dump --schema-only', unit: 'ms', goal: { atMost: 1 },
      base: samples.of('pg_dump'), measured: samples.of('CREATE EXTENSION'),
    }],
  }
}
