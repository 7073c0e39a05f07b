//! What is recorded and what is not, and by whom.

use super::database::{unique, Database};

#[test]
fn nobody_but_the_owner_can_call_or_read() {
    let database = Database::new();
    let mut session = database.session();
    let role = unique("nobody");
    session.run(&format!("CREATE ROLE {role}; SET ROLE {role}"));
    for sql in [
        "SELECT electric_schema.handshake(NULL)",
        "SELECT electric_schema.snapshot()",
        "SELECT * FROM electric_schema.head()",
        "SELECT electric_schema.verify()",
        "SELECT * FROM _electric_meta.migrations",
        "SELECT * FROM _electric_meta.objects",
        "INSERT INTO _electric_meta.objects VALUES ('1.1', 1, '{}', '{}')",
        "BEGIN; LOCK TABLE _electric_meta.seal IN ACCESS SHARE MODE",
        "SELECT _electric_meta.baseline()",
    ] {
        assert_eq!(session.fails(sql).code().code(), "42501", "{sql}");
        session.run("ROLLBACK");
    }
    session.run(&format!("RESET ROLE; GRANT USAGE ON SCHEMA electric_schema TO {role}"));
    session.run(&format!("GRANT EXECUTE ON FUNCTION electric_schema.handshake TO {role}; SET ROLE {role}"));
    session.run("SELECT electric_schema.handshake(NULL)");
    session.run(&format!("RESET ROLE; DROP OWNED BY {role}; DROP ROLE {role}"));
}

#[test]
fn a_malformed_hash_is_an_error_with_a_hint() {
    let database = Database::new();
    let mut session = database.session();
    for hash in ["", "abc", &"g".repeat(64), &"A".repeat(64)] {
        for call in ["SELECT electric_schema.handshake", "SELECT electric_schema.diff", "SELECT electric_schema.verify"]
        {
            let error = session.fails(&format!("{call}('{hash}')"));
            assert_eq!(error.code().code(), "22023", "{error:?}");
            assert!(error.detail().is_some() && error.hint().is_some(), "{error:?}");
        }
    }
    let error = session.fails(&format!("SELECT electric_schema.diff('{}')", "0".repeat(64)));
    assert_eq!(error.code().code(), "P0002", "{error:?}");
    assert!(error.detail().is_some() && error.hint().is_some(), "{error:?}");
}

#[test]
fn trigger_functions_cannot_be_called_directly() {
    let database = Database::new();
    let mut session = database.session();
    for function in ["capture_ddl", "capture_drop", "capture_rewrite"] {
        let error = session.fails(&format!("SELECT _electric_meta.{function}()"));
        assert!(["0A000", "39P03"].contains(&error.code().code()), "{error:?}");
        // A trigger for the wrong event is no better.
        let event = if function == "capture_ddl" { "sql_drop" } else { "ddl_command_end" };
        session.run(&format!("CREATE EVENT TRIGGER wrong ON {event} EXECUTE FUNCTION _electric_meta.{function}()"));
        let error = session.fails("BEGIN; CREATE TABLE wrong (id int); DROP TABLE wrong; COMMIT");
        assert_eq!(error.code().code(), "39P03", "{error:?}");
        session.run("ROLLBACK; DROP EVENT TRIGGER wrong");
    }
}

#[test]
fn calling_the_baseline_again_changes_nothing() {
    let database = Database::new();
    let mut session = database.session();
    session.run("CREATE TABLE t (id int)");
    session.run("SELECT _electric_meta.baseline()");
    assert_eq!(database.entries().len(), 1);
    database.assert_sound();
}

#[test]
fn ddl_of_a_role_without_rights_is_recorded_as_its_own() {
    let database = Database::new();
    let mut session = database.session();
    let role = unique("developer");
    session.run(&format!("CREATE ROLE {role}; CREATE SCHEMA theirs AUTHORIZATION {role}; SET ROLE {role}"));
    session.run("CREATE TABLE theirs.t (id int)");
    session.run("BEGIN; ALTER TABLE theirs.t ADD x int; SET search_path = theirs; COMMIT");
    assert_eq!(session.value::<String>("SELECT current_user::text"), role);
    assert_eq!(session.value::<String>("SHOW search_path"), "theirs");
    session.run(&format!("RESET ROLE; SET SESSION AUTHORIZATION {role}"));
    session.run("DROP TABLE theirs.t");
    session.run("RESET SESSION AUTHORIZATION");
    // SECURITY DEFINER does not hide who did it.
    session.run("RESET search_path; CREATE FUNCTION make() RETURNS void LANGUAGE sql SECURITY DEFINER AS 'CREATE TABLE public.made (id int)'");
    session.run(&format!("SET ROLE {role}; SELECT public.make(); RESET ROLE"));
    let by: Vec<String> = database.entries().into_iter().skip(1).map(|entry| entry.recorded_by).collect();
    assert_eq!(by, vec![role.clone(); 4]);
    database.assert_sound();
    session.run(&format!("DROP OWNED BY {role}; DROP ROLE {role}"));
    database.assert_sound();
}

#[test]
fn replica_role_hides_nothing() {
    let database = Database::new();
    let mut session = database.session();
    session.run("SET session_replication_role = replica");
    session.run("CREATE TABLE t (id int)");
    session.run("ALTER TABLE t ADD x int");
    session.run("DROP TABLE t");
    assert_eq!(database.entries().len(), 3);
    database.assert_sound();
}

#[test]
fn what_stays_on_the_server_makes_no_entry() {
    let database = Database::new();
    let mut session = database.session();
    let role = unique("grantee");
    session.run("CREATE TABLE t (id int PRIMARY KEY, x text)");
    session.run(&format!("CREATE ROLE {role}"));
    for sql in [
        "CREATE TEMP TABLE tt (id serial PRIMARY KEY, x text)",
        "ALTER TABLE tt ALTER x TYPE int USING 1",
        "CREATE TEMP TABLE ctas AS SELECT 1 AS x",
        "CREATE INDEX ON tt (x)",
        "DROP TABLE tt",
        &format!("GRANT SELECT ON t TO {role}"),
        &format!("REVOKE SELECT ON t FROM {role}"),
        "ALTER DEFAULT PRIVILEGES GRANT SELECT ON TABLES TO PUBLIC",
        "COMMENT ON TABLE t IS 'x'",
        "COMMENT ON COLUMN t.x IS 'x'",
        "ALTER TABLE t ENABLE ROW LEVEL SECURITY",
        "CREATE POLICY p ON t USING (true)",
        "ALTER POLICY p ON t USING (false)",
        "DROP POLICY p ON t",
        "CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'",
        "CREATE TRIGGER tr BEFORE INSERT ON t FOR EACH ROW EXECUTE FUNCTION f()",
        "ALTER TABLE t DISABLE TRIGGER tr",
        "DROP TRIGGER tr ON t",
        "CREATE STATISTICS s ON id, x FROM t",
        "DROP STATISTICS s",
        "ALTER TABLE t ALTER x SET STORAGE EXTERNAL",
        "ALTER TABLE t ALTER x SET STATISTICS 50",
        "ALTER TABLE t SET (fillfactor = 70)",
        "ALTER TABLE t REPLICA IDENTITY FULL",
        "CREATE PUBLICATION pub FOR TABLE t",
        "DROP PUBLICATION pub",
        "CLUSTER t USING t_pkey",
        "VACUUM FULL t",
        "TRUNCATE t",
        "REINDEX TABLE t",
        "ANALYZE t",
        &format!("ALTER TABLE t OWNER TO {role}"),
        &format!("REASSIGN OWNED BY {role} TO CURRENT_USER"),
    ] {
        session.run(sql);
        assert_eq!(database.entries().len(), 1, "{sql}");
    }
    session.run(&format!("DROP OWNED BY {role}; DROP ROLE {role}"));
    assert_eq!(database.entries().len(), 1);
    database.assert_sound();
}

#[test]
fn what_changes_nothing_makes_no_entry() {
    let database = Database::new();
    let mut session = database.session();
    session.run("CREATE SCHEMA s; CREATE TABLE t (id int NOT NULL DEFAULT 1); CREATE INDEX i ON t (id); CREATE TYPE mood AS ENUM ('ok')");
    for sql in [
        "CREATE TABLE IF NOT EXISTS t (id int)",
        "CREATE INDEX IF NOT EXISTS i ON t (id)",
        "CREATE SCHEMA IF NOT EXISTS s",
        "ALTER TABLE t ALTER id SET NOT NULL",
        "ALTER TABLE t ADD COLUMN IF NOT EXISTS id int",
        "ALTER TABLE t ALTER id SET DEFAULT 1",
        "ALTER TYPE mood ADD VALUE IF NOT EXISTS 'ok'",
        "DROP TABLE IF EXISTS missing",
        "ALTER TABLE IF EXISTS missing ADD x int",
        "BEGIN; ALTER TABLE t RENAME TO u; ALTER TABLE u RENAME TO t; COMMIT",
        "BEGIN; CREATE TABLE passing (id int); DROP TABLE passing; COMMIT",
        "BEGIN; ALTER TABLE t ADD passing int; ALTER TABLE t DROP passing; COMMIT",
    ] {
        session.run(sql);
        assert_eq!(database.entries().len(), 1, "{sql}");
    }
    database.assert_sound();
}

#[test]
fn migration_tools_bookkeeping_is_no_migration() {
    let database = Database::new();
    let mut session = database.session();
    for sql in [
        "CREATE SCHEMA IF NOT EXISTS drizzle",
        "CREATE TABLE drizzle.__drizzle_migrations (id serial PRIMARY KEY, hash text NOT NULL, created_at bigint)",
        "CREATE TABLE _prisma_migrations (id varchar(36) PRIMARY KEY NOT NULL)",
        "ALTER TABLE _prisma_migrations ADD x int",
        "CREATE TABLE schema_migrations (version bigint PRIMARY KEY)",
        "CREATE TABLE alembic_version (version_num varchar(32) NOT NULL)",
        "DROP TABLE drizzle.__drizzle_migrations",
    ] {
        session.run(sql);
        assert_eq!(database.entries().len(), 0, "{sql}");
    }
    session.run("BEGIN; CREATE TABLE t (id int); INSERT INTO _prisma_migrations VALUES ('1'); COMMIT");
    assert_eq!(database.entries().len(), 1);
    database.assert_sound();
}

#[test]
fn an_extension_comes_with_the_first_table_that_needs_it() {
    let database = Database::new();
    let mut session = database.session();
    session.run("CREATE EXTENSION citext; CREATE EXTENSION hstore; CREATE EXTENSION pg_trgm");
    assert_eq!(database.entries().len(), 0);
    session.run("CREATE TABLE t (name citext UNIQUE, tags citext[])");
    session.run("CREATE INDEX t_trgm ON t USING gin ((name::text) gin_trgm_ops)");
    let [table, index] = &database.entries()[..] else { panic!("two entries") };
    assert_eq!(table.statements[0], "CREATE EXTENSION IF NOT EXISTS citext WITH SCHEMA public");
    assert_eq!(table.statements.len(), 2, "{table:?}");
    assert_eq!(index.statements[0], "CREATE EXTENSION IF NOT EXISTS pg_trgm WITH SCHEMA public");
    session.run("DROP EXTENSION hstore");
    assert_eq!(database.entries().len(), 2);
    database.assert_sound();
    session.run("DROP EXTENSION citext CASCADE");
    assert_eq!(database.entries().len(), 3);
    database.assert_sound();
}

#[test]
fn what_is_not_distributed_is_said() {
    let database = Database::new();
    let mut session = database.session();
    session.run("CREATE FOREIGN DATA WRAPPER w; CREATE SERVER s FOREIGN DATA WRAPPER w");
    session.run("CREATE TABLE t (id int)");
    let _ = session.notices();
    for (sql, name) in [
        ("CREATE FOREIGN TABLE far (id int) SERVER s", "public.far"),
        ("CREATE VIEW v AS SELECT * FROM far", "public.v"),
        ("CREATE MATERIALIZED VIEW m AS SELECT relname FROM pg_class", "public.m"),
        ("CREATE FUNCTION f() RETURNS int LANGUAGE internal AS 'pg_backend_pid'", "public.f"),
        ("CREATE AGGREGATE a (int) (SFUNC = int4pl, STYPE = int)", "public.a"),
        ("CREATE DOMAIN d AS int CHECK (VALUE > f())", "public.d"),
        ("CREATE TYPE c AS (x d)", "public.c"),
        ("CREATE TABLE with_row (x t)", "public.with_row"),
    ] {
        session.run(sql);
        let notices = session.notices();
        assert_eq!(notices.len(), 1, "{sql}: {notices:?}");
        assert!(notices[0].contains(name) && notices[0].starts_with("electric_schema: "), "{sql}: {notices:?}");
        assert_eq!(database.entries().len(), 1, "{sql}");
    }
    session.run("REFRESH MATERIALIZED VIEW m");
    session.run("DROP VIEW v");
    assert_eq!(database.entries().len(), 1);
    database.assert_sound();
}

// SET UNLOGGED names the table alone.
#[test]
fn a_serial_column_follows_its_table_into_unlogged() {
    let database = Database::new();
    let mut session = database.session();
    session.run("CREATE TABLE t (id serial)");
    session.run("ALTER TABLE t SET UNLOGGED");
    assert_eq!(
        database.entries()[1].statements,
        ["ALTER TABLE public.t SET UNLOGGED", "ALTER SEQUENCE public.t_id_seq SET UNLOGGED"]
    );
    database.assert_sound();
}

#[test]
fn a_table_that_becomes_a_parent_or_gets_a_composite_leaves_the_clients() {
    let database = Database::new();
    let mut session = database.session();
    session.run("CREATE TYPE c AS (a int); CREATE TABLE t (id int, x text)");
    session.run("ALTER TABLE t ALTER x TYPE c USING NULL");
    database.assert_sound();
    session.run("ALTER TABLE t ALTER x TYPE text");
    database.assert_sound();
    session.run("CREATE TABLE child () INHERITS (t)");
    database.assert_sound();
    session.run("DROP TABLE child");
    database.assert_sound();
}

#[test]
fn a_table_made_with_rows_is_to_be_fetched() {
    let database = Database::new();
    let mut session = database.session();
    let genesis: String = session.value("SELECT hash FROM electric_schema.head()");
    session.run("CREATE TABLE made AS SELECT 1 AS id");
    session.run("SELECT 2 AS id INTO selected");
    session.run("CREATE TABLE plain (id int)");
    let plan: String = session.value(&format!("SELECT electric_schema.handshake('{genesis}')::text"));
    let plan: serde_json::Value = serde_json::from_str(&plan).expect("JSON");
    assert_eq!(plan["action"], "migrate");
    assert_eq!(
        plan["fetch"],
        serde_json::json!([{ "schema": "public", "table": "made" }, { "schema": "public", "table": "selected" }])
    );
    database.assert_sound();
}

#[test]
fn a_rename_is_one_change_however_many_texts_mention_the_name() {
    let database = Database::new();
    let mut session = database.session();
    session.run(
        "CREATE TYPE mood AS ENUM ('ok', 'bad');
         CREATE TABLE a (id int PRIMARY KEY, m mood DEFAULT 'ok' CHECK (m <> 'bad'));
         CREATE TABLE b (a int REFERENCES a, n int DEFAULT 1);
         CREATE SEQUENCE s; CREATE TABLE c (x int DEFAULT nextval('s'))",
    );
    for (sql, statement) in [
        ("ALTER TABLE a RENAME TO z", "ALTER TABLE public.a RENAME TO z"),
        ("ALTER TABLE z RENAME id TO key", "ALTER TABLE public.z RENAME COLUMN id TO key"),
        ("ALTER TYPE mood RENAME TO humour", "ALTER TYPE public.mood RENAME TO humour"),
        ("ALTER SEQUENCE s RENAME TO s2", "ALTER SEQUENCE public.s RENAME TO s2"),
    ] {
        session.run(sql);
        let entries = database.entries();
        assert_eq!(entries.last().expect("an entry").statements, [statement], "{sql}");
        database.assert_sound();
    }
}

#[test]
fn xid_and_lsn_are_those_of_the_transaction() {
    let database = Database::new();
    let mut session = database.session();
    session.run("BEGIN; CREATE TABLE t (id int); CREATE TEMP TABLE me AS SELECT pg_current_xact_id()::text AS xid, pg_current_wal_insert_lsn() AS lsn; COMMIT");
    let row = &session.rows(
        "SELECT m.xid::text = me.xid, m.lsn >= me.lsn AND m.lsn <= pg_current_wal_insert_lsn(), application_name,
                abs(extract(epoch FROM clock_timestamp() - recorded_at))::float8
         FROM _electric_meta.migrations m, me",
    )[0];
    assert!(row.get::<_, bool>(0) && row.get::<_, bool>(1));
    assert_eq!(row.get::<_, &str>(2), "tests");
    assert!(row.get::<_, f64>(3) < 60.0);
}

#[test]
fn a_new_column_is_replayed_with_the_value_that_rows_really_got() {
    let database = Database::new();
    let mut session = database.session();
    session.run("SET TimeZone = 'Asia/Kolkata'; SET DateStyle = 'German'; SET search_path = public");
    session.run("CREATE TABLE t (id int); INSERT INTO t VALUES (1)");
    session.run("ALTER TABLE t ADD at timestamptz NOT NULL DEFAULT now()");
    session.run("INSERT INTO t VALUES (2)");
    let held: String =
        session.value("SELECT to_char(at AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS') FROM t WHERE id = 1");
    let entries = database.entries();
    let entry = entries.last().expect("an entry");
    assert_eq!(entry.class, "additive");
    assert!(entry.statements[0].contains(&held), "{held}: {entry:?}");
    assert_eq!(entry.statements[1], "ALTER TABLE public.t ALTER COLUMN at SET DEFAULT now()");
    // Rows hold 1 and NULL, whatever the default came to be.
    session.run("BEGIN; ALTER TABLE t ADD one int DEFAULT 1; ALTER TABLE t ALTER one SET DEFAULT 2; COMMIT");
    session.run("BEGIN; ALTER TABLE t ADD nothing int; ALTER TABLE t ALTER nothing SET DEFAULT 9; COMMIT");
    let entries = database.entries();
    assert_eq!(
        entries[entries.len() - 2].statements,
        [
            "ALTER TABLE public.t ADD COLUMN one integer DEFAULT '1'::integer",
            "ALTER TABLE public.t ALTER COLUMN one SET DEFAULT 2"
        ]
    );
    assert_eq!(
        entries[entries.len() - 1].statements,
        ["ALTER TABLE public.t ADD COLUMN nothing integer", "ALTER TABLE public.t ALTER COLUMN nothing SET DEFAULT 9"]
    );
    database.assert_sound();
}

#[test]
fn another_encoding_is_refused() {
    for encoding in ["LATIN1", "SQL_ASCII"] {
        let database = Database::plain(&format!("ENCODING '{encoding}'"));
        let error = database.session().fails("CREATE EXTENSION electric_schema");
        assert_eq!(error.code().code(), "0A000", "{error:?}");
        assert_eq!(error.message(), "electric_schema needs a database with encoding UTF8");
        assert!(error.detail().is_some_and(|detail| detail.contains(encoding)) && error.hint().is_some());
    }
}

#[test]
fn only_statements_that_touched_what_clients_have_are_kept_as_source() {
    let database = Database::new();
    let mut session = database.session();
    let role = unique("secretive");
    session.run("BEGIN");
    session.run(&format!("CREATE ROLE {role} PASSWORD 'hunter2'"));
    session.run("CREATE TABLE t (id int)");
    session.run("CREATE FUNCTION secret() RETURNS text LANGUAGE sql AS $$ SELECT 'hunter3' $$");
    session.run(&format!("DROP ROLE {role}"));
    session.run("COMMIT");
    let [entry] = &database.entries()[..] else { panic!("one entry") };
    assert_eq!(entry.source, ["CREATE TABLE t (id int)"]);
}

#[test]
fn what_a_cascade_takes_along_is_recorded() {
    let database = Database::new();
    let mut session = database.session();
    session.run("CREATE TYPE mood AS ENUM ('ok'); CREATE TABLE t (id int PRIMARY KEY, m mood); CREATE TABLE u (t int REFERENCES t, x int)");
    session.run("DROP TYPE mood CASCADE");
    database.assert_sound();
    session.run("DROP TABLE t CASCADE");
    database.assert_sound();
    session.run("CREATE SCHEMA s; CREATE TABLE s.a (id serial); CREATE TABLE s.b (id int)");
    session.run("DROP SCHEMA s CASCADE");
    database.assert_sound();
    let role = unique("owner");
    session.run(&format!(
        "CREATE ROLE {role}; CREATE SCHEMA o AUTHORIZATION {role}; SET ROLE {role}; CREATE TABLE o.t (id int)"
    ));
    session.run(&format!("RESET ROLE; DROP OWNED BY {role} CASCADE; DROP ROLE {role}"));
    database.assert_sound();
    let entries = database.entries();
    assert_eq!(entries.last().expect("an entry").class, "destructive");
    assert!(session.value::<bool>("SELECT count(*) = 1 FROM _electric_meta.objects"), "u alone");
}

// CREATE TABLE would make one of the two.
#[test]
fn two_keys_on_the_same_column_are_two() {
    let database = Database::new();
    let mut session = database.session();
    session.run("CREATE TABLE t (id int PRIMARY KEY)");
    session.run("BEGIN; CREATE TABLE u (id int); ALTER TABLE u ADD CONSTRAINT a UNIQUE (id); ALTER TABLE u ADD CONSTRAINT b UNIQUE (id); COMMIT");
    let entries = database.entries();
    assert_eq!(
        entries.last().expect("an entry").statements,
        [
            "CREATE TABLE public.u (id integer, CONSTRAINT a UNIQUE (id))",
            "ALTER TABLE public.u ADD CONSTRAINT b UNIQUE (id)"
        ]
    );
    database.assert_sound();
}
