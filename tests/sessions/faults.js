/**
 * Sessions of several roles do DDL on things of their own while others cancel and terminate them, and write down what they were told. The load is such
 * that bare Postgres has no deadlock in it. Afterwards the ledger has each acknowledged transaction once, and nothing else.
 *
 *   node faults.js [--sessions=2,8,64] [--seconds=5] [--seed=N] [--calm]     (so many seconds for each number of sessions; --calm: nobody is cancelled)
 */
import { parseArgs } from 'node:util'
import { connect, drop, recreate } from '../e2e/lib/cluster.js'
import { compare, harass, makeSessions, prepareLoad } from './lib/load.js'
import { random } from '../oracle/lib/random.js'
import { check, main } from './lib/report.js'
import { settle, unsound } from './lib/sound.js'

const { values: options } = parseArgs({
  options: {
    sessions: { type: 'string', default: '2,8,64' },
    calm: { type: 'boolean', default: false },
    seconds: { type: 'string', default: '5' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
  },
})
const seed = Number(options.seed)
const database = 'faults'

/** A connection that may break: the query that it breaks says so. */
async function open(user) {
  const db = await connect(database, { user })
  db.on('error', () => {})
  return db
}

async function round(count) {
  const db = await recreate(database)
  await db.query('CREATE EXTENSION electric_schema')
  await prepareLoad(db, count)
  const sessions = makeSessions(count, open, seed)
  const until = Date.now() + Number(options.seconds) * 1000
  const [done] = await Promise.all([options.calm ? { cancelled: 0, terminated: 0 } : harass(db, sessions, until, random(seed)), ...sessions.map((session) => session.run(until))])
  await Promise.all(sessions.map((session) => session.db.end()))
  await settle(db, 'shared.settled')
  const { problems, entries, committed, owned, adopted } = await compare(db, sessions)
  const sum = (name) => sessions.reduce((all, session) => all + (session[name] ?? 0), 0)
  console.log(`${count} sessions: ${committed} transactions committed, ${entries} entries, ${adopted} changes in another's; ${done.cancelled} cancelled, ${done.terminated} terminated; ` +
    `${sum('disturbed')} statements timed out or cancelled, ${sum('lost')} connections lost`)
  check('the load was one', owned < 2 * options.seconds ? [`only ${owned} entries`] : [])
  check('no error that bare Postgres would not give, and no deadlock', sessions.flatMap(({ errors }) => errors))
  check('every acknowledged transaction has its entry', problems.lost)
  check('no entry has what was rolled back', problems.invented)
  check('one transaction, one entry, in order', [...problems.split, ...problems.order,
    ...(owned === committed ? [] : [`${owned} entries for ${committed} transactions`])])
  check('every entry names the role that did it', problems.role)
  check('the catalogs are what the sessions were told', problems.catalogs)
  check('the chain is linear, verify() content, drift() empty', await unsound(db))
  await db.end()
  await drop(database)
}

await main('faults', async () => {
  console.log(`faults: --seed=${seed}`)
  for (const count of options.sessions.split(',')) await round(Number(count))
})
