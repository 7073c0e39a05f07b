//! One committed transaction, at most one entry.

use std::time::{Duration, Instant};

use super::database::Database;

#[test]
fn rolled_back_work_leaves_nothing() {
    let database = Database::new();
    let mut session = database.session();
    session.run("BEGIN; CREATE TABLE t (id int); ALTER TABLE t ADD x int; ROLLBACK");
    session.fails("BEGIN; CREATE TABLE t (id int); SELECT 1 / 0; COMMIT");
    session.run("ROLLBACK");
    session.run("CREATE TEMP TABLE other (id int)");
    assert_eq!(database.entries().len(), 0);
    session.run("CREATE TABLE u (id int)");
    let [entry] = &database.entries()[..] else { panic!("one entry") };
    assert_eq!((entry.seq, &entry.source), (1, &vec!["CREATE TABLE u (id int)".to_owned()]));
    database.assert_sound();
}

#[test]
fn what_a_savepoint_took_back_is_neither_in_the_entry_nor_in_its_source() {
    let database = Database::new();
    let mut session = database.session();
    session.run("BEGIN");
    session.run("CREATE TABLE kept (id int)");
    session.run("SAVEPOINT s");
    session.run("CREATE TABLE lost (id int)");
    session.run("ALTER TABLE kept ADD lost int");
    session.run("SAVEPOINT inner_one");
    session.run("ALTER TABLE kept ADD lost_too int");
    session.run("RELEASE inner_one");
    session.run("ROLLBACK TO s");
    session.run("ALTER TABLE kept ADD also int");
    session.run("SAVEPOINT s2");
    session.run("ALTER TABLE kept ADD released int");
    session.run("RELEASE s2");
    session.run("COMMIT");
    let [entry] = &database.entries()[..] else { panic!("one entry") };
    assert_eq!(entry.statements, ["CREATE TABLE public.kept (id integer, also integer, released integer)"]);
    assert_eq!(
        entry.source,
        ["CREATE TABLE kept (id int)", "ALTER TABLE kept ADD also int", "ALTER TABLE kept ADD released int"]
    );
    database.assert_sound();
}

#[test]
fn a_procedure_that_commits_makes_an_entry_for_each_transaction() {
    let database = Database::new();
    let mut session = database.session();
    session.run(
        "CREATE PROCEDURE migrate() LANGUAGE plpgsql AS $$
         BEGIN
           CREATE TABLE one (id int); COMMIT;
           CREATE TABLE two (id int); ROLLBACK;
           CREATE TABLE three (id int); COMMIT;
         END $$",
    );
    session.run("CALL migrate()");
    session.run("DO $$ BEGIN CREATE TABLE four (id int); COMMIT; ALTER TABLE four ADD x int; END $$");
    let entries = database.entries();
    let statements: Vec<&str> = entries.iter().flat_map(|entry| &entry.statements).map(String::as_str).collect();
    assert_eq!(
        statements,
        [
            "CREATE TABLE public.one (id integer)",
            "CREATE TABLE public.three (id integer)",
            "CREATE TABLE public.four (id integer)",
            "ALTER TABLE public.four ADD COLUMN x integer",
        ]
    );
    assert_eq!(entries.len(), 4);
    assert_eq!(entries[1].source, ["CALL migrate()"]);
    database.assert_sound();
}

#[test]
fn a_do_block_whose_exception_is_caught_is_one_statement() {
    let database = Database::new();
    let block = "DO $$ BEGIN CREATE TABLE a (id int); \
                 BEGIN CREATE TABLE b (id int); PERFORM 1 / 0; EXCEPTION WHEN division_by_zero THEN CREATE TABLE c (id int); END; END $$";
    database.session().run(block);
    let [entry] = &database.entries()[..] else { panic!("one entry") };
    assert_eq!(entry.statements, ["CREATE TABLE public.a (id integer)", "CREATE TABLE public.c (id integer)"]);
    assert_eq!(entry.source, [block]);
    database.assert_sound();
}

#[test]
fn the_source_is_cut_out_of_a_string_of_several_statements() {
    let database = Database::new();
    database.session().run(
        " CREATE TABLE t (id int) ; -- first\nSELECT 'ä;ö'; CREATE ROLE source_cut PASSWORD 'secret';\n  ALTER TABLE t ADD \"ü\" int;\n\n DROP ROLE source_cut;",
    );
    let [entry] = &database.entries()[..] else { panic!("one entry") };
    assert_eq!(entry.statements, ["CREATE TABLE public.t (id integer, \"ü\" integer)"]);
    assert_eq!(entry.source, ["CREATE TABLE t (id int)", "ALTER TABLE t ADD \"ü\" int"]);
    database.assert_sound();
}

#[test]
fn two_statements_alike_are_two() {
    let database = Database::new();
    let mut session = database.session();
    session.run("BEGIN; CREATE TABLE t (x int); ALTER TABLE t RENAME x TO y; ALTER TABLE t RENAME y TO x; ALTER TABLE t RENAME x TO y; COMMIT");
    session.run("BEGIN");
    session.run("CREATE TABLE u (id int)");
    session.run("DROP TABLE u");
    session.run("CREATE TABLE u (id int)");
    session.run("COMMIT");
    let [one, two] = &database.entries()[..] else { panic!("two entries") };
    assert_eq!(
        one.source,
        [
            "CREATE TABLE t (x int)",
            "ALTER TABLE t RENAME x TO y",
            "ALTER TABLE t RENAME y TO x",
            "ALTER TABLE t RENAME x TO y",
        ]
    );
    assert_eq!(two.statements, ["CREATE TABLE public.u (id integer)"]);
    // The first table never was: only what made the one that stays is its source.
    assert_eq!(two.source, ["CREATE TABLE u (id int)"]);
    database.assert_sound();
}

#[test]
fn a_transaction_may_become_read_only_after_its_ddl() {
    let database = Database::new();
    database.session().run("BEGIN; CREATE TABLE t (id int); SET TRANSACTION READ ONLY; COMMIT");
    assert_eq!(database.entries().len(), 1);
    database.assert_sound();
}

#[test]
fn deferred_triggers_that_do_ddl_are_in_the_same_entry() {
    let database = Database::new();
    let mut session = database.session();
    session.run(
        "CREATE TABLE t (id int);
         CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN CREATE TABLE late (id int); RETURN NULL; END';
         CREATE CONSTRAINT TRIGGER c AFTER INSERT ON t DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION f()",
    );
    session.run("BEGIN; ALTER TABLE t ADD x int; INSERT INTO t VALUES (1); COMMIT");
    let [_, entry] = &database.entries()[..] else { panic!("two entries") };
    assert_eq!(entry.statements.len(), 2, "{entry:?}");
    database.assert_sound();
}

#[test]
fn a_prepared_transaction_is_recorded_when_it_commits() {
    let database = Database::new();
    let mut session = database.session();
    session.run("BEGIN; CREATE TABLE t (id int); PREPARE TRANSACTION 'commits'");
    // Nothing of it is left in the session.
    session.run("BEGIN; CREATE TEMP TABLE other (id int); COMMIT");
    assert_eq!(database.entries().len(), 0);
    session.run("COMMIT PREPARED 'commits'");
    session.run("BEGIN; CREATE TABLE u (id int); PREPARE TRANSACTION 'goes back'");
    session.run("ROLLBACK PREPARED 'goes back'");
    session.run("CREATE TABLE v (id int)");
    let statements: Vec<Vec<String>> = database.entries().into_iter().map(|entry| entry.statements).collect();
    assert_eq!(statements, [["CREATE TABLE public.t (id integer)"], ["CREATE TABLE public.v (id integer)"]]);
    database.assert_sound();
}

#[test]
fn seal_timeout_ends_the_wait_for_a_prepared_transaction() {
    let database = Database::new();
    let (mut session, mut other) = (database.session(), database.session());
    session.run("BEGIN; CREATE TABLE t (id int); PREPARE TRANSACTION 'holds the turn'");
    other.run("SET electric_schema.seal_timeout = '100ms'");
    let error = other.fails("CREATE TABLE u (id int)");
    assert_eq!(error.code().code(), "55P03", "{error:?}");
    // Whoever changes nothing does not wait.
    other.run("CREATE TEMP TABLE x (id int); CREATE TABLE IF NOT EXISTS pg_temp.x (id int)");
    session.run("COMMIT PREPARED 'holds the turn'");
    other.run("CREATE TABLE u (id int)");
    assert_eq!(database.entries().len(), 2);
    database.assert_sound();
}

#[test]
fn lock_timeout_and_statement_timeout_do_not_end_it() {
    let database = Database::new();
    let (mut session, mut other) = (database.session(), database.session());
    session.run("BEGIN; CREATE TABLE t (id int); PREPARE TRANSACTION 'holds the turn a little'");
    let pid = other.pid();
    let waiting = std::thread::spawn(move || {
        other.run("SET lock_timeout = '50ms'; SET statement_timeout = '50ms'");
        let start = Instant::now();
        other.run("CREATE TABLE u (id int)");
        (start.elapsed(), other.value::<String>("SHOW lock_timeout"))
    });
    session.await_waiting(pid);
    std::thread::sleep(Duration::from_millis(300));
    session.run("COMMIT PREPARED 'holds the turn a little'");
    let (waited, lock_timeout) = waiting.join().expect("the other session commits");
    assert!(waited >= Duration::from_millis(300), "{waited:?}");
    assert_eq!(lock_timeout, "50ms");
    assert_eq!(database.entries().len(), 2);
    database.assert_sound();
}

#[test]
fn a_cancelled_statement_leaves_nothing() {
    let database = Database::new();
    let mut session = database.session();
    session.run("SET statement_timeout = '100ms'");
    let error = session.fails("BEGIN; CREATE TABLE t (id int); SELECT pg_sleep(10); COMMIT");
    assert_eq!(error.code().code(), "57014");
    session.run("ROLLBACK; RESET statement_timeout; CREATE TABLE u (id int)");
    assert_eq!(database.entries().len(), 1);
    database.assert_sound();
}

#[test]
fn the_wait_for_the_turn_can_be_cancelled() {
    let database = Database::new();
    let (mut session, mut other) = (database.session(), database.session());
    session.run("BEGIN; CREATE TABLE t (id int); PREPARE TRANSACTION 'will not be waited for'");
    let pid = other.pid();
    let waiting = std::thread::spawn(move || {
        let error = other.fails("CREATE TABLE u (id int)");
        (error.code().code().to_owned(), other.value::<bool>("SELECT to_regclass('u') IS NULL"))
    });
    session.await_waiting(pid);
    assert!(session.value::<bool>(&format!("SELECT pg_cancel_backend({pid})")));
    assert_eq!(waiting.join().expect("an error"), ("57014".to_owned(), true));
    session.run("COMMIT PREPARED 'will not be waited for'");
    assert_eq!(database.entries().len(), 1);
    database.assert_sound();
}

#[test]
fn drop_extension_in_a_transaction_with_ddl() {
    let database = Database::new();
    let mut session = database.session();
    session.run("CREATE TABLE t (id int)");
    session.run("BEGIN; ALTER TABLE t ADD x int; DROP EXTENSION electric_schema; CREATE TABLE u (id int); COMMIT");
    assert!(session.value::<bool>("SELECT to_regnamespace('_electric_meta') IS NULL AND to_regclass('u') IS NOT NULL"));
    session.run("CREATE TABLE v (id int)");
    session.run("CREATE EXTENSION electric_schema");
    let [baseline] = &database.entries()[..] else { panic!("one entry") };
    assert_eq!((baseline.seq, baseline.statements.len()), (1, 3), "{baseline:?}");
    database.assert_sound();
    session.run(
        "BEGIN; DROP EXTENSION electric_schema; CREATE EXTENSION electric_schema; ALTER TABLE t ADD y int; COMMIT",
    );
    let [baseline] = &database.entries()[..] else { panic!("one entry") };
    assert!(baseline.statements.iter().any(|statement| statement.contains("y integer")), "{baseline:?}");
    database.assert_sound();
}

#[test]
fn what_was_there_before_is_the_baseline() {
    let database = Database::plain("ENCODING 'UTF8'");
    let mut session = database.session();
    session.run("CREATE TYPE mood AS ENUM ('ok'); CREATE TABLE t (id serial PRIMARY KEY, m mood); CREATE VIEW w AS SELECT * FROM t");
    session.run("CREATE EXTENSION electric_schema");
    let [baseline] = &database.entries()[..] else { panic!("one entry") };
    assert_eq!((baseline.seq, &*baseline.class), (1, "additive"));
    database.assert_sound();
}

#[test]
fn installing_and_ddl_in_one_transaction_is_one_entry() {
    let database = Database::plain("ENCODING 'UTF8'");
    let mut session = database.session();
    session.run("BEGIN; CREATE TABLE t (id int); CREATE EXTENSION electric_schema; ALTER TABLE t ADD x int; COMMIT");
    let [entry] = &database.entries()[..] else { panic!("one entry") };
    assert_eq!(entry.statements, ["CREATE TABLE public.t (id integer, x integer)"]);
    database.assert_sound();
}
