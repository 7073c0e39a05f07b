//! What became of an enum's labels: which one is which, over all renames.

use std::collections::{BTreeMap, BTreeSet};

use crate::apply::object_id;
use crate::change::{Change, ClassifiedChange};
use crate::diff::Objects;
use crate::model::{Object, ObjectId, QualifiedName};

/// The labels of an enum that a client has, and what became of them.
pub struct Labels {
    /// The type's name on the client.
    pub name: QualifiedName,
    /// The labels on the client, in order.
    pub before: Vec<String>,
    /// What each of them is called now.
    pub renamed: Vec<String>,
    /// Labels that the client lacks, in order.
    pub added: Vec<NewLabel>,
    /// Whether which label became which is not known.
    pub unclear: bool,
}

/// A label that a client lacks.
#[derive(Clone)]
pub struct NewLabel {
    /// What it is called now.
    pub label: String,
    /// What it was called on its way, if otherwise.
    pub former: Vec<String>,
    /// The label that follows it now; `None`: it is the last.
    pub next: Option<String>,
}

struct Tracked {
    label: String,
    origin: Option<usize>,
    former: Vec<String>,
}

impl Labels {
    /// As typed changes.
    pub fn changes(&self, id: ObjectId, after: &Objects) -> Vec<Change> {
        let name = after.get(&id).and_then(Object::qualified_name).unwrap_or(&self.name);
        let mut changes = Vec::new();
        if self.before != self.renamed {
            let (before, after) = (self.before.clone(), self.renamed.clone());
            changes.push(Change::RenameEnumLabels { id, name: name.clone(), before, after });
        }
        for NewLabel { label, next, .. } in self.added.iter().rev() {
            changes.push(Change::AddEnumLabel { id, name: name.clone(), label: label.clone(), next: next.clone() });
        }
        changes
    }
}

/// Follows the labels of every enum that is there at both ends and has others now.
pub fn follow(before: &Objects, after: &Objects, entries: &[Vec<ClassifiedChange>]) -> BTreeMap<ObjectId, Labels> {
    let mut all = BTreeMap::new();
    for (id, object) in after {
        if let (Some(Object::Enum(was)), Object::Enum(is)) = (before.get(id), object) {
            if was.labels != is.labels {
                all.insert(*id, follow_one(*id, &was.name, &was.labels, &is.labels, entries));
            }
        }
    }
    all
}

fn follow_one(
    id: ObjectId,
    name: &QualifiedName,
    before: &[String],
    after: &[String],
    entries: &[Vec<ClassifiedChange>],
) -> Labels {
    let start = before.iter().enumerate();
    let mut labels: Vec<Tracked> =
        start.map(|(i, label)| Tracked { label: label.clone(), origin: Some(i), former: vec![] }).collect();
    let mut unclear = false;
    for entry in entries {
        let of_type = || entry.iter().map(|classified| &classified.change).filter(|change| object_id(change) == id);
        let added = of_type().any(|change| matches!(change, Change::AddEnumLabel { .. }));
        for change in of_type() {
            match change {
                Change::RenameEnumLabels { before, after, .. } => {
                    unclear |= added;
                    let names: BTreeMap<&String, &String> = before.iter().zip(after).collect();
                    for tracked in &mut labels {
                        if let Some(name) = names.get(&tracked.label).filter(|name| **name != &tracked.label) {
                            tracked.former.push(std::mem::replace(&mut tracked.label, (*name).clone()));
                        }
                    }
                }
                Change::AddEnumLabel { label, next, .. } => {
                    let at = next.as_ref().and_then(|next| labels.iter().position(|tracked| tracked.label == *next));
                    let tracked = Tracked { label: label.clone(), origin: None, former: vec![] };
                    labels.insert(at.unwrap_or(labels.len()), tracked);
                }
                _ => {}
            }
        }
    }
    let mut renamed = before.to_vec();
    for tracked in &labels {
        if let Some(renamed) = tracked.origin.and_then(|origin| renamed.get_mut(origin)) {
            renamed.clone_from(&tracked.label);
        }
    }
    let known: BTreeSet<&String> = before.iter().collect();
    let new = labels.iter().enumerate().filter(|(_, tracked)| tracked.origin.is_none());
    let added = new.map(|(i, tracked)| NewLabel {
        label: tracked.label.clone(),
        // A label that the client has under such a name is another one.
        former: tracked.former.iter().filter(|former| !known.contains(former)).cloned().collect(),
        next: labels.get(i + 1).map(|next| next.label.clone()),
    });
    let added = added.collect();
    let unclear = unclear || labels.iter().map(|tracked| &tracked.label).ne(after);
    Labels { name: name.clone(), before: before.to_vec(), renamed, added, unclear }
}
