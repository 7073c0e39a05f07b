import { initialise, rate } from '../lib/pgbench.js'
import { inTurn } from '../lib/rounds.js'
import { template } from '../lib/templates.js'

/** Rows are none of the extension's business. */
export async function dml(bench) {
  const { cluster, sizes } = bench
  const names = ['bare', 'electric_schema']
  for (const name of names) {
    await cluster.copy(await template(cluster, name, 20), `run_${name}`)
    await initialise({ cluster, database: `run_${name}` }, sizes.scale)
  }
  await cluster.checkpoint()
  const samples = await inTurn(bench, 'TPC-B', names, (name) =>
    rate({ cluster, database: `run_${name}` }, { builtin: 'tpcb-like', seconds: sizes.seconds * 2 }),
  )
  for (const name of names) await cluster.drop(`run_${name}`)
  return {
    title: 'DML',
    rows: [{
      what: 'TPC-B of pgbench', where: `scale ${sizes.scale}`, against: 'without', unit: '/s', goal: { noise: true },
      base: samples.of('bare'), measured: samples.of('electric_schema'),
    }],
  }
}
