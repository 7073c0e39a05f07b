//! Several sessions at once: the chain is linear, and nobody fails or waits who would not have without the extension.

use std::thread;

use super::database::Database;

#[test]
fn repeatable_read_sees_what_others_committed_meanwhile() {
    let database = Database::new();
    let (mut session, mut other) = (database.session(), database.session());
    session.run("CREATE TABLE t (id int)");
    session.run("BEGIN ISOLATION LEVEL REPEATABLE READ");
    session.run("SELECT count(*) FROM pg_class");
    other.run("CREATE TABLE u (id int)");
    other.run("ALTER TABLE t ADD theirs int");
    session.run("ALTER TABLE t ADD mine int");
    session.run("COMMIT");
    let statements: Vec<String> = database.entries().into_iter().flat_map(|entry| entry.statements).collect();
    assert_eq!(
        statements[1..],
        [
            "CREATE TABLE public.u (id integer)",
            "ALTER TABLE public.t ADD COLUMN theirs integer",
            "ALTER TABLE public.t ADD COLUMN mine integer",
        ]
    );
    database.assert_sound();
}

// pg_get_constraintdef reads with the transaction's snapshot, whatever snapshot is active.
#[test]
fn repeatable_read_reads_constraints_that_others_made_meanwhile() {
    let database = Database::new();
    for level in ["REPEATABLE READ", "SERIALIZABLE"] {
        let (mut session, mut other) = (database.session(), database.session());
        session.run(&format!("BEGIN ISOLATION LEVEL {level}"));
        session.run("SELECT count(*) FROM pg_class");
        other.run("CREATE TABLE t (id int PRIMARY KEY, n int, CHECK (n > 0))");
        other.run("ALTER TABLE t ADD CONSTRAINT late CHECK (n > 1) NOT VALID");
        session.run("ALTER TABLE t RENAME TO u");
        session.run("ALTER TABLE u VALIDATE CONSTRAINT late");
        session.run("COMMIT");
        database.assert_sound();
        session.run("DROP TABLE u");
    }
    assert_eq!(database.entries().len(), 8);
    database.assert_sound();
}

#[test]
fn serializable_sessions_do_not_conflict_in_the_ledger() {
    let database = Database::new();
    let (mut session, mut other) = (database.session(), database.session());
    for round in 0..3 {
        session.run("BEGIN ISOLATION LEVEL SERIALIZABLE");
        other.run("BEGIN ISOLATION LEVEL SERIALIZABLE");
        session.run(&format!("CREATE TABLE t{round} (id int)"));
        other.run(&format!("CREATE TABLE u{round} (id int)"));
        session.run("COMMIT");
        other.run("COMMIT");
    }
    assert_eq!(database.entries().len(), 6);
    database.assert_sound();
}

#[test]
fn serializable_with_reads_of_the_ledger() {
    let database = Database::new();
    let (mut session, mut other) = (database.session(), database.session());
    session.run("BEGIN ISOLATION LEVEL SERIALIZABLE");
    session.run("SELECT electric_schema.handshake(NULL)");
    other.run("CREATE TABLE u (id int)");
    session.run("COMMIT");
    assert_eq!(database.entries().len(), 1);
    database.assert_sound();
}

#[test]
fn commits_that_meet_wait_for_each_other_and_none_is_lost() {
    let database = Database::new();
    thread::scope(|scope| {
        for worker in 0..4 {
            let mut session = database.session();
            scope.spawn(move || {
                for round in 0..10 {
                    session.run(&format!("CREATE TABLE t_{worker}_{round} (id int)"));
                }
            });
        }
    });
    assert_eq!(database.entries().len(), 40);
    database.assert_sound();
}

#[test]
fn ddl_of_others_does_not_wait_before_the_commit() {
    let database = Database::new();
    let (mut session, mut other) = (database.session(), database.session());
    session.run("BEGIN; CREATE TABLE t (id int)");
    other.run("SET electric_schema.seal_timeout = '1s'; CREATE TABLE u (id int)");
    session.run("COMMIT");
    let statements: Vec<String> = database.entries().into_iter().flat_map(|entry| entry.statements).collect();
    assert_eq!(statements, ["CREATE TABLE public.u (id integer)", "CREATE TABLE public.t (id integer)"]);
    database.assert_sound();
}

// Reading everything meets tables that others have locked: waiting for them under the seal's lock would be a deadlock.
#[test]
fn a_seal_that_reads_everything_does_not_wait_for_a_table_that_is_being_altered() {
    let database = Database::new();
    let (mut session, mut other) = (database.session(), database.session());
    session.run(
        "CREATE TYPE mood AS ENUM ('ok'); CREATE TABLE t (id int CHECK (id > 0)); CREATE TABLE u (m mood DEFAULT 'ok')",
    );
    session.run("BEGIN; ALTER TABLE t ADD x int DEFAULT 7");
    other.run("SET electric_schema.seal_timeout = '2s'; SET lock_timeout = '2s'");
    other.run("ALTER TYPE mood RENAME TO humour");
    let unread: i32 = other.value("SELECT cardinality(unread) FROM _electric_meta.ledgers");
    assert_eq!(unread, 1);
    database.assert_sound();
    session.run("COMMIT");
    let unread: i32 = other.value("SELECT cardinality(unread) FROM _electric_meta.ledgers");
    assert_eq!(unread, 0);
    let statements: Vec<Vec<String>> = database.entries().into_iter().map(|entry| entry.statements).collect();
    assert_eq!(
        statements[1..],
        [["ALTER TYPE public.mood RENAME TO humour"], ["ALTER TABLE public.t ADD COLUMN x integer DEFAULT 7"]]
    );
    database.assert_sound();
}

// The sequence of an identity column stands for its table, in the sequences that are read with everything; an index, where it is named.
#[test]
fn nor_by_way_of_an_identity_column_or_an_index() {
    let database = Database::new();
    let (mut session, mut other) = (database.session(), database.session());
    session.run("CREATE TYPE mood AS ENUM ('ok'); CREATE TABLE t (id int GENERATED ALWAYS AS IDENTITY, x int CHECK (x > 0)); CREATE INDEX i ON t (x)");
    session.run("BEGIN; ALTER TABLE t ADD y int");
    other.run("SET electric_schema.seal_timeout = '2s'; SET lock_timeout = '2s'; SET deadlock_timeout = '50ms'");
    other.run("ALTER TYPE mood RENAME TO humour");
    other.run("ALTER INDEX i RENAME TO j");
    session.run("COMMIT");
    database.assert_sound();
}

#[test]
fn a_table_left_unread_is_read_by_the_next_entry_also_when_its_ddl_was_rolled_back() {
    let database = Database::new();
    let (mut session, mut other) = (database.session(), database.session());
    session.run("CREATE TYPE mood AS ENUM ('ok'); CREATE TABLE t (id int, m mood DEFAULT 'ok')");
    session.run("BEGIN; ALTER TABLE t ADD x int");
    other.run("ALTER TYPE mood RENAME VALUE 'ok' TO 'fine'");
    session.run("ROLLBACK");
    database.assert_sound();
    other.run("CREATE TABLE u (id int)");
    let unread: i32 = other.value("SELECT cardinality(unread) FROM _electric_meta.ledgers");
    assert_eq!(unread, 0);
    assert_eq!(database.entries().len(), 3);
    database.assert_sound();
}

// Text that only reads differently is an entry of its own, without statements: what follows has to add up.
#[test]
fn a_table_that_only_reads_differently_makes_an_entry_without_statements() {
    let database = Database::new();
    let (mut session, mut other) = (database.session(), database.session());
    session.run("CREATE TYPE mood AS ENUM ('ok'); CREATE TABLE t (id int, m mood DEFAULT 'ok')");
    session.run("BEGIN; ALTER TABLE t ADD x int");
    other.run("ALTER TYPE mood RENAME VALUE 'ok' TO 'fine'");
    session.run("ROLLBACK");
    // A client that comes before that entry gets text that it can run.
    let default: bool = other.value("SELECT electric_schema.snapshot()::text LIKE '%DEFAULT ''fine''::public.mood%'");
    assert!(default);
    other.run("CREATE TABLE _prisma_migrations (id int)");
    other.run("CREATE TABLE u (id int)");
    let statements: Vec<usize> = database.entries().iter().map(|entry| entry.statements.len()).collect();
    assert_eq!(statements[1..], [1, 0, 1]);
    database.assert_sound();
}

#[test]
fn create_index_concurrently_beside_ddl() {
    let database = Database::new();
    let (mut session, mut other) = (database.session(), database.session());
    session.run("CREATE TABLE t (id int)");
    other.run("BEGIN; CREATE TABLE u (id int)");
    // Building waits for transactions that hold a snapshot; this one holds none while it is idle.
    session.run("CREATE INDEX CONCURRENTLY t_id ON t (id)");
    other.run("COMMIT");
    session.run("DROP INDEX CONCURRENTLY t_id");
    session.run("CREATE UNIQUE INDEX CONCURRENTLY t_unique ON t (id)");
    session.run("REINDEX INDEX CONCURRENTLY t_unique");
    session.run("INSERT INTO t VALUES (1)");
    other.run("CREATE TABLE v (id int); INSERT INTO v VALUES (1), (1)");
    assert_eq!(session.fails("CREATE UNIQUE INDEX CONCURRENTLY v_unique ON v (id)").code().code(), "23505");
    database.assert_sound();
    session.run("DROP INDEX v_unique");
    let statements: Vec<String> = database.entries().into_iter().flat_map(|entry| entry.statements).collect();
    assert_eq!(
        statements[1..],
        [
            "CREATE INDEX t_id ON public.t USING btree (id)",
            "CREATE TABLE public.u (id integer)",
            "DROP INDEX public.t_id",
            "CREATE UNIQUE INDEX t_unique ON public.t USING btree (id)",
            "CREATE TABLE public.v (id integer)",
        ]
    );
    database.assert_sound();
}

#[test]
fn concurrent_index_builds_do_not_deadlock_with_the_seal() {
    let database = Database::new();
    let (mut session, mut other) = (database.session(), database.session());
    session.run("CREATE TABLE t (id int); INSERT INTO t SELECT generate_series(1, 1000)");
    other.run("CREATE TABLE u (id int)");
    thread::scope(|scope| {
        scope.spawn(|| {
            for round in 0..5 {
                session.run(&format!("CREATE INDEX CONCURRENTLY t_{round} ON t (id)"));
            }
        });
        scope.spawn(|| {
            for round in 0..20 {
                other.run(&format!("ALTER TABLE u ADD c{round} int"));
            }
        });
    });
    assert_eq!(database.entries().len(), 27);
    database.assert_sound();
}

#[test]
fn a_notification_tells_of_every_entry() {
    let database = Database::new();
    let (mut session, mut other) = (database.session(), database.session());
    other.run("LISTEN electric_schema");
    session.run("BEGIN; CREATE TABLE never (id int); ROLLBACK");
    session.run("BEGIN; CREATE TABLE t (id int); DROP TABLE IF EXISTS u; COMMIT");
    let (channel, payload) = other.notification().expect("a notification");
    let [entry] = &database.entries()[..] else { panic!("one entry") };
    let payload: serde_json::Value = serde_json::from_str(&payload).expect("JSON");
    assert_eq!(channel, "electric_schema");
    assert_eq!(payload, serde_json::json!({ "seq": 1, "hash": entry.hash, "class": "additive" }));
}

#[test]
fn a_logical_message_stands_before_the_rows_of_later_transactions() {
    let database = Database::new();
    let mut session = database.session();
    let slot = super::database::unique("slot");
    session.run(&format!("SELECT pg_create_logical_replication_slot('{slot}', 'test_decoding')"));
    session.run("BEGIN; CREATE TABLE t (id int); INSERT INTO t VALUES (1); COMMIT");
    session.run("BEGIN; CREATE TABLE never (id int); ROLLBACK");
    session.run("INSERT INTO t VALUES (2)");
    session.run("BEGIN; ALTER TABLE t DROP id; PREPARE TRANSACTION 'with message'");
    session.run("COMMIT PREPARED 'with message'");
    let decoded: Vec<String> = session
        .rows(&format!("SELECT data FROM pg_logical_slot_get_changes('{slot}', NULL, NULL, 'include-xids', '0')"))
        .iter()
        .map(|row| row.get(0))
        .filter(|line: &String| line.contains("public.t:") || line.contains("prefix: electric_schema"))
        .collect();
    session.run(&format!("SELECT pg_drop_replication_slot('{slot}')"));
    let entries = database.entries();
    let message = |entry: &super::database::Entry| {
        let content = serde_json::json!({ "seq": entry.seq, "hash": entry.hash, "class": entry.class }).to_string();
        format!("message: transactional: 1 prefix: electric_schema, sz: {} content:{content}", content.len())
    };
    assert_eq!(
        decoded,
        [
            "table public.t: INSERT: id[integer]:1".to_owned(),
            message(&entries[0]),
            "table public.t: INSERT: id[integer]:2".to_owned(),
            message(&entries[1]),
        ]
    );
    database.assert_sound();
}

// Who queues for a table makes even those wait who ask without waiting, but not the one that holds it.
#[test]
fn a_table_that_others_queue_for_is_read_by_the_transaction_that_holds_it() {
    let database = Database::new();
    let (mut session, mut other, mut observer) = (database.session(), database.session(), database.session());
    session.run("CREATE TABLE t (id int, n int); INSERT INTO t VALUES (1, 2)");
    for (ddl, class) in
        [("ADD x int", "additive"), ("ALTER n TYPE text USING n + 1", "destructive"), ("DROP x", "destructive")]
    {
        session.run(&format!("BEGIN; ALTER TABLE t {ddl}"));
        thread::scope(|scope| {
            scope.spawn(|| other.run("BEGIN; LOCK TABLE t; COMMIT"));
            while !observer
                .value::<bool>("SELECT EXISTS (SELECT FROM pg_locks WHERE relation = 't'::regclass AND NOT granted)")
            {
            }
            session.run("COMMIT");
        });
        let entry = database.entries().pop().expect("an entry");
        assert_eq!((entry.class.as_str(), entry.statements.len()), (class, 1), "{ddl}");
        database.assert_sound();
    }
    assert_eq!(database.entries().len(), 4);
}

/// The first of its transactions makes the index useless, long before the last one drops it.
#[test]
fn an_index_that_is_about_to_go_goes_with_its_own_command() {
    let database = Database::new();
    let (mut session, mut reader, mut other) = (database.session(), database.session(), database.session());
    session.run("CREATE TABLE t (id int); CREATE INDEX gone ON t (id); CREATE TYPE mood AS ENUM ('a', 'b')");
    reader.run("BEGIN; SELECT * FROM t");
    let pid = session.pid();
    let dropping = std::thread::spawn(move || {
        session.run("DROP INDEX CONCURRENTLY gone");
        session
    });
    other.await_waiting(pid);
    // This reads everything.
    other.run("ALTER TYPE mood RENAME VALUE 'a' TO 'c'");
    let statements = |seq: usize| database.entries()[seq - 1].statements.clone();
    assert_eq!(statements(2), ["ALTER TYPE public.mood RENAME VALUE 'a' TO 'c'"]);
    database.assert_sound();
    reader.run("COMMIT");
    dropping.join().expect("it drops");
    assert_eq!(statements(3), ["DROP INDEX public.gone"]);
    assert_eq!(database.entries()[2].source, ["DROP INDEX CONCURRENTLY gone"]);
    // One that was cancelled halfway, and what makes an index anew.
    let mut session = database.session();
    session.run("CREATE INDEX again ON t (id)");
    reader.run("BEGIN; SELECT * FROM t");
    session.run("SET statement_timeout = '300ms'");
    assert_eq!(session.fails("DROP INDEX CONCURRENTLY again").code().code(), "57014");
    reader.run("COMMIT");
    database.assert_sound();
    session.run("SET statement_timeout = 0");
    session.run("REINDEX INDEX CONCURRENTLY again");
    other.run("ALTER TYPE mood RENAME VALUE 'c' TO 'a'");
    database.assert_sound();
    session.run("DROP INDEX again");
    database.assert_sound();
    assert_eq!(
        database.entries().last().map(|entry| entry.statements.clone()),
        Some(vec!["DROP INDEX public.again".to_owned()])
    );
}
