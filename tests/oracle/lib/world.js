import { readFileSync } from 'node:fs'
import { describe, diff as allDifferences } from '../../e2e/lib/catalog.js'
import { connect } from '../../e2e/lib/cluster.js'
import { chronicle } from './concern.js'
import { compareKept } from './kept.js'
import { applications, copies, isLocal, LOCAL } from './rows.js'
import { shapeOf } from './values.js'
import { random } from './random.js'
import { Violation } from './violation.js'

const session = readFileSync(new URL('session.sql', import.meta.url), 'utf8')
const TEMPLATE = 'oracle_template'

/** A database with the extension, to copy worlds' servers from. */
export async function prepare() {
  const admin = await connect('postgres')
  await admin.query(`DROP DATABASE IF EXISTS ${TEMPLATE} WITH (FORCE)`)
  await admin.query(`CREATE DATABASE ${TEMPLATE} TEMPLATE template0`)
  const template = await connect(TEMPLATE)
  await template.query('CREATE EXTENSION electric_schema')
  await template.end()
  return {
    version: Number((await admin.query('SHOW server_version_num')).rows[0].server_version_num),
    async done() {
      await admin.query(`DROP DATABASE IF EXISTS ${TEMPLATE} WITH (FORCE)`)
      await admin.end()
    },
  }
}

/**
 * A server and its clients. All that happens in it is an operation, a plain value, so that it can be done again:
 *   { op: 'ddl', sql, expect, dirty, filled }    one transaction on the server
 *   { op: 'dml', sql }                           rows on the server; statements that it refuses don't count
 *   { op: 'local', client, sql }                 rows of a client's own
 *   { op: 'download', client, seed, part }       the server's rows, or a part of them, in place of the client's own
 *   { op: 'compact', back }                      old entries are pruned, all but the newest `back` and one
 *   { op: 'check', client, seed, keep, fresh, squash, target }   the handshake, and everything that it promises; undone unless `keep`
 */
export class World {
  static async create(admin, name) {
    const world = new World()
    Object.assign(world, { admin, name, databases: [], clients: new Map(), versions: new Map(), clock: 0, kinds: {}, model: new Map(), ledger: new Map() })
    world.server = await world.database('server', TEMPLATE)
    world.described = null
    world.place = await world.head()
    await world.refresh()
    return world
  }

  async database(suffix, template) {
    const database = `oracle_${this.name}_${suffix}`
    await this.admin.query(`DROP DATABASE IF EXISTS "${database}" WITH (FORCE)`)
    await this.admin.query(`CREATE DATABASE "${database}" TEMPLATE ${template}`)
    this.databases.push(database)
    return this.session(database)
  }

  async session(database) {
    const db = await connect(database)
    db.on('error', () => {})
    await db.query(session)
    return db
  }

  async close() {
    await this.server?.end()
    for (const { db } of this.clients.values()) await db.end()
    for (const database of this.databases) await this.admin.query(`DROP DATABASE IF EXISTS "${database}" WITH (FORCE)`)
  }

  async refresh() {
    this.state = await stateOf(this.server)
  }

  /** What there is to hold a plan to this entry against, when there are later ones. */
  async moment() {
    this.described ??= await describeInside(this.server)
    const versions = new Map([...this.versions].map(([oid, rows]) => [oid, new Map(rows)]))
    return { state: this.state, described: this.described, place: this.place, versions, filled: this.filled }
  }

  /** The world as it was at a moment, with a session of its own. */
  at(moment, server) {
    return Object.assign(Object.create(World.prototype), this, moment, { server, clients: new Map(), databases: [] })
  }

  async client(name) {
    if (!this.clients.has(name)) {
      const db = await this.database(name, 'template0')
      this.clients.set(name, { name, db, hash: null, seq: null, rows: new Map(), state: null })
    }
    return this.clients.get(name)
  }

  run(operation) {
    return this[operation.op](operation)
  }

  // ---- the server ----

  async ddl({ sql, expect, dirty = [], filled, kind }) {
    const before = this.state
    const head = this.place
    try {
      await this.server.query(['BEGIN', ...sql].join(';\n'))
    } catch (error) {
      await this.server.query('ROLLBACK')
      if (/^XX/.test(error.code)) throw new Violation('the extension failed', `${error.message} in ${sql.join('; ')}`, [error.detail ?? ''])
      return { refused: error.message, table: error.table }
    }
    const odd = (await this.server.query(undistributed)).rows[0].found
    if (odd) {
      await this.server.query('ROLLBACK')
      return { refused: `clients cannot have ${odd}` }
    }
    try {
      await this.server.query('COMMIT')
    } catch (error) {
      if (!/^23/.test(error.code)) throw new Violation('the seal failed', `${error.message} (${error.code}) after ${sql.join('; ')}`, [error.detail ?? ''])
      return { refused: error.message, table: error.table }
    }
    this.described = null
    await this.refresh()
    // Rows that the transaction wrote itself were changed by the server: what clients hold of them is old.
    const touched = new Set(withChildren(before.tables.filter((t) => dirty.includes(t.q)), before).map((t) => t.oid))
    for (const table of this.state.tables) this.bump(table.oid, before.rows[table.oid] ?? {}, this.state.rows[table.oid] ?? {}, touched.has(table.oid), false)
    const after = (this.place = await this.head())
    if (after.seq > head.seq + 1) throw new Violation('entries', `one transaction made ${after.seq - head.seq} entries`)
    if (after.seq === head.seq) return { refused: 'no entry' }
    const { rows } = await this.server.query('SELECT class, changes, statements FROM electric_schema.diff($1)', [head.hash])
    const [entry] = rows
    const { rows: objects } = await this.server.query('SELECT object_id, definition FROM _electric_meta.objects')
    const model = new Map(objects.map(({ object_id, definition }) => [object_id, definition]))
    this.ledger.set(after.seq, { class: entry.class, ...chronicle(entry.changes, this.model, model) })
    this.model = model
    const tags = entry.changes.map(({ change }) => change)
    for (const tag of tags) this.kinds[tag] = (this.kinds[tag] ?? 0) + 1
    this.filled = filled ? this.state.tables.filter((t) => !before.tables.some((b) => b.oid === t.oid)).map((t) => [t.schema, t.name]) : []
    if (expect && entry.class !== expect) {
      throw new Violation(`${kind} should be ${expect}`, `it is ${entry.class} as ${tags.join(', ')}`, entry.changes.map((c) => `${c.change}: ${c.reasons.join(', ') || 'no reason'}`))
    }
    return { entry: { ...entry, tags, seq: after.seq } }
  }

  async dml({ sql }) {
    const before = this.state
    const failures = await this.attempt(this.server, sql, true)
    await this.refresh()
    for (const table of this.state.tables) this.bump(table.oid, before.rows[table.oid] ?? {}, this.state.rows[table.oid] ?? {}, false, true)
    return { failures }
  }

  async compact({ back }) {
    const { rows } = await this.server.query('SELECT hash FROM _electric_meta.migrations ORDER BY seq DESC OFFSET $1 LIMIT 1', [back])
    for (const { hash } of rows) await this.server.query(`CALL electric_schema.compact('${hash}')`)
    this.pruned = Number((await this.server.query('SELECT min(seq) - 1 AS seq FROM _electric_meta.migrations')).rows[0].seq)
    return {}
  }

  // A row's version: when the server's DML has last changed it, or moved it to another partition.
  bump(oid, before, after, all, compare) {
    const versions = this.versions.get(oid) ?? new Map()
    for (const key of versions.keys()) if (!(key in after)) versions.delete(key)
    for (const key of Object.keys(after)) {
      const changed = all || !(key in before) || (compare && JSON.stringify(before[key]) !== JSON.stringify(after[key]))
      if (changed) versions.set(key, ++this.clock)
    }
    this.versions.set(oid, versions)
  }

  async head() {
    const { rows } = await this.server.query('SELECT seq, hash FROM electric_schema.head()')
    return { seq: Number(rows[0].seq), hash: rows[0].hash }
  }

  async verify() {
    const { rows } = await this.server.query('SELECT electric_schema.verify() AS v')
    if (rows[0].v.ok !== true) throw new Violation('verify()', JSON.stringify(rows[0].v).slice(0, 600))
  }

  // ---- a client's rows ----

  async local({ client: name, sql }) {
    const client = await this.client(name)
    const before = await stateOf(client.db)
    const failures = await this.attempt(client.db, sql, true)
    const after = await stateOf(client.db)
    for (const table of after.tables) {
      const known = client.rows.get(this.oidOf(table.q))
      if (!known) continue
      for (const key of [...known.keys()]) {
        const [was, is] = [before.rows[table.oid]?.[key], after.rows[table.oid]?.[key]]
        if (!is) known.delete(key)
        else if (JSON.stringify(was) !== JSON.stringify(is)) known.set(key, -1)
      }
      // An update can move a row to another partition.
      const rows = Object.keys(after.rows[table.oid] ?? {})
      for (const key of rows) if (!isLocal(key) && !(key in (before.rows[table.oid] ?? {}))) known.set(key, -1)
    }
    return { failures }
  }

  /** By the name at head; a client that is behind keeps the mapping of the moment when it was at head. */
  oidOf(q) {
    return this.state.tables.find((t) => t.q === q)?.oid
  }

  async download({ client: name, seed, part }) {
    const client = await this.client(name)
    if (client.seq !== this.place.seq) return { refused: 'it is behind' }
    await this.fetch(client, this.state.tables.map((t) => t.q), [])
    if (part) {
      const r = random(seed)
      const deletes = this.state.tables.flatMap((t) =>
        Object.keys(this.state.rows[t.oid] ?? {}).filter(() => r.chance(0.35)).map((key) => `DELETE FROM ${t.q} WHERE ${t.cols[0].q}::text = '${key}'`),
      )
      await this.attempt(client.db, r.shuffle(deletes), true)
    }
    await this.attempt(client.db, this.state.sequences.filter((s) => s.inc > 0 && Number(s.max) > LOCAL * 2).map((s) => `SELECT setval('${s.q.replaceAll("'", "''")}', ${LOCAL + 1000})`), true)
    await this.remember(client, this.state.tables)
    return {}
  }

  // All rows of these tables, whatever they refer to: the order in which they come is the row stream's affair.
  async fetch(client, tables, keepLocal) {
    const wanted = this.state.tables.filter((t) => t.kind === 'r' && tables.includes(t.q))
    const kept = keepLocal.length > 0 ? await stateOf(client.db) : null
    await client.db.query("SET session_replication_role = 'replica'")
    const sql = wanted.map((t) => `DELETE FROM ONLY ${t.q}`)
    for (const t of wanted) sql.push(...copies(t, this.state.rows[t.oid] ?? {}))
    for (const t of kept?.tables.filter((k) => keepLocal.includes(k.q)) ?? []) {
      sql.push(...copies(t, Object.fromEntries(Object.entries(kept.rows[t.oid] ?? {}).filter(([key]) => isLocal(key)))))
    }
    const failures = await this.attempt(client.db, sql, true)
    await client.db.query('RESET session_replication_role')
    return failures.filter(Boolean)
  }

  // Which rows the client has from the server as they are there now.
  async remember(client, tables) {
    const state = await stateOf(client.db)
    for (const table of tables) {
      const mine = state.tables.find((t) => t.q === table.q)
      const known = new Map()
      for (const [key, row] of Object.entries(state.rows[mine?.oid] ?? {})) {
        if (isLocal(key)) continue
        const same = JSON.stringify(row) === JSON.stringify(this.state.rows[table.oid]?.[key])
        known.set(key, same ? this.versions.get(table.oid)?.get(key) : -1)
      }
      client.rows.set(table.oid, known)
    }
  }

  // A client's own rows that refer to what the server has no more: an application gives them up, or up with the reference.
  async giveUp(client) {
    const from = (t) => `${t.kind === 'p' ? '' : 'ONLY '}${t.q}`
    const name = (t, num) => t.cols.find((c) => c.num === num).q
    const sql = this.state.tables.flatMap((t) =>
      t.cons.filter((c) => c.type === 'f' && c.valid && !c.inherited).map(({ cols, ref, refcols }) => {
        const target = this.state.tables.find((o) => o.oid === ref)
        const given = cols.map((num) => `t.${name(t, num)} IS NOT NULL`).join(' AND ')
        const met = cols.map((num, i) => `o.${name(target, refcols[i])} = t.${name(t, num)}`).join(' AND ')
        return `DELETE FROM ${from(t)} t WHERE ${given} AND NOT EXISTS (SELECT FROM ${from(target)} o WHERE ${met})`
      }),
    )
    await client.db.query("SET session_replication_role = 'replica'")
    for (let left = 1; left > 0; ) {
      left = 0
      for (const one of sql) left += (await client.db.query(one)).rowCount
    }
    await client.db.query('RESET session_replication_role')
  }

  async attempt(db, statements, keep) {
    if (statements.length === 0) return []
    const { rows } = await db.query('SELECT pg_temp.oracle_try($1, $2) AS failures', [statements, keep])
    return rows[0].failures
  }

  // ---- the promises ----

  // `quiet` only follows the plan.
  async check({ client: name, seed, keep, fresh, quiet, squash = seed % 3 === 0, target = null, most = keep ? 80 : 45 }) {
    const client = await this.client(name)
    const from = fresh ? { hash: null, seq: null } : client
    const plan = await this.handshake(from, squash, target)
    if (plan.action === 'ready') return { action: 'ready', plan }
    if (plan.action === 'abort') throw new Violation('the server aborts', plan.reason)
    const statements = plan.transactions.flatMap((t) => t.statements)
    // What an enum gained cannot be used in the transaction that adds it, so such a plan cannot be undone.
    if (!keep && plan.transactions.length > 1 && statements.some((s) => /\bADD VALUE\b/.test(s))) return { action: 'skipped' }
    if (quiet) {
      if (!keep) return { action: 'skipped' }
      await this.follow(client, plan, keep)
      if (plan.action === 'reset') await this.finish(client, plan, keep, statements, quiet)
      await this.arrived(client, plan, await this.position(client, plan))
      return { action: plan.action }
    }
    this.described ??= await describeInside(this.server)

    const before = await stateOf(client.db)
    const list = plan.action === 'migrate' ? applications(random(seed), before, most, statements.join('\n')) : []
    let kept
    let place
    if (!keep) await client.db.query('BEGIN')
    try {
      const valid = await this.attempt(client.db, list, false)
      await this.follow(client, plan, keep)
      const differences = diff(this.described, await describeInside(client.db, !keep))
      const expectDelayed = plan.after_refetch.length > 0
      if (!expectDelayed && differences.length > 0) throw new Violation('the schemas differ', differences.slice(0, 6).join(' | '), [...differences.slice(0, 30), 'the plan:', ...statements])
      kept = await this.compareRows(client, plan, before, statements)
      if (list.length > 0) await this.compareValidity(client, list, valid, statements)
      if (plan.action !== 'bootstrap') this.compareClaims(client, plan, statements)
      if (plan.action !== 'bootstrap' && keep) this.compareFetch(plan)
      if (plan.after_refetch.length > 0 || plan.action === 'reset') await this.finish(client, plan, keep, statements)
      place = await this.position(client, plan)
      const { action } = await this.handshake(place, squash, target)
      if (action !== 'ready') throw new Violation('a second handshake', `${action} after ${plan.action}`)
    } finally {
      if (!keep) await client.db.query('ROLLBACK')
    }
    if (keep) await this.arrived(client, plan, place)
    return { action: plan.action, plan, statements: list.length, kept }
  }

  async handshake({ hash, seq }, squash = false, target = null) {
    try {
      return (await this.server.query('SELECT electric_schema.handshake($1, $2, $3, $4) AS plan', [hash, seq, squash, target])).rows[0].plan
    } catch (error) {
      throw new Violation('handshake() failed', error.message, [error.detail ?? ''])
    }
  }

  async follow(client, plan, keep) {
    for (const { statements, record } of plan.transactions) {
      const all = record ? [...statements, record] : statements
      if (keep) await client.db.query('BEGIN')
      for (const sql of all) {
        try {
          await client.db.query(sql)
        } catch (error) {
          if (keep) await client.db.query('ROLLBACK')
          throw new Violation(`the ${plan.action} plan does not run`, `${error.message} (${error.code})`, [`in: ${sql}`, error.detail ?? '', 'the plan:', ...all])
        }
      }
      if (!keep) continue
      try {
        await client.db.query('COMMIT')
      } catch (error) {
        throw new Violation(`the ${plan.action} plan does not commit`, `${error.message} (${error.code})`, all)
      }
    }
  }

  // Gives how many rows stayed.
  async compareRows(client, plan, before, statements) {
    if (plan.action === 'bootstrap') return 0
    const state = await stateOf(client.db)
    const lines = ['the plan:', ...statements]
    const named = (list) => new Set(this.state.tables.filter((t) => list.some((f) => f.schema === t.schema && f.table === t.name)).map((t) => t.oid))
    const [again, fetch] = [named(plan.refetch), named(plan.fetch)]
    const older = client.seq < (this.pruned ?? 0)
    let kept = compareKept({ from: client.state, to: this.state, before, after: state, again, older, lines })
    for (const table of this.state.tables) {
      if (table.kind === 'p' || fetch.has(table.oid)) continue
      const mine = state.tables.find((t) => t.q === table.q)
      const rows = state.rows[mine?.oid] ?? {}
      if (again.has(table.oid)) {
        if (Object.keys(rows).length > 0) throw new Violation('refetch', `${table.q} is to be downloaded again, but has rows`, lines)
        continue
      }
      const known = client.rows.get(table.oid) ?? new Map()
      for (const [key, version] of known) {
        if (!(key in rows)) throw new Violation('a row went', `row ${key} of ${table.q} is not on the client any more`, lines)
        kept++
        if (version < 0 || this.versions.get(table.oid)?.get(key) !== version) continue
        const [server, mine_] = [this.state.rows[table.oid][key], rows[key]]
        const at = server.findIndex((text, i) => text !== mine_[i])
        if (at >= 0) {
          throw new Violation('values differ', `${table.cols[at].type} after ${plan.action}`, [
            `row ${key} of ${table.q}, ${table.cols[at].q}: server ${server[at]}, client ${mine_[at]}`,
            ...lines,
          ]) // prettier-ignore
        }
      }
      for (const key of Object.keys(rows)) {
        if (!isLocal(key) && !known.has(key)) throw new Violation('a ghost row', `row ${key} of ${table.q} is of another table`, lines)
      }
    }
    return kept
  }

  // What the answer says beside its statements: what is to be downloaded, and what is lost.
  compareClaims(client, plan, statements) {
    const [from, to] = [client.seq, plan.head.seq]
    const since = [...this.ledger].filter(([seq]) => seq > from && seq <= to).map(([, entry]) => entry)
    const tables = this.ledger.get(to).tables
    const had = this.ledger.get(from)?.tables ?? new Map()
    const names = (ids) => new Set(ids.filter((id) => tables.has(id)).map((id) => tables.get(id)))
    const said = (list) => list.map(({ schema, table }) => `${schema}.${table}`)
    const bound = names(since.flatMap((entry) => [...entry.concerned]).filter((id) => had.has(id)))
    // What changed in entries that were pruned is not known table by table.
    const beyond = from < (this.pruned ?? 0) ? [] : said(plan.refetch).filter((name) => !bound.has(name))
    if (beyond.length > 0) {
      throw new Violation('refetch', `more than needs be: ${beyond.join(', ')}`, [`entries after ${from} concern the rows of ${[...bound].join(', ') || 'no table'}`, 'the plan:', ...statements])
    }
    const filled = [...names(since.flatMap((entry) => entry.filled))].sort().join(', ')
    const fetch = said(plan.fetch).sort().join(', ')
    if (filled !== fetch) throw new Violation('fetch', `it names ${fetch || 'nothing'}, and ${filled || 'nothing'} came with rows`, ['the plan:', ...statements])
  }

  async compareValidity(client, list, valid, statements) {
    const after = await this.attempt(client.db, list, false)
    for (const [i, sql] of list.entries()) {
      if (valid[i] === null && after[i] !== null) throw new Violation('a statement is not valid any more', after[i], [sql, 'the plan:', ...statements])
    }
  }

  compareFetch(plan) {
    for (const [schema, table] of this.filled ?? []) {
      if (!plan.fetch.some((f) => f.schema === schema && f.table === table)) throw new Violation('fetch', `${schema}.${table} came with rows, but the plan does not say so`)
    }
  }

  // The rows are back: what was put off can be done, and then the schemas are equal.
  async finish(client, plan, keep, statements, quiet) {
    const named = (list) => this.state.tables.filter((t) => list.some((f) => f.schema === t.schema && f.table === t.name)).map((t) => t.q)
    const again = named(plan.refetch)
    const missing = plan.refetch.length - again.length
    if (missing > 0) throw new Violation('refetch', 'it names a table that is not there')
    if (this.state.tables.some((t) => t.kind === 'p' && again.includes(t.q))) throw new Violation('refetch', 'it names a partitioned table, which holds no rows')
    if (again.length === 0 && plan.after_refetch.length === 0) return
    // Meanwhile the other tables have caught up, too.
    const rest = this.state.tables.map((t) => t.q).filter((q) => !again.includes(q))
    await this.fetch(client, this.state.tables.map((t) => t.q), rest)
    await this.giveUp(client)
    if (keep) await this.remember(client, this.state.tables)
    for (const sql of plan.after_refetch) {
      try {
        await client.db.query(sql)
      } catch (error) {
        throw new Violation('after_refetch does not run', `${error.message} (${error.code})`, [`in: ${sql}`, error.detail ?? '', 'the plan:', ...statements])
      }
    }
    const differences = quiet ? [] : diff(this.described, await describeInside(client.db, !keep))
    if (differences.length > 0) throw new Violation('the schemas differ', `after after_refetch: ${differences.slice(0, 6).join(' | ')}`, [...differences.slice(0, 30), 'the plan:', ...statements])
    if (keep) await client.db.query('DELETE FROM _electric_meta.pending')
  }

  async position(client, plan) {
    const { rows } = await client.db.query(
      `SELECT hash, seq FROM _electric_meta.applied a
       WHERE NOT EXISTS (SELECT FROM _electric_meta.applied child WHERE child.parent_hash = a.hash)`,
    )
    if (rows.length !== 1 || rows[0].hash !== plan.head.hash) throw new Violation('record', `${rows.length} newest rows after ${plan.action}`)
    return { hash: rows[0].hash, seq: Number(rows[0].seq) }
  }

  async arrived(client, plan, { hash, seq }) {
    Object.assign(client, { hash, seq, state: this.state })
    const gone = [...client.rows.keys()].filter((oid) => !this.state.tables.some((t) => t.oid === oid))
    for (const oid of gone) client.rows.delete(oid)
    if (plan.action === 'bootstrap') client.rows.clear()
    const fetched = this.state.tables.filter((t) => plan.fetch.some((f) => f.schema === t.schema && f.table === t.name))
    if (fetched.length > 0) {
      await this.fetch(client, fetched.map((t) => t.q), [])
      await this.remember(client, fetched)
    }
  }
}

// A routine that clients have once, they keep, needed or not. A row's expression that is older than an attribute of its type is printed with a
// bare NULL for that, which has a type when it is parsed again.
const untyped = (line) => line.replace(/(?<=ROW\(.*)\bNULL::[a-z ]+(?:\([\d,]+\))?(?=[,)])/g, 'NULL')
const diff = (server, client) => allDifferences(server.map(untyped), client.map(untyped)).filter((line) => !line.endsWith('(nothing needs it)'))

// Columns know what their values are made of.
async function stateOf(db) {
  const { state } = (await db.query('SELECT pg_temp.oracle_state() AS state')).rows[0]
  for (const table of state.tables) {
    for (const column of table.cols) if (column.range || column.composite) Object.assign(column, { ...shapeOf(state, column.type), labels: null })
  }
  return state
}

function withChildren(tables, state) {
  const all = new Set(tables)
  for (const table of all) for (const child of state.tables) if (child.parents.includes(table.oid)) all.add(child)
  return [...all]
}

// A child that accepts what its parent refuses: newer versions do not have that, so clients don't get the table. Or an index, a generated
// column by a function that is not immutable any more: nobody can make it again, pg_restore as little as a client.
const undistributed = `
  SELECT min(found) AS found FROM (
    SELECT format('column %I of %s', a.attname, i.inhrelid::regclass)
    FROM pg_catalog.pg_inherits i
    JOIN pg_catalog.pg_attribute theirs ON theirs.attrelid = i.inhparent AND theirs.attnum > 0 AND theirs.attnotnull
    JOIN pg_catalog.pg_attribute a ON a.attrelid = i.inhrelid AND a.attname = theirs.attname AND NOT a.attisdropped
    JOIN pg_catalog.pg_class c ON c.oid = i.inhrelid AND c.relkind IN ('r', 'p')
    WHERE NOT a.attnotnull
    UNION ALL
    SELECT format('what calls %s', p.oid::regprocedure)
    FROM pg_catalog.pg_proc p
    JOIN pg_catalog.pg_depend d ON d.refclassid = 'pg_catalog.pg_proc'::regclass AND d.refobjid = p.oid
    LEFT JOIN pg_catalog.pg_attrdef e ON d.classid = 'pg_catalog.pg_attrdef'::regclass AND e.oid = d.objid
    LEFT JOIN pg_catalog.pg_attribute a ON a.attrelid = e.adrelid AND a.attnum = e.adnum
    WHERE p.oid >= 16384 AND p.provolatile <> 'i' AND (d.classid = 'pg_catalog.pg_class'::regclass OR a.attgenerated = 's')
  ) odd (found)`

// The comparator pins settings by a transaction of its own; where one is open already, by a savepoint.
function describeInside(db, open = false) {
  const fit = (sql) => sql.replace(/^\s*BEGIN;/, 'SAVEPOINT described;').replace(/COMMIT\s*$/, 'ROLLBACK TO SAVEPOINT described')
  return describe((sql) => db.query(open ? fit(sql) : sql))
}
