//! A publication FOR ALL TABLES has the ledger's tables in it.

use std::time::{Duration, Instant};

use super::database::{unique, Database};

#[test]
fn a_subscriber_keeps_its_own_ledger() {
    let (publisher, subscriber) = (Database::new(), Database::new());
    let (mut from, mut to) = (publisher.session(), subscriber.session());
    from.run("CREATE TABLE t (id int PRIMARY KEY, v text); INSERT INTO t VALUES (1, 'a'); CREATE PUBLICATION all_of_it FOR ALL TABLES");
    to.run("CREATE TABLE mine (id int PRIMARY KEY)");
    to.run("CREATE TABLE t (id int PRIMARY KEY, v text)");
    let before: String = to.value("SELECT electric_schema.checkpoint()");
    let slot = unique("slot");
    from.rows(&format!("SELECT pg_create_logical_replication_slot('{slot}', 'pgoutput')"));
    let connection = publisher.connection_string();
    to.run(&format!(
        "CREATE SUBSCRIPTION {slot} CONNECTION '{connection}' PUBLICATION all_of_it WITH (create_slot = false, slot_name = '{slot}')"
    ));
    let arrives = |to: &mut super::database::Session, query: &str| {
        let start = Instant::now();
        while !to.value::<bool>(query) {
            assert!(start.elapsed() < Duration::from_secs(30), "{query}");
            std::thread::sleep(Duration::from_millis(50));
        }
    };
    // The first rows, by COPY; then an entry and rows, by apply.
    arrives(&mut to, "SELECT EXISTS (SELECT FROM t WHERE id = 1)");
    arrives(&mut to, "SELECT bool_and(srsubstate = 'r') FROM pg_subscription_rel");
    from.run("CREATE TABLE later (id int)");
    from.run("ALTER TABLE t ALTER COLUMN v SET DEFAULT 'x'; INSERT INTO t VALUES (2, 'b')");
    arrives(&mut to, "SELECT EXISTS (SELECT FROM t WHERE id = 2)");
    assert_eq!(before, to.value::<String>("SELECT electric_schema.checkpoint()"));
    assert_eq!(to.value::<i64>("SELECT count(*) FROM _electric_meta.ledgers"), 1);
    subscriber.assert_sound();
    to.run("CREATE TABLE another (id int)");
    subscriber.assert_sound();
    publisher.assert_sound();
    to.run(&format!(
        "ALTER SUBSCRIPTION {slot} DISABLE; ALTER SUBSCRIPTION {slot} SET (slot_name = NONE); DROP SUBSCRIPTION {slot}"
    ));
    let start = Instant::now();
    while !from.value::<bool>(&format!("SELECT NOT active FROM pg_replication_slots WHERE slot_name = '{slot}'")) {
        assert!(start.elapsed() < Duration::from_secs(30), "the slot stays active");
        std::thread::sleep(Duration::from_millis(50));
    }
    from.rows(&format!("SELECT pg_drop_replication_slot('{slot}')"));
}
