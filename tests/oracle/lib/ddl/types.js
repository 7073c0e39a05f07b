// Composite and range types.

import { ident, literal } from '../values.js'
import { addColumn, constant, qualify } from './make.js'

const attributeNames = ['x', 'y', 'Label', 'when', 'note']
const attributeTypes = ['integer', 'text', 'numeric(6,2)', 'character varying(12)', 'boolean', 'date', 'smallint']

const composite = (m) => (m.state.composites.length > 0 ? m.r.pick(m.state.composites) : null)
const typed = (m, type) => m.state.tables.filter((t) => t.of === type.q)
// The key of a typed table is its type's first attribute, and stays.
const spare = (m, type) => (type.attrs.length > 1 ? m.r.pick(type.attrs.slice(1)) : null)
const isKey = (m, type) =>
  m.state.tables.some((t) => t.cols.some((c) => c.type.startsWith(type.q) && [...t.cons.filter((k) => 'pux'.includes(k.type)), ...t.idx.filter((i) => i.unique)].some((k) => k.cols?.includes(c.num))))
const newAttribute = (m, type) => ident(attributeNames.find((n) => !type.attrs.some((a) => a.n === n)) ?? `n${m.r.below(1000)}`)
// Without CASCADE a type with tables of it cannot be altered.
const altered = (m, type, action) => `ALTER TYPE ${type.q} ${action}${typed(m, type).length > 0 || m.r.chance(0.1) ? ' CASCADE' : ''}`

export const types = {
  create_composite(m) {
    if (m.state.composites.length >= 3) return null
    const schema = m.schema()
    const attributes = m.r.shuffle(attributeNames).slice(0, m.r.between(1, 3)).map((n) => `${ident(n)} ${m.r.chance(0.8) ? m.r.pick(attributeTypes) : m.type()}`)
    // With a key, for typed tables.
    const list = [...(m.r.chance(0.6) ? ['id integer'] : []), ...attributes]
    return { sql: `CREATE TYPE ${qualify(schema, m.fresh(schema, ['pair', 'Address', 'line']))} AS (${list.join(', ')})`, expect: 'additive' }
  },
  add_column_of_composite(m) {
    const type = composite(m)
    return type && addColumn(m, () => [`${type.q}${m.r.chance(0.5) ? ` DEFAULT ${constant(m, type.q)}` : ''}`, 'additive'], { type: type.q })
  },
  add_attribute(m) {
    const type = composite(m)
    if (!type || type.attrs.length > 5) return null
    return { sql: altered(m, type, `ADD ATTRIBUTE ${newAttribute(m, type)} ${m.r.pick(attributeTypes)}`), expect: 'destructive' }
  },
  drop_attribute(m) {
    const type = composite(m)
    // Rows may differ in nothing else, and Postgres does not look at keys again: what it had would not fit its own schema.
    const attribute = type && !isKey(m, type) && spare(m, type)
    return attribute && { sql: altered(m, type, `DROP ATTRIBUTE ${attribute.q}`), expect: 'destructive' }
  },
  rename_attribute(m) {
    const type = composite(m)
    const attribute = type && m.r.pick(type.attrs)
    return attribute && { sql: altered(m, type, `RENAME ATTRIBUTE ${attribute.q} TO ${newAttribute(m, type)}`), expect: 'destructive' }
  },
  swap_attributes(m) {
    const type = composite(m)
    if (!type || type.attrs.length < 3) return null
    const [a, b] = m.r.shuffle(type.attrs.slice(1)).map((x) => x.q)
    return { sql: [[a, 'aside_'], [b, a], ['aside_', b]].map(([x, y]) => altered(m, type, `RENAME ATTRIBUTE ${x} TO ${y}`)), expect: 'destructive' }
  },
  retype_attribute(m) {
    const type = composite(m)
    const attribute = type && spare(m, type)
    const to = attribute && ({ integer: 'bigint', text: 'text COLLATE "C"', smallint: 'integer' }[attribute.type] ?? 'text')
    return to && { sql: altered(m, type, `ALTER ATTRIBUTE ${attribute.q} TYPE ${to}`), expect: attribute.type === to ? undefined : 'destructive' }
  },
  rename_composite(m) {
    const type = composite(m)
    return type && { sql: `ALTER TYPE ${type.q} RENAME TO ${ident(m.fresh(type.schema, ['pair', 'Address', 'line']))}`, expect: 'destructive' }
  },
  drop_composite(m) {
    const type = m.r.chance(0.3) && composite(m)
    // Typed tables would go with it, and their rows.
    return type && { sql: `DROP TYPE ${type.q} CASCADE`, expect: 'destructive' }
  },

  create_range(m) {
    if (m.state.ranges.length >= 2) return null
    const schema = m.schema()
    const name = m.fresh(schema, ['span', 'Floats', 'stretch'])
    const subtype = m.r.pick(['double precision, SUBTYPE_DIFF = float8mi', 'text', 'text, COLLATION = "C"', 'numeric'])
    const multirange = m.r.chance(0.5) ? `, MULTIRANGE_TYPE_NAME = ${qualify(schema, `${name}s`)}` : ''
    return { sql: `CREATE TYPE ${qualify(schema, name)} AS RANGE (SUBTYPE = ${subtype}${multirange})`, expect: 'additive' }
  },
  add_column_of_range(m) {
    const type = m.r.pick(['int4range', 'datemultirange', ...m.state.ranges.flatMap((t) => t.names)])
    return addColumn(m, () => [`${type}${m.r.chance(0.5) ? ` NOT NULL DEFAULT ${constant(m, type)}` : ''}`, 'additive'], { type })
  },
  rename_range(m) {
    const type = m.state.ranges.length > 0 && m.r.pick(m.state.ranges)
    return type && { sql: `ALTER TYPE ${type.q} RENAME TO ${ident(m.fresh(type.schema, ['span', 'Floats', 'stretch']))}`, expect: 'destructive' }
  },
  rename_multirange(m) {
    const type = m.state.ranges.length > 0 && m.r.pick(m.state.ranges)
    return type && { sql: `ALTER TYPE ${type.names[1]} RENAME TO ${ident(`many_${m.r.below(1000)}`)}`, expect: 'destructive' }
  },
  drop_range(m) {
    const type = m.r.chance(0.3) && m.state.ranges.length > 0 && m.r.pick(m.state.ranges)
    return type && { sql: `DROP TYPE ${type.q} CASCADE`, expect: 'destructive' }
  },
  exclude_ranges(m) {
    const [table, column] = m.column((c) => c.sub && !c.multi && !c.gen)
    return table && { sql: `ALTER TABLE ${table.q} ADD EXCLUDE USING gist (${column.q} WITH &&)`, expect: 'destructive' }
  },
  index_ranges(m) {
    const [table, column] = m.column((c) => c.sub && !c.multi)
    return table && { sql: `CREATE INDEX ON ${table.q} USING gist (${column.q}) WHERE NOT isempty(${column.q})` }
  },
  set_default_of_composite(m) {
    const [table, column] = m.column((c) => c.attrs && !c.gen)
    if (!table) return null
    const row = `ROW(${column.attrs.map((a) => constant(m, a.type) ?? 'NULL').join(', ')})::${column.type}`
    return { sql: `ALTER TABLE ${table.q} ALTER COLUMN ${column.q} SET DEFAULT ${m.r.pick([row, constant(m, column.type) ?? literal('()')])}` }
  },
}
