/** What Drizzle cuts at, wherever it stands. */
export const BREAKPOINT = '--> statement-breakpoint'

// A comment may hold comments, of which one level is enough for what people write.
const TOKEN = new RegExp(
  [
    String.raw`\b[eE]'(?:[^'\\]|\\[\s\S]|'')*'`,
    String.raw`'(?:[^']|'')*'`,
    String.raw`"(?:[^"]|"")*"`,
    String.raw`(?<![\w$])(\$(?:[a-z_\u0080-\uffff][\w\u0080-\uffff]*)?\$)[\s\S]*?\1`,
    BREAKPOINT,
    String.raw`--[^\n]*`,
    String.raw`\/\*(?:\/\*[\s\S]*?\*\/|[\s\S])*?\*\/`,
    ';',
    String.raw`[\w$\u0080-\uffff]+`,
    String.raw`[\s\S]`,
  ].join('|'),
  'gi',
)

/**
 * The statements of a script with their places. `text` has no semicolon, `end` is behind it.
 * @returns {{ start: number, end: number, text: string }[]}
 */
export function statements(script) {
  const found = []
  let start = 0
  let hasCode = false
  const close = (end, next, text = script.slice(start, end)) => {
    if (hasCode) found.push({ start, end: next, text })
    start = next
    hasCode = false
  }
  for (const { 0: part, index } of script.matchAll(TOKEN)) {
    const next = index + part.length
    if (part === ';') {
      close(index, next)
    } else if (part === BREAKPOINT) {
      close(index, index)
      start = next
    } else if (part.trim() && !part.startsWith('--') && !part.startsWith('/*')) {
      hasCode = true
    }
  }
  close(script.length, script.length)
  return found
}

/** The statements of a script, cut where psql would cut them, and at breakpoints. */
export const split = (script) => statements(script).map(({ text }) => text.trim())
