//! What went and came again alike is the same thing: a client that was away has it still.

use std::collections::{BTreeMap, BTreeSet};

use crate::apply::object_id;
use crate::change::Change;
use crate::diff::{diff, Objects};
use crate::model::{
    ColumnValue, Constraint, ConstraintKind, Domain, Index, Object, ObjectId, PartId, Table, View, ViewColumn,
};

/// The body of a view or of a routine that is certainly another one.
const OTHER_BODY: PartId = PartId::MAX;

/// The changes from `before` to `after`, after `before` got the identities of what came again. Without those that only refresh text: it
/// follows on clients by itself.
pub fn difference(before: &mut Objects, after: &Objects) -> Vec<Change> {
    settle_objects(before, after);
    for (id, object) in before.iter_mut() {
        match (object, after.get(id)) {
            (Object::Table(was), Some(Object::Table(is))) => settle_table(was, is),
            (Object::Domain(was), Some(Object::Domain(is))) => settle_domain(was, is),
            (Object::View(was), Some(Object::View(is))) => settle_indexes(&mut was.indexes, &is.indexes),
            _ => {}
        }
    }
    settle_bodies(before, after);
    changes(before, after)
}

fn changes(before: &Objects, after: &Objects) -> Vec<Change> {
    let mut changes = diff(before, after, &BTreeSet::new());
    changes.retain(|change| !matches!(change, Change::Refresh { .. }));
    changes
}

/// Objects that hold nothing: a schema, a view or a routine of this name is the same one.
fn settle_objects(before: &mut Objects, after: &Objects) {
    let came: Vec<(&ObjectId, &Object)> = after.iter().filter(|(id, _)| !before.contains_key(id)).collect();
    let again = |object: &Object| {
        let same = |other: &Object| match (object, other) {
            (Object::Schema(was), Object::Schema(is)) => was.name == is.name,
            (Object::Extension(was), Object::Extension(is)) => was.name == is.name,
            (Object::View(was), Object::View(is)) => was.name == is.name && was.materialized == is.materialized,
            (Object::Routine(was), Object::Routine(is)) => {
                (&was.name, was.routine, &was.arguments, &was.definition)
                    == (&is.name, is.routine, &is.arguments, &is.definition)
            }
            _ => false,
        };
        came.iter().find(|(_, other)| same(other)).map(|(id, _)| **id)
    };
    let gone = before.iter().filter(|(id, _)| !after.contains_key(id));
    let new: BTreeMap<ObjectId, ObjectId> = gone.filter_map(|(id, object)| Some((*id, again(object)?))).collect();
    if new.is_empty() {
        return;
    }
    let renumber = |id: ObjectId| new.get(&id).copied().unwrap_or(id);
    let renumbered = std::mem::take(before).into_iter().map(|(id, mut object)| {
        object.refer(&renumber);
        if let (true, Object::View(view)) = (new.contains_key(&id), &mut object) {
            view.body = OTHER_BODY;
        }
        (renumber(id), object)
    });
    *before = renumbered.collect();
}

fn settle_table(was: &mut Table, is: &Table) {
    for column in &mut was.columns {
        let Some(now) = is.columns.iter().find(|now| now.id == column.id) else { continue };
        match (&mut column.value, &now.value) {
            (
                ColumnValue::Default { id, sql, uses, volatility },
                ColumnValue::Default { id: new, sql: new_sql, uses: new_uses, volatility: new_volatility },
            ) if (&*sql, &*uses, &*volatility) == (new_sql, new_uses, new_volatility) => *id = *new,
            (
                ColumnValue::Generated { id, sql, uses },
                ColumnValue::Generated { id: new, sql: new_sql, uses: new_uses },
            ) if (&*sql, &*uses) == (new_sql, new_uses) => *id = *new,
            _ => {}
        }
    }
    // The indexes of a partitioned table and of its partitions come and go together: one is not the same without the others.
    let in_family = |table: &Table| table.partition_key.is_some() || table.is_partition();
    let alone = !in_family(was) && !in_family(is);
    let has_index = |constraint: &Constraint| match constraint.kind {
        ConstraintKind::PrimaryKey | ConstraintKind::Unique | ConstraintKind::Exclusion => true,
        ConstraintKind::Check | ConstraintKind::ForeignKey => false,
    };
    settle_constraints(was.constraints.iter_mut().filter(|c| alone || !has_index(c)), &is.constraints);
    if alone {
        settle_indexes(&mut was.indexes, &is.indexes);
    }
}

fn settle_domain(was: &mut Domain, is: &Domain) {
    settle_constraints(was.constraints.iter_mut(), &is.constraints);
}

/// A client's rows satisfied the constraint when it went, and do so when it is back.
fn settle_constraints<'a>(was: impl Iterator<Item = &'a mut Constraint>, is: &[Constraint]) {
    for constraint in was.filter(|c| is.iter().all(|now| now.id != c.id)) {
        let same = |now: &&Constraint| Constraint { id: constraint.id, ..(*now).clone() } == *constraint;
        if let Some(now) = is.iter().find(same) {
            constraint.id = now.id;
        }
    }
}

fn settle_indexes(was: &mut [Index], is: &[Index]) {
    for index in was.iter_mut().filter(|i| is.iter().all(|now| now.id != i.id)) {
        let same = |now: &&Index| Index { id: index.id, part_of: index.part_of, ..(*now).clone() } == *index;
        if let Some(now) = is.iter().find(same) {
            (index.id, index.part_of) = (now.id, now.part_of);
        }
    }
}

/// A view or a routine with the definition that it had is the same one, unless a view has to step aside for what changes under it.
fn settle_bodies(before: &mut Objects, after: &Objects) {
    let mut alike: BTreeSet<ObjectId> = BTreeSet::new();
    for (id, object) in before.iter_mut() {
        match (object, after.get(id)) {
            (Object::Routine(was), Some(Object::Routine(is))) if was.definition == is.definition => was.body = is.body,
            (Object::View(was), Some(Object::View(is))) if was.body != is.body && is_alike(was, is) => {
                was.body = is.body;
                alike.insert(*id);
            }
            _ => {}
        }
    }
    // Whatever a view reads that changes may have been what it stepped aside for; and so for the views over it.
    let mut changed: BTreeSet<ObjectId> = match alike.is_empty() {
        true => return,
        false => changes(before, after).iter().map(object_id).collect(),
    };
    let steps_aside = |id: &ObjectId, before: &Objects, changed: &BTreeSet<ObjectId>| match before.get(id) {
        Some(Object::View(view)) => view.uses.iter().any(|used| changed.contains(used)),
        _ => false,
    };
    while let Some(id) = alike.iter().copied().find(|id| steps_aside(id, before, &changed)) {
        alike.remove(&id);
        changed.insert(id);
        if let Some(Object::View(view)) = before.get_mut(&id) {
            view.body = OTHER_BODY;
        }
    }
}

fn is_alike(was: &View, is: &View) -> bool {
    let columns = |view: &View| -> Vec<_> {
        let one = |c: &ViewColumn| (c.name.clone(), c.data_type.name.clone(), c.collation.clone());
        view.columns.iter().map(one).collect()
    };
    (&was.query, &was.options, &was.uses) == (&is.query, &is.options, &is.uses) && columns(was) == columns(is)
}
