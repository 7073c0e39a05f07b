import { applyPending, applyPlan, awaited } from './apply.js'
import { ElectricSchemaError } from './error.js'
import { verifyPlan } from './plan.js'
import { checkRequirements } from './requirements.js'
import { forgetSeed, seedState } from './seed.js'
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
  const plan = await askFrom(bootstrap ? null : from, db, fetchPlan)
  await checkRequirements(db, plan.requires)

  const left = plan.action === 'bootstrap' ? { tables: [], statements: [] } : await outstanding(db)
  if (isOutstanding(left)) {
    if (refetch) await refetchAndComplete(db, refetch, left.tables)
    else if (plan.action !== 'ready') throw refetchPending(left)
  }

  await applyPlan(db, plan, from)
  // Before the rows come, which a seed would refuse.
  await forgetSeed(db)

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
    refetch: plan.action === 'ready' ? left.tables : awaited(plan),
    fetch: plan.action === 'reset' ? [] : plan.fetch,
    lost: plan.lost,
    pending: pending.statements.length,
    complete: !isOutstanding(pending),
  }
}

async function askFrom(at, db, fetchPlan) {
  try {
    return await verifyPlan(await fetchPlan({ hash: at?.hash ?? null, seq: at?.seq ?? null }), at)
  } catch (error) {
    // A seed that is too old for the server, or of another one, has no rows to lose.
    const unknown = error instanceof ElectricSchemaError && error.code === 'aborted'
    if (unknown && at !== null && (await seedState(db))?.refusesWrites) return askFrom(null, db, fetchPlan)
    throw error
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
