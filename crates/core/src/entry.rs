//! One committed transaction's entry: from what the catalogs hold now and what the ledger held before.

use std::collections::{BTreeMap, BTreeSet};

use crate::apply::object_id;
use crate::canonical::canonical;
use crate::catalog::{Catalog, RawParent};
use crate::chain::{changes_digest, Link, Private};
use crate::change::{Change, Class, ClassifiedChange};
use crate::classify::{class, classify, Context};
use crate::diff::{diff, Objects};
use crate::encoding::Hash;
use crate::error::Error;
use crate::identify::{identify, Happened, Known};
use crate::model::{Object, ObjectId};
use crate::render::render;
use crate::schema_hash::SchemaSum;

/// The newest entry, or an empty ledger's beginning.
#[derive(Clone)]
pub struct Head {
    /// 0 for an empty ledger.
    pub seq: u64,
    /// The genesis hash for an empty ledger.
    pub hash: Hash,
    /// How many destructive entries there have been.
    pub reset_version: u64,
    /// Sum of all definitions at head.
    pub sum: SchemaSum,
}

/// Which objects of the ledger the catalogs were asked about.
#[derive(Debug, Clone)]
pub enum Asked {
    /// All, but those that could not be read without waiting.
    EverythingBut(BTreeSet<u32>),
    /// These OIDs.
    Only(BTreeSet<u32>),
}

impl Asked {
    /// Whether this object would have been read, were it there.
    pub fn covers(&self, oid: u32) -> bool {
        match self {
            Asked::EverythingBut(unread) => !unread.contains(&oid),
            Asked::Only(oids) => oids.contains(&oid),
        }
    }
}

/// What a seal starts from.
pub struct Sealing<'a> {
    /// The ledger's head.
    pub head: &'a Head,
    /// What the catalogs hold.
    pub catalog: &'a Catalog,
    /// What they were asked.
    pub asked: &'a Asked,
    /// What the ledger holds for every OID that was asked for or that the catalogs mention.
    pub known: &'a BTreeMap<u32, Known>,
    /// OIDs that the transaction dropped.
    pub dropped: &'a BTreeSet<u32>,
    /// Tables that came with rows.
    pub filled: &'a BTreeSet<u32>,
    /// What the catalogs do not show.
    pub happened: &'a Happened,
    /// The scope was changed: what nothing needs any more goes.
    pub afresh: bool,
}

/// What a seal comes to.
pub struct Sealed {
    /// The entry to append; `None` when nothing changed that clients have.
    pub draft: Option<Draft>,
    /// Objects to be kept as they are now.
    pub kept: Vec<Known>,
    /// OIDs of objects that are no more.
    pub gone: Vec<u32>,
    /// The new sum of definitions.
    pub sum: SchemaSum,
    /// OIDs of all objects that changed.
    pub changed: BTreeSet<u32>,
}

impl Sealed {
    /// What changed that clients have.
    pub fn changes(&self) -> &[ClassifiedChange] {
        self.draft.as_ref().map(|draft| draft.changes.as_slice()).unwrap_or_default()
    }
}

/// An entry before it is hashed.
pub struct Draft {
    /// Its place in the ledger.
    pub seq: u64,
    /// Its parent.
    pub parent_hash: Hash,
    /// Additive or destructive.
    pub class: Class,
    /// How many destructive entries there have been, this one included.
    pub reset_version: u64,
    /// Of the schema after it.
    pub schema_hash: Hash,
    /// Replay SQL.
    pub statements: Vec<String>,
    /// What changed.
    pub changes: Vec<ClassifiedChange>,
    /// The same as canonical JSON.
    pub canonical: String,
}

impl Draft {
    /// What the hash covers.
    pub fn link(&self, private: &Private) -> Link {
        Link {
            parent_hash: self.parent_hash,
            seq: self.seq,
            class: self.class,
            reset_version: self.reset_version,
            schema_hash: self.schema_hash,
            statements: self.statements.clone(),
            changes_digest: changes_digest(self.canonical.as_bytes()),
            private_digest: private.digest(),
        }
    }
}

/// Compares catalogs and ledger.
///
/// # Errors
/// [`Error::Unreadable`] when the changes cannot be written as JSON, which no schema causes.
pub fn seal(sealing: &Sealing<'_>) -> Result<Sealed, Error> {
    let Sealing { head, catalog, asked, known, dropped, .. } = *sealing;
    let seq = head.seq + 1;
    let found = identify(catalog, known, sealing.happened, seq);
    let found_oids: BTreeSet<u32> = found.iter().map(|known| known.oid).collect();
    let gone: Vec<u32> = known
        .values()
        .filter(|known| !found_oids.contains(&known.oid))
        .filter(|known| match known.object {
            // Only what some table needs is read: an extension that is not there may only be unused.
            Object::Extension(_) => sealing.afresh || dropped.contains(&known.oid),
            _ => asked.covers(known.oid),
        })
        .map(|known| known.oid)
        .collect();
    let before: Objects = known
        .values()
        .filter(|known| found_oids.contains(&known.oid) || gone.contains(&known.oid))
        .map(|known| (known.id, known.object.clone()))
        .collect();
    let around: Objects = known
        .values()
        .filter(|known| !found_oids.contains(&known.oid) && !gone.contains(&known.oid))
        .map(|known| (known.id, known.object.clone()))
        .collect();
    let after: Objects = found.iter().map(|known| (known.id, known.object.clone())).collect();
    let filled: BTreeSet<ObjectId> =
        found.iter().filter(|known| sealing.filled.contains(&known.oid)).map(|known| known.id).collect();

    let beside = |oid: u32| {
        let raw = catalog.tables.iter().find(|raw| raw.oid == oid);
        // A parent that is as new has no rows in any partition.
        let holds_rows = |parent: &RawParent| parent.beside_default && known.contains_key(&parent.oid);
        raw.is_some_and(|raw| raw.parents.iter().any(holds_rows))
    };
    let beside_default: BTreeSet<ObjectId> =
        found.iter().filter(|known| beside(known.oid)).map(|known| known.id).collect();

    let changes = diff(&before, &after, &filled);
    let mut sum = head.sum.clone();
    let mut changed = BTreeSet::new();
    let oids: BTreeMap<ObjectId, u32> = known.values().chain(&found).map(|known| (known.id, known.oid)).collect();
    for id in changes.iter().map(object_id).collect::<BTreeSet<_>>() {
        if let Some(object) = before.get(&id) {
            sum.remove(object);
        }
        if let Some(object) = after.get(&id) {
            sum.add(object);
        }
        changed.extend(oids.get(&id));
    }
    let context = Context { before: &before, after: &after, around: &around, beside_default: &beside_default };
    // Text that only reads differently makes an entry, too, though one without statements: the entries add up to the model.
    let draft = if changes.is_empty() { None } else { Some(draft(head, changes, &context, &sum)?) };
    let kept = found.into_iter().filter(|now| known.get(&now.oid) != Some(now)).collect();
    Ok(Sealed { draft, kept, gone, sum, changed })
}

fn draft(head: &Head, changes: Vec<Change>, context: &Context<'_>, sum: &SchemaSum) -> Result<Draft, Error> {
    let statements = render(&changes, context.before, context.after);
    let changes: Vec<ClassifiedChange> = changes.into_iter().map(|change| classify(change, context)).collect();
    let class = class(&changes);
    let unreadable = |why: String| Error::Unreadable { what: "changes".to_owned(), why };
    let canonical = canonical(&changes).map_err(|error| unreadable(error.to_string()))?;
    let canonical = String::from_utf8(canonical).map_err(|error| unreadable(error.to_string()))?;
    Ok(Draft {
        seq: head.seq + 1,
        parent_hash: head.hash,
        class,
        reset_version: head.reset_version + u64::from(class == Class::Destructive),
        schema_hash: sum.hash(),
        statements,
        changes,
        canonical,
    })
}
