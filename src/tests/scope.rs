//! The scope across sessions: whoever commits later meets the scope that the others left, and nobody fails or waits for it.

use std::thread;

use super::database::{Database, Session};

fn tables(session: &mut Session) -> Vec<String> {
    session.value(
        "SELECT coalesce(array_agg(definition #>> '{name,name}' ORDER BY definition #>> '{name,name}'), '{}')
         FROM (SELECT definition::jsonb FROM _electric_meta.objects) o WHERE definition ->> 'kind' = 'table'",
    )
}

fn electrified() -> (Database, Session, Session) {
    let database = Database::new();
    let mut session = database.session();
    session.run("CREATE TABLE t (id int PRIMARY KEY)");
    session.run("CREATE TABLE u (id int PRIMARY KEY)");
    session.run("CALL electric_schema.set_scope('electrified')");
    let other = database.session();
    (database, session, other)
}

#[test]
fn a_table_is_electrified_while_another_session_alters_it() {
    let (database, mut session, mut other) = electrified();
    session.run("BEGIN; ALTER TABLE t ADD a int");
    let pid = other.pid();
    let waiting = thread::spawn(move || {
        other.run("CALL electric_schema.electrify('t')");
        other
    });
    let mut watcher = database.session();
    watcher.await_waiting(pid);
    session.run("COMMIT");
    let mut other = waiting.join().expect("it was electrified");
    let last = database.entries().pop().expect("an entry");
    assert_eq!(
        last.statements,
        ["CREATE TABLE public.t (id integer NOT NULL, a integer, CONSTRAINT t_pkey PRIMARY KEY (id))"]
    );
    // And the other way round.
    other.run("BEGIN; CALL electric_schema.unelectrify('t')");
    let pid = session.pid();
    let waiting = thread::spawn(move || session.run("ALTER TABLE t ADD b int"));
    watcher.await_waiting(pid);
    other.run("COMMIT");
    waiting.join().expect("it was altered");
    assert_eq!(database.entries().last().expect("an entry").statements, ["DROP TABLE public.t"]);
    database.assert_sound();
}

#[test]
fn the_scope_is_changed_while_another_session_holds_a_table() {
    let database = Database::new();
    let (mut session, mut other) = (database.session(), database.session());
    session.run("CREATE FUNCTION one() RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT 1'");
    session.run("CREATE TABLE t (id serial PRIMARY KEY, a int DEFAULT one())");
    session.run("CREATE TABLE u (id int PRIMARY KEY)");
    other.run("BEGIN; LOCK TABLE u");
    session.run("CALL electric_schema.set_scope('electrified')");
    assert_eq!(tables(&mut session), ["u"]);
    other.run("COMMIT");
    session.run("CREATE TABLE v (id int PRIMARY KEY)");
    // What only a table that left had needed goes as well: a routine is kept until the scope has been looked at as a whole.
    let left: i64 = session.value("SELECT count(*) FROM _electric_meta.objects");
    assert_eq!(left, 0);
    database.assert_sound();
}

#[test]
fn two_sessions_are_the_first_to_electrify() {
    let (database, mut session, mut other) = electrified();
    session.run("BEGIN; CALL electric_schema.electrify('t')");
    let pid = other.pid();
    let waiting = thread::spawn(move || other.run("CALL electric_schema.electrify('u')"));
    database.session().await_waiting(pid);
    session.run("COMMIT");
    waiting.join().expect("both were electrified");
    assert_eq!(tables(&mut session), ["t", "u"]);
    // Both roll back.
    session.run("DROP PUBLICATION electric");
    session.run("BEGIN; CALL electric_schema.electrify('t')");
    let mut third = database.session();
    let pid = third.pid();
    let waiting = thread::spawn(move || third.run("BEGIN; CALL electric_schema.electrify('u'); ROLLBACK"));
    database.session().await_waiting(pid);
    session.run("ROLLBACK");
    waiting.join().expect("both were electrified");
    assert!(tables(&mut session).is_empty());
    database.assert_sound();
}

#[test]
fn what_is_not_committed_is_nobody_elses_scope() {
    let (database, mut session, mut other) = electrified();
    session.run("BEGIN; CALL electric_schema.set_scope('all'); CALL electric_schema.exclude('later')");
    other.run("CREATE TABLE later (id int)");
    other.run("CREATE TABLE v (id int); CALL electric_schema.electrify('v')");
    assert_eq!(tables(&mut other), ["v"]);
    session.run("COMMIT");
    assert_eq!(tables(&mut other), ["t", "u", "v"]);
    session.run("BEGIN; CALL electric_schema.set_scope('electrified'); ALTER TABLE u ADD a int; ROLLBACK");
    assert_eq!(tables(&mut other), ["t", "u", "v"]);
    database.assert_sound();
}

// The members were changed when that did not matter yet.
#[test]
fn a_publication_altered_before_the_scope_and_committed_after_it() {
    let database = Database::new();
    let (mut session, mut other) = (database.session(), database.session());
    session.run("CREATE TABLE t (id int PRIMARY KEY)");
    session.run("CREATE PUBLICATION electric");
    assert_eq!(database.entries().len(), 1);
    session.run("BEGIN; ALTER PUBLICATION electric ADD TABLE t");
    other.run("CALL electric_schema.set_scope('electrified')");
    assert!(tables(&mut other).is_empty());
    session.run("COMMIT");
    assert_eq!(tables(&mut other), ["t"]);
    let last = database.entries().pop().expect("an entry");
    assert_eq!(last.source, ["ALTER PUBLICATION electric ADD TABLE t"]);
    database.assert_sound();
}

#[test]
fn a_snapshot_that_is_older_than_the_scope() {
    for level in ["REPEATABLE READ", "SERIALIZABLE"] {
        let (database, mut session, mut other) = electrified();
        session.run("CALL electric_schema.electrify('t')");
        session.run(&format!("BEGIN ISOLATION LEVEL {level}; SELECT count(*) FROM _electric_meta.scope"));
        other.run("CALL electric_schema.electrify('u')");
        other.run("CALL electric_schema.unelectrify('t')");
        session.run("ALTER TABLE t ADD a int");
        session.run("ALTER TABLE u ADD a int");
        session.run("COMMIT");
        assert_eq!(
            database.entries().last().expect("an entry").statements,
            ["ALTER TABLE public.u ADD COLUMN a integer"]
        );
        database.assert_sound();
    }
}

#[test]
fn serializable_sessions_do_not_conflict_over_the_scope() {
    let database = Database::new();
    let (mut session, mut other) = (database.session(), database.session());
    for round in 0..3 {
        session.run("BEGIN ISOLATION LEVEL SERIALIZABLE");
        other.run("BEGIN ISOLATION LEVEL SERIALIZABLE");
        session.run(&format!("CREATE TABLE t{round} (id int)"));
        session.run(&format!("CALL electric_schema.exclude('u{round}')"));
        other.run(&format!("CREATE TABLE u{round} (id int)"));
        other.run(&format!("CALL electric_schema.exclude('t{round}')"));
        session.run("COMMIT");
        other.run("COMMIT");
    }
    assert!(tables(&mut session).is_empty());
    database.assert_sound();
}

#[test]
fn a_prepared_scope() {
    let (database, mut session, mut other) = electrified();
    session.run(
        "BEGIN; CALL electric_schema.electrify('t'); CALL electric_schema.exclude('v'); PREPARE TRANSACTION 'scope'",
    );
    assert!(tables(&mut other).is_empty());
    session.run("COMMIT PREPARED 'scope'");
    assert_eq!(tables(&mut other), ["t"]);
    session.run("BEGIN; ALTER PUBLICATION electric ADD TABLE u; PREPARE TRANSACTION 'member'");
    session.run("ROLLBACK PREPARED 'member'");
    assert_eq!(tables(&mut other), ["t"]);
    database.assert_sound();
}

#[test]
fn a_savepoint_takes_the_scope_back() {
    let (database, mut session, _) = electrified();
    session.run("CREATE TYPE mood AS ENUM ('a'); ALTER TABLE t ADD m mood; CALL electric_schema.electrify('t')");
    // Nothing needs the type any more, but clients have it.
    session.run("ALTER TABLE t DROP m");
    session.run(
        "BEGIN; SAVEPOINT s; CALL electric_schema.exclude('t'); ALTER PUBLICATION electric ADD TABLE u; ROLLBACK TO s;
         ALTER TABLE t ADD n int; COMMIT",
    );
    assert_eq!(database.entries().last().expect("an entry").statements, ["ALTER TABLE public.t ADD COLUMN n integer"]);
    database.assert_sound();
    session.run("BEGIN; SAVEPOINT s; CALL electric_schema.exclude('x'); RELEASE s; COMMIT");
    assert_eq!(database.entries().last().expect("an entry").statements, ["DROP TYPE public.mood"]);
    database.assert_sound();
}

#[test]
fn the_extension_goes_with_the_scope() {
    let (database, mut session, mut other) = electrified();
    session.run("BEGIN; CALL electric_schema.electrify('t'); CALL electric_schema.set_scope('all'); DROP EXTENSION electric_schema; COMMIT");
    session.run("CREATE EXTENSION electric_schema");
    assert_eq!(tables(&mut other), ["t", "u"]);
    session.run("CALL electric_schema.set_scope('electrified')");
    assert_eq!(tables(&mut other), ["t"]);
    session.run("BEGIN; DROP PUBLICATION electric; CALL electric_schema.electrify('u'); COMMIT");
    assert_eq!(tables(&mut other), ["u"]);
    database.assert_sound();
}

#[test]
fn a_table_that_somebody_holds_keeps_what_it_needs() {
    let (database, mut session, mut other) = electrified();
    session.run("CREATE TYPE mood AS ENUM ('a'); ALTER TABLE t ADD m mood");
    session.run("CALL electric_schema.electrify('t')");
    other.run("BEGIN; LOCK TABLE t IN ACCESS EXCLUSIVE MODE");
    session.run("CALL electric_schema.electrify('u')");
    assert_eq!(tables(&mut session), ["t", "u"]);
    other.run("COMMIT");
    let statements = database.entries().pop().expect("an entry").statements;
    assert_eq!(statements, ["CREATE TABLE public.u (id integer NOT NULL, CONSTRAINT u_pkey PRIMARY KEY (id))"]);
    session.run("ALTER TABLE u ADD a int");
    database.assert_sound();
}

#[test]
fn extensions_come_with_what_is_published() {
    let database = Database::new();
    let mut session = database.session();
    session.run("CREATE EXTENSION citext; CREATE TABLE t (id int); CREATE TABLE u (id citext)");
    let extensions = |session: &mut Session| -> i64 {
        session.value("SELECT count(*) FROM _electric_meta.objects WHERE definition ->> 'kind' = 'extension'")
    };
    assert_eq!(extensions(&mut session), 1);
    session.run("BEGIN; CALL electric_schema.set_scope('electrified'); CALL electric_schema.electrify('t'); COMMIT");
    assert_eq!((tables(&mut session), extensions(&mut session)), (vec!["t".to_owned()], 0));
    session.run("ALTER TABLE t ADD name citext");
    assert_eq!(extensions(&mut session), 1);
    database.assert_sound();
}

#[test]
fn a_publication_of_no_consequence_makes_no_entry_and_wakes_nobody() {
    let database = Database::new();
    let (mut session, mut other) = (database.session(), database.session());
    session.run("CREATE TABLE t (id int)");
    other.run("LISTEN electric_schema");
    session.run("CREATE PUBLICATION electric FOR TABLE t; ALTER PUBLICATION electric RENAME TO e; DROP PUBLICATION e");
    session.run("CALL electric_schema.electrify('t')");
    session.run("CALL electric_schema.exclude('nothing_like_it')");
    session.run("CREATE TABLE u (id int)");
    let (_, payload) = other.notification().expect("the table's");
    assert!(payload.contains("\"seq\":2"), "{payload}");
    assert_eq!(database.entries().len(), 2);
}
