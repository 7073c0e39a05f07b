//! The net difference between two entries: what is left of all that happened between them.

mod again;
mod fills;
mod labels;

use std::collections::{BTreeMap, BTreeSet};

use crate::apply::object_id;
use crate::change::{Change, Class, ClassifiedChange, ColumnChange, Effect, TableRef};
use crate::classify::{because, class, classify, widens, Context, Reason};
use crate::diff::Objects;
use crate::model::{Column, Object, ObjectId, PartId};

pub use labels::Labels;

/// What is left of all that happened between two entries, and what it does to a client that missed it.
pub struct Net {
    /// The model at the first of the two, as far as it is known. What went and came again alike has the identity that it has later.
    pub before: Objects,
    /// The model at the second, as far as it is known.
    pub after: Objects,
    /// The changes that lead from one to the other, each with its reasons.
    pub changes: Vec<ClassifiedChange>,
    /// What became of the labels of enums.
    pub labels: BTreeMap<ObjectId, Labels>,
    /// New tables that came with rows in them.
    pub filled: BTreeSet<ObjectId>,
}

impl Net {
    /// What `entries`, each the changes of one entry and in order, add up to. `before` and `after` hold at least what they touch, what that
    /// needs, and the partitions and children of tables among it.
    pub fn of(before: Objects, after: Objects, entries: &[Vec<ClassifiedChange>]) -> Net {
        let all = || entries.iter().flatten();
        let created = |with: &dyn Fn(&ClassifiedChange) -> bool| -> BTreeSet<ObjectId> {
            let found = all().filter(|c| matches!(c.change, Change::Create { .. }) && with(c));
            found
                .map(|c| object_id(&c.change))
                .filter(|id| after.contains_key(id) && !before.contains_key(id))
                .collect()
        };
        let filled = created(&|c| matches!(c.change, Change::Create { filled: true, .. }));
        let beside_default = created(&|c| c.reasons.contains(&Reason::BesideDefaultPartition));
        let labels = labels::follow(&before, &after, entries);

        let (mut before, mut after) = (before, after);
        fills::settle(&mut after, entries);
        let mut changes = again::difference(&mut before, &after);
        changes.retain(|change| !labels.contains_key(&object_id(change)) || !is_of_labels(change));
        changes.extend(labels.iter().flat_map(|(id, labels)| labels.changes(*id, &after)));

        let around = Objects::new();
        let context = Context { before: &before, after: &after, around: &around, beside_default: &beside_default };
        let mut changes: Vec<ClassifiedChange> = changes
            .into_iter()
            .map(|change| match &change {
                Change::RenameEnumLabels { id, .. } if labels.get(id).is_some_and(|labels| labels.unclear) => {
                    because(change, vec![Reason::LabelsUnclear])
                }
                Change::RenameEnumLabels { .. } => because(change, vec![Reason::LabelRenamed]),
                _ => classify(change, &context),
            })
            .collect();
        add_lost_values(&mut changes, &before, &after, all());
        Net { before, after, changes, labels, filled }
    }

    /// Additive when it holds for every client at the first entry.
    pub fn class(&self) -> Class {
        class(&self.changes)
    }
}

fn is_of_labels(change: &Change) -> bool {
    matches!(change, Change::AddEnumLabel { .. } | Change::RenameEnumLabels { .. })
}

fn column(objects: &Objects, table: ObjectId, id: PartId) -> Option<&Column> {
    objects.get(&table)?.as_table()?.columns.iter().find(|column| column.id == id)
}

/// Values that were converted or computed anew, be it to and fro, are not what a replay gives, though the definitions may not show it.
fn add_lost_values<'a>(
    changes: &mut Vec<ClassifiedChange>,
    before: &Objects,
    after: &Objects,
    all: impl Iterator<Item = &'a ClassifiedChange>,
) {
    let mut lost: BTreeMap<(ObjectId, PartId), TableRef> = BTreeMap::new();
    for classified in all.filter(|classified| classified.effects.contains(&Effect::Diverges)) {
        let (Change::SetType(c) | Change::RewriteValues(c) | Change::SetExpression(c) | Change::DropExpression(c)) =
            &classified.change
        else {
            continue;
        };
        let was = column(before, c.table.id, c.before.id);
        let is_lossless = was.is_some_and(|was| converts_without_loss(was, c, &classified.reasons));
        if column(after, c.table.id, c.after.id).is_some() && !is_lossless {
            lost.insert((c.table.id, c.after.id), c.table.clone());
        }
    }
    for classified in changes.iter_mut() {
        match &classified.change {
            Change::AddColumn(added) if lost.contains_key(&(added.table.id, added.part.id)) => {
                lost.remove(&(added.table.id, added.part.id));
                let mut reasons = std::mem::take(&mut classified.reasons);
                reasons.push(Reason::UnknownFill);
                *classified = because(classified.change.clone(), reasons);
            }
            Change::SetType(c) | Change::RewriteValues(c) if classified.effects.contains(&Effect::Diverges) => {
                lost.remove(&(c.table.id, c.after.id));
            }
            _ => {}
        }
    }
    for ((table, id), _) in lost {
        // What came with its table, since, is on no client.
        let (Some(was), Some(is)) = (column(before, table, id), column(after, table, id)) else { continue };
        let Some(name) = after.get(&table).and_then(Object::qualified_name) else { continue };
        let table = TableRef { id: table, schema: name.schema.clone(), name: name.name.clone() };
        let change = ColumnChange { table, before: was.clone(), after: is.clone() };
        changes.push(because(Change::RewriteValues(change), vec![Reason::ValuesRewritten]));
    }
}

/// Whether every value that a client can hold came through a conversion as it was: `integer` to `bigint` and back.
fn converts_without_loss(was: &Column, change: &ColumnChange, reasons: &[Reason]) -> bool {
    let built_in = |column: &Column| column.data_type.object.is_none();
    reasons == [Reason::ValuesConverted]
        && matches!(change.before.value, crate::model::ColumnValue::None | crate::model::ColumnValue::Default { .. })
        && [was, &change.before, &change.after].into_iter().all(built_in)
        && widens(&was.data_type.name, &change.after.data_type.name)
}
