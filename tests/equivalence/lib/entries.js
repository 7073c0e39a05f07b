/** Where the ledger is. */
export async function headSeq(db) {
  return Number((await db.query('SELECT seq FROM electric_schema.head()')).rows[0].seq)
}

/**
 * The entries after `seq`, with all that has to be equal whoever made the change and however: not the hash, which covers the ledger's
 * random id, nor who, when and by which statement.
 */
export async function entriesAfter(db, seq) {
  const { rows } = await db.query(
    'SELECT seq::int, class, schema_hash, statements, changes FROM _electric_meta.migrations WHERE seq > $1 ORDER BY migrations.seq',
    [seq],
  )
  return rows.map(withoutClock)
}

const MOMENT = /\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(?:\.\d{1,6})?/g
const HOURS = 3600 * 1000

/** `now()` gave each run another value; any other timestamp is a constant, and has to be the same. */
export function withoutClock(value) {
  const replaced = JSON.stringify(value).replace(MOMENT, (text) => {
    const distance = Math.abs(Date.parse(`${text.replace(' ', 'T').slice(0, 19)}Z`) - Date.now())
    return distance < 15 * HOURS ? '<now>' : text
  })
  return JSON.parse(replaced)
}

/** What differs, line by line; empty when they are equal. */
export function diffEntries(expected, found) {
  const lines = []
  for (let i = 0; i < Math.max(expected.length, found.length); i++) {
    if (!expected[i]) lines.push('+ an entry that the plain run does not have:', ...print(found[i]).map((line) => `+   ${line}`))
    else if (!found[i]) lines.push('- no entry, but the plain run has:', ...print(expected[i]).map((line) => `-   ${line}`))
    else lines.push(...diffLines(print(expected[i]), print(found[i])))
  }
  return lines
}

function print({ seq, class: itsClass, schema_hash, statements, changes }) {
  return [`seq ${seq}, ${itsClass}`, `schema_hash ${schema_hash}`, ...statements, ...JSON.stringify(changes, null, 1).split('\n')]
}

/** The lines that only one has, between the first and the last that differ. */
function diffLines(expected, found) {
  const longest = table(expected, found)
  const lines = []
  let [i, j] = [0, 0]
  while (i < expected.length || j < found.length) {
    if (i < expected.length && j < found.length && expected[i] === found[j]) {
      i++
      j++
    } else if (j >= found.length || (i < expected.length && longest[i + 1][j] >= longest[i][j + 1])) lines.push(`- ${expected[i++]}`)
    else lines.push(`+ ${found[j++]}`)
  }
  return lines
}

// longest[i][j]: how many lines the rest of both have in common.
function table(a, b) {
  const longest = Array.from({ length: a.length + 1 }, () => new Uint32Array(b.length + 1))
  for (let i = a.length - 1; i >= 0; i--) {
    for (let j = b.length - 1; j >= 0; j--) {
      longest[i][j] = a[i] === b[j] ? longest[i + 1][j + 1] + 1 : Math.max(longest[i + 1][j], longest[i][j + 1])
    }
  }
  return longest
}
