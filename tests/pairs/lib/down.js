// The way back: what undoes a transaction of DDL some entries later, as a down migration does it.
//
// From the server's state before and after, so that it holds for whatever made the difference; by OIDs and attribute numbers where the catalogs
// have them, so that it finds what has been renamed meanwhile. What cannot be undone (an enum's new label, another body of a routine) is left.

import { ident, literal } from '../../oracle/lib/values.js'

/** Gives `(state) => statements`, or null where something that they need is gone; undefined when there is nothing to undo. */
export function down(before, after) {
  const steps = schemas(before, after) ?? [...code(before, after), ...parts(before, after), ...tables(before, after), ...types(before, after)]
  if (steps.length === 0) return undefined
  return (state) => {
    const statements = steps.map((step) => step(state))
    return statements.includes(null) ? null : statements.flat()
  }
}

const came = (before, after, same) => after.filter((one) => !before.some((other) => same(one, other)))
const byOid = (a, b) => a.oid === b.oid
const byName = (a, b) => a.q === b.q
const pairs = (before, after) => before.flatMap((was) => after.filter((is) => is.oid === was.oid).map((is) => [was, is]))
const drop = (kind, q, list) => (state) => (list(state).some((one) => one.q === q) ? `DROP ${kind} ${q}` : null)
const qualified = (schema, name) => `${ident(schema)}.${ident(name)}`

function tables(before, after) {
  const steps = []
  for (const { oid } of came(before.tables, after.tables, byOid)) steps.push((state) => on(state, oid, (t) => `DROP TABLE ${t.q} CASCADE`))
  for (const [was, is] of pairs(before.tables, after.tables)) {
    if (was.name !== is.name) steps.push((state) => on(state, was.oid, (t) => `ALTER TABLE ${t.q} RENAME TO ${ident(was.name)}`))
    if (was.schema !== is.schema) steps.push((state) => on(state, was.oid, (t) => (state.schemas.includes(was.schema) ? `ALTER TABLE ${qualified(t.schema, was.name)} SET SCHEMA ${ident(was.schema)}` : null)))
    if (was.unlogged !== is.unlogged) steps.push((state) => on(state, was.oid, (t) => `ALTER TABLE ${t.q} SET ${was.unlogged ? 'UNLOGGED' : 'LOGGED'}`))
  }
  // Made again under its name; empty, as a table is that somebody dropped.
  for (const was of came(after.tables, before.tables, byOid)) {
    if (was.kind === 'p' || was.bound !== null || was.parents.length > 0 || was.children > 0 || was.of || was.cols.some((c) => c.def?.includes('nextval'))) continue
    const constraints = was.cons.filter((c) => c.type !== 'f').map((c) => `CONSTRAINT ${c.q} ${c.def}`)
    steps.push(() => `CREATE TABLE ${was.q} (${[...was.cols.map(columnOf), ...constraints].join(', ')})`)
  }
  return steps
}

const on = (state, oid, make) => {
  const table = state.tables.find((t) => t.oid === oid)
  return table ? make(table) : null
}
const onColumn = (state, oid, num, make) => on(state, oid, (t) => {
  const column = t.cols.find((c) => c.num === num)
  return column ? make(t, column) : null
}) // prettier-ignore

const columnOf = (c) =>
  [c.q, c.type, c.gen ? `GENERATED ALWAYS AS (${c.def}) STORED` : c.def && `DEFAULT ${c.def}`, c.id && `GENERATED ${c.id === 'a' ? 'ALWAYS' : 'BY DEFAULT'} AS IDENTITY`, c.nn && 'NOT NULL'].filter(Boolean).join(' ')

// Columns, constraints and indexes of tables that stay. What a child has from its parent, it gets back with it.
function parts(before, after) {
  const steps = []
  for (const [was, is] of pairs(before.tables, after.tables).filter(([t]) => t.parents.length === 0)) {
    const { oid } = was
    for (const { n } of came(was.idx, is.idx, (a, b) => a.n === b.n)) {
      const index = (t) => t.idx.find((i) => i.n === n)
      steps.push((state) => on(state, oid, (t) => (index(t) ? `DROP INDEX ${qualified(t.schema, n)}` : null)))
    }
    const others = (constraint) => (other) => other.def === constraint.def
    const gone = came(is.cons, was.cons, (a, b) => a.n === b.n)
    const fresh = came(was.cons, is.cons, (a, b) => a.n === b.n)
    const has = (t, { n }) => t.cons.some((c) => c.n === n)
    for (const one of fresh) {
      const former = gone.find(others(one))
      steps.push((state) => on(state, oid, (t) => (has(t, one) ? `ALTER TABLE ${t.q} ${former ? `RENAME CONSTRAINT ${one.q} TO ${former.q}` : `DROP CONSTRAINT ${one.q}`}` : null)))
    }
    for (const column of came(was.cols, is.cols, (a, b) => a.num === b.num)) steps.push((state) => onColumn(state, oid, column.num, (t, c) => `ALTER TABLE ${t.q} DROP COLUMN ${c.q}`))
    for (const column of was.cols) {
      const now = is.cols.find((c) => c.num === column.num)
      const alter = (make) => steps.push((state) => onColumn(state, oid, column.num, (t, c) => `ALTER TABLE ${t.q} ${make(c)}`))
      if (!now) {
        steps.push((state) => on(state, oid, (t) => `ALTER TABLE ${t.q} ADD COLUMN ${columnOf(column)}`))
        continue
      }
      if (now.n !== column.n) alter((c) => `RENAME COLUMN ${c.q} TO ${column.q}`)
      const name = now.n === column.n ? (c) => c.q : () => column.q
      if (now.type !== column.type && !renamedType(after, now)) alter((c) => `ALTER COLUMN ${name(c)} TYPE ${column.type}`)
      if (now.def !== column.def && !now.gen && !column.gen) alter((c) => `ALTER COLUMN ${name(c)} ${column.def === null ? 'DROP DEFAULT' : `SET DEFAULT ${column.def}`}`)
      if (now.nn !== column.nn) alter((c) => `ALTER COLUMN ${name(c)} ${column.nn ? 'SET' : 'DROP'} NOT NULL`)
    }
    for (const constraint of gone.filter((c) => !fresh.some(others(c)))) steps.push((state) => on(state, oid, (t) => `ALTER TABLE ${t.q} ADD CONSTRAINT ${constraint.q} ${constraint.def}`))
  }
  return steps
}

// Then it is the type that goes back, and not the column.
const renamedType = (state, column) => column.labels || column.attrs || column.base || column.range ? true : state.ranges.some((t) => t.names.includes(column.type))

function code(before, after) {
  const steps = []
  const kind = (view) => (view.mat ? 'MATERIALIZED VIEW' : 'VIEW')
  const fresh = came(before.views, after.views, byName)
  const gone = came(after.views, before.views, byName)
  for (const view of fresh) {
    const former = gone.find((v) => v.mat === view.mat && v.def === view.def && v.schema === view.schema)
    if (former) steps.push((state) => (state.views.some((v) => v.q === view.q) ? `ALTER ${kind(view)} ${view.q} RENAME TO ${ident(former.n)}` : null))
    else steps.push(drop(kind(view), view.q, (state) => state.views))
  }
  for (const view of gone.filter((v) => !fresh.some((f) => f.mat === v.mat && f.def === v.def && f.schema === v.schema))) {
    steps.push(() => `CREATE ${kind(view)} ${view.q}${view.mat || !view.options ? '' : ` WITH (${view.options})`} AS ${view.def.replace(/;\s*$/, '')}`)
  }
  for (const routine of came(before.routines, after.routines, (a, b) => a.q === b.q && a.args === b.args)) {
    steps.push((state) => (state.routines.some((r) => r.q === routine.q && r.args === routine.args) ? `DROP ${routine.kind === 'p' ? 'PROCEDURE' : 'FUNCTION'} ${routine.q}(${routine.args})` : null))
  }
  return steps
}

function types(before, after) {
  const steps = []
  for (const { q } of came(before.sequences, after.sequences, byOid).filter((s) => !s.owned)) steps.push(drop('SEQUENCE', q, (state) => state.sequences))
  for (const is of came(before.domains, after.domains, byName)) {
    const was = came(after.domains, before.domains, byName).find((d) => d.base === is.base && d.schema === is.schema)
    steps.push(was ? rename('DOMAIN', is, was, 'domains') : drop('DOMAIN', is.q, (state) => state.domains))
  }
  for (const was of before.domains) {
    const is = after.domains.find((d) => d.q === was.q)
    const alter = (sql) => steps.push((state) => (state.domains.some((d) => d.q === was.q) ? `ALTER DOMAIN ${was.q} ${sql}` : null))
    if (is && is.def !== was.def) alter(was.def === null ? 'DROP DEFAULT' : `SET DEFAULT ${was.def}`)
    if (is && is.nn !== was.nn) alter(`${was.nn ? 'SET' : 'DROP'} NOT NULL`)
    for (const constraint of is ? came(was.cons, is.cons, byName) : []) alter(`DROP CONSTRAINT ${constraint.q}`)
  }
  for (const is of came(before.composites, after.composites, byName)) {
    const was = came(after.composites, before.composites, byName).find((c) => JSON.stringify(c.attrs) === JSON.stringify(is.attrs) && c.schema === is.schema)
    steps.push(was ? rename('TYPE', is, was, 'composites') : drop('TYPE', is.q, (state) => state.composites))
  }
  for (const was of before.composites) {
    const is = after.composites.find((c) => c.q === was.q)
    for (const attribute of is && is.attrs.length > was.attrs.length ? came(was.attrs, is.attrs, (a, b) => a.n === b.n) : []) {
      steps.push((state) => (state.composites.find((c) => c.q === was.q)?.attrs.some((a) => a.n === attribute.n) ? `ALTER TYPE ${was.q} DROP ATTRIBUTE ${attribute.q} CASCADE` : null))
    }
  }
  for (const { q } of came(before.ranges, after.ranges, byName)) steps.push(drop('TYPE', q, (state) => state.ranges))
  const fresh = came(before.enums, after.enums, byName)
  for (const is of fresh) {
    const was = came(after.enums, before.enums, byName).find((e) => JSON.stringify(e.labels) === JSON.stringify(is.labels) && e.schema === is.schema)
    steps.push(was ? rename('TYPE', is, was, 'enums') : drop('TYPE', is.q, (state) => state.enums))
  }
  for (const was of before.enums) {
    const is = after.enums.find((e) => e.q === was.q)
    if (is?.labels.length !== was.labels.length) continue
    const moved = was.labels.map((label, i) => [is.labels[i], label]).filter(([a, b]) => a !== b)
    // Two that were swapped are swapped back by way of a name aside.
    const renames = [...moved.map(([a], i) => [a, `aside${i}`]), ...moved.map(([, b], i) => [`aside${i}`, b])]
    const there = (state) => state.enums.find((e) => e.q === was.q)
    if (moved.length > 0) steps.push((state) => (moved.every(([a]) => there(state)?.labels.includes(a)) ? renames.map(([a, b]) => `ALTER TYPE ${was.q} RENAME VALUE ${literal(a)} TO ${literal(b)}`) : null))
  }
  return steps
}

const rename = (kind, is, was, list) => (state) => (state[list].some((one) => one.q === is.q) ? `ALTER ${kind} ${is.q} RENAME TO ${ident(was.n)}` : null)

// A schema that is called otherwise takes all that is in it along.
function schemas(before, after) {
  const same = (a, b) => a === b
  const [fresh, gone] = [came(before.schemas, after.schemas, same), came(after.schemas, before.schemas, same)]
  if (fresh.length !== 1) return null
  const sql = gone.length === 1 ? `ALTER SCHEMA ${ident(fresh[0])} RENAME TO ${ident(gone[0])}` : `DROP SCHEMA ${ident(fresh[0])}`
  return [(state) => (state.schemas.includes(fresh[0]) ? sql : null)]
}
