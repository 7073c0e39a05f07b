//! Renames in an order that never meets a name which is still taken: chains and swaps go through a name aside.

use std::collections::BTreeSet;

use crate::change::Change;
use crate::model::{Object, QualifiedName};
use crate::quote::{ident, qualified};

/// A rename as SQL.
pub enum Renamed {
    /// Of a schema: before everything in it.
    Schema(String),
    /// Of anything else.
    Other(String),
}

/// A name that nothing else has, at most 63 bytes.
pub fn aside(name: &str) -> String {
    const PREFIX: &str = "electric_schema~";
    let room = 63 - PREFIX.len();
    let end = (0..=room.min(name.len())).rev().find(|&end| name.is_char_boundary(end)).unwrap_or(0);
    format!("{PREFIX}{}", &name[..end])
}

struct Rename {
    /// What the name must be unique in: a schema, or a table.
    scope: String,
    /// `ALTER … RENAME` up to the name.
    before: QualifiedName,
    after: QualifiedName,
    /// Statement that gives one name (qualified by `schema`) another.
    statement: Box<dyn Fn(&str, &str, &str) -> String>,
    /// Statement that moves a name into another schema.
    movement: Option<Box<dyn Fn(&str, &str, &str) -> String>>,
}

/// All renames among the changes, in an order that runs after the drops and before the additions.
pub fn plan_renames(changes: &[&Change]) -> Vec<Renamed> {
    let mut out = Vec::new();
    let mut schemas: Vec<(&str, &str)> = Vec::new();
    for change in changes {
        if let Change::Rename { before: Object::Schema(schema), after, .. } = change {
            schemas.push((&schema.name, &after.name));
        }
    }
    let crossing = schemas.iter().any(|(_, target)| schemas.iter().any(|(source, _)| source == target));
    let schema_sql =
        |from: &str, to: &str| Renamed::Schema(format!("ALTER SCHEMA {} RENAME TO {}", ident(from), ident(to)));
    if crossing {
        out.extend(schemas.iter().map(|(from, _)| schema_sql(from, &aside(from))));
        out.extend(schemas.iter().map(|(from, to)| schema_sql(&aside(from), to)));
    } else {
        out.extend(schemas.iter().map(|(from, to)| schema_sql(from, to)));
    }
    let renames: Vec<Rename> = changes.iter().filter_map(|change| rename_of(change, &schemas)).collect();
    // Columns and constraints are renamed in tables that have their new names already.
    let (relations, parts) = renames.into_iter().partition(|rename| rename.scope == "relation");
    out.extend(in_order(relations));
    out.extend(in_order(parts));
    out
}

fn in_order(renames: Vec<Rename>) -> Vec<Renamed> {
    let mut out = Vec::new();
    let taken: BTreeSet<(&str, &str, &str)> =
        renames.iter().map(|r| (&*r.scope, &*r.before.schema, &*r.before.name)).collect();
    let direct = |r: &Rename| {
        !taken.contains(&(&*r.scope, &*r.after.schema, &*r.after.name))
            && (r.before.schema == r.after.schema || r.before.name == r.after.name)
    };
    let (simple, crossed): (Vec<&Rename>, Vec<&Rename>) = renames.iter().partition(|r| direct(r));
    // Whatever goes aside frees its name, so aside comes first.
    out.extend(
        crossed.iter().map(|r| Renamed::Other((r.statement)(&r.before.schema, &r.before.name, &aside(&r.before.name)))),
    );
    for rename in simple {
        out.extend(steps_between(rename, &rename.before.name, &rename.after.name));
    }
    for rename in crossed {
        out.extend(steps_between(rename, &aside(&rename.before.name), &rename.after.name));
    }
    out
}

fn steps_between(rename: &Rename, from: &str, to: &str) -> Vec<Renamed> {
    let mut steps = Vec::new();
    if let (true, Some(movement)) = (rename.before.schema != rename.after.schema, &rename.movement) {
        steps.push(Renamed::Other(movement(&rename.before.schema, from, &rename.after.schema)));
    }
    if from != to {
        steps.push(Renamed::Other((rename.statement)(&rename.after.schema, from, to)));
    }
    steps
}

fn rename_of(change: &Change, schemas: &[(&str, &str)]) -> Option<Rename> {
    match change {
        Change::Rename { before, after, .. } => {
            let kind = match before {
                Object::Schema(_) | Object::Extension(_) => return None,
                Object::Enum(_) => "TYPE",
                Object::Sequence(_) => "SEQUENCE",
                Object::Table(_) => "TABLE",
            };
            let mut before = before.qualified_name()?;
            if let Some((_, renamed)) = schemas.iter().find(|(from, _)| *from == before.schema) {
                before.schema = (*renamed).to_owned();
            }
            Some(Rename {
                scope: "relation".to_owned(),
                before,
                after: after.clone(),
                statement: Box::new(move |schema, from, to| {
                    format!("ALTER {kind} {} RENAME TO {}", name(schema, from), ident(to))
                }),
                movement: Some(Box::new(move |schema, moved, to| {
                    format!("ALTER {kind} {} SET SCHEMA {}", name(schema, moved), ident(to))
                })),
            })
        }
        Change::RenameIndex(rename) => Some(part(
            "relation".to_owned(),
            rename.table.schema.clone(),
            &rename.before,
            &rename.after,
            Box::new(|schema, from, to| format!("ALTER INDEX {} RENAME TO {}", name(schema, from), ident(to))),
        )),
        Change::RenameColumn(rename) => {
            let table = qualified(&rename.table.qualified());
            Some(part(
                format!("column of {table}"),
                String::new(),
                &rename.before,
                &rename.after,
                Box::new(move |_, from, to| {
                    format!("ALTER TABLE {table} RENAME COLUMN {} TO {}", ident(from), ident(to))
                }),
            ))
        }
        Change::RenameConstraint(rename) => {
            let table = qualified(&rename.table.qualified());
            Some(part(
                format!("constraint of {table}"),
                String::new(),
                &rename.before,
                &rename.after,
                Box::new(move |_, from, to| {
                    format!("ALTER TABLE {table} RENAME CONSTRAINT {} TO {}", ident(from), ident(to))
                }),
            ))
        }
        _ => None,
    }
}

fn name(schema: &str, name: &str) -> String {
    qualified(&QualifiedName { schema: schema.to_owned(), name: name.to_owned() })
}

fn part(
    scope: String,
    schema: String,
    before: &str,
    after: &str,
    statement: Box<dyn Fn(&str, &str, &str) -> String>,
) -> Rename {
    let name = |name: &str| QualifiedName { schema: schema.clone(), name: name.to_owned() };
    Rename { scope, before: name(before), after: name(after), statement, movement: None }
}
