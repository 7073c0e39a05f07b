import { diffEntries, entriesAfter, headSeq, withoutClock } from './entries.js'
import { inLanes, PLACES } from './stage.js'
import { variants } from './variants.js'

// What a batch made goes before the next one. The schemas app_… stay: the server forgets all plans when a schema comes or goes.
const CLEAN = `
  DO $$ DECLARE command text; BEGIN
    FOREACH command IN ARRAY ARRAY(
      SELECT format('DROP SCHEMA %I CASCADE', nspname) FROM pg_namespace
      WHERE oid >= 16384 AND nspname !~ '^(pg_.*|app_[0-9])$' AND nspname NOT IN ('Odd "path"', '_electric_meta', 'electric_schema')
      UNION ALL
      SELECT format('DROP EXTENSION IF EXISTS %I CASCADE', extname) FROM pg_extension WHERE extname NOT IN ('plpgsql', 'electric_schema')
      UNION ALL
      -- Sequences last: an identity's own goes with its table alone.
      (SELECT format('DROP %s IF EXISTS %s CASCADE', CASE relkind WHEN 'v' THEN 'VIEW' WHEN 'm' THEN 'MATERIALIZED VIEW'
                     WHEN 'S' THEN 'SEQUENCE' WHEN 'c' THEN 'TYPE' ELSE 'TABLE' END, oid::regclass)
       FROM pg_class WHERE relnamespace::regnamespace::text ~ '^app_[0-9]$' AND relkind IN ('r', 'p', 'v', 'm', 'S', 'c')
       ORDER BY relkind = 'S', oid)
      UNION ALL
      SELECT format('DROP TYPE IF EXISTS %s CASCADE', oid::regtype) FROM pg_type
      WHERE typnamespace::regnamespace::text ~ '^app_[0-9]$' AND typtype IN ('d', 'e', 'r')
      UNION ALL
      SELECT format('DROP ROUTINE IF EXISTS %s CASCADE', oid::regprocedure) FROM pg_proc
      WHERE pronamespace::regnamespace::text ~ '^app_[0-9]$')
    LOOP EXECUTE command; END LOOP;
  END $$`

// DISCARD ALL but for the plans, which are the extension's and take long to make.
const FORGET = 'RESET SESSION AUTHORIZATION; RESET ALL; DEALLOCATE ALL; CLOSE ALL; DISCARD TEMPORARY; DISCARD SEQUENCES'

/** Cases that can be made beside each other, each in a place of its own: an extension can be there only once. */
export function batches(cases) {
  const all = [[]]
  let extensions = new Set()
  for (const item of cases) {
    const needed = [...`${item.setup} ${item.change.join(' ')}`.matchAll(/CREATE EXTENSION (\w+)/g)].map(([, name]) => name)
    if (all.at(-1).length === PLACES || needed.some((name) => extensions.has(name))) {
      all.push([])
      extensions = new Set()
    }
    needed.forEach((name) => extensions.add(name))
    all.at(-1).push(item)
  }
  return all
}

/**
 * Plays the cases in as many databases as there are variants, in step: all of them have the same history before each batch, and so the
 * same ledger.
 */
export class Company {
  static async gather(stage, names, lanes) {
    const company = new Company()
    Object.assign(company, { stage, lanes, members: [], passed: 0, leftOut: 0, failures: [] })
    for (const name of ['plain', ...names.filter((name) => name !== 'plain')]) {
      const database = `equivalence_${company.members.length}`
      company.members.push({ name, database, ...variants[name], db: await stage.database(database) })
    }
    company.seq = await headSeq(company.members[0].db)
    return company
  }

  async play(batch) {
    const results = new Map()
    await inLanes(this.members, this.lanes, async (member) => results.set(member, await attempt(member, batch, this.seq)))
    const [plain, ...others] = this.members
    const found = batch.flatMap((item, i) => this.judgeCase(item, i, results))
    for (const member of this.members) {
      const [expected, got] = [results.get(plain), results.get(member)]
      const lines = [...(got.error ? [got.error] : []), ...diffEntries(expected.around, got.around)]
      const told = found.some((failure) => failure.member === member && failure.lines.length > 0)
      if (lines.length > 0 && !told) found.push({ what: `${batch.map(({ name }) => name).join(', ')}: ${member.name}, setup and cleaning up`, lines })
    }
    this.seq = await headSeq(plain.db)
    const failures = found.filter(({ lines }) => lines.length > 0)
    if (failures.length > 0) await this.bringBack(others)
    // What went wrong in one case shifts the numbers of those after it: each once more, by itself.
    if (failures.length > 0 && batch.length > 1) {
      for (const item of batch) await this.play([item])
      return
    }
    this.passed += found.length - failures.length
    this.failures.push(...failures)
    for (const item of batch) {
      this.leftOut += others.filter((member) => !takesPart(member, item)).length
    }
  }

  judgeCase(item, i, results) {
    const [plain, ...others] = this.members
    const expected = results.get(plain).outcomes[i]
    const judged = [{ what: `${item.name}: plain`, lines: judgePlain(item, expected) }]
    if (expected.preview) judged.push({ what: `${item.name}: preview`, lines: expected.preview })
    for (const member of others) {
      if (!takesPart(member, item)) continue
      const { error, made } = results.get(member).outcomes[i]
      judged.push({ member, what: `${item.name}: ${member.name}`, lines: error ? [error] : diffEntries(expected.made, made) })
    }
    return judged
  }

  /** Whose ledger differs would differ in all cases to come: they go on with a copy of the plain one. */
  async bringBack(others) {
    const [plain] = this.members
    await plain.db.end()
    for (const member of others) {
      await member.db.end()
      member.db = await this.stage.database(member.database, plain.database)
    }
    plain.db = await this.stage.reconnect(plain.database)
  }

  async finish() {
    await inLanes(this.members, this.lanes, async ({ name, db }) => {
      const { rows } = await db.query('SELECT electric_schema.verify() AS verdict')
      if (rows[0].verdict.ok === true) this.passed++
      else this.failures.push({ what: `verify(): ${name}`, lines: [JSON.stringify(rows[0].verdict)] })
      await db.end()
    })
    for (const { database } of this.members) await this.stage.drop(database)
  }
}

function takesPart({ without }, { tags }) {
  return !without?.some((tag) => tags.includes(tag))
}

const classOf = ({ made }) => made[0]?.class ?? 'nothing'

/** The plain run is what all others are held against, so it is judged by what the case says. */
function judgePlain({ expect }, outcome) {
  const { error, made } = outcome
  if (error) return [error]
  if (made.length > 1) return [`${made.length} entries`]
  if (classOf(outcome) === expect) return []
  return [`expected ${expect}, not ${classOf(outcome)}`, ...made.flatMap(({ statements }) => statements).map((sql) => `  ${sql}`)]
}

/** Sets the cases of a batch up, makes their changes one after the other, and cleans up. */
async function attempt(member, batch, seq) {
  const { db, name } = member
  // Which settings a session has matters to a case; those of a case that it leaves out are plain.
  const places = batch.map((item, place) => {
    const here = (sql) => sql.replace(/\bapp(?=[23]?\b)/g, `app_${place}`)
    const how = takesPart(member, item) ? member : variants.plain
    return { ...how, setup: here(item.setup), change: item.change.map(here), session: here(how.session ?? '') }
  })
  const result = { outcomes: places.map(() => ({ made: [] })), around: [], error: null }
  const seqs = []
  try {
    const setups = places.map(({ role, setup }) => (role ? `SET SESSION AUTHORIZATION ${role}; ${setup}; RESET SESSION AUTHORIZATION` : setup))
    await db.query(['BEGIN', ...setups, 'COMMIT'].join(';\n'))
    seqs.push(await headSeq(db))
    let session = null
    for (const [i, place] of places.entries()) {
      const outcome = result.outcomes[i]
      if (name === 'plain') outcome.preview = await preview(db, place.change)
      if (session !== place.session) await db.query(`${FORGET}; ${(session = place.session)}`)
      outcome.error = await make(db, place)
      if (outcome.error) session = null
      seqs.push(await headSeq(db))
    }
    await db.query(FORGET)
    // The others have the same entries: what the ledger lacks there it lacks here.
    if (name === 'plain') result.error = await drift(db)
  } catch (error) {
    result.error = explain(error)
    await db.query('ROLLBACK')
    await db.query(FORGET)
  }
  await db.query(CLEAN)
  const entries = await entriesAfter(db, seq)
  result.outcomes.forEach((outcome, i) => {
    outcome.made = entries.filter((entry) => entry.seq > seqs[i] && entry.seq <= seqs[i + 1])
    outcome.preview &&= comparePreview(outcome.preview, outcome.made[0])
  })
  result.around = entries.filter((entry) => entry.seq <= seqs[0] || entry.seq > seqs.at(-1))
  return result
}

async function drift(db) {
  const { rows } = await db.query('SELECT kind, identity, difference FROM electric_schema.drift()')
  return rows.length > 0 ? `drift(): ${JSON.stringify(rows)}` : null
}

async function make(db, { run, role, change }) {
  try {
    if (role) await db.query(`SET SESSION AUTHORIZATION ${role}`)
    await run(db, change)
    if (role) await db.query('RESET SESSION AUTHORIZATION')
    return null
  } catch (error) {
    await db.query('ROLLBACK')
    await db.query(FORGET)
    return explain(error)
  }
}

const explain = ({ message, detail, where }) => [message, detail, where].filter(Boolean).join('; ')

async function preview(db, change) {
  const { rows } = await db.query('SELECT electric_schema.preview($1) AS preview', [change.join(';\n')])
  return withoutClock(rows[0].preview)
}

/** A preview promises what the entry then is, but for the number that new objects get: another entry may come between. */
function comparePreview({ class: itsClass, statements, changes, error }, made) {
  if (error) return [JSON.stringify(error)]
  if (!made || itsClass === null) return diffEntries(made ? [made] : [], itsClass === null ? [] : [{ class: itsClass, statements, changes }])
  const renumbered = JSON.stringify(changes).replaceAll(new RegExp(`"${made.seq + 1}\\.(\\d+)"`, 'g'), `"${made.seq}.$1"`)
  return diffEntries([made], [{ ...made, class: itsClass, statements, changes: JSON.parse(renumbered) }])
}
