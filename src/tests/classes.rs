//! Classes that depend on more than the change itself: on partitions, on parents, on what a query reads.

use super::database::Database;

/// Runs each statement as a transaction, and compares the reasons of its entry; none: it is additive.
fn assert_reasons(cases: &[(&str, &str)]) {
    let database = Database::new();
    let mut session = database.session();
    for (sql, expected) in cases {
        session.run(&format!("BEGIN; {sql}; COMMIT"));
        let reasons: String = session.value(
            "SELECT coalesce(string_agg(DISTINCT reason, ' '), '') FROM (
               SELECT changes FROM _electric_meta.migrations ORDER BY seq DESC LIMIT 1
             ) entry, jsonb_array_elements(changes) change, jsonb_array_elements_text(change -> 'reasons') reason",
        );
        assert_eq!(reasons, *expected, "{sql}");
        database.assert_sound();
    }
}

#[test]
fn a_partition_beside_a_default_partition() {
    assert_reasons(&[
        (
            "CREATE TABLE p (id int) PARTITION BY LIST (id); CREATE TABLE rest PARTITION OF p DEFAULT;
             CREATE TABLE one PARTITION OF p FOR VALUES IN (1)",
            "",
        ),
        ("CREATE TABLE two PARTITION OF p FOR VALUES IN (2)", "beside_default_partition"),
    ]);
}

#[test]
fn the_default_of_a_partition_alone() {
    assert_reasons(&[
        (
            "CREATE TABLE p (id int, k int, a int) PARTITION BY LIST (k);
             CREATE TABLE one PARTITION OF p (CHECK (a > 0)) FOR VALUES IN (1);
             CREATE TABLE two PARTITION OF p FOR VALUES IN (2)",
            "",
        ),
        ("ALTER TABLE two ALTER a SET DEFAULT -5", ""),
        ("ALTER TABLE two ALTER a DROP DEFAULT", ""),
        ("ALTER TABLE two ALTER k SET DEFAULT 3", "default_under_constraint"),
        ("ALTER TABLE one ALTER a SET DEFAULT -5", "default_under_constraint"),
        ("ALTER TABLE ONLY p ALTER a SET DEFAULT -5", "default_under_constraint"),
    ]);
}

#[test]
fn a_unique_index_on_a_new_column_of_a_partition() {
    assert_reasons(&[
        ("CREATE TABLE p (id int) PARTITION BY LIST (id); CREATE TABLE one PARTITION OF p FOR VALUES IN (1)", ""),
        ("ALTER TABLE p ADD a int; CREATE UNIQUE INDEX ON one (a)", ""),
        (
            "ALTER TABLE p ADD b int; ALTER TABLE ONLY p ALTER b SET DEFAULT 5; CREATE UNIQUE INDEX ON one (b)",
            "default_under_constraint",
        ),
    ]);
}

#[test]
fn a_default_that_can_fail() {
    assert_reasons(&[
        ("CREATE TABLE t (id int)", ""),
        ("ALTER TABLE t ADD a int; ALTER TABLE t ALTER a SET DEFAULT 1 / 0", "default_can_fail"),
        ("ALTER TABLE t ADD b int DEFAULT 1 + 1", ""),
        ("ALTER TABLE t ADD c text DEFAULT current_setting('TimeZone')", "default_can_fail"),
        ("ALTER TABLE t ADD d timestamptz NOT NULL DEFAULT now()", ""),
        // It is not the lower() that is known to succeed.
        (
            "CREATE FUNCTION lower(n int) RETURNS int LANGUAGE sql AS 'SELECT 100 / n';
             ALTER TABLE t ALTER b SET DEFAULT lower(0)",
            "default_can_fail",
        ),
    ]);
}

#[test]
fn the_query_of_a_view() {
    assert_reasons(&[
        ("CREATE TABLE t (id int, n int, s text)", ""),
        ("CREATE VIEW v AS SELECT id, n FROM t", ""),
        ("CREATE OR REPLACE VIEW v AS SELECT id, n, 100 / n AS share FROM t", ""),
        ("CREATE OR REPLACE VIEW v AS SELECT id, n, 1 AS share FROM t WHERE s = 'x'", ""),
        ("CREATE OR REPLACE VIEW v AS SELECT id, n, 1 AS share FROM t WHERE 100 / n > 1", "view_query_can_fail"),
        ("CREATE VIEW w AS SELECT s FROM t", ""),
        ("CREATE OR REPLACE VIEW w AS SELECT s, id FROM v, t AS x (a, b, s)", "view_query_can_fail"),
        ("DROP VIEW w; CREATE VIEW w AS SELECT s COLLATE \"C\" AS s, id FROM t", "collation_changed"),
    ]);
}

#[test]
fn an_index_of_a_partitioned_table_that_comes_again_under_its_name() {
    let database = Database::new();
    let mut session = database.session();
    session.run(
        "CREATE TABLE p (id int, a int) PARTITION BY LIST (id); CREATE TABLE one PARTITION OF p FOR VALUES IN (1);
         CREATE INDEX whole ON ONLY p (a); CREATE INDEX part ON one (a); ALTER INDEX whole ATTACH PARTITION part",
    );
    session.run("BEGIN; DROP INDEX whole; CREATE INDEX whole ON p (a); COMMIT");
    let entries = database.entries();
    let entry = entries.last().expect("an entry");
    assert_eq!(entry.class, "additive");
    assert_eq!(
        entry.statements,
        [
            "DROP INDEX public.whole",
            "DROP INDEX IF EXISTS public.part",
            "CREATE INDEX one_a_idx ON public.one USING btree (a)",
            "CREATE INDEX whole ON ONLY public.p USING btree (a)",
            "ALTER INDEX public.whole ATTACH PARTITION public.one_a_idx",
        ]
    );
    database.assert_sound();
}
