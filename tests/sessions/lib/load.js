import { sleep } from './report.js'
import { Session } from './session.js'
import { inventory } from './inventory.js'

const ROLES = ['postgres', 'storm_plain_0', 'storm_plain_1']

/** Schemas and roles for so many sessions. Two of three sessions are of roles that may do nothing but work in their own schemas. */
export async function prepareLoad(db, sessions) {
  for (const role of ['storm_owner', ...ROLES.slice(1)]) {
    await db.query(`DO $$ BEGIN CREATE ROLE ${role} LOGIN; EXCEPTION WHEN duplicate_object THEN NULL; END $$`)
  }
  await db.query(`GRANT storm_owner TO ${ROLES.slice(1).join(', ')}`)
  await db.query('CREATE SCHEMA shared AUTHORIZATION storm_owner')
  for (let n = 0; n < 4; n++) {
    await db.query(`CREATE TABLE shared.common_${n} (id int PRIMARY KEY); ALTER TABLE shared.common_${n} OWNER TO storm_owner`)
  }
  for (let n = 0; n < sessions; n++) {
    const [schema, role] = [`s${n}`, ROLES[n % ROLES.length]]
    await db.query(`CREATE SCHEMA ${schema} AUTHORIZATION ${role}; SET ROLE ${role};
      CREATE TABLE ${schema}.base (id int PRIMARY KEY); CREATE TABLE ${schema}.parted (k int) PARTITION BY LIST (k);
      CREATE TYPE ${schema}.mood AS ENUM ('fine'); RESET ROLE`)
  }
}

/** @param {(role: string) => Promise<object>} open  a new connection as that role */
export function makeSessions(count, open, seed, options = {}) {
  return Array.from({ length: count }, (_, number) => new Session({ number, open, seed, role: ROLES[number % ROLES.length], ...options }))
}

/** Cancels and terminates these sessions, one after the other, until it is time. What it did. */
export async function harass(db, sessions, until, r, pause = 120) {
  const done = { cancelled: 0, terminated: 0 }
  while (Date.now() < until) {
    await sleep(r.next() * 2 * pause)
    const { processID } = r.pick(sessions).db ?? {}
    if (!processID) continue
    const [how, what] = r.chance(0.3) ? ['terminate', 'terminated'] : ['cancel', 'cancelled']
    // Only what is connected to this database: a number can have become somebody else's.
    const { rowCount } = await db.query(
      `SELECT pg_${how}_backend(pid) FROM pg_stat_activity WHERE pid = $1 AND datname = current_database()`, [processID])
    done[what] += rowCount
  }
  return done
}

/** The ledger, and the catalogs, against what the sessions know. Problems by what they are about. */
export async function compare(db, sessions) {
  const problems = { lost: [], invented: [], split: [], order: [], role: [], catalogs: [] }
  const { rows: entries } = await db.query('SELECT seq::int, source, statements, recorded_by FROM _electric_meta.migrations ORDER BY seq')
  const seqs = new Map()
  const roles = new Map(entries.map(({ seq, recorded_by }) => [seq, recorded_by]))
  for (const { seq, source } of entries) for (const sql of source) seqs.set(sql, [...(seqs.get(sql) ?? []), seq])
  // The first of the transactions that DETACH CONCURRENTLY consists of ends the partition for everybody, before the last one is sealed. Who reads
  // everything meanwhile has that in an entry of his own.
  let adopted = 0
  const adoptable = (tx) => tx.kind === 'detach' || tx.kind === 'finalize'
  const adopt = ({ effects: [effect] }) => {
    const name = effect.slice(1).split('>').at(-1)
    const found = entries.filter(({ statements }) => statements.some((sql) => sql.endsWith(`DETACH PARTITION ${name}`))).length
    adopted += found
    return found === 1
  }
  const expected = new Set()
  const owner = new Map()
  for (const { schema, history } of sessions) {
    let last = 0
    for (const tx of history) {
      for (const sql of [...tx.undone, ...(tx.outcome === 'committed' ? [] : tx.statements)]) {
        if (seqs.has(sql)) problems.invented.push(`entry ${seqs.get(sql)} has what was rolled back (${tx.kind}): ${sql}`)
      }
      if (tx.outcome !== 'committed') continue
      const found = new Set()
      for (const sql of tx.statements) {
        const at = seqs.get(sql) ?? []
        at.forEach((seq) => found.add(seq))
        if (at.length === 0 && !(adoptable(tx) && adopt(tx))) problems.lost.push(`no entry has (${tx.kind}, ${schema}): ${sql}`)
        if (at.length > 1) problems.split.push(`entries ${at} have: ${sql}`)
      }
      if (found.size > 1) problems.split.push(`entries ${[...found]} for one transaction: ${tx.statements.join('; ')}`)
      for (const seq of found) {
        if (owner.has(seq)) problems.split.push(`entry ${seq} is of two transactions`)
        owner.set(seq, tx)
        if (seq <= last) problems.order.push(`entry ${seq} of ${schema} came after ${last}`)
        last = seq
        if (roles.get(seq) !== tx.role) problems.role.push(`entry ${seq} is by ${tx.role}, not by ${roles.get(seq)}`)
      }
      for (const effect of tx.effects) {
        const name = effect.slice(1)
        if (effect[0] === '+') expected.add(name)
        else for (const one of expected) if (one === name || one.startsWith(`${name}.`)) expected.delete(one)
      }
    }
  }
  const there = await inventory(db)
  for (const name of expected) if (!there.has(name)) problems.catalogs.push(`${name} is not there`)
  for (const name of there) if (!expected.has(name)) problems.catalogs.push(`${name} is there`)
  const committed = sessions.flatMap(({ history }) => history).filter(({ outcome }) => outcome === 'committed').length
  return { problems, entries: entries.length, committed, owned: owner.size + adopted, adopted }
}
