const colours = process.stdout.isTTY && !process.env.NO_COLOR
const paint = (code) => (text) => (colours ? `\x1b[${code}m${text}\x1b[0m` : text)
const bold = paint(1)
const dim = paint(2)
const red = paint(31)
const green = paint(32)

const WIDTH = Math.max(80, Math.min(process.stdout.columns ?? 120, 160))
const LABEL = 13
const BOOTSTRAP_LINES = 6

export const short = (hash) => hash.slice(0, 12)

export function title(text, ...notes) {
  console.log(`\n${bold(text)}`)
  for (const note of notes) console.log(dim(note))
}

export function ledger(entries) {
  heading('The ledger')
  console.log(dim(row('seq', 'class', 'hash', 'what clients run')))
  for (const { seq, class: kind, hash, statements } of entries) {
    const more = statements.length > 1 ? `  (+${statements.length - 1})` : ''
    const first = oneLine(statements[0] ?? '')
    const plain = row(seq, kind, short(hash), '')
    console.log(
      row(seq, '\0', short(hash), cut(first, WIDTH - plain.length - more.length)).replace(
        '\0'.padEnd(11),
        (kind === 'destructive' ? red : green)(kind.padEnd(11)),
      ) + dim(more),
    )
  }
}

function row(seq, kind, hash, statements) {
  return `  ${String(seq).padStart(3)}  ${kind.padEnd(11)}  ${hash.padEnd(12)}  ${statements}`
}

export function heading(text, note = '') {
  console.log(`\n${bold(text)}${note && `  ${dim(note)}`}`)
}

export function field(name, text) {
  console.log(`  ${dim(name.padEnd(LABEL))}${text}`)
}

export function position(at) {
  return at ? `seq ${String(at.seq).padStart(2)}  ${short(at.hash)}` : 'nothing'
}

export function verdict(good, text) {
  return good ? green(text) : red(text)
}

/** A bootstrap is the whole schema: its first lines are enough to see what it is. */
export function statements(name, list, { all }) {
  const shown = all ? list : list.slice(0, BOOTSTRAP_LINES)
  if (shown.length === 0) field(name, dim('nothing'))
  shown.forEach((statement, i) => field(i === 0 ? name : '', cut(oneLine(statement), WIDTH - LABEL - 2)))
  if (shown.length < list.length) field('', dim(`… and ${list.length - shown.length} more statements`))
}

export function tables(list) {
  return list.length > 0 ? list.map(({ schema, table }) => `${schema}.${table}`).join(', ') : dim('none')
}

export function differences(lines) {
  for (const line of lines) console.log(red(`    ${line}`))
}

function oneLine(text) {
  return text.replace(/\s+/g, ' ').trim()
}

function cut(text, width) {
  return text.length > width ? `${text.slice(0, width - 1)}…` : text
}
