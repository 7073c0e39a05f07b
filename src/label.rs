//! `label()`, and the labels that migration tools give by their bookkeeping.

use electric_schema_core::label::{self, Bookkeeping, Records, BOOKKEEPING, PRISMA_LOCK};
use pgrx::function_name;
use pgrx::pg_sys::panic::{CaughtError, ErrorReport};
use pgrx::prelude::*;

use crate::capture;
use crate::report::{or_raise, Failure};
use crate::sys;

/// Names the entry of this transaction, from here on; NULL takes the name back.
#[pg_extern(
    name = "label",
    sql = "
CREATE PROCEDURE electric_schema.label(label text)
    LANGUAGE c AS 'MODULE_PATHNAME', '@FUNCTION_NAME@';
"
)]
fn give_label(label: Option<&str>) {
    or_raise(label.map_or(Ok(()), label::check).map_err(Failure::Label));
    capture::label(label.map(str::to_owned));
}

/// Says that a label was given to nothing, where that can only be a mistake.
pub fn unused(label: Option<String>) {
    if label.is_none() || sys::in_transaction_block() {
        return;
    }
    ErrorReport::new(
        PgSqlErrorCode::ERRCODE_NO_ACTIVE_SQL_TRANSACTION,
        "electric_schema.label() names the entry of its own transaction, and this one makes none",
        function_name!(),
    )
    .set_hint("BEGIN; CALL electric_schema.label(…); then the DDL; COMMIT.")
    .report(PgLogLevel::WARNING);
}

/// What an entry is called that `role` made and that nobody gave a label. Never fails, unless the session is told to stop.
pub fn from_bookkeeping(role: &str) -> Option<String> {
    let prisma_runs = sys::holds_advisory_lock(PRISMA_LOCK);
    let counts = |bookkeeping: &Bookkeeping, table| sys::writes(table) || prisma_runs && bookkeeping.announces();
    let tables: Vec<(&'static Bookkeeping, sys::Oid)> = BOOKKEEPING
        .iter()
        .flat_map(|bookkeeping| {
            sys::relations_named(bookkeeping.table).into_iter().map(move |table| (bookkeeping, table))
        })
        .filter(|(bookkeeping, table)| counts(bookkeeping, *table))
        .collect();
    if tables.is_empty() {
        return None;
    }
    let read = || {
        let records = tables.iter().filter_map(|(bookkeeping, table)| {
            let mut found = sys::plain_table(*table, bookkeeping.columns)?;
            // Anybody can make a table of that name: it announces the migrations of its owner alone.
            let announces = prisma_runs && bookkeeping.announces() && found.owner == role;
            found.rows.retain(|row| row.own || announces);
            Some(Records { bookkeeping, rows: found.rows })
        });
        label::from_bookkeeping(&records.collect::<Vec<_>>())
    };
    // What cannot be read must not keep the DDL from committing.
    sys::rolled_back(read).unwrap_or_else(|caught| {
        let report = match &*caught {
            CaughtError::PostgresError(report) | CaughtError::ErrorReport(report) => report,
            CaughtError::RustPanic { ereport, .. } => ereport,
        };
        if report.sql_error_code() == PgSqlErrorCode::ERRCODE_QUERY_CANCELED {
            caught.rethrow();
        }
        warning!(
            "electric_schema: the entry has no label, because bookkeeping could not be read: {}",
            report.message()
        );
        None
    })
}
