import { latencies } from '../lib/pgbench.js'
import { turned } from '../lib/rounds.js'
import { median, Samples, sum } from '../lib/statistics.js'
import { available, createTable, ledger, recorded, template } from '../lib/templates.js'

const KINDS = ['CREATE TABLE', 'ALTER TABLE ADD COLUMN', 'DROP TABLE']
const STATEMENTS = [createTable('measured:n'), 'ALTER TABLE measured:n ADD COLUMN added text', 'DROP TABLE measured:n']
const PROCESSOR = 'processor time of the backend'
const THREE = 'CREATE, ALTER and DROP TABLE'

/** Three transactions of DDL, at several numbers of tables and at several lengths of the ledger. */
export async function ddl({ cluster, preloaded, rounds, sizes, say }) {
  const variants = await available({ cluster, preloaded })
  const samples = new Samples()
  const byTables = sizes.tables.map((tables) => ({ where: `${tables} tables`, tables }))
  const byEntries = sizes.entries.map((entries) => ({ where: `20 tables, ${entries} entries`, entries }))
  for (const { where, tables, entries } of [...byTables, ...byEntries]) {
    const present = entries ? variants.filter(({ name }) => ['bare', 'electric_schema'].includes(name)) : variants
    for (const variant of present) {
      const of = entries && variant.name === 'electric_schema' ? () => ledger(cluster, entries, say)
        : () => template(variant.cluster, variant.database ?? variant.name, tables ?? 20)
      variant.template = await of()
    }
    for (let round = 0; round < rounds; round++) {
      for (const { cluster, name, template } of present) await cluster.copy(template, `run_${name}`)
      for (const home of new Set(present.map(({ cluster }) => cluster))) await home.checkpoint()
      for (const { cluster, name, options } of turned(present, round)) {
        const found = await latencies({ cluster, database: `run_${name}`, options }, STATEMENTS, sizes.repeat)
        samples.add(`${where} ${name}`, sum(found.statements))
        samples.add(`${where} ${name} ${PROCESSOR}`, found.processor)
        KINDS.forEach((kind, n) => samples.add(`${where} ${name} ${kind}`, found.statements[n]))
      }
      for (const variant of present) {
        await recorded(variant, `run_${variant.name}`, sizes.repeat * STATEMENTS.length)
        await variant.cluster.drop(`run_${variant.name}`)
      }
      say(`ddl, ${where}, round ${round + 1}: ${present.map(({ name }) => `${name} ${samples.of(`${where} ${name}`)[round].toFixed(3)}`).join(', ')}`)
    }
  }

  const titled = (name) => variants.find((variant) => variant.name === name)?.title ?? 'bare Postgres, preloaded'
  const row = (where, what, [name, against], goal, kind = '') => ({
    what, where, against: titled(against), unit: 'ms', goal,
    measured: samples.of(`${where} ${name}${kind}`), base: samples.of(`${where} ${against}${kind}`),
  })
  const ours = ['electric_schema', 'bare']
  const places = [...byTables, ...byEntries]
  const peers = variants.filter(({ name, against }) => against && !ours.includes(name))
  const line = (name, points) => ({
    name: titled(name),
    points: points.flatMap(({ where, x }) => {
      const list = samples.of(`${where} ${name}`)
      return list.length > 0 ? [{ x, y: median(list), least: Math.min(...list), most: Math.max(...list) }] : []
    }),
  })
  return [
    {
      title: 'DDL, each statement its own transaction',
      rows: [
        ...places.map(({ where }) => row(where, THREE, ours, { atMost: 1.25 })),
        ...byTables.map(({ where }) => row(where, THREE, ['electric_schema', 'home_made'], { atMost: 1.15 })),
      ],
      plots: [
        {
          title: 'By number of tables', x: 'tables in the schema', y: `ms for ${THREE}`,
          lines: [...ours, ...peers.map(({ name }) => name)].map((name) => line(name, byTables.map(({ where, tables }) => ({ where, x: tables })))),
        },
        {
          title: 'By length of the ledger, 20 tables', x: 'entries in the ledger', y: `ms for ${THREE}`, logarithmic: true,
          lines: ours.map((name) => line(name, [{ where: '20 tables', x: 1 }, ...byEntries.map(({ where, entries }) => ({ where, x: entries }))])),
        },
      ],
    },
    { title: 'The same, by statement', rows: places.flatMap(({ where }) => [...KINDS, PROCESSOR].map((kind) => row(where, kind, ours, null, ` ${kind}`))) },
    { title: 'What others add to it', rows: peers.flatMap(({ name, title, against }) => byTables.map(({ where }) => row(where, title, [name, against], null))) },
  ]
}
