/** Whether a client's schema is what the server says it must be. */

import { PINNED_SETTINGS } from './apply.js'
import { compare } from './compare.js'
import { describe } from './describe.js'
import { ElectricSchemaError } from './error.js'
import { verifyPlan } from './plan.js'
import { checkRequirements } from './requirements.js'
import { pendingRows, position } from './store.js'

/**
 * Compares the real schema with the one that the server's snapshot builds, and changes nothing: both are described by this very
 * Postgres, so that no difference is one of printing, in one transaction that is always rolled back.
 * @param {import('../index.d.ts').PGliteLike} db
 * @param {import('../index.d.ts').CheckOptions} options
 * @returns {Promise<import('../index.d.ts').CheckReport>}
 */
export async function check(db, { fetchSnapshot }) {
  const at = await position(db)
  if (at === null) throw new ElectricSchemaError('no_position', 'This client has no schema yet. Sync it first.')
  const snapshot = await verifyPlan(await fetchSnapshot({ hash: at.hash }), null)
  if (snapshot.head.hash !== at.hash) {
    throw new ElectricSchemaError('other_snapshot', `The snapshot is of ${snapshot.head.hash}, but this client is at ${at.hash}.`)
  }
  await checkRequirements(db, snapshot.requires)

  const statements = snapshot.transactions.flatMap((transaction) => transaction.statements)
  const schemas = schemasOf(statements)
  const { pending, actual, expected } = await rolledBack(db, async (tx) => {
    await tx.exec(`SET LOCAL transaction_read_only = off; SET LOCAL client_min_messages = warning; ${PINNED_SETTINGS}`)
    if ((await position(tx))?.hash !== at.hash) {
      throw new ElectricSchemaError('concurrent_change', 'Something else moved this client while it was checked. Check again.')
    }
    const pending = (await pendingRows(tx)).map((row) => row.statement)
    const actual = await describe(tx, schemas)

    // Without a position the snapshot drops nothing by itself.
    await run(tx, 'DELETE FROM _electric_meta.applied')
    for (const schema of schemas) await run(tx, stepAside(schema))
    for (const statement of statements) if (!pending.includes(statement)) await run(tx, statement)
    return { pending, actual, expected: await describe(tx, schemas) }
  })

  return { at, ...compare(expected, actual), pending }
}

async function rolledBack(db, body) {
  const rollback = new Error('This transaction is always rolled back.')
  let result
  try {
    await db.transaction(async (tx) => {
      result = await body(tx)
      throw rollback
    })
  } catch (error) {
    if (error !== rollback) throw error
  }
  return result
}

/** In a block, where nothing can end the transaction. */
async function run(tx, statement) {
  try {
    await tx.exec(`DO ${literal(`BEGIN EXECUTE ${literal(statement)}; END`)}`)
  } catch (cause) {
    throw new ElectricSchemaError('check_failed', `The snapshot cannot be built here: ${cause.message}`, { cause, details: { statement } })
  }
}

/** The schemas that a snapshot fills. */
function schemasOf(statements) {
  const created = statements
    .map((statement) => /^CREATE SCHEMA IF NOT EXISTS ("(?:[^"]|"")+"|[^\s"]+)$/.exec(statement)?.[1])
    .filter((name) => name !== undefined)
    .map((name) => (name.startsWith('"') ? name.slice(1, -1).replaceAll('""', '"') : name))
  return [...new Set(['public', ...created])].filter((name) => name !== '_electric_meta')
}

/**
 * Makes room for the snapshot in a schema. A schema is renamed, which costs the same however much it holds. Extensions stay where
 * they are, for the snapshot needs them there and not every one can be moved: beside them everything is dropped instead.
 */
function stepAside(schema) {
  return `DO ${literal(`
DECLARE
  space oid := (SELECT n.oid FROM pg_catalog.pg_namespace n WHERE n.nspname = ${literal(schema)});
  command text;
BEGIN
  IF space IS NULL THEN
    NULL;
  ELSIF NOT EXISTS (
    SELECT FROM pg_catalog.pg_depend d
    WHERE d.refclassid = 'pg_catalog.pg_namespace'::regclass AND d.refobjid = space
      AND (d.classid = 'pg_catalog.pg_extension'::regclass
           OR EXISTS (SELECT FROM pg_catalog.pg_depend m WHERE m.classid = d.classid AND m.objid = d.objid AND m.deptype = 'e'))
  ) THEN
    EXECUTE format('ALTER SCHEMA %I RENAME TO %I', ${literal(schema)}, 'electric_schema_check_' || space);
  ELSE
    FOREACH command IN ARRAY ARRAY(
      SELECT format('DROP %s IF EXISTS %s CASCADE', o.type, o.identity)
      FROM pg_catalog.pg_depend d
      CROSS JOIN LATERAL pg_identify_object(d.classid, d.objid, 0) o
      WHERE d.refclassid = 'pg_catalog.pg_namespace'::regclass AND d.refobjid = space
        AND d.classid IN ('pg_catalog.pg_class'::regclass, 'pg_catalog.pg_type'::regclass, 'pg_catalog.pg_proc'::regclass)
        AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend m
                        -- A column of a partition key needs its table, which is no part of anything for that.
                        WHERE m.classid = d.classid AND m.objid = d.objid AND m.objsubid = 0 AND m.deptype IN ('e', 'i')))
    LOOP
      EXECUTE command;
    END LOOP;
  END IF;
  -- Every client has this one.
  CREATE SCHEMA IF NOT EXISTS public;
END`)}`
}

function literal(text) {
  return `'${text.replaceAll("'", "''")}'`
}
