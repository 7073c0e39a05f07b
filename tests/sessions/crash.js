/**
 * Servers that are killed while sessions do DDL: one of their processes, which makes Postgres start over, or the postmaster itself. A session writes down
 * what it was told; what it was not told, it looks up in the catalogs when the server is back. Killed processes lose nothing that the kernel has, so
 * fsync is off; power failures are another matter, and Postgres's own.
 *
 *   node crash.js [--rounds=5] [--sessions=8] [--seed=N]
 */
import { parseArgs } from 'node:util'
import { compare, makeSessions, prepareLoad } from './lib/load.js'
import { random } from '../oracle/lib/random.js'
import { check, main, same, sleep } from './lib/report.js'
import { Server } from './lib/server.js'
import { settle, unsound } from './lib/sound.js'

const { values: options } = parseArgs({
  options: {
    rounds: { type: 'string', default: '5' },
    sessions: { type: 'string', default: '8' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
  },
})
const seed = Number(options.seed)
const { next } = random(seed)
const KINDS = ['a process', 'the postmaster and its children', 'the postmaster', 'a committing process', 'the postmaster and its children']
/** Ledgers are begun anew after so many, to keep the checks short. */
const SAME_DATABASE = 10

await main('crash', async () => {
  console.log(`crash: ${options.rounds} rounds, --seed=${seed}`)
  const server = await Server.initdb(['fsync=off'])
  const totals = { lost: 0, forked: 0, committed: 0, connections: 0 }
  let database, sessions
  for (let round = 0; round < Number(options.rounds); round++) {
    if (round % SAME_DATABASE === 0) {
      database = `crash_${round}`
      const admin = await server.reach('postgres')
      await admin.query(`CREATE DATABASE ${database} TEMPLATE template0`)
      await admin.end()
      const db = await server.connect(database)
      await db.query('CREATE EXTENSION electric_schema')
      await prepareLoad(db, Number(options.sessions))
      await db.end()
      sessions = makeSessions(Number(options.sessions), (user) => server.connect(database, user), seed + round)
    }
    const kind = KINDS[round % KINDS.length]
    const before = sessions.reduce((sum, { lost }) => sum + lost, 0)
    const until = Date.now() + 2500
    const running = Promise.all(sessions.map((session) => session.run(until)))
    const killed = await strike(server, database, kind)
    await running
    const db = await server.reach(database)
    await settle(db, `shared.settled_${round}`)
    const { problems, entries, committed } = await compare(db, sessions)
    const broken = await unsound(db)
    const lost = sessions.reduce((sum, session) => sum + session.lost, 0) - before
    totals.lost += problems.lost.length
    totals.forked += broken.length
    totals.connections += lost
    const { rows: prepared } = await db.query('SELECT gid FROM pg_prepared_xacts')
    check(`${round + 1}. ${kind} killed (${killed}): ${lost} connections lost, ${committed} transactions, ${entries} entries`, [
      ...(lost === 0 ? ['nobody noticed'] : []), ...Object.values(problems).flat(), ...broken, ...sessions.flatMap(({ errors }) => errors),
      ...same(prepared, []),
    ])
    await db.end()
    if (round % SAME_DATABASE === SAME_DATABASE - 1 || round === Number(options.rounds) - 1) {
      totals.committed += committed
      await Promise.all(sessions.map((session) => session.db.end().catch(() => {})))
    }
  }
  console.log(`  ${totals.committed} transactions committed, ${totals.connections} connections lost; entries lost: ${totals.lost}, chains broken: ${totals.forked}`)
  const panics = server.log.split('\n').filter((line) => /PANIC|TRAP:|signal 11|signal 6/.test(line))
  check('no server process fell by itself', panics)
})

/** Kills, and sees to it that the server comes back. What was killed. */
async function strike(server, database, kind) {
  await sleep(800 + next() * 700)
  if (kind.startsWith('the postmaster')) {
    const killed = await server.crash(kind !== 'the postmaster')
    await server.start()
    return `${killed} others with it`
  }
  const db = await server.connect(database)
  const committing = kind === 'a committing process'
  for (const end = Date.now() + 1000; ; ) {
    // Background processes, too: the server starts over for these as well.
    const { rows } = await db.query(
      `SELECT pid, backend_type, state, left(query, 20) AS query FROM pg_stat_activity
       WHERE pid <> pg_backend_pid() AND backend_type NOT LIKE 'logical%' AND (NOT $1 OR (query ~ '^(COMMIT|PREPARE)' AND state = 'active')) ORDER BY random() LIMIT 1`,
      [committing && Date.now() < end])
    if (rows.length > 0 && server.killChild(rows[0].pid)) {
      await db.end().catch(() => {})
      await sleep(200)
      return `${rows[0].backend_type}${rows[0].query ? `, in ${rows[0].query.trim()}` : ''}`
    }
  }
}
