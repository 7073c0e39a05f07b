import { literal, shapeOf, value } from './values.js'

// Rows of a client's own have keys from here on; no server row ever has.
export const LOCAL = 20000

const number = (key) => Number(key.replace(/\D/g, ''))
export const isLocal = (key) => number(key) >= LOCAL

const keyText = (table, n) => (/char|text/.test(table.cols[0].type) ? `r${n}` : String(n))

/** The rows that one sees in a table: its own, and those of its children, with its columns. */
export function rowsIn(state, table) {
  if (table.kind === 'r' && table.children === 0) return state.rows[table.oid] ?? {}
  const all = { ...state.rows[table.oid] }
  for (const child of state.tables.filter((t) => t.parents.includes(table.oid))) {
    const places = table.cols.map((c) => child.cols.findIndex((d) => d.n === c.n))
    for (const [key, row] of Object.entries(rowsIn(state, child))) all[key] = places.map((at) => row[at] ?? null)
  }
  return all
}

/** A value for a column as SQL; often one that another row has already, so that keys and references meet. */
function sample(r, state, table, column) {
  const reference = table.cons.find((c) => c.type === 'f' && c.cols.includes(column.num))
  if (reference && r.chance(0.85)) {
    const target = state.tables.find((t) => t.oid === reference.ref)
    const number = reference.refcols[reference.cols.indexOf(column.num)]
    const at = target?.cols.findIndex((c) => c.num === number)
    const values = target ? Object.values(rowsIn(state, target)).map((row) => row[at]) : []
    const known = values.filter((text) => text !== null)
    if (known.length > 0) return literal(r.pick(known))
  }
  if (!column.nn && r.chance(0.25)) return 'NULL'
  if (r.chance(0.25)) {
    const at = table.cols.indexOf(column)
    const known = Object.values(rowsIn(state, table)).map((row) => row[at]).filter((text) => text !== null)
    if (known.length > 0) return literal(r.pick(known))
  }
  const text = value(r, column)
  return text === null ? 'NULL' : literal(text)
}

const writable = (table) => table.cols.slice(1).filter((column) => !column.gen)

function insert(r, state, table, key, columns, tail = '') {
  const list = [table.cols[0], ...columns]
  const values = [literal(keyText(table, key)), ...columns.map((column) => sample(r, state, table, column))]
  const overriding = list.some((column) => column.id === 'a') ? ' OVERRIDING SYSTEM VALUE' : ''
  return `INSERT INTO ${table.q} (${list.map((c) => c.q).join(', ')})${overriding} VALUES (${values.join(', ')})${tail}`
}

const byKey = (table, key) => `${table.cols[0].q} = ${literal(key)}`

/** Inserts, updates that fill NULLs or make them, deletes. `nextKey` gives keys that no row had. */
export function dml(r, state, nextKey, count) {
  const statements = []
  const tables = state.tables.filter((table) => table.cols.length > 0)
  if (tables.length === 0) return []
  for (let i = 0; i < count; i++) {
    const table = r.pick(tables)
    const keys = Object.keys(rowsIn(state, table))
    const columns = writable(table).filter((column) => column.id !== 'a')
    const kind = keys.length < 3 ? 0 : keys.length > 14 ? 5 : r.below(6)
    if (kind <= 2) {
      const given = r.chance(0.5) ? writable(table) : columns.filter((c) => (c.nn && !c.def && !c.id) || r.chance(0.7))
      statements.push(insert(r, state, table, nextKey(), given))
    } else if (kind === 3 && columns.length > 0) {
      const column = r.pick(columns)
      statements.push(`UPDATE ${table.q} SET ${column.q} = ${sample(r, state, table, column)} WHERE ${column.q} IS NULL`)
    } else if (kind === 4 && columns.length > 0) {
      const column = r.pick(columns)
      statements.push(`UPDATE ${table.q} SET ${column.q} = ${sample(r, state, table, column)} WHERE ${byKey(table, r.pick(keys))}`)
    } else {
      statements.push(`DELETE FROM ${table.q} WHERE ${byKey(table, r.pick(keys))}`)
    }
  }
  return statements
}

/** Row by row, everything that may be written: for a download. */
export function copies(table, rows) {
  return Object.values(rows).map((row) => {
    const list = table.cols.map((column, i) => [column, row[i]]).filter(([column]) => !column.gen)
    const values = list.map(([, text]) => (text === null ? 'NULL' : literal(text)))
    return `INSERT INTO ${table.q} (${list.map(([c]) => c.q).join(', ')}) OVERRIDING SYSTEM VALUE VALUES (${values.join(', ')})`
  })
}

/** What an application may do with this schema and these rows: statements that qualify names and list columns. */
export function applications(r, state, most, plan) {
  const out = []
  for (const table of state.tables) {
    const [key] = table.cols
    if (!key) continue
    const keys = Object.keys(rowsIn(state, table))
    const columns = writable(table).filter((column) => column.id !== 'a')
    const names = table.cols.map((c) => c.q).join(', ')
    let fresh = LOCAL + 9000
    const required = columns.filter((c) => c.nn && c.def === null && !c.id)
    out.push(`SELECT ${names} FROM ${table.q} ORDER BY ${names}`)
    for (const column of table.cols) out.push(`SELECT ${names} FROM ${table.q} WHERE ${column.q} = ${sample(r, state, table, column)}`)
    out.push(insert(r, state, table, fresh++, columns))
    out.push(insert(r, state, table, fresh++, writable(table)))
    for (let i = 0; i < 3; i++) out.push(insert(r, state, table, fresh++, required))
    for (const column of columns) {
      if (!required.includes(column)) out.push(insert(r, state, table, fresh++, columns.filter((c) => c !== column)))
    }
    for (let i = 0; i < 2; i++) {
      const some = columns.filter((c) => required.includes(c) || r.chance(0.5))
      out.push(insert(r, state, table, fresh++, some))
    }
    // Without its key, where something else gives one.
    if ((key.def !== null || key.id) && required.length === 0) out.push(`INSERT INTO ${table.q} DEFAULT VALUES`)
    // Two rows in one statement that both leave out what they may.
    const two = [0, 1].map(() => `(${[literal(keyText(table, fresh++)), ...required.map((c) => sample(r, state, table, c))].join(', ')})`)
    out.push(`INSERT INTO ${table.q} (${[key, ...required].map((c) => c.q).join(', ')}) OVERRIDING SYSTEM VALUE VALUES ${two.join(', ')}`)
    for (const column of columns) {
      const all = keys.length > 0 && r.chance(0.6) ? ` WHERE ${byKey(table, r.pick(keys))}` : ''
      out.push(`UPDATE ${table.q} SET ${column.q} = ${sample(r, state, table, column)}${all}`)
      out.push(`UPDATE ${table.q} SET ${column.q} = ${column.q}`)
      out.push(`UPDATE ${table.q} SET ${column.q} = DEFAULT${all}`)
    }
    out.push(`DELETE FROM ${table.q}`)
    for (const one of r.shuffle(keys).slice(0, 2)) out.push(`DELETE FROM ${table.q} WHERE ${byKey(table, one)}`)
    const targets = [
      ...table.cons.filter((c) => 'pu'.includes(c.type)).flatMap((c) => [target(table, c.cols), `ON CONSTRAINT ${c.q}`]),
      ...table.cons.filter((c) => c.type === 'x').map((c) => `ON CONSTRAINT ${c.q}`),
      ...table.idx.filter((i) => i.unique && !i.expr).map((i) => target(table, i.cols) + (i.pred ? ` WHERE ${i.pred}` : '')),
    ]
    for (const conflict of new Set(targets)) {
      const existing = keys.length > 0 ? number(r.pick(keys)) : fresh++
      const column = columns.length > 0 ? r.pick(columns) : key
      out.push(insert(r, state, table, existing, columns, ` ON CONFLICT ${conflict} DO UPDATE SET ${column.q} = EXCLUDED.${column.q}`))
      out.push(insert(r, state, table, fresh++, required, ` ON CONFLICT ${conflict} DO NOTHING`))
    }
    // With a deferrable key it fails, unless another index, by the order in which they were made, has met a conflict before.
    const deferrable = [table, ...state.tables.filter((t) => t.parents.length > 0)].some((t) => t.cons.some((c) => 'pux'.includes(c.type) && c.deferrable))
    if (!deferrable) out.push(insert(r, state, table, keys.length > 0 ? number(r.pick(keys)) : 1, required, ' ON CONFLICT DO NOTHING'))
  }
  for (const sequence of state.sequences) out.push(`SELECT nextval(${literal(sequence.q)})`)
  for (const { q, base } of state.domains) out.push(`SELECT ${literal(value(r, { type: base }) ?? '')}::${q}`)
  for (const { q, labels } of state.enums) for (const label of labels) out.push(`SELECT ${literal(label)}::${q}`)
  for (const { q, cols, mat } of state.views) {
    const names = cols.map((c) => c.q).join(', ')
    out.push(`SELECT ${names} FROM ${q}`, `SELECT ${r.pick(cols).q} FROM ${q}`)
    if (!mat) out.push(`SELECT ${names} FROM ${q} WHERE ${r.pick(cols).q} IS NOT NULL`)
  }
  for (const { q, kind, types } of state.routines) {
    const values = types.map((type) => [value(r, { type }), type])
    out.push(`${kind === 'p' ? 'CALL' : 'SELECT'} ${q}(${values.map(([text, type]) => `${text === null ? 'NULL' : literal(text)}::${type}`).join(', ')})`)
  }
  for (const { q } of state.composites) out.push(`SELECT ${literal(value(r, shapeOf(state, q)))}::${q}`)
  // Rather what the plan is about; a bare name is enough to tell.
  const about = new Set(state.tables.filter((t) => plan.includes(t.q)).flatMap((t) => [t.q, ...state.tables.filter((o) => t.parents.includes(o.oid) || o.parents.includes(t.oid)).map((o) => o.q)]))
  const shuffled = r.shuffle(out)
  const near = shuffled.filter((sql) => [...about].some((q) => sql.includes(q)))
  const first = near.slice(0, Math.ceil(most * 0.6))
  return [...first, ...shuffled.filter((sql) => !first.includes(sql)).slice(0, most - first.length)]
}

const target = (table, numbers) => `(${numbers.map((num) => table.cols.find((c) => c.num === num).q).join(', ')})`
