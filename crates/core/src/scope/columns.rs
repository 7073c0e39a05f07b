//! Column lists of a publication: a column that is not in the list is not in the client's table, nor is what needs it.

use std::collections::{BTreeMap, BTreeSet};

use super::{is_partition, Scope};
use crate::catalog::{Catalog, RawColumn, RawConstraint, RawTable, RawView, Unsupported};
use crate::identify::Known;
use crate::model::{ConstraintKind, Object, QualifiedName};
use crate::quote::{ident, qualified};

/// The columns of a table that are published.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Columns {
    /// All of them.
    All,
    /// Those of these names. Generated columns are in no list: clients compute them from what they have.
    Only(BTreeSet<String>),
}

/// Takes from each table the columns that its publication leaves out, and what needs them.
pub fn limit(catalog: &mut Catalog, scope: &Scope) {
    let mut notes = Vec::new();
    catalog.tables.retain_mut(|table| {
        let Some(published) = scope.columns(table.oid) else { return true };
        let hidden = hidden(table, published, &mut notes);
        if hidden.is_empty() {
            return true;
        }
        if let Some(column) = table.partition_key.as_ref().and_then(|key| first_of(&key.columns, &hidden)) {
            let reason = format!("its partition key needs column {}, which the publication leaves out", quoted(column));
            notes.push(Unsupported::object(table.oid, "partitioned table", &table.name, reason));
            return false;
        }
        table.columns.retain(|column| !hidden.contains_key(&column.attnum));
        table.uses.retain(|used| !hidden.contains_key(&used.attnum));
        table.constraints.retain(|constraint| {
            let needs: Vec<i16> = match constraint.kind {
                // The index is another table's.
                ConstraintKind::ForeignKey => constraint.columns.clone(),
                _ => constraint.columns.iter().chain(&constraint.index_columns).copied().collect(),
            };
            let Some(column) = first_of(&needs, &hidden) else { return true };
            notes.push(note_constraint(table.oid, &table.name, constraint, needs_hidden(column)));
            false
        });
        table.indexes.retain(|index| {
            let Some(column) = first_of(&index.columns, &hidden) else { return true };
            let name = QualifiedName { schema: table.name.schema.clone(), name: index.name.clone() };
            notes.push(Unsupported::part(index.oid, table.oid, "index", qualified(&name), needs_hidden(column)));
            false
        });
        // A typed table has all columns of its type.
        table.of_type = None;
        true
    });
    catalog.unsupported.extend(notes);
}

/// The columns that clients do not get, by attnum.
fn hidden(table: &RawTable, published: &BTreeSet<String>, notes: &mut Vec<Unsupported>) -> BTreeMap<i16, String> {
    let generated = |column: &&RawColumn| column.default.as_ref().is_some_and(|d| d.generated);
    let plain = table.columns.iter().filter(|column| !generated(column));
    let mut hidden: BTreeMap<i16, String> = plain
        .filter(|column| !published.contains(&column.name))
        .map(|column| (column.attnum, column.name.clone()))
        .collect();
    let mut computed = Vec::new();
    for column in table.columns.iter().filter(generated) {
        let needs = column.default.iter().flat_map(|default| &default.columns).copied().collect::<Vec<i16>>();
        let Some(needed) = first_of(&needs, &hidden) else { continue };
        let identity = format!("{}.{}", qualified(&table.name), ident(&column.name));
        notes.push(Unsupported::part(table.oid, table.oid, "generated column", identity, needs_hidden(needed)));
        computed.push((column.attnum, column.name.clone()));
    }
    hidden.extend(computed);
    hidden
}

/// The first of these columns that is hidden; 0 stands for the whole row.
fn first_of<'a>(columns: &[i16], hidden: &'a BTreeMap<i16, String>) -> Option<&'a String> {
    let whole_row = columns.contains(&0).then(|| hidden.values().next()).flatten();
    whole_row.or_else(|| columns.iter().find_map(|attnum| hidden.get(attnum)))
}

fn quoted(column: &str) -> String {
    format!("\"{}\"", column.replace('"', "\"\""))
}

fn needs_hidden(column: &str) -> String {
    format!("it needs column {}, which the publication leaves out", quoted(column))
}

fn note_constraint(table: u32, name: &QualifiedName, constraint: &RawConstraint, reason: String) -> Unsupported {
    let kind = match constraint.kind {
        ConstraintKind::ForeignKey => "foreign key",
        _ => "table constraint",
    };
    let identity = format!("{} on {}", ident(&constraint.name), qualified(name));
    Unsupported::part(constraint.oid, table, kind, identity, reason)
}

/// Leaves out, and says so, the foreign keys to tables and columns that clients do not have.
pub fn foreign_keys<'a>(catalog: &mut Catalog, elsewhere: &impl Fn(u32) -> Option<&'a Known>) {
    let there: BTreeMap<u32, BTreeSet<i16>> =
        catalog.tables.iter().map(|table| (table.oid, table.columns.iter().map(|c| c.attnum).collect())).collect();
    let has = |table: u32, columns: &[i16]| -> Option<bool> {
        let all = |has: &dyn Fn(&i16) -> bool| columns.iter().all(has);
        match there.get(&table) {
            Some(theirs) => Some(all(&|attnum| theirs.contains(attnum))),
            None => elsewhere(table).map(|known| all(&|attnum| known.identity.columns.contains_key(attnum))),
        }
    };
    let definitions = |table: &RawTable| -> Vec<(u32, String)> {
        let keys = table.constraints.iter().filter(|c| c.references.is_some());
        keys.map(|c| (table.oid, c.definition.clone())).collect()
    };
    let all: BTreeSet<(u32, String)> = catalog.tables.iter().flat_map(definitions).collect();
    let mut notes = Vec::new();
    for table in &mut catalog.tables {
        let (oid, name, parents) = (table.oid, &table.name, &table.parents);
        let partition_of = parents.iter().find(|parent| parent.bound.is_some()).map(|parent| parent.oid);
        table.constraints.retain(|constraint| {
            let Some(references) = constraint.references else { return true };
            let to = constraint.refers_to.as_deref().unwrap_or("a table");
            let reason = match has(references, &constraint.index_columns) {
                Some(true) => return true,
                Some(false) => format!("it refers to columns of {to} that are not distributed"),
                None => format!("it refers to {to}, which is not distributed"),
            };
            // A partition has it from its parent, of which it is said.
            if !partition_of.is_some_and(|parent| all.contains(&(parent, constraint.definition.clone()))) {
                notes.push(note_constraint(oid, name, constraint, reason));
            }
            false
        });
    }
    catalog.unsupported.extend(notes);
}

/// Why a view cannot be had with the columns that clients have of the tables that it reads.
pub fn unreadable(
    view: &RawView,
    tables: &BTreeMap<u32, &RawTable>,
    known: &BTreeMap<u32, Known>,
    elsewhere: &impl Fn(u32) -> bool,
) -> Option<String> {
    let clients_have = |oid: u32| -> Option<Vec<i16>> {
        let before = known.get(&oid).filter(|known| matches!(known.object, Object::Table(_)));
        let part = |attnum: &i16| before.and_then(|known| known.identity.columns.get(attnum)).copied();
        let mut attnums: Vec<i16> = match tables.get(&oid) {
            Some(table) => table.columns.iter().map(|column| column.attnum).collect(),
            None if elsewhere(oid) => before?.identity.columns.keys().copied().collect(),
            None => return None,
        };
        attnums.sort_by_key(|attnum| (part(attnum).is_none(), part(attnum), *attnum));
        Some(attnums)
    };
    view.uses.iter().filter(|used| !used.columns.is_empty()).find_map(|used| {
        let there = clients_have(used.oid)?;
        if let Some(missing) = used.columns.iter().find(|column| !there.contains(&column.attnum)) {
            let column = quoted(&missing.name);
            return Some(format!("it reads column {column} of {}, which is not distributed", used.identity));
        }
        let in_order = there.is_sorted() || !view.by_position;
        (!in_order).then(|| {
            format!("it names the columns of {} by position, and clients have them in another order", used.identity)
        })
    })
}

/// Why a child cannot be had with the columns that clients have of the tables that it inherits from.
pub fn narrower_than_parent(
    table: &RawTable,
    tables: &BTreeMap<u32, &RawTable>,
    known: &BTreeMap<u32, Known>,
) -> Option<String> {
    if is_partition(table) {
        return None;
    }
    let has = |name: &str| table.columns.iter().any(|column| column.name == name);
    table.parents.iter().find_map(|parent| {
        let theirs: Vec<&str> = match tables.get(&parent.oid) {
            Some(parent) => parent.columns.iter().map(|column| &*column.name).collect(),
            None => known.get(&parent.oid)?.object.as_table()?.columns.iter().map(|column| &*column.name).collect(),
        };
        let missing = theirs.into_iter().find(|name| !has(name))?;
        let (parent, column) = (qualified(&parent.name), quoted(missing));
        Some(format!("it inherits column {column} from {parent}, and the publication leaves it out"))
    })
}
