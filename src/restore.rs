//! A chain that came with a dump: it goes on here as soon as it is whole and the catalogs hold its schema.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use electric_schema_core::adopt::{adopt as find, Adopted};
use electric_schema_core::catalog::Catalog;
use electric_schema_core::diff::Objects;
use electric_schema_core::encoding::Hash;
use electric_schema_core::entry::Asked;
use electric_schema_core::identify::Known;
use electric_schema_core::model::Object;
use electric_schema_core::scope::distributed;
use pgrx::prelude::*;
use pgrx::spi::SpiClient;
use pgrx::JsonB;
use serde_json::{json, Value};

use crate::ledger::{Chain, Ledger};
use crate::report::{may_write, or_raise, Failure};
use crate::sys::{self, Row};
use crate::{capture, catalog, history, settings, verify};

thread_local! {
    /// The model at the head of the chain that this session found to be whole.
    static WHOLE: RefCell<Option<(Hash, Rc<Objects>)>> = const { RefCell::new(None) };
}

/// At the end of a transaction, under the seal's lock: goes on with one of the `others`, the chains that came with a dump, if it is whole and the catalogs
/// hold its schema now.
pub fn go_on(ledger: &Ledger, others: Vec<Row>) -> Result<(), Failure> {
    // Under REPEATABLE READ the rows of other sessions' COPY may not be seen: the next transaction will.
    if others.is_empty() || sys::keeps_its_snapshot() {
        return Ok(());
    }
    // What the last statement inserted is to be seen, and where the seal has put the chain.
    sys::advance_command();
    let chain = ledger.chain()?;
    for row in others {
        let other = Chain::read(row)?;
        if !chain.unread.is_empty() {
            continue;
        }
        let Some(objects) = sys::with_latest_snapshot(|| Spi::connect(|client| whole(client, &chain, &other)))? else {
            continue;
        };
        if other.head.sum != chain.head.sum && !is_as_much(ledger, &objects)? {
            continue;
        }
        let Some(Adopted { known, same: true }) = place(ledger, &objects)? else { continue };
        ledger.replace(&chain, &other, &known)?;
        WHOLE.set(None);
        pgrx::log!("electric_schema: goes on with the restored ledger {}, at entry {}", uuid(&other), other.head.seq);
        return Ok(());
    }
    Ok(())
}

/// Whether it is worth comparing, though the sums are not equal: a restore can leave the columns of a child in another order.
fn is_as_much(ledger: &Ledger, objects: &Objects) -> Result<bool, Failure> {
    fn parts<'a>(objects: impl Iterator<Item = &'a Object>) -> usize {
        let tables = objects.filter_map(Object::as_table);
        tables.map(|table| table.columns.len() + table.constraints.len() + table.indexes.len()).sum()
    }
    if ledger.holds() != objects.len() {
        return Ok(false);
    }
    let known = ledger.known_all()?;
    Ok(parts(known.values().map(|known| &known.object)) == parts(objects.values()))
}

fn uuid(chain: &Chain) -> pgrx::Uuid {
    pgrx::Uuid::from_bytes(chain.id())
}

/// The model at the head of a chain that is whole, and older than the one here: that one is what a restore made itself.
fn whole(client: &SpiClient<'_>, own: &Chain, other: &Chain) -> Result<Option<Rc<Objects>>, Failure> {
    if let Some((_, objects)) = WHOLE.with_borrow(|whole| whole.clone().filter(|(hash, _)| *hash == other.head.hash)) {
        return Ok(Some(objects));
    }
    // While rows come, the newest is missing: no need to look at all of them.
    let query = "SELECT coalesce(m.recorded_at, o.created_at) < l.created_at \
                 FROM _electric_meta.ledgers l, _electric_meta.ledgers o \
                 LEFT JOIN _electric_meta.migrations m ON (m.ledger_id, m.seq, m.hash) = (o.ledger_id, o.seq, o.hash) \
                 WHERE (l.ledger_id, o.ledger_id) = ($1, $2) AND (o.seq = 0 OR m.seq IS NOT NULL)";
    let args = [uuid(own).into(), uuid(other).into()];
    let rows = client.select(query, Some(1), &args)?;
    if rows.is_empty() || rows.first().get_one()? != Some(true) {
        return Ok(None);
    }
    let Some(chain) = history::chain_of(client, uuid(other))? else { return Ok(None) };
    let Ok(sound) = verify::sound(client, &chain)? else { return Ok(None) };
    let objects = Rc::new(sound.objects);
    WHOLE.set(Some((other.head.hash, objects.clone())));
    Ok(Some(objects))
}

/// Where the objects of a model are in the catalogs; `None` while somebody holds some of them.
fn place(ledger: &Ledger, objects: &Objects) -> Result<Option<Adopted>, Failure> {
    let Some(catalog) = everything(ledger)? else { return Ok(None) };
    Ok(Some(find(&catalog, objects)))
}

/// After pg_upgrade: finds the ledger's own objects again, in the catalogs that nobody has changed since.
pub fn place_again(ledger: &Ledger) -> Result<(), Failure> {
    let Some(known) = here(ledger)? else { return Err(Failure::Held) };
    let different: BTreeSet<u32> = known.iter().map(|known| known.oid).collect();
    if different.len() < known.len() {
        return Err(Failure::Ledger("two of its objects have the same OID in this cluster"));
    }
    ledger.place(&known, ledger.chain()?.id())?;
    pgrx::log!("electric_schema: found the ledger's objects again after pg_upgrade");
    Ok(())
}

/// The ledger's objects, as they are found here by their names; `None` while somebody holds some of them.
pub fn here(ledger: &Ledger) -> Result<Option<Vec<Known>>, Failure> {
    let old = ledger.known_all()?;
    let objects: Objects = old.values().map(|known| (known.id, known.object.clone())).collect();
    // Relations and types have kept their OIDs. Of routines those are to be read that clients have, whether something needs them still or not.
    let mut known = BTreeMap::new();
    for (oid, one) in old {
        match &one.object {
            Object::Schema(_) | Object::Extension(_) => {}
            Object::Routine(routine) => {
                let query = "SELECT p.oid FROM pg_catalog.pg_proc p JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace \
                             WHERE n.nspname = $1 AND p.proname = $2 AND pg_catalog.pg_get_function_identity_arguments(p.oid) = $3";
                let args = [
                    routine.name.schema.as_str().into(),
                    routine.name.name.as_str().into(),
                    routine.arguments.as_str().into(),
                ];
                let found = sys::with_latest_snapshot(|| {
                    Spi::connect(|client| {
                        let rows = client.select(query, Some(1), &args)?;
                        if rows.is_empty() {
                            Ok(None)
                        } else {
                            rows.first().get_one::<pg_sys::Oid>()
                        }
                    })
                })?;
                known.extend(found.map(|oid| (oid.to_u32(), Known { oid: oid.to_u32(), ..one })));
            }
            _ => {
                known.insert(oid, one);
            }
        }
    }
    Ok(read_all(ledger, &known)?.map(|catalog| find(&catalog, &objects).known))
}

fn everything(ledger: &Ledger) -> Result<Option<Catalog>, Failure> {
    read_all(ledger, &ledger.known_all()?)
}

fn read_all(ledger: &Ledger, known: &BTreeMap<u32, Known>) -> Result<Option<Catalog>, Failure> {
    let reading = catalog::read(None, &crate::seal::routines(known))?;
    if !reading.unread.is_empty() {
        return Ok(None);
    }
    let scope = ledger.settings()?.scope(&reading.catalog, false);
    let asked = Asked::EverythingBut(reading.unread);
    Ok(Some(distributed(reading.catalog, known, &asked, &scope)))
}

/// Goes on with a chain that came with a dump, whatever the catalogs hold: what they hold otherwise is the next entry, at the end of the transaction.
/// SECURITY DEFINER: whoever may call it need not be able to write to the ledger.
#[pg_extern(sql = "
CREATE PROCEDURE electric_schema.adopt(ledger_id uuid DEFAULT NULL)
    LANGUAGE c SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS 'MODULE_PATHNAME', '@FUNCTION_NAME@';
")]
fn adopt(ledger_id: Option<pgrx::Uuid>) {
    or_raise(adopt_chain(ledger_id));
}

fn adopt_chain(wanted: Option<pgrx::Uuid>) -> Result<(), Failure> {
    may_write("adopt", "It writes to the ledger.")?;
    let Some(owner) = sys::extension_owner("electric_schema") else { return Err(Failure::Ledger("it has no owner")) };
    let ledger = Ledger::find().ok_or(Failure::Ledger("its tables are gone"))?;
    sys::pinned(owner, || {
        ledger.lock(settings::seal_timeout());
        let (chain, others) = ledger.chains()?;
        let mut others = others.into_iter().map(Chain::read).collect::<Result<Vec<Chain>, Failure>>()?;
        let ids = || others.iter().map(|other| uuid(other).to_string()).collect::<Vec<_>>().join(", ");
        let at = match wanted {
            Some(id) => others.iter().position(|other| uuid(other) == id),
            None if others.len() == 1 => Some(0),
            None => None,
        };
        let Some(at) = at else {
            return Err(Failure::NoOther { wanted: wanted.map(|id| id.to_string()), others: ids() });
        };
        let other = others.swap_remove(at);
        let sound = Spi::connect(|client| match history::chain_of(client, uuid(&other))? {
            Some(chain) => verify::sound(client, &chain),
            None => Err(Failure::Ledger("its chain cannot be read")),
        })?;
        let objects = sound.map_err(|why| Failure::NotWhole { ledger: uuid(&other).to_string(), why })?.objects;
        let Some(Adopted { known, .. }) = place(&ledger, &objects)? else { return Err(Failure::Held) };
        ledger.replace(&chain, &other, &known)
    })?;
    capture::reread("CALL electric_schema.adopt()");
    Ok(())
}

/// Throws away a chain that came with a dump and is not gone on with.
#[pg_extern(sql = "
CREATE PROCEDURE electric_schema.discard(ledger_id uuid)
    LANGUAGE c SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS 'MODULE_PATHNAME', '@FUNCTION_NAME@';
")]
fn discard(ledger_id: Option<pgrx::Uuid>) {
    or_raise(discard_chain(ledger_id));
}

fn discard_chain(id: Option<pgrx::Uuid>) -> Result<(), Failure> {
    let id = id.ok_or(Failure::Null("ledger_id"))?;
    may_write("discard", "It deletes the rows of a ledger.")?;
    let ledger = Ledger::find().ok_or(Failure::Ledger("its tables are gone"))?;
    ledger.lock(settings::seal_timeout());
    let own = ledger.chain()?.id();
    if *id.as_bytes() == own || ledger.remove(*id.as_bytes())? == 0 {
        return Err(Failure::NoOther { wanted: Some(id.to_string()), others: String::new() });
    }
    sys::advance_command();
    Ok(())
}

/// For the view `status`: the chains that came with a dump and are not gone on with, and what keeps them.
#[pg_extern(sql = "
CREATE FUNCTION _electric_meta.restoring() RETURNS jsonb
    STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
    LANGUAGE c AS 'MODULE_PATHNAME', '@FUNCTION_NAME@';
")]
fn restoring() -> Option<JsonB> {
    or_raise(Spi::connect(|client| {
        let own = history::chain(client)?;
        let query = "SELECT DISTINCT ledger_id FROM ( \
                       SELECT ledger_id FROM _electric_meta.ledgers UNION ALL SELECT ledger_id FROM _electric_meta.migrations) l \
                     WHERE ledger_id <> $1 ORDER BY 1";
        let mut all = Vec::new();
        for row in client.select(query, None, &[own.id.into()])? {
            all.push(one(client, &own, history::column(&row, 1)?)?);
        }
        Ok((!all.is_empty()).then_some(JsonB(Value::Array(all))))
    }))
}

fn one(client: &SpiClient<'_>, own: &history::Chain, id: pgrx::Uuid) -> Result<Value, Failure> {
    let adopt = format!("CALL electric_schema.adopt('{id}'). To be rid of it: CALL electric_schema.discard('{id}')");
    let load = "Load the rows of schema _electric_meta from the dump that are missing: pg_restore --data-only --schema=_electric_meta";
    let (seq, missing, hint) = match history::chain_of(client, id)? {
        None => (None, "its row in _electric_meta.ledgers".to_owned(), load.to_owned()),
        Some(chain) => match verify::sound(client, &chain)? {
            Err(why) => (Some(chain.head.seq), why, load.to_owned()),
            Ok(_) => (
                Some(chain.head.seq),
                difference(client, own, &chain)?,
                format!("Restore the rest of the schema, or go on without it: {adopt}"),
            ),
        },
    };
    Ok(json!({ "ledger_id": id.to_string(), "seq": seq, "missing": missing, "hint": hint }))
}

/// Why a chain that is whole does not go on by itself.
fn difference(client: &SpiClient<'_>, own: &history::Chain, other: &history::Chain) -> Result<String, Failure> {
    let schema = |chain: &history::Chain| -> Result<Option<Hash>, Failure> {
        Ok(history::position(client, chain, chain.head.seq)?.map(|(_, schema)| schema))
    };
    Ok(match schema(own)? == schema(other)? {
        true => "nothing; but this database has had a ledger of its own for longer".to_owned(),
        false => "the schema here is not the one that its entries add up to".to_owned(),
    })
}
