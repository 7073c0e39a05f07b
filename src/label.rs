//! `label()`, and the labels that migration tools give by their bookkeeping.

use electric_schema_core::label::{self, Bookkeeping, Records, BOOKKEEPING, PRISMA_LOCK};
use pgrx::function_name;
use pgrx::pg_sys::panic::{CaughtError, ErrorReport};
use pgrx::prelude::*;

use crate::capture::{self, Touched};
use crate::report::{may_write, or_raise, Failure};
use crate::sys::{self, Oid, Which};

/// Names the entry of this transaction, from here on; NULL takes the name back.
#[pg_extern(
    name = "label",
    sql = "
CREATE PROCEDURE electric_schema.label(label text)
    LANGUAGE c AS 'MODULE_PATHNAME', '@FUNCTION_NAME@';
"
)]
fn give_label(label: Option<&str>) {
    // A transaction may become read-only after its DDL; a standby has none to name.
    if sys::in_recovery() {
        or_raise(may_write("label", "It names an entry, and none is made here."));
    }
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

/// What an entry is called that nobody gave a label. Never fails, unless the session is told to stop.
pub fn from_bookkeeping(touched: &Touched) -> Option<String> {
    let prisma_runs = sys::holds_advisory_lock(PRISMA_LOCK);
    if !touched.accompanied && !prisma_runs {
        return None;
    }
    let which = |bookkeeping: &Bookkeeping, table| {
        if prisma_runs && bookkeeping.announces() {
            Some(Which::All)
        } else {
            sys::writes(table).then_some(Which::Own)
        }
    };
    let named = sys::relations_named(&BOOKKEEPING.map(|bookkeeping| bookkeeping.table));
    let tables = BOOKKEEPING.iter().flat_map(|bookkeeping| {
        let of_it = named.iter().filter(|(name, _)| name == bookkeeping.table);
        of_it.filter_map(move |(_, table)| Some((bookkeeping, *table, which(bookkeeping, *table)?)))
    });
    let tables: Vec<(&'static Bookkeeping, Oid, Which)> = tables.collect();
    if tables.is_empty() {
        return None;
    }
    let read = || {
        let records = tables.iter().filter_map(|(bookkeeping, table, which)| {
            let mut found = sys::plain_table(*table, bookkeeping.columns, *which)?;
            // Anybody can make a table of that name: it announces the migrations of its owner alone.
            found.rows.retain(|row| row.own || found.owner == touched.role);
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
