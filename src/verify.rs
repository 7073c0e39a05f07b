//! `verify()`: the chain recomputed from its first entry, and head compared with the catalogs.

use std::collections::{BTreeMap, BTreeSet};

use electric_schema_core::apply::{apply, object_id};
use electric_schema_core::chain::{changes_digest, Private};
use electric_schema_core::change::Change;
use electric_schema_core::diff::{diff, Objects};
use electric_schema_core::encoding::Hash;
use electric_schema_core::model::Object;
use electric_schema_core::plan::Place;
use electric_schema_core::schema_hash::SchemaSum;
use pgrx::prelude::*;
use pgrx::spi::{SpiClient, SpiHeapTupleData};
use pgrx::JsonB;
use serde_json::json;

use crate::drift;
use crate::history::{self, column, link, read_changes};
use crate::report::Failure;

/// The first entry that is not as it was written.
struct Broken {
    seq: Option<u64>,
    reason: &'static str,
}

/// What the chain says of itself.
struct Chain {
    entries: u64,
    head: Hash,
    trusted_seen: bool,
    objects: Objects,
}

/// The first entry that is not as it was written, and why; `None` for a sound chain.
pub fn first_broken(client: &SpiClient<'_>) -> Result<Option<String>, Failure> {
    Ok(match chain(client, None)? {
        Ok(_) => None,
        Err(Broken { seq: Some(seq), reason }) => Some(format!("entry {seq}: {reason}")),
        Err(Broken { seq: None, reason }) => Some(reason.to_owned()),
    })
}

/// `{"ok": …, "entries": …, "head": …, "first_broken": …, "schema": […]}`
pub fn verify(trusted_hash: Option<&str>) -> Result<JsonB, Failure> {
    let trusted: Option<Hash> = trusted_hash.map(str::parse).transpose()?;
    Spi::connect(|client| {
        let (broken, entries, head) = match chain(client, trusted.as_ref())? {
            Ok(chain) => {
                let broken = match (trusted, chain.trusted_seen) {
                    (Some(_), false) => Some(Broken { seq: None, reason: "the trusted hash is not in the chain" }),
                    _ => state(client, &chain)?,
                };
                (broken, chain.entries, Some(chain.head))
            }
            Err(broken) => (Some(broken), 0, None),
        };
        let schema = match &broken {
            None => drift::differences()?,
            Some(_) => vec![],
        };
        Ok(JsonB(json!({
            "ok": broken.is_none() && schema.is_empty(),
            "entries": entries,
            "head": head,
            "first_broken": broken.map(|broken| json!({ "seq": broken.seq, "reason": broken.reason })),
            "schema": schema,
        })))
    })
}

const QUERY: &str = "SELECT seq, hash, parent_hash, class, reset_version, schema_hash, statements, changes_digest, \
    private_digest, changes, salt, source, recorded_by, \
    (pg_catalog.extract('epoch', recorded_at) * 1000000)::bigint - 946684800000000, application_name, \
    xid::text, (lsn - '0/0'::pg_lsn)::text, label FROM _electric_meta.migrations WHERE ledger_id = $1 ORDER BY seq";

fn chain(client: &SpiClient<'_>, trusted: Option<&Hash>) -> Result<Result<Chain, Broken>, Failure> {
    let ledgers = client.select("SELECT ledger_id, seq, hash FROM _electric_meta.ledgers", None, &[])?;
    let ledger = ledgers.into_iter().next().ok_or(Failure::Ledger("it has no chain"))?;
    let id: pgrx::Uuid = column(&ledger, 1)?;
    let head_seq: i64 = column(&ledger, 2)?;
    let head_hash: String = column(&ledger, 3)?;
    let start = history::checkpoint(client, &history::chain(client)?)?;
    let broken = |reason| Ok(Err(Broken { seq: Some(start.seq), reason }));
    let mut sum = SchemaSum::of(start.objects.values());
    if sum.hash() != start.schema_hash {
        return broken("the checkpoint's schema hash is not that of its model");
    }
    let trusted_seen = trusted == Some(&start.hash);
    let mut reset_version = start.reset_version;
    let mut chain = Chain { entries: start.seq, head: start.hash, trusted_seen, objects: start.objects };
    if let Some(trusted) = trusted.filter(|_| start.seq > 0 && !trusted_seen) {
        if matches!(history::place(client, &history::chain(client)?, trusted)?, Some(Place::Pruned(_))) {
            return broken("the trusted hash is older than the checkpoint: nothing is left that could prove it");
        }
    }
    for row in client.select(QUERY, None, &[id.into()])? {
        let (link, hash) = link(&row)?;
        let broken = |reason| Ok(Err(Broken { seq: Some(link.seq), reason }));
        let changes: JsonB = column(&row, 10)?;
        reset_version += u64::from(link.class == electric_schema_core::change::Class::Destructive);
        if link.seq != chain.entries + 1 {
            return broken("an entry before it is missing");
        }
        if link.parent_hash != chain.head {
            return broken("it does not follow from the entry before");
        }
        if link.hash() != hash {
            return broken("its hash does not cover what it says");
        }
        if link.reset_version != reset_version {
            return broken("its reset_version is not the number of destructive entries");
        }
        if changes_digest(&changes.0) != link.changes_digest {
            return broken("its changes were altered");
        }
        if private(&row)?.digest() != link.private_digest {
            return broken("its private part was altered");
        }
        pgrx::check_for_interrupts!();
        let changes = read_changes(changes)?;
        let ids: BTreeSet<_> = changes.iter().map(|change| object_id(&change.change)).collect();
        ids.iter().filter_map(|id| chain.objects.get(id)).for_each(|object| sum.remove(object));
        for change in &changes {
            if apply(&mut chain.objects, &change.change).is_err() {
                return broken("its changes do not follow from the schema before");
            }
        }
        ids.iter().filter_map(|id| chain.objects.get(id)).for_each(|object| sum.add(object));
        if sum.hash() != link.schema_hash {
            return broken("its schema hash is not that of its changes");
        }
        chain.trusted_seen |= trusted == Some(&hash);
        chain.entries = link.seq;
        chain.head = hash;
    }
    if i64::try_from(chain.entries) != Ok(head_seq) || chain.head.to_string() != head_hash {
        return Ok(Err(Broken { seq: Some(chain.entries + 1), reason: "the newest entries are missing" }));
    }
    Ok(Ok(chain))
}

fn private(row: &SpiHeapTupleData<'_>) -> Result<Private, Failure> {
    let number = |text: String| text.parse::<u64>().map_err(|_| Failure::Ledger("a number is out of range"));
    Ok(Private {
        salt: column(row, 11)?,
        source: column(row, 12)?,
        recorded_by: column(row, 13)?,
        recorded_at: column(row, 14)?,
        application_name: column(row, 15)?,
        xid: number(column(row, 16)?)?,
        lsn: number(column(row, 17)?)?,
        label: row.get(18)?,
    })
}

/// Whether the model that the ledger keeps is the one that its entries add up to.
fn state(client: &SpiClient<'_>, chain: &Chain) -> Result<Option<Broken>, Failure> {
    let kept = history::schema(client, None)?;
    let differs = kept.len() != chain.objects.len()
        || kept.iter().any(|(id, object)| {
            let folded = chain.objects.get(id);
            // Text that only reads differently is refreshed without an entry.
            folded != Some(object) && !folded.is_some_and(|folded| same_but_for_text(folded, object, *id))
        });
    Ok(differs.then_some(Broken { seq: None, reason: "the model at head is not what the entries add up to" }))
}

fn same_but_for_text(folded: &Object, kept: &Object, id: electric_schema_core::model::ObjectId) -> bool {
    let one = |object: &Object| BTreeMap::from([(id, object.clone())]);
    diff(&one(folded), &one(kept), &BTreeSet::new()).iter().all(|change| matches!(change, Change::Refresh { .. }))
}
