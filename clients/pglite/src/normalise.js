/**
 * PostgreSQL 15 prints an index on `d AT TIME ZONE 'UTC'` with a pair of parentheses that 18 knows to be needless:
 * `btree (((d AT TIME ZONE 'UTC'::text)))`. A pair that encloses nothing but another pair says nothing on any version,
 * so it goes. It is the one difference that some fifty forms of expressions showed, as index keys and predicates,
 * checks and generated columns.
 * And a query of nothing but VALUES is printed as `(VALUES (1))`, and what was printed so, when it has been read again, as
 * `( VALUES (1))`.
 */
export function normalise(text) {
  const definition = text.replaceAll('( VALUES (', '(VALUES (')
  const partner = parentheses(definition)
  let out = ''
  for (let i = 0; i < definition.length; i++) {
    const enclosed = definition[i] === '(' ? [i + 1, partner.get(i) - 1] : [partner.get(i) + 1, i - 1]
    const needless = partner.has(i) && definition[enclosed[0]] === '(' && partner.get(enclosed[0]) === enclosed[1]
    if (!needless) out += definition[i]
  }
  return out
}

// Positions of each opening parenthesis and its closing one, and back; not those in quotes.
function parentheses(text) {
  const partner = new Map()
  const open = []
  let quote = null
  for (let i = 0; i < text.length; i++) {
    const c = text[i]
    if (quote) {
      if (c === quote) quote = null
    } else if (c === "'" || c === '"') {
      quote = c
    } else if (c === '(') {
      open.push(i)
    } else if (c === ')' && open.length > 0) {
      const start = open.pop()
      partner.set(start, i).set(i, start)
    }
  }
  return partner
}
