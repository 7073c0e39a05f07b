/**
 * A client that is nothing but a Postgres database: it runs a plan as it is sent, with no library and no settings of its
 * own, so whatever a plan depends on has to be in the plan.
 */
export async function sync(db, fetchPlan) {
  const plan = await fetchPlan(await position(db))
  if (plan.action === 'abort') throw new Error(`the server aborts: ${plan.reason}`)
  for (const { statements, record } of plan.transactions) await atomically(db, record ? [...statements, record] : statements)
  await finish(db)
  return plan
}

/** The newest entry is the one that is nobody's parent. */
export async function position(db) {
  if (!(await exists(db, 'applied'))) return { hash: null, seq: null }
  const { rows } = await db.query(
    `SELECT hash, seq FROM _electric_meta.applied a
     WHERE NOT EXISTS (SELECT FROM _electric_meta.applied child WHERE child.parent_hash = a.hash)`,
  )
  if (rows.length !== 1) throw new Error(`_electric_meta.applied has ${rows.length} newest rows`)
  return rows[0]
}

/** A connection as the library expects its database to be. */
export function asPGlite(db) {
  const queryable = { query: (text, parameters) => db.query(text, parameters), exec: (text) => db.query(text) }
  return {
    ...queryable,
    async transaction(callback) {
      await db.query('BEGIN')
      try {
        const result = await callback(queryable)
        await db.query('COMMIT')
        return result
      } catch (error) {
        await db.query('ROLLBACK')
        throw error
      }
    },
  }
}

// There are no rows to download here: what a reset put off can be done at once.
async function finish(db) {
  if (!(await exists(db, 'pending'))) return
  const { rows } = await db.query('SELECT statement FROM _electric_meta.pending ORDER BY ordinal')
  if (rows.length === 0) return
  await atomically(db, [...rows.map(({ statement }) => statement), 'DELETE FROM _electric_meta.pending'])
}

async function exists(db, table) {
  const { rows } = await db.query('SELECT to_regclass($1) IS NOT NULL AS found', [`_electric_meta.${table}`])
  return rows[0].found
}

async function atomically(db, statements) {
  await db.query('BEGIN')
  for (const statement of statements) {
    try {
      await db.query(statement)
    } catch (cause) {
      await db.query('ROLLBACK')
      throw Object.assign(new Error(cause.message, { cause }), { details: { statement } })
    }
  }
  await db.query('COMMIT')
}
