//! `drift()`: what the catalogs have and the ledger does not, and the other way round.
//!
//! It comes from direct edits of the catalogs, and from DDL while the event triggers were disabled.

use std::collections::BTreeSet;

use electric_schema_core::change::Change;
use electric_schema_core::describe::{self, Subject};
use electric_schema_core::diff::{diff, Objects};
use electric_schema_core::encoding::Hash;
use electric_schema_core::entry::Asked;
use electric_schema_core::error::Error;
use electric_schema_core::identify::{identify, Happened, Known};
use electric_schema_core::model::Object;
use electric_schema_core::render::render;
use electric_schema_core::scope::distributed;
use pgrx::JsonB;
use serde_json::{json, Value};

use crate::ledger::{Chain, Ledger};
use crate::report::{or_raise, Failure};
use crate::seal::routines;
use crate::{catalog, sys};

/// One difference.
pub struct Difference {
    /// The object, or the part of a table.
    pub subject: Subject,
    /// The change that brings the ledger to where the catalogs are, as an entry would have it.
    pub change: Value,
    /// What that change replays.
    pub statements: Vec<String>,
}

/// All differences, the tables included that the next entry has to read again.
pub fn drift() -> Result<Vec<Difference>, Failure> {
    read(|ledger, chain| {
        let mut differences = differences_at(ledger, Some(chain))?;
        for &oid in &chain.unread {
            let identity = sys::relation_identity(oid).unwrap_or_else(|| oid.to_string());
            let kind = match ledger.known(oid)?.map(|known| known.object) {
                Some(Object::View(view)) if view.materialized => "materialized view",
                Some(Object::View(_)) => "view",
                _ => "table",
            };
            differences.push(Difference {
                subject: Subject { kind, identity },
                change: json!({ "change": "unread" }),
                statements: vec![],
            });
        }
        Ok(differences)
    })
}

/// The differences, each as a change.
pub fn differences() -> Result<Vec<Value>, Failure> {
    let found = read(|ledger, _| differences_at(ledger, None))?;
    Ok(found.into_iter().map(|difference| difference.change).collect())
}

/// The tables that wait for the next entry, as the ledger has them and as they read now, where that is all that differs.
/// `None` while somebody holds one of them, or when the ledger's head is not the one that the caller reads.
pub fn unread_tables(head: &Hash) -> Result<Option<Vec<(Known, Known)>>, Failure> {
    read(|ledger, chain| {
        if chain.head.hash != *head {
            return Ok(None);
        }
        let known = ledger.known_all()?;
        let reading = catalog::read(Some(&chain.unread), &routines(&known))?;
        if !reading.unread.is_empty() {
            return Ok(None);
        }
        let asked = Asked::Only(&chain.unread | &reading.relations);
        let scope = ledger.settings()?.scope(&reading.catalog, false);
        let catalog = distributed(reading.catalog, &known, &asked, &scope);
        let found = identify(&catalog, &known, &Happened::default(), u64::MAX);
        let one = |known: &Known| Objects::from([(known.id, known.object.clone())]);
        let same = |before: &Known, now: &Known| {
            diff(&one(before), &one(now), &BTreeSet::new()).iter().all(|c| matches!(c, Change::Refresh { .. }))
        };
        let pairs = found.into_iter().filter_map(|now| Some((known.get(&now.oid)?.clone(), now)));
        Ok(Some(pairs.filter(|(before, now)| same(before, now)).collect()))
    })
}

fn read<R>(f: impl Fn(&Ledger, &Chain) -> Result<R, Failure>) -> Result<R, Failure> {
    let Some(owner) = sys::extension_owner("electric_schema") else { return Err(Failure::Ledger("it has no owner")) };
    let Some(ledger) = Ledger::find() else { return Err(Failure::Ledger("its tables are gone")) };
    sys::pinned(owner, || ledger.undisturbed(|chain| f(&ledger, &chain)))
}

/// The differences of what could be read; without those of the tables that wait for the next entry, if that is asked for.
fn differences_at(ledger: &Ledger, without_unread: Option<&Chain>) -> Result<Vec<Difference>, Failure> {
    let known = match ledger.is_moved() {
        true => match crate::restore::here(ledger)? {
            Some(known) => known.into_iter().map(|known| (known.oid, known)).collect(),
            None => return Err(Failure::Held),
        },
        false => ledger.known_all()?,
    };
    let mut reading = catalog::read(None, &routines(&known))?;
    if let Some(chain) = without_unread {
        reading.unread.extend(&chain.unread);
        reading.catalog.tables.retain(|table| !chain.unread.contains(&table.oid));
        reading.catalog.views.retain(|view| !chain.unread.contains(&view.oid));
    }
    let scope = ledger.settings()?.scope(&reading.catalog, false);
    let catalog = distributed(reading.catalog, &known, &Asked::EverythingBut(reading.unread.clone()), &scope);
    let found: Vec<Known> = identify(&catalog, &known, &Happened::default(), u64::MAX);
    // Of extensions only what some table needs is read: one that is not there may only be unused.
    let side = |objects: &mut dyn Iterator<Item = &Known>| -> Objects {
        objects
            .filter(|known| !matches!(known.object, Object::Extension(_)))
            .map(|known| (known.id, known.object.clone()))
            .collect()
    };
    // What could not be read is no difference, but others refer to it: sequences that it owns, foreign keys.
    let mut compared = known.values().filter(|known| !reading.unread.contains(&known.oid));
    let (before, after) = (side(&mut compared), side(&mut found.iter()));
    diff(&before, &after, &BTreeSet::new())
        .into_iter()
        // Text that only reads differently is refreshed by the next entry that reads it.
        .filter(|change| !matches!(change, Change::Refresh { .. }))
        .map(|change| {
            let unreadable =
                |why: serde_json::Error| Error::Unreadable { what: "a difference".to_owned(), why: why.to_string() };
            Ok(Difference {
                subject: describe::subject(&change),
                change: serde_json::to_value(&change).map_err(unreadable)?,
                statements: render(std::slice::from_ref(&change), &before, &after),
            })
        })
        .collect()
}

/// For the view `status`.
#[pgrx::pg_extern(sql = "
CREATE FUNCTION _electric_meta.not_distributed() RETURNS jsonb
    STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
    LANGUAGE c AS 'MODULE_PATHNAME', '@FUNCTION_NAME@';
")]
fn not_distributed() -> JsonB {
    or_raise(undistributed())
}

/// All that is there and cannot be distributed: `[{"kind": …, "identity": …, "reason": …}]`.
fn undistributed() -> Result<JsonB, Failure> {
    let Some(owner) = sys::extension_owner("electric_schema") else { return Err(Failure::Ledger("it has no owner")) };
    let Some(ledger) = Ledger::find() else { return Err(Failure::Ledger("its tables are gone")) };
    let mut things = sys::pinned(owner, || {
        let known = ledger.known_all()?;
        let reading = catalog::with_undistributed(&routines(&known))?;
        let scope = ledger.settings()?.scope(&reading.catalog, false);
        let asked = Asked::EverythingBut(reading.unread);
        Ok::<_, Failure>(distributed(reading.catalog, &known, &asked, &scope).unsupported)
    })?;
    things.sort_by(|a, b| (&a.kind, &a.identity, &a.reason).cmp(&(&b.kind, &b.identity, &b.reason)));
    let things: Vec<Value> = things
        .into_iter()
        .map(|thing| json!({ "kind": thing.kind, "identity": thing.identity, "reason": thing.reason }))
        .collect();
    Ok(JsonB(Value::Array(things)))
}
