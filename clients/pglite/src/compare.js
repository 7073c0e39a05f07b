/** Two descriptions of a schema, object by object. */

/** Kinds whose parts follow from their own definition. */
const WHOLE = new Set(['column', 'constraint', 'view', 'materialized view'])

/**
 * What is there and should not be, what should be there and is not, and what is another thing than it should be. What goes with
 * something that is named is not named itself: a missing table's columns, an extra constraint's index.
 * @param {Map<string, import('./describe.js').Described>} expected
 * @param {Map<string, import('./describe.js').Described>} actual
 */
export function compare(expected, actual) {
  const differs = (object) => expected.get(object)?.definition !== actual.get(object)?.definition
  const follows = ({ partOf }, here, there) =>
    here.has(partOf) && (!there.has(partOf) || (WHOLE.has(here.get(partOf).kind) && differs(partOf)))

  const places = [columnsOf(expected), columnsOf(actual)]
  const extra = []
  const missing = []
  const different = []
  const own = []
  for (const object of [...new Set([...expected.keys(), ...actual.keys()])].sort()) {
    const must = expected.get(object)
    const is = actual.get(object)
    if (!must) {
      // Triggers are not distributed, so what they call is the client's own.
      if (is.kind === 'trigger function' || follows(is, actual, expected)) continue
      extra.push({ object, actual: is.definition })
      if (is.partOf.startsWith('schema ')) own.push(object)
    } else if (!is) {
      if (!follows(must, expected, actual)) missing.push({ object, expected: must.definition })
    } else {
      if (differs(object) && !follows(must, expected, actual)) {
        different.push({ object, expected: must.definition, actual: is.definition })
      }
      const [should, does] = commonColumns(object, places)
      if (should !== does) different.push({ object, expected: `columns in the order ${should}`, actual: `columns in the order ${does}` })
    }
  }
  const ok = extra.length === 0 && missing.length === 0 && different.length === 0
  // A bootstrap builds anew what the server distributes, and leaves the client's own alone, even where it is in the way.
  const remedy = { bootstrap: missing.length > 0 || different.length > 0 || own.length < extra.length, own }
  return { ok, extra, missing, different, remedy: ok ? null : remedy }
}

/** The columns of each relation, in order. */
function columnsOf(objects) {
  const columns = new Map()
  const placed = [...objects].filter(([, { place }]) => place !== null).sort(([, a], [, b]) => a.place - b.place)
  for (const [object, { partOf }] of placed) columns.set(partOf, [...(columns.get(partOf) ?? []), object])
  return columns
}

function commonColumns(relation, places) {
  const lists = places.map((columns) => columns.get(relation) ?? [])
  return lists.map((list, i) => list.filter((column) => lists[1 - i].includes(column)).join(', '))
}
