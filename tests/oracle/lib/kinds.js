import { readFileSync } from 'node:fs'

const source = readFileSync(new URL('../../../crates/core/src/change.rs', import.meta.url), 'utf8')

/** The tags of the change enum, read from its source, so that a new kind cannot be forgotten. */
export function changeKinds() {
  const body = /pub enum Change \{\n([\s\S]*?)\n\}/.exec(source)
  if (!body) throw new Error('crates/core/src/change.rs has no `pub enum Change`')
  // Variants stand at the first level of indentation.
  const variants = [...body[1].matchAll(/^ {4}([A-Z]\w*)/gm)].map(([, name]) => name)
  return variants.map((name) => name.replace(/(?<!^)[A-Z]/g, '_$&').toLowerCase())
}

/** Kinds that the server at hand cannot make. */
export const impossible = (version) => (version < 170000 ? { set_expression: 'ALTER COLUMN … SET EXPRESSION came with PostgreSQL 17' } : {})
