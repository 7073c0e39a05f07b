import { ident, literal, shapeOf, value } from '../values.js'

export const tableNames = ['accounts', 'Orders', 'line items', 'user', 'tâches', 'notes', 'a"b', 'events']
export const columnNames = ['a', 'b', 'Total', 'when', 'user id', 'state', 'é', 'notes', 'n', 'order', 'x1', 'x2']
const types = [
  'smallint', 'integer', 'bigint', 'numeric', 'numeric(6,2)', 'text', 'text', 'character varying(5)', 'character varying(12)',
  'timestamp with time zone', 'date', 'boolean', 'uuid', 'jsonb', 'text[]', 'double precision', 'integer',
  'int4range', 'datemultirange',
] // prettier-ignore
export const wider = {
  smallint: ['integer', 'bigint'],
  integer: ['bigint'],
  'character varying(5)': ['character varying(12)', 'text', 'character varying'],
  'character varying(12)': ['text', 'character varying(40)'],
  'character varying(40)': ['text'],
  'numeric(6,2)': ['numeric(9,2)'],
}

export const isInteger = (type) => /^(smallint|integer|bigint)$/.test(type)
export const isVarying = (type) => type.startsWith('character varying')
export const isText = (type) => /^(text|character varying)/.test(type) && !type.endsWith('[]')


/** What the generators choose from: a schema at hand, and random choices. */
export function make(r, state) {
  const domain = (fits = () => true) => {
    const list = state.domains.filter(fits)
    return list.length > 0 ? r.pick(list) : null
  }
  const used = (list) => new Set(list.map((o) => `${o.schema}.${o.n ?? o.name}`))
  const m = {
    r,
    state,
    domain,
    table: (fits = () => true) => {
      const list = state.tables.filter(fits)
      return list.length > 0 ? r.pick(list) : null
    },
    // Never the key: rows are known by it.
    column(fits = () => true, tables = () => true) {
      const list = state.tables.filter(tables).flatMap((t) => t.cols.slice(1).filter((c) => fits(c, t)).map((c) => [t, c]))
      return list.length > 0 ? r.pick(list) : [null, null]
    },
    constraint(fits) {
      const list = state.tables.flatMap((t) => t.cons.filter((c) => fits(c, t)).map((c) => [t, c]))
      return list.length > 0 ? r.pick(list) : [null, null]
    },
    index(fits = () => true) {
      const list = state.tables.flatMap((t) => t.idx.filter(fits).map((i) => [t, i]))
      return list.length > 0 ? r.pick(list) : [null, null]
    },
    schema: () => r.pick(state.schemas),
    fresh(schema, base) {
      const taken = new Set([...used(state.tables), ...used(state.sequences), ...used(state.enums), ...used(state.domains),
        ...used(state.composites), ...used(state.ranges), ...used(state.views),
        ...state.tables.flatMap((t) => [...t.idx, ...t.cons].map((i) => `${t.schema}.${i.n}`))]) // prettier-ignore
      for (const name of r.shuffle(base)) if (!taken.has(`${schema}.${name}`)) return name
      return `${base[0]}_${r.below(1e6)}`
    },
    newColumn(table) {
      const name = r.shuffle(columnNames).find((n) => !table.cols.some((c) => c.n === n))
      return name ?? `c_${r.below(1e6)}`
    },
    type() {
      if (state.domains.length > 0 && r.chance(0.1)) return r.pick(state.domains).q
      if (state.enums.length > 0 && r.chance(0.15)) return r.pick(state.enums).q + (r.chance(0.2) ? '[]' : '')
      if (state.composites.length > 0 && r.chance(0.08)) return r.pick(state.composites).q
      if (state.ranges.length > 0 && r.chance(0.08)) return r.pick(r.pick(state.ranges).names)
      return r.pick(types)
    },
    // What values of a type are made of.
    shape: (type) => shapeOf(state, type),
    view(fits = () => true) {
      const list = state.views.filter(fits)
      return list.length > 0 ? r.pick(list) : null
    },
    routine(fits = () => true) {
      const list = state.routines.filter(fits)
      return list.length > 0 ? r.pick(list) : null
    },
  }
  return m
}

export const qualify = (schema, name) => `${ident(schema)}.${ident(name)}`

export function constant(m, type) {
  const text = value(m.r, m.shape(type))
  return text === null ? null : `${literal(text)}::${type}`
}

export function stable(type) {
  return { 'timestamp with time zone': 'now()', date: 'CURRENT_DATE', text: 'CURRENT_USER' }[type] ?? null
}

export function volatile(type) {
  return { uuid: 'gen_random_uuid()', 'timestamp with time zone': 'clock_timestamp()', text: 'gen_random_uuid()::text', 'double precision': 'random()' }[type] ?? null
}

// Expressions over a column: [expression, type of its result].
export function over(m, column) {
  const { q, type } = column
  const routine = m.r.chance(0.3) && m.routine((f) => f.kind === 'f' && f.types.length === 1 && f.types[0] === type)
  if (routine) return [`${routine.q}(${q})`, routine.result]
  if (isInteger(type)) return m.r.pick([[`(${q} + 1)`, type], [`abs(${q})`, type], [`(100 / ${q})`, type], [`(${q} > 3)`, 'boolean']])
  if (isText(type)) return m.r.pick([[`lower(${q})`, 'text'], [`length(${q})`, 'integer'], [`(${q} || 'x')`, 'text'], [`(${q})::integer`, 'integer']])
  if (type === 'jsonb') return m.r.pick([[`(${q} ->> 'a')`, 'text'], [`((${q} ->> 'a')::integer)`, 'integer']])
  if (type === 'boolean') return [`(NOT ${q})`, 'boolean']
  if (type.startsWith('numeric')) return [`(${q} * 2)`, 'numeric']
  if (/range$/.test(type)) return m.r.pick([[`isempty(${q})`, 'boolean'], [`(${q} = ${q})`, 'boolean']])
  if (column.attrs?.length > 0) return [`(${q}).${column.attrs[0].q}`, column.attrs[0].type]
  return null
}

export function check(m, column) {
  const { q, type } = column
  const routine = m.r.chance(0.25) && m.routine((f) => f.kind === 'f' && f.types.length === 1 && f.types[0] === type && f.result === 'boolean')
  if (routine) return `${routine.q}(${q})`
  const n = m.r.below(3)
  if (isInteger(type) || type.startsWith('numeric')) return [`${q} >= 0`, `${q} < 1000`, `${q} <> 7`][n]
  if (isText(type)) return [`length(${q}) > 0`, `${q} <> 'b'`, `${q} IN ('a', 'b', '', 'x y')`][n]
  if (type === 'boolean') return `${q} OR ${q} IS NULL`
  return `${q} IS NOT NULL`
}

export function predicate(m, column) {
  const { q, type } = column
  if (m.r.chance(0.4)) return `${q} IS ${m.r.chance(0.5) ? 'NOT ' : ''}NULL`
  if (isInteger(type)) return `${q} > 0`
  if (isText(type)) return m.r.pick([`${q} = 'a'`, `${q} IN ('a', 'b')`])
  if (type === 'boolean') return q
  return `${q} IS NOT NULL`
}

// Whether a value that comes by a default is seen by nothing but its own column.
export function unseen(state, table, column) {
  const family = new Set([table])
  for (const one of family) for (const t of state.tables) if (one.parents.includes(t.oid) || t.parents.includes(one.oid)) family.add(t)
  return [...family].every((t) => !(t.keydef ?? '').includes(column.q) && t.cols.filter((c) => c.n === column.n).every((c) => unseenThere(t, c)))
}

const unseenThere = (table, column) =>
  !column.base &&
  !table.cols.some((c) => c.gen) &&
  !table.cons.some((c) => c.cols?.includes(column.num)) &&
  !table.idx.some((i) => i.cols.includes(column.num) || i.expr || i.pred)

export const alter = (table) => `ALTER TABLE ${table.q}`
export const plain = (c) => !c.gen && !c.id

/** A new table; with `by`, a partitioned one: by its key, or by a column `part` that comes second. */
export function newTable(m, { schema = m.schema(), by } = {}) {
  const { r } = m
  const name = m.fresh(schema, tableNames)
  const q = qualify(schema, name)
  const keyType = by ? r.pick(['integer', 'bigint', 'serial']) : r.pick(['integer', 'bigint', 'smallint', 'text', 'integer GENERATED BY DEFAULT AS IDENTITY', 'bigint GENERATED ALWAYS AS IDENTITY', 'serial'])
  const columns = []
  const rest = []
  const table = { cols: [{ n: 'id', q: 'id', type: keyType.split(' ')[0], num: 1 }], cons: [], idx: [] }
  const inKey = by && !by.includes('(id)')
  if (inKey) {
    const type = by.startsWith('LIST') ? 'text' : 'integer'
    table.cols.push({ n: 'part', q: 'part', type, num: 2 })
    columns.push(`part ${type}${r.pick(['', ` DEFAULT ${type === 'text' ? "'a'" : '3'}`])}`)
  }
  const count = r.between(1, by ? 3 : 6)
  for (let i = 0; i < count; i++) {
    const n = m.newColumn(table)
    const type = m.type()
    const column = { n, q: ident(n), type, num: table.cols.length + 1 }
    let sql = `${column.q} ${type}`
    const def = r.pick([null, null, constant(m, type), stable(type), volatile(type)])
    const source = table.cols.length > 1 && r.chance(0.12) ? over(m, r.pick(table.cols.slice(1).filter((c) => !c.gen)) ?? {}) : null
    if (source) {
      column.type = source[1]
      column.gen = true
      sql = `${column.q} ${source[1]} GENERATED ALWAYS AS (${source[0]}) STORED`
    } else if (def) sql += ` DEFAULT ${def}`
    if (!source && r.chance(0.25)) sql += ' NOT NULL'
    if (!by && r.chance(0.1) && type !== 'jsonb') sql += ' UNIQUE'
    if (r.chance(0.1)) rest.push(`CHECK (${check(m, column)})`)
    table.cols.push(column)
    columns.push(sql)
  }
  if (!inKey && r.chance(0.3)) {
    const target = r.chance(0.3) ? null : m.table((t) => t.cons.some((c) => c.type === 'p' && c.cols.length === 1 && c.cols[0] === t.cols[0].num))
    const type = target ? target.cols[0].type : table.cols[0].type.replace('serial', 'integer')
    const n = m.newColumn(table)
    const deferrable = r.pick(['', '', ' DEFERRABLE', ' DEFERRABLE INITIALLY DEFERRED', ' ON DELETE CASCADE', ' ON DELETE SET NULL'])
    columns.push(`${ident(n)} ${type} REFERENCES ${target ? target.q : q}${deferrable}`)
    table.cols.push({ n, q: ident(n), type, num: 99 })
  }
  const sql = [`CREATE ${!by && r.chance(0.04) ? 'UNLOGGED ' : ''}TABLE ${q} (${[`id ${keyType}${inKey ? ' NOT NULL' : ' PRIMARY KEY'}`, ...columns, ...rest].join(', ')})${by ? ` PARTITION BY ${by}` : ''}`]
  if (r.chance(0.4)) {
    const column = r.pick(table.cols)
    sql.push(`CREATE INDEX ON ${q} (${column.q})${r.chance(0.3) ? ` WHERE ${predicate(m, column)}` : ''}`)
  }
  return { q, name, schema, sql, columns: table.cols }
}

export function addColumn(m, definition, options = {}) {
  const table = m.table(options.tables)
  if (!table || table.cols.length > 9) return null
  const n = m.newColumn(table)
  const type = options.type ?? m.type()
  const made = definition(type, table, n)
  // A domain may refuse the value, or NULL.
  if (!made) return null
  const ofDomain = m.state.domains.some((d) => made[0].startsWith(d.q))
  return { sql: [`${alter(table)} ADD COLUMN ${ident(n)} ${made[0]}`, ...(made[2] ?? [])], expect: ofDomain && made[1] === 'additive' ? undefined : made[1], dirty: made[3] ? [table.q] : undefined }
}

export const setType = (m, table, column, type, using = '') => `${alter(table)} ALTER COLUMN ${column.q} TYPE ${type}${using}`

