//! The difference of two models as typed changes. Things are the same by identity, never by name or text.

use std::collections::{BTreeMap, BTreeSet};

use crate::apply::apply_to_object;
use crate::change::{Change, ColumnChange, ConstraintChange, IndexChange, PartChange, PartRename, TableRef};
use crate::model::{
    Attribute, Column, ColumnValue, CompositeType, Constraint, Domain, EnumType, Index, Object, ObjectId, PartId,
    QualifiedName, RangeType, Routine, Sequence, Table, View,
};

/// Objects by identity: a model, or the part of it that a transaction touched.
pub type Objects = BTreeMap<ObjectId, Object>;

/// The changes that lead from `before` to `after`, in the order of the objects' identities.
///
/// `filled` names the new tables that came with rows. Text that differs though its definition is the same one (a
/// default that names a renamed type) is no change of its own: it comes as [`Change::Refresh`].
pub fn diff(before: &Objects, after: &Objects, filled: &BTreeSet<ObjectId>) -> Vec<Change> {
    let schema_renames = schema_renames(before, after);
    let mut changes = Vec::new();
    for (&id, object) in before {
        if !after.contains_key(&id) {
            changes.push(Change::Drop { id, before: object.clone() });
        }
    }
    for (&id, object) in after {
        match before.get(&id) {
            None => changes.push(Change::Create { id, after: object.clone(), filled: filled.contains(&id) }),
            Some(before) if before != object => diff_object(id, before, object, &schema_renames, &mut changes),
            Some(_) => {}
        }
    }
    changes
}

fn schema_renames<'a>(before: &'a Objects, after: &'a Objects) -> BTreeMap<&'a str, &'a str> {
    let pairs = before.iter().filter_map(|(id, object)| match (object, after.get(id)?) {
        (Object::Schema(before), Object::Schema(after)) if before.name != after.name => {
            Some((&*before.name, &*after.name))
        }
        _ => None,
    });
    pairs.collect()
}

/// Where a schema is after its renaming, if it had one.
fn moved<'a>(schema: &'a str, schema_renames: &BTreeMap<&'a str, &'a str>) -> &'a str {
    schema_renames.get(schema).copied().unwrap_or(schema)
}

fn diff_object(
    id: ObjectId,
    before: &Object,
    after: &Object,
    schema_renames: &BTreeMap<&str, &str>,
    changes: &mut Vec<Change>,
) {
    let first = changes.len();
    let renamed = match (before.qualified_name(), after.qualified_name()) {
        (Some(before), Some(after)) => {
            before.name != after.name || moved(&before.schema, schema_renames) != after.schema
        }
        _ => false,
    };
    if let (true, Some(name)) = (renamed, after.qualified_name()) {
        changes.push(Change::Rename { id, before: before.clone(), after: name.clone() });
    }
    match (before, after) {
        (Object::Schema(before_schema), Object::Schema(after_schema)) => {
            if before_schema.name != after_schema.name {
                let name = after_schema.name.clone();
                let after = QualifiedName { schema: name.clone(), name };
                changes.push(Change::Rename { id, before: before.clone(), after });
            }
        }
        (Object::Extension(before_extension), Object::Extension(extension)) => {
            if moved(&before_extension.schema, schema_renames) != extension.schema {
                let after = QualifiedName { schema: extension.schema.clone(), name: extension.name.clone() };
                changes.push(Change::Rename { id, before: before.clone(), after });
            }
        }
        (Object::Enum(before), Object::Enum(after)) => diff_enum(id, before, after, changes),
        (Object::Domain(before), Object::Domain(after)) => diff_domain(id, before, after, changes),
        (Object::Composite(before), Object::Composite(after)) => diff_composite(id, before, after, changes),
        (Object::Range(before), Object::Range(after)) => diff_range(id, before, after, schema_renames, changes),
        (Object::Routine(before), Object::Routine(after)) => diff_routine(id, before, after, changes),
        (Object::View(before), Object::View(after)) => diff_view(id, before, after, changes),
        (Object::Sequence(before), Object::Sequence(after)) => diff_sequence(id, before, after, changes),
        (Object::Table(before), Object::Table(after)) => diff_table(id, before, after, changes),
        (
            Object::Schema(_)
            | Object::Extension(_)
            | Object::Enum(_)
            | Object::Domain(_)
            | Object::Composite(_)
            | Object::Range(_)
            | Object::Sequence(_)
            | Object::Routine(_)
            | Object::Table(_)
            | Object::View(_),
            _,
        ) => {
            changes.push(Change::Drop { id, before: before.clone() });
            changes.push(Change::Create { id, after: after.clone(), filled: false });
            return;
        }
    }
    let mut reached = before.clone();
    for change in &changes[first..] {
        // A change that does not fit cannot come from the two models at hand; the refresh below is right in any case.
        let _ = apply_to_object(&mut reached, change);
    }
    if reached != *after {
        changes.push(Change::Refresh { id, before: reached, after: after.clone() });
    }
}

fn diff_enum(id: ObjectId, before: &EnumType, after: &EnumType, changes: &mut Vec<Change>) {
    let name = after.name.clone();
    let mut rest = after.labels.iter();
    let kept = before.labels.iter().all(|label| rest.any(|other| other == label));
    let mut labels = before.labels.clone();
    if !kept {
        // Labels never go, so some were renamed; which ones is not known where others came at the same time, nor does it
        // matter: clients that hold rows with them start over.
        labels = after.labels.iter().take(before.labels.len()).cloned().collect();
        changes.push(Change::RenameEnumLabels {
            id,
            name: name.clone(),
            before: before.labels.iter().take(labels.len()).cloned().collect(),
            after: labels.clone(),
        });
    }
    let existing: BTreeSet<&String> = labels.iter().collect();
    for (i, label) in after.labels.iter().enumerate().filter(|(_, label)| !existing.contains(label)) {
        let next = after.labels[i + 1..].iter().find(|next| existing.contains(next)).cloned();
        changes.push(Change::AddEnumLabel { id, name: name.clone(), label: label.clone(), next });
    }
}

fn diff_domain(id: ObjectId, before: &Domain, after: &Domain, changes: &mut Vec<Change>) {
    let constraints = |domain: &Domain| -> Vec<(PartId, String, bool)> {
        domain.constraints.iter().map(|c| (c.id, c.name.clone(), c.validated)).collect()
    };
    if (before.not_null, &before.default) != (after.not_null, &after.default)
        || constraints(before) != constraints(after)
    {
        changes.push(Change::AlterDomain { id, before: before.clone(), after: after.clone() });
    }
}

fn diff_composite(id: ObjectId, before: &CompositeType, after: &CompositeType, changes: &mut Vec<Change>) {
    let same = |(before, after): (&Attribute, &Attribute)| {
        before.id == after.id
            && before.name == after.name
            && before.data_type.is(&after.data_type)
            && before.collation == after.collation
    };
    if before.attributes.len() != after.attributes.len() || !before.attributes.iter().zip(&after.attributes).all(same) {
        changes.push(Change::AlterComposite { id, before: before.clone(), after: after.clone() });
    }
}

fn diff_range(
    id: ObjectId,
    before: &RangeType,
    after: &RangeType,
    schema_renames: &BTreeMap<&str, &str>,
    changes: &mut Vec<Change>,
) {
    if let (Some(before), Some(after)) = (&before.multirange_name, &after.multirange_name) {
        if before.name != after.name || moved(&before.schema, schema_renames) != after.schema {
            changes.push(Change::RenameMultirange { id, before: before.clone(), after: after.clone() });
        }
    }
}

fn diff_routine(id: ObjectId, before: &Routine, after: &Routine, changes: &mut Vec<Change>) {
    if before.body != after.body {
        changes.push(Change::ReplaceRoutine { id, before: before.clone(), after: after.clone() });
    }
}

fn diff_view(id: ObjectId, before: &View, after: &View, changes: &mut Vec<Change>) {
    if before.body != after.body || before.options != after.options {
        changes.push(Change::RedefineView { id, before: before.clone(), after: after.clone() });
        return;
    }
    let view = TableRef { id, schema: after.name.schema.clone(), name: after.name.name.clone() };
    for column in &after.columns {
        if let Some(before) = find(&before.columns, |c| c.id == column.id).filter(|c| c.name != column.name) {
            changes.push(Change::RenameColumn(rename(&view, column.id, &before.name, &column.name)));
        }
    }
    diff_indexes(&view, &before.indexes, &after.indexes, changes);
}

fn diff_sequence(id: ObjectId, before: &Sequence, after: &Sequence, changes: &mut Vec<Change>) {
    let name = after.name.clone();
    if before.options != after.options {
        let (before, after) = (before.options.clone(), after.options.clone());
        changes.push(Change::AlterSequence { id, name: name.clone(), before, after });
    }
    if before.unlogged != after.unlogged {
        changes.push(Change::SetSequencePersistence { id, name: name.clone(), unlogged: after.unlogged });
    }
    let owner = |sequence: &Sequence| sequence.owned_by.as_ref().map(|owner| (owner.table, owner.column));
    if owner(before) != owner(after) {
        let (before, after) = (before.owned_by.clone(), after.owned_by.clone());
        changes.push(Change::SetSequenceOwner { id, name, before, after });
    }
}

fn diff_table(id: ObjectId, before: &Table, after: &Table, changes: &mut Vec<Change>) {
    let table = TableRef { id, schema: after.name.schema.clone(), name: after.name.name.clone() };
    if before.unlogged != after.unlogged {
        changes.push(Change::SetPersistence { table: table.clone(), unlogged: after.unlogged });
    }
    let same_parents = before.parents.len() == after.parents.len()
        && before.parents.iter().zip(&after.parents).all(|(before, after)| before.is(after));
    if !same_parents {
        let (before, after) = (before.parents.clone(), after.parents.clone());
        changes.push(Change::SetParents { table: table.clone(), before, after });
    }
    let of_type = |table: &Table| table.of_type.as_ref().map(|data_type| data_type.object);
    if of_type(before) != of_type(after) {
        let (before, after) = (before.of_type.clone(), after.of_type.clone());
        changes.push(Change::SetOfType { table: table.clone(), before, after });
    }
    diff_columns(&table, before, after, changes);
    diff_constraints(&table, before, after, changes);
    diff_indexes(&table, &before.indexes, &after.indexes, changes);
}

fn find<T>(parts: &[T], matches: impl Fn(&T) -> bool) -> Option<&T> {
    parts.iter().find(|part| matches(part))
}

fn rename(table: &TableRef, id: u32, before: &str, after: &str) -> PartRename {
    PartRename { table: table.clone(), id, before: before.to_owned(), after: after.to_owned() }
}

fn diff_columns(table: &TableRef, before: &Table, after: &Table, changes: &mut Vec<Change>) {
    for column in &before.columns {
        if find(&after.columns, |c| c.id == column.id).is_none() {
            changes.push(Change::DropColumn(PartChange { table: table.clone(), part: column.clone() }));
        }
    }
    for column in &after.columns {
        match find(&before.columns, |c| c.id == column.id) {
            Some(before) => diff_column(table, before, column, changes),
            None => changes.push(Change::AddColumn(PartChange { table: table.clone(), part: column.clone() })),
        }
    }
}

fn diff_column(table: &TableRef, before: &Column, after: &Column, changes: &mut Vec<Change>) {
    if before.name != after.name {
        changes.push(Change::RenameColumn(rename(table, after.id, &before.name, &after.name)));
    }
    let change = || ColumnChange { table: table.clone(), before: before.clone(), after: after.clone() };
    if before.not_null && !after.not_null {
        changes.push(Change::DropNotNull(change()));
    }
    if !before.data_type.is(&after.data_type) || before.collation != after.collation {
        changes.push(Change::SetType(change()));
    } else if before.values_version != after.values_version {
        changes.push(Change::RewriteValues(change()));
    }
    diff_value(before, after, &change, changes);
    if !before.not_null && after.not_null {
        changes.push(Change::SetNotNull(change()));
    }
}

fn diff_value(before: &Column, after: &Column, change: &impl Fn() -> ColumnChange, changes: &mut Vec<Change>) {
    use ColumnValue::{Default, Generated, Identity, None};
    match (&before.value, &after.value) {
        (None, None) => {}
        (Default { id: before, .. }, Default { id: after, .. }) if before == after => {}
        (Generated { id: before, .. }, Generated { id: after, .. }) if before == after => {}
        (None | Default { .. }, Default { .. }) => changes.push(Change::SetDefault(change())),
        (Default { .. }, None) => changes.push(Change::DropDefault(change())),
        (
            Identity { always: a, sequence: s, options: o, unlogged: u },
            Identity { always: other_a, sequence: other_s, options: other_o, unlogged: other_u },
        ) => {
            // A schema that differs follows the table.
            if (a, &s.name, o, u) != (other_a, &other_s.name, other_o, other_u) {
                changes.push(Change::SetIdentity(change()));
            }
        }
        (None, Identity { .. }) => changes.push(Change::SetIdentity(change())),
        (Default { .. }, Identity { .. }) => {
            changes.extend([Change::DropDefault(change()), Change::SetIdentity(change())])
        }
        (Identity { .. }, None) => changes.push(Change::DropIdentity(change())),
        (Identity { .. }, Default { .. }) => {
            changes.extend([Change::DropIdentity(change()), Change::SetDefault(change())])
        }
        (Generated { .. }, None) => changes.push(Change::DropExpression(change())),
        (Generated { .. }, Default { .. }) => {
            changes.extend([Change::DropExpression(change()), Change::SetDefault(change())])
        }
        (Generated { .. }, Identity { .. }) => {
            changes.extend([Change::DropExpression(change()), Change::SetIdentity(change())])
        }
        (Identity { .. }, Generated { .. }) => {
            changes.extend([Change::DropIdentity(change()), Change::SetExpression(change())])
        }
        (None | Default { .. } | Generated { .. }, Generated { .. }) => changes.push(Change::SetExpression(change())),
    }
}

fn diff_constraints(table: &TableRef, before: &Table, after: &Table, changes: &mut Vec<Change>) {
    let part = |part: &Constraint| PartChange { table: table.clone(), part: part.clone() };
    for constraint in &before.constraints {
        if find(&after.constraints, |c| c.id == constraint.id).is_none() {
            changes.push(Change::DropConstraint(part(constraint)));
        }
    }
    for constraint in &after.constraints {
        let Some(before) = find(&before.constraints, |c| c.id == constraint.id) else {
            changes.push(Change::AddConstraint(part(constraint)));
            continue;
        };
        if before.name != constraint.name {
            changes.push(Change::RenameConstraint(rename(table, constraint.id, &before.name, &constraint.name)));
        }
        let change = || ConstraintChange { table: table.clone(), before: before.clone(), after: constraint.clone() };
        if before.timing != constraint.timing {
            changes.push(Change::SetTiming(change()));
        }
        if before.validated != constraint.validated {
            changes.push(Change::ValidateConstraint(change()));
        }
    }
}

fn diff_indexes(table: &TableRef, before: &[Index], after: &[Index], changes: &mut Vec<Change>) {
    let part = |part: &Index| PartChange { table: table.clone(), part: part.clone() };
    for index in before {
        if find(after, |i| i.id == index.id).is_none() {
            changes.push(Change::DropIndex(part(index)));
        }
    }
    for index in after {
        let Some(before) = find(before, |i| i.id == index.id) else {
            changes.push(Change::CreateIndex(part(index)));
            continue;
        };
        if before.name != index.name {
            changes.push(Change::RenameIndex(rename(table, index.id, &before.name, &index.name)));
        }
        if before.options != index.options {
            let (before, after) = (before.clone(), index.clone());
            changes.push(Change::SetIndexOptions(IndexChange { table: table.clone(), before, after }));
        }
        if before.part_of != index.part_of {
            let (before, after) = (before.clone(), index.clone());
            changes.push(Change::SetIndexParent(IndexChange { table: table.clone(), before, after }));
        }
    }
}
