//! What happens to a database in the course of years.

use super::database::{unique, Database};

#[test]
fn the_extension_goes_and_comes_again() {
    let database = Database::new();
    let mut session = database.session();
    session.run("CREATE TABLE t (id int PRIMARY KEY)");
    let first: String = session.value("SELECT electric_schema.checkpoint()");
    session.run("DROP EXTENSION electric_schema");
    let left: i64 = session.value(
        "SELECT (SELECT count(*) FROM pg_namespace WHERE nspname IN ('electric_schema', '_electric_meta'))
              + (SELECT count(*) FROM pg_event_trigger WHERE evtname LIKE 'electric%')",
    );
    assert_eq!(left, 0);
    session.run("CREATE TABLE unseen (id int)");
    session.run("CREATE EXTENSION electric_schema");
    let entries = database.entries();
    assert_eq!((entries.len(), entries[0].seq), (1, 1));
    assert!(entries[0].statements.iter().any(|sql| sql.contains("unseen")), "{entries:?}");
    assert_ne!(first, session.value::<String>("SELECT electric_schema.checkpoint()"));
    // What the user hung on it holds it, and goes with CASCADE.
    session.run("CREATE VIEW watched AS SELECT seq FROM electric_schema.status");
    assert_eq!(session.fails("DROP EXTENSION electric_schema").code().code(), "2BP01");
    database.assert_sound();
    session.run("DROP EXTENSION electric_schema CASCADE; CREATE EXTENSION electric_schema");
    database.assert_sound();
}

#[test]
fn its_owner_goes() {
    let database = Database::plain("ENCODING 'UTF8'");
    let mut session = database.session();
    let (first, second) = (unique("owner"), unique("owner"));
    session.run(&format!("CREATE ROLE {first} SUPERUSER; CREATE ROLE {second} SUPERUSER"));
    session.run(&format!("SET ROLE {first}; CREATE EXTENSION electric_schema; CREATE TABLE a (id int); RESET ROLE"));
    session.run(&format!("ALTER ROLE {first} RENAME TO {first}_renamed"));
    session.run("CREATE TABLE b (id int)");
    session.run(&format!("REASSIGN OWNED BY {first}_renamed TO {second}; DROP ROLE {first}_renamed"));
    session.run("CREATE TABLE c (id int)");
    // Whatever it is that owns it now, it need not stay a superuser's.
    session.run(&format!("ALTER ROLE {second} NOSUPERUSER"));
    session.run("CREATE TABLE d (id int)");
    let entries = database.entries();
    assert_eq!(entries.len(), 4);
    session.run(&format!("ALTER ROLE {second} SUPERUSER"));
    database.assert_sound();
    session.run(&format!("REASSIGN OWNED BY {second} TO CURRENT_USER; DROP OWNED BY {second}; DROP ROLE {second}"));
    database.assert_sound();
}

#[test]
fn default_privileges_open_nothing() {
    let database = Database::plain("ENCODING 'UTF8'");
    let mut session = database.session();
    session.run(
        "ALTER DEFAULT PRIVILEGES GRANT ALL ON TABLES TO PUBLIC; ALTER DEFAULT PRIVILEGES GRANT ALL ON SCHEMAS TO PUBLIC;
         ALTER DEFAULT PRIVILEGES GRANT ALL ON ROUTINES TO PUBLIC; CREATE EXTENSION electric_schema",
    );
    let open: i64 = session.value(
        "SELECT count(*) FROM (
           SELECT relacl AS acl FROM pg_class WHERE relnamespace IN ('_electric_meta'::regnamespace, 'electric_schema'::regnamespace) AND relkind IN ('r', 'v')
           UNION ALL SELECT nspacl FROM pg_namespace WHERE nspname IN ('_electric_meta', 'electric_schema')
           UNION ALL SELECT proacl FROM pg_proc WHERE pronamespace IN ('_electric_meta'::regnamespace, 'electric_schema'::regnamespace)
         ) o, aclexplode(acl) WHERE grantee = 0",
    );
    assert_eq!(open, 0);
    session.run("CREATE TABLE t (id int)");
    database.assert_sound();
}

#[test]
fn a_session_that_may_not_write_reads() {
    let database = Database::new();
    let mut session = database.session();
    session.run("CREATE TABLE t (id int); SET default_transaction_read_only = on");
    assert_eq!(session.fails("CREATE TABLE u (id int)").code().code(), "25006");
    for sql in [
        "SELECT electric_schema.handshake(NULL)::text",
        "SELECT electric_schema.snapshot()::text",
        "SELECT electric_schema.verify()::text",
        "SELECT electric_schema.checkpoint()",
        "SELECT count(*) FROM electric_schema.drift()",
        "SELECT count(*) FROM electric_schema.status WHERE drift = 0 AND restoring IS NULL AND suspended IS NULL",
    ] {
        session.rows(sql);
    }
    for call in ["reconcile()", "adopt()"] {
        let code = session.fails(&format!("CALL electric_schema.{call}")).code().code().to_owned();
        assert!(["25006", "P0002"].contains(&&*code), "{call}: {code}");
    }
    session.run("SET default_transaction_read_only = off");
    database.assert_sound();
}

/// After an upgrade of the package, and before ALTER EXTENSION.
#[test]
fn a_library_of_another_version_says_so() {
    let database = Database::new();
    let mut session = database.session();
    session.run("CREATE TABLE t (id int)");
    session.run("UPDATE pg_extension SET extversion = '0.0.9' WHERE extname = 'electric_schema'");
    let error = session.fails("CREATE TABLE u (id int)");
    assert_eq!(error.code().code(), "55000", "{error:?}");
    assert!(error.hint().is_some_and(|hint| hint.contains("ALTER EXTENSION electric_schema UPDATE")), "{error:?}");
    // The ways out: to wait with the upgrade, or to go on and let the next entry take it along.
    session.run("SET electric_schema.on_error = 'suspend'; CREATE TABLE u (id int)");
    session.run(concat!(
        "UPDATE pg_extension SET extversion = '",
        env!("CARGO_PKG_VERSION"),
        "' WHERE extname = 'electric_schema'"
    ));
    session.run("CREATE TABLE v (id int)");
    assert_eq!(database.entries().len(), 2);
    database.assert_sound();
}

/// As when the package was removed, or does not fit the server.
#[test]
fn a_library_that_is_gone_can_be_done_without() {
    let database = Database::new();
    let mut session = database.session();
    session.run("CREATE TABLE t (id int)");
    let points_to = |session: &mut super::database::Session, from: &str, to: &str| {
        session.run(&format!("UPDATE pg_proc SET probin = '$libdir/{to}' WHERE probin = '$libdir/{from}'"));
    };
    points_to(&mut session, "electric_schema", "electric_schema_gone");
    // A session that has loaded nothing yet.
    let mut fresh = database.session();
    let error = fresh.fails("CREATE TABLE u (id int)");
    assert_eq!(error.code().code(), "58P01", "{error:?}");
    assert!(error.message().contains("electric_schema_gone"), "{error:?}");
    let switch = |session: &mut super::database::Session, how: &str| {
        for name in ["ddl", "drop", "rewrite", "start"] {
            session.run(&format!("ALTER EVENT TRIGGER electric_schema_{name} {how}"));
        }
    };
    switch(&mut fresh, "DISABLE");
    fresh.run("CREATE TABLE u (id int); DROP TABLE t");
    points_to(&mut fresh, "electric_schema_gone", "electric_schema");
    let mut session = database.session();
    switch(&mut session, "ENABLE ALWAYS");
    assert!(session.value::<i64>("SELECT drift FROM electric_schema.status") > 0);
    session.run("CALL electric_schema.reconcile()");
    assert_eq!(session.value::<i64>("SELECT drift FROM electric_schema.status"), 0);
    database.assert_sound();
}
