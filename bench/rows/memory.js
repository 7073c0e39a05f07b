import { readFileSync } from 'node:fs'
import { inTurn } from '../lib/rounds.js'
import { Samples } from '../lib/statistics.js'
import { createTable, ledger, template } from '../lib/templates.js'

const FLAT = { atMost: 1.05 }

/** Whether a backend keeps something of each thing that it did. */
export async function memory(all) {
  // It hardly differs from round to round.
  const bench = { ...all, rounds: Math.min(all.rounds, 5) }
  const { sizes } = bench
  const ddl = {
    early: 10, late: sizes.transactions,
    async once(db, n) {
      const table = `passing${Math.floor(n / 3)}`
      await db.query([createTable(table), `ALTER TABLE ${table} ADD COLUMN added text`, `DROP TABLE ${table}`][n % 3])
    },
  }
  const handshakes = (behind) => ({
    early: 10, late: sizes.handshakes,
    async prepare(db) {
      const query = 'SELECT m.hash FROM _electric_meta.migrations m, electric_schema.head() h WHERE m.seq = h.seq - $1'
      return (await db.query(query, [behind])).rows[0].hash
    },
    once: (db, _, hash) => db.query({ name: 'ask', text: 'SELECT electric_schema.handshake($1)', values: [hash] }),
  })
  const short = await ledger(bench.cluster, 20, bench.say)
  return {
    title: 'Memory of a backend, its own pages (RssAnon)',
    rows: [
      await growth(bench, 'DDL transactions, bare Postgres', await template(bench.cluster, 'bare', 20), ddl, null),
      await growth(bench, 'DDL transactions', await template(bench.cluster, 'electric_schema', 20), ddl, FLAT),
      await growth(bench, 'handshakes at head', short, handshakes(0), FLAT),
      await growth(bench, 'handshakes 10 entries behind', short, handshakes(10), FLAT),
    ],
  }
}

async function growth(bench, what, template, { early, late, prepare, once }, goal) {
  const { cluster } = bench
  const first = new Samples()
  const samples = await inTurn(bench, `memory, ${what}`, [what], async () => {
    await cluster.copy(template, 'run_memory')
    const last = await cluster.with('run_memory', async (db) => {
      const pid = (await db.query('SELECT pg_backend_pid() AS pid')).rows[0].pid
      const given = await prepare?.(db)
      for (let n = 0; n < late; n++) {
        if (n === early) first.add(what, ownMegabytes(pid))
        await once(db, n, given)
      }
      return ownMegabytes(pid)
    })
    await cluster.drop('run_memory')
    return last
  })
  return { what, where: `after ${late}`, against: `after ${early}`, unit: 'MB', goal, base: first.of(what), measured: samples.of(what) }
}

function ownMegabytes(pid) {
  return Number(readFileSync(`/proc/${pid}/status`, 'utf8').match(/^RssAnon:\s+(\d+) kB$/m)[1]) / 1024
}
