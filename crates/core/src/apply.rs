//! Changes applied to a model: what a ledger's entries add up to.

use crate::change::{Change, TableRef};
use crate::diff::Objects;
use crate::error::Error;
use crate::model::{Column, ColumnValue, Index, Object, ObjectId, PartId, Table, View};

/// Applies a change to the objects that it is about.
///
/// # Errors
/// [`Error::Misfit`] when the change is not about these objects: the ledger is damaged.
pub fn apply(objects: &mut Objects, change: &Change) -> Result<(), Error> {
    match change {
        Change::Create { id, after, .. } => {
            objects.insert(*id, after.clone());
            Ok(())
        }
        Change::Drop { id, .. } => match objects.remove(id) {
            Some(_) => Ok(()),
            None => Err(Error::misfit(change, "no such object")),
        },
        _ => match objects.get_mut(&object_id(change)) {
            Some(object) => apply_to_object(object, change),
            None => Err(Error::misfit(change, "no such object")),
        },
    }
}

/// The object that a change is about.
pub fn object_id(change: &Change) -> ObjectId {
    match change {
        Change::Create { id, .. }
        | Change::Drop { id, .. }
        | Change::Rename { id, .. }
        | Change::AddEnumLabel { id, .. }
        | Change::RenameEnumLabels { id, .. }
        | Change::AlterDomain { id, .. }
        | Change::AlterComposite { id, .. }
        | Change::RenameMultirange { id, .. }
        | Change::ReplaceRoutine { id, .. }
        | Change::RedefineView { id, .. }
        | Change::AlterSequence { id, .. }
        | Change::SetSequenceOwner { id, .. }
        | Change::SetSequencePersistence { id, .. }
        | Change::Refresh { id, .. } => *id,
        _ => table_of(change).map_or(ObjectId { seq: 0, ordinal: 0 }, |table| table.id),
    }
}

/// The table, or the view, that a change of one is about.
pub fn table_of(change: &Change) -> Option<&TableRef> {
    match change {
        Change::SetPersistence { table, .. } | Change::SetParents { table, .. } | Change::SetOfType { table, .. } => {
            Some(table)
        }
        Change::AddColumn(c) | Change::DropColumn(c) => Some(&c.table),
        Change::RenameColumn(c) | Change::RenameConstraint(c) | Change::RenameIndex(c) => Some(&c.table),
        Change::SetType(c)
        | Change::RewriteValues(c)
        | Change::SetNotNull(c)
        | Change::DropNotNull(c)
        | Change::SetDefault(c)
        | Change::DropDefault(c)
        | Change::SetIdentity(c)
        | Change::DropIdentity(c)
        | Change::SetExpression(c)
        | Change::DropExpression(c) => Some(&c.table),
        Change::AddConstraint(c) | Change::DropConstraint(c) => Some(&c.table),
        Change::SetTiming(c) | Change::ValidateConstraint(c) => Some(&c.table),
        Change::CreateIndex(c) | Change::DropIndex(c) => Some(&c.table),
        Change::SetIndexOptions(c) | Change::SetIndexParent(c) => Some(&c.table),
        Change::Create { .. }
        | Change::Drop { .. }
        | Change::Rename { .. }
        | Change::AddEnumLabel { .. }
        | Change::RenameEnumLabels { .. }
        | Change::AlterDomain { .. }
        | Change::AlterComposite { .. }
        | Change::RenameMultirange { .. }
        | Change::ReplaceRoutine { .. }
        | Change::RedefineView { .. }
        | Change::AlterSequence { .. }
        | Change::SetSequenceOwner { .. }
        | Change::SetSequencePersistence { .. }
        | Change::Refresh { .. } => None,
    }
}

/// Applies a change to its object; neither [`Change::Create`] nor [`Change::Drop`].
pub(crate) fn apply_to_object(object: &mut Object, change: &Change) -> Result<(), Error> {
    match (change, object) {
        (Change::Refresh { after, .. }, object) => *object = after.clone(),
        (Change::Rename { after, .. }, Object::Schema(schema)) => schema.name = after.name.clone(),
        (Change::Rename { after, .. }, Object::Extension(extension)) => extension.schema = after.schema.clone(),
        (Change::Rename { after, .. }, object) => {
            if let Some(name) = object.name_mut() {
                *name = after.clone();
            }
        }
        (Change::AddEnumLabel { label, next, .. }, Object::Enum(enumeration)) => {
            let at = next.as_ref().and_then(|next| enumeration.labels.iter().position(|label| label == next));
            enumeration.labels.insert(at.unwrap_or(enumeration.labels.len()), label.clone());
        }
        (Change::RenameEnumLabels { after, .. }, Object::Enum(enumeration)) => enumeration.labels = after.clone(),
        (Change::AlterDomain { after, .. }, Object::Domain(domain)) => *domain = after.clone(),
        (Change::AlterComposite { after, .. }, Object::Composite(composite)) => *composite = after.clone(),
        (Change::RenameMultirange { after, .. }, Object::Range(range)) => range.multirange_name = Some(after.clone()),
        (Change::ReplaceRoutine { after, .. }, Object::Routine(routine)) => *routine = after.clone(),
        (Change::RedefineView { after, .. }, Object::View(view)) => *view = after.clone(),
        (change, Object::View(view)) => return apply_to_view(view, change),
        (Change::AlterSequence { after, .. }, Object::Sequence(sequence)) => sequence.options = after.clone(),
        (Change::SetSequenceOwner { after, .. }, Object::Sequence(sequence)) => sequence.owned_by = after.clone(),
        (Change::SetSequencePersistence { unlogged, .. }, Object::Sequence(sequence)) => sequence.unlogged = *unlogged,
        (change, Object::Table(table)) => return apply_to_table(table, change),
        (change, _) => return Err(Error::misfit(change, "the object is of another kind")),
    }
    Ok(())
}

fn apply_to_table(table: &mut Table, change: &Change) -> Result<(), Error> {
    match change {
        Change::SetPersistence { unlogged, .. } => table.unlogged = *unlogged,
        Change::SetParents { after, .. } => table.parents = after.clone(),
        Change::SetOfType { after, .. } => table.of_type = after.clone(),
        Change::AddColumn(added) => {
            use_part(table, added.part.id);
            use_value(table, &added.part.value);
            table.columns.push(added.part.clone());
        }
        Change::DropColumn(dropped) => table.columns.retain(|column| column.id != dropped.part.id),
        Change::RenameColumn(rename) => column(table, rename.id, change)?.name = rename.after.clone(),
        Change::SetType(c) | Change::RewriteValues(c) => {
            let target = column(table, c.after.id, change)?;
            target.data_type = c.after.data_type.clone();
            target.collation = c.after.collation.clone();
            target.values_version = c.after.values_version;
        }
        Change::SetNotNull(c) | Change::DropNotNull(c) => {
            column(table, c.after.id, change)?.not_null = c.after.not_null
        }
        Change::SetDefault(c) | Change::SetIdentity(c) | Change::SetExpression(c) => {
            use_value(table, &c.after.value);
            column(table, c.after.id, change)?.value = c.after.value.clone();
        }
        Change::DropDefault(c) | Change::DropIdentity(c) | Change::DropExpression(c) => {
            column(table, c.after.id, change)?.value = ColumnValue::None;
        }
        Change::AddConstraint(added) => {
            use_part(table, added.part.id);
            table.constraints.push(added.part.clone());
            table.constraints.sort_by(|a, b| a.name.cmp(&b.name));
        }
        Change::DropConstraint(dropped) => table.constraints.retain(|constraint| constraint.id != dropped.part.id),
        Change::RenameConstraint(rename) => {
            let constraint = table.constraints.iter_mut().find(|c| c.id == rename.id);
            constraint.ok_or_else(|| Error::misfit(change, "no such constraint"))?.name = rename.after.clone();
            table.constraints.sort_by(|a, b| a.name.cmp(&b.name));
        }
        Change::SetTiming(c) | Change::ValidateConstraint(c) => {
            let constraint = table.constraints.iter_mut().find(|constraint| constraint.id == c.after.id);
            let constraint = constraint.ok_or_else(|| Error::misfit(change, "no such constraint"))?;
            constraint.timing = c.after.timing;
            constraint.validated = c.after.validated;
        }
        Change::CreateIndex(_)
        | Change::DropIndex(_)
        | Change::RenameIndex(_)
        | Change::SetIndexOptions(_)
        | Change::SetIndexParent(_) => return apply_to_indexes(&mut table.indexes, &mut table.next_part, change),
        Change::Create { .. }
        | Change::Drop { .. }
        | Change::Rename { .. }
        | Change::AddEnumLabel { .. }
        | Change::RenameEnumLabels { .. }
        | Change::AlterDomain { .. }
        | Change::AlterComposite { .. }
        | Change::RenameMultirange { .. }
        | Change::ReplaceRoutine { .. }
        | Change::RedefineView { .. }
        | Change::AlterSequence { .. }
        | Change::SetSequenceOwner { .. }
        | Change::SetSequencePersistence { .. }
        | Change::Refresh { .. } => return Err(Error::misfit(change, "the object is a table")),
    }
    Ok(())
}

fn apply_to_view(view: &mut View, change: &Change) -> Result<(), Error> {
    match change {
        Change::RenameColumn(rename) => {
            let column = view.columns.iter_mut().find(|column| column.id == rename.id);
            column.ok_or_else(|| Error::misfit(change, "no such column"))?.name = rename.after.clone();
            Ok(())
        }
        _ => apply_to_indexes(&mut view.indexes, &mut view.next_part, change),
    }
}

fn apply_to_indexes(indexes: &mut Vec<Index>, next_part: &mut PartId, change: &Change) -> Result<(), Error> {
    let find = |indexes: &mut Vec<Index>, id: PartId| indexes.iter().position(|index| index.id == id);
    let missing = || Error::misfit(change, "no such index");
    match change {
        Change::CreateIndex(added) => {
            *next_part = (*next_part).max(added.part.id.saturating_add(1));
            indexes.push(added.part.clone());
        }
        Change::DropIndex(dropped) => indexes.retain(|index| index.id != dropped.part.id),
        Change::RenameIndex(rename) => {
            let at = find(indexes, rename.id).ok_or_else(missing)?;
            indexes[at].name = rename.after.clone();
        }
        Change::SetIndexOptions(c) => {
            let at = find(indexes, c.after.id).ok_or_else(missing)?;
            indexes[at].options = c.after.options.clone();
        }
        Change::SetIndexParent(c) => {
            let at = find(indexes, c.after.id).ok_or_else(missing)?;
            indexes[at].part_of = c.after.part_of;
        }
        _ => return Err(Error::misfit(change, "the object is of another kind")),
    }
    indexes.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(())
}

fn column<'a>(table: &'a mut Table, id: PartId, change: &Change) -> Result<&'a mut Column, Error> {
    table.columns.iter_mut().find(|column| column.id == id).ok_or_else(|| Error::misfit(change, "no such column"))
}

fn use_part(table: &mut Table, id: PartId) {
    table.next_part = table.next_part.max(id.saturating_add(1));
}

fn use_value(table: &mut Table, value: &ColumnValue) {
    if let ColumnValue::Default { id, .. } | ColumnValue::Generated { id, .. } = value {
        use_part(table, *id);
    }
}
