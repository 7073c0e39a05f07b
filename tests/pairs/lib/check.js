import { random } from '../../oracle/lib/random.js'
import { Violation } from '../../oracle/lib/violation.js'
import { copy, copyOf } from './ledger.js'

/**
 * One older entry: its client to some earlier head, to head squashed, and to head as the plan comes. All but the last are undone, so that one
 * copy of the client will do: making one costs more than all that is done with it.
 * @param {{ admin, server, drop }} lane  its sessions, to the cluster and to the ledger's server; what drops a database when there is time
 */
export async function checkOlder(ledger, older, { admin, server, drop, seed, report }) {
  const { world } = ledger
  const r = random(seed + older.seq)
  const head = world.place.seq
  const between = head - older.seq - 1
  let db = await world.session(older.database)
  if (between > 0) await attempt({ to: older.seq + 1 + r.below(r.chance(0.5) ? Math.min(12, between) : between), target: true })
  // A reset is squashed anyway.
  if ((await world.at(ledger.moments.get(head), server).handshake(older)).action === 'migrate') await attempt({ to: head, squash: true })
  await attempt({ to: head, keep: true })
  await db.end()
  drop(older.database)

  async function attempt({ to, keep = false, squash = false, target = false }) {
    const moment = ledger.moments.get(to)
    const operation = { op: 'check', client: 'current', seed: r.seed(), keep, squash, target: target ? moment.place.hash : null, most: 30 }
    try {
      let result = await inside(db, moment, operation)
      if (result.action === 'skipped') result = await onCopy(moment, { ...operation, keep: true })
      report.passed({ ledger, from: older.seq, to, squash, target, destructive: destructiveBetween(ledger, older.seq, to), ...result })
    } catch (error) {
      if (!(error instanceof Violation)) throw Object.assign(error, { message: `${ledger.name}, ${older.seq} to ${to}: ${error.message}` })
      // Without the target, which would be an earlier one: what came after it is left out.
      report.failed({ ledger, from: older.seq, to, squash, target, error, operations: ledger.script({ from: older.seq, to, check: { ...operation, keep: true, target: null } }) })
    }
  }

  async function inside(db, moment, operation) {
    const view = world.at(moment, server)
    view.clients.set('current', { ...older, name: 'current', db, rows: copyOf(older.rows) })
    return view.check(operation)
  }

  async function onCopy(moment, operation) {
    const database = `${older.database}_copy`
    await db.end()
    await copy(admin, database, older.database)
    db = await world.session(older.database)
    const other = await world.session(database)
    try {
      return await inside(other, moment, operation)
    } finally {
      await other.end()
      drop(database)
    }
  }
}

const destructiveBetween = (ledger, from, to) => [...ledger.world.ledger].some(([seq, entry]) => seq > from && seq <= to && entry.class === 'destructive')
