import { applyPending, applyPlan } from './apply.js'
import { ElectricSchemaError } from './error.js'
import { verifyPlan } from './plan.js'
import { checkRequirements } from './requirements.js'
import { outstanding, position } from './store.js'

/**
 * Brings the schema of a PGlite database to the server's head. The plan is verified as a whole before any of it is run.
 *
 * What an earlier reset left to do is done before anything but a bootstrap: until then the client is not quite the schema
 * that its hash stands for, and another plan could fail or leave a constraint out.
 *
 * @param {import('../index.d.ts').PGliteLike} db
 * @param {import('../index.d.ts').SyncOptions} options
 * @returns {Promise<import('../index.d.ts').SyncReport>}
 */
export async function sync(db, { fetchPlan, refetch, bootstrap = false }) {
  const from = await position(db)
  const claimed = bootstrap ? null : from
  const plan = await verifyPlan(await fetchPlan({ hash: claimed?.hash ?? null, seq: claimed?.seq ?? null }), claimed)
  await checkRequirements(db, plan.requires)

  const left = plan.action === 'bootstrap' ? { tables: [], statements: [] } : await outstanding(db)
  if (isOutstanding(left)) {
    if (refetch) await refetchAndComplete(db, refetch, left.tables)
    else if (plan.action !== 'ready') throw refetchPending(left)
  }

  await applyPlan(db, plan, from)

  let pending = await outstanding(db)
  if (isOutstanding(pending) && refetch) {
    await refetchAndComplete(db, refetch, pending.tables)
    pending = await outstanding(db)
  }
  return {
    action: plan.action,
    from,
    to: { hash: plan.head.hash, seq: plan.head.seq },
    transactions: plan.transactions.map(({ seq, statements }) => ({ seq: seq ?? plan.head.seq, statements })),
    refetch: plan.action === 'ready' ? left.tables : plan.refetch,
    fetch: plan.fetch,
    lost: plan.lost,
    pending: pending.statements.length,
    complete: !isOutstanding(pending),
  }
}

/**
 * Finishes a reset, once the application has downloaded the rows of the tables that the reset named.
 * @param {import('../index.d.ts').PGliteLike} db
 * @returns {Promise<{ statements: number }>} how many statements had waited for the rows
 */
export async function completeRefetch(db) {
  return { statements: await applyPending(db) }
}

async function refetchAndComplete(db, refetch, tables) {
  if (tables.length > 0) {
    try {
      await refetch(tables)
    } catch (cause) {
      throw new ElectricSchemaError('refetch_failed', 'The rows of reset tables were not downloaded. The next sync does it again.', {
        cause,
        details: { refetch: tables },
      })
    }
  }
  await applyPending(db)
}

function isOutstanding({ tables, statements }) {
  return tables.length > 0 || statements.length > 0
}

function refetchPending({ tables, statements }) {
  return new ElectricSchemaError(
    'refetch_pending',
    'An earlier reset is not finished: download the rows of its tables, call completeRefetch, and sync again.',
    { details: { refetch: tables, pending: statements.length } },
  )
}
