import { ddl } from '../../oracle/lib/ddl.js'
import { random } from '../../oracle/lib/random.js'
import { dml, LOCAL } from '../../oracle/lib/rows.js'
import { down } from './down.js'

const first = ['create_table', 'create_table', 'create_enum', 'create_schema', 'create_partitioned', 'create_child', 'create_composite', 'create_range', 'create_view']
// What would leave no pair with anything in common.
const rare = ['drop_table', 'drop_and_recreate_table', 'drop_schema', 'drop_enum', 'drop_composite', 'drop_range', 'drop_domain', 'swap_view_and_table']
const disturbing =
  /using|narrow|retype|there_and_back|collate|persistence|not_null$|^add_(check|unique|exclusion|foreign_key|primary_key|attribute)|volatile|serial|generated|required|check$|validate|attach|inherit|unique_index|function_(check|index|domain)|recreate|attribute|drop_expression|reference_default|function$/

/** Grows a ledger by random DDL, with rows that change between the entries. Every other stretch is calm: rows stay where they are. */
export async function growAtRandom(ledger, { seed, entries, stretch = 40 }) {
  const r = random(seed)
  const { world } = ledger
  const keys = { server: 1, local: LOCAL }
  const serverRows = (count) => ledger.perform({ op: 'dml', sql: dml(r, world.state, () => keys.server++, count) })
  const settle = async () => {
    if (r.chance(0.4)) await ledger.perform({ op: 'download', client: 'current', seed: r.seed(), part: r.chance(0.7) })
    await ledger.perform({ op: 'local', client: 'current', sql: dml(r, world.state, () => keys.local++, r.between(2, 6)) })
  }
  const left = () => entries - world.place.seq
  // The last stretch is a calm one, and the end of it holds nothing that some of the clients need a reset for.
  const calm = () => Math.floor(left() / stretch) % 2 === 0
  const end = 15
  const back = []
  let undone = 0

  for (let tries = 0; world.place.seq < Math.min(5, entries) && tries < 50; tries++) {
    const change = ddl(r, world.state, r.pick(first))
    if (change) await ledger.entry(change)
  }
  await serverRows(25)
  await ledger.follow(r.seed(), settle)

  while (world.place.seq < entries) {
    const due = back.findLastIndex(({ at }) => at <= world.place.seq)
    const undo = due >= 0 ? back.splice(due, 1)[0] : null
    const change = undo ? { kind: 'down', kinds: ['down'], sql: undo.make(world.state) } : ddl(r, world.state)
    if (!change?.sql) continue
    const kinds = change.kinds
    if (kinds.some((kind) => rare.includes(kind)) && r.chance(0.8)) continue
    if (!undo && calm() && kinds.some((kind) => disturbing.test(kind))) continue
    if (!undo && left() < end && change.expect !== 'additive') continue
    if (r.chance(0.6)) await serverRows(r.between(2, 6))
    const before = world.state
    const { entry } = await ledger.entry(change)
    if (!entry) continue
    if (undo) undone++
    const make = !undo && r.chance(calm() ? 0.6 : 0.3) && down(before, world.state)
    if (make && left() > 2) back.push({ at: Math.min(world.place.seq + r.between(0, 5), entries - 2), make })
    await ledger.follow(r.seed(), settle)
  }
  return { undone }
}
