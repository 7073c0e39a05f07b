//! What entries are called, and who is believed about it.

use super::database::{unique, Database, Session};

const DRIZZLE: &str = "CREATE SCHEMA IF NOT EXISTS drizzle; \
     CREATE TABLE drizzle.__drizzle_migrations (id SERIAL PRIMARY KEY, hash text NOT NULL, created_at bigint)";

const PRISMA: &str =
    "CREATE TABLE _prisma_migrations (id VARCHAR(36) PRIMARY KEY NOT NULL, checksum VARCHAR(64) NOT NULL, \
     finished_at TIMESTAMPTZ, migration_name VARCHAR(255) NOT NULL, logs TEXT, rolled_back_at TIMESTAMPTZ, \
     started_at TIMESTAMPTZ NOT NULL DEFAULT now(), applied_steps_count INTEGER NOT NULL DEFAULT 0)";

const PRISMA_LOCK: &str = "SELECT pg_advisory_lock(72707369)";

impl Database {
    fn labels(&self) -> Vec<Option<String>> {
        let rows = self.session().rows("SELECT label FROM _electric_meta.migrations ORDER BY seq");
        rows.iter().map(|row| row.get(0)).collect()
    }

    #[track_caller]
    fn assert_labels(&self, expected: &[Option<&str>]) {
        let labels = self.labels();
        assert_eq!(labels.iter().map(Option::as_deref).collect::<Vec<_>>(), expected);
        self.assert_sound();
    }
}

impl Session {
    /// A table, in a transaction of its own.
    fn ddl(&mut self) {
        let name = unique("made");
        self.run(&format!("CREATE TABLE {name} (id int)"));
    }

    /// What the entry is called that created this table.
    fn label_of(&mut self, table: &str) -> Option<String> {
        let created = format!("CREATE TABLE {table} (id integer)");
        self.value(&format!("SELECT label FROM _electric_meta.migrations WHERE '{created}' = ANY (statements)"))
    }

    fn prisma_starts(&mut self, name: &str) {
        let start = "INSERT INTO _prisma_migrations (id, checksum, migration_name) VALUES (gen_random_uuid(), '', ";
        self.run(&format!("{start}'{name}')"));
    }
}

#[test]
fn a_label_names_the_entry_of_its_transaction_and_no_other() {
    let database = Database::new();
    let mut session = database.session();
    session.run("BEGIN; CALL electric_schema.label('before'); CREATE TABLE a (id int); COMMIT");
    session.run("BEGIN; CREATE TABLE b (id int); CALL electric_schema.label('after'); COMMIT");
    session.run("CREATE TABLE c (id int)");
    session.run("CALL electric_schema.label('one string'); CREATE TABLE d (id int)");
    session
        .run("BEGIN; CALL electric_schema.label('gone'); CREATE TABLE e (id int); ROLLBACK; CREATE TABLE f (id int)");
    session.fails("BEGIN; CALL electric_schema.label('gone'); SELECT 1 / 0");
    session.run("ROLLBACK; CREATE TABLE g (id int)");
    database.assert_labels(&[Some("before"), Some("after"), None, Some("one string"), None, None]);
}

#[test]
fn the_last_label_counts_and_null_takes_it_back() {
    let database = Database::new();
    let mut session = database.session();
    session.run("BEGIN; CALL electric_schema.label('1'); CREATE TABLE a (id int); CALL electric_schema.label('Straße \"x\" '' 🗓️'); COMMIT");
    session.run(
        "BEGIN; CALL electric_schema.label('1'); CREATE TABLE b (id int); CALL electric_schema.label(NULL); COMMIT",
    );
    session.run(
        "BEGIN; CALL electric_schema.label(NULL); CALL electric_schema.label('2'); CREATE TABLE c (id int); COMMIT",
    );
    database.assert_labels(&[Some("Straße \"x\" ' 🗓️"), None, Some("2")]);
}

#[test]
fn a_savepoint_takes_its_label_back() {
    let database = Database::new();
    let mut session = database.session();
    session.run("BEGIN; CALL electric_schema.label('kept'); CREATE TABLE a (id int)");
    session.run("SAVEPOINT s; CALL electric_schema.label('lost'); SAVEPOINT t; CALL electric_schema.label(NULL); RELEASE t; ROLLBACK TO s; COMMIT");
    session.run("BEGIN; CALL electric_schema.label('outer'); SAVEPOINT s; CALL electric_schema.label('inner'); CREATE TABLE b (id int)");
    session.run("RELEASE s; SAVEPOINT t; CALL electric_schema.label('lost'); ROLLBACK TO t; COMMIT");
    session.run("BEGIN; SAVEPOINT s; CALL electric_schema.label('inner'); RELEASE s; CALL electric_schema.label('last'); CREATE TABLE c (id int); COMMIT");
    session.run("BEGIN; SAVEPOINT s; CALL electric_schema.label('lost'); CREATE TABLE d (id int); ROLLBACK TO s; CREATE TABLE d (id int); COMMIT");
    session.run("DO $$ BEGIN CALL electric_schema.label('kept'); CREATE TABLE e (id int); \
                 BEGIN CALL electric_schema.label('lost'); PERFORM 1 / 0; EXCEPTION WHEN division_by_zero THEN NULL; END; END $$");
    database.assert_labels(&[Some("kept"), Some("inner"), Some("last"), None, Some("kept")]);
}

#[test]
fn every_transaction_of_a_procedure_has_a_label_of_its_own() {
    let database = Database::new();
    let mut session = database.session();
    session.run("DO $$ BEGIN CALL electric_schema.label('1'); CREATE TABLE a (id int); COMMIT; CREATE TABLE b (id int); COMMIT; \
                 CALL electric_schema.label('3'); COMMIT; CREATE TABLE c (id int); CALL electric_schema.label('4'); ROLLBACK; CREATE TABLE d (id int); END $$");
    database.assert_labels(&[Some("1"), None, None]);
}

#[test]
fn a_prepared_transaction_keeps_its_label() {
    let database = Database::new();
    let mut session = database.session();
    session.run(DRIZZLE);
    session
        .run("BEGIN; CALL electric_schema.label('prepared'); CREATE TABLE a (id int); PREPARE TRANSACTION 'labelled'");
    session.run("CREATE TEMP TABLE other (id int)");
    session.run("COMMIT PREPARED 'labelled'");
    session.run("CREATE TABLE b (id int)");
    session.run("BEGIN; CREATE TABLE c (id int); INSERT INTO drizzle.__drizzle_migrations (hash, created_at) VALUES ('ab', 3); PREPARE TRANSACTION 'drizzled'");
    session.run("COMMIT PREPARED 'drizzled'");
    database.assert_labels(&[Some("prepared"), None, Some("drizzle:3:ab")]);
}

#[test]
fn a_label_without_an_entry_is_gone_and_waits_for_nobody() {
    let database = Database::new();
    let (mut session, mut other) = (database.session(), database.session());
    other.run("BEGIN; CREATE TABLE held (id int); PREPARE TRANSACTION 'holds the turn against labels'");
    session.run("SET electric_schema.seal_timeout = '100ms'");
    session.notices();
    session.run("BEGIN; CALL electric_schema.label('no entry'); CREATE TEMP TABLE other (id int); COMMIT");
    assert_eq!(session.notices(), [""; 0]);
    // Whoever is not in a transaction expects it to be there for the next statement.
    session.run("CALL electric_schema.label('too early')");
    let notices = session.notices();
    assert!(notices.len() == 1 && notices[0].contains("this one makes none"), "{notices:?}");
    session.run("CALL electric_schema.label(NULL)");
    assert_eq!(session.notices(), [""; 0]);
    other.run("COMMIT PREPARED 'holds the turn against labels'");
    session.run("CREATE TABLE a (id int)");
    database.assert_labels(&[None, None]);
}

#[test]
fn what_is_no_label_is_an_error() {
    let database = Database::new();
    let mut session = database.session();
    for text in ["", "   ", "two\nlines", "tab\t", "\u{7f}", &"ä".repeat(256)] {
        let error = session.fails(&format!("CALL electric_schema.label('{text}')"));
        assert_eq!(error.code().code(), "22023", "{error:?}");
        assert!(error.detail().is_some() && error.hint().is_some(), "{error:?}");
    }
    session.run(&format!("BEGIN; CALL electric_schema.label('{}'); CREATE TABLE a (id int); COMMIT", "ä".repeat(255)));
    // An error that is caught leaves what was there.
    session.run("BEGIN; CALL electric_schema.label('good'); CREATE TABLE b (id int); SAVEPOINT s");
    session.fails("CALL electric_schema.label('')");
    session.run("ROLLBACK TO s; COMMIT");
    database.assert_labels(&[Some(&"ä".repeat(255)), Some("good")]);
}

#[test]
fn whoever_may_do_ddl_may_be_allowed_to_name_it() {
    let database = Database::new();
    let mut session = database.session();
    let role = unique("labeller");
    session.run(&format!("CREATE ROLE {role}; GRANT CREATE ON SCHEMA public TO {role}; SET ROLE {role}"));
    assert_eq!(session.fails("CALL electric_schema.label('x')").code().code(), "42501");
    session.run(&format!("RESET ROLE; GRANT USAGE ON SCHEMA electric_schema TO {role}; SET ROLE {role}"));
    assert_eq!(session.fails("CALL electric_schema.label('x')").code().code(), "42501");
    session
        .run(&format!("RESET ROLE; GRANT EXECUTE ON PROCEDURE electric_schema.label(text) TO {role}; SET ROLE {role}"));
    session.run("BEGIN; CALL electric_schema.label('theirs'); CREATE TABLE a (id int); COMMIT");
    assert_eq!(session.fails("SELECT label FROM _electric_meta.migrations").code().code(), "42501");
    database.assert_labels(&[Some("theirs")]);
    session.run(&format!("RESET ROLE; DROP OWNED BY {role}; DROP ROLE {role}"));
}

#[test]
fn the_chain_covers_the_label() {
    let database = Database::new();
    let mut session = database.session();
    session.run("BEGIN; CALL electric_schema.label('true'); CREATE TABLE a (id int); COMMIT");
    for forged in ["'false'", "NULL"] {
        session.run("BEGIN");
        session.tamper("migrations", &format!("UPDATE _electric_meta.migrations SET label = {forged}"));
        assert!(!session.value::<bool>("SELECT (electric_schema.verify() ->> 'ok')::boolean"), "{forged}");
        session.run("ROLLBACK");
    }
    database.assert_sound();
}

#[test]
fn a_preview_neither_gives_nor_takes_a_label() {
    let database = Database::new();
    let mut session = database.session();
    session.run("BEGIN; CALL electric_schema.label('kept'); CREATE TABLE a (id int)");
    session.run("SELECT electric_schema.preview('CALL electric_schema.label(''lost''); ALTER TABLE a ADD b int')");
    session
        .run("COMMIT; SELECT electric_schema.preview('CALL electric_schema.label(''lost'')'); CREATE TABLE b (id int)");
    database.assert_labels(&[Some("kept"), None]);
}

#[test]
fn drizzle_names_what_it_applies() {
    let database = Database::new();
    let mut session = database.session();
    session.run(DRIZZLE);
    let insert = "INSERT INTO drizzle.__drizzle_migrations (hash, created_at) VALUES";
    session.run(&format!(
        "BEGIN; CREATE TABLE a (id int); {insert} (repeat('0123456789abcdef', 4), 1700000000000); COMMIT"
    ));
    session.run(&format!(
        "BEGIN; CREATE TABLE b (id int); {insert} ('b', 2); ALTER TABLE b ADD x int; {insert} ('c', 3); COMMIT"
    ));
    // What is taken back was not applied.
    session.run(&format!("BEGIN; SAVEPOINT s; {insert} ('lost', 4); ROLLBACK TO s; SAVEPOINT t; {insert} ('d', 5); RELEASE t; CREATE TABLE d (id int); COMMIT"));
    session.run(&format!(
        "BEGIN; {insert} ('explicit', 6); CALL electric_schema.label('wins'); CREATE TABLE e (id int); COMMIT"
    ));
    session.ddl();
    session.run("ALTER TABLE drizzle.__drizzle_migrations ADD COLUMN name text, ADD COLUMN applied_at timestamptz DEFAULT now()");
    session.run("BEGIN; CREATE TABLE f (id int); INSERT INTO drizzle.__drizzle_migrations (hash, created_at, name) VALUES ('f', 7, '0007_f'); COMMIT");
    database.assert_labels(&[
        Some("drizzle:1700000000000:0123456789ab"),
        Some("drizzle:2:b, drizzle:3:c"),
        Some("drizzle:5:d"),
        Some("wins"),
        None,
        Some("0007_f"),
    ]);
}

#[test]
fn names_come_in_the_order_in_which_they_were_written() {
    let database = Database::new();
    let mut session = database.session();
    session.run("CREATE TABLE knex_migrations (name text, padding text)");
    let insert =
        |name: &str, length: u32| format!("INSERT INTO knex_migrations VALUES ('{name}', repeat('x', {length}));");
    // The first page is left with a hole that the sixth row fits into, and those before it do not.
    session.run(&(1..=24).map(|n| insert(&format!("old {n}"), 950)).collect::<String>());
    session.run("DELETE FROM knex_migrations WHERE name = 'old 3'");
    session.run("VACUUM knex_migrations");
    let new: String = (1..=7).map(|n| insert(&n.to_string(), if n == 6 { 800 } else { 1500 })).collect();
    session.run(&format!("BEGIN; {new} CREATE TABLE a (id int); COMMIT"));
    let stored: String =
        session.value("SELECT string_agg(name, '' ORDER BY ctid) FROM knex_migrations WHERE name !~ 'old'");
    assert_eq!(stored, "6123457");
    database.assert_labels(&[Some("1, 2, 3, 4, 5, 6, 7")]);
}

#[test]
fn bookkeeping_is_found_however_the_transaction_came() {
    let database = Database::new();
    let mut session = database.session();
    session.run("CREATE TABLE schema_migrations (version text)");
    session.run("CREATE TABLE a (id int); INSERT INTO schema_migrations VALUES ('string')");
    session.run("INSERT INTO schema_migrations VALUES ('string, too'); CREATE TABLE b (id int)");
    session.run("DO $$ BEGIN CREATE TABLE c (id int); INSERT INTO schema_migrations VALUES ('block'); END $$");
    session.run(
        "CREATE FUNCTION f() RETURNS void LANGUAGE plpgsql AS
         $$ BEGIN INSERT INTO schema_migrations VALUES ('function'); CREATE TABLE d (id int); END $$;
         CREATE PROCEDURE p() LANGUAGE plpgsql AS
         $$ BEGIN CREATE TABLE e (id int); COMMIT; CREATE TABLE g (id int); INSERT INTO schema_migrations VALUES ('procedure'); END $$",
    );
    session.run("SELECT f()");
    session.run("CALL p()");
    session.run("DROP TABLE d; PREPARE x AS SELECT f()");
    session.run("EXECUTE x");
    let labels: Vec<String> =
        session.value("SELECT array_agg(label ORDER BY seq) FROM _electric_meta.migrations WHERE label IS NOT NULL");
    assert_eq!(labels, ["string", "string, too", "block", "function", "procedure", "function"]);
    database.assert_sound();
}

#[test]
fn prisma_names_what_it_is_running() {
    let database = Database::new();
    let (mut session, mut other) = (database.session(), database.session());
    session.run(PRISMA);
    session.prisma_starts("failed long ago");
    // Nobody is migrating.
    session.ddl();
    session.run(PRISMA_LOCK);
    session.prisma_starts("20240101_one");
    session.run("CREATE TABLE one (id int); ALTER TABLE one ADD x int");
    // Another session does something else meanwhile.
    other.ddl();
    session.run("UPDATE _prisma_migrations SET applied_steps_count = 1 WHERE migration_name = '20240101_one'");
    session.run("UPDATE _prisma_migrations SET finished_at = now() WHERE migration_name = '20240101_one'");
    session.prisma_starts("20240102_two");
    // CONCURRENTLY makes one transaction of each statement.
    session.run("CREATE INDEX CONCURRENTLY ON one (x)");
    session.run("DROP TABLE one");
    session.run("UPDATE _prisma_migrations SET rolled_back_at = now(); SELECT pg_advisory_unlock_all()");
    session.ddl();
    database.assert_labels(&[None, Some("20240101_one"), None, Some("20240102_two"), Some("20240102_two"), None]);
}

#[test]
fn a_row_of_prismas_in_the_same_transaction_names_it_without_its_lock() {
    let database = Database::new();
    let mut session = database.session();
    session.run(PRISMA);
    session.prisma_starts("never finished");
    session.run("BEGIN; CREATE TABLE a (id int)");
    session.prisma_starts("20240103_by_hand");
    session.run("UPDATE _prisma_migrations SET finished_at = now() WHERE migration_name = '20240103_by_hand'; COMMIT");
    database.assert_labels(&[Some("20240103_by_hand")]);
}

#[test]
fn prismas_table_may_be_in_any_schema_but_has_to_be_the_migrating_roles_own() {
    let database = Database::new();
    let mut session = database.session();
    let role = unique("stranger");
    session.run(&format!("CREATE ROLE {role}; CREATE SCHEMA theirs AUTHORIZATION {role}; SET ROLE {role}"));
    session.run("SET search_path = theirs");
    session.run(PRISMA);
    session.prisma_starts("a lie");
    session.run("UPDATE _prisma_migrations SET started_at = '2999-01-01'");
    session.run("RESET ROLE; CREATE SCHEMA \"Ours\"; SET search_path = \"Ours\"");
    session.run(PRISMA);
    session.prisma_starts("the truth");
    session.run(PRISMA_LOCK);
    session.run("CREATE TABLE a (id int); SET search_path = ''");
    session.run("DROP TABLE \"Ours\"._prisma_migrations");
    session.run("CREATE TABLE \"Ours\".b (id int)");
    session.run(&format!("SET ROLE {role}; CREATE TABLE theirs.c (id int)"));
    session.run("RESET ROLE");
    let labels = ["\"Ours\".a", "\"Ours\".b", "theirs.c"].map(|table| session.label_of(table));
    assert_eq!(labels, [Some("the truth".to_owned()), None, Some("a lie".to_owned())]);
    database.assert_sound();
    session.run(&format!("DROP OWNED BY {role}; DROP ROLE {role}"));
}

#[test]
fn other_tools_name_what_they_apply() {
    let database = Database::new();
    let mut session = database.session();
    let tools = [
        (
            "\"__EFMigrationsHistory\"",
            "\"MigrationId\" varchar(150), \"ProductVersion\" varchar(32)",
            "'2024_Due', '8'",
            "2024_Due",
        ),
        ("__diesel_schema_migrations", "version varchar(50), run_on timestamp DEFAULT now()", "'2024-01'", "2024-01"),
        ("_sqlx_migrations", "version bigint, description text", "7, 'add due'", "add due"),
        (
            "flyway_schema_history",
            "installed_rank int, script varchar(1000)",
            "1, 'V2__add_due.sql'",
            "V2__add_due.sql",
        ),
        ("goose_db_version", "id serial, version_id bigint, is_applied boolean", "1, 20240101, true", "20240101"),
        ("knex_migrations", "id serial, name varchar(255), batch int", "1, '2024_due.js', 1", "2024_due.js"),
        ("kysely_migration", "name varchar(255), timestamp varchar(255)", "'2024_due', 'now'", "2024_due"),
        ("mikro_orm_migrations", "id serial, name varchar(255)", "1, 'Migration2024'", "Migration2024"),
        ("pgmigrations", "id serial, name varchar(255), run_on timestamp", "1, '1_due'", "1_due"),
        ("refinery_schema_history", "version int4, name varchar(255)", "1, 'due'", "due"),
        ("schema_migrations", "version varchar", "'20240101000000'", "20240101000000"),
        ("seaql_migrations", "version varchar, applied_at bigint", "'m2024_due', 1", "m2024_due"),
    ];
    let mut expected = vec![];
    for (table, columns, values, label) in tools {
        session.run(&format!("CREATE TABLE {table} ({columns})"));
        let made = unique("made");
        session.run(&format!("BEGIN; CREATE TABLE {made} (id int); INSERT INTO {table} VALUES ({values}); COMMIT"));
        expected.push(Some(label));
    }
    session.run("CREATE TABLE alembic_version (version_num varchar(32)); INSERT INTO alembic_version VALUES ('old')");
    session.run("BEGIN; CREATE TABLE a (id int); UPDATE alembic_version SET version_num = 'newer'; UPDATE alembic_version SET version_num = 'newest'; COMMIT");
    expected.push(Some("newest"));
    database.assert_labels(&expected);
}

#[test]
fn tables_that_only_look_like_bookkeeping_name_nothing() {
    let database = Database::new();
    let mut session = database.session();
    session.run("CREATE TABLE knex_migrations (id int, title text); CREATE SCHEMA two; CREATE TABLE two.knex_migrations (name int[])");
    session.run("CREATE SCHEMA three; CREATE TABLE three.knex_migrations (name text, gone text); ALTER TABLE three.knex_migrations DROP name");
    session.run("BEGIN; CREATE TABLE a (id int); INSERT INTO knex_migrations VALUES (1, 'x'); INSERT INTO two.knex_migrations VALUES ('{1}'); INSERT INTO three.knex_migrations VALUES ('x'); COMMIT");
    // Too long to be anybody's name, and stored out of line.
    session.run("CREATE SCHEMA four; CREATE TABLE four.knex_migrations (name text); ALTER TABLE four.knex_migrations ALTER name SET STORAGE EXTERNAL");
    session
        .run("BEGIN; CREATE TABLE b (id int); INSERT INTO four.knex_migrations VALUES (repeat('x', 100000)); COMMIT");
    session.run("CREATE SCHEMA five; CREATE TABLE five.knex_migrations (name text) PARTITION BY LIST (name); CREATE TABLE five.part PARTITION OF five.knex_migrations DEFAULT");
    session.run("BEGIN; CREATE TABLE c (id int); INSERT INTO five.knex_migrations VALUES ('x'); COMMIT");
    session.run("CREATE TEMP TABLE knex_migrations (name text)");
    session.run("BEGIN; CREATE TABLE d (id int); INSERT INTO pg_temp.knex_migrations VALUES ('x'); COMMIT");
    // Compressed is not out of line.
    session.run("BEGIN; CREATE TABLE e (id int); INSERT INTO three.knex_migrations VALUES ('x'); ALTER TABLE three.knex_migrations RENAME gone TO name; \
                 INSERT INTO three.knex_migrations VALUES (repeat('y', 3000)); COMMIT");
    let tables = ["a", "b", "c", "d"].map(|table| session.label_of(&format!("public.{table}")));
    assert_eq!(tables, [const { None }; 4]);
    assert_eq!(session.label_of("public.e"), Some(format!("x … {}… (2)", "y".repeat(123))));
    database.assert_sound();
}

#[test]
fn nothing_that_others_made_runs_when_bookkeeping_is_read() {
    let database = Database::new();
    let (mut session, mut evil) = (database.session(), database.session());
    let role = unique("evil");
    session.run(&format!(
        "CREATE ROLE {role}; GRANT CREATE, USAGE ON SCHEMA public TO {role}; CREATE SCHEMA evil AUTHORIZATION {role}"
    ));
    let version: i32 = session.value("SELECT current_setting('server_version_num')::int");
    let name: String = session.value("SELECT current_database()");
    session.run(&format!("GRANT CREATE ON DATABASE {name} TO {role}"));
    evil.run(&format!("SET ROLE {role}; CREATE TABLE evil.ran (who text, how text); GRANT ALL ON SCHEMA evil TO PUBLIC; GRANT ALL ON evil.ran TO PUBLIC"));
    evil.run(
        "CREATE FUNCTION evil.run(how text) RETURNS text LANGUAGE plpgsql AS
         $$ BEGIN INSERT INTO evil.ran VALUES (current_user, how); RETURN how; END $$;
         CREATE FUNCTION evil.is_fine(t text) RETURNS boolean LANGUAGE sql AS $$ SELECT evil.run('domain') IS NOT NULL $$;
         CREATE DOMAIN evil.name AS text CHECK (evil.is_fine(VALUE));
         CREATE FUNCTION evil.shown(t text) RETURNS evil.name LANGUAGE sql AS $$ SELECT evil.run('cast')::evil.name $$",
    );
    let columns = "started_at, finished_at, rolled_back_at";
    let unfinished = "now() AS started_at, NULL::timestamptz AS finished_at, NULL::timestamptz AS rolled_back_at";
    // Each of them in a schema of its own.
    for (schema, ddl) in [
        ("by_view", format!("CREATE VIEW by_view._prisma_migrations AS SELECT evil.run('view') AS migration_name, {unfinished}")),
        (
            "by_rule",
            "CREATE TABLE by_rule._prisma_migrations (migration_name text, started_at timestamptz, finished_at timestamptz, rolled_back_at timestamptz);
             CREATE RULE \"_RETURN\" AS ON SELECT TO by_rule._prisma_migrations DO INSTEAD
             SELECT evil.run('rule') AS migration_name, now() AS started_at, NULL::timestamptz AS finished_at, NULL::timestamptz AS rolled_back_at"
                .to_owned(),
        ),
        (
            "by_domain",
            format!(
                "CREATE TABLE by_domain._prisma_migrations (migration_name evil.name, started_at timestamptz, finished_at timestamptz, rolled_back_at timestamptz);
                 INSERT INTO by_domain._prisma_migrations SELECT 'domain', {unfinished}"
            ),
        ),
        (
            "by_policy",
            format!(
                "CREATE TABLE by_policy._prisma_migrations AS SELECT 'policy'::text AS migration_name, {unfinished};
                 CREATE POLICY p ON by_policy._prisma_migrations USING (evil.run('policy') IS NOT NULL);
                 ALTER TABLE by_policy._prisma_migrations ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY"
            ),
        ),
        (
            "by_materialized",
            format!("CREATE MATERIALIZED VIEW by_materialized._prisma_migrations AS SELECT evil.shown('x')::text AS migration_name, {unfinished}"),
        ),
        (
            "by_child",
            format!(
                "CREATE TABLE by_child._prisma_migrations (migration_name text, {}, CHECK (evil.is_fine(migration_name)));
                 CREATE INDEX ON by_child._prisma_migrations (migration_name)",
                columns.replace(',', " timestamptz,") + " timestamptz"
            ),
        ),
    ] {
        // From 16 on a table does not become a view: there it is one from the beginning.
        let ddl = match schema {
            "by_rule" if version >= 160_000 => {
                format!("CREATE VIEW by_rule._prisma_migrations AS SELECT evil.run('rule') AS migration_name, {unfinished}")
            }
            _ => ddl,
        };
        evil.run(&format!("CREATE SCHEMA {schema}; {ddl}"));
    }
    evil.run("TRUNCATE evil.ran");
    // The superuser migrates with Prisma, and writes to what he takes for his own.
    session.run(PRISMA);
    session.run(PRISMA_LOCK);
    session.prisma_starts("the truth");
    session.run("CREATE TABLE a (id int)");
    assert_eq!(session.value::<i64>("SELECT count(*) FROM evil.ran"), 0);
    // Even where the table's owner is he who migrates, only plain text is read.
    session.run(
        "ALTER TABLE by_domain._prisma_migrations OWNER TO CURRENT_USER; ALTER VIEW by_view._prisma_migrations OWNER TO CURRENT_USER;
         ALTER VIEW by_rule._prisma_migrations OWNER TO CURRENT_USER; ALTER TABLE by_policy._prisma_migrations OWNER TO CURRENT_USER;
         ALTER MATERIALIZED VIEW by_materialized._prisma_migrations OWNER TO CURRENT_USER; ALTER TABLE by_child._prisma_migrations OWNER TO CURRENT_USER;
         UPDATE _prisma_migrations SET finished_at = now(); TRUNCATE evil.ran",
    );
    session.run("CREATE TABLE b (id int)");
    assert_eq!(session.value::<i64>("SELECT count(*) FROM evil.ran"), 0);
    let labels = ["public.a", "public.b"].map(|table| session.label_of(table));
    assert_eq!(labels, [Some("the truth".to_owned()), Some("policy".to_owned())]);
    database.assert_sound();
    session.run(&format!("DROP OWNED BY {role} CASCADE; DROP ROLE {role}"));
}

#[test]
fn bookkeeping_that_another_session_holds_is_not_waited_for() {
    let database = Database::new();
    let (mut session, mut other) = (database.session(), database.session());
    session.run(PRISMA);
    session.run(PRISMA_LOCK);
    session.prisma_starts("held");
    other.run("BEGIN; LOCK TABLE _prisma_migrations");
    session.run("SET lock_timeout = 0; SET statement_timeout = '10s'; CREATE TABLE a (id int)");
    other.run("ROLLBACK");
    session.run("CREATE TABLE b (id int)");
    database.assert_labels(&[None, Some("held")]);
}

#[test]
fn whoever_waits_for_the_bookkeeping_does_not_keep_it_from_being_read() {
    let database = Database::new();
    let (mut session, mut other) = (database.session(), database.session());
    session.run(DRIZZLE);
    session.run(
        "BEGIN; CREATE TABLE a (id int); INSERT INTO drizzle.__drizzle_migrations (hash, created_at) VALUES ('a', 1)",
    );
    let pid = other.pid();
    let waiting = std::thread::spawn(move || other.run("BEGIN; LOCK TABLE drizzle.__drizzle_migrations; ROLLBACK"));
    let mut third = database.session();
    third.await_waiting(pid);
    session.run("SET LOCAL statement_timeout = '10s'; COMMIT");
    waiting.join().expect("the other session gets the lock");
    database.assert_labels(&[Some("drizzle:1:a")]);
}

#[test]
fn another_sessions_temporary_bookkeeping_is_left_alone() {
    let database = Database::new();
    let (mut session, mut other) = (database.session(), database.session());
    other.run(&PRISMA.replace("CREATE TABLE", "CREATE TEMP TABLE"));
    other.prisma_starts("temporary");
    session.run(PRISMA_LOCK);
    session.run("CREATE TABLE a (id int)");
    database.assert_labels(&[None]);
}

#[test]
fn every_isolation_level_sees_the_bookkeeping() {
    let database = Database::new();
    let mut session = database.session();
    session.run(DRIZZLE);
    session.run(PRISMA);
    session.run(PRISMA_LOCK);
    let mut other = database.session();
    let mut expected = vec![];
    for (n, level) in ["READ COMMITTED", "REPEATABLE READ", "SERIALIZABLE"].into_iter().enumerate() {
        session.run(&format!("BEGIN ISOLATION LEVEL {level}; SELECT 1; CREATE TABLE a{n} (id int)"));
        session.run(&format!("INSERT INTO drizzle.__drizzle_migrations (hash, created_at) VALUES ('h', {n}); SET TRANSACTION READ ONLY; COMMIT"));
        session.run(&format!("BEGIN ISOLATION LEVEL {level}; SELECT 1; CREATE TABLE b{n} (id int)"));
        other.prisma_starts(&format!("p{n}"));
        session.run("COMMIT");
        expected.extend([format!("drizzle:{n}:h"), format!("p{n}")]);
    }
    let expected: Vec<Option<&str>> = expected.iter().map(|label| Some(label.as_str())).collect();
    database.assert_labels(&expected);
}

#[test]
fn bookkeeping_that_cannot_be_read_does_not_keep_ddl_from_committing() {
    let database = Database::new();
    let mut session = database.session();
    session.run(PRISMA);
    session.prisma_starts("unreadable");
    session.run("CHECKPOINT");
    session.run(
        "DO $$ BEGIN EXECUTE format('COPY (SELECT) TO PROGRAM %L', 'cat > /dev/null; rm ' || current_setting('data_directory') || '/' ||
         pg_relation_filepath('_prisma_migrations')); END $$",
    );
    let mut other = database.session();
    other.run(PRISMA_LOCK);
    other.notices();
    other.run("BEGIN; CREATE TABLE a (id int); SAVEPOINT s; CREATE TABLE b (id int); RELEASE s; COMMIT");
    let notices = other.notices();
    assert!(notices.len() == 1 && notices[0].contains("could not be read"), "{notices:?}");
    other.run("BEGIN; CALL electric_schema.label('explicit'); CREATE TABLE c (id int); COMMIT");
    assert_eq!(other.notices(), [""; 0]);
    database.assert_labels(&[None, Some("explicit")]);
    session.run("DROP TABLE _prisma_migrations");
}

#[test]
fn installing_through_a_migration_names_the_baseline() {
    let database = Database::plain("ENCODING 'UTF8'");
    let mut session = database.session();
    session.run(DRIZZLE);
    session.run("BEGIN; CREATE TABLE a (id int); CREATE EXTENSION electric_schema; INSERT INTO drizzle.__drizzle_migrations (hash, created_at) VALUES ('a', 1); COMMIT");
    database.assert_labels(&[Some("drizzle:1:a")]);
}
