/**
 * Many sessions doing DDL at once: on tables of their own and on shared ones, in every kind of transaction. What is looked for: errors that
 * bare Postgres would not give, deadlocks with the seal, holes in the chain, a ledger that is not what the catalogs are, and a client that
 * followed and is not where the server is.
 *
 *   node storm.js [--seconds 60] [--sessions 8] [--seed N] [--bare]     (--bare: without the extension, only to see the errors)
 */
import { parseArgs } from 'node:util'
import { describeServer, diff } from '../e2e/lib/catalog.js'
import { connect, drop, recreate } from '../e2e/lib/cluster.js'
import * as vanilla from '../e2e/lib/vanilla.js'
import { check, main } from './lib/report.js'
import { setup, Worker } from './lib/worker.js'

const { values: options } = parseArgs({
  options: {
    seconds: { type: 'string', default: '60' },
    sessions: { type: 'string', default: '8' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
    bare: { type: 'boolean', default: false },
  },
})
const seconds = Number(options.seconds)
const sessions = Number(options.sessions)
const seed = Number(options.seed)

// What concurrent DDL meets in any Postgres.
const ordinary = new Set([
  '22001', '22003', '22007', '22008', '22023', '22P02', // values that do not fit another type
  '23502', '23503', '23505', '23514', // rows that a new constraint does not hold for; two sessions creating one name
  '25P02', // the rest of a transaction that has failed
  '2BP01', '2BP03', // others depend on it
  '3F000', '42601', '42611', '42809', // a schema that is not there; no such thing for this kind of column, or of constraint
  '40001', '40P01', // serialization in user tables; deadlocks
  '42701', '42703', '42704', '42710', '42712', '42723', '42804', '42830', '42846', '42P01', '42P06', '42P07', '42P16', '42P17', '42883',
  '0A000', '55000', '55006', '55P03', '55P04', '57014',
])
// Bare Postgres raises these, too, when a relation goes or changes under a command that names it.
const races = /tuple concurrently (updated|deleted)|cache lookup failed for|could not open relation with OID|relation with OID \d+ does not exist|could not find tuple for|relation \d+ deleted while still in use/

async function storm() {
  console.log(`storm: ${sessions} sessions, ${seconds} s, --seed ${seed}${options.bare ? ', without the extension' : ''}`)
  const database = options.bare ? 'storm_bare' : 'storm'
  const server = await recreate(database)
  if (!options.bare) await server.query('CREATE EXTENSION electric_schema')
  await setup(server, sessions)
  const seal = options.bare ? null : (await server.query(`SELECT '_electric_meta.seal'::regclass::oid AS oid`)).rows[0].oid

  const until = Date.now() + seconds * 1000
  const workers = await Promise.all(
    Array.from({ length: sessions }, async (_, number) => new Worker(await connect(database), number, seed, sessions)),
  )
  const follower = options.bare ? null : await Follower.start(database)
  const running = [...workers.map((worker) => worker.run(until)), ...(follower ? [follower.run(until)] : [])]
  const stuck = await endsWithin(Promise.all(running), seconds * 1000 + 45_000)
  if (stuck) {
    const { rows } = await server.query(
      `SELECT pid, state, wait_event_type, wait_event, pg_blocking_pids(pid) AS blocked_by, left(query, 200) AS query
       FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()`,
    )
    check('every session comes to its end', rows.map((row) => JSON.stringify(row)))
    return
  }
  check('every session comes to its end', [])

  const errors = workers.flatMap((worker) => worker.errors)
  const counts = {}
  for (const { code } of errors) counts[code] = (counts[code] ?? 0) + 1
  const statements = workers.reduce((sum, worker) => sum + worker.statements, 0)
  console.log(`  ${statements} statements, ${errors.length} errors: ${Object.entries(counts).sort().map(([c, n]) => `${c} ${n}`).join(', ')}`)
  check('no error that bare Postgres would not give', errors.filter((error) => !allowed(error, seal)).map(show))
  check('deadlocks do not involve the seal', errors.filter((e) => e.code === '40P01' && seal && namesSeal(e, seal)).map(show))
  if (options.bare) return

  const { rows: [chain] } = await server.query(
    `SELECT count(*)::int AS entries, count(*) FILTER (WHERE class = 'destructive')::int AS destructive,
            coalesce(array_agg(seq) FILTER (WHERE seq <> place OR parent_hash <> before OR hash <> head AND seq = entries), '{}')::text[] AS broken
     FROM (SELECT m.*, row_number() OVER (ORDER BY m.seq) AS place, lag(m.hash) OVER (ORDER BY m.seq) AS before,
                  count(*) OVER () AS entries, (SELECT hash FROM electric_schema.head()) AS head
           FROM _electric_meta.migrations m) m`,
  )
  console.log(`  ${chain.entries} entries, ${chain.destructive} of them destructive; the client came ${follower.rounds} times: ${follower.summary()}`)
  check('the storm was one', chain.entries < seconds * 5 ? [`only ${chain.entries} entries`] : [])
  check('the chain has no gap and no fork', chain.broken.map((seq) => `entry ${seq} does not follow`))
  const { rows: [{ verdict }] } = await server.query('SELECT electric_schema.verify() AS verdict')
  check('verify() is content', verdict.ok ? [] : [JSON.stringify(verdict.first_broken), ...verdict.schema.map((c) => JSON.stringify(c).slice(0, 1500))])

  const expected = await describeServer(server)
  check('no plan failed on the client that followed', follower.failures)
  check('the client that followed is where the server is', await attempt(async () => {
    await follower.sync()
    return diff(expected, await describeServer(follower.db))
  }))
  await follower.close()

  const fresh = await recreate('storm_fresh')
  check('a new client is where the server is', await attempt(async () => {
    await vanilla.sync(fresh, plan(server))
    return diff(expected, await describeServer(fresh))
  }))
  await fresh.end()
  for (const worker of workers) await worker.db.end()
  await server.end()
  for (const name of [database, 'storm_fresh']) await drop(name)
}

function plan(db) {
  return async (at) => {
    const { rows } = await db.query('SELECT electric_schema.handshake($1, $2) AS plan', [at?.hash ?? null, at?.seq ?? null])
    return rows[0].plan
  }
}

async function attempt(work) {
  try {
    return await work()
  } catch (error) {
    return [error.message, ...(error.details ? [error.details.statement] : [])]
  }
}

/** A client that bootstrapped before the storm and comes back now and then. */
class Follower {
  rounds = 0
  actions = {}
  failures = []

  static async start(database) {
    const follower = new Follower()
    follower.server = await connect(database)
    follower.db = await recreate('storm_client')
    await follower.sync()
    return follower
  }

  async run(until) {
    while (Date.now() < until) {
      await new Promise((resolve) => setTimeout(resolve, Math.random() * 1500))
      try {
        await this.sync()
      } catch (error) {
        // No plan, but the word to come again: another session holds what has to be read.
        if (error.code === '40001' && !error.details) continue
        this.failures.push(`${error.message}: ${error.details?.statement}`)
        // One that is stuck tells nothing more: it starts over.
        await this.db.end()
        this.db = await recreate('storm_client')
      }
    }
  }

  async sync() {
    this.rounds++
    const { action } = await vanilla.sync(this.db, plan(this.server))
    this.actions[action] = (this.actions[action] ?? 0) + 1
  }

  summary() {
    return Object.entries(this.actions).map(([action, times]) => `${times} ${action}`).join(', ')
  }

  async close() {
    await this.db.end()
    await this.server.end()
    await drop('storm_client')
  }
}

function allowed(error, seal) {
  // With RUST_BACKTRACE set, pgrx appends where it was.
  const text = [error.message, error.detail?.replace(/^\s*0: [^]*/m, ''), error.hint, error.where, error.table, error.schema].join(' ')
  if (/electric_schema|_electric_meta/.test(text) || (seal && namesSeal(error, seal))) return false
  // A commit has nothing left to look up.
  if (error.code === 'XX000') return races.test(error.message) && !/^COMMIT/.test(error.sql)
  return ordinary.has(error.code)
}

const namesSeal = (error, seal) => new RegExp(`relation ${seal}\\b`).test(error.detail ?? '')

const show = ({ code, message, detail, where, sql }) =>
  `${code} ${message}${detail ? ` (${detail.replace(/\s+/g, ' ').slice(0, 300)})` : ''}${where ? ` [${where.replace(/\s+/g, ' ').slice(0, 300)}]` : ''}: ${sql}`

/** Whether it does not. */
async function endsWithin(promise, milliseconds) {
  let timer
  const late = new Promise((resolve) => (timer = setTimeout(() => resolve(true), milliseconds)))
  const answer = await Promise.race([promise.then(() => false), late])
  clearTimeout(timer)
  return answer
}

await main('the storm itself', storm)
