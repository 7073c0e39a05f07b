//! Keeps hands off the ledger's tables. What is to be written there from SQL of our own says so; what is written through the heap passes by.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;

use electric_schema_core::encoding::Hash;
use pgrx::heap_tuple::PgHeapTuple;
use pgrx::prelude::*;
use pgrx::AllocatedByPostgres;

use crate::report::{or_raise, Failure};
use crate::{capture, history, sys, verify};

thread_local! {
    static OWN: Cell<bool> = const { Cell::new(false) };
    /// The last entry of each chain that this session has looked at as it landed.
    static SEEN: RefCell<BTreeMap<[u8; 16], (u64, Hash)>> = const { RefCell::new(BTreeMap::new()) };
}

/// Runs what writes to the ledger's tables.
pub fn own<R>(write: impl FnOnce() -> R) -> R {
    struct Until(bool);
    impl Drop for Until {
        fn drop(&mut self) {
            OWN.set(self.0);
        }
    }
    let _until = Until(OWN.replace(true));
    write()
}

type Nothing = Result<Option<PgHeapTuple<'static, AllocatedByPostgres>>, Failure>;

/// Before a statement that nobody may run.
#[pg_trigger(sql = "
CREATE FUNCTION _electric_meta.guard() RETURNS trigger LANGUAGE c SECURITY DEFINER SET search_path = pg_catalog, pg_temp
    AS 'MODULE_PATHNAME', '@FUNCTION_NAME@';
")]
fn guard(trigger: &PgTrigger<'_>) -> Nothing {
    let verb = verb(trigger);
    // What a subscription brings, is turned away row by row.
    let by_row = sys::is_logical_worker() && verb != "TRUNCATE";
    if !OWN.get() && !by_row {
        or_raise(Err(Failure::ByHand { verb, table: table(trigger) }))
    }
    Ok(None)
}

/// Before a row is written. It must not be one of the chain that grows here.
#[pg_trigger(sql = "
CREATE FUNCTION _electric_meta.guard_row() RETURNS trigger LANGUAGE c SECURITY DEFINER SET search_path = pg_catalog, pg_temp
    AS 'MODULE_PATHNAME', '@FUNCTION_NAME@';
")]
fn guard_row<'a>(trigger: &'a PgTrigger<'a>) -> Result<Option<PgHeapTuple<'a, AllocatedByPostgres>>, Failure> {
    // A publication FOR ALL TABLES has the publisher's ledger in it. The subscriber has its own, and its DDL is recorded there.
    if sys::is_logical_worker() {
        return Ok(None);
    }
    let row = match verb(trigger) {
        "DELETE" => trigger.old(),
        _ => trigger.new(),
    };
    if !OWN.get() {
        let id: Option<pgrx::Uuid> = row.as_ref().and_then(|row| row.get_by_name("ledger_id").ok().flatten());
        let own = or_raise(Spi::connect(history::chain)).id;
        if id == Some(own) {
            or_raise(Err(Failure::ByHand { verb: verb(trigger), table: table(trigger) }))
        }
    }
    Ok(row)
}

/// After rows of another chain came: looks at the entries, and lets the end of the transaction see whether the chain is whole.
#[pg_trigger(sql = "
CREATE FUNCTION _electric_meta.landed() RETURNS trigger LANGUAGE c SECURITY DEFINER SET search_path = pg_catalog, pg_temp
    AS 'MODULE_PATHNAME', '@FUNCTION_NAME@';
")]
fn landed(trigger: &PgTrigger<'_>) -> Nothing {
    if OWN.get() || sys::is_logical_worker() {
        return Ok(None);
    }
    match table(trigger).as_str() {
        "scope" => capture::rescope(),
        "migrations" => {
            or_raise(look());
            capture::restored();
        }
        _ => capture::restored(),
    }
    Ok(None)
}

/// Looks at what has come of other chains.
fn look() -> Result<(), Failure> {
    Spi::connect(|client| {
        let own = history::chain(client)?.id;
        let query = "SELECT DISTINCT ledger_id FROM _electric_meta.migrations WHERE ledger_id <> $1";
        for row in client.select(query, None, &[own.into()])? {
            let id: pgrx::Uuid = history::column(&row, 1)?;
            let seen = SEEN.with_borrow(|seen| seen.get(id.as_bytes()).copied());
            let seen = seen.filter(|(seq, hash)| is_there(client, id, *seq, hash).unwrap_or(false));
            match verify::follows(id, seen)? {
                Ok(Some(last)) => SEEN.with_borrow_mut(|seen| seen.insert(*id.as_bytes(), last)),
                Ok(None) => None,
                Err(wrong) => return Err(Failure::NoChain(wrong)),
            };
        }
        Ok(())
    })
}

fn is_there(client: &pgrx::spi::SpiClient<'_>, id: pgrx::Uuid, seq: u64, hash: &Hash) -> Result<bool, Failure> {
    let query = "SELECT EXISTS (SELECT FROM _electric_meta.migrations WHERE (ledger_id, seq, hash) = ($1, $2, $3))";
    let args = [id.into(), history::bigint(seq).into(), hash.to_string().into()];
    Ok(client.select(query, Some(1), &args)?.first().get_one()?.unwrap_or(false))
}

fn table(trigger: &PgTrigger<'_>) -> String {
    trigger.table_name().unwrap_or_default()
}

fn verb(trigger: &PgTrigger<'_>) -> &'static str {
    use pgrx::trigger_support::PgTriggerOperation::{Delete, Insert, Truncate, Update};
    match trigger.op() {
        Ok(Insert) => "INSERT",
        Ok(Update) => "UPDATE",
        Ok(Delete) => "DELETE",
        Ok(Truncate) => "TRUNCATE",
        Err(_) => "write",
    }
}
