//! Changes as SQL that depends on no setting: schema-qualified, in an order that runs.

use std::collections::BTreeSet;

use crate::apply::object_id;
use crate::change::{Change, ColumnChange, TableRef};
use crate::diff::Objects;
use crate::expression::reparsable;
use crate::model::{
    Column, ColumnRef, ColumnValue, Constraint, ConstraintKind, Domain, EnumType, Fill, Index, Object, ObjectId,
    QualifiedName, Sequence, SequenceOptions, Table, Timing,
};
use crate::quote::{ident, literal, qualified};
use crate::rename::{plan_renames, Renamed};

/// When a statement's turn comes. Statements of one phase keep the order of their changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Phase {
    /// Foreign keys go first: they hold tables and keys.
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
    /// Enum types and sequences: columns need them.
    CreateTypes,
    /// Tables without foreign keys.
    CreateTables,
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
    /// Foreign keys come last, when all keys are there.
    ForeignKeys,
    /// Types, sequences and schemas go when nothing needs them any more.
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
    let mut out = Steps::default();
    let dropped: BTreeSet<ObjectId> = changes
        .iter()
        .filter_map(|change| match change {
            Change::Drop { id, .. } => Some(*id),
            _ => None,
        })
        .collect();
    // Names, not identities, decide the order: equal changes give equal statements.
    let mut ordered: Vec<&Change> = changes.iter().collect();
    ordered.sort_by_key(|change| after.get(&object_id(change)).map(|object| (rank(object), sort_name(object))));
    let mut creations: Vec<&Object> = Vec::new();
    let mut drops: Vec<&Object> = Vec::new();
    for &change in &ordered {
        match change {
            Change::Create { after, .. } => creations.push(after),
            Change::Drop { before: Object::Sequence(sequence), .. }
                if goes_with_owner(sequence, changes, &dropped, before) => {}
            Change::Drop { before, .. } => drops.push(before),
            other => out.change(other, before),
        }
    }
    creations.sort_by_key(|object| (rank(object), domain_depth(object, after), sort_name(object)));
    drops.sort_by_key(|object| (rank(object), domain_depth(object, before), sort_name(object)));
    creations.into_iter().for_each(|object| out.create(object));
    drops.into_iter().rev().for_each(|object| out.drop(object, &dropped, after));
    plan_renames(&ordered).into_iter().for_each(|renamed| out.rename(renamed));
    out.0.sort_by_key(|(phase, _)| *phase);
    out.0
}

/// What stands behind ALTER for an object that has a schema.
pub(crate) fn alter_kind(object: &Object) -> Option<&'static str> {
    match object {
        Object::Schema(_) | Object::Extension(_) => None,
        Object::Enum(_) => Some("TYPE"),
        Object::Domain(_) => Some("DOMAIN"),
        Object::Sequence(_) => Some("SEQUENCE"),
        Object::Table(_) => Some("TABLE"),
    }
}

fn rank(object: &Object) -> u8 {
    match object {
        Object::Schema(_) => 0,
        Object::Extension(_) => 1,
        Object::Enum(_) => 2,
        Object::Sequence(_) => 3,
        Object::Domain(_) => 4,
        Object::Table(_) => 5,
    }
}

/// How many domains a domain is made over: those come before it.
fn domain_depth(object: &Object, objects: &Objects) -> u32 {
    match object {
        Object::Domain(domain) => {
            let base = domain.data_type.object.and_then(|id| objects.get(&id));
            base.map_or(0, |base| 1 + domain_depth(base, objects))
        }
        Object::Schema(_) | Object::Extension(_) | Object::Enum(_) | Object::Sequence(_) | Object::Table(_) => 0,
    }
}

fn sort_name(object: &Object) -> (String, String) {
    match object {
        Object::Schema(schema) => (schema.name.clone(), String::new()),
        Object::Extension(extension) => (extension.name.clone(), String::new()),
        Object::Enum(EnumType { name, .. })
        | Object::Domain(Domain { name, .. })
        | Object::Sequence(Sequence { name, .. })
        | Object::Table(Table { name, .. }) => (name.schema.clone(), name.name.clone()),
    }
}

fn drawn_from_elsewhere(sequence: &Sequence, owner: &ColumnRef, before: &Objects) -> bool {
    let call = format!("nextval({}::regclass)", literal(&qualified(&sequence.name)));
    let draws = |id: &ObjectId, column: &Column| {
        (*id, column.id) != (owner.table, owner.column)
            && matches!(&column.value, ColumnValue::Default { sql, .. } if sql.contains(&call))
    };
    before.iter().any(|(id, object)| match object {
        Object::Table(table) => table.columns.iter().any(|column| draws(id, column)),
        Object::Schema(_) | Object::Extension(_) | Object::Enum(_) | Object::Domain(_) | Object::Sequence(_) => false,
    })
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

#[derive(Default)]
struct Steps(Vec<Step>);

impl Steps {
    fn push(&mut self, phase: Phase, sql: String) {
        self.0.push((phase, sql));
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

    fn create_domain(&mut self, domain: &Domain) {
        let (checks, later): (Vec<&Constraint>, Vec<&Constraint>) =
            domain.constraints.iter().partition(|c| c.validated);
        let mut create = format!("CREATE DOMAIN {} AS {}", qualified(&domain.name), domain.data_type.name);
        if let Some(collation) = &domain.collation {
            create.push_str(&format!(" COLLATE {collation}"));
        }
        if let Some(default) = &domain.default {
            create.push_str(&format!(" DEFAULT {}", reparsable(default)));
        }
        if domain.not_null {
            create.push_str(" NOT NULL");
        }
        for check in checks {
            create.push_str(&format!(" {}", constraint_clause(check)));
        }
        self.push(Phase::CreateTypes, create);
        later.into_iter().for_each(|constraint| self.add_domain_constraint(domain, constraint));
    }

    fn add_domain_constraint(&mut self, domain: &Domain, constraint: &Constraint) {
        let not_valid = if constraint.validated { "" } else { " NOT VALID" };
        self.push(
            Phase::Constraints,
            format!("ALTER DOMAIN {} ADD {}{not_valid}", qualified(&domain.name), constraint_clause(constraint)),
        );
    }

    fn alter_domain(&mut self, before: &Domain, after: &Domain) {
        let alter = format!("ALTER DOMAIN {}", qualified(&after.name));
        for constraint in &before.constraints {
            match after.constraints.iter().find(|c| c.id == constraint.id) {
                None => self.push(Phase::Relax, format!("{alter} DROP CONSTRAINT {}", ident(&constraint.name))),
                Some(kept) => {
                    if kept.name != constraint.name {
                        let (from, to) = (ident(&constraint.name), ident(&kept.name));
                        self.push(Phase::Relax, format!("{alter} RENAME CONSTRAINT {from} TO {to}"));
                    }
                    if kept.validated && !constraint.validated {
                        self.push(Phase::ForeignKeys, format!("{alter} VALIDATE CONSTRAINT {}", ident(&kept.name)));
                    }
                }
            }
        }
        if before.default != after.default {
            let default = after.default.as_ref();
            let change = default.map_or("DROP DEFAULT".to_owned(), |sql| format!("SET DEFAULT {}", reparsable(sql)));
            self.push(Phase::Values, format!("{alter} {change}"));
        }
        if before.not_null != after.not_null {
            let change = if after.not_null { "SET NOT NULL" } else { "DROP NOT NULL" };
            self.push(Phase::Constraints, format!("{alter} {change}"));
        }
        for constraint in &after.constraints {
            if !before.constraints.iter().any(|c| c.id == constraint.id) {
                self.add_domain_constraint(after, constraint);
            }
        }
    }

    fn own(&mut self, sequence: &Sequence) {
        if let Some(owner) = &sequence.owned_by {
            let (name, table, column) =
                (qualified(&sequence.name), qualified(&owner.table_name), ident(&owner.column_name));
            self.push(Phase::Own, format!("ALTER SEQUENCE {name} OWNED BY {table}.{column}"));
        }
    }

    fn create_table(&mut self, table: &Table) {
        let name = qualified(&table.name);
        let mut keys = BTreeSet::new();
        let (inline, later): (Vec<&Constraint>, Vec<&Constraint>) = table
            .constraints
            .iter()
            .partition(|c| c.validated && c.kind != ConstraintKind::ForeignKey && !repeats_a_key(c, &mut keys));
        let columns = table.columns.iter().map(|column| {
            let mut definition = format!("{} {}", ident(&column.name), column_type(column));
            match &column.value {
                ColumnValue::None => {}
                ColumnValue::Default { sql, .. } => definition.push_str(&format!(" DEFAULT {}", reparsable(sql))),
                ColumnValue::Generated { .. } | ColumnValue::Identity { .. } => definition.push_str(&generated(column)),
            }
            if column.not_null {
                definition.push_str(" NOT NULL");
            }
            definition
        });
        let body: Vec<String> = columns.chain(inline.iter().map(|c| constraint_clause(c))).collect();
        self.push(
            Phase::CreateTables,
            format!("CREATE {}TABLE {name} ({})", if table.unlogged { "UNLOGGED " } else { "" }, body.join(", ")),
        );
        later.into_iter().for_each(|constraint| self.add_constraint(&table.name, constraint));
        table.indexes.iter().for_each(|index| self.create_index(&table.name, index));
        table.columns.iter().for_each(|column| self.retype_identity(column));
    }

    /// An identity column's sequence has the column's type, unless LIKE made it or somebody altered it.
    fn retype_identity(&mut self, column: &Column) {
        if let ColumnValue::Identity { sequence, options, .. } = &column.value {
            if !has_own_type(column, options) {
                self.push(Phase::Own, format!("ALTER SEQUENCE {} {}", qualified(sequence), sequence_options(options)));
            }
        }
    }

    fn add_constraint(&mut self, table: &QualifiedName, constraint: &Constraint) {
        let phase = match constraint.kind {
            ConstraintKind::ForeignKey => Phase::ForeignKeys,
            _ => Phase::Constraints,
        };
        let not_valid = if constraint.validated { "" } else { " NOT VALID" };
        self.push(phase, format!("ALTER TABLE {} ADD {}{not_valid}", qualified(table), constraint_clause(constraint)));
    }

    fn create_index(&mut self, table: &QualifiedName, index: &Index) {
        let mut create = format!(
            "CREATE {}INDEX {} ON {} USING {}",
            if index.unique { "UNIQUE " } else { "" },
            ident(&index.name),
            qualified(table),
            reparsable(&index.definition)
        );
        if !index.options.is_empty() {
            create.push_str(&format!(" WITH ({})", index.options.join(", ")));
        }
        if let Some(predicate) = &index.predicate {
            create.push_str(&format!(" WHERE {}", reparsable(predicate)));
        }
        self.push(Phase::Constraints, create);
    }

    fn drop(&mut self, object: &Object, dropped: &BTreeSet<ObjectId>, after: &Objects) {
        match object {
            // A client may keep things of its own there.
            Object::Schema(schema) => self.push(Phase::DropLast, drop_schema_if_empty(&schema.name)),
            // What else on the client needs the extension is not known here.
            Object::Extension(_) => {}
            Object::Enum(enumeration) => {
                let aside = self.set_aside("TYPE", &enumeration.name, after);
                self.push(Phase::DropLast, format!("DROP TYPE {}", qualified(&aside)));
            }
            Object::Domain(domain) => {
                let aside = self.set_aside("DOMAIN", &domain.name, after);
                self.push(Phase::DropLast, format!("DROP DOMAIN {}", qualified(&aside)));
            }
            Object::Sequence(sequence) => {
                if sequence.owned_by.is_some() {
                    self.push(Phase::Disown, format!("ALTER SEQUENCE {} OWNED BY NONE", qualified(&sequence.name)));
                }
                let aside = self.set_aside("SEQUENCE", &sequence.name, after);
                self.push(Phase::DropLast, format!("DROP SEQUENCE {}", qualified(&aside)));
            }
            Object::Table(table) => {
                let among_dropped =
                    table.constraints.iter().filter(|c| c.references.is_some_and(|id| dropped.contains(&id)));
                for constraint in among_dropped {
                    let (name, constraint) = (qualified(&table.name), ident(&constraint.name));
                    self.push(Phase::DropForeignKeys, format!("ALTER TABLE {name} DROP CONSTRAINT {constraint}"));
                }
                self.push(Phase::DropTables, format!("DROP TABLE {}", qualified(&table.name)));
            }
        }
    }

    /// What goes last may have to leave its name to something new before.
    fn set_aside(&mut self, kind: &str, name: &QualifiedName, after: &Objects) -> QualifiedName {
        if !after.values().any(|object| object.qualified_name().as_ref() == Some(name)) {
            return name.clone();
        }
        let aside = QualifiedName { schema: name.schema.clone(), name: crate::rename::aside(&name.name) };
        self.push(Phase::SetAside, format!("ALTER {kind} {} RENAME TO {}", qualified(name), ident(&aside.name)));
        aside
    }

    fn rename(&mut self, renamed: Renamed) {
        match renamed {
            Renamed::Schema(sql) => self.push(Phase::RenameSchemas, sql),
            Renamed::Other(sql) => self.push(Phase::Renames, sql),
        }
    }

    fn change(&mut self, change: &Change, before: &Objects) {
        // What goes before the renames goes under the old name.
        let old_name = |table: &TableRef| match before.get(&table.id) {
            Some(Object::Table(table)) => table.name.clone(),
            _ => table.qualified(),
        };
        let alter = |table: &TableRef| format!("ALTER TABLE {}", qualified(&table.qualified()));
        let alter_column = |c: &ColumnChange| format!("{} ALTER COLUMN {}", alter(&c.table), ident(&c.after.name));
        match change {
            Change::Create { .. } | Change::Drop { .. } => {}
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
            Change::AlterSequence { name, after, .. } => {
                self.push(Phase::Values, format!("ALTER SEQUENCE {} {}", qualified(name), sequence_options(after)))
            }
            Change::SetSequenceOwner { name, before: owner_before, after: owner, id } => {
                if owner_before.is_some() {
                    let old = before.get(id).and_then(Object::qualified_name).unwrap_or_else(|| name.clone());
                    self.push(Phase::Disown, format!("ALTER SEQUENCE {} OWNED BY NONE", qualified(&old)));
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
            Change::AddColumn(added) => self.add_column(&alter(&added.table), &added.part),
            Change::DropColumn(c) => self.push(
                Phase::DropColumns,
                format!("ALTER TABLE {} DROP COLUMN {}", qualified(&old_name(&c.table)), ident(&c.part.name)),
            ),
            Change::SetType(c) => self.set_type(&alter_column(c), c),
            Change::RewriteValues(c) => {
                let (column, data_type) = (ident(&c.after.name), &c.after.data_type.name);
                self.push(Phase::Columns, format!("{} TYPE {data_type} USING {column}", alter_column(c)));
            }
            Change::SetNotNull(c) => self.push(Phase::Constraints, format!("{} SET NOT NULL", alter_column(c))),
            Change::DropNotNull(c) => self.push(Phase::Relax, format!("{} DROP NOT NULL", alter_column(c))),
            Change::SetDefault(c) => {
                if let ColumnValue::Default { sql, .. } = &c.after.value {
                    self.push(Phase::Values, format!("{} SET DEFAULT {}", alter_column(c), reparsable(sql)));
                }
            }
            Change::DropDefault(c) => self.push(Phase::Relax, format!("{} DROP DEFAULT", alter_column(c))),
            Change::SetIdentity(c) => self.set_identity(&alter_column(c), c),
            Change::DropIdentity(c) => self.push(Phase::Relax, format!("{} DROP IDENTITY", alter_column(c))),
            Change::SetExpression(c) => {
                if let ColumnValue::Generated { sql, .. } = &c.after.value {
                    self.push(Phase::Values, format!("{} SET EXPRESSION AS ({})", alter_column(c), reparsable(sql)));
                }
            }
            Change::DropExpression(c) => self.push(Phase::Relax, format!("{} DROP EXPRESSION", alter_column(c))),
            Change::AddConstraint(added) => self.add_constraint(&added.table.qualified(), &added.part),
            Change::DropConstraint(c) => {
                let phase = match c.part.kind {
                    ConstraintKind::ForeignKey => Phase::DropForeignKeys,
                    _ => Phase::DropParts,
                };
                let table = qualified(&old_name(&c.table));
                self.push(phase, format!("ALTER TABLE {table} DROP CONSTRAINT {}", ident(&c.part.name)));
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
            Change::CreateIndex(added) => self.create_index(&added.table.qualified(), &added.part),
            Change::DropIndex(c) => {
                let index = QualifiedName { schema: old_name(&c.table).schema, name: c.part.name.clone() };
                self.push(Phase::DropParts, format!("DROP INDEX {}", qualified(&index)));
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

    fn rename_labels(&mut self, name: &QualifiedName, before: &[String], after: &[String]) {
        let renames: Vec<(&String, &String)> =
            before.iter().zip(after).filter(|(before, after)| before != after).collect();
        let crossing = renames.iter().any(|(_, target)| before.contains(target));
        let mut rename = |from: &str, to: &str| {
            self.push(
                Phase::CreateTypes,
                format!("ALTER TYPE {} RENAME VALUE {} TO {}", qualified(name), literal(from), literal(to)),
            );
        };
        if crossing {
            renames.iter().for_each(|(from, _)| rename(from, &crate::rename::aside(from)));
            renames.iter().for_each(|(from, to)| rename(&crate::rename::aside(from), to));
        } else {
            renames.iter().for_each(|(from, to)| rename(from, to));
        }
    }

    /// A new column is added with what existing rows got, and only then gets the default that new rows get.
    fn add_column(&mut self, alter: &str, column: &Column) {
        let mut add = format!("{alter} ADD COLUMN {} {}", ident(&column.name), column_type(column));
        let default = match &column.value {
            ColumnValue::Default { sql, .. } => Some(reparsable(sql)),
            ColumnValue::None => None,
            ColumnValue::Generated { .. } | ColumnValue::Identity { .. } => {
                add.push_str(&generated(column));
                self.retype_identity(column);
                if column.not_null {
                    add.push_str(" NOT NULL");
                }
                return self.push(Phase::Columns, add);
            }
        };
        let mut then = None;
        match (&column.fill, default) {
            (Fill::Value { text }, Some(sql)) if constant(&sql, text) => add.push_str(&format!(" DEFAULT {sql}")),
            (Fill::Value { text }, default) => {
                add.push_str(&format!(" DEFAULT {}::{}", literal(text), column.data_type.name));
                then = Some(match default {
                    Some(sql) => format!("SET DEFAULT {sql}"),
                    None => "DROP DEFAULT".to_owned(),
                });
            }
            (Fill::Null, Some(sql)) => then = Some(format!("SET DEFAULT {sql}")),
            (Fill::None | Fill::Unknown, Some(sql)) => add.push_str(&format!(" DEFAULT {sql}")),
            (Fill::None | Fill::Null | Fill::Unknown, None) => {}
        }
        if column.not_null {
            add.push_str(" NOT NULL");
        }
        self.push(Phase::Columns, add);
        if let Some(then) = then {
            self.push(Phase::Columns, format!("{alter} ALTER COLUMN {} {then}", ident(&column.name)));
        }
    }

    fn set_type(&mut self, alter_column: &str, change: &ColumnChange) {
        let widens = crate::classify::widens(&change.before.data_type.name, &change.after.data_type.name);
        if let ColumnValue::Default { id: before, sql: before_sql, .. } = &change.before.value {
            let (same, sql) = match &change.after.value {
                ColumnValue::Default { id, sql, .. } => (id == before, Some(sql)),
                ColumnValue::None | ColumnValue::Generated { .. } | ColumnValue::Identity { .. } => (false, None),
            };
            // A default that cannot be cast would stand in the way. Where it is another one, it is set by its own change; the
            // same one follows by itself when the type widens, and is set again when it doesn't.
            if !(same && (widens || sql == Some(before_sql))) {
                self.push(Phase::Relax, format!("{alter_column} DROP DEFAULT"));
                if let (true, Some(sql)) = (same, sql) {
                    self.push(Phase::Values, format!("{alter_column} SET DEFAULT {sql}"));
                }
            }
        }
        let data_type = column_type(&change.after);
        let using = match widens {
            true => String::new(),
            false => format!(" USING {}::text::{}", ident(&change.after.name), change.after.data_type.name),
        };
        self.push(Phase::Columns, format!("{alter_column} TYPE {data_type}{using}"));
    }

    fn set_identity(&mut self, alter_column: &str, change: &ColumnChange) {
        let ColumnValue::Identity { always, sequence, options } = &change.after.value else { return };
        let kind = if *always { "ALWAYS" } else { "BY DEFAULT" };
        match &change.before.value {
            ColumnValue::Identity { always: before_always, sequence: before_sequence, options: before_options } => {
                if always != before_always {
                    self.push(Phase::Values, format!("{alter_column} SET GENERATED {kind}"));
                }
                if options != before_options {
                    self.push(
                        Phase::Values,
                        format!("ALTER SEQUENCE {} {}", qualified(sequence), sequence_options(options)),
                    );
                }
                if sequence.name != before_sequence.name {
                    let old = QualifiedName { schema: sequence.schema.clone(), name: before_sequence.name.clone() };
                    self.push(
                        Phase::Renames,
                        format!("ALTER SEQUENCE {} RENAME TO {}", qualified(&old), ident(&sequence.name)),
                    );
                }
            }
            _ => {
                self.push(Phase::Values, format!("{alter_column} ADD{}", generated(&change.after)));
                self.retype_identity(&change.after);
            }
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

fn column_type(column: &Column) -> String {
    match &column.collation {
        Some(collation) => format!("{} COLLATE {collation}", column.data_type.name),
        None => column.data_type.name.clone(),
    }
}

/// ` GENERATED …`, or nothing for a plain column.
fn generated(column: &Column) -> String {
    match &column.value {
        ColumnValue::None | ColumnValue::Default { .. } => String::new(),
        ColumnValue::Generated { sql, .. } => format!(" GENERATED ALWAYS AS ({}) STORED", reparsable(sql)),
        ColumnValue::Identity { always, sequence, options } => {
            let kind = if *always { "ALWAYS" } else { "BY DEFAULT" };
            match has_own_type(column, options) {
                true => format!(
                    " GENERATED {kind} AS IDENTITY (SEQUENCE NAME {} {})",
                    qualified(sequence),
                    identity_options(options)
                ),
                false => format!(" GENERATED {kind} AS IDENTITY (SEQUENCE NAME {})", qualified(sequence)),
            }
        }
    }
}

/// Whether an identity column's sequence is of the column's type.
fn has_own_type(column: &Column, options: &SequenceOptions) -> bool {
    options.data_type == column.data_type.name
}

/// The options of an identity column's sequence; its type is the column's.
fn identity_options(options: &SequenceOptions) -> String {
    format!(
        "INCREMENT BY {} MINVALUE {} MAXVALUE {} START WITH {} CACHE {} {}",
        options.increment,
        options.min,
        options.max,
        options.start,
        options.cache,
        if options.cycle { "CYCLE" } else { "NO CYCLE" }
    )
}

fn sequence_options(options: &SequenceOptions) -> String {
    format!("AS {} {}", options.data_type, identity_options(options))
}

/// CREATE TABLE makes one of two keys on the same columns: the second has to come after it.
fn repeats_a_key<'a>(constraint: &'a Constraint, keys: &mut BTreeSet<(&'a str, Timing)>) -> bool {
    let definition = &*constraint.definition;
    let columns = match constraint.kind {
        ConstraintKind::PrimaryKey => definition.strip_prefix("PRIMARY KEY").unwrap_or(definition),
        ConstraintKind::Unique => definition.strip_prefix("UNIQUE").unwrap_or(definition),
        ConstraintKind::Exclusion => definition,
        ConstraintKind::Check | ConstraintKind::ForeignKey => return false,
    };
    !keys.insert((columns, constraint.timing))
}

fn constraint_clause(constraint: &Constraint) -> String {
    let timing = match constraint.timing {
        Timing::Immediate => "",
        Timing::Deferrable => " DEFERRABLE",
        Timing::Deferred => " DEFERRABLE INITIALLY DEFERRED",
    };
    format!("CONSTRAINT {} {}{timing}", ident(&constraint.name), reparsable(&constraint.definition))
}

/// Whether a default's text is the plain constant that rows got, so that one step does for two.
fn constant(sql: &str, text: &str) -> bool {
    let quoted = literal(text);
    sql == text && text.bytes().all(|b| b.is_ascii_digit())
        || matches!((sql, text), ("true", "t") | ("false", "f"))
        || sql.strip_prefix(&*quoted).is_some_and(|rest| rest.starts_with("::") && !rest.contains(['(', '\'']))
}
