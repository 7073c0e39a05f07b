//! `verify()`: the chain recomputed from its first entry, and head compared with the catalogs.

use std::collections::{BTreeMap, BTreeSet};

use electric_schema_core::apply::apply;
use electric_schema_core::change::Change;
use electric_schema_core::diff::{diff, Objects};
use electric_schema_core::encoding::Hash;
use electric_schema_core::model::Object;
use electric_schema_core::plan::Place;
use electric_schema_core::schema_hash::SchemaSum;
use pgrx::prelude::*;
use pgrx::spi::SpiClient;
use pgrx::JsonB;
use serde_json::json;

use crate::drift;
use crate::entries::{self, Stored};
use crate::history;
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
    let look = |entry: &Stored<'_>| {
        let Some((link, hash)) = entry.link() else { return Some("an entry cannot be read".to_owned()) };
        let wrong = |reason| Some(format!("entry {}: {reason}", link.seq));
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
        if let Err(reason) = entry.covered(&link, &hash) {
            return wrong(reason);
        }
        last = Some((link.seq, hash));
        None
    };
    Ok(match entries::find(*id.as_bytes(), after.map_or(0, |(seq, _)| seq), look)? {
        Some(wrong) => Err(wrong),
        None => Ok(last),
    })
}

const MISSING: &str = "an entry before it is missing";
const STRAY: &str = "it does not follow from the entry before";

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
    let look = |entry: &Stored<'_>| {
        let Some((link, hash)) = entry.link() else {
            return Some(Broken { seq: entry.seq(), reason: "it cannot be read" });
        };
        let broken = |reason| Some(Broken { seq: Some(link.seq), reason });
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
        let changes = match entry.covered(&link, &hash) {
            Ok(changes) => changes,
            Err(reason) => return broken(reason),
        };
        let Some(changes) = entries::typed(changes) else { return broken("its changes cannot be read") };
        for change in &changes {
            if apply(&mut chain.objects, &change.change).is_err() {
                return broken("its changes do not follow from the schema before");
            }
        }
        schema_hash = link.schema_hash;
        chain.trusted_seen |= trusted == Some(&hash);
        chain.entries = link.seq;
        chain.head = hash;
        None
    };
    if let Some(broken) = entries::find(*of.id.as_bytes(), 0, look)? {
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
