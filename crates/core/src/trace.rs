//! What is left of entries that were pruned: enough to say what a client older than the ledger still has in common with it.

use std::collections::BTreeSet;

use crate::apply::{apply, object_id};
use crate::change::{Change, ClassifiedChange};
use crate::diff::Objects;
use crate::error::Error;
use crate::model::{Object, ObjectId, QualifiedName};

/// An object under one name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trace {
    /// Its identity in the ledger.
    pub id: ObjectId,
    /// The name.
    pub name: Named,
    /// `seq` of the entry that gave it the name.
    pub since: u64,
    /// `seq` of the entry that took the name, or the object, away.
    pub until: Option<u64>,
    /// `seq` of the newest entry that changed it under this name.
    pub changed: u64,
    /// A table that came with rows.
    pub filled: bool,
}

/// A name that an object of the ledger has or had.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Named {
    /// As the ledger writes it: `schema`, `table`, `enum`, …
    pub kind: String,
    /// The name; of a schema in both places.
    pub name: QualifiedName,
    /// The arguments of a routine.
    pub arguments: Option<String>,
}

impl Named {
    /// An object's name; `None` for an extension, which plans never drop.
    pub fn of(object: &Object) -> Option<Named> {
        let (kind, arguments) = match object {
            Object::Extension(_) => return None,
            Object::Schema(schema) => {
                let name = QualifiedName { schema: schema.name.clone(), name: schema.name.clone() };
                return Some(Named { kind: "schema".to_owned(), name, arguments: None });
            }
            Object::Enum(_) => ("enum", None),
            Object::Domain(_) => ("domain", None),
            Object::Composite(_) => ("composite", None),
            Object::Range(_) => ("range", None),
            Object::Sequence(_) => ("sequence", None),
            Object::Routine(routine) => ("routine", Some(routine.arguments.clone())),
            Object::Table(_) => ("table", None),
            Object::View(_) => ("view", None),
        };
        Some(Named { kind: kind.to_owned(), name: object.qualified_name()?.clone(), arguments })
    }
}

impl Trace {
    /// Whether the object went by this name at an entry.
    pub fn held_at(&self, seq: u64) -> bool {
        self.since <= seq && self.until.is_none_or(|until| seq < until)
    }

    /// Whether it is not any more what it was at an entry at which it went by this name.
    pub fn changed_after(&self, seq: u64) -> bool {
        self.until.is_some() || self.changed > seq
    }
}

/// Follows entries, each with its `seq`, from a model on, and adds what they did to the traces of earlier ones.
///
/// # Errors
/// [`Error::Misfit`] when the entries do not follow from one another.
pub fn follow(
    objects: &mut Objects,
    traces: &mut Vec<Trace>,
    entries: &[(u64, Vec<ClassifiedChange>)],
) -> Result<(), Error> {
    for (seq, changes) in entries {
        let really = |c: &&ClassifiedChange| !matches!(c.change, Change::Refresh { .. });
        let changed: BTreeSet<ObjectId> = changes.iter().filter(really).map(|c| object_id(&c.change)).collect();
        let touched: BTreeSet<ObjectId> = changes.iter().map(|c| object_id(&c.change)).collect();
        let filled: BTreeSet<ObjectId> = changes
            .iter()
            .filter(|c| matches!(c.change, Change::Create { filled: true, .. }))
            .map(|c| object_id(&c.change))
            .collect();
        let before: Vec<(ObjectId, Option<Named>)> =
            touched.iter().map(|id| (*id, objects.get(id).and_then(Named::of))).collect();
        for change in changes {
            apply(objects, &change.change)?;
        }
        for (id, was) in before {
            let is = objects.get(&id).and_then(Named::of);
            let newest = traces.iter_mut().rev().find(|trace| trace.id == id && trace.until.is_none());
            if was != is {
                newest.into_iter().for_each(|trace| trace.until = Some(*seq));
                let filled = filled.contains(&id);
                traces.extend(is.map(|name| Trace { id, name, since: *seq, until: None, changed: *seq, filled }));
            } else if let (Some(trace), true) = (newest, changed.contains(&id)) {
                trace.changed = *seq;
            }
        }
    }
    Ok(())
}
