//! electric_schema: the database as the source of truth for the schema of every local-first client.
//!
//! ```text
//! DDL ─▶ capture (event triggers remember) ─▶ seal (at commit: catalog + ledger ─▶ core ─▶ ledger)
//! client hash ─▶ api (head, diff, handshake, snapshot, verify) ─▶ core
//! CI, DBA ─▶ preview, drift, status; destructive (judges each command when told to)
//! ```

use pgrx::prelude::*;

mod api;
mod capture;
mod catalog;
mod compact;
mod destructive;
mod drift;
mod entries;
mod guard;
mod handshake;
mod history;
mod label;
mod ledger;
mod preview;
mod query;
mod quick;
mod reach;
mod recent;
mod reconcile;
mod report;
mod restore;
mod scope;
mod seal;
mod settings;
mod sys;
#[cfg(any(test, feature = "pg_test"))]
mod tests;
mod verify;

::pgrx::pg_module_magic!(name, version);

extension_sql_file!("../sql/schema.sql", name = "schema", bootstrap);
extension_sql_file!("../sql/scope.sql", name = "scope", requires = ["schema"]);
extension_sql_file!("../sql/compaction.sql", name = "compaction", requires = ["schema"]);
extension_sql_file!(
    "../sql/event_triggers.sql",
    name = "event_triggers",
    requires = [capture_ddl, capture_drop, capture_rewrite, judge_concurrent]
);
extension_sql_file!("../sql/guards.sql", name = "guards", requires = ["scope", "compaction", guard, guard_row, landed]);
extension_sql_file!("../sql/status.sql", name = "status", requires = ["scope", drift, not_distributed, restoring]);
extension_sql_file!("../sql/access.sql", name = "access", finalize);

/// Called once by each process that loads the library.
#[pg_guard]
pub extern "C-unwind" fn _PG_init() {
    settings::register();
    sys::register_callbacks(
        seal::before_commit,
        capture::clear,
        capture::subtransaction_aborted,
        capture::subtransaction_committed,
    );
}

/// What `cargo pgrx test` asks for.
#[cfg(test)]
pub mod pg_test {
    /// Called once, before the server starts.
    pub fn setup(_options: Vec<&str>) {}

    /// What the tests' server is started with.
    pub fn postgresql_conf_options() -> Vec<&'static str> {
        vec![
            "max_prepared_transactions = 10",
            "wal_level = logical",
            "max_replication_slots = 10",
            "fsync = off",
            "electric_schema.check_reader = on",
        ]
    }
}
