import { readFileSync } from 'node:fs'

const source = readFileSync(new URL('../../../crates/core/src/change.rs', import.meta.url), 'utf8')

/** The tags of the change enum, read from its source, so that a new kind cannot be forgotten. */
export function changeKinds() {
  const [, indentation, body] = /^( *)pub enum Change \{\n([\s\S]*?)\n\1\}/m.exec(source) ?? []
  // Variants stand one level deeper.
  const variants = [...(body ?? '').matchAll(new RegExp(`^${indentation} {4}([A-Z]\\w*)`, 'gm'))].map(([, name]) => name)
  if (variants.length === 0) throw new Error('crates/core/src/change.rs has no `pub enum Change` with variants')
  return variants.map((name) => name.replace(/(?<!^)[A-Z]/g, '_$&').toLowerCase())
}

/** Kinds that the server at hand cannot make. */
export const impossible = (version) => (version < 170000 ? { set_expression: 'ALTER COLUMN … SET EXPRESSION came with PostgreSQL 17' } : {})
