import { initialise, rate, repeat } from '../lib/pgbench.js'
import { inTurn } from '../lib/rounds.js'
import { ledger, template } from '../lib/templates.js'

const HANDSHAKE = 'SELECT electric_schema.handshake(:hash, :seq);\n'
const READ = `SELECT seq, hash, parent_hash, class, reset_version, schema_hash, statements, changes_digest, private_digest
FROM _electric_meta.migrations WHERE ledger_id = :ledger AND seq > :seq AND seq <= :last ORDER BY seq;\n`.replace('\n', ' ')

/** How fast clients are answered: as fast as what they need could be read by hand. */
export async function handshake(bench) {
  const { cluster, sizes } = bench
  await cluster.copy(await template(cluster, 'bare', 20), 'run_pgbench')
  await initialise({ cluster, database: 'run_pgbench' }, 1)
  const lengths = [20, sizes.entries.at(-1)]
  const rows = []
  for (const length of lengths) {
    const database = await ledger(cluster, length, bench.say)
    const [head, behind] = await places(cluster, database)
    const measure = {
      select: () => rate({ cluster, database: 'run_pgbench' }, { builtin: 'select-only', seconds: sizes.seconds }),
      'at head': () => rate({ cluster, database }, { script: HANDSHAKE, variables: head, seconds: sizes.seconds }),
      'read ten': () => rate({ cluster, database }, { script: READ, variables: { ...behind, last: head.seq }, seconds: sizes.seconds }),
      'ten behind': () => rate({ cluster, database }, { script: HANDSHAKE, variables: behind, seconds: sizes.seconds }),
    }
    const samples = await inTurn(bench, `handshake, ${length} entries`, Object.keys(measure), (name) => measure[name]())
    const where = `${head.seq} entries`
    rows.push(
      {
        what: 'handshake at head', where, against: 'SELECT of a row by primary key', unit: '/s', goal: { atLeast: 0.8 },
        base: samples.of('select'), measured: samples.of('at head'),
      },
      {
        what: 'handshake 10 entries behind', where, against: 'SELECT of these rows', unit: '/s', goal: { atLeast: 0.6 },
        base: samples.of('read ten'), measured: samples.of('ten behind'),
      },
    )
  }
  await cluster.drop('run_pgbench')
  return { title: 'Handshakes, one session, prepared', rows: [...rows, ...(await longAbsent(bench))] }
}

/** At head, and ten entries before. */
async function places(cluster, database) {
  const query = `SELECT m.ledger_id AS ledger, m.seq, m.hash FROM _electric_meta.migrations m, electric_schema.head() h
    WHERE m.seq IN (h.seq, h.seq - 10) ORDER BY m.seq DESC`
  const { rows } = await cluster.with(database, (db) => db.query(query))
  return rows
}

/** A client that was away for all of it: ten entries for each of many tables. */
async function longAbsent(bench) {
  const { cluster, sizes } = bench
  const database = 'run_long_absent'
  await cluster.copy('template0', database)
  await cluster.run(database, 'CREATE EXTENSION electric_schema')
  const columns = Array.from({ length: 9 }, (_, n) => `ALTER TABLE t:n ADD COLUMN c${n} text`)
  const create = `CREATE TABLE t:n (id bigint PRIMARY KEY, a text NOT NULL DEFAULT 'x', b timestamptz DEFAULT now())`
  await repeat({ cluster, database }, [create, ...columns], sizes.tables.at(-1))
  await cluster.run(database, 'VACUUM ANALYZE')
  const first = await cluster.value(database, 'SELECT hash FROM _electric_meta.migrations WHERE seq = 1')
  const entries = sizes.tables.at(-1) * 10 - 1
  const ways = { 'as recorded': false, squashed: true }
  const bytes = {}
  const rows = await cluster.with(database, async (db) => {
    const ask = (squash) => db.query({ name: 'ask', text: 'SELECT electric_schema.handshake($1, squash => $2)::text AS plan', values: [first, squash] })
    await ask(false)
    const samples = await inTurn(bench, `handshake, ${entries} entries behind`, Object.keys(ways), async (way) => {
      const started = performance.now()
      const { plan } = (await ask(ways[way])).rows[0]
      bytes[way] = plan.length
      return performance.now() - started
    })
    return Object.keys(ways).map((way) => ({
      what: `handshake ${entries} entries behind, ${way}`, where: `${sizes.tables.at(-1)} tables, ${(bytes[way] / 1e6).toFixed(2)} MB`,
      unit: 'ms', measured: samples.of(way),
    }))
  })
  await cluster.drop(database)
  return rows
}
