import { latencies } from '../lib/pgbench.js'
import { inTurn } from '../lib/rounds.js'
import { median, sum } from '../lib/statistics.js'
import { createTable, template } from '../lib/templates.js'

const HUNDRED = Array.from({ length: 100 }, (_, n) => n + 1)
// `share`: of the repetitions that `ddl` has, because these are slower or quicker.
const cases = [
  {
    what: 'one transaction: 100 CREATE TABLE, 100 CREATE INDEX',
    statements: ['BEGIN', ...HUNDRED.flatMap((n) => [createTable(`many${n}x:n`), `CREATE INDEX due${n}x:n ON many${n}x:n (due)`]), 'COMMIT'],
    afterwards: [`DROP TABLE ${HUNDRED.map((n) => `many${n}x:n`).join(', ')}`],
    share: 1 / 30,
    goal: { atMost: 1.15 },
  },
  {
    what: 'temporary table created and dropped',
    statements: ['CREATE TEMPORARY TABLE passing (id int, note text)', 'DROP TABLE passing'],
    share: 2,
    goal: { atMost: 1.1 },
  },
  {
    what: 'GRANT and REVOKE',
    statements: ['GRANT SELECT ON t1 TO bench_reader', 'REVOKE SELECT ON t1 FROM bench_reader'],
    share: 10,
    goal: { atMost: 1.1 },
  },
  { what: 'COMMENT', statements: [`COMMENT ON TABLE t1 IS 'the :n of them'`], share: 10, goal: { atMost: 1.1 } },
]

/** Statements of which the ledger keeps nothing, and one migration that is big. */
export async function statements(bench) {
  const { cluster, sizes } = bench
  const names = ['bare', 'electric_schema']
  await cluster.run('postgres', 'DROP ROLE IF EXISTS bench_reader', 'CREATE ROLE bench_reader')
  const rows = []
  for (const { what, statements, afterwards = [], share, goal } of cases) {
    const samples = await inTurn(bench, what, names, async (name) => {
      const database = `run_${name}`
      await cluster.copy(await template(cluster, name, 20), database)
      await cluster.checkpoint()
      const found = await latencies({ cluster, database }, [...statements, ...afterwards], Math.ceil(sizes.repeat * share))
      await cluster.drop(database)
      return sum(found.statements.slice(0, statements.length))
    })
    rows.push({ what, against: 'bare Postgres', unit: 'ms', goal, base: samples.of('bare'), measured: samples.of('electric_schema') })
  }
  await cluster.run('postgres', 'DROP ROLE bench_reader')
  rows.push(await firstOfASession(bench, names))
  return { title: 'Other statements', rows }
}

/** Where a library is loaded, and whatever a session prepares once. */
async function firstOfASession(bench, names) {
  const { cluster } = bench
  for (const name of names) await cluster.copy(await template(cluster, name, 20), `run_${name}`)
  const samples = await inTurn(bench, 'first of a session', names, async (name) => {
    const took = []
    for (let n = 0; n < 20; n++) {
      await cluster.with(`run_${name}`, async (db) => {
        await db.query('SELECT 1')
        const started = performance.now()
        await db.query(createTable('passing'))
        took.push(performance.now() - started)
        await db.query('DROP TABLE passing')
      })
    }
    return median(took)
  })
  for (const name of names) await cluster.drop(`run_${name}`)
  return { what: 'CREATE TABLE, a session’s first', against: 'bare Postgres', unit: 'ms', base: samples.of('bare'), measured: samples.of('electric_schema') }
}
