//! What objects refer to, by identity.

use super::{ColumnValue, DataType, Object, ObjectId};

impl Object {
    /// Gives every reference to another object the identity that `new` says.
    pub fn refer(&mut self, new: &impl Fn(ObjectId) -> ObjectId) {
        let data_type = |data_type: &mut DataType| data_type.object = data_type.object.map(new);
        let uses = |uses: &mut Vec<ObjectId>| {
            uses.iter_mut().for_each(|id| *id = new(*id));
            uses.sort_unstable();
        };
        match self {
            Object::Schema(_) | Object::Extension(_) | Object::Enum(_) => {}
            Object::Domain(domain) => {
                data_type(&mut domain.data_type);
                uses(&mut domain.uses);
                domain.constraints.iter_mut().for_each(|constraint| uses(&mut constraint.uses));
            }
            Object::Composite(composite) => {
                composite.attributes.iter_mut().for_each(|attribute| data_type(&mut attribute.data_type))
            }
            Object::Range(range) => {
                data_type(&mut range.subtype);
                uses(&mut range.uses);
            }
            Object::Sequence(sequence) => {
                sequence.owned_by.iter_mut().for_each(|owner| owner.table = new(owner.table));
            }
            Object::Routine(routine) => uses(&mut routine.uses),
            Object::Table(table) => {
                table.partition_key.iter_mut().for_each(|key| uses(&mut key.uses));
                table.parents.iter_mut().for_each(|parent| parent.table = new(parent.table));
                table.of_type.iter_mut().for_each(data_type);
                for column in &mut table.columns {
                    data_type(&mut column.data_type);
                    match &mut column.value {
                        ColumnValue::None | ColumnValue::Identity { .. } => {}
                        ColumnValue::Default { uses: called, .. } | ColumnValue::Generated { uses: called, .. } => {
                            uses(called)
                        }
                    }
                }
                for constraint in &mut table.constraints {
                    constraint.references = constraint.references.map(new);
                    uses(&mut constraint.uses);
                }
                table.indexes.iter_mut().for_each(|index| uses(&mut index.uses));
            }
            Object::View(view) => {
                view.columns.iter_mut().for_each(|column| data_type(&mut column.data_type));
                uses(&mut view.uses);
                view.indexes.iter_mut().for_each(|index| uses(&mut index.uses));
            }
        }
    }
}
