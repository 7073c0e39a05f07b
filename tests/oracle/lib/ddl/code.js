// Functions where they are called, views, materialized views.

import { ident } from '../values.js'
import { addColumn, alter, isInteger, isText, over, plain, predicate, qualify, setType } from './make.js'

const routineNames = ['calc', 'Tidy up', 'lower', 'fits', 'calc']
const viewNames = ['overview', 'Recent', 'line view', 'totals']

// [arguments, result, bodies]; some fail on some values.
const shapes = [
  ['integer', 'integer', ['SELECT $1 + 1', 'SELECT 100 / $1', 'SELECT abs($1)', 'SELECT $1']],
  ['integer', 'boolean', ['SELECT $1 > 3', 'SELECT $1 IS NULL OR $1 >= 0', 'SELECT 7 / $1 > 0']],
  ['text', 'text', ['SELECT pg_catalog.lower($1)', "SELECT $1 || 'x'", 'SELECT pg_catalog.upper($1)']],
  ['text', 'boolean', ["SELECT $1 <> 'b'", 'SELECT pg_catalog.length($1) > 0']],
  ['text', 'integer', ['SELECT pg_catalog.length($1)', 'SELECT $1::integer']],
  ['', 'integer', ['SELECT 7', 'SELECT 1 / 1', 'SELECT 5']],
  ['', 'text', ["SELECT 'a'::text", "SELECT 'far too long for some'::text"]],
  ['bigint', 'bigint', ['SELECT $1 * 2', 'SELECT $1']],
]

const raising = (result, body) => `LANGUAGE plpgsql AS $f$ BEGIN IF (${body.slice('SELECT '.length)}) IS NULL THEN RAISE EXCEPTION 'nothing'; END IF; RETURN (${body.slice('SELECT '.length)}); END $f$`

/** What follows the name and the arguments. */
function definition(m, [, result, bodies], readable = false) {
  const { r } = m
  let body = r.pick(bodies)
  // Some read tables, and are not immutable then.
  const table = readable && result === 'integer' && m.table()
  if (table) body = `SELECT (SELECT 100 / count(*)::integer FROM ${table.q})`
  const volatility = table ? r.pick(['STABLE', 'VOLATILE']) : r.pick(['IMMUTABLE', 'IMMUTABLE', 'IMMUTABLE STRICT', 'STABLE', 'VOLATILE'])
  const text = r.pick([0, 0, 1, 2])
  if (text === 1) return `RETURNS ${result} ${volatility} ${raising(result, body)}`
  if (text === 2 && !table) return `RETURNS ${result} ${volatility} BEGIN ATOMIC ${body}; END`
  return `RETURNS ${result} ${volatility} LANGUAGE sql AS $f$ ${body} $f$`
}

function newRoutine(m, shape = m.r.pick(shapes)) {
  const schema = m.schema()
  const q = qualify(schema, m.r.pick(routineNames))
  return { q, sql: `CREATE FUNCTION ${q}(${shape[0]}) ${definition(m, shape, shape[0] === '' && m.r.chance(0.4))}` }
}

// A function that is there, or a new one in the same transaction: [statements, name].
function routineOf(m, types, result) {
  const known = m.r.chance(0.6) && m.routine((f) => f.kind === 'f' && f.types.join() === types && f.result === result)
  if (known) return [[], known.q]
  const shape = shapes.find(([a, b]) => a === types && b === result)
  if (!shape) return [[], null]
  const made = newRoutine(m, shape)
  return [[made.sql], made.q]
}

// ---- views ----

function select(m, table, { extra = true } = {}) {
  const { r } = m
  const [key, ...rest] = table.cols
  const columns = [key, ...rest.filter(() => r.chance(0.6))]
  const list = columns.map((c) => `t.${c.q}`)
  const under = (c) => ({ ...c, q: `t.${c.q}` })
  if (extra && rest.length > 0 && r.chance(0.3)) {
    const expression = over(m, under(r.pick(rest)))?.[0]
    if (expression) list.push(`${expression} AS computed`)
  }
  const where = rest.length > 0 && r.chance(0.4) ? ` WHERE ${condition(m, under(r.pick(rest)))}` : ''
  return `SELECT ${list.join(', ')} FROM ${table.q} AS t${where}`
}

const condition = (m, column) => (isInteger(column.type) && m.r.chance(0.3) ? `(100 / ${column.q}) > 1` : predicate(m, column))

function joined(m, table) {
  const other = m.table()
  return `SELECT t.${table.cols[0].q} AS one, o.${other.cols[0].q} AS two, count(*) AS n FROM ${table.q} t LEFT JOIN ${other.q} o ON o.${other.cols[0].q}::text = t.${table.cols[0].q}::text GROUP BY 1, 2`
}

function query(m) {
  const view = m.r.chance(0.25) && m.view((v) => v.cols.length > 0)
  const from = view || m.table()
  if (!from) return null
  return !view && m.r.chance(0.2) ? joined(m, from) : select(m, from)
}

const kindOf = (view) => (view.mat ? 'MATERIALIZED VIEW' : 'VIEW')
const ordinary = (v) => !v.mat
const listed = (view, list = view.cols) => list.map((c) => `o.${c.q}`).join(', ')
const body = (view) => view.def.replace(/;\s*$/, '')
const short = (v) => v.def.length < 700
const options = (r) => r.pick(['', '', '', ' WITH (security_barrier = true)', ' WITH (security_invoker = on)'])

export const code = {
  create_function(m) {
    return m.state.routines.length >= 5 ? null : { sql: newRoutine(m).sql }
  },
  replace_function(m) {
    const routine = m.routine((f) => f.kind === 'f')
    const shape = routine && shapes.find(([a, b]) => a === routine.types.join() && b === routine.result)
    return shape && { sql: `CREATE OR REPLACE FUNCTION ${routine.q}(${shape[0]}) ${definition(m, shape)}` }
  },
  alter_function(m) {
    const routine = m.routine((f) => f.kind === 'f')
    return routine && { sql: `ALTER FUNCTION ${routine.q}(${routine.args}) ${m.r.pick(['IMMUTABLE', 'STABLE', 'VOLATILE', 'STRICT', 'COST 50', 'SET search_path TO public', "SET statement_timeout TO '5s'"])}` }
  },
  rename_function(m) {
    const routine = m.routine()
    return routine && { sql: `ALTER FUNCTION ${routine.q}(${routine.args}) RENAME TO ${ident(m.r.pick([...routineNames, `f${m.r.below(99)}`]))}` }
  },
  move_function(m) {
    const routine = m.routine()
    const schema = routine && m.state.schemas.find((s) => s !== routine.schema)
    return schema && { sql: `ALTER FUNCTION ${routine.q}(${routine.args}) SET SCHEMA ${ident(schema)}` }
  },
  drop_function(m) {
    const routine = m.routine()
    return routine && { sql: `DROP FUNCTION ${routine.q}(${routine.args}) CASCADE` }
  },
  recreate_function(m) {
    const routine = m.routine((f) => f.kind === 'f')
    const shape = routine && shapes.find(([a, b]) => a === routine.types.join() && b === routine.result)
    return shape && { sql: [`DROP FUNCTION ${routine.q}(${routine.args}) CASCADE`, `CREATE FUNCTION ${routine.q}(${shape[0]}) ${definition(m, shape)}`] }
  },
  function_default(m) {
    const [table, column] = m.column((c) => plain(c) && (c.type === 'integer' || isText(c.type)))
    if (!table) return null
    const [made, q] = routineOf(m, '', column.type === 'integer' ? 'integer' : 'text')
    return q && { sql: [...made, `${alter(table)} ALTER COLUMN ${column.q} SET DEFAULT ${q}()`] }
  },
  add_column_function_default(m) {
    const type = m.r.pick(['integer', 'text'])
    const [made, q] = routineOf(m, '', type)
    const added = q && addColumn(m, () => [`${type}${m.r.pick(['', ' NOT NULL'])} DEFAULT ${q}()`])
    return added && { ...added, sql: [...made, ...added.sql] }
  },
  function_check(m) {
    const [table, column] = m.column((c) => c.type === 'integer' || c.type === 'text')
    const [made, q] = table ? routineOf(m, column.type, 'boolean') : []
    return q && { sql: [...made, `${alter(table)} ADD CHECK (${q}(${column.q}))${m.r.chance(0.4) ? ' NOT VALID' : ''}`], expect: 'destructive' }
  },
  function_index(m) {
    const [table, column] = m.column((c) => c.type === 'integer' || c.type === 'text')
    const [made, q] = table ? routineOf(m, column.type, column.type) : []
    return q && { sql: [...made, `CREATE INDEX ON ${table.q} (${q}(${column.q}))`] }
  },
  function_generated(m) {
    const [table, column] = m.column((c) => (c.type === 'integer' || c.type === 'text') && !c.gen)
    const [made, q] = table && table.cols.length < 9 ? routineOf(m, column.type, column.type) : []
    return q && { sql: [...made, `${alter(table)} ADD COLUMN ${ident(m.newColumn(table))} ${column.type} GENERATED ALWAYS AS (${q}(${column.q})) STORED`], expect: 'destructive' }
  },
  function_domain(m) {
    const domain = m.domain((d) => d.base === 'integer' || d.base === 'text')
    const [made, q] = domain ? routineOf(m, domain.base, 'boolean') : []
    return q && { sql: [...made, `ALTER DOMAIN ${domain.q} ADD CONSTRAINT f${m.r.below(99)} CHECK (${q}(VALUE))`], expect: 'destructive' }
  },
  function_view(m) {
    const [table, column] = m.column((c) => c.type === 'integer' || c.type === 'text')
    const [made, q] = table && m.state.views.length < 5 ? routineOf(m, column.type, m.r.pick(['boolean', column.type])) : []
    const schema = m.schema()
    return q && { sql: [...made, `CREATE VIEW ${qualify(schema, m.fresh(schema, viewNames))} AS SELECT t.${table.cols[0].q}, ${q}(t.${column.q}) AS made FROM ${table.q} t`], expect: undefined }
  },

  create_view(m) {
    const text = m.state.views.length < 5 && query(m)
    const schema = m.schema()
    return text && { sql: `CREATE VIEW ${qualify(schema, m.fresh(schema, viewNames))}${options(m.r)} AS ${text}`, expect: 'additive' }
  },
  append_to_view(m) {
    const view = m.view((v) => ordinary(v) && short(v))
    if (!view || view.cols.some((c) => c.n === 'extra')) return null
    // Printed so that the outermost FROM begins a line at three spaces.
    const at = view.def.indexOf('\n   FROM ')
    return at > 0 && { sql: `CREATE OR REPLACE VIEW ${view.q}${view.options ? ` WITH (${view.options})` : ''} AS ${body(view).slice(0, at)}, ${m.r.pick(["'x'::text", '1', 'NULL::date'])} AS extra${body(view).slice(at)}`, expect: /^ WITH /.test(view.def) ? undefined : 'additive' }
  },
  append_expression_to_view(m) {
    const view = m.view((v) => ordinary(v) && short(v))
    const column = view && m.r.pick(view.cols)
    const expression = column && over(m, { ...column, q: `o.${column.q}` })?.[0]
    return expression && { sql: `CREATE OR REPLACE VIEW ${view.q} AS SELECT ${listed(view)}, ${expression} AS more${m.r.below(99)} FROM (${body(view)}) o` }
  },
  filter_view(m) {
    const view = m.view((v) => ordinary(v) && short(v))
    const column = view && m.r.pick(view.cols)
    return column && { sql: `CREATE OR REPLACE VIEW ${view.q} AS SELECT ${listed(view)} FROM (${body(view)}) o WHERE ${condition(m, { ...column, q: `o.${column.q}` })}` }
  },
  requery_view(m) {
    const view = m.view(ordinary)
    const text = view && query(m)
    return text && { sql: [`DROP VIEW ${view.q}`, `CREATE VIEW ${view.q}${options(m.r)} AS ${text}`] }
  },
  remake_view(m) {
    const view = m.view(short)
    return view && { sql: [`DROP ${kindOf(view)} ${view.q}`, `CREATE ${kindOf(view)} ${view.q} AS ${body(view)}`] }
  },
  fewer_columns_in_view(m) {
    const view = m.view((v) => ordinary(v) && short(v) && v.cols.length > 1)
    return view && { sql: [`DROP VIEW ${view.q}`, `CREATE VIEW ${view.q} AS SELECT ${listed(view, m.r.shuffle(view.cols).slice(1))} FROM (${body(view)}) o`], expect: 'destructive' }
  },
  collate_view(m) {
    const view = m.view((v) => ordinary(v) && short(v) && v.cols.some((c) => c.type === 'text'))
    const columns = view && view.cols.map((c) => (c.type === 'text' ? `o.${c.q} COLLATE "C" AS ${c.q}` : `o.${c.q}`)).join(', ')
    return view && { sql: [...m.r.pick([[], [`DROP VIEW ${view.q}`]]), `CREATE OR REPLACE VIEW ${view.q} AS SELECT ${columns} FROM (${body(view)}) o`] }
  },
  view_options(m) {
    const view = m.view(ordinary)
    if (!view) return null
    const [sql, expect] = m.r.pick([['SET (security_barrier = true)'], ['SET (security_invoker = true)'], ['RESET (security_barrier)'], ['SET (check_option = cascaded)'], ['SET (check_option = local)'], ['RESET (check_option)']])
    return { sql: `ALTER VIEW ${view.q} ${sql}`, expect }
  },
  rename_view_column(m) {
    const view = m.view()
    return view && { sql: `ALTER ${kindOf(view)} ${view.q} RENAME COLUMN ${m.r.pick(view.cols).q} TO ${ident(`renamed${m.r.below(99)}`)}`, expect: 'destructive' }
  },
  rename_view(m) {
    const view = m.view()
    return view && { sql: `ALTER ${kindOf(view)} ${view.q} RENAME TO ${ident(m.fresh(view.schema, viewNames))}`, expect: 'destructive' }
  },
  move_view(m) {
    const view = m.view()
    const schema = view && m.state.schemas.find((s) => s !== view.schema)
    return schema && { sql: `ALTER ${kindOf(view)} ${view.q} SET SCHEMA ${ident(schema)}`, expect: 'destructive' }
  },
  drop_view(m) {
    const view = m.view()
    return view && { sql: `DROP ${kindOf(view)} ${view.q} CASCADE`, expect: 'destructive' }
  },
  // A view becomes a table of its name, and a table a view.
  swap_view_and_table(m) {
    const view = m.view((v) => ordinary(v))
    return view && m.r.chance(0.3) && { sql: [`DROP VIEW ${view.q} CASCADE`, `CREATE TABLE ${view.q} (id integer PRIMARY KEY, a text)`], expect: 'destructive' }
  },
  retype_under_view(m) {
    const view = m.view(short)
    const table = view && m.table((t) => t.cols.length > 1 && view.reads.includes(t.oid))
    const column = table && m.r.pick(table.cols.slice(1).filter((c) => plain(c)))
    if (!column) return null
    const to = { integer: 'bigint', smallint: 'integer', 'character varying(5)': 'character varying(12)', 'character varying(12)': 'text' }[column.type]
    return to && { sql: [`DROP ${kindOf(view)} ${view.q}`, setType(m, table, column, to), `CREATE ${kindOf(view)} ${view.q} AS ${body(view)}`] }
  },
  drop_column_under_view(m) {
    const view = m.view((v) => ordinary(v) && short(v))
    const table = view && m.table((t) => t.cols.length > 1 && view.reads.includes(t.oid))
    if (!table) return null
    return { sql: [`DROP VIEW ${view.q}`, `${alter(table)} DROP COLUMN ${m.r.pick(table.cols.slice(1)).q}`, `CREATE VIEW ${view.q} AS ${select(m, { ...table, cols: [table.cols[0]] })}`], expect: 'destructive' }
  },

  create_materialized_view(m) {
    const text = m.state.views.length < 5 && query(m)
    const schema = m.schema()
    return text && { sql: `CREATE MATERIALIZED VIEW ${qualify(schema, m.fresh(schema, viewNames))} AS ${text}${m.r.chance(0.2) ? ' WITH NO DATA' : ''}`, expect: 'additive' }
  },
  index_materialized_view(m) {
    const view = m.view((v) => v.mat)
    const unique = m.r.chance(0.4)
    return view && { sql: `CREATE ${unique ? 'UNIQUE ' : ''}INDEX ON ${view.q} (${m.r.pick(view.cols).q})`, expect: unique ? 'destructive' : 'additive' }
  },
  drop_materialized_index(m) {
    const view = m.view((v) => v.mat && v.idx.length > 0)
    const index = view && m.r.pick(view.idx)
    return view && { sql: m.r.chance(0.5) ? `DROP INDEX ${qualify(view.schema, index.n)}` : `ALTER INDEX ${qualify(view.schema, index.n)} RENAME TO ${ident(`mix${m.r.below(99)}`)}` }
  },
  requery_materialized_view(m) {
    const view = m.view((v) => v.mat)
    const text = view && query(m)
    return text && { sql: [`DROP MATERIALIZED VIEW ${view.q}`, `CREATE MATERIALIZED VIEW ${view.q} AS ${text}`], expect: 'destructive' }
  },
}
