/**
 * The same statements of two or three sessions in the same order, once without and once with the extension: whoever waits, and for whom a deadlock is
 * found, has to be the same at every step.
 *
 *   node interleavings.js [--schedules 120] [--seed N] [--verbose]
 */
import { parseArgs } from 'node:util'
import { connect, drop, recreate } from '../e2e/lib/cluster.js'
import { random } from '../oracle/lib/random.js'
import { check, main, sleep } from './lib/report.js'

const { values: options } = parseArgs({
  options: {
    schedules: { type: 'string', default: '120' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
    verbose: { type: 'boolean', default: false },
  },
})

// How long a session waits before Postgres looks for a deadlock, and when a wait counts as one that nobody ends: the last one to wait finds it.
const DEADLOCK_TIMEOUT = 10
const SETTLED = 60

const SETUP = `
  CREATE TYPE mood AS ENUM ('ok', 'bad');
  CREATE TABLE a (id int PRIMARY KEY, n int, t text, m mood DEFAULT 'ok');
  CREATE TABLE b (id int PRIMARY KEY, n int, t text, a_id int REFERENCES a);
  CREATE TABLE c (id int PRIMARY KEY, n int DEFAULT 1, t text CHECK (t <> ''));
  CREATE TABLE p (k int NOT NULL, v text) PARTITION BY LIST (k);
  CREATE TABLE p1 PARTITION OF p FOR VALUES IN (1);
  CREATE VIEW ab AS SELECT a.id, b.t FROM a JOIN b ON b.a_id = a.id;
  INSERT INTO a SELECT i, i, i::text FROM generate_series(1, 5) i;
  INSERT INTO b SELECT i, i, i::text, i FROM generate_series(1, 5) i;
  INSERT INTO c SELECT i, i, i::text FROM generate_series(1, 5) i`

/** Statements of a few sessions, and in which order the sessions come to their turns. */
class Schedule {
  constructor(seed) {
    Object.assign(this, random(seed))
    this.made = 0
    this.sessions = Array.from({ length: this.chance(0.3) ? 3 : 2 }, () => this.transaction())
    this.turns = Array.from({ length: 60 }, () => this.below(this.sessions.length))
  }

  transaction() {
    const level = this.pick(['READ COMMITTED', 'READ COMMITTED', 'REPEATABLE READ', 'SERIALIZABLE'])
    const statements = Array.from({ length: 2 + this.below(3) }, () => this.statement())
    if (this.chance(0.3)) statements.splice(1, 0, 'SAVEPOINT s')
    return [`BEGIN ISOLATION LEVEL ${level}`, ...statements, this.chance(0.85) ? 'COMMIT' : 'ROLLBACK']
  }

  statement() {
    const table = this.pick(['a', 'b', 'c'])
    const other = this.pick(['a', 'b', 'c'])
    const fresh = `x${this.made++}`
    return this.pick([
      `ALTER TABLE ${table} ADD COLUMN ${fresh} text`,
      `ALTER TABLE ${table} ADD COLUMN ${fresh} int NOT NULL DEFAULT 1`,
      `ALTER TABLE ${table} ALTER COLUMN n TYPE bigint`,
      `ALTER TABLE ${table} ALTER COLUMN t SET DEFAULT 'x'`,
      `ALTER TABLE ${table} ADD CONSTRAINT ${fresh} FOREIGN KEY (n) REFERENCES ${other} NOT VALID`,
      `ALTER TABLE ${table} ADD CONSTRAINT ${fresh} CHECK (n > 0)`,
      `ALTER TABLE ${table} RENAME COLUMN t TO ${fresh}`,
      `ALTER TABLE ${table} RENAME TO ${fresh}`,
      `CREATE INDEX ${fresh} ON ${table} (n)`,
      `CREATE TABLE ${fresh} (id int PRIMARY KEY, ref int REFERENCES ${table})`,
      `CREATE TABLE ${fresh} (LIKE ${table} INCLUDING ALL)`,
      `CREATE VIEW ${fresh} AS SELECT ${table}.id FROM ${table} JOIN ${other} o USING (id)`,
      `CREATE TABLE same (id int)`,
      `CREATE TABLE ${fresh} PARTITION OF p FOR VALUES IN (${2 + this.below(50)})`,
      'ALTER TABLE p DETACH PARTITION p1',
      'ALTER TABLE p ADD COLUMN added text',
      `ALTER TYPE mood ADD VALUE '${fresh}'`,
      `ALTER TYPE mood RENAME TO ${fresh}`,
      `DROP TABLE ${table} CASCADE`,
      'DROP VIEW ab',
      `COMMENT ON TABLE ${table} IS 'x'`,
      `INSERT INTO ${table} (id) VALUES (${100 + this.below(3)})`,
      `UPDATE ${table} SET n = n + 1 WHERE id = ${1 + this.below(3)}`,
      `SELECT * FROM ${table} WHERE id = ${1 + this.below(3)} FOR UPDATE`,
      `SELECT count(*) FROM ${table}`,
      `LOCK TABLE ${table} IN ${this.pick(['ACCESS SHARE', 'SHARE', 'EXCLUSIVE', 'ACCESS EXCLUSIVE'])} MODE`,
      `TRUNCATE ${table} CASCADE`,
    ])
  }
}

/** Plays a schedule; gives what came of each step. */
class Stage {
  static async open(template, name, sessions) {
    const stage = new Stage()
    const admin = await connect('postgres')
    await admin.query(`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`)
    await admin.query(`CREATE DATABASE ${name} TEMPLATE ${template}`)
    await admin.end()
    stage.monitor = await connect(name)
    stage.dbs = await Promise.all(Array.from({ length: sessions }, () => connect(name)))
    stage.waiting = stage.dbs.map(() => null)
    for (const db of stage.dbs) await db.query(`SET deadlock_timeout = ${DEADLOCK_TIMEOUT}; SET client_min_messages = error`)
    return stage
  }

  async play({ sessions, turns }) {
    const trace = []
    const left = sessions.map((statements) => [...statements])
    for (const turn of turns) {
      if (this.waiting[turn] || left[turn].length === 0) continue
      const sql = left[turn].shift()
      this.start(turn, sql)
      await this.settle()
      trace.push({ session: turn, sql, came: this.outcomes() })
      if (left.every((statements, n) => statements.length === 0 && !this.waiting[n])) break
    }
    return trace
  }

  start(turn, sql) {
    const wait = { outcome: null, since: null }
    this.waiting[turn] = wait
    this.dbs[turn].query(sql).then(() => (wait.outcome = 'done'), ({ code }) => (wait.outcome = code))
  }

  /** Until each session has come to the end of its statement, or waits and nobody ends it. */
  async settle() {
    const running = () => this.dbs.filter((_, n) => this.waiting[n] && this.waiting[n].outcome === null)
    for (let before = null; running().length > 0; await sleep(2)) {
      const { rows } = await this.monitor.query(
        "SELECT pid FROM pg_stat_activity WHERE pid = ANY ($1) AND wait_event_type = 'Lock'", [running().map((db) => db.processID)])
      const now = performance.now()
      // Whoever waited until now may have been let go by what has just come to its end.
      const isOver = running().length !== before
      before = running().length
      this.waiting.forEach((wait, n) => {
        if (wait) wait.since = !isOver && rows.some(({ pid }) => pid === this.dbs[n].processID) ? (wait.since ?? now) : null
      })
      if (this.waiting.every((wait) => !wait || wait.outcome !== null || (wait.since !== null && now - wait.since > SETTLED))) return
    }
  }

  /** What each session that was at work came to: `done`, the SQLSTATE, or `waits`. */
  outcomes() {
    const came = this.waiting.map((wait) => wait && (wait.outcome ?? 'waits'))
    this.waiting = this.waiting.map((wait) => (wait?.outcome ? null : wait))
    return came.map((outcome) => outcome ?? '-').join(' ')
  }

  async close() {
    await this.monitor.query('SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid = ANY ($1)', [this.dbs.map((db) => db.processID)])
    await Promise.all(this.dbs.map((db) => db.end().catch(() => {})))
    await this.monitor.end()
  }
}

async function interleavings() {
  const [first, schedules] = [Number(options.seed), Number(options.schedules)]
  console.log(`interleavings: ${schedules} schedules, --seed ${first}`)
  for (const [name, extension] of [['turns_bare', false], ['turns_ours', true]]) {
    const db = await recreate(name)
    await db.query(SETUP)
    if (extension) await db.query('CREATE EXTENSION electric_schema')
    await db.end()
  }
  const [different, unsound] = [[], []]
  const counts = { steps: 0, waits: 0, deadlocks: 0 }
  // A few have no deadlock among them: then some more are played.
  for (let seed = first; seed < first + schedules || (counts.deadlocks === 0 && seed < first + 4 * schedules); seed++) {
    const schedule = new Schedule(seed)
    const traces = []
    for (const template of ['turns_bare', 'turns_ours']) {
      const stage = await Stage.open(template, 'turns', schedule.sessions.length)
      stage.dbs.forEach((db) => db.on('error', () => {}))
      traces.push(await stage.play(schedule))
      await stage.close()
      if (template === 'turns_ours') unsound.push(...(await judged(seed)))
    }
    const [bare, ours] = traces.map((trace) => trace.map(({ session, sql, came }) => `${session} ${sql}: ${came}`))
    const at = bare.findIndex((line, n) => line !== ours[n])
    if (at >= 0 || ours.length !== bare.length) {
      const place = at >= 0 ? at : bare.length
      different.push(`--seed ${seed} step ${place}: ${bare[place]}, with the extension ${ours[place]}`)
    }
    if (options.verbose) console.log(`${seed}\n${ours.map((line) => `  ${line}`).join('\n')}`)
    counts.steps += bare.length
    counts.waits += bare.filter((line) => / waits/.test(line)).length
    counts.deadlocks += bare.filter((line) => /40P01/.test(line)).length
  }
  console.log(`  ${counts.steps} steps, at ${counts.waits} of which somebody waited, and ${counts.deadlocks} deadlocks`)
  check('there was what is looked for', counts.waits < schedules / 4 || counts.deadlocks < schedules / 40 ? [JSON.stringify(counts)] : [])
  check('whoever waits, and every deadlock, is the same without the extension', different)
  check('each ledger is sound, and as the catalogs are', unsound)
  for (const name of ['turns', 'turns_bare', 'turns_ours']) await drop(name)
}

/** After the sessions have ended: what is left to be read goes into one more entry. */
async function judged(seed) {
  const db = await connect('turns')
  await db.query('CREATE TABLE closing (id int)')
  const { rows: [{ verdict }] } = await db.query('SELECT electric_schema.verify() AS verdict')
  await db.end()
  return verdict.ok ? [] : [`--seed ${seed}: ${JSON.stringify(verdict).slice(0, 1000)}`]
}

await main('the interleavings', interleavings)
