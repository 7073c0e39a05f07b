//! Tables: columns, constraints, indexes.

use std::collections::BTreeSet;

use super::types::{altered_options, identity_options, sequence_options};
use super::{persistence, Phase, Steps};
use crate::change::ColumnChange;
use crate::expression::reparsable;
use crate::model::{
    Column, ColumnValue, Constraint, ConstraintKind, Fill, Index, Object, ObjectId, QualifiedName, SequenceOptions,
    Table, Timing,
};
use crate::quote::{ident, literal, qualified};

impl Steps<'_> {
    pub(super) fn create_table(&mut self, table: &Table) {
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
            format!(
                "CREATE {}TABLE {name} ({}){}",
                if table.unlogged { "UNLOGGED " } else { "" },
                body.join(", "),
                table.partition_key.as_ref().map(|key| format!(" PARTITION BY {}", key.definition)).unwrap_or_default()
            ),
        );
        later.into_iter().for_each(|constraint| self.add_constraint(&table.name, constraint));
        // Of indexes that are alike, the one that was made first is adopted first.
        let mut indexes: Vec<&Index> = table.indexes.iter().collect();
        if table.partition_key.is_some() || table.is_partition() {
            let made = |index: &Index| if table.partition_key.is_some() { index.id } else { 0 };
            indexes.sort_by_key(|index| (index.part_of.unwrap_or(u32::MAX), made(index)));
        }
        indexes.into_iter().for_each(|index| self.create_index(&table.name, index));
        table.columns.iter().for_each(|column| self.retype_identity(column));
        // On its own first: so its columns have their order, and its constraints and indexes their names.
        table.parents.iter().for_each(|parent| self.attach(&table.name, parent));
        if let Some(data_type) = &table.of_type {
            self.push(Phase::Attach, format!("ALTER TABLE {name} OF {}", data_type.name));
        }
    }

    /// An identity column's sequence has the column's type and its table's persistence, unless LIKE made it or somebody altered it.
    fn retype_identity(&mut self, column: &Column) {
        if let ColumnValue::Identity { sequence, options, unlogged, .. } = &column.value {
            if let Some(unlogged) = unlogged {
                let (name, to) = (qualified(sequence), persistence(*unlogged));
                self.push(Phase::Own, format!("ALTER SEQUENCE {name} SET {to}"));
            }
            if !has_own_type(column, options) {
                self.push(Phase::Own, format!("ALTER SEQUENCE {} {}", qualified(sequence), sequence_options(options)));
            }
        }
    }

    pub(super) fn add_constraint(&mut self, table: &QualifiedName, constraint: &Constraint) {
        let not_valid = if constraint.validated { "" } else { " NOT VALID" };
        let add = format!("ALTER TABLE {} ADD {}{not_valid}", qualified(table), constraint_clause(constraint));
        if let Some(make_way) = not_null_makes_way(table, &constraint.name) {
            self.push(Phase::Constraints, make_way);
        }
        if constraint.kind != ConstraintKind::ForeignKey {
            return self.push(Phase::Constraints, add);
        }
        // A foreign key to a partitioned table brings others, to the partitions, under such names of them as are still free.
        let like_those = constraint.name.starts_with(&format!("{}_", table.name)) && constraint.name.contains("_fkey");
        let to = constraint.references.and_then(|id| self.after.get(&id)?.as_table());
        let brings_others = to.is_some_and(|table| table.partition_key.is_some());
        let turn = match (like_those, brings_others) {
            (true, false) => 2,
            (true, true) => 1,
            (false, _) => 0,
        };
        self.push_earlier(turn, Phase::ForeignKeys, add);
    }

    pub(super) fn drop_table(&mut self, table: &Table, dropped: &BTreeSet<ObjectId>) {
        let name = qualified(&table.name);
        // A parent's may have taken it along.
        let if_exists = if table.parents.is_empty() { "" } else { "IF EXISTS " };
        // What they refer to goes, too, or the key that they depend on.
        let goes = |id: ObjectId| dropped.contains(&id) || self.loses_key.contains(&id);
        let first: Vec<&Constraint> = table.constraints.iter().filter(|c| c.references.is_some_and(goes)).collect();
        for constraint in first {
            let drop = format!("ALTER TABLE {name} DROP CONSTRAINT {if_exists}{}", ident(&constraint.name));
            self.push(Phase::DropForeignKeys, drop);
        }
        // Children before their parents, which they go with.
        self.generation = 0;
        self.push(Phase::DropTables, format!("DROP TABLE {name}"));
    }

    pub(super) fn create_index(&mut self, table: &QualifiedName, index: &Index) {
        self.create_index_in(Phase::Constraints, "", table, index);
    }

    pub(super) fn create_index_in(&mut self, phase: Phase, only: &str, table: &QualifiedName, index: &Index) {
        let mut create = format!(
            "CREATE {}INDEX {} ON {only}{} USING {}",
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
        self.push(phase, create);
    }

    /// A new column is added with what existing rows got, and only then gets the default that new rows get.
    pub(super) fn add_column(&mut self, table: &QualifiedName, only: &str, column: &Column) {
        let (table, name) = (qualified(table), ident(&column.name));
        let mut add = format!("ALTER TABLE {table} ADD COLUMN {name} {}", column_type(column));
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
            self.push(Phase::Columns, format!("ALTER TABLE {only}{table} ALTER COLUMN {name} {then}"));
        }
    }

    /// A default that cannot be cast would stand in the way of another type.
    pub(super) fn set_type_defaults(&mut self, alter_column: &str, change: &ColumnChange) {
        let widens = crate::classify::widens(&change.before.data_type.name, &change.after.data_type.name);
        if let ColumnValue::Default { id: before, sql: before_sql, .. } = &change.before.value {
            let (same, sql) = match &change.after.value {
                ColumnValue::Default { id, sql, .. } => (id == before, Some(sql)),
                ColumnValue::None | ColumnValue::Generated { .. } | ColumnValue::Identity { .. } => (false, None),
            };
            // Where it is another one, it is set by its own change; the same one follows by itself when the type widens, and is
            // set again when it doesn't: equal text can still be of a type that only has the old one's name.
            let follows = widens || sql == Some(before_sql) && change.before.data_type.is(&change.after.data_type);
            if !(same && follows) {
                self.push(Phase::Relax, format!("{alter_column} DROP DEFAULT"));
                if let (true, Some(sql)) = (same, sql) {
                    self.push(Phase::Values, format!("{alter_column} SET DEFAULT {sql}"));
                }
            }
        }
    }

    pub(super) fn set_type(&mut self, alter_column: &str, change: &ColumnChange) {
        let widens = crate::classify::widens(&change.before.data_type.name, &change.after.data_type.name);
        let data_type = column_type(&change.after);
        let using = match widens {
            true => String::new(),
            false => format!(" USING {}::text::{}", ident(&change.after.name), change.after.data_type.name),
        };
        self.push(Phase::Columns, format!("{alter_column} TYPE {data_type}{using}"));
    }

    pub(super) fn set_identity(&mut self, alter_column: &str, change: &ColumnChange) {
        let ColumnValue::Identity { always, sequence, options, unlogged } = &change.after.value else { return };
        let kind = if *always { "ALWAYS" } else { "BY DEFAULT" };
        match &change.before.value {
            ColumnValue::Identity {
                always: before_always,
                sequence: before_sequence,
                options: before_options,
                unlogged: before_unlogged,
            } => {
                if unlogged != before_unlogged {
                    let table = self.after.get(&change.table.id).and_then(Object::as_table);
                    let to = persistence(unlogged.unwrap_or(table.is_some_and(|table| table.unlogged)));
                    self.push(Phase::Values, format!("ALTER SEQUENCE {} SET {to}", qualified(sequence)));
                }
                if always != before_always {
                    self.push(Phase::Values, format!("{alter_column} SET GENERATED {kind}"));
                }
                if options != before_options {
                    let (name, change) = (qualified(sequence), altered_options(before_options, options));
                    self.push(Phase::Values, format!("ALTER SEQUENCE {name} {change}"));
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
        ColumnValue::Identity { always, sequence, options, .. } => {
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

/// Where NOT NULL is a constraint, from 18 on, it has been given a name that another constraint of the server's may have.
fn not_null_makes_way(table: &QualifiedName, name: &str) -> Option<String> {
    if !name.trim_end_matches(|c: char| c.is_ascii_digit()).ends_with("_not_null") {
        return None;
    }
    let relation = qualified(table);
    let aside = format!("electric_schema~{name}");
    let body = format!(
        "BEGIN IF EXISTS (SELECT FROM pg_catalog.pg_constraint WHERE conrelid = {}::pg_catalog.regclass AND conname = {} AND contype = 'n') \
         THEN ALTER TABLE {relation} RENAME CONSTRAINT {} TO {}; END IF; END",
        literal(&relation),
        literal(name),
        ident(name),
        ident(&aside),
    );
    Some(format!("DO {}", literal(&body)))
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

pub(super) fn constraint_clause(constraint: &Constraint) -> String {
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
