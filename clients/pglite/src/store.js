/** What the client remembers, in the schema _electric_meta of its own database. */

import { ElectricSchemaError } from './error.js'

/**
 * Where this client is in the server's ledger; null when it has not been bootstrapped yet.
 * @param {import('../index.d.ts').Queryable} db
 * @returns {Promise<import('../index.d.ts').Position | null>}
 */
export async function position(db) {
  if (!(await exists(db, 'applied'))) return null
  const { rows } = await db.query(
    `SELECT seq::text, hash FROM _electric_meta.applied a
     WHERE NOT EXISTS (SELECT FROM _electric_meta.applied child WHERE child.parent_hash = a.hash)`,
  )
  if (rows.length === 1) return { seq: Number(rows[0].seq), hash: rows[0].hash }
  if (rows.length === 0 && (await isEmpty(db, 'applied'))) return null
  throw new ElectricSchemaError(
    'broken_position',
    `_electric_meta.applied has ${rows.length} newest rows instead of one. Empty it to begin anew with a bootstrap.`,
  )
}

/**
 * What a reset has left to do: the tables whose rows have to be downloaded, and the statements that wait for those rows.
 * @param {import('../index.d.ts').Queryable} db
 * @returns {Promise<import('../index.d.ts').Outstanding>}
 */
export async function outstanding(db) {
  const tables = (await exists(db, 'refetch'))
    ? await db.query(
        'SELECT schema_name AS schema, table_name AS table FROM _electric_meta.refetch ORDER BY schema_name, table_name',
      )
    : { rows: [] }
  return { tables: tables.rows, statements: (await pendingRows(db)).map((row) => row.statement) }
}

/** @param {import('../index.d.ts').Queryable} db */
export async function pendingRows(db) {
  if (!(await exists(db, 'pending'))) return []
  return (await db.query('SELECT ordinal, statement FROM _electric_meta.pending ORDER BY ordinal')).rows
}

/**
 * Takes a statement off the list; false when somebody else has done so.
 * @param {import('../index.d.ts').Queryable} tx
 * @param {{ ordinal: number, statement: string }} row
 */
export async function takePending(tx, { ordinal, statement }) {
  const { rows } = await tx.query(
    'DELETE FROM _electric_meta.pending WHERE ordinal = $1 AND statement = $2 RETURNING ordinal',
    [ordinal, statement],
  )
  return rows.length > 0
}

/**
 * The server's plan fills `pending`, but names the tables to refetch only in itself: without this table of the
 * library's own, a crash after a reset would forget them.
 * @param {import('../index.d.ts').Queryable} tx
 * @param {import('../index.d.ts').Table[]} tables
 */
export async function setRefetch(tx, tables) {
  if (await exists(tx, 'refetch')) await tx.query('DELETE FROM _electric_meta.refetch')
  else if (tables.length > 0) {
    await tx.query(
      `CREATE TABLE _electric_meta.refetch
       (schema_name text NOT NULL, table_name text NOT NULL, PRIMARY KEY (schema_name, table_name))`,
    )
  }
  for (const { schema, table } of tables) {
    await tx.query('INSERT INTO _electric_meta.refetch VALUES ($1, $2) ON CONFLICT DO NOTHING', [schema, table])
  }
}

/**
 * @param {import('../index.d.ts').Queryable} db
 * @param {'applied' | 'pending' | 'refetch' | 'seed'} table
 */
export async function exists(db, table) {
  const { rows } = await db.query('SELECT to_regclass($1) IS NOT NULL AS found', [`_electric_meta.${table}`])
  return rows[0].found
}

async function isEmpty(db, table) {
  const { rows } = await db.query(`SELECT NOT EXISTS (SELECT FROM _electric_meta.${table}) AS empty`)
  return rows[0].empty
}
