//! Compaction with commits, other sessions and other roles.

use super::database::{unique, Database, Session};

/// Three tables, each an entry of its own; the hashes of the entries.
fn three(session: &mut Session) -> Vec<String> {
    for name in ["a", "b", "c"] {
        session.run(&format!("CREATE TABLE {name} (id int PRIMARY KEY)"));
    }
    hashes(session)
}

fn hashes(session: &mut Session) -> Vec<String> {
    let rows = session.rows("SELECT hash FROM _electric_meta.migrations ORDER BY seq");
    rows.iter().map(|row| row.get(0)).collect()
}

fn assert_verified(session: &mut Session) {
    let verdict: String = session.value("SELECT electric_schema.verify()::text");
    assert!(verdict.contains("\"ok\": true"), "{verdict}");
}

#[test]
fn what_is_rolled_back_has_pruned_nothing() {
    let database = Database::new();
    let mut session = database.session();
    let entries = three(&mut session);
    session.run(&format!("BEGIN; CALL electric_schema.compact('{}'); ROLLBACK", entries[2]));
    assert_eq!(hashes(&mut session), entries);
    assert_eq!(session.value::<i64>("SELECT count(*) FROM _electric_meta.traces"), 0);
    database.assert_sound();
}

#[test]
fn a_transaction_may_compact_and_change_the_schema() {
    let database = Database::new();
    for level in ["READ COMMITTED", "REPEATABLE READ", "SERIALIZABLE"] {
        let mut session = database.session();
        let before = three(&mut session);
        let last = before.last().expect("three entries").clone();
        session.run(&format!(
            "BEGIN ISOLATION LEVEL {level}; ALTER TABLE a ADD x int; CALL electric_schema.compact('{last}'); ALTER TABLE b ADD y int; COMMIT"
        ));
        let after = hashes(&mut session);
        assert_eq!((after.len(), &after[0]), (2, &last), "{level}");
        assert_verified(&mut session);
        session.run("DROP TABLE a, b, c");
    }
}

#[test]
fn it_waits_for_an_entry_that_is_being_made_and_keeps_it() {
    let database = Database::new();
    let (mut session, mut other) = (database.session(), database.session());
    let entries = three(&mut session);
    other.run("BEGIN; CREATE TABLE d (id int); PREPARE TRANSACTION 'held'");
    let pid = session.pid();
    let waiting = std::thread::spawn(move || {
        session.run(&format!("CALL electric_schema.compact('{}')", entries[2]));
        session
    });
    other.await_waiting(pid);
    other.run("COMMIT PREPARED 'held'");
    let mut session = waiting.join().expect("it compacts");
    assert_eq!(hashes(&mut session).len(), 2);
    assert_verified(&mut session);
}

#[test]
fn a_role_needs_no_rights_on_the_ledger_but_the_right_to_call_it() {
    let database = Database::new();
    let mut session = database.session();
    let entries = three(&mut session);
    let role = unique("janitor");
    session.run(&format!("CREATE ROLE {role}; GRANT USAGE ON SCHEMA electric_schema TO {role}"));
    let call = format!("CALL electric_schema.compact('{}')", entries[2]);
    session.run(&format!("SET ROLE {role}"));
    assert_eq!(session.fails(&call).code().code(), "42501");
    session.run("RESET ROLE");
    session.run(&format!("GRANT EXECUTE ON PROCEDURE electric_schema.compact TO {role}; SET ROLE {role}"));
    session.run(&call);
    assert_eq!(session.fails("SELECT * FROM _electric_meta.checkpoints").code().code(), "42501");
    session.run(&format!("RESET ROLE; DROP OWNED BY {role}; DROP ROLE {role}"));
    assert_eq!(hashes(&mut session), entries[2..]);
    assert_verified(&mut session);
}

#[test]
fn a_broken_chain_is_not_pruned() {
    let database = Database::new();
    let mut session = database.session();
    let entries = three(&mut session);
    session.tamper("migrations", "UPDATE _electric_meta.migrations SET recorded_by = 'somebody else' WHERE seq = 1");
    let error = session.fails(&format!("CALL electric_schema.compact('{}')", entries[2]));
    assert_eq!(error.code().code(), "XX001");
    assert!(error.detail().is_some_and(|detail| detail.contains("entry 1")), "{error:?}");
    assert_eq!(hashes(&mut session), entries);
}
