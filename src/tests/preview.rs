//! `preview()`, `drift()` and `electric_schema.destructive` among other sessions.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::Arc;

use super::database::{unique, Database};

#[test]
fn a_preview_leaves_nothing_behind() {
    let database = Database::new();
    let (mut one, mut other) = (database.session(), database.session());
    one.run("CREATE TABLE t (id int PRIMARY KEY); LISTEN electric_schema");
    one.notification();
    one.run("BEGIN; SELECT electric_schema.preview('ALTER TABLE t ADD a int; DROP TABLE t; CREATE TABLE u (id int)')");
    // No lock, while the transaction is open still.
    other.run("SET lock_timeout = '2s'; ALTER TABLE t ADD b int");
    one.run("COMMIT");
    let (_, payload) = one.notification().expect("the other's entry");
    assert!(payload.contains("\"seq\":2"), "{payload}");
    assert_eq!(database.entries().len(), 2);
    database.assert_sound();
}

#[test]
fn a_preview_does_not_wait_for_the_seal() {
    let database = Database::new();
    let mut session = database.session();
    session.run("CREATE TABLE t (id int PRIMARY KEY)");
    let gid = unique("preview");
    session.run("BEGIN; CREATE TABLE held (id int)");
    session.run(&format!("PREPARE TRANSACTION '{gid}'"));
    let class: String = session.value("SELECT electric_schema.preview('ALTER TABLE t ADD a int') ->> 'class'");
    assert_eq!(class, "additive");
    let blocked: String = session.value("SELECT blocked_by -> 0 ->> 'gid' FROM electric_schema.status");
    assert_eq!(blocked, gid);
    session.run(&format!("COMMIT PREPARED '{gid}'"));
    database.assert_sound();
}

#[test]
fn what_ends_the_session_s_statement_ends_the_preview() {
    let database = Database::new();
    let mut session = database.session();
    session.run("CREATE TABLE t (id int PRIMARY KEY)");
    session.run("SET statement_timeout = '200ms'");
    let error = session.fails("SELECT electric_schema.preview('ALTER TABLE t ADD a int; SELECT pg_sleep(20)')");
    assert_eq!(error.code().code(), "57014");
    session.run("RESET statement_timeout; ALTER TABLE t ADD b int");
    assert_eq!(database.entries().last().map(|entry| entry.statements.len()), Some(1));
    database.assert_sound();
}

#[test]
fn a_lock_that_the_ddl_does_not_get_is_its_error() {
    let database = Database::new();
    let (mut one, mut other) = (database.session(), database.session());
    one.run("CREATE TABLE t (id int PRIMARY KEY)");
    other.run("BEGIN; LOCK TABLE t");
    one.run("SET lock_timeout = '200ms'");
    let code: String = one.value("SELECT electric_schema.preview('ALTER TABLE t ADD a int') -> 'error' ->> 'sqlstate'");
    assert_eq!(code, "55P03");
}

#[test]
fn a_preview_under_repeatable_read_starts_from_what_is_committed_now() {
    let database = Database::new();
    let (mut one, mut other) = (database.session(), database.session());
    one.run("CREATE TABLE t (id int PRIMARY KEY)");
    one.run("BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT 1");
    other.run("ALTER TABLE t ADD theirs int DEFAULT 1; CREATE TABLE u (id int REFERENCES t)");
    let preview = "SELECT (electric_schema.preview('ALTER TABLE t ADD mine int') -> 'statements')::text";
    assert_eq!(one.value::<String>(preview), r#"["ALTER TABLE public.t ADD COLUMN mine integer"]"#);
    // A constraint of another's cannot be printed with this transaction's snapshot.
    other.run("ALTER TABLE t ADD CHECK (theirs > 0)");
    assert_eq!(one.fails(preview).code().code(), "40001");
    one.run("ROLLBACK");
    assert_eq!(one.value::<String>(preview), r#"["ALTER TABLE public.t ADD COLUMN mine integer"]"#);
    database.assert_sound();
}

#[test]
fn drift_is_empty_while_others_change_the_schema() {
    let database = Database::new();
    let mut session = database.session();
    session.run("CREATE TABLE t (id serial PRIMARY KEY); CREATE TABLE u (id int REFERENCES t)");
    let done = Arc::new(AtomicBool::new(false));
    let writers: Vec<_> = (0..2)
        .map(|writer| {
            let (mut session, done) = (database.session(), done.clone());
            std::thread::spawn(move || {
                let mut round = 0;
                while !done.load(Ordering::Relaxed) {
                    round += 1;
                    session.run(&format!("CREATE TABLE w{writer}_{round} (id serial PRIMARY KEY, t int REFERENCES t)"));
                    session.run(&format!("DROP TABLE w{writer}_{round}"));
                }
            })
        })
        .collect();
    for _ in 0..40 {
        let found: Option<String> =
            session.value("SELECT string_agg(concat(kind, ' ', identity, ' ', difference ->> 'change'), ', ') FROM electric_schema.drift()
                           WHERE difference ->> 'change' <> 'unread'");
        assert_eq!(found, None);
    }
    done.store(true, Ordering::Relaxed);
    writers.into_iter().for_each(|writer| writer.join().expect("no panic"));
    database.assert_sound();
}

#[test]
fn a_table_that_somebody_holds_is_no_drift() {
    let database = Database::new();
    let (mut one, mut other) = (database.session(), database.session());
    one.run("CREATE TABLE t (id serial PRIMARY KEY); CREATE TABLE u (id int REFERENCES t)");
    other.run("BEGIN; LOCK TABLE t");
    assert_eq!(one.value::<i64>("SELECT count(*) FROM electric_schema.drift()"), 0);
    assert!(one.value::<bool>("SELECT (electric_schema.verify() ->> 'ok')::boolean"));
}

#[test]
fn destructive_ddl_is_forbidden_to_a_role() {
    let database = Database::new();
    let role = unique("careful");
    let mut session = database.session();
    session.run(&format!("CREATE ROLE {role}; GRANT ALL ON SCHEMA public TO {role}"));
    session.run("SET electric_schema.destructive = forbid");
    session.run(&format!("SET ROLE {role}"));
    session.run("CREATE TABLE t (id int PRIMARY KEY, a text)");
    let error = session.fails("BEGIN; ALTER TABLE t ADD b int; ALTER TABLE t DROP a; COMMIT");
    assert_eq!(error.code().code(), "42501");
    assert_eq!(
        error.detail(),
        Some("table column public.t.a: drop_column: column_dropped (loses_data, breaks_readers)")
    );
    session.run("ROLLBACK");
    assert_eq!(session.fails("SET electric_schema.destructive = allow").code().code(), "42501");
    // After a savepoint that was rolled back, nothing is held against the transaction.
    session.run("BEGIN; SAVEPOINT s");
    session.fails("DROP TABLE t");
    session.run("ROLLBACK TO s; ALTER TABLE t ADD c int; COMMIT");
    assert_eq!(database.entries().len(), 2);
    session.run("RESET ROLE; SET electric_schema.destructive = allow");
    session.run(&format!("DROP OWNED BY {role}; DROP ROLE {role}"));
    database.assert_sound();
}
