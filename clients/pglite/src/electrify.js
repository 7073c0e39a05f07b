// Migration files with a call of electrify() behind every CREATE TABLE. Pure: texts in, texts out.

const BREAKPOINT = '--> statement-breakpoint'
const SPACE = String.raw`(?:\s|--[^\n]*(?:\n|$)|/\*[\s\S]*?\*/)`
const IDENT = String.raw`(?:"(?:[^"]|"")+"|[A-Za-z_\u0080-\uffff][\w$\u0080-\uffff]*)`
const NAME = String.raw`(${IDENT}(?:${SPACE}*\.${SPACE}*${IDENT})?)`
const words = (...list) => list.join(`${SPACE}+`)
const optional = (...list) => `(?:${words(...list)}${SPACE}+)?`
const statement = (pattern) => new RegExp(`^${SPACE}*${pattern}`, 'i')

// What follows the name decides whether it is a table of its own.
const CREATE = statement(`${words('CREATE', 'TABLE')}${SPACE}+${optional('IF', 'NOT', 'EXISTS')}${NAME}${SPACE}*(${words('PARTITION', 'OF')}\\b)?`)
const LEGACY = statement(
  `${words('ALTER', 'TABLE')}${SPACE}+${optional('IF', 'EXISTS')}${optional('ONLY')}${NAME}${SPACE}+${words('(ENABLE|DISABLE)', 'ELECTRIC')}${SPACE}*$`,
)
const CALL = statement(
  `CALL${SPACE}+electric_schema${SPACE}*\\.${SPACE}*(?:un)?electrify${SPACE}*\\(${SPACE}*'((?:[^']|'')*)'`,
)

/**
 * The statements of a script with their places; a `;` in a string, a comment or a dollar-quoted body ends none. Neither does
 * Drizzle's breakpoint alone: it cuts what is sent, wherever it stands.
 * @returns {{ start: number, end: number, text: string }[]}  `end` is behind the semicolon
 */
export function statements(script) {
  // A string with E has backslashes; a comment may hold comments, of which one level is enough for what is generated or typed.
  const token =
    /\b[eE]'(?:[^'\\]|\\[\s\S]|'')*'|'(?:[^']|'')*'|"(?:[^"]|"")*"|(?<![\w$])(\$(?:[A-Za-z_\u0080-\uffff][\w\u0080-\uffff]*)?\$)[\s\S]*?\1|--> statement-breakpoint|--[^\n]*|\/\*(?:\/\*[\s\S]*?\*\/|[\s\S])*?\*\/|;|[\w$\u0080-\uffff]+|[\s\S]/g
  const found = []
  let start = 0
  let hasCode = false
  const close = (end, next) => {
    if (hasCode) found.push({ start, end, text: script.slice(start, end).replace(/;$/, '') })
    start = next
    hasCode = false
  }
  for (const { 0: part, index } of script.matchAll(token)) {
    const next = index + part.length
    if (part === ';') close(next, next)
    else if (part === BREAKPOINT) close(index, next)
    else if (part.trim() && !part.startsWith('--') && !part.startsWith('/*')) hasCode = true
  }
  close(script.length, script.length)
  return found
}

/** A name as the server reads it: what is not quoted is folded to lower case. */
function parse(name) {
  const parts = [...name.matchAll(new RegExp(IDENT, 'g'))].map(([part]) =>
    part.startsWith('"') ? part.slice(1, -1).replaceAll('""', '"') : part.replace(/[A-Z]/g, (letter) => letter.toLowerCase()),
  )
  return { schema: parts.length > 1 ? parts[0] : 'public', name: parts.at(-1) }
}

const keyOf = (name) => JSON.stringify(Object.values(parse(name)))
const bare = (name) => name.replace(new RegExp(`^${IDENT}|${SPACE}+`, 'g'), (part) => (/^["\w\u0080-\uffff]/.test(part) ? part : ''))
const call = (name, procedure = 'electrify') => `CALL electric_schema.${procedure}('${bare(name).replaceAll("'", "''")}')`

/** Whether a pattern means a table: `name` or `schema.name`, with `*` for any characters. */
function matches(pattern, name) {
  const quoted = pattern.split('*').map((part) => part.replace(/[.+?^${}()|[\]\\]/g, '\\$&'))
  const { schema, name: table } = parse(name)
  return new RegExp(`^${quoted.join('.*')}$`).test(pattern.includes('.') ? `${schema}.${table}` : table)
}

/** What a script does, in order: tables created, and calls of electrify() or unelectrify(), in the old syntax or the new. */
function events(script) {
  return statements(script).flatMap(({ start, end, text }) => {
    const created = CREATE.exec(text)
    if (created) return created[2] ? [] : [{ kind: 'create', name: created[1], start, end }]
    const legacy = LEGACY.exec(text)
    if (legacy) return [{ kind: 'legacy', name: legacy[1], procedure: /^enable$/i.test(legacy[2]) ? 'electrify' : 'unelectrify', start, end, text }]
    const called = CALL.exec(text)
    return called ? [{ kind: 'call', name: called[1].replaceAll("''", "'"), start, end }] : []
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
  // Tables that are made again under a name are other tables.
  const decided = ({ name }, at) => {
    const next = all.slice(at + 1).find((event) => keyOf(event.name) === keyOf(name))
    return next !== undefined && next.kind !== 'create'
  }
  const wanted = all.filter((event, at) => {
    if (event.kind === 'create') return !decided(event, at) && !except.some((pattern) => matches(pattern, event.name))
    return event.kind === 'legacy'
  })
  return files.flatMap((file) => {
    const mine = wanted.filter((event) => event.file === file)
    if (mine.length === 0) return []
    const of = (kind) => mine.filter((event) => event.kind === kind).map(({ name }) => bare(name))
    // From the end, so that places stay what they are.
    const text = [...mine].reverse().reduce(edit, file.text)
    return [{ path: file.path, text, electrified: of('create'), translated: of('legacy') }]
  })
}

function edit(text, event) {
  const eol = text.includes('\r\n') ? '\r\n' : '\n'
  if (event.kind === 'legacy') {
    const place = event.start + event.text.search(/ALTER\s/i)
    return text.slice(0, place) + call(event.name, event.procedure) + text.slice(event.start + event.text.length)
  }
  const before = text.slice(0, event.end).trimEnd()
  const rest = text.slice(event.end)
  const added = `${before.endsWith(';') ? '' : ';'}${eol}${BREAKPOINT}${eol}${call(event.name)};`
  // What follows in the same chunk gets one of its own.
  const chunk = rest.split(BREAKPOINT)[0]
  const between = statements(chunk).length > 0 ? `${eol}${BREAKPOINT}` : ''
  return before + added + between + rest
}
