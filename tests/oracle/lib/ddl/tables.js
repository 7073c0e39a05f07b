import { ident, literal } from '../values.js'
import {
  addColumn, alter, check, constant, isInteger, isText, isVarying, newTable, over, plain, predicate, qualify, setType, stable, tableNames,
  unseen, volatile, wider,
} from './make.js' // prettier-ignore

/** Each gives `{ sql, expect }`: the class where DESIGN section 4 determines it, else undefined. `dirty`: tables whose rows it writes. */
export const tables = {
  create_table: (m) => (m.state.tables.length >= 7 ? null : { sql: newTable(m).sql, expect: 'additive' }),
  create_like(m) {
    const from = m.table()
    if (!from || m.state.tables.length >= 7) return null
    return { sql: `CREATE TABLE ${qualify('public', m.fresh('public', tableNames))} (LIKE ${from.q} INCLUDING ALL)`, expect: 'additive' }
  },
  create_table_as(m) {
    const from = m.table()
    if (!from || m.state.tables.length >= 7) return null
    const schema = m.schema()
    const name = qualify(schema, m.fresh(schema, tableNames))
    const list = [from.cols[0], ...from.cols.slice(1).filter(() => m.r.chance(0.7))].map((c) => c.q).join(', ')
    const sql = m.r.chance(0.5)
      ? `CREATE TABLE ${name} AS SELECT ${list} FROM ${from.q}`
      : `SELECT ${list} INTO ${name} FROM ${from.q}`
    return { sql: m.r.chance(0.6) ? [sql, `ALTER TABLE ${name} ADD PRIMARY KEY (${from.cols[0].q})`] : sql, expect: 'additive', filled: true }
  },
  drop_table(m) {
    const table = m.state.tables.length > 2 && m.table()
    return table && { sql: `DROP TABLE ${table.q} CASCADE`, expect: 'destructive' }
  },
  drop_and_recreate_table(m) {
    const table = m.table()
    return table && { sql: [`DROP TABLE ${table.q} CASCADE`, `CREATE TABLE ${table.q} (id integer PRIMARY KEY, a text)`], expect: 'destructive' }
  },
  rename_table(m) {
    const table = m.table()
    return table && { sql: `${alter(table)} RENAME TO ${ident(m.fresh(table.schema, tableNames))}`, expect: 'destructive' }
  },
  swap_tables(m) {
    const one = m.table()
    const two = one && m.table((t) => t !== one && t.schema === one.schema)
    if (!two) return null
    const at = (n) => qualify(one.schema, n)
    return {
      sql: [`${alter(one)} RENAME TO swap_aside`, `${alter(two)} RENAME TO ${ident(one.name)}`, `ALTER TABLE ${at('swap_aside')} RENAME TO ${ident(two.name)}`],
      expect: 'destructive',
    }
  },
  move_table(m) {
    const table = m.table()
    const schema = table && m.state.schemas.find((s) => s !== table.schema)
    return schema && { sql: `${alter(table)} SET SCHEMA ${ident(schema)}`, expect: 'destructive' }
  },
  create_schema: (m) => (m.state.schemas.length > 2 ? null : { sql: `CREATE SCHEMA ${ident(m.r.pick(['app', 'Odd schema', 's3'].filter((s) => !m.state.schemas.includes(s))))}`, expect: 'additive' }),
  rename_schema(m) {
    const schema = m.state.schemas.find((s) => s !== 'public')
    const name = ['app', 'Odd schema', 's3', 's4'].find((s) => !m.state.schemas.includes(s))
    return schema && { sql: `ALTER SCHEMA ${ident(schema)} RENAME TO ${ident(name)}`, expect: 'destructive' }
  },
  drop_schema(m) {
    const schema = m.r.chance(0.4) && m.state.schemas.find((s) => s !== 'public')
    return schema && { sql: `DROP SCHEMA ${ident(schema)} CASCADE`, expect: 'destructive' }
  },

  create_enum(m) {
    if (m.state.enums.length >= 3) return null
    const schema = m.schema()
    return { sql: `CREATE TYPE ${qualify(schema, m.fresh(schema, ['mood', 'Kind', 'state']))} AS ENUM ('a', 'B', 'it''s')`, expect: 'additive' }
  },
  add_enum_value(m) {
    const type = m.state.enums.length > 0 && m.r.pick(m.state.enums)
    if (!type || type.labels.length > 6) return null
    const label = ['c', 'D d', 'e', 'f', 'g', 'h'].find((l) => !type.labels.includes(l))
    const place = m.r.pick(['', ` BEFORE ${literal(type.labels[0])}`, ` AFTER ${literal(type.labels[0])}`])
    return { sql: `ALTER TYPE ${type.q} ADD VALUE ${literal(label ?? 'z')}${place}`, expect: 'additive' }
  },
  rename_enum_value(m) {
    const type = m.state.enums.length > 0 && m.r.pick(m.state.enums)
    const label = type && ['r1', 'r2', 'r3', 'r4'].find((l) => !type.labels.includes(l))
    return label && { sql: `ALTER TYPE ${type.q} RENAME VALUE ${literal(m.r.pick(type.labels))} TO ${literal(label)}`, expect: 'destructive' }
  },
  swap_enum_values(m) {
    const type = m.state.enums.length > 0 && m.r.pick(m.state.enums)
    if (!type) return null
    const [a, b] = m.r.shuffle(type.labels).map(literal)
    return { sql: [[a, "'aside'"], [b, a], ["'aside'", b]].map(([x, y]) => `ALTER TYPE ${type.q} RENAME VALUE ${x} TO ${y}`), expect: 'destructive' }
  },
  rename_enum(m) {
    const type = m.state.enums.length > 0 && m.r.pick(m.state.enums)
    return type && { sql: `ALTER TYPE ${type.q} RENAME TO ${ident(m.fresh(type.schema, ['mood', 'Kind', 'state']))}`, expect: 'destructive' }
  },
  drop_enum(m) {
    const type = m.r.chance(0.5) && m.state.enums.length > 0 && m.r.pick(m.state.enums)
    return type && { sql: `DROP TYPE ${type.q} CASCADE`, expect: 'destructive' }
  },
  // As Prisma does it.
  recreate_enum(m) {
    const [table, column] = m.column((c) => c.labels && !c.gen && !c.type.endsWith('[]') && c.def === null)
    const type = table && m.state.enums.find((e) => e.q === column.type)
    if (!type) return null
    const others = m.state.tables.flatMap((t) => t.cols.filter((c) => c.type.startsWith(type.q)))
    if (others.length > 1) return null
    const aside = qualify(type.schema, `${type.n}_new`)
    return {
      sql: [
        `CREATE TYPE ${aside} AS ENUM (${[...type.labels, `new${m.r.below(99)}`].map(literal).join(', ')})`,
        setType(m, table, column, aside, ` USING (${column.q}::text::${aside})`),
        `ALTER TYPE ${type.q} RENAME TO ${ident(`${type.n}_old`)}`,
        `ALTER TYPE ${aside} RENAME TO ${ident(type.n)}`,
        `DROP TYPE ${qualify(type.schema, `${type.n}_old`)}`,
      ],
      expect: 'destructive',
    }
  },

  create_domain(m) {
    if (m.state.domains.length >= 3) return null
    const schema = m.schema()
    const q = qualify(schema, m.fresh(schema, ['email', 'Amount', 'code']))
    const base = m.r.pick(['text', 'integer', 'character varying(12)', 'numeric(6,2)'])
    const rest = isText(base) ? ['', " DEFAULT 'a'", " CHECK (VALUE <> 'b')", ' NOT NULL', " CHECK (length(VALUE) > 0) DEFAULT 'x'"] : ['', ' DEFAULT 1', ' CHECK (VALUE >= 0)', ' NOT NULL DEFAULT 3']
    return { sql: `CREATE DOMAIN ${q} AS ${base}${m.r.pick(rest)}`, expect: 'additive' }
  },
  add_column_of_domain: (m) => {
    const domain = m.domain()
    return domain && addColumn(m, () => [m.r.chance(0.5) || domain.def ? domain.q : `${domain.q} DEFAULT ${isText(domain.base) ? "'a'" : '1'}`, undefined], { type: domain.q })
  },
  alter_domain(m) {
    const domain = m.domain()
    if (!domain) return null
    const text = isText(domain.base)
    const constraint = domain.cons.length > 0 && m.r.pick(domain.cons)
    const [sql, expect] = m.r.pick([
      [`SET DEFAULT ${text ? "'ab'" : '5'}`],
      ['DROP DEFAULT'],
      ['SET NOT NULL', domain.nn ? undefined : 'destructive'],
      ['DROP NOT NULL'],
      [`ADD CONSTRAINT c${m.r.below(99)} CHECK (${text ? "VALUE <> 'x y'" : 'VALUE <> 7'})${m.r.chance(0.4) ? ' NOT VALID' : ''}`, 'destructive'],
      ...(constraint ? [[`DROP CONSTRAINT ${constraint.q}`], [`RENAME CONSTRAINT ${constraint.q} TO c${m.r.below(99)}`]] : []),
      ...(constraint && !constraint.valid ? [[`VALIDATE CONSTRAINT ${constraint.q}`, 'destructive']] : []),
    ])
    return { sql: `ALTER DOMAIN ${domain.q} ${sql}`, expect }
  },
  rename_domain(m) {
    const domain = m.domain()
    return domain && { sql: `ALTER DOMAIN ${domain.q} RENAME TO ${ident(m.fresh(domain.schema, ['email', 'Amount', 'code']))}`, expect: 'destructive' }
  },
  drop_domain(m) {
    const domain = m.r.chance(0.4) && m.domain()
    return domain && { sql: `DROP DOMAIN ${domain.q} CASCADE`, expect: 'destructive' }
  },

  create_sequence(m) {
    if (m.state.sequences.length >= 6) return null
    const schema = m.schema()
    const q = qualify(schema, m.fresh(schema, ['seq', 'Counter']))
    return { sql: `CREATE SEQUENCE ${q} ${m.r.pick(['', 'MAXVALUE 500', 'AS integer CYCLE', 'INCREMENT BY -2 MINVALUE -1000'])}`, expect: 'additive' }
  },
  alter_sequence(m) {
    const sequences = m.state.sequences.filter((s) => s.owned !== 'i')
    const s = sequences.length > 0 && m.r.pick(sequences)
    if (!s) return null
    const [options, expect] = m.r.pick([
      ['NO MAXVALUE', s.inc > 0 && s.max === '500' ? 'additive' : undefined],
      ['CYCLE', s.cycle ? undefined : 'additive'],
      ['NO CYCLE', s.cycle ? 'destructive' : undefined],
      ['CACHE 5', 'additive'],
      ['MAXVALUE 100', s.max !== '100' && s.inc > 0 && BigInt(s.max) > 100n ? 'destructive' : undefined],
      ['AS bigint', undefined],
      ['START WITH 3', undefined],
      ['INCREMENT BY 3', undefined],
    ])
    return { sql: `ALTER SEQUENCE ${s.q} ${options}`, expect }
  },
  own_sequence(m) {
    const sequences = m.state.sequences.filter((s) => s.owned !== 'i')
    const s = sequences.length > 0 && m.r.pick(sequences)
    if (!s) return null
    const table = m.r.chance(0.6) && m.table((t) => t.schema === s.schema)
    return { sql: `ALTER SEQUENCE ${s.q} OWNED BY ${table ? `${table.q}.${m.r.pick(table.cols).q}` : 'NONE'}`, expect: 'additive' }
  },
  sequence_persistence(m) {
    const sequences = m.state.sequences.filter((s) => s.owned !== 'i')
    const s = sequences.length > 0 && m.r.pick(sequences)
    return s && { sql: `ALTER SEQUENCE ${s.q} SET ${s.unlogged ? 'LOGGED' : 'UNLOGGED'}`, expect: 'destructive' }
  },
  rename_sequence(m) {
    const s = m.state.sequences.length > 0 && m.r.pick(m.state.sequences)
    return s && { sql: `ALTER SEQUENCE ${s.q} RENAME TO ${ident(m.fresh(s.schema, ['seq', 'Counter', 'other_seq', 'next']))}`, expect: 'destructive' }
  },
  drop_sequence(m) {
    const sequences = m.state.sequences.filter((s) => s.owned !== 'i')
    const s = m.r.chance(0.5) && sequences.length > 0 && m.r.pick(sequences)
    return s && { sql: `DROP SEQUENCE ${s.q} CASCADE`, expect: 'destructive' }
  },

  persistence(m) {
    const table = m.table()
    return table && { sql: `${alter(table)} SET ${table.unlogged ? 'LOGGED' : 'UNLOGGED'}`, expect: 'destructive' }
  },

  add_column: (m) => addColumn(m, (type) => [type, 'additive']),
  add_column_constant: (m) => addColumn(m, (type) => constant(m, type) && [`${type} DEFAULT ${constant(m, type)}`, 'additive']),
  add_column_not_null_default: (m) => addColumn(m, (type) => constant(m, type) && [`${type} NOT NULL DEFAULT ${constant(m, type)}`, 'additive']),
  add_column_expression: (m) => {
    const type = m.r.pick(['integer', 'text', 'text[]', 'numeric(6,2)', 'character varying(5)'])
    const sql = { integer: '1 + 1', text: "lower('ABC')", 'text[]': "ARRAY['a', 'b']", 'numeric(6,2)': '1.005 * 2', 'character varying(5)': "'ab'" }[type]
    return addColumn(m, () => [`${type} NOT NULL DEFAULT ${sql}`, 'additive'])
  },
  add_column_stable: (m) => {
    const type = m.r.pick(['timestamp with time zone', 'date', 'text'])
    return addColumn(m, () => [`${type} ${m.r.chance(0.6) ? 'NOT NULL ' : ''}DEFAULT ${stable(type)}`, 'additive'])
  },
  add_column_volatile: (m) => {
    const type = m.r.pick(['uuid', 'timestamp with time zone', 'text', 'double precision'])
    return addColumn(m, () => [`${type} DEFAULT ${volatile(type)}`, 'destructive'])
  },
  add_column_serial: (m) => addColumn(m, () => [m.r.pick(['serial', 'bigint GENERATED ALWAYS AS IDENTITY', 'integer GENERATED BY DEFAULT AS IDENTITY']), 'destructive']),
  add_column_generated: (m) =>
    addColumn(m, (_, table) => {
      const source = table.cols.slice(1).filter((c) => !c.gen)
      const expression = source.length > 0 && over(m, m.r.pick(source))
      return expression && [`${expression[1]} GENERATED ALWAYS AS (${expression[0]}) STORED`, 'destructive']
    }),
  add_column_required: (m) => addColumn(m, (type) => [`${type} NOT NULL`, 'destructive']),
  add_column_unique: (m) => addColumn(m, (type) => (type === 'jsonb' ? null : [`${type} UNIQUE`, 'additive'])),
  add_column_unique_index: (m) =>
    addColumn(m, (type, table, n) => (type === 'jsonb' ? null : [type, 'additive', [`CREATE UNIQUE INDEX ON ${table.q} (${ident(n)})`]])),
  add_column_nulls_not_distinct: (m) => addColumn(m, (type) => (type === 'jsonb' ? null : [`${type} UNIQUE NULLS NOT DISTINCT`, 'destructive'])),
  add_column_reference: (m) => {
    const target = m.table((t) => t.cons.some((c) => c.type === 'p' && c.cols.length === 1 && c.cols[0] === t.cols[0].num))
    return target && addColumn(m, () => [`${target.cols[0].type} REFERENCES ${target.q}${m.r.pick(['', ' ON DELETE CASCADE', ' DEFERRABLE INITIALLY DEFERRED'])}`, 'additive'])
  },
  add_column_reference_default: (m) => {
    const target = m.table((t) => t.cons.some((c) => c.type === 'p' && c.cols.length === 1 && c.cols[0] === t.cols[0].num))
    const key = target && Object.keys(m.state.rows[target.oid] ?? {})[0]
    return key && addColumn(m, () => [`${target.cols[0].type} DEFAULT ${literal(key)} REFERENCES ${target.q}`, 'destructive'])
  },
  add_column_check: (m) => addColumn(m, (type, table, n) => [`${type} CHECK (${check(m, { q: ident(n), type })})`, 'destructive']),
  add_column_then_default: (m) =>
    addColumn(m, (type, table, n) => constant(m, type) && [type, 'additive', [`${alter(table)} ALTER COLUMN ${ident(n)} SET DEFAULT ${constant(m, type)}`]]),
  add_column_default_then_other: (m) =>
    addColumn(m, (type, table, n) => constant(m, type) && [`${type} NOT NULL DEFAULT ${constant(m, type)}`, 'additive', [`${alter(table)} ALTER COLUMN ${ident(n)} SET DEFAULT ${constant(m, type)}`]]),
  add_column_default_then_none: (m) => {
    const required = m.r.chance(0.5)
    return addColumn(m, (type, table, n) => constant(m, type) && [`${type}${required ? ' NOT NULL' : ''} DEFAULT ${constant(m, type)}`, required ? 'destructive' : 'additive', [`${alter(table)} ALTER COLUMN ${ident(n)} DROP DEFAULT`]])
  },
  add_column_update_not_null: (m) =>
    addColumn(m, (type, table, n) => constant(m, type) && [type, 'destructive', [`UPDATE ${table.q} SET ${ident(n)} = ${constant(m, type)}`, `${alter(table)} ALTER COLUMN ${ident(n)} SET NOT NULL`], true]),
  add_column_and_rename: (m) => addColumn(m, (type, table, n) => [type, 'additive', [`${alter(table)} RENAME COLUMN ${ident(n)} TO ${ident(`${n}2`)}`]]),
  add_column_and_retype: (m) => addColumn(m, (_, table, n) => [`integer DEFAULT 7`, undefined, [`${alter(table)} ALTER COLUMN ${ident(n)} TYPE text`]]),
  add_column_beside_rewrite: (m) => {
    const [table, column] = m.column((c) => c.type === 'integer' && plain(c))
    return table && { sql: `${alter(table)} ADD COLUMN ${ident(m.newColumn(table))} integer DEFAULT 7, ALTER COLUMN ${column.q} TYPE bigint` }
  },
  add_two_columns(m) {
    const table = m.table((t) => t.cols.length < 8)
    if (!table) return null
    return { sql: `${alter(table)} ADD COLUMN p1 integer NOT NULL DEFAULT 1, ADD COLUMN p2 text DEFAULT 'it''s'`, expect: 'additive' }
  },
  drop_column(m) {
    const [table, column] = m.column()
    return table && { sql: `${alter(table)} DROP COLUMN ${column.q} CASCADE`, expect: 'destructive' }
  },
  drop_and_add_column(m) {
    const [table, column] = m.column()
    return table && { sql: [`${alter(table)} DROP COLUMN ${column.q} CASCADE`, `${alter(table)} ADD COLUMN ${column.q} ${m.type()}`], expect: 'destructive' }
  },
  rename_column(m) {
    const table = m.table()
    return table && { sql: `${alter(table)} RENAME COLUMN ${m.r.pick(table.cols).q} TO ${ident(m.newColumn(table))}`, expect: 'destructive' }
  },
  swap_columns(m) {
    const table = m.table((t) => t.cols.length > 2)
    if (!table) return null
    const [a, b] = m.r.shuffle(table.cols.slice(1)).map((c) => c.q)
    return { sql: [[a, 'aside_'], [b, a], ['aside_', b]].map(([x, y]) => `${alter(table)} RENAME COLUMN ${x} TO ${y}`), expect: 'destructive' }
  },
  rename_chain(m) {
    const table = m.table((t) => t.cols.length > 2)
    if (!table) return null
    const [a, b] = m.r.shuffle(table.cols.slice(1)).map((c) => c.q)
    return { sql: [`${alter(table)} RENAME COLUMN ${a} TO ${ident(m.newColumn(table))}`, `${alter(table)} RENAME COLUMN ${b} TO ${a}`], expect: 'destructive' }
  },
  rename_there_and_back(m) {
    const [table, column] = m.column()
    return table && { sql: [`${alter(table)} RENAME COLUMN ${column.q} TO elsewhere`, `${alter(table)} RENAME COLUMN elsewhere TO ${column.q}`] }
  },

  widen(m) {
    const [table, column] = m.column((c) => wider[c.type] && !c.gen)
    return table && { sql: setType(m, table, column, m.r.pick(wider[column.type])), expect: 'additive' }
  },
  widen_key(m) {
    const table = m.table((t) => /^(smallint|integer)$/.test(t.cols[0].type))
    return table && { sql: setType(m, table, table.cols[0], wider[table.cols[0].type][0]), expect: 'additive' }
  },
  narrow(m) {
    const [table, column] = m.column((c) => !c.gen && (c.type === 'bigint' || c.type === 'text' || c.type === 'integer' || c.type === 'numeric'))
    return table && { sql: setType(m, table, column, { bigint: 'integer', text: 'character varying(12)', integer: 'smallint', numeric: 'numeric(6,2)' }[column.type]), expect: 'destructive' }
  },
  retype(m) {
    const [table, column] = m.column((c) => plain(c) && c.def === null && !c.labels && !isVarying(c.type))
    if (!table) return null
    const to = { integer: 'numeric', boolean: 'integer', text: 'text[]', uuid: 'text', jsonb: 'text', date: 'timestamp with time zone' }[column.type] ?? 'text'
    const using = { boolean: `${column.q}::integer`, text: `ARRAY[${column.q}]`, jsonb: `${column.q}::text` }[column.type]
    return to === column.type ? null : { sql: setType(m, table, column, to, using ? ` USING ${using}` : ''), expect: 'destructive' }
  },
  using(m) {
    const [table, column] = m.column((c) => plain(c) && (isText(c.type) || isInteger(c.type) || c.type === 'jsonb' || c.type === 'boolean'))
    if (!table) return null
    const expression = isText(column.type) ? `upper(${column.q})` : isInteger(column.type) ? `${column.q} / 2` : column.type === 'boolean' ? `NOT ${column.q}` : "'{}'"
    return { sql: setType(m, table, column, column.type, ` USING ${expression}`), expect: 'destructive' }
  },
  using_and_widen(m) {
    const [table, column] = m.column((c) => plain(c) && c.type === 'integer')
    return table && { sql: setType(m, table, column, 'bigint', ` USING ${column.q}::bigint / 3`), expect: 'destructive' }
  },
  there_and_back(m) {
    const [table, column] = m.column((c) => plain(c) && /^(timestamp|text$|numeric$)/.test(c.type))
    if (!table) return null
    const via = { 'timestamp with time zone': 'date', text: 'character varying(12)', numeric: 'numeric(6,2)' }[column.type]
    const using = column.type === 'text' ? ` USING left(${column.q}, 2)` : ''
    return { sql: [setType(m, table, column, via, using), setType(m, table, column, column.type)], expect: 'destructive' }
  },
  wider_and_back(m) {
    const [table, column] = m.column((c) => plain(c) && c.type === 'integer')
    return table && { sql: [setType(m, table, column, 'bigint'), setType(m, table, column, 'integer')] }
  },
  collate(m) {
    const [table, column] = m.column((c) => plain(c) && c.type === 'text')
    return table && { sql: setType(m, table, column, `text COLLATE "C"`) }
  },

  set_not_null(m) {
    const [table, column] = m.column((c) => !c.nn && !c.gen)
    return table && { sql: [...(m.r.chance(0.5) ? [`DELETE FROM ${table.q} WHERE ${column.q} IS NULL`] : []), `${alter(table)} ALTER COLUMN ${column.q} SET NOT NULL`], expect: 'destructive', dirty: m.state.tables.map((t) => t.q) }
  },
  drop_not_null(m) {
    const [table, column] = m.column((c) => c.nn && !c.id)
    return table && { sql: `${alter(table)} ALTER COLUMN ${column.q} DROP NOT NULL`, expect: 'additive' }
  },
  set_default(m) {
    const [table, column] = m.column(plain)
    if (!table) return null
    const sql = m.r.pick([constant(m, column.type), constant(m, column.type), stable(column.type), volatile(column.type)])
    return sql && { sql: `${alter(table)} ALTER COLUMN ${column.q} SET DEFAULT ${sql}`, expect: unseen(m.state, table, column) ? 'additive' : undefined }
  },
  set_bad_default(m) {
    const [table, column] = m.column(plain)
    if (!table || !m.r.chance(0.3)) return null
    const sql = isInteger(column.type) ? m.r.pick(['1 / 0', '99999999999', 'NULLIF(1, 1)']) : isText(column.type) ? m.r.pick(["'far too long for it'", "NULLIF('a', 'a')"]) : column.type.startsWith('numeric') ? '99999999' : null
    return sql && { sql: `${alter(table)} ALTER COLUMN ${column.q} SET DEFAULT ${sql}` }
  },
  set_default_nextval(m) {
    const [table, column] = m.column((c) => plain(c) && c.type === 'bigint')
    const s = m.state.sequences.length > 0 && m.r.pick(m.state.sequences.filter((s) => s.owned !== 'i'))
    return table && s && { sql: `${alter(table)} ALTER COLUMN ${column.q} SET DEFAULT nextval(${literal(s.q)})` }
  },
  drop_default(m) {
    const [table, column] = m.column((c) => plain(c) && c.def !== null)
    if (!table) return null
    const expect = column.nn ? 'destructive' : unseen(m.state, table, column) ? 'additive' : undefined
    return { sql: `${alter(table)} ALTER COLUMN ${column.q} DROP DEFAULT`, expect }
  },
  add_identity(m) {
    const [table, column] = m.column((c) => plain(c) && c.nn && isInteger(c.type))
    return table && { sql: [...(column.def ? [`${alter(table)} ALTER COLUMN ${column.q} DROP DEFAULT`] : []), `${alter(table)} ALTER COLUMN ${column.q} ADD GENERATED ${m.r.pick(['ALWAYS', 'BY DEFAULT'])} AS IDENTITY`] }
  },
  alter_identity(m) {
    const list = m.state.tables.flatMap((t) => t.cols.filter((c) => c.id).map((c) => [t, c]))
    if (list.length === 0) return null
    const [table, column] = m.r.pick(list)
    const [sql, expect] = m.r.pick([
      ['SET GENERATED ALWAYS', column.id === 'a' ? undefined : 'destructive'],
      ['SET GENERATED BY DEFAULT', column.id === 'd' ? undefined : 'additive'],
      ['SET CACHE 7', undefined],
      ['SET MAXVALUE 30000', undefined],
      ['SET CYCLE', undefined],
    ])
    return { sql: `${alter(table)} ALTER COLUMN ${column.q} ${sql}`, expect }
  },
  drop_identity(m) {
    const list = m.state.tables.flatMap((t) => t.cols.filter((c) => c.id).map((c) => [t, c]))
    if (list.length === 0) return null
    const [table, column] = m.r.pick(list)
    return { sql: `${alter(table)} ALTER COLUMN ${column.q} DROP IDENTITY`, expect: 'destructive' }
  },
  drop_expression(m) {
    const [table, column] = m.column((c) => c.gen)
    return table && { sql: `${alter(table)} ALTER COLUMN ${column.q} DROP EXPRESSION`, expect: 'destructive' }
  },

  add_check(m) {
    const [table, column] = m.column()
    return table && { sql: `${alter(table)} ADD CHECK (${check(m, column)})${m.r.chance(0.4) ? ' NOT VALID' : ''}`, expect: 'destructive' }
  },
  add_unique(m) {
    const [table, column] = m.column((c) => c.type !== 'jsonb')
    return table && { sql: `${alter(table)} ADD UNIQUE (${column.q})${m.r.pick(['', '', ' DEFERRABLE', ' DEFERRABLE INITIALLY DEFERRED'])}`, expect: 'destructive' }
  },
  add_exclusion(m) {
    const [table, column] = m.column((c) => c.type !== 'jsonb')
    return table && { sql: `${alter(table)} ADD EXCLUDE USING btree (${column.q} WITH =)`, expect: 'destructive' }
  },
  add_foreign_key(m) {
    const target = m.table((t) => t.cons.some((c) => c.type === 'p' && c.cols.length === 1 && c.cols[0] === t.cols[0].num))
    const [table, column] = target ? m.column((c) => c.type === target.cols[0].type && !c.gen) : []
    return table && { sql: `${alter(table)} ADD FOREIGN KEY (${column.q}) REFERENCES ${target.q}${m.r.pick(['', ' DEFERRABLE', ' ON DELETE CASCADE'])}${m.r.chance(0.5) ? ' NOT VALID' : ''}`, expect: 'destructive' }
  },
  // Circular: two tables that refer to each other, by new columns.
  add_circle(m) {
    const keyed = (t) => t.cols.length < 9 && t.cons.some((c) => c.type === 'p' && c.cols.length === 1 && c.cols[0] === t.cols[0].num)
    const one = m.table(keyed)
    const two = one && m.table((t) => t !== one && keyed(t))
    if (!two) return null
    const add = (from, to) => `${alter(from)} ADD COLUMN ${ident(m.newColumn(from))} ${to.cols[0].type} REFERENCES ${to.q} DEFERRABLE`
    return { sql: [add(one, two), add(two, one)], expect: 'additive' }
  },
  add_primary_key(m) {
    const table = m.table((t) => !t.cons.some((c) => c.type === 'p'))
    return table && { sql: `${alter(table)} ADD PRIMARY KEY (${table.cols[0].q})`, expect: 'destructive' }
  },
  drop_check_or_key(m) {
    const [table, constraint] = m.constraint((c) => 'cf'.includes(c.type))
    return table && { sql: `${alter(table)} DROP CONSTRAINT ${constraint.q}`, expect: 'additive' }
  },
  drop_unique(m) {
    const [table, constraint] = m.constraint((c) => 'ux'.includes(c.type) || (c.type === 'p' && m.r.chance(0.3)))
    return table && { sql: `${alter(table)} DROP CONSTRAINT ${constraint.q} CASCADE`, expect: 'destructive' }
  },
  rename_check_or_key(m) {
    const [table, constraint] = m.constraint((c) => 'cf'.includes(c.type))
    return table && { sql: `${alter(table)} RENAME CONSTRAINT ${constraint.q} TO ${ident(`renamed ${m.r.below(1000)}`)}`, expect: 'additive' }
  },
  rename_unique(m) {
    const [table, constraint] = m.constraint((c) => 'pux'.includes(c.type))
    return table && { sql: `${alter(table)} RENAME CONSTRAINT ${constraint.q} TO ${ident(`renamed ${m.r.below(1000)}`)}`, expect: 'destructive' }
  },
  timing(m) {
    const [table, constraint] = m.constraint((c) => c.type === 'f' && !c.inherited)
    return table && { sql: `${alter(table)} ALTER CONSTRAINT ${constraint.q} ${m.r.pick(['NOT DEFERRABLE', 'DEFERRABLE', 'DEFERRABLE INITIALLY DEFERRED'])}` }
  },
  remake_unique(m) {
    const [table, constraint] = m.constraint((c) => c.type === 'u')
    return table && { sql: `${alter(table)} DROP CONSTRAINT ${constraint.q} CASCADE, ADD CONSTRAINT ${constraint.q} ${constraint.def.replace(/ DEFERRABLE.*/, '')}${constraint.deferrable ? '' : ' DEFERRABLE'}` }
  },
  validate(m) {
    const [table, constraint] = m.constraint((c) => !c.valid)
    return table && { sql: `${alter(table)} VALIDATE CONSTRAINT ${constraint.q}`, expect: 'destructive' }
  },

  create_index(m) {
    const table = m.table()
    if (!table) return null
    const columns = m.r.shuffle(table.cols).slice(0, m.r.between(1, 2)).map((c) => c.q + m.r.pick(['', ' DESC', '']))
    return { sql: `CREATE INDEX ON ${table.q} (${columns.join(', ')})${m.r.chance(0.2) ? ' WITH (fillfactor = 70)' : ''}`, expect: 'additive' }
  },
  create_partial_index(m) {
    const [table, column] = m.column()
    return table && { sql: `CREATE INDEX ON ${table.q} (${m.r.pick(table.cols).q}) WHERE ${predicate(m, column)}`, expect: 'additive' }
  },
  create_expression_index(m) {
    const [table, column] = m.column()
    const expression = table && over(m, column)?.[0]
    return expression && { sql: `CREATE ${m.r.chance(0.2) ? 'UNIQUE ' : ''}INDEX ON ${table.q} ((${expression}))` }
  },
  create_unique_index(m) {
    const [table, column] = m.column((c) => c.type !== 'jsonb')
    const where = table && m.r.chance(0.3) ? ` WHERE ${predicate(m, m.r.pick(table.cols.slice(1)))}` : ''
    return table && { sql: `CREATE UNIQUE INDEX ON ${table.q} (${column.q})${m.r.chance(0.2) ? ' NULLS NOT DISTINCT' : ''}${where}`, expect: 'destructive' }
  },
  drop_index(m) {
    const [table, index] = m.index()
    return table && { sql: `DROP INDEX ${qualify(table.schema, index.n)}`, expect: index.unique ? 'destructive' : 'additive' }
  },
  rename_index(m) {
    const [table, index] = m.index()
    return table && { sql: `ALTER INDEX ${qualify(table.schema, index.n)} RENAME TO ${ident(m.fresh(table.schema, ['ix', 'Index two', 'ix3', 'ix4']))}`, expect: index.unique ? undefined : 'additive' }
  },
  swap_index_and_table_names(m) {
    const [table, index] = m.index((i) => !i.unique)
    const other = table && m.table((t) => t.schema === table.schema)
    if (!other) return null
    return { sql: [`ALTER INDEX ${qualify(table.schema, index.n)} RENAME TO aside_ix`, `${alter(other)} RENAME TO ${ident(index.n)}`, `ALTER INDEX ${qualify(table.schema, 'aside_ix')} RENAME TO ${ident(other.name)}`], expect: 'destructive' }
  },
  index_options(m) {
    const [table, index] = m.index((i) => !i.unique)
    if (!table) return null
    const name = qualify(table.schema, index.n)
    return { sql: index.options && m.r.chance(0.5) ? `ALTER INDEX ${name} RESET (fillfactor)` : `ALTER INDEX ${name} SET (fillfactor = ${m.r.between(50, 90)})`, expect: 'additive' }
  },
  recreate_index(m) {
    const [table, index] = m.index((i) => !i.unique && !i.expr)
    return table && { sql: [`DROP INDEX ${qualify(table.schema, index.n)}`, `CREATE INDEX ${index.q} ON ${table.q} (${m.r.pick(table.cols).q})`], expect: 'additive' }
  },
}
