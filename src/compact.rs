//! `compact()`: old entries go, what clients that old need to know stays.

use electric_schema_core::encoding::Hash;
use electric_schema_core::error::Error;
use electric_schema_core::plan::Place;
use electric_schema_core::schema_hash::SchemaSum;
use electric_schema_core::trace::{follow, Trace};
use pgrx::prelude::*;
use pgrx::spi::SpiClient;
use pgrx::JsonB;

use crate::history::{self, bigint};
use crate::ledger::Ledger;
use crate::report::{may_write, or_raise, Failure};
use crate::{guard, settings, verify};

/// Prunes the entries before the one with this hash. SECURITY DEFINER: whoever may call it need not be able to write to the ledger.
#[pgrx::pg_extern(sql = "
CREATE PROCEDURE electric_schema.compact(before_hash text)
    LANGUAGE c SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS 'MODULE_PATHNAME', '@FUNCTION_NAME@';
")]
fn compact(before_hash: Option<&str>) {
    or_raise(guard::own(|| prune(before_hash)));
}

fn prune(before_hash: Option<&str>) -> Result<(), Failure> {
    may_write("compact", "It prunes entries.")?;
    let before: Hash = before_hash.ok_or(Failure::Null("before_hash"))?.parse()?;
    let ledger = Ledger::find().ok_or(Failure::Ledger("its tables are gone"))?;
    ledger.lock(settings::seal_timeout());
    Spi::connect_mut(|client| {
        let chain = history::chain(client)?;
        let start = history::checkpoint(client, &chain)?;
        let to = match history::place(client, &chain, &before)? {
            Some(Place::Entry(seq)) => seq.saturating_sub(1),
            // It has been pruned itself.
            Some(Place::Pruned(_)) => return Ok(()),
            Some(Place::Schema(_)) | None => return Err(Failure::UnknownHash(before.to_string())),
        };
        if to <= start.seq {
            return Ok(());
        }
        // What is pruned cannot be proven any more, so it has to be now.
        if let Some(broken) = verify::first_broken(client)? {
            return Err(Failure::Broken(broken));
        }
        let mut objects = start.objects;
        let mut traces = history::traces(client, &chain)?;
        follow(&mut objects, &mut traces, &history::numbered_changes(client, &chain, start.seq, to)?)?;
        let Some((position, schema_hash)) = history::position(client, &chain, to)? else {
            return Err(Failure::Ledger("an entry is missing"));
        };
        if SchemaSum::of(objects.values()).hash() != schema_hash {
            return Err(Failure::Ledger("its entries do not add up to their schema hash"));
        }
        let id = || chain.id.into();
        let model = serde_json::to_value(&objects)
            .map_err(|error| Error::Unreadable { what: "a model".to_owned(), why: error.to_string() })?;
        client.update(
            "INSERT INTO _electric_meta.checkpoints VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (ledger_id) DO UPDATE \
             SET (seq, hash, reset_version, schema_hash, objects) \
               = (EXCLUDED.seq, EXCLUDED.hash, EXCLUDED.reset_version, EXCLUDED.schema_hash, EXCLUDED.objects)",
            None,
            &[
                id(),
                bigint(to).into(),
                position.hash.to_string().into(),
                bigint(position.reset_version).into(),
                schema_hash.to_string().into(),
                JsonB(model).into(),
            ],
        )?;
        client.update(
            "INSERT INTO _electric_meta.pruned SELECT ledger_id, seq, hash, schema_hash FROM _electric_meta.migrations \
             WHERE ledger_id = $1 AND seq <= $2",
            None,
            &[id(), bigint(to).into()],
        )?;
        client.update(
            "DELETE FROM _electric_meta.migrations WHERE ledger_id = $1 AND seq <= $2",
            None,
            &[id(), bigint(to).into()],
        )?;
        client.update("DELETE FROM _electric_meta.traces WHERE ledger_id = $1", None, &[id()])?;
        keep(client, &chain, &traces)
    })
}

fn keep(client: &mut SpiClient<'_>, chain: &history::Chain, traces: &[Trace]) -> Result<(), Failure> {
    let texts = |of: &dyn Fn(&Trace) -> Option<String>| traces.iter().map(of).collect::<Vec<Option<String>>>();
    let numbers = |of: &dyn Fn(&Trace) -> Option<u64>| -> Vec<Option<i64>> {
        traces.iter().map(|trace| of(trace).map(bigint)).collect()
    };
    client.update(
        "INSERT INTO _electric_meta.traces SELECT $1, ordinality, object_id, kind, schema, name, arguments, since, until, changed, filled \
         FROM ROWS FROM (pg_catalog.unnest($2::text[]), pg_catalog.unnest($3::text[]), pg_catalog.unnest($4::text[]), \
           pg_catalog.unnest($5::text[]), pg_catalog.unnest($6::text[]), pg_catalog.unnest($7::bigint[]), \
           pg_catalog.unnest($8::bigint[]), pg_catalog.unnest($9::bigint[]), pg_catalog.unnest($10::boolean[])) WITH ORDINALITY \
           t (object_id, kind, schema, name, arguments, since, until, changed, filled)",
        None,
        &[
            chain.id.into(),
            texts(&|trace| Some(trace.id.to_string())).into(),
            texts(&|trace| Some(trace.name.kind.clone())).into(),
            texts(&|trace| Some(trace.name.name.schema.clone())).into(),
            texts(&|trace| Some(trace.name.name.name.clone())).into(),
            texts(&|trace| trace.name.arguments.clone()).into(),
            numbers(&|trace| Some(trace.since)).into(),
            numbers(&|trace| trace.until).into(),
            numbers(&|trace| Some(trace.changed)).into(),
            traces.iter().map(|trace| Some(trace.filled)).collect::<Vec<Option<bool>>>().into(),
        ],
    )?;
    Ok(())
}
