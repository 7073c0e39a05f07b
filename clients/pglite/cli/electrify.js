// Migrations with a call of electrify() behind every CREATE TABLE: texts in, texts out.

import { BREAKPOINT, statements } from './split.js'

const SPACE = String.raw`(?:\s|--[^\n]*(?:\n|$)|/\*[\s\S]*?\*/)`
const IDENT = String.raw`(?:"(?:[^"]|"")+"|[a-z_\u0080-\uffff][\w$\u0080-\uffff]*)`
const NAME = String.raw`(${IDENT}(?:\s*\.\s*${IDENT})?)`
const words = (...list) => list.join(`${SPACE}+`)
const optional = (...list) => `(?:${words(...list)}${SPACE}+)?`
const statement = (pattern) => new RegExp(`^${SPACE}*(?=\\w)${pattern}`, 'i')

// Temporary, unlogged and foreign tables are no CREATE TABLE, and partitions go where their table goes.
const CREATE = statement(
  `${words('CREATE', 'TABLE')}${SPACE}+${optional('IF', 'NOT', 'EXISTS')}${NAME}(?![\\w$"])(?!${SPACE}*${words('PARTITION', 'OF')}\\b)`,
)
const LEGACY = statement(
  `${words('ALTER', 'TABLE')}${SPACE}+${optional('IF', 'EXISTS')}${optional('ONLY')}${NAME}${SPACE}+${words('(ENABLE|DISABLE)', 'ELECTRIC')}${SPACE}*$`,
)
const CALL = statement(`CALL${SPACE}+electric_schema\\s*\\.\\s*(?:un)?electrify${SPACE}*\\(${SPACE}*'((?:[^']|'')*)'`)

const identifiers = (name) => name.match(new RegExp(IDENT, 'gi')) ?? [name]

/** A name as the server reads it: what is not quoted is folded to lower case. */
function parse(name) {
  const fold = (part) => part.replace(/[A-Z]/g, (letter) => letter.toLowerCase())
  const unquote = (part) => part.slice(1, -1).replaceAll('""', '"')
  const parts = identifiers(name).map((part) => (part.startsWith('"') ? unquote(part) : fold(part)))
  return { schema: parts.length > 1 ? parts[0] : 'public', table: parts.at(-1) }
}

function isSame(one, other) {
  const [a, b] = [parse(one), parse(other)]
  return a.schema === b.schema && a.table === b.table
}

/** Whether a pattern means a table: `name` or `schema.name`, with `*` for any characters. */
function matches(pattern, name) {
  const quoted = pattern.split('*').map((part) => part.replace(/[.+?^${}()|[\]\\]/g, '\\$&'))
  const { schema, table } = parse(name)
  return new RegExp(`^${quoted.join('.*')}$`).test(pattern.includes('.') ? `${schema}.${table}` : table)
}

const call = (name, procedure = 'electrify') =>
  `CALL electric_schema.${procedure}('${identifiers(name).join('.').replaceAll("'", "''")}')`

/** What a script does, in order: tables created, and calls of electrify() or unelectrify(), in the old syntax or the new. */
function events(script) {
  return statements(script).flatMap((statement) => {
    const event = (kind, name, more) => (parse(name).schema === 'pg_temp' ? [] : [{ ...statement, kind, name, ...more }])
    const created = CREATE.exec(statement.text)
    if (created) return event('create', created[1])
    const legacy = LEGACY.exec(statement.text)
    if (legacy) return event('legacy', legacy[1], { procedure: /^enable$/i.test(legacy[2]) ? 'electrify' : 'unelectrify' })
    const called = CALL.exec(statement.text)
    return called ? event('call', called[1].replaceAll("''", "'")) : []
  })
}

/**
 * Puts `CALL electric_schema.electrify(…)` behind every CREATE TABLE that none follows, and in the place of `ALTER TABLE … ENABLE ELECTRIC`.
 * A second run changes nothing.
 * @param {{ path: string, text: string }[]} files  in the order in which they run
 * @param {{ except?: string[] }} options  tables to be left as they are
 * @returns {{ path: string, text: string, electrified: string[], translated: string[] }[]}  the files that change
 */
export function electrify(files, { except = [] } = {}) {
  const all = files.flatMap((file) => events(file.text).map((event) => ({ ...event, file })))
  // A table that is made again under its name is another table.
  const isDecided = ({ name }, at) => (all.slice(at + 1).find((event) => isSame(event.name, name))?.kind ?? 'create') !== 'create'
  const isExcepted = ({ name }) => except.some((pattern) => matches(pattern, name))
  const wanted = all.filter((event, at) => event.kind === 'legacy' || (event.kind === 'create' && !isDecided(event, at) && !isExcepted(event)))
  return files.flatMap((file) => {
    const mine = wanted.filter((event) => event.file === file)
    if (mine.length === 0) return []
    const names = (kind) => mine.filter((event) => event.kind === kind).map(({ name }) => identifiers(name).join('.'))
    // From the end, so that places stay what they are.
    const text = mine.reduceRight(edit, file.text)
    return [{ path: file.path, text, electrified: names('create'), translated: names('legacy') }]
  })
}

function edit(text, event) {
  if (event.kind === 'legacy') {
    const from = event.start + statement('').exec(event.text)[0].length
    return text.slice(0, from) + call(event.name, event.procedure) + text.slice(event.start + event.text.trimEnd().length)
  }
  const eol = text.includes('\r\n') ? '\r\n' : '\n'
  const before = text.slice(0, event.end).trimEnd()
  const rest = text.slice(event.end)
  // A line of its own, as a comment may stand before it.
  const semicolon = before.endsWith(';') ? '' : `${eol};`
  // What follows in the same chunk gets one of its own.
  const breakpoint = statements(rest.split(BREAKPOINT)[0]).length > 0 ? eol + BREAKPOINT : ''
  return `${before}${semicolon}${eol}${BREAKPOINT}${eol}${call(event.name)};${breakpoint}${rest}`
}
