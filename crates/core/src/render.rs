//! Changes as SQL that depends on no setting: schema-qualified, in an order that runs.

mod code;
mod family;
mod order;
mod table;
mod types;

use std::collections::BTreeSet;

use crate::apply::{object_id, table_of};
use crate::change::{Change, ColumnChange, TableRef};
use crate::diff::Objects;
use crate::expression::reparsable;
use crate::model::{
    Column, ColumnRef, ColumnValue, CompositeType, ConstraintKind, Object, ObjectId, QualifiedName, RangeType,
    Sequence, Timing,
};
use crate::quote::{ident, literal, qualified};
use crate::rename::{plan_renames, Renamed};

pub(crate) use family::with_ancestors;
use family::Family;
use order::{by_need, rank, sort_name};
use types::{altered_options, sequence_options};

/// When a statement's turn comes. Statements of one phase keep the order of their changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Phase {
    /// What the statements below depend on.
    Settings,
    /// Views hold nearly everything.
    DropViews,
    /// Children and typed tables are let go.
    Detach,
    /// Foreign keys hold tables and keys.
    DropForeignKeys,
    /// Indexes and other constraints hold columns.
    DropParts,
    /// Sequences let go of their owners, so as not to go with them.
    Disown,
    /// Columns.
    DropColumns,
    /// Tables.
    DropTables,
    /// What goes last gives its name up for what comes.
    SetAside,
    /// Schemas under new names, then new schemas and extensions: everything below lives in them.
    RenameSchemas,
    /// New schemas and extensions.
    CreateSchemas,
    /// Everything else under new names.
    Renames,
    /// Types, sequences and routines: columns need them.
    CreateTypes,
    /// Attributes of composite types, and constraints of domains: some columns that hold one keep them from being altered.
    AlterTypes,
    /// Tables without foreign keys.
    CreateTables,
    /// Identities hold NOT NULL.
    DropIdentities,
    /// What would stand in the way of other types and values.
    Relax,
    /// New columns, other types.
    Columns,
    /// Defaults, identities.
    Values,
    /// Sequences belong to columns.
    Own,
    /// Constraints and indexes.
    Constraints,
    /// Indexes of partitions become parts of their parents' indexes, from below.
    Adopt,
    /// Foreign keys come when all keys are there.
    ForeignKeys,
    /// Children join their parents, when they have all that the parents have.
    Attach,
    /// Views, and the indexes of materialized ones.
    Views,
    /// Materialized views get their rows.
    Populate,
    /// Types, sequences, routines and schemas go when nothing needs them any more.
    DropLast,
}

/// A statement and its turn.
pub type Step = (Phase, String);

/// The statements that replay the changes, in order.
pub fn render(changes: &[Change], before: &Objects, after: &Objects) -> Vec<String> {
    steps(changes, before, after).into_iter().map(|(_, sql)| sql).collect()
}

/// The statements that replay the changes, in order, each with its phase.
pub fn steps(changes: &[Change], before: &Objects, after: &Objects) -> Vec<Step> {
    let mut created = BTreeSet::new();
    let mut dropped = BTreeSet::new();
    for change in changes {
        match change {
            Change::Create { id, .. } => created.insert(*id),
            Change::Drop { id, .. } => dropped.insert(*id),
            _ => false,
        };
    }
    let rebuilt = code::rebuilt(changes, before, after);
    let mut out = Steps {
        before,
        after,
        family: Family::of(changes, before, after),
        generation: 0,
        asides: BTreeSet::new(),
        loses_key: changes
            .iter()
            .filter(|change| takes_key(change))
            .map(object_id)
            .chain(with_ancestors(&dropped, before))
            .collect(),
        lets_go: changes.iter().flat_map(lets_go).collect(),
        altered: changes.iter().filter(|c| matches!(c, Change::AlterComposite { .. })).map(object_id).collect(),
        out: Vec::new(),
    };
    // Names, not identities, decide the order: equal changes give equal statements.
    let mut ordered: Vec<&Change> = changes.iter().filter(|change| !rebuilt.contains(&object_id(change))).collect();
    ordered.sort_by_key(|change| {
        let object = after.get(&object_id(change));
        (object.map(|object| (rank(object), sort_name(object))), made(change, object))
    });
    let replaced: BTreeSet<ObjectId> =
        ordered.iter().filter(|change| replaces(change)).map(|change| object_id(change)).collect();
    for &change in &ordered {
        out.generation = table_of(change).map_or(0, |table| out.family.generation(table.id));
        if family::merges(change, after) {
            out.generation = -out.generation;
            out.change(change);
        } else if out.family.follows(change, before, after) {
            out.follow(change);
        } else {
            out.change(change);
        }
    }
    // What is replaced may need what is new, or what is replaced, too.
    for id in by_need(&(&(&created | &rebuilt) | &replaced), after) {
        out.generation = out.family.generation(id);
        match after.get(&id) {
            Some(Object::Routine(routine)) if replaced.contains(&id) => {
                out.create_routine("CREATE OR REPLACE", routine)
            }
            Some(Object::View(view)) if replaced.contains(&id) => out.replace_view(view),
            Some(object) => out.create(object),
            None => {}
        }
    }
    out.generation = 0;
    out.let_go_of_retyped(changes);
    for id in by_need(&(&dropped | &rebuilt), before).iter().rev() {
        out.generation = out.family.generation(*id);
        match before.get(id) {
            Some(Object::Sequence(sequence)) if goes_with_owner(sequence, changes, &dropped, before) => {}
            Some(object) => out.drop(object, &dropped),
            None => {}
        }
    }
    let renames: Vec<&Change> =
        ordered.iter().copied().filter(|change| !out.family.follows(change, before, after)).collect();
    plan_renames(&renames, after).into_iter().for_each(|renamed| out.rename(renamed));
    out.out.sort_by_key(|(phase, turn, _)| (*phase, *turn));
    out.out.into_iter().map(|(phase, _, sql)| (phase, sql)).collect()
}

/// What stands behind ALTER for an object that has a schema.
pub(crate) fn alter_kind(object: &Object) -> Option<&'static str> {
    match object {
        Object::Schema(_) | Object::Extension(_) => None,
        Object::Enum(_) | Object::Composite(_) | Object::Range(_) => Some("TYPE"),
        Object::Domain(_) => Some("DOMAIN"),
        Object::Sequence(_) => Some("SEQUENCE"),
        Object::Routine(routine) => Some(routine.routine.keyword()),
        Object::Table(_) => Some("TABLE"),
        Object::View(view) if view.materialized => Some("MATERIALIZED VIEW"),
        Object::View(_) => Some("VIEW"),
    }
}

/// Where an index of a partitioned table stands among those that come with it: indexes of partitions that are alike find their parents by
/// the order in which these were made.
fn made(change: &Change, object: Option<&Object>) -> u32 {
    match (change, object) {
        (Change::CreateIndex(c), Some(Object::Table(table))) if table.partition_key.is_some() => c.part.id,
        _ => 0,
    }
}

/// Whether the whole definition comes anew, by CREATE OR REPLACE.
fn replaces(change: &Change) -> bool {
    matches!(change, Change::ReplaceRoutine { .. } | Change::RedefineView { .. })
}

/// Whether a key goes that foreign keys may depend on.
fn takes_key(change: &Change) -> bool {
    match change {
        Change::DropConstraint(c) => matches!(c.part.kind, ConstraintKind::PrimaryKey | ConstraintKind::Unique),
        Change::SetTiming(c) => matches!(c.after.kind, ConstraintKind::PrimaryKey | ConstraintKind::Unique),
        Change::DropIndex(c) => c.part.unique,
        _ => false,
    }
}

/// The partitioned tables that a partition is detached from.
fn lets_go(change: &Change) -> Vec<ObjectId> {
    match change {
        Change::SetParents { before, after, .. } => {
            let gone = before.iter().filter(|was| was.bound.is_some() && !after.iter().any(|is| is.is(was)));
            gone.map(|parent| parent.table).collect()
        }
        _ => vec![],
    }
}

fn drawn_from_elsewhere(sequence: &Sequence, owner: &ColumnRef, before: &Objects) -> bool {
    let call = format!("nextval({}::regclass)", literal(&qualified(&sequence.name)));
    let draws = |id: &ObjectId, column: &Column| {
        (*id, column.id) != (owner.table, owner.column)
            && matches!(&column.value, ColumnValue::Default { sql, .. } if sql.contains(&call))
    };
    let mut tables = before.iter().filter_map(|(id, object)| Some((id, object.as_table()?)));
    tables.any(|(id, table)| table.columns.iter().any(|column| draws(id, column)))
}

/// Whether a dropped sequence goes by itself with the column that owned it. One that other columns draw from holds that column back.
fn goes_with_owner(sequence: &Sequence, changes: &[Change], dropped: &BTreeSet<ObjectId>, before: &Objects) -> bool {
    sequence.owned_by.as_ref().is_some_and(|owner| {
        if drawn_from_elsewhere(sequence, owner, before) {
            return false;
        }
        dropped.contains(&owner.table)
            || changes.iter().any(|change| match change {
                Change::DropColumn(column) => (column.table.id, column.part.id) == (owner.table, owner.column),
                _ => false,
            })
    })
}

struct Steps<'a> {
    before: &'a Objects,
    after: &'a Objects,
    family: Family,
    /// Of the table at hand.
    generation: i32,
    /// Names that are given for a while.
    asides: BTreeSet<QualifiedName>,
    /// Tables without a key that they had, or without a partition: foreign keys to them depend on it.
    loses_key: BTreeSet<ObjectId>,
    /// Partitioned tables that partitions are detached from.
    lets_go: BTreeSet<ObjectId>,
    /// Composite types with other attributes.
    altered: BTreeSet<ObjectId>,
    out: Vec<(Phase, i32, String)>,
}

impl Steps<'_> {
    /// Within a phase what parents have comes before what children have, or after it: a parent's index adopts those of its children, a
    /// constraint of a parent that goes takes its children's along.
    fn push(&mut self, phase: Phase, sql: String) {
        let turn = match phase {
            Phase::Constraints | Phase::Adopt | Phase::ForeignKeys => -self.generation,
            _ => self.generation,
        };
        self.out.push((phase, 3 * turn, sql));
    }

    /// Before the others of its table.
    fn push_first(&mut self, phase: Phase, sql: String) {
        self.push_earlier(1, phase, sql);
    }

    /// By 0, 1 or 2 turns earlier than the others of its table.
    fn push_earlier(&mut self, by: i32, phase: Phase, sql: String) {
        self.push(phase, sql);
        self.out.last_mut().into_iter().for_each(|(_, turn, _)| *turn -= by);
    }

    fn create(&mut self, object: &Object) {
        match object {
            Object::Schema(schema) => {
                self.push(Phase::CreateSchemas, format!("CREATE SCHEMA IF NOT EXISTS {}", ident(&schema.name)))
            }
            Object::Extension(extension) => {
                if extension.schema != "public" && extension.schema != "pg_catalog" {
                    self.push(
                        Phase::CreateSchemas,
                        format!("CREATE SCHEMA IF NOT EXISTS {}", ident(&extension.schema)),
                    );
                }
                self.push(
                    Phase::CreateSchemas,
                    format!(
                        "CREATE EXTENSION IF NOT EXISTS {} WITH SCHEMA {}",
                        ident(&extension.name),
                        ident(&extension.schema)
                    ),
                );
            }
            Object::Enum(enumeration) => self.push(
                Phase::CreateTypes,
                format!(
                    "CREATE TYPE {} AS ENUM ({})",
                    qualified(&enumeration.name),
                    list(&enumeration.labels, |l| literal(l))
                ),
            ),
            Object::Domain(domain) => self.create_domain(domain),
            Object::Composite(composite) => self.create_composite(composite),
            Object::Range(range) => self.create_range(range),
            Object::Routine(routine) => self.create_routine("CREATE", routine),
            Object::View(view) => self.create_view(view),
            Object::Sequence(sequence) => {
                self.push(
                    Phase::CreateTypes,
                    format!(
                        "CREATE {}SEQUENCE {} {}",
                        if sequence.unlogged { "UNLOGGED " } else { "" },
                        qualified(&sequence.name),
                        sequence_options(&sequence.options)
                    ),
                );
                self.own(sequence);
            }
            Object::Table(table) => self.create_table(table),
        }
    }

    fn drop(&mut self, object: &Object, dropped: &BTreeSet<ObjectId>) {
        match object {
            // A client may keep things of its own there.
            Object::Schema(schema) => self.drop_schema(&schema.name),
            // What else on the client needs the extension is not known here.
            Object::Extension(_) => {}
            Object::Enum(enumeration) => {
                let aside = self.set_aside("TYPE", &enumeration.name);
                self.push(Phase::DropLast, format!("DROP TYPE {}", qualified(&aside)));
            }
            Object::Composite(CompositeType { name, .. }) | Object::Range(RangeType { name, .. }) => {
                let aside = self.set_aside("TYPE", name);
                self.push(Phase::DropLast, format!("DROP TYPE {}", qualified(&aside)));
            }
            Object::Routine(routine) => self.drop_routine(routine),
            Object::View(view) => self.drop_view(view),
            Object::Domain(domain) => {
                let aside = self.set_aside("DOMAIN", &domain.name);
                self.push(Phase::DropLast, format!("DROP DOMAIN {}", qualified(&aside)));
            }
            Object::Sequence(sequence) => {
                if sequence.owned_by.is_some() {
                    self.push(Phase::Disown, format!("ALTER SEQUENCE {} OWNED BY NONE", qualified(&sequence.name)));
                }
                let aside = self.set_aside("SEQUENCE", &sequence.name);
                self.push(Phase::DropLast, format!("DROP SEQUENCE {}", qualified(&aside)));
            }
            Object::Table(table) => self.drop_table(table, dropped),
        }
    }

    fn drop_schema(&mut self, name: &str) {
        let takes_name = |(id, object): (&ObjectId, &Object)| match object {
            Object::Schema(schema) if schema.name == name => Some(self.before.contains_key(id)),
            _ => None,
        };
        match self.after.iter().find_map(takes_name) {
            None => self.push(Phase::DropLast, drop_schema_if_empty(name)),
            // Another one is renamed to it.
            Some(true) => {
                let aside = crate::rename::aside(name);
                let rename = format!("ALTER SCHEMA {} RENAME TO {}", ident(name), ident(&aside));
                self.push_first(Phase::RenameSchemas, rename);
                self.push(Phase::DropLast, drop_schema_if_empty(&aside));
            }
            // It is created anew, which finds it there.
            Some(false) => {}
        }
    }

    /// What goes last may have to leave its name to something new before. Gives the name that it goes by then.
    fn set_aside(&mut self, kind: &str, name: &QualifiedName) -> QualifiedName {
        if !self.is_taken(name) {
            return self.at_last(name);
        }
        let aside = self.aside(name);
        self.push(Phase::SetAside, format!("ALTER {kind} {} RENAME TO {}", qualified(name), ident(&aside.name)));
        self.at_last(&aside)
    }

    /// Whether a relation or a type has, in the end, the name of one that goes.
    fn is_taken(&self, name: &QualifiedName) -> bool {
        let name = &self.at_last(name);
        self.after.values().any(|object| match object {
            Object::Routine(_) => false,
            Object::Range(range) => &range.name == name || range.multirange_name.as_ref() == Some(name),
            object => object.qualified_name() == Some(name),
        })
    }

    /// A name in the schema as it is called when all renames are done.
    fn at_last(&self, name: &QualifiedName) -> QualifiedName {
        let renamed = self.before.iter().find_map(|(id, object)| match (object, self.after.get(id)?) {
            (Object::Schema(was), Object::Schema(is)) if was.name == name.schema => Some(is.name.clone()),
            _ => None,
        });
        QualifiedName { schema: renamed.unwrap_or_else(|| name.schema.clone()), name: name.name.clone() }
    }

    /// A name that nothing else is given.
    fn aside(&mut self, name: &QualifiedName) -> QualifiedName {
        let mut aside = QualifiedName { schema: name.schema.clone(), name: crate::rename::aside(&name.name) };
        let mut number = 1;
        while !self.asides.insert(aside.clone()) {
            number += 1;
            aside.name = crate::rename::aside(&format!("{number}~{}", name.name));
        }
        aside
    }

    fn rename(&mut self, renamed: Renamed) {
        match renamed {
            Renamed::Schema(sql) => self.push(Phase::RenameSchemas, sql),
            Renamed::Other(sql) => self.push(Phase::Renames, sql),
        }
    }

    fn change(&mut self, change: &Change) {
        let before = self.before;
        // What goes before the renames goes under the old name.
        let old_name = |table: &TableRef| match before.get(&table.id) {
            Some(object) => object.qualified_name().cloned().unwrap_or_else(|| table.qualified()),
            None => table.qualified(),
        };
        // A parent that goes takes along what its children have from it.
        let if_exists = |table: &TableRef| match before.get(&table.id).and_then(Object::as_table) {
            Some(table) if !table.parents.is_empty() => "IF EXISTS ",
            _ => "",
        };
        let alter = |table: &TableRef| format!("ALTER TABLE {}", qualified(&table.qualified()));
        let alter_column = |c: &ColumnChange| format!("{} ALTER COLUMN {}", alter(&c.table), ident(&c.after.name));
        match change {
            Change::Create { .. } | Change::Drop { .. } => {}
            Change::ReplaceRoutine { .. } | Change::RedefineView { .. } => {}
            Change::Rename { .. } | Change::RenameColumn(_) | Change::RenameConstraint(_) | Change::RenameIndex(_) => {}
            Change::RenameEnumLabels { name, before, after, .. } => self.rename_labels(name, before, after),
            Change::AddEnumLabel { name, label, next, .. } => {
                let place = next.as_ref().map(|next| format!(" BEFORE {}", literal(next))).unwrap_or_default();
                self.push(
                    Phase::CreateTypes,
                    format!("ALTER TYPE {} ADD VALUE IF NOT EXISTS {}{place}", qualified(name), literal(label)),
                );
            }
            Change::AlterDomain { before, after, .. } => self.alter_domain(before, after),
            Change::AlterComposite { before, after, .. } => self.alter_composite(before, after),
            Change::RenameMultirange { .. } => {}
            Change::SetParents { table, before, after } => self.set_parents(table, &old_name(table), before, after),
            Change::SetOfType { table, before, after } => {
                if before.is_some() {
                    self.push(Phase::Detach, format!("ALTER TABLE {} NOT OF", qualified(&old_name(table))));
                }
                if let Some(data_type) = after {
                    self.push(Phase::Attach, format!("{} OF {}", alter(table), data_type.name));
                }
            }
            Change::AlterSequence { name, before, after, .. } => {
                let options = altered_options(before, after);
                self.push(Phase::Values, format!("ALTER SEQUENCE {} {options}", qualified(name)));
            }
            Change::SetSequenceOwner { name, before: owner_before, after: owner, id } => {
                if owner_before.is_some() {
                    let old = before.get(id).and_then(Object::qualified_name).unwrap_or(name);
                    self.push(Phase::Disown, format!("ALTER SEQUENCE {} OWNED BY NONE", qualified(old)));
                }
                if let Some(owner) = owner {
                    let (table, column) = (qualified(&owner.table_name), ident(&owner.column_name));
                    self.push(Phase::Own, format!("ALTER SEQUENCE {} OWNED BY {table}.{column}", qualified(name)));
                }
            }
            Change::SetSequencePersistence { name, unlogged, .. } => {
                self.push(Phase::Values, format!("ALTER SEQUENCE {} SET {}", qualified(name), persistence(*unlogged)))
            }
            Change::SetPersistence { table, unlogged } => {
                self.push(Phase::Columns, format!("{} SET {}", alter(table), persistence(*unlogged)))
            }
            Change::AddColumn(added) => {
                // Partitions get it with the parent's default; any other child has its own.
                let table = self.after.get(&added.table.id).and_then(Object::as_table);
                let is_partitioned = table.is_some_and(|table| table.partition_key.is_some());
                let only = if self.family.is_parent(added.table.id) && !is_partitioned { "ONLY " } else { "" };
                self.add_column(&added.table.qualified(), only, &added.part);
            }
            Change::DropColumn(c) => {
                let table = qualified(&old_name(&c.table));
                let drop = format!("ALTER TABLE {table} DROP COLUMN {}{}", if_exists(&c.table), ident(&c.part.name));
                match c.part.value {
                    // It is computed from others, which may go, too.
                    ColumnValue::Generated { .. } => self.push_first(Phase::DropColumns, drop),
                    _ => self.push(Phase::DropColumns, drop),
                }
            }
            Change::SetType(c) => {
                self.set_type_defaults(&self.alter_default(c), c);
                self.set_type(&alter_column(c), c);
            }
            Change::RewriteValues(c) => {
                let (column, data_type) = (ident(&c.after.name), &c.after.data_type.name);
                self.push(Phase::Columns, format!("{} TYPE {data_type} USING {column}", alter_column(c)));
            }
            Change::SetNotNull(c) => {
                // An identity needs it.
                let identity = matches!(c.after.value, ColumnValue::Identity { .. });
                let phase = if identity { Phase::Columns } else { Phase::Constraints };
                self.push(phase, format!("{} SET NOT NULL", alter_column(c)));
            }
            Change::DropNotNull(c) => self.push(Phase::Relax, format!("{} DROP NOT NULL", alter_column(c))),
            Change::SetDefault(c) => {
                if let ColumnValue::Default { sql, .. } = &c.after.value {
                    self.push(Phase::Values, format!("{} SET DEFAULT {}", self.alter_default(c), reparsable(sql)));
                }
            }
            Change::DropDefault(c) => self.push(Phase::Relax, format!("{} DROP DEFAULT", self.alter_default(c))),
            Change::SetIdentity(c) => self.set_identity(&alter_column(c), c),
            Change::DropIdentity(c) => self.push(Phase::DropIdentities, format!("{} DROP IDENTITY", alter_column(c))),
            Change::SetExpression(c) => {
                if let ColumnValue::Generated { sql, .. } = &c.after.value {
                    self.push(Phase::Values, format!("{} SET EXPRESSION AS ({})", alter_column(c), reparsable(sql)));
                }
            }
            Change::DropExpression(c) => self.push(Phase::Relax, format!("{} DROP EXPRESSION", alter_column(c))),
            Change::AddConstraint(added) => self.add_constraint(&added.table.qualified(), &added.part),
            Change::DropConstraint(c) => {
                self.generation = self.family.former_generation(c.table.id);
                let phase = match c.part.kind {
                    ConstraintKind::ForeignKey => Phase::DropForeignKeys,
                    _ => Phase::DropParts,
                };
                let (table, name) = (qualified(&old_name(&c.table)), ident(&c.part.name));
                let drop = format!("ALTER TABLE {table} DROP CONSTRAINT {}{name}", if_exists(&c.table));
                match c.part.references {
                    // Nothing may refer to the rows of a partition that leaves.
                    Some(references) if self.lets_go.contains(&references) => self.push_first(Phase::Detach, drop),
                    _ => self.push(phase, drop),
                }
            }
            Change::SetTiming(c) if c.after.kind == ConstraintKind::ForeignKey => {
                let timing = match c.after.timing {
                    Timing::Immediate => "NOT DEFERRABLE",
                    Timing::Deferrable => "DEFERRABLE INITIALLY IMMEDIATE",
                    Timing::Deferred => "DEFERRABLE INITIALLY DEFERRED",
                };
                let name = ident(&c.after.name);
                self.push(Phase::Constraints, format!("{} ALTER CONSTRAINT {name} {timing}", alter(&c.table)));
            }
            // Only foreign keys can be altered so; of the others the server makes new ones.
            Change::SetTiming(c) => {
                let name = ident(&c.after.name);
                self.push(Phase::Constraints, format!("{} DROP CONSTRAINT {name}", alter(&c.table)));
                self.add_constraint(&c.table.qualified(), &c.after);
            }
            Change::ValidateConstraint(c) => self
                .push(Phase::ForeignKeys, format!("{} VALIDATE CONSTRAINT {}", alter(&c.table), ident(&c.after.name))),
            Change::CreateIndex(added) => {
                if self.adopts_by_name(added.table.id, added.part.id) {
                    self.create_index_in(Phase::Constraints, "ONLY ", &added.table.qualified(), &added.part);
                } else {
                    self.create_index(&added.table.qualified(), &added.part);
                }
                self.adopt(&added.table, &added.part);
            }
            Change::SetIndexParent(c) => self.adopt(&c.table, &c.after),
            Change::DropIndex(c) => {
                let index = QualifiedName { schema: old_name(&c.table).schema, name: c.part.name.clone() };
                self.push(Phase::DropParts, format!("DROP INDEX {}{}", if_exists(&c.table), qualified(&index)));
            }
            Change::SetIndexOptions(c) => {
                let name = qualified(&QualifiedName { schema: c.table.schema.clone(), name: c.after.name.clone() });
                let names = |options: &[String]| -> BTreeSet<String> {
                    options.iter().filter_map(|option| Some(option.split_once('=')?.0.to_owned())).collect()
                };
                let gone: Vec<String> =
                    names(&c.before.options).difference(&names(&c.after.options)).cloned().collect();
                if !gone.is_empty() {
                    self.push(Phase::Constraints, format!("ALTER INDEX {name} RESET ({})", gone.join(", ")));
                }
                if !c.after.options.is_empty() {
                    self.push(Phase::Constraints, format!("ALTER INDEX {name} SET ({})", c.after.options.join(", ")));
                }
            }
            Change::Refresh { .. } => {}
        }
    }
}

fn drop_schema_if_empty(name: &str) -> String {
    let drop = format!("DROP SCHEMA {}", ident(name));
    let body = format!("BEGIN EXECUTE {}; EXCEPTION WHEN dependent_objects_still_exist THEN NULL; END", literal(&drop));
    format!("DO {}", literal(&body))
}

fn persistence(unlogged: bool) -> &'static str {
    if unlogged {
        "UNLOGGED"
    } else {
        "LOGGED"
    }
}

fn list(items: &[String], form: impl Fn(&String) -> String) -> String {
    items.iter().map(form).collect::<Vec<_>>().join(", ")
}
