// Partitions, inheritance, typed tables.

import { ident } from '../values.js'
import { alter, constant, newTable, plain, qualify, tableNames } from './make.js'

const partitionNames = ['p1', 'Part 2', 'p3', 'rest', 'p5', 'old', 'p7']
const cuts = ['MINVALUE', '10', '30', '20000', '20010', 'MAXVALUE']
const values = ["'a'", "'b', 'A'", 'NULL', "'', 'x y'", "'12'"]
const parts = ['-1, 0', '1', '2, 3', 'NULL, 4']

const partitioned = (t) => t.kind === 'p'
const isPartition = (t) => t.bound !== null
const most = 8

/** Bounds for a partition of this table; whether others have them already is for the server to say. */
function bound(m, table) {
  const { r } = m
  const [, strategy, column] = /^(RANGE|LIST|HASH) \((.*)\)$/.exec(table.keydef)
  if (strategy === 'HASH') return `FOR VALUES WITH (modulus 3, remainder ${r.below(3)})`
  if (strategy === 'LIST') return `FOR VALUES IN (${r.pick(table.cols.find((c) => c.q === column)?.type === 'text' ? values : parts)})`
  const ends = column === 'part' ? ['MINVALUE', '0', '3', '8', 'MAXVALUE'] : cuts
  const at = r.below(ends.length - 1)
  return `FOR VALUES FROM (${ends[at]}) TO (${ends[at + 1]})`
}

const hasDefault = (m, table) => m.state.tables.some((t) => t.bound === 'DEFAULT' && t.parents.includes(table.oid))
const fresh = (m, schema) => qualify(schema, m.fresh(schema, partitionNames))

// Changes that a partition may have beyond those of its parent.
const own = (m, table) => m.r.pick(['', '', ` (CHECK (${table.cols.at(-1).q} IS NOT NULL OR true))`])

export const families = {
  create_partitioned(m) {
    if (m.state.tables.length >= most - 2) return null
    const by = m.r.pick(['RANGE (id)', 'RANGE (id)', 'HASH (id)', 'LIST (part)', 'RANGE (part)'])
    const made = newTable(m, { by })
    const table = { keydef: by, cols: made.columns }
    const list = [...new Set([0, 1, 2].map(() => bound(m, table)))]
    const others = m.r.chance(0.3) && !by.startsWith('HASH') ? ['DEFAULT'] : []
    const names = m.r.shuffle(partitionNames.map((n) => `${n}_${m.r.below(1000)}`))
    return { sql: [...made.sql, ...[...list, ...others].map((b, i) => `CREATE TABLE ${qualify(made.schema, names[i])} PARTITION OF ${made.q} ${b}`)], expect: 'additive' }
  },
  create_partition(m) {
    const table = m.state.tables.length < most && m.table(partitioned)
    if (!table) return null
    return { sql: `CREATE TABLE ${fresh(m, m.schema())} PARTITION OF ${table.q}${own(m, table)} ${bound(m, table)}`, expect: hasDefault(m, table) ? 'destructive' : 'additive' }
  },
  create_default_partition(m) {
    const table = m.state.tables.length < most && m.table((t) => partitioned(t) && !hasDefault(m, t))
    return table && { sql: `CREATE TABLE ${fresh(m, table.schema)} PARTITION OF ${table.q} DEFAULT`, expect: 'additive' }
  },
  create_partitioned_partition(m) {
    const table = m.state.tables.length < most - 1 && m.table(partitioned)
    if (!table) return null
    const q = fresh(m, table.schema)
    return { sql: [`CREATE TABLE ${q} PARTITION OF ${table.q} ${bound(m, table)} PARTITION BY HASH (${table.cols[0].q})`, `CREATE TABLE ${qualify(table.schema, `sub_${m.r.below(1000)}`)} PARTITION OF ${q} FOR VALUES WITH (modulus 1, remainder 0)`], expect: hasDefault(m, table) ? 'destructive' : 'additive' }
  },
  create_and_attach(m) {
    const table = m.state.tables.length < most && m.table(partitioned)
    if (!table) return null
    const q = fresh(m, table.schema)
    // A column more, in front, that goes again: the attributes' numbers are others then.
    const odd = m.r.chance(0.3) ? [`ALTER TABLE ${q} ADD COLUMN gone integer`, `ALTER TABLE ${q} DROP COLUMN gone`] : []
    return { sql: [`CREATE TABLE ${q} (LIKE ${table.q} INCLUDING ALL)`, ...odd, `${alter(table)} ATTACH PARTITION ${q} ${bound(m, table)}`], expect: hasDefault(m, table) ? 'destructive' : 'additive' }
  },
  create_for_attach(m) {
    const table = m.state.tables.length < most && m.table(partitioned)
    return table && { sql: `CREATE TABLE ${fresh(m, table.schema)} (LIKE ${table.q} INCLUDING ALL)`, expect: 'additive' }
  },
  attach_partition(m) {
    const table = m.table(partitioned)
    const other = table && m.table((t) => t.kind === 'r' && t.parents.length === 0 && t.cols.map((c) => c.n).sort().join() === table.cols.map((c) => c.n).sort().join())
    return other && { sql: `${alter(table)} ATTACH PARTITION ${other.q} ${m.r.chance(0.2) ? 'DEFAULT' : bound(m, table)}`, expect: 'destructive' }
  },
  detach_partition(m) {
    const table = m.table(isPartition)
    const parent = table && m.table((t) => t.oid === table.parents[0])
    return parent && { sql: [`${alter(parent)} DETACH PARTITION ${table.q}`, ...(m.r.chance(0.2) ? [`DROP TABLE ${table.q}`] : [])], expect: 'destructive' }
  },
  // As who splits a default partition does it.
  split_default(m) {
    const rest = m.state.tables.length < most && m.table((t) => t.bound === 'DEFAULT' && t.kind === 'r')
    const parent = rest && m.table((t) => t.oid === rest.parents[0])
    if (!parent) return null
    return {
      sql: [`${alter(parent)} DETACH PARTITION ${rest.q}`, `CREATE TABLE ${fresh(m, parent.schema)} PARTITION OF ${parent.q} ${bound(m, parent)}`, `${alter(parent)} ATTACH PARTITION ${rest.q} DEFAULT`],
      expect: 'destructive',
    }
  },
  move_bounds(m) {
    const table = m.table((t) => isPartition(t) && t.bound !== 'DEFAULT')
    const parent = table && m.table((t) => t.oid === table.parents[0])
    return parent && { sql: [`${alter(parent)} DETACH PARTITION ${table.q}`, `${alter(parent)} ATTACH PARTITION ${table.q} ${bound(m, parent)}`] }
  },
  default_of_parent_alone(m) {
    const [table, column] = m.column(plain, (t) => t.children > 0)
    return column && { sql: `ALTER TABLE ONLY ${table.q} ALTER COLUMN ${column.q} SET DEFAULT ${constant(m, column.type) ?? 'NULL'}` }
  },
  default_of_key(m) {
    const table = m.table((t) => partitioned(t) && t.cols[1]?.n === 'part')
    return table && { sql: `${alter(table)} ALTER COLUMN ${table.cols[1].q} ${m.r.chance(0.3) ? 'DROP DEFAULT' : `SET DEFAULT ${constant(m, table.cols[1].type)}`}` }
  },
  default_of_child(m) {
    const [table, column] = m.column(plain, (t) => t.parents.length > 0)
    return column && { sql: `${alter(table)} ALTER COLUMN ${column.q} ${m.r.chance(0.2) ? 'DROP DEFAULT' : `SET DEFAULT ${constant(m, column.type) ?? 'NULL'}`}` }
  },
  add_column_default_of_parent_alone(m) {
    const table = m.table((t) => t.children > 0 && t.cols.length < 9)
    if (!table) return null
    const n = ident(m.newColumn(table))
    const child = m.table((t) => t.parents.includes(table.oid))
    return { sql: [`${alter(table)} ADD COLUMN ${n} integer`, `ALTER TABLE ONLY ${table.q} ALTER COLUMN ${n} SET DEFAULT ${m.r.below(3)}`, ...(child && m.r.chance(0.5) ? [`CREATE UNIQUE INDEX ON ${child.q} (${n})`] : [])] }
  },
  index_of_partition(m) {
    const table = m.table((t) => t.parents.length > 0)
    const column = table && m.r.pick(table.cols)
    const unique = m.r.chance(0.3)
    return table && { sql: `CREATE ${unique ? 'UNIQUE ' : ''}INDEX ON ${table.q} (${column.q})`, expect: unique ? 'destructive' : 'additive' }
  },
  index_of_parent_alone(m) {
    const table = m.table(partitioned)
    const leaves = table && m.state.tables.filter((t) => t.parents.includes(table.oid))
    if (!table || leaves.some(partitioned)) return null
    const column = m.r.pick(table.cols)
    const name = `whole_${m.r.below(1000)}`
    return {
      sql: [
        `CREATE INDEX ${name} ON ONLY ${table.q} (${column.q})`,
        ...leaves.flatMap((leaf, i) => [`CREATE INDEX ${name}_${i} ON ${leaf.q} (${column.q})`, `ALTER INDEX ${qualify(table.schema, name)} ATTACH PARTITION ${qualify(leaf.schema, `${name}_${i}`)}`]),
      ],
      expect: 'additive',
    }
  },
  // An index that a partition has already becomes part of its parent's.
  index_of_all(m) {
    const plainIndexes = (t) => t.idx.filter((i) => !i.unique && !i.expr && !i.pred && i.cols.length === 1)
    const table = m.table((t) => isPartition(t) && plainIndexes(t).length > 0)
    const parent = table && m.table((t) => t.oid === table.parents[0])
    const column = parent && table.cols.find((c) => c.num === m.r.pick(plainIndexes(table)).cols[0])
    return column && { sql: `CREATE INDEX ON ${parent.q} (${column.q})`, expect: 'additive' }
  },
  // Its name stays; those of its partitions do not.
  remake_index_of_all(m) {
    const table = m.table((t) => partitioned(t) && t.idx.some((i) => !i.unique && !i.expr && !i.pred && i.cols.length === 1))
    const index = table && m.r.pick(table.idx.filter((i) => !i.unique && !i.expr && !i.pred && i.cols.length === 1))
    const column = index && table.cols.find((c) => c.num === index.cols[0])
    return index && { sql: [`DROP INDEX ${qualify(table.schema, index.n)}`, `CREATE INDEX ${index.q} ON ${table.q} (${column.q})`], expect: 'additive' }
  },
  check_of_partition(m) {
    const table = m.table((t) => t.parents.length > 0)
    const column = table && m.r.pick(table.cols)
    return table && { sql: `${alter(table)} ADD CHECK (${column.q} IS NOT NULL)`, expect: 'destructive' }
  },
  reference_to_partitioned(m) {
    const target = m.table((t) => partitioned(t) && t.cons.some((c) => c.type === 'p' && c.cols.length === 1))
    const table = target && m.table((t) => t.cols.length < 9)
    return table && { sql: `${alter(table)} ADD COLUMN ${ident(m.newColumn(table))} ${target.cols[0].type} REFERENCES ${target.q}${m.r.pick(['', ' ON DELETE CASCADE'])}`, expect: 'additive' }
  },
  rename_key_of_family(m) {
    const table = m.table((t) => t.children > 0 && t.cons.length > 0)
    const child = table && m.table((t) => t.parents.includes(table.oid))
    if (!child) return null
    const name = ident(`both ${m.r.below(1000)}`)
    const constraint = m.r.pick(table.cons)
    const theirs = child.cons.filter((c) => c.type === constraint.type && 'fc'.includes(c.type))
    return { sql: [`${alter(table)} RENAME CONSTRAINT ${constraint.q} TO ${name}`, ...(constraint.type === 'f' && theirs.length > 0 ? [`${alter(child)} RENAME CONSTRAINT ${theirs[0].q} TO ${name}`] : [])] }
  },

  create_child(m) {
    const table = m.state.tables.length < most && m.table((t) => t.kind === 'r' && !isPartition(t) && !t.of)
    if (!table) return null
    const schema = m.schema()
    const more = m.r.pick(['', 'extra integer DEFAULT 5', `PRIMARY KEY (${table.cols[0].q})`, 'CHECK (true)', `${table.cols.at(-1).q} ${table.cols.at(-1).type} DEFAULT ${constant(m, table.cols.at(-1).type) ?? 'NULL'}`])
    return { sql: `CREATE TABLE ${qualify(schema, m.fresh(schema, ['child', 'Child two', 'kid', ...tableNames]))} (${table.cols.at(-1).gen || table.cols.at(-1).id ? '' : more}) INHERITS (${table.q})`, expect: 'additive' }
  },
  create_for_inherit(m) {
    const table = m.state.tables.length < most && m.table((t) => t.kind === 'r' && !isPartition(t))
    return table && { sql: `CREATE TABLE ${qualify(table.schema, m.fresh(table.schema, ['child', 'Child two', 'kid']))} (LIKE ${table.q} INCLUDING ALL${m.r.chance(0.3) ? ', more text' : ''})`, expect: 'additive' }
  },
  inherit(m) {
    const table = m.table((t) => t.kind === 'r' && !isPartition(t) && !t.of)
    const child = table && m.table((t) => t !== table && t.kind === 'r' && !isPartition(t) && !t.of && table.cols.every((c) => t.cols.some((d) => d.n === c.n && d.type === c.type)))
    return child && { sql: `${alter(child)} INHERIT ${table.q}`, expect: 'destructive' }
  },
  no_inherit(m) {
    const child = m.table((t) => !isPartition(t) && t.parents.length > 0)
    const parent = child && m.table((t) => t.oid === child.parents[0])
    return parent && { sql: `${alter(child)} NO INHERIT ${parent.q}`, expect: 'destructive' }
  },
  // The parent gets a column that a child has already.
  merge_column(m) {
    const child = m.table((t) => !isPartition(t) && t.parents.length > 0)
    const parent = child && m.table((t) => t.oid === child.parents[0])
    const column = parent && child.cols.find((c) => !parent.cols.some((p) => p.n === c.n))
    return column && { sql: `${alter(parent)} ADD COLUMN ${column.q} ${column.type}${m.r.chance(0.4) && constant(m, column.type) ? ` DEFAULT ${constant(m, column.type)}` : ''}` }
  },
  add_column_to_family: (m) => {
    const table = m.table((t) => t.children > 0 && t.cols.length < 9)
    if (!table) return null
    const type = m.type()
    const def = m.state.domains.some((d) => d.q === type) ? null : constant(m, type)
    const sql = `${alter(table)} ADD COLUMN ${ident(m.newColumn(table))} ${type}${def ? `${m.r.pick(['', ' NOT NULL'])} DEFAULT ${def}` : ''}`
    return { sql, expect: m.state.domains.some((d) => d.q === type) ? undefined : 'additive' }
  },

  create_typed(m) {
    const types = m.state.tables.length < most ? m.state.composites.filter((t) => t.attrs[0]?.n === 'id') : []
    if (types.length === 0) return null
    const schema = m.schema()
    const type = m.r.pick(types)
    const options = type.attrs.slice(1).filter(() => m.r.chance(0.4)).map((a) => `${a.q} WITH OPTIONS ${constant(m, a.type) ? `DEFAULT ${constant(m, a.type)}` : 'UNIQUE'}`)
    return { sql: `CREATE TABLE ${qualify(schema, m.fresh(schema, tableNames))} OF ${type.q} (${['PRIMARY KEY (id)', ...options].join(', ')})`, expect: 'additive' }
  },
  not_of(m) {
    const table = m.table((t) => t.of)
    return table && { sql: `${alter(table)} NOT OF`, expect: 'additive' }
  },
  of(m) {
    const table = m.table((t) => !t.of && t.parents.length === 0)
    const type = table && m.state.composites.find((c) => JSON.stringify(c.attrs.map((a) => [a.n, a.type])) === JSON.stringify(table.cols.map((a) => [a.n, a.type])))
    return type && { sql: `${alter(table)} OF ${type.q}`, expect: 'additive' }
  },
  type_of_table(m) {
    const table = m.table((t) => !t.of && t.parents.length === 0 && t.cols.length < 5 && !t.cols.some((c) => c.gen))
    if (!table || m.state.composites.length >= 4) return null
    const q = qualify(table.schema, m.fresh(table.schema, ['pair', 'Address', 'line', 'shape']))
    return { sql: [`CREATE TYPE ${q} AS (${table.cols.map((c) => `${c.q} ${c.type}`).join(', ')})`, `${alter(table)} OF ${q}`], expect: 'additive' }
  },
  alter_type_of_tables(m) {
    const table = m.table((t) => t.of)
    const type = table && m.state.composites.find((c) => c.q === table.of)
    if (!type) return null
    const last = type.attrs.at(-1)
    const action = m.r.pick([`ADD ATTRIBUTE more${m.r.below(99)} integer`, ...(type.attrs.length > 1 ? [`DROP ATTRIBUTE ${last.q}`, `RENAME ATTRIBUTE ${last.q} TO ${ident(`other ${m.r.below(99)}`)}`, `ALTER ATTRIBUTE ${last.q} TYPE text`] : [])])
    return { sql: `ALTER TYPE ${type.q} ${action} CASCADE`, expect: action.endsWith(`TYPE text`) && last.type === 'text' ? undefined : 'destructive' }
  },
}
