// What stays on a client whatever a plan does around it: its own rows, and where its sequences stand.

import { isInteger, isText } from './ddl/make.js'
import { isLocal } from './rows.js'
import { Violation } from './violation.js'

/**
 * Rows of the client's own, column by column, and sequences, in tables that are not downloaded again.
 * @param from, to  the server's states at the two entries: they tell who is who, whatever the names
 * @param before, after  the client's states
 * @param again  the tables that are downloaded again, by the server's OIDs
 * @param older  entries since the client's were pruned
 * @returns how many rows stayed
 */
export function compareKept({ from, to, before, after, again, older, lines }) {
  let kept = 0
  for (const was of from.tables) {
    const is = to.tables.find((t) => t.oid === was.oid)
    if (!is || again.has(was.oid)) continue
    const [mine, mineNow] = [before.tables.find((t) => t.q === was.q), after.tables.find((t) => t.q === is.q)]
    for (const [key, row] of Object.entries(before.rows[mine?.oid] ?? {})) {
      if (!isLocal(key)) continue
      const now = after.rows[mineNow?.oid]?.[key]
      if (!now) throw new Violation('a local row went', `row ${key} of ${was.q} is not in ${is.q} any more`, lines)
      for (const column of was.cols) {
        const later = is.cols.find((c) => c.num === column.num)
        if (!later) continue
        const expected = carried(column, later, row[place(mine, column)])
        const found = now[place(mineNow, later)]
        if (expected !== undefined && expected !== found) {
          throw new Violation('a local row changed', `${column.type} to ${later.type}`, [`row ${key} of ${was.q}, ${column.q}: expected ${expected}, found ${found}`, ...lines])
        }
      }
      kept++
    }
  }
  // A partitioned table has its rows in its partitions: it is made again with them. One that is gone may have taken its sequence along.
  const madeAgain = (owner) =>
    again.has(owner) || (owner && !to.tables.some((t) => t.oid === owner)) || [from, to].some(({ tables }) => tables.some((t) => t.bound && t.parents.includes(owner) && madeAgain(t.oid)))
  for (const was of from.sequences) {
    const is = to.sequences.find((s) => s.oid === was.oid)
    const options = ({ min, max, inc, cycle, type }) => JSON.stringify([min, max, inc, cycle, type])
    // What got another name in entries that were pruned is made again.
    const renamed = older && was.q !== is?.q
    if (!is || renamed || options(was) !== options(is) || madeAgain(was.owner) || madeAgain(is.owner)) continue
    const [mine, mineNow] = [before.sequences.find((s) => s.q === was.q), after.sequences.find((s) => s.q === is.q)]
    if (mine?.last !== mineNow?.last) throw new Violation('a sequence moved', `from ${mine?.last} to ${mineNow?.last}`, [`${was.q}, now ${is.q}`, ...lines])
  }
  return kept
}

const place = (table, column) => table.cols.findIndex((c) => c.n === column.n)

// What a value is now, as text; undefined where that cannot be told.
function carried(was, is, text) {
  if (text === null) return null
  if (was.labels && is.labels) {
    if (JSON.stringify(was.labels) === JSON.stringify(is.labels)) return text
    return was.type.endsWith('[]') ? undefined : is.labels[is.labelOids.indexOf(was.labelOids[was.labels.indexOf(text)])]
  }
  const types = (column) => JSON.stringify(column.attrs?.map((a) => a.type))
  if (was.attrs && is.attrs) return types(was) === types(is) ? text : undefined
  const [from, to] = [was.base ?? was.type, is.base ?? is.type]
  return from === to || (isInteger(from) && isInteger(to)) || (isText(from) && isText(to)) || (/^numeric/.test(from) && /^numeric/.test(to)) ? text : undefined
}
