//! `verify()`: the chain recomputed from its first entry, and head compared with the catalogs.

use std::collections::{BTreeMap, BTreeSet};

use electric_schema_core::apply::apply;
use electric_schema_core::chain::{changes_digest, Link, Private};
use electric_schema_core::change::Change;
use electric_schema_core::diff::{diff, Objects};
use electric_schema_core::encoding::Hash;
use electric_schema_core::model::Object;
use electric_schema_core::plan::Place;
use electric_schema_core::schema_hash::SchemaSum;
use pgrx::prelude::*;
use pgrx::spi::{SpiClient, SpiHeapTupleData};
use pgrx::JsonB;
use serde_json::{json, Value};

use crate::drift;
use crate::history::{self, column, link, read_changes};
use crate::query::select;
use crate::report::Failure;

/// The first entry that is not as it was written.
struct Broken {
    seq: Option<u64>,
    reason: &'static str,
}

/// What a sound chain says of itself.
pub struct Sound {
    entries: u64,
    head: Hash,
    trusted_seen: bool,
    /// The model at its head.
    pub objects: Objects,
}

/// The first entry that is not as it was written, and why; `None` for a sound chain.
pub fn first_broken(client: &SpiClient<'_>) -> Result<Option<String>, Failure> {
    Ok(sound(client, &history::chain(client)?)?.err())
}

/// A chain from its first entry, or from its checkpoint, to its head; else what is wrong with it, or missing.
pub fn sound(client: &SpiClient<'_>, of: &history::Chain) -> Result<Result<Sound, String>, Failure> {
    Ok(chain(client, of, None)?.map_err(|broken| match broken.seq {
        Some(seq) => format!("entry {seq}: {}", broken.reason),
        None => broken.reason.to_owned(),
    }))
}

/// `{"ok": …, "entries": …, "head": …, "first_broken": …, "schema": […]}`
pub fn verify(trusted_hash: Option<&str>) -> Result<JsonB, Failure> {
    Spi::connect(|client| {
        let of = history::chain(client)?;
        let trusted: Option<Hash> = trusted_hash.map(|given| trusted(given, &of)).transpose()?;
        let (broken, entries, head) = match chain(client, &of, trusted.as_ref())? {
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

const QUERY_AFTER: &str = "SELECT seq, hash, parent_hash, class, reset_version, schema_hash, statements, changes_digest, \
    private_digest, changes, salt, source, recorded_by, \
    (EXTRACT(epoch FROM recorded_at) * 1000000)::bigint - 946684800000000, application_name, \
    xid::text, (lsn - '0/0'::pg_lsn)::text, label FROM _electric_meta.migrations WHERE ledger_id = $1 AND seq > $2 ORDER BY seq LIMIT 1000";

/// Calls `look` with the rows of the entries after one, in order, for as long as it has nothing to say; some at a time, because a ledger may be larger
/// than memory is.
fn look_at<T>(
    id: pgrx::Uuid,
    after: u64,
    mut look: impl FnMut(&SpiHeapTupleData<'_>) -> Result<Option<T>, Failure>,
) -> Result<Option<T>, Failure> {
    let mut after = history::bigint(after);
    loop {
        let start = after;
        // What was read is freed at the end of each.
        let found = Spi::connect(|client| {
            for row in select(client, QUERY_AFTER, &[id.into(), after.into()])? {
                after = column(&row, 1)?;
                if let Some(found) = look(&row)? {
                    return Ok::<_, Failure>(Some(found));
                }
            }
            Ok(None)
        })?;
        if found.is_some() || after == start {
            return Ok(found);
        }
    }
}

/// The hash in a line that `checkpoint()` gave, or one that stands by itself.
fn trusted(given: &str, of: &history::Chain) -> Result<Hash, Failure> {
    match given.trim().split(' ').collect::<Vec<_>>()[..] {
        [origin, _, hash] if origin == of.id.to_string() => Ok(hash.parse()?),
        [origin, _, _] => Err(Failure::OtherOrigin { given: origin.to_owned(), own: of.id.to_string() }),
        _ => Ok(given.parse()?),
    }
}

/// One line to be kept elsewhere: origin, seq and hash of head.
pub fn checkpoint() -> Result<String, Failure> {
    Spi::connect(|client| {
        let chain = history::chain(client)?;
        Ok(format!("{} {} {}", chain.id, chain.head.seq, chain.head.hash))
    })
}

/// Looks at the entries of a chain that come after one, as they land: each must say what its hash covers, and follow from the one before.
/// `after`: seq and hash of an entry that was looked at. Gives those of the last one, or what is wrong.
pub fn follows(id: pgrx::Uuid, after: Option<(u64, Hash)>) -> Result<Result<Option<(u64, Hash)>, String>, Failure> {
    let mut last = after;
    let look = |row: &SpiHeapTupleData<'_>| {
        let Ok((link, hash)) = link(row) else { return Ok(Some("an entry cannot be read".to_owned())) };
        let wrong = |reason| Ok(Some(format!("entry {}: {reason}", link.seq)));
        let expected = match last {
            Some((seq, hash)) => Some((seq + 1, hash)),
            // Where entries were pruned it begins later; what it begins with is told by the checkpoint.
            None => (link.seq == 1).then(|| (1, electric_schema_core::chain::genesis(id.as_bytes()))),
        };
        if expected.is_some_and(|(seq, _)| seq != link.seq) {
            return wrong(MISSING);
        }
        if expected.is_some_and(|(_, parent)| parent != link.parent_hash) {
            return wrong(STRAY);
        }
        let JsonB(changes) = column(row, 10)?;
        if let Err(reason) = covered(row, &link, &hash, &changes)? {
            return wrong(reason);
        }
        last = Some((link.seq, hash));
        Ok(None)
    };
    Ok(match look_at(id, after.map_or(0, |(seq, _)| seq), look)? {
        Some(wrong) => Err(wrong),
        None => Ok(last),
    })
}

const MISSING: &str = "an entry before it is missing";
const STRAY: &str = "it does not follow from the entry before";

/// Whether an entry's hash covers what it says; what it does not.
fn covered(
    row: &SpiHeapTupleData<'_>,
    link: &Link,
    hash: &Hash,
    changes: &Value,
) -> Result<Result<(), &'static str>, Failure> {
    Ok(if link.hash() != *hash {
        Err("its hash does not cover what it says")
    } else if electric_schema_core::canonical::canonical(changes).map(|changes| changes_digest(&changes)).ok()
        != Some(link.changes_digest)
    {
        Err("its changes were altered")
    } else if private(row)?.digest() != link.private_digest {
        Err("its private part was altered")
    } else {
        Ok(())
    })
}

fn chain(
    client: &SpiClient<'_>,
    of: &history::Chain,
    trusted: Option<&Hash>,
) -> Result<Result<Sound, Broken>, Failure> {
    let start = history::checkpoint(client, of)?;
    let broken = |reason| Ok(Err(Broken { seq: Some(start.seq), reason }));
    if SchemaSum::of(start.objects.values()).hash() != start.schema_hash {
        return broken("the checkpoint's schema hash is not that of its model");
    }
    let trusted_seen = trusted == Some(&start.hash);
    let (mut reset_version, mut schema_hash) = (start.reset_version, start.schema_hash);
    let mut chain = Sound { entries: start.seq, head: start.hash, trusted_seen, objects: start.objects };
    if let Some(trusted) = trusted.filter(|_| start.seq > 0 && !trusted_seen) {
        if matches!(history::place(client, of, trusted)?, Some(Place::Pruned(_))) {
            return broken("the trusted hash is older than the checkpoint: nothing is left that could prove it");
        }
    }
    let look = |row: &SpiHeapTupleData<'_>| {
        let Ok((link, hash)) = link(row) else {
            let seq = column::<i64>(row, 1)?.try_into().ok();
            return Ok(Some(Broken { seq, reason: "it cannot be read" }));
        };
        let broken = |reason| Ok(Some(Broken { seq: Some(link.seq), reason }));
        reset_version += u64::from(link.class == electric_schema_core::change::Class::Destructive);
        if link.seq != chain.entries + 1 {
            return broken(MISSING);
        }
        if link.parent_hash != chain.head {
            return broken(STRAY);
        }
        if link.reset_version != reset_version {
            return broken("its reset_version is not the number of destructive entries");
        }
        let JsonB(changes) = column(row, 10)?;
        if let Err(reason) = covered(row, &link, &hash, &changes)? {
            return broken(reason);
        }
        pgrx::check_for_interrupts!();
        let Ok(changes) = read_changes(changes) else { return broken("its changes cannot be read") };
        for change in &changes {
            if apply(&mut chain.objects, &change.change).is_err() {
                return broken("its changes do not follow from the schema before");
            }
        }
        schema_hash = link.schema_hash;
        chain.trusted_seen |= trusted == Some(&hash);
        chain.entries = link.seq;
        chain.head = hash;
        Ok(None)
    };
    if let Some(broken) = look_at(of.id, 0, look)? {
        return Ok(Err(broken));
    }
    if chain.entries != of.head.seq || chain.head != of.head.hash {
        return Ok(Err(Broken { seq: Some(chain.entries + 1), reason: "the newest entries are missing" }));
    }
    // The hashes cover the schema hashes on the way; that they were made right shows where all that happened adds up.
    if SchemaSum::of(chain.objects.values()).hash() != schema_hash {
        let reason = "the schema hash is not that of all changes";
        return Ok(Err(Broken { seq: Some(chain.entries), reason }));
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
fn state(client: &SpiClient<'_>, chain: &Sound) -> Result<Option<Broken>, Failure> {
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
