import { ElectricSchemaError } from './error.js'

/**
 * Refuses a plan that needs what this PGlite cannot offer.
 * @param {import('../index.d.ts').Queryable} db
 * @param {import('../index.d.ts').Requirements} requires
 */
export async function checkRequirements(db, { extensions, collations }) {
  const missingExtensions = await missing(db, extensions, 'SELECT name FROM pg_catalog.pg_available_extensions')
  if (missingExtensions.length > 0) {
    throw new ElectricSchemaError(
      'missing_extension',
      `The schema needs extensions that this PGlite was created without: ${missingExtensions.join(', ')}.`,
      { details: { extensions: missingExtensions } },
    )
  }
  const missingCollations = await missing(
    db,
    collations,
    `SELECT unnest(ARRAY[collname::text, nspname || '.' || collname, quote_ident(nspname) || '.' || quote_ident(collname)])
     FROM pg_catalog.pg_collation JOIN pg_catalog.pg_namespace n ON n.oid = collnamespace`,
  )
  if (missingCollations.length > 0) {
    throw new ElectricSchemaError(
      'missing_collation',
      `The schema needs collations that this PGlite does not have: ${missingCollations.join(', ')}.`,
      { details: { collations: missingCollations } },
    )
  }
}

async function missing(db, names, offered) {
  if (names.length === 0) return []
  const { rows } = await db.query(
    `SELECT name FROM unnest($1::text[]) name WHERE name NOT IN (${offered}) ORDER BY name`,
    [names],
  )
  return rows.map((row) => row.name)
}
