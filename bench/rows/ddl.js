import { latencies } from '../lib/pgbench.js'
import { Samples, sum } from '../lib/statistics.js'
import { available, createTable, ledger, recorded, template } from '../lib/templates.js'

const KINDS = ['CREATE TABLE', 'ALTER TABLE ADD COLUMN', 'DROP TABLE']
const STATEMENTS = [createTable('measured:n'), 'ALTER TABLE measured:n ADD COLUMN added text', 'DROP TABLE measured:n']
const PROCESSOR = 'processor time of the backend for the three'
const TITLE = 'CREATE TABLE, ALTER TABLE, DROP TABLE'

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

  const pair = (where, name, against, goal, kind = '') => ({
    what: kind || TITLE, where, against: variants.find((variant) => variant.name === against).title ?? 'bare Postgres', name, unit: 'ms', goal,
    measured: samples.of(`${where} ${name}${kind && ` ${kind}`}`), base: samples.of(`${where} ${against}${kind && ` ${kind}`}`),
  })
  const places = [...byTables, ...byEntries]
  const peers = variants.filter(({ name, against }) => against && !['bare', 'electric_schema'].includes(name))
  return {
    title: 'DDL, each statement its own transaction',
    rows: [
      ...places.map(({ where }) => pair(where, 'electric_schema', 'bare', { atMost: 1.25 })),
      ...byTables.map(({ where }) => pair(where, 'electric_schema', 'home_made', { atMost: 1.15 })),
      ...places.flatMap(({ where }) => [PROCESSOR, ...KINDS].map((kind) => pair(where, 'electric_schema', 'bare', null, kind))),
      ...peers.flatMap(({ name, against }) => byTables.map(({ where }) => pair(where, name, against, null))),
    ],
    plots: [
      {
        title: 'by number of tables', x: 'tables',
        lines: variants.filter(({ title }) => title).map(({ name, title }) => ({
          name: title, points: byTables.map(({ where, tables }) => [tables, samples.median(`${where} ${name}`)]),
        })),
      },
      {
        title: 'by length of the ledger, 20 tables', x: 'entries',
        lines: ['bare', 'electric_schema'].map((name) => ({
          name: variants.find((variant) => variant.name === name).title,
          points: [
            ...(sizes.tables.includes(20) ? [[1, samples.median(`20 tables ${name}`)]] : []),
            ...byEntries.map(({ where, entries }) => [entries, samples.median(`${where} ${name}`)]),
          ],
        })),
      },
    ],
  }
}

/** Another one is first in each round. */
export function turned(list, round) {
  const first = round % list.length
  return [...list.slice(first), ...list.slice(0, first)]
}
