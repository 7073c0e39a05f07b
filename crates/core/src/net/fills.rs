//! What rows got when a column was added, as it reads now: the types of the user's own that it is written in may have changed since.

use std::collections::{BTreeMap, BTreeSet};

use crate::change::{Change, ClassifiedChange};
use crate::diff::Objects;
use crate::model::{CompositeType, DataType, Fill, Object, ObjectId, PartId};

struct Filled {
    data_type: DataType,
    fill: Fill,
}

/// Brings the fills of columns that were added in these entries up to date, in the model after them.
pub fn settle(after: &mut Objects, entries: &[Vec<ClassifiedChange>]) {
    let mut filled: BTreeMap<(ObjectId, PartId), Filled> = BTreeMap::new();
    for entry in entries {
        let changes = || entry.iter().map(|classified| &classified.change);
        for change in changes() {
            match change {
                Change::RenameEnumLabels { id, before, after: names, .. } => {
                    let renamed = before.iter().zip(names).filter(|(before, after)| before != after);
                    let renamed: BTreeMap<&String, &String> = renamed.collect();
                    filled.values_mut().for_each(|filled| filled.rename(*id, &renamed, after));
                }
                Change::AlterComposite { id, before, after: type_after } if has_others(before, type_after) => {
                    let concerned = filled.values_mut().filter(|filled| filled.is_written_in(*id, after));
                    concerned.for_each(|filled| filled.fill = Fill::Unknown);
                }
                Change::SetType(c) => {
                    filled.remove(&(c.table.id, c.after.id));
                }
                _ => {}
            }
        }
        // What an entry itself did to the types, its fills know.
        for change in changes() {
            if let Change::AddColumn(added) = change {
                let (data_type, fill) = (added.part.data_type.clone(), added.part.fill.clone());
                if data_type.object.is_some() && matches!(fill, Fill::Value { .. }) {
                    filled.insert((added.table.id, added.part.id), Filled { data_type, fill });
                }
            }
        }
    }
    for ((table, column), filled) in filled {
        let Some(Object::Table(table)) = after.get_mut(&table) else { continue };
        table.columns.iter_mut().filter(|c| c.id == column).for_each(|column| column.fill = filled.fill.clone());
    }
}

impl Filled {
    fn rename(&mut self, id: ObjectId, renamed: &BTreeMap<&String, &String>, objects: &Objects) {
        let Fill::Value { text } = &mut self.fill else { return };
        if self.data_type.object == Some(id) && !self.data_type.array {
            if let Some(name) = renamed.get(text) {
                *text = (*name).clone();
            }
        } else if renamed.keys().any(|label| text.contains(&**label)) && self.is_written_in(id, objects) {
            self.fill = Fill::Unknown;
        }
    }

    /// Whether its type is this one, or is made of it.
    fn is_written_in(&self, id: ObjectId, objects: &Objects) -> bool {
        let mut types: BTreeSet<ObjectId> = self.data_type.object.into_iter().collect();
        let mut seen = BTreeSet::new();
        while let Some(next) = types.pop_first() {
            if next == id {
                return true;
            }
            if seen.insert(next) {
                types.extend(objects.get(&next).map(Object::needs).unwrap_or_default());
            }
        }
        false
    }
}

/// Whether a value of the type is written with other attributes.
fn has_others(before: &CompositeType, after: &CompositeType) -> bool {
    let attributes = |composite: &CompositeType| composite.attributes.iter().map(|a| a.id).collect::<Vec<_>>();
    attributes(before) != attributes(after)
}
