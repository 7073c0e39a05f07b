import { code } from './ddl/code.js'
import { families } from './ddl/families.js'
import { make } from './ddl/make.js'
import { tables } from './ddl/tables.js'
import { types } from './ddl/types.js'

const kinds = { ...tables, ...types, ...code, ...families }
export const generators = Object.keys(kinds)

/** One transaction of DDL: `{ kind, sql, expect }`, or null where the schema at hand has nothing for this kind. */
export function ddl(r, state, only) {
  if (!only && r.chance(0.12)) return several(r, state)
    // What is not valid yet does not stay so for long.
  const pending = state.tables.some((t) => t.cons.some((c) => !c.valid)) && r.chance(0.15)
  const kind = only ?? (pending ? 'validate' : r.pick(generators))
  const made = kinds[kind](make(r, state))
  if (!made) return null
  const sql = [made.sql].flat()
  const wrapped = !only && r.chance(0.08) && !sql.some((s) => s.includes('$do$'))
  return { kind, kinds: [kind], expect: made.expect, dirty: made.dirty, filled: made.filled, sql: wrapped ? [`DO $do$ BEGIN ${sql.join('; ')}; END $do$`] : sql }
}

// Changes that know nothing of each other, in one transaction. What they are together is for the checks to find out.
function several(r, state) {
  const parts = []
  for (let i = 0; i < r.between(2, 3); i++) {
    const part = ddl(r, state, r.pick(generators))
    if (part) parts.push(part)
  }
  if (parts.length < 2) return null
  return { kind: 'several', kinds: parts.flatMap((part) => part.kinds), sql: parts.flatMap((part) => part.sql), dirty: parts.flatMap((part) => part.dirty ?? []), expect: undefined }
}

