//! `electric_schema.destructive`: DDL that is destructive for clients gets a WARNING, or an ERROR.
//!
//! Judged at the end of each command, where whoever typed it still sees it, over all that the transaction did so far: what undoes an earlier step
//! passes. A command with CONCURRENTLY commits in between and would be left half done by an ERROR at its end, so it is judged before it starts.

use std::cell::Cell;

use electric_schema_core::change::ClassifiedChange;
use electric_schema_core::describe;
use pgrx::function_name;
use pgrx::pg_sys::panic::ErrorReport;
use pgrx::prelude::*;

use crate::capture;
use crate::ledger::Ledger;
use crate::report::{or_raise, Failure};
use crate::seal;
use crate::settings::{self, Destructive};
use crate::sys::{self, Concurrent, Event};

/// The HINT: which setting, who may set it, and where.
pub const WAY_OUT: &str = "electric_schema.destructive is \"forbid\". Who may set it (a superuser, from PostgreSQL 15 on also a role that was granted \
     SET on it) can allow the change with SET LOCAL electric_schema.destructive = 'allow' in the transaction, with SET in the session, or for longer \
     with ALTER ROLE … SET or ALTER DATABASE … SET.";

thread_local! {
    static SUSPENDED: Cell<bool> = const { Cell::new(false) };
}

/// Runs `f` without judging what it does: a preview tells what destructive DDL would do.
pub fn unjudged<R>(f: impl FnOnce() -> R) -> R {
    let before = SUSPENDED.replace(true);
    let result = f();
    SUSPENDED.set(before);
    result
}

fn applies() -> Option<Destructive> {
    Some(settings::destructive()).filter(|setting| *setting != Destructive::Allow && !SUSPENDED.get())
}

/// At the end of a command.
pub fn judge(event: &Event) {
    if applies() == Some(Destructive::Forbid) && event.concurrent.is_some() {
        return;
    }
    judge_call(&event.tag);
}

/// At the end of what no event tells of.
pub fn judge_call(tag: &str) {
    let Some(setting) = applies() else { return };
    let Some(touched) = capture::unjudged() else { return };
    let Some(owner) = sys::extension_owner("electric_schema") else { return };
    let Some(ledger) = Ledger::find() else { return };
    let (_, sealed) = or_raise(sys::pinned(owner, || {
        ledger.undisturbed(|mut chain| {
            // What others left to be read is not this statement's doing.
            chain.unread.clear();
            seal::foresee(&ledger, touched.clone(), &chain)
        })
    }));
    let lines = reasons(sealed.changes());
    let tag = tag.to_owned();
    match setting {
        Destructive::Allow => {}
        Destructive::Forbid if lines.is_empty() => {}
        Destructive::Forbid => or_raise(Err(Failure::Forbidden { tag, detail: lines.join("\n") })),
        Destructive::Warn => {
            let new = capture::warn(lines);
            if !new.is_empty() {
                let hint =
                    "electric_schema.destructive is \"warn\". SELECT electric_schema.preview(…) tells before DDL runs.";
                ErrorReport::new(
                    PgSqlErrorCode::ERRCODE_WARNING,
                    format!("{tag} is a destructive schema change"),
                    function_name!(),
                )
                .set_detail(new.join("\n"))
                .set_hint(hint)
                .report(PgLogLevel::WARNING);
            }
        }
    }
}

fn reasons(changes: &[ClassifiedChange]) -> Vec<String> {
    describe::reasons(changes).iter().map(describe::Because::line).collect()
}

/// Before a command that can have CONCURRENTLY. It must neither write nor take a transaction id, or DROP INDEX CONCURRENTLY refuses to run.
#[pg_extern(sql = "
CREATE FUNCTION _electric_meta.judge_concurrent() RETURNS event_trigger
    LANGUAGE c AS 'MODULE_PATHNAME', '@FUNCTION_NAME@';
")]
fn judge_concurrent(fcinfo: pg_sys::FunctionCallInfo) {
    if applies() != Some(Destructive::Forbid) || !capture::listening() {
        return;
    }
    let event = capture::expect_event(fcinfo, "ddl_command_start");
    let Some(concurrent) = event.concurrent else { return };
    let Some(ledger) = Ledger::find() else { return };
    if let Some(detail) = or_raise(ledger.undisturbed(|_| refusal(&ledger, &concurrent))) {
        or_raise::<()>(Err(Failure::Forbidden { tag: format!("{} CONCURRENTLY", event.tag), detail }));
    }
}

/// Why a command with CONCURRENTLY is destructive, by what the ledger knows of its table. What the ledger does not know, clients do not have.
fn refusal(ledger: &Ledger, concurrent: &Concurrent) -> Result<Option<String>, Failure> {
    Ok(match *concurrent {
        Concurrent::CreateIndex { exists: true, .. }
        | Concurrent::CreateIndex { table: None, .. }
        | Concurrent::DropIndex { index: None }
        | Concurrent::Detach { parent: None } => None,
        Concurrent::CreateIndex { table: Some(table), unique, computed, .. } => match ledger.known(table)? {
            Some(_) if unique => Some("A unique index validates rows, and rejects writes: unique_index_added.".to_owned()),
            Some(_) if computed => Some(
                "What an index computes can fail on a client's rows, and that cannot be told before it is there: preview it without CONCURRENTLY."
                    .to_owned(),
            ),
            _ => None,
        },
        Concurrent::DropIndex { index: Some(index) } => {
            let Some(table) = sys::table_of_index(index) else { return Ok(None) };
            let Some(known) = ledger.known(table)? else { return Ok(None) };
            let (Some(schema), Some(name)) = (sys::relation_schema(index), sys::relation_name(index)) else {
                return Ok(None);
            };
            let unique = known.index(index, &schema, &name).is_some_and(|index| index.unique);
            unique.then(|| "ON CONFLICT needs the unique index: conflict_target_gone.".to_owned())
        }
        Concurrent::Detach { parent: Some(parent) } => ledger
            .known(parent)?
            .map(|_| "The partition's rows are lost to readers of the partitioned table: parent_removed.".to_owned()),
    })
}
