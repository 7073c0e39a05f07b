/** Running a verified plan. */

import { ElectricSchemaError } from './error.js'
import { pendingRows, position, setRefetch, takePending } from './store.js'

/** What the text of a plan's statements depends on; the server pins the same when it writes them. */
export const PINNED_SETTINGS = `
  SET LOCAL search_path = '';
  SET LOCAL TimeZone = 'UTC';
  SET LOCAL DateStyle = 'ISO, MDY';
  SET LOCAL IntervalStyle = 'postgres';
  SET LOCAL bytea_output = 'hex';
  SET LOCAL extra_float_digits = 1;
  SET LOCAL standard_conforming_strings = on;
  SET LOCAL check_function_bodies = off;
  SET LOCAL lc_monetary = 'C';
`

/**
 * The tables whose rows a plan's last statements wait for. A foreign key that comes with a reset may lead to a table that is new and has rows.
 * @param {import('../index.d.ts').Plan} plan
 */
export function awaited({ action, refetch, fetch }) {
  return action === 'reset' ? [...refetch, ...fetch] : refetch
}

/**
 * Runs the transactions of a verified plan, each one atomically. A failure leaves the client where the last committed one
 * brought it, and the next sync continues there.
 * @param {import('../index.d.ts').PGliteLike} db
 * @param {import('../index.d.ts').Plan} plan
 * @param {import('../index.d.ts').Position | null} from
 */
export async function applyPlan(db, plan, from) {
  let at = from
  for (const [i, transaction] of plan.transactions.entries()) {
    const last = i === plan.transactions.length - 1
    at = await atomically(db, { seq: transaction.seq ?? plan.head.seq }, async (tx, run) => {
      const now = await position(tx)
      if (!samePosition(now, at)) {
        throw new ElectricSchemaError('concurrent_change', 'Something else moved this client while it was synced. Sync again.')
      }
      for (const statement of transaction.statements) await run(statement)
      if (transaction.record) await run(transaction.record)
      if (last) await setRefetch(tx, awaited(plan))

      const reached = await position(tx)
      const expected = transaction.squashed === true ? plan.head : transaction
      if ((last || !transaction.squashed) && !samePosition(reached, expected)) {
        throw new ElectricSchemaError('broken_chain', `The record of entry ${expected.seq} does not lead to ${expected.hash}.`)
      }
      return reached
    })
  }
}

/**
 * Runs what waits for the rows of refetched tables. The tables are forgotten last: as long as a statement is left, for
 * instance because rows that it needs are not there, the next sync downloads them again.
 * @param {import('../index.d.ts').PGliteLike} db
 */
export async function applyPending(db) {
  const rows = await pendingRows(db)
  for (const row of rows) {
    await atomically(db, { pending: row.ordinal }, async (tx, run) => {
      if (await takePending(tx, row)) await run(row.statement)
    })
  }
  await db.transaction((tx) => setRefetch(tx, []))
  return rows.length
}

async function atomically(db, details, body) {
  let running = null
  try {
    return await db.transaction(async (tx) => {
      await tx.exec(PINNED_SETTINGS)
      return await body(tx, async (statement) => {
        running = statement
        await tx.exec(statement)
        running = null
      })
    })
  } catch (cause) {
    if (cause instanceof ElectricSchemaError) throw cause
    throw new ElectricSchemaError('apply_failed', `A transaction of the plan was rolled back: ${cause.message}`, {
      cause,
      details: { ...details, statement: running },
    })
  }
}

function samePosition(a, b) {
  return a?.hash === b?.hash && a?.seq === b?.seq
}
