//! `preview()`: what DDL would do, found out by running it, as the caller, in a subtransaction that is always rolled back.

use std::cell::Cell;

use electric_schema_core::change::Class;
use electric_schema_core::describe;
use pgrx::pg_sys::panic::CaughtError;
use pgrx::prelude::*;
use pgrx::JsonB;
use serde_json::{json, Value};

use crate::capture::{self, Touched};
use crate::destructive;
use crate::ledger::Ledger;
use crate::report::{may_write, Failure};
use crate::seal;
use crate::sys::{self, Refused};

/// How far it came.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Stage {
    Before,
    Running,
    After,
}

/// `{"class": …, "changes": […], "reasons": […], "statements": […], "not_distributed": […], "error": …}`
pub fn preview(ddl: &str) -> Result<JsonB, Failure> {
    may_write("preview", "It runs the DDL, and rolls it back.")?;
    // What this transaction did before is not the preview's, and what the preview does is not the transaction's.
    let earlier = capture::replace(None);
    let stage = Cell::new(Stage::Before);
    let result = destructive::unjudged(|| {
        sys::rolled_back(|| {
            let since = sys::current_subtransaction();
            let owner = sys::extension_owner("electric_schema").ok_or(Failure::Ledger("it has no owner"))?;
            let before = ledger_ahead(owner, earlier.clone())?;
            stage.set(Stage::Running);
            if let Err(refused) = sys::execute(ddl) {
                return Ok(refusal(refused));
            }
            stage.set(Stage::After);
            if !before.is_there() {
                let message = "this DDL drops electric_schema itself, and the ledger with it: no entry would be made";
                return Ok(failed("55000", message, None, None));
            }
            match capture::replace(None) {
                Some(touched) => sys::pinned(owner, || outcome(&before, Touched { since, ..touched })),
                None => Ok(answer(None, &[], &[], vec![])),
            }
        })
    });
    capture::replace(earlier);
    match result {
        Ok(answer) => answer.map(JsonB),
        Err(caught) if stage.get() == Stage::Running => Ok(JsonB(ddl_error(*caught))),
        Err(caught) => caught.rethrow(),
    }
}

/// The ledger as it will be when what the transaction did so far is sealed: the schema that the preview starts from.
fn ledger_ahead(owner: u32, earlier: Option<Touched>) -> Result<Ledger, Failure> {
    let ledger = Ledger::find().ok_or(Failure::Ledger("its tables are gone"))?;
    let Some(earlier) = earlier else { return Ok(ledger) };
    let (_, sealed) = sys::pinned(owner, || {
        ledger.undisturbed(|mut chain| {
            chain.unread.clear();
            seal::foresee(&ledger, earlier.clone(), &chain)
        })
    })?;
    Ok(ledger.ahead(&sealed))
}

/// What an entry of this would have.
fn outcome(ledger: &Ledger, touched: Touched) -> Result<Value, Failure> {
    let (read, sealed) = ledger.undisturbed(|mut chain| {
        // What others left to be read is not this DDL's doing.
        chain.unread.clear();
        // New objects must not get the identities of those that the transaction made before.
        chain.head.seq += 1;
        seal::foresee(ledger, touched.clone(), &chain)
    })?;
    let not_distributed = read
        .catalog
        .unsupported
        .iter()
        .filter(|thing| {
            touched.objects.contains(&thing.oid) || thing.table.is_some_and(|oid| touched.objects.contains(&oid))
        })
        .map(|thing| json!({ "kind": thing.kind, "identity": thing.identity, "reason": thing.reason }))
        .collect();
    let statements = sealed.draft.as_ref().map(|draft| draft.statements.as_slice()).unwrap_or_default();
    let class = sealed.draft.as_ref().map(|draft| draft.class);
    Ok(answer(class, sealed.changes(), statements, not_distributed))
}

fn answer(
    class: Option<Class>,
    changes: &[electric_schema_core::change::ClassifiedChange],
    statements: &[String],
    not_distributed: Vec<Value>,
) -> Value {
    json!({
        "class": class,
        "changes": changes,
        "reasons": describe::reasons(changes),
        "statements": statements,
        "not_distributed": not_distributed,
        "error": null,
    })
}

fn failed(sqlstate: &str, message: &str, detail: Option<&str>, hint: Option<&str>) -> Value {
    let mut answer = answer(None, &[], &[], vec![]);
    answer["error"] = json!({ "sqlstate": sqlstate, "message": message, "detail": detail, "hint": hint });
    answer
}

fn refusal(refused: Refused) -> Value {
    match refused {
        Refused::TransactionControl(tag) => failed(
            "0A000",
            &format!("{tag} cannot be previewed"),
            Some("The DDL runs in a subtransaction that is always rolled back. None of its statements was run."),
            Some("Leave out transaction control: all statements of a preview are one transaction."),
        ),
        Refused::Copy => failed("0A000", "COPY from or to the client cannot be previewed", None, None),
        Refused::Other(status) => {
            failed("XX000", &format!("the statements could not be run: SPI says {status}"), None, None)
        }
    }
}

/// What the DDL failed with, as data; what ended the session's own statement ends it still.
fn ddl_error(caught: CaughtError) -> Value {
    let report = match &caught {
        CaughtError::PostgresError(report) | CaughtError::ErrorReport(report) => report,
        CaughtError::RustPanic { .. } => caught.rethrow(),
    };
    let code = report.sql_error_code();
    if code == PgSqlErrorCode::ERRCODE_QUERY_CANCELED {
        caught.rethrow();
    }
    let hint = match code {
        PgSqlErrorCode::ERRCODE_ACTIVE_SQL_TRANSACTION => Some(report.hint().unwrap_or(
            "It cannot run inside a transaction, so it cannot be tried out and rolled back. For CONCURRENTLY: preview the same command without it, \
             the entry is the same.",
        )),
        _ => report.hint(),
    };
    failed(&sys::sqlstate(code), report.message(), report.detail(), hint)
}
