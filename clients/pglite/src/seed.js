/**
 * What tells a seed from a database that has met its server. A seed that has not refuses writes: nothing knows yet whether
 * the server would take them.
 *
 * Triggers do it, not a read-only session: an application can still make tables of its own and watch queries (which creates
 * views), and it holds in every session that ever opens the database.
 */

import { exists } from './store.js'

const MARK = `
  CREATE TABLE _electric_meta.seed (refuses_writes boolean NOT NULL);
  INSERT INTO _electric_meta.seed VALUES (true);
  CREATE FUNCTION _electric_meta.refuse_writes() RETURNS trigger LANGUAGE plpgsql AS $refuse$
  BEGIN
    RAISE EXCEPTION USING
      ERRCODE = 'read_only_sql_transaction',
      MESSAGE = pg_catalog.format('cannot write to %I.%I before this database has met its server', TG_TABLE_SCHEMA, TG_TABLE_NAME),
      DETAIL = 'It is a seed: the schema without rows.',
      HINT = 'Writes are allowed once the first sync has succeeded.';
  END $refuse$;
  DO $guard$
  DECLARE
    distributed regclass;
  BEGIN
    FOR distributed IN
      SELECT c.oid FROM pg_catalog.pg_class c
      WHERE c.relkind IN ('r', 'p')
        AND c.relnamespace::pg_catalog.regnamespace::text !~ '^(pg_|information_schema$|_electric_meta$)'
        AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend d WHERE d.objid = c.oid AND d.deptype = 'e')
    LOOP
      EXECUTE pg_catalog.format(
        'CREATE TRIGGER electric_schema_seed BEFORE INSERT OR UPDATE OR DELETE OR TRUNCATE ON %s
         FOR EACH STATEMENT EXECUTE FUNCTION _electric_meta.refuse_writes()',
        distributed);
    END LOOP;
  END $guard$;
`

/**
 * Makes a seed of a database that has been bootstrapped.
 * @param {import('../index.d.ts').PGliteLike} db
 */
export async function markSeed(db) {
  await db.transaction((tx) => tx.exec(MARK))
}

/**
 * Null when this database is no seed, or has met its server.
 * @param {import('../index.d.ts').Queryable} db
 * @returns {Promise<{ refusesWrites: boolean } | null>}
 */
export async function seedState(db) {
  if (!(await exists(db, 'seed'))) return null
  const { rows } = await db.query('SELECT refuses_writes FROM _electric_meta.seed')
  return { refusesWrites: rows[0]?.refuses_writes === true }
}

/**
 * Allows writes, though the server has not been met.
 * @param {import('../index.d.ts').PGliteLike} db
 */
export async function allowWrites(db) {
  await db.transaction((tx) =>
    tx.exec(`DROP FUNCTION IF EXISTS _electric_meta.refuse_writes() CASCADE;
             UPDATE _electric_meta.seed SET refuses_writes = false`),
  )
}

/**
 * What the server has met is no seed any more.
 * @param {import('../index.d.ts').PGliteLike} db
 */
export async function forgetSeed(db) {
  if (!(await exists(db, 'seed'))) return
  await db.transaction((tx) =>
    tx.exec(`DROP FUNCTION IF EXISTS _electric_meta.refuse_writes() CASCADE;
             DROP TABLE IF EXISTS _electric_meta.seed`),
  )
}
