// How the same change is made. Each variant has
//   run(db, change)   makes it, in one transaction
//   session           what is set before it, and undone after it
//   role              who makes it, and what it is made on
//   without           tags of cases that cannot be made this way

// The client forgets no name, the server all.
let prepared = 0

const QUOTE = '$equivalence$'

async function each(db, statements, query = (sql) => db.query(sql)) {
  for (const sql of statements) await query(sql)
}

/** One transaction, each statement a message of its own. */
async function plainly(db, change) {
  if (change.length === 1) return db.query(change[0])
  await each(db, ['BEGIN', ...change, 'COMMIT'])
}

const under = (session, more = {}) => ({ session, run: plainly, ...more })
const doBlock = (lines) => `DO ${QUOTE} BEGIN\n${lines.join('\n')}\nEND ${QUOTE}`
const execute = (sql) => `EXECUTE $execute$${sql}$execute$;`
const block = (lines) => (db, change) => db.query(doBlock(lines(change)))

const routine = (head, body, call) => async (db, change) => {
  await db.query(`CREATE ${head} AS ${QUOTE} ${body(change)} ${QUOTE}`)
  try {
    await db.query(call)
  } finally {
    await db.query(`DROP ${head.match(/^\w+/)} public.equivalence()`)
  }
}
const body = (last) => (change) => `BEGIN\n${change.join(';\n')};\n${last} END`
const PLPGSQL = ['not in PL/pgSQL']
// A function in SQL is analysed as a whole before its first statement runs.
const SQL_FUNCTION = ['rows', 'temporary']

/** The names below app as they are written where that is the search_path. */
const unqualified = (sql) => sql.replace(/\bapp_\d\./g, '')

// What has nothing to do with each other shares a variant, so that each case takes less time: where one fails, try its halves.
export const variants = {
  // The one that all others are held against.
  plain: under(''),

  'one string': { run: (db, change) => db.query(['SELECT 1', ...change, 'SELECT 2'].join(';\n')) },
  'DO': { run: block((change) => change.map((sql) => `${sql};`)), without: PLPGSQL },
  'DO, EXECUTE of one string': { run: block((change) => [execute(change.join(';\n'))]), without: PLPGSQL },
  'DO, exceptions': {
    run: block((change) => [
      `BEGIN ${execute(change[0])} PERFORM 1 / 0; EXCEPTION WHEN division_by_zero THEN END;`,
      ...change.map((sql) => `BEGIN ${sql}; EXCEPTION WHEN division_by_zero THEN END;`),
    ]),
    without: PLPGSQL,
  },
  'a PL/pgSQL function': {
    run: routine('FUNCTION public.equivalence() RETURNS void LANGUAGE plpgsql', body(''), 'SELECT public.equivalence()'),
    without: PLPGSQL,
  },
  'an SQL function with its own search_path': {
    run: routine(
      "FUNCTION public.equivalence() RETURNS void LANGUAGE sql SET search_path = ''",
      (change) => `${change.join(';\n')};`,
      'SELECT public.equivalence()',
    ),
    without: [...SQL_FUNCTION, ...PLPGSQL],
  },
  'a procedure that commits': {
    run: routine('PROCEDURE public.equivalence() LANGUAGE plpgsql', body('COMMIT;'), 'CALL public.equivalence()'),
    without: PLPGSQL,
  },
  'a deferred trigger': {
    session: `CREATE FUNCTION pg_temp.equivalence() RETURNS trigger LANGUAGE plpgsql AS
                ${QUOTE} DECLARE sql text; BEGIN FOREACH sql IN ARRAY NEW.change LOOP EXECUTE sql; END LOOP; RETURN NULL; END ${QUOTE};
              CREATE TEMPORARY TABLE at_commit (change text[]);
              CREATE CONSTRAINT TRIGGER equivalence AFTER INSERT ON at_commit DEFERRABLE INITIALLY DEFERRED
                FOR EACH ROW EXECUTE FUNCTION pg_temp.equivalence()`,
    run: (db, change) => db.query('INSERT INTO at_commit VALUES ($1)', [change]),
    without: PLPGSQL,
  },

  'pg_temp first in the search_path': under('CREATE TEMPORARY TABLE t (shadow int); SET search_path = pg_temp, app, pg_catalog'),
  'names without schemas': {
    session: 'SET search_path = app, public',
    run: (db, change) => plainly(db, change.map(unqualified)),
    without: ['qualified'],
  },
  'another role': under('', { role: 'equivalence_owner', without: ['superuser'] }),

  'the extended protocol, an odd search_path': {
    session: `SET search_path = "Odd ""path""", public`,
    run: (db, change) => each(db, ['BEGIN', ...change, 'COMMIT'], (text) => db.query({ text, queryMode: 'extended' })),
  },
  'prepared statements, replica': {
    session: 'SET session_replication_role = replica',
    run: (db, change) => each(db, ['BEGIN', ...change, 'COMMIT'], (text) => db.query({ text, name: `equivalence ${++prepared}` })),
  },
  'a savepoint for each, destructive = warn': {
    session: 'SET electric_schema.destructive = warn',
    run: (db, change) => {
      const releases = change.map((_, i) => `RELEASE "s ${i}"`).reverse()
      return each(db, ['BEGIN', ...change.flatMap((sql, i) => [`SAVEPOINT "s ${i}"`, sql]), ...releases, 'COMMIT'])
    },
  },
  'a savepoint rolled back before': {
    run: (db, change) => each(db, ['BEGIN', 'SAVEPOINT a', ...change, 'ROLLBACK TO a', ...change, 'COMMIT']),
  },
  'rolled back before, REPEATABLE READ': {
    run: async (db, change) => {
      await each(db, ['BEGIN', ...change, 'ROLLBACK'])
      await each(db, ['BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT count(*) FROM pg_class', ...change, 'COMMIT'])
    },
  },
  'SERIALIZABLE, an empty search_path': {
    session: "SET search_path = ''",
    run: (db, change) => each(db, ['BEGIN ISOLATION LEVEL SERIALIZABLE; SELECT count(*) FROM pg_class', ...change, 'COMMIT']),
  },
  'two-phase commit, settings of planning': {
    session: `
      SET client_min_messages = error; SET enable_seqscan = off; SET enable_indexscan = off; SET enable_bitmapscan = off; SET enable_hashjoin = off;
      SET enable_sort = off; SET plan_cache_mode = force_generic_plan; SET work_mem = 64; SET synchronous_commit = off; SET constraint_exclusion = on;
      SET parallel_setup_cost = 0; SET parallel_tuple_cost = 0; SET max_parallel_maintenance_workers = 0; SET jit = off`,
    run: async (db, change) => {
      const { rows } = await db.query("SELECT format('%L', 'equivalence ' || pg_backend_pid()) AS name")
      await each(db, ['BEGIN', ...change, `PREPARE TRANSACTION ${rows[0].name}`, `COMMIT PREPARED ${rows[0].name}`])
    },
    without: ['temporary'],
  },
  'settings of printing': under(
    `SET DateStyle = 'German, DMY'; SET TimeZone = 'Asia/Kolkata'; SET IntervalStyle = 'sql_standard'; SET extra_float_digits = -15;
     SET quote_all_identifiers = on; SET bytea_output = escape; SET xmloption = document; SET lc_monetary = 'C.UTF-8'; SET lc_time = 'POSIX'`,
    // With quote_all_identifiers REFRESH MATERIALIZED VIEW CONCURRENTLY fails, on any server: it adds to a name that is quoted already.
    { without: ['unquoted'] },
  ),
  'settings of reading': under(`
    SET standard_conforming_strings = off; SET escape_string_warning = off; SET check_function_bodies = off; SET DateStyle = 'SQL, DMY';
    SET TimeZone = 'America/St_Johns'; SET IntervalStyle = 'iso_8601'; SET default_table_access_method = equivalence_heap;
    SET default_tablespace = equivalence; SET default_toast_compression = lz4; SET row_security = off`),
}
