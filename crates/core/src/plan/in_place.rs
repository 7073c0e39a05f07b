//! From one schema to another on a client that holds rows: what can stay stays.
//!
//! Tables with a change that diverges or validates rows are dropped and made again, without CASCADE; what hangs on them steps aside. Everything
//! else is altered as it is, and keeps its rows.

use std::collections::{BTreeMap, BTreeSet};

use crate::apply::table_of;
use crate::change::{Change, ClassifiedChange, Effect};
use crate::diff::{diff, Objects};
use crate::model::{
    ColumnValue, Constraint, ConstraintKind, Object, ObjectId, Parent, PartId, QualifiedName, Table, View,
};
use crate::net::{Labels, Net};
use crate::quote::{literal, qualified};
use crate::rename::aside;
use crate::render::{render, steps, with_ancestors, Phase};

/// What a client runs.
#[derive(Default)]
pub struct InPlace {
    /// New values of enums: they cannot be used in the transaction that adds them. May be run again.
    pub labels: Vec<String>,
    /// Everything else.
    pub statements: Vec<String>,
    /// Tables made again, whose rows have to be downloaded.
    pub refetch: Vec<QualifiedName>,
    /// What can be run only when these rows are there.
    pub after_refetch: Vec<String>,
    /// The typed changes behind the statements.
    pub changes: Vec<Change>,
    /// Tables and views, by their identity before, that are made again.
    pub again: BTreeSet<ObjectId>,
}

/// What leads a client over the net difference. `dropped` are objects that are not in `net.before`, though the client had them: they are dropped
/// beforehand, with the foreign keys to them, and rows of those that are tables have to be downloaded again, too.
pub fn in_place(net: &Net, dropped: &BTreeSet<ObjectId>) -> InPlace {
    let (before, after) = (&net.before, &net.after);
    let missing = dropped.iter().copied().filter(|id| is_table(after, *id));
    let concerned = diverging(net);
    let in_both = |is: fn(&Objects, ObjectId) -> bool| -> BTreeSet<ObjectId> {
        concerned.iter().copied().filter(|id| is(before, *id) && is(after, *id)).collect()
    };
    let emptied = with_partitions(in_both(is_table), before, after);
    let views = views_over(&emptied, in_both(is_view), before, after);
    let fresh: BTreeMap<ObjectId, ObjectId> =
        emptied.iter().chain(&views).zip(1..).map(|(id, n)| (*id, ObjectId { seq: u64::MAX, ordinal: n })).collect();
    let mut goal = renumbered(after, &fresh);
    step_aside(&mut goal, before);
    let empty: BTreeSet<ObjectId> = emptied.iter().filter_map(|id| fresh.get(id).copied()).chain(missing).collect();

    let mut reached = goal.clone();
    let losing = losing(before, &reached);
    without_keys_of(&mut reached, &empty, &losing);
    let labels_of: BTreeMap<ObjectId, &Labels> =
        net.labels.iter().filter(|(id, _)| goal.contains_key(id)).map(|(id, labels)| (*id, labels)).collect();
    let mut changes = diff(before, &reached, &BTreeSet::new());
    changes.retain(|change| match change {
        Change::AddEnumLabel { id, .. } | Change::RenameEnumLabels { id, .. } => !labels_of.contains_key(id),
        Change::DropConstraint(c) => c.part.references.is_none_or(|id| !dropped.contains(&id)),
        Change::Refresh { .. } => false,
        _ => true,
    });
    changes.extend(labels_of.iter().filter_map(|(id, labels)| renamed_labels(*id, labels, &goal)));
    let labels = labels_of.values().flat_map(|labels| new_labels(labels)).collect();

    let mut statements = Vec::new();
    let mut populate = Vec::new();
    for (phase, sql) in steps(&changes, before, &reached) {
        // Materialized views are computed from rows.
        if phase == Phase::Populate && !empty.is_empty() {
            populate.push(sql)
        } else {
            statements.push(sql)
        }
    }
    let mut after_refetch = render(&diff(&reached, &goal, &BTreeSet::new()), &reached, &goal);
    after_refetch.extend(populate);
    let mut refetch: Vec<QualifiedName> = empty
        .iter()
        .filter_map(|id| goal.get(id)?.as_table())
        // What is partitioned has its rows in its partitions.
        .filter(|table| table.partition_key.is_none())
        .map(|table| table.name.clone())
        .collect();
    refetch.sort();
    InPlace { labels, statements, refetch, after_refetch, changes, again: &emptied | &views }
}

/// The tables, and materialized views, whose rows are not, or may not be, what the server holds.
fn diverging(net: &Net) -> BTreeSet<ObjectId> {
    let (before, after) = (&net.before, &net.after);
    let mut tables = BTreeSet::new();
    let matters = |c: &&ClassifiedChange| {
        c.effects.iter().any(|effect| matches!(effect, Effect::Diverges | Effect::ValidatesRows))
    };
    for classified in net.changes.iter().filter(matters) {
        match &classified.change {
            // The default partition may hold rows of the new one.
            Change::Create { after: Object::Table(table), .. } => tables.extend(default_partitions(table, before)),
            Change::AlterDomain { id, .. }
            | Change::AlterComposite { id, .. }
            | Change::ReplaceRoutine { id, .. }
            | Change::RenameEnumLabels { id, .. } => tables.extend(holders(*id, before, after)),
            change => tables.extend(table_of(change).map(|table| table.id)),
        }
    }
    tables
}

fn is_table(objects: &Objects, id: ObjectId) -> bool {
    objects.get(&id).is_some_and(|object| object.as_table().is_some())
}

fn is_view(objects: &Objects, id: ObjectId) -> bool {
    objects.get(&id).is_some_and(|object| object.as_view().is_some())
}

fn tables_of(objects: &Objects) -> impl Iterator<Item = (ObjectId, &Table)> {
    objects.iter().filter_map(|(id, object)| Some((*id, object.as_table()?)))
}

fn default_partitions(beside: &Table, objects: &Objects) -> Vec<ObjectId> {
    let is_beside = |table: &Table| {
        let mut parents = table.parents.iter().filter(|parent| parent.bound.as_deref() == Some("DEFAULT"));
        parents.any(|parent| beside.parents.iter().any(|p| p.bound.is_some() && p.table == parent.table))
    };
    tables_of(objects).filter(|(_, table)| is_beside(table)).map(|(id, _)| id).collect()
}

/// The tables, and materialized views, whose rows a type or a routine has to do with: values of the type, or what the routine computed or accepted. Not those that only
/// call it for a default, which rows that are there do not have to do with.
fn holders(id: ObjectId, before: &Objects, after: &Objects) -> Vec<ObjectId> {
    let mut concerned = BTreeSet::from([id]);
    loop {
        let more: Vec<ObjectId> = before
            .iter()
            .chain(after)
            .filter(|(id, object)| !concerned.contains(id) && !matches!(object, Object::Table(_) | Object::View(_)))
            .filter(|(_, object)| object.needs().iter().any(|need| concerned.contains(need)))
            .map(|(id, _)| *id)
            .collect();
        if more.is_empty() {
            break;
        }
        concerned.extend(more);
    }
    let calls = |uses: &[ObjectId]| uses.iter().any(|id| concerned.contains(id));
    let holds = |table: &Table| {
        table.columns.iter().any(|column| {
            let generated = matches!(&column.value, ColumnValue::Generated { uses, .. } if calls(uses));
            generated || column.data_type.object.is_some_and(|id| concerned.contains(&id))
        }) || table.constraints.iter().any(|constraint| calls(&constraint.uses))
            || table.indexes.iter().any(|index| calls(&index.uses))
            || table.partition_key.as_ref().is_some_and(|key| calls(&key.uses))
    };
    let views = before.iter().filter_map(|(id, object)| Some((*id, object.as_view()?)));
    // What is computed from rows holds values, too.
    let shows = |view: &View| {
        view.materialized
            && view.columns.iter().any(|column| column.data_type.object.is_some_and(|id| concerned.contains(&id)))
    };
    let views = views.filter(|(_, view)| shows(view)).map(|(id, _)| id);
    tables_of(before).filter(|(_, table)| holds(table)).map(|(id, _)| id).chain(views).collect()
}

/// A partitioned table takes its partitions along when it goes.
fn with_partitions(mut tables: BTreeSet<ObjectId>, before: &Objects, after: &Objects) -> BTreeSet<ObjectId> {
    loop {
        let of_these = |table: &Table| table.parents.iter().any(|p| p.bound.is_some() && tables.contains(&p.table));
        let more: Vec<ObjectId> = tables_of(after)
            .filter(|(id, table)| !tables.contains(id) && is_table(before, *id) && of_these(table))
            .map(|(id, _)| id)
            .collect();
        if more.is_empty() {
            return tables;
        }
        tables.extend(more);
    }
}

/// These views, and those that read them or one of these tables, directly or through other views.
fn views_over(
    tables: &BTreeSet<ObjectId>,
    mut views: BTreeSet<ObjectId>,
    before: &Objects,
    after: &Objects,
) -> BTreeSet<ObjectId> {
    loop {
        let over = |id: &ObjectId| tables.contains(id) || views.contains(id);
        let more: Vec<ObjectId> = before
            .iter()
            .chain(after)
            .filter_map(|(id, object)| Some((id, object.as_view()?)))
            .filter(|(id, view)| !views.contains(id) && view.uses.iter().any(over))
            .map(|(id, _)| *id)
            .filter(|id| before.contains_key(id) && after.contains_key(id))
            .collect();
        if more.is_empty() {
            return views;
        }
        views.extend(more);
    }
}

/// The same schema with other identities for these objects: what is dropped and made again is another one.
fn renumbered(objects: &Objects, fresh: &BTreeMap<ObjectId, ObjectId>) -> Objects {
    if fresh.is_empty() {
        return objects.clone();
    }
    let renumber = |id: ObjectId| fresh.get(&id).copied().unwrap_or(id);
    let one = |(id, object): (&ObjectId, &Object)| {
        let mut object = object.clone();
        object.refer(&renumber);
        (renumber(*id), object)
    };
    objects.iter().map(one).collect()
}

/// Takes away the foreign keys from and to empty tables, and to those that have such a partition: they cannot stand before the rows are back. And those
/// to tables that `lose` a partition: what it held, rows may still refer to.
fn without_keys_of(objects: &mut Objects, empty: &BTreeSet<ObjectId>, lose: &BTreeSet<ObjectId>) {
    let (without, unreferred) = (with_ancestors(empty, objects), with_ancestors(&(empty | lose), objects));
    if unreferred.is_empty() {
        return;
    }
    let cannot_stand = |id: ObjectId, constraint: &Constraint| {
        constraint.references.is_some_and(|references| without.contains(&id) || unreferred.contains(&references))
    };
    // Partitions have the keys of their parents, and lose them together.
    let mut gone: Vec<(ObjectId, Constraint)> = Vec::new();
    for (id, table) in tables_of(objects) {
        gone.extend(table.constraints.iter().filter(|c| cannot_stand(id, c)).map(|c| (id, c.clone())));
    }
    let ancestors: BTreeMap<ObjectId, BTreeSet<ObjectId>> =
        tables_of(objects).map(|(id, _)| (id, with_ancestors(&BTreeSet::from([id]), objects))).collect();
    let inherits = |id: &ObjectId, constraint: &Constraint| {
        let same = |other: &Constraint| {
            (&other.definition, other.references) == (&constraint.definition, constraint.references)
        };
        let of = ancestors.get(id);
        constraint.references.is_some()
            && gone.iter().any(|(table, other)| of.is_some_and(|of| of.contains(table)) && same(other))
    };
    for (id, object) in objects.iter_mut() {
        let Object::Table(table) = object else { continue };
        table.constraints.retain(|constraint| !cannot_stand(*id, constraint) && !inherits(id, constraint));
    }
}

/// Partitioned tables that a partition leaves.
fn losing(before: &Objects, reached: &Objects) -> BTreeSet<ObjectId> {
    let stays = |id: &ObjectId, parent: &Parent| {
        let now = reached.get(id).and_then(Object::as_table);
        now.is_some_and(|table| table.parents.iter().any(|p| p.is(parent)))
    };
    let parents = tables_of(before).flat_map(|(id, table)| table.parents.iter().map(move |parent| (id, parent)));
    parents
        .filter(|(id, parent)| parent.bound.is_some() && !stays(id, parent))
        .map(|(_, parent)| parent.table)
        .collect()
}

/// Foreign keys depend on the very key of the other table. Where that goes, or is made anew, they go before and come after.
fn step_aside(objects: &mut Objects, before: &Objects) {
    let is_key = |c: &Constraint| matches!(c.kind, ConstraintKind::PrimaryKey | ConstraintKind::Unique);
    let mut loses_key = BTreeSet::new();
    for (id, table) in tables_of(objects) {
        let Some(was) = before.get(&id).and_then(Object::as_table) else { continue };
        let constraint = was.constraints.iter().filter(|c| is_key(c)).any(|was| {
            table.constraints.iter().find(|now| now.id == was.id).is_none_or(|now| now.timing != was.timing)
        });
        let index = was.indexes.iter().filter(|i| i.unique).any(|was| table.indexes.iter().all(|i| i.id != was.id));
        if constraint || index {
            loses_key.insert(id);
        }
    }
    let another = |id: PartId| PartId::MAX - id;
    for object in objects.values_mut() {
        let Object::Table(table) = object else { continue };
        for constraint in &mut table.constraints {
            if constraint.references.is_some_and(|id| loses_key.contains(&id)) {
                constraint.id = another(constraint.id);
            }
        }
    }
}

/// A label that the client has under this name is another one: the new one waits under a name aside until that is renamed.
fn name_meanwhile(label: &str, labels: &Labels) -> String {
    match labels.before.iter().any(|known| known == label) {
        true => aside(&format!("+{label}")),
        false => label.to_owned(),
    }
}

/// What adds an enum's labels, on the type as the client has it. From the last to the first, each before the one that follows it: whatever of it
/// has been done already, the order comes out right.
fn new_labels(labels: &Labels) -> Vec<String> {
    let name = qualified(&labels.name);
    // What the client calls a label until its renames.
    let on_client = |label: &String| match labels.renamed.iter().position(|renamed| renamed == label) {
        Some(at) => labels.before.get(at).cloned().unwrap_or_else(|| label.clone()),
        None => name_meanwhile(label, labels),
    };
    let mut statements = Vec::new();
    for new in labels.added.iter().rev() {
        let label = name_meanwhile(&new.label, labels);
        for former in &new.former {
            statements.push(rename_if_left(&name, former, &label));
        }
        let place = new.next.as_ref().map(|next| format!(" BEFORE {}", literal(&on_client(next)))).unwrap_or_default();
        statements.push(format!("ALTER TYPE {name} ADD VALUE IF NOT EXISTS {}{place}", literal(&label)));
    }
    statements
}

/// A client can have got this far before, when the label was called otherwise, and no further.
fn rename_if_left(name: &str, former: &str, label: &str) -> String {
    let rename = format!("ALTER TYPE {name} RENAME VALUE {} TO {}", literal(former), literal(label));
    let has = |label: &str| {
        let (name, label) = (literal(name), literal(label));
        format!(
            "EXISTS (SELECT FROM pg_catalog.pg_enum WHERE enumtypid = {name}::pg_catalog.regtype AND enumlabel = {label})"
        )
    };
    let body = format!("BEGIN IF {} AND NOT {} THEN {rename}; END IF; END", has(former), has(label));
    format!("DO {}", literal(&body))
}

/// The renames of an enum's labels, those that waited under a name aside among them.
fn renamed_labels(id: ObjectId, labels: &Labels, goal: &Objects) -> Option<Change> {
    let name = goal.get(&id)?.qualified_name()?.clone();
    let (mut before, mut after) = (labels.before.clone(), labels.renamed.clone());
    for new in &labels.added {
        before.push(name_meanwhile(&new.label, labels));
        after.push(new.label.clone());
    }
    (before != after).then_some(Change::RenameEnumLabels { id, name, before, after })
}
