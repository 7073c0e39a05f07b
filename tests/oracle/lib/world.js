import { readFileSync } from 'node:fs'
import { describe, diff as allDifferences } from '../../e2e/lib/catalog.js'
import { connect } from '../../e2e/lib/cluster.js'
import { applications, copies, isLocal, LOCAL } from './rows.js'
import { shapeOf } from './values.js'
import { random } from './random.js'

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

/** What the oracle found. `kind` says which promise was broken. */
export class Violation extends Error {
  constructor(kind, message, lines = []) {
    super(`${kind}: ${message}`)
    Object.assign(this, { kind, lines })
  }

  /** The same mistake in another schema has the same signature. */
  get signature() {
    const message = this.kind === 'the schemas differ' ? this.message.replace(/([-+!] \w+) [^|]*/g, '$1 ') : this.message
    return message.replace(/"[^"]*"|'[^']*'|\b\w*\d\w*\b/g, '…').slice(0, 120)
  }
}

/**
 * A server and its clients. All that happens in it is an operation, a plain value, so that it can be done again:
 *   { op: 'ddl', sql, expect, dirty, filled }    one transaction on the server
 *   { op: 'dml', sql }                           rows on the server; statements that it refuses don't count
 *   { op: 'local', client, sql }                 rows of a client's own
 *   { op: 'download', client, seed, part }       the server's rows, or a part of them, in place of the client's own
 *   { op: 'compact', back }                      old entries are pruned, all but the newest `back` and one
 *   { op: 'check', client, seed, keep, fresh }   the handshake, and everything that it promises; undone unless `keep`
 */
export class World {
  static async create(admin, name) {
    const world = new World()
    Object.assign(world, { admin, name, databases: [], clients: new Map(), versions: new Map(), clock: 0, kinds: {} })
    world.server = await world.database('server', TEMPLATE)
    world.described = null
    await world.refresh()
    return world
  }

  async database(suffix, template) {
    const database = `oracle_${this.name}_${suffix}`
    await this.admin.query(`DROP DATABASE IF EXISTS "${database}" WITH (FORCE)`)
    await this.admin.query(`CREATE DATABASE "${database}" TEMPLATE ${template}`)
    this.databases.push(database)
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

  async client(name) {
    if (!this.clients.has(name)) {
      const db = await this.database(name, 'template0')
      this.clients.set(name, { name, db, hash: null, seq: null, rows: new Map() })
    }
    return this.clients.get(name)
  }

  run(operation) {
    return this[operation.op](operation)
  }

  // ---- the server ----

  async ddl({ sql, expect, dirty = [], filled, kind }) {
    const before = this.state
    const head = await this.head()
    try {
      await this.server.query(['BEGIN', ...sql].join(';\n'))
    } catch (error) {
      await this.server.query('ROLLBACK')
      if (/^XX/.test(error.code)) throw new Violation('the extension failed', `${error.message} in ${sql.join('; ')}`, [error.detail ?? ''])
      return { refused: error.message }
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
      return { refused: error.message }
    }
    this.described = null
    await this.refresh()
    // Rows that the transaction wrote itself were changed by the server: what clients hold of them is old.
    const touched = new Set(withChildren(before.tables.filter((t) => dirty.includes(t.q)), before).map((t) => t.oid))
    for (const table of this.state.tables) this.bump(table.oid, before.rows[table.oid] ?? {}, this.state.rows[table.oid] ?? {}, touched.has(table.oid), false)
    const after = await this.head()
    if (after.seq > head.seq + 1) throw new Violation('entries', `one transaction made ${after.seq - head.seq} entries`)
    if (after.seq === head.seq) return { refused: 'no entry' }
    const { rows } = await this.server.query('SELECT class, changes, statements FROM _electric_meta.migrations WHERE seq = $1', [after.seq])
    const [entry] = rows
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
    if (client.seq !== (await this.head()).seq) return { refused: 'it is behind' }
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

  async attempt(db, statements, keep) {
    if (statements.length === 0) return []
    const { rows } = await db.query('SELECT pg_temp.oracle_try($1, $2) AS failures', [statements, keep])
    return rows[0].failures
  }

  // ---- the promises ----

  // `quiet` only follows the plan.
  async check({ client: name, seed, keep, fresh, quiet }) {
    const client = await this.client(name)
    const plan = await this.handshake(fresh ? null : client.hash, fresh ? null : client.seq, seed % 3 === 0)
    if (plan.action === 'ready') return { action: 'ready' }
    if (plan.action === 'abort') throw new Violation('the server aborts', plan.reason)
    const statements = plan.transactions.flatMap((t) => t.statements)
    // What an enum gained cannot be used in the transaction that adds it, so such a plan cannot be undone.
    if (!keep && plan.transactions.length > 1 && statements.some((s) => /\bADD VALUE\b/.test(s))) return { action: 'skipped' }
    if (quiet) {
      if (!keep) return { action: 'skipped' }
      await this.follow(client, plan, keep)
      if (plan.action === 'reset') await this.finish(client, plan, keep, statements, quiet)
      await this.arrived(client, plan)
      return { action: plan.action }
    }
    this.described ??= await describeInside(this.server)

    const before = await stateOf(client.db)
    const list = plan.action === 'migrate' ? applications(random(seed), before, keep ? 80 : 45, statements.join('\n')) : []
    if (!keep) await client.db.query('BEGIN')
    try {
      const valid = await this.attempt(client.db, list, false)
      await this.follow(client, plan, keep)
      const differences = diff(this.described, await describeInside(client.db, !keep))
      const expectDelayed = plan.after_refetch.length > 0
      if (!expectDelayed && differences.length > 0) throw new Violation('the schemas differ', differences.slice(0, 6).join(' | '), [...differences.slice(0, 30), 'the plan:', ...statements])
      await this.compareRows(client, plan, statements)
      if (list.length > 0) await this.compareValidity(client, list, valid, statements)
      if (plan.action === 'migrate' && keep) this.compareFetch(plan)
      if (plan.after_refetch.length > 0 || plan.action === 'reset') await this.finish(client, plan, keep, statements)
    } finally {
      if (!keep) await client.db.query('ROLLBACK')
    }
    if (keep) await this.arrived(client, plan)
    return { action: plan.action, statements: list.length }
  }

  async handshake(hash, seq, squash) {
    try {
      return (await this.server.query('SELECT electric_schema.handshake($1, $2, $3) AS plan', [hash, seq, squash])).rows[0].plan
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

  async compareRows(client, plan, statements) {
    const state = await stateOf(client.db)
    const again = new Set([...plan.refetch, ...plan.fetch].map(({ schema, table }) => `${schema}.${table}`))
    for (const table of this.state.tables) {
      if (plan.action === 'bootstrap' || table.kind === 'p' || again.has(`${table.schema}.${table.name}`)) continue
      const mine = state.tables.find((t) => t.q === table.q)
      const known = client.rows.get(table.oid) ?? new Map()
      const rows = state.rows[mine?.oid] ?? {}
      for (const [key, version] of known) {
        if (!(key in rows)) throw new Violation('a row went', `row ${key} of ${table.q} is not on the client any more`, ['the plan:', ...statements])
        if (version < 0 || this.versions.get(table.oid)?.get(key) !== version) continue
        const [server, mine_] = [this.state.rows[table.oid][key], rows[key]]
        if (!mine_) continue
        const at = server.findIndex((text, i) => text !== mine_[i])
        if (at >= 0) {
          throw new Violation('values differ', `${table.cols[at].type} after ${plan.action}`, [
            `row ${key} of ${table.q}, ${table.cols[at].q}: server ${server[at]}, client ${mine_[at]}`,
            'the plan:', ...statements,
          ]) // prettier-ignore
        }
      }
      for (const key of Object.keys(rows)) {
        if (!isLocal(key) && !known.has(key)) throw new Violation('a ghost row', `row ${key} of ${table.q} is of another table`, ['the plan:', ...statements])
      }
    }
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
    const rest = this.state.tables.map((t) => t.q).filter((q) => !again.includes(q))
    const skipped = await this.fetch(client, this.state.tables.map((t) => t.q), rest)
    // A row that violates a NOT VALID constraint cannot be inserted anew, and what refers to it can't stand without it.
    if (skipped.length > 0) {
      await client.db.query("SET session_replication_role = 'replica'")
      for (const { q } of this.state.tables) await client.db.query(`DELETE FROM ONLY ${q}`)
      await client.db.query('RESET session_replication_role')
    }
    if (keep) await this.remember(client, this.state.tables)
    for (const sql of plan.after_refetch) {
      try {
        await this.afterRefetch(client, sql, rest, keep)
      } catch (error) {
        throw new Violation('after_refetch does not run', `${error.message} (${error.code})`, [`in: ${sql}`, error.detail ?? '', 'the plan:', ...statements])
      }
    }
    const differences = quiet ? [] : diff(this.described, await describeInside(client.db, !keep))
    if (differences.length > 0) throw new Violation('the schemas differ', `after after_refetch: ${differences.slice(0, 6).join(' | ')}`, [...differences.slice(0, 30), 'the plan:', ...statements])
    if (keep) await client.db.query('DELETE FROM _electric_meta.pending')
  }

  // Rows of the client's own can refer to rows that are gone: those of a table that was made again, or on the server. What is to become of them
  // is for the application to say; here they go.
  async afterRefetch(client, sql, kept, keep) {
    if (!keep) await client.db.query('SAVEPOINT after_refetch')
    try {
      await client.db.query(sql)
    } catch (error) {
      if (error.code !== '23503') throw error
      if (!keep) await client.db.query('ROLLBACK TO SAVEPOINT after_refetch')
      const state = await stateOf(client.db)
      await client.db.query("SET session_replication_role = 'replica'")
      for (const table of state.tables.filter((t) => kept.includes(t.q))) {
        for (const key of Object.keys(state.rows[table.oid] ?? {}).filter(isLocal)) {
          await client.db.query(`DELETE FROM ONLY ${table.q} WHERE ${table.cols[0].q}::text = '${key}'`)
        }
      }
      await client.db.query('RESET session_replication_role')
      await client.db.query(sql)
    }
  }

  async arrived(client, plan) {
    const { rows } = await client.db.query(
      `SELECT hash, seq FROM _electric_meta.applied a
       WHERE NOT EXISTS (SELECT FROM _electric_meta.applied child WHERE child.parent_hash = a.hash)`,
    )
    if (rows.length !== 1 || rows[0].hash !== plan.head.hash) throw new Violation('record', `${rows.length} newest rows after ${plan.action}`)
    Object.assign(client, { hash: rows[0].hash, seq: Number(rows[0].seq) })
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
