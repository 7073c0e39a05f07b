//! Changes taken back: from a model to the one before, so that an older schema is found from head and what happened since.

use crate::apply::object_id;
use crate::change::Change;
use crate::diff::Objects;
use crate::error::Error;
use crate::model::{Column, Constraint, Index, Object, PartId, Table, View};

/// Takes back an entry's changes, the last one first. Only the next free part numbers stay as they are.
///
/// # Errors
/// [`Error::Misfit`] when the changes are not what led to these objects: the ledger is damaged.
pub fn revert<'a>(objects: &mut Objects, changes: impl DoubleEndedIterator<Item = &'a Change>) -> Result<(), Error> {
    changes.rev().try_for_each(|change| revert_one(objects, change))
}

fn revert_one(objects: &mut Objects, change: &Change) -> Result<(), Error> {
    match change {
        Change::Create { id, .. } => match objects.remove(id) {
            Some(_) => Ok(()),
            None => Err(Error::misfit(change, "no such object")),
        },
        Change::Drop { id, before } => {
            objects.insert(*id, before.clone());
            Ok(())
        }
        _ => match objects.get_mut(&object_id(change)) {
            Some(object) => revert_object(object, change),
            None => Err(Error::misfit(change, "no such object")),
        },
    }
}

fn revert_object(object: &mut Object, change: &Change) -> Result<(), Error> {
    match (change, object) {
        (Change::Refresh { before, .. }, object) => *object = before.clone(),
        (Change::Rename { before: Object::Schema(before), .. }, Object::Schema(schema)) => *schema = before.clone(),
        (Change::Rename { before: Object::Extension(before), .. }, Object::Extension(extension)) => {
            extension.schema.clone_from(&before.schema)
        }
        (Change::Rename { before, .. }, object) => match (before.qualified_name(), object.name_mut()) {
            (Some(before), Some(name)) => *name = before.clone(),
            _ => return Err(Error::misfit(change, "the object is of another kind")),
        },
        (Change::AddEnumLabel { label, .. }, Object::Enum(enumeration)) => enumeration.labels.retain(|l| l != label),
        (Change::RenameEnumLabels { before, .. }, Object::Enum(enumeration)) => enumeration.labels.clone_from(before),
        (Change::AlterDomain { before, .. }, Object::Domain(domain)) => *domain = before.clone(),
        (Change::AlterComposite { before, .. }, Object::Composite(composite)) => *composite = before.clone(),
        (Change::RenameMultirange { before, .. }, Object::Range(range)) => range.multirange_name = Some(before.clone()),
        (Change::ReplaceRoutine { before, .. }, Object::Routine(routine)) => *routine = before.clone(),
        (Change::RedefineView { before, .. }, Object::View(view)) => *view = before.clone(),
        (change, Object::View(view)) => return revert_view(view, change),
        (Change::AlterSequence { before, .. }, Object::Sequence(sequence)) => sequence.options = before.clone(),
        (Change::SetSequenceOwner { before, .. }, Object::Sequence(sequence)) => sequence.owned_by.clone_from(before),
        (Change::SetSequencePersistence { unlogged, .. }, Object::Sequence(sequence)) => sequence.unlogged = !unlogged,
        (change, Object::Table(table)) => return revert_table(table, change),
        (change, _) => return Err(Error::misfit(change, "the object is of another kind")),
    }
    Ok(())
}

fn revert_table(table: &mut Table, change: &Change) -> Result<(), Error> {
    match change {
        Change::SetPersistence { unlogged, .. } => table.unlogged = !unlogged,
        Change::SetParents { before, .. } => table.parents.clone_from(before),
        Change::SetOfType { before, .. } => table.of_type.clone_from(before),
        Change::AddColumn(added) => table.columns.retain(|column| column.id != added.part.id),
        Change::DropColumn(dropped) => {
            // Columns are numbered in the order in which they came.
            let at = table.columns.partition_point(|column| column.id < dropped.part.id);
            table.columns.insert(at, dropped.part.clone());
        }
        Change::RenameColumn(rename) => column(table, rename.id, change)?.name.clone_from(&rename.before),
        Change::SetType(c) | Change::RewriteValues(c) => {
            let target = column(table, c.before.id, change)?;
            target.data_type = c.before.data_type.clone();
            target.collation.clone_from(&c.before.collation);
            target.values_version = c.before.values_version;
        }
        Change::SetNotNull(c) | Change::DropNotNull(c) => {
            column(table, c.before.id, change)?.not_null = c.before.not_null
        }
        Change::SetDefault(c)
        | Change::SetIdentity(c)
        | Change::SetExpression(c)
        | Change::DropDefault(c)
        | Change::DropIdentity(c)
        | Change::DropExpression(c) => column(table, c.before.id, change)?.value = c.before.value.clone(),
        Change::AddConstraint(added) => table.constraints.retain(|constraint| constraint.id != added.part.id),
        Change::DropConstraint(dropped) => {
            table.constraints.push(dropped.part.clone());
            table.constraints.sort_by(|a, b| a.name.cmp(&b.name));
        }
        Change::RenameConstraint(rename) => {
            constraint(table, rename.id, change)?.name.clone_from(&rename.before);
            table.constraints.sort_by(|a, b| a.name.cmp(&b.name));
        }
        Change::SetTiming(c) => constraint(table, c.before.id, change)?.timing = c.before.timing,
        Change::ValidateConstraint(c) => constraint(table, c.before.id, change)?.validated = c.before.validated,
        _ => return revert_indexes(&mut table.indexes, change),
    }
    Ok(())
}

fn revert_view(view: &mut View, change: &Change) -> Result<(), Error> {
    match change {
        Change::RenameColumn(rename) => {
            let column = view.columns.iter_mut().find(|column| column.id == rename.id);
            column.ok_or_else(|| Error::misfit(change, "no such column"))?.name.clone_from(&rename.before);
            Ok(())
        }
        _ => revert_indexes(&mut view.indexes, change),
    }
}

fn revert_indexes(indexes: &mut Vec<Index>, change: &Change) -> Result<(), Error> {
    match change {
        Change::CreateIndex(added) => indexes.retain(|index| index.id != added.part.id),
        Change::DropIndex(dropped) => indexes.push(dropped.part.clone()),
        Change::RenameIndex(rename) => index(indexes, rename.id, change)?.name.clone_from(&rename.before),
        Change::SetIndexOptions(c) => index(indexes, c.before.id, change)?.options.clone_from(&c.before.options),
        Change::SetIndexParent(c) => index(indexes, c.before.id, change)?.part_of = c.before.part_of,
        _ => return Err(Error::misfit(change, "the object is of another kind")),
    }
    indexes.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(())
}

fn index<'a>(indexes: &'a mut [Index], id: PartId, change: &Change) -> Result<&'a mut Index, Error> {
    indexes.iter_mut().find(|index| index.id == id).ok_or_else(|| Error::misfit(change, "no such index"))
}

fn column<'a>(table: &'a mut Table, id: PartId, change: &Change) -> Result<&'a mut Column, Error> {
    let column = table.columns.iter_mut().find(|column| column.id == id);
    column.ok_or_else(|| Error::misfit(change, "no such column"))
}

fn constraint<'a>(table: &'a mut Table, id: PartId, change: &Change) -> Result<&'a mut Constraint, Error> {
    let constraint = table.constraints.iter_mut().find(|constraint| constraint.id == id);
    constraint.ok_or_else(|| Error::misfit(change, "no such constraint"))
}
