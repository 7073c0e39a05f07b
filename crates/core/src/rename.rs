//! Renames in an order that never meets a name which is still taken: chains and swaps go through a name aside.

use std::collections::BTreeSet;

use crate::change::{Change, PartRename};
use crate::diff::Objects;
use crate::model::{Object, ObjectId, QualifiedName, Sequence};
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

/// What gets another name, as ALTER says it.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
enum Renamable {
    /// `ALTER TABLE`, `ALTER TYPE`, …
    Object(&'static str),
    /// `ALTER FUNCTION`, …, and the arguments that tell one from another.
    Routine(&'static str, String),
    /// `ALTER INDEX`, or `ALTER SEQUENCE` of an owned one: it goes where its table goes.
    Follower(&'static str),
    /// Of this table, under its new name.
    Column(String),
    /// Of this table, under its new name.
    Constraint(String),
}

impl Renamable {
    fn rename(&self, schema: &str, from: &str, to: &str) -> String {
        let to = ident(to);
        match self {
            Renamable::Object(kind) | Renamable::Follower(kind) => {
                format!("ALTER {kind} {} RENAME TO {to}", name(schema, from))
            }
            Renamable::Routine(kind, arguments) => {
                format!("ALTER {kind} {}({arguments}) RENAME TO {to}", name(schema, from))
            }
            Renamable::Column(table) => format!("ALTER TABLE {table} RENAME COLUMN {} TO {to}", ident(from)),
            Renamable::Constraint(table) => format!("ALTER TABLE {table} RENAME CONSTRAINT {} TO {to}", ident(from)),
        }
    }

    /// Only objects have a schema of their own.
    fn set_schema(&self, schema: &str, moved: &str, to: &str) -> Option<String> {
        match self {
            Renamable::Object(kind) => Some(format!("ALTER {kind} {} SET SCHEMA {}", name(schema, moved), ident(to))),
            Renamable::Routine(kind, arguments) => {
                Some(format!("ALTER {kind} {}({arguments}) SET SCHEMA {}", name(schema, moved), ident(to)))
            }
            Renamable::Follower(_) | Renamable::Column(_) | Renamable::Constraint(_) => None,
        }
    }

    /// What a name must be unique in, beside its schema: relations share theirs.
    fn scope(&self) -> Option<&Renamable> {
        match self {
            Renamable::Object(_) | Renamable::Follower(_) => None,
            Renamable::Routine(..) | Renamable::Column(_) | Renamable::Constraint(_) => Some(self),
        }
    }
}

struct Rename {
    what: Renamable,
    before: QualifiedName,
    after: QualifiedName,
}

/// All renames among the changes, in an order that runs after the drops and before the additions.
pub fn plan_renames(changes: &[&Change], after: &Objects) -> Vec<Renamed> {
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
    for change in changes {
        if let Change::Rename { before: Object::Extension(extension), after, .. } = change {
            let (name, schema) = (ident(&extension.name), ident(&after.schema));
            out.push(Renamed::Other(format!("ALTER EXTENSION {name} SET SCHEMA {schema}")));
        }
    }
    let renames: Vec<Rename> =
        changes.iter().filter_map(|change| rename_of(change, changes, &schemas, after)).collect();
    // Columns and constraints are named by their table's new name, routines by the new names of their arguments' types.
    let (relations, parts): (Vec<&Rename>, Vec<&Rename>) = renames.iter().partition(|r| r.what.scope().is_none());
    untangle(&relations, &mut out);
    untangle(&parts, &mut out);
    out
}

fn untangle(renames: &[&Rename], out: &mut Vec<Renamed>) {
    let taken: BTreeSet<_> = renames.iter().map(|r| (r.what.scope(), &r.before)).collect();
    let direct = |r: &Rename| {
        !taken.contains(&(r.what.scope(), &r.after))
            && (r.before.schema == r.after.schema || r.before.name == r.after.name)
    };
    let (mut simple, mut crossed): (Vec<&Rename>, Vec<&Rename>) = renames.iter().copied().partition(|r| direct(r));
    for renames in [&mut simple, &mut crossed] {
        renames.sort_by_key(|r| matches!(r.what, Renamable::Follower(_)));
    }
    // Whatever goes aside frees its name, so aside comes first.
    out.extend(
        crossed.iter().map(|r| Renamed::Other(r.what.rename(&r.before.schema, &r.before.name, &aside(&r.before.name)))),
    );
    for rename in simple {
        out.extend(steps_between(rename, &rename.before.name));
    }
    for rename in crossed {
        out.extend(steps_between(rename, &aside(&rename.before.name)));
    }
}

fn steps_between(rename: &Rename, from: &str) -> Vec<Renamed> {
    let Rename { what, before, after } = rename;
    let mut steps = Vec::new();
    if before.schema != after.schema {
        steps.extend(what.set_schema(&before.schema, from, &after.schema).map(Renamed::Other));
    }
    if from != after.name {
        steps.push(Renamed::Other(what.rename(&after.schema, from, &after.name)));
    }
    steps
}

fn rename_of(change: &Change, changes: &[&Change], schemas: &[(&str, &str)], objects: &Objects) -> Option<Rename> {
    let part = |what: Renamable, schema: &str, rename: &PartRename| {
        let name = |name: &str| QualifiedName { schema: schema.to_owned(), name: name.to_owned() };
        Some(Rename { what, before: name(&rename.before), after: name(&rename.after) })
    };
    let table = |rename: &PartRename| qualified(&rename.table.qualified());
    let in_renamed_schema = |name: &QualifiedName| {
        let renamed = schemas.iter().find(|(from, _)| *from == name.schema);
        QualifiedName { schema: renamed.map_or(&*name.schema, |(_, to)| to).to_owned(), name: name.name.clone() }
    };
    // Where the table was, if it moves.
    let moved_from = |table: ObjectId| {
        changes.iter().find_map(|change| match change {
            Change::Rename { id, before, after } if *id == table => {
                let schema = in_renamed_schema(before.qualified_name()?).schema;
                (schema != after.schema).then_some(schema)
            }
            _ => None,
        })
    };
    let let_go = |sequence| changes.iter().any(|c| matches!(c, Change::SetSequenceOwner { id, .. } if *id == sequence));
    match change {
        Change::Rename { id, before: Object::Sequence(Sequence { name, owned_by: Some(owner), .. }), after }
            if moved_from(owner.table).is_some() && !let_go(*id) =>
        {
            let (what, before) = (Renamable::Follower("SEQUENCE"), in_renamed_schema(name));
            (name.name != after.name).then(|| Rename { what, before, after: after.clone() })
        }
        Change::Rename { id, before, after } => {
            let kind = crate::render::alter_kind(before)?;
            let what = match objects.get(id) {
                Some(Object::Routine(routine)) => Renamable::Routine(kind, routine.arguments.clone()),
                _ => Renamable::Object(kind),
            };
            Some(Rename { what, before: in_renamed_schema(before.qualified_name()?), after: after.clone() })
        }
        Change::RenameMultirange { before, after, .. } => {
            Some(Rename { what: Renamable::Object("TYPE"), before: in_renamed_schema(before), after: after.clone() })
        }
        Change::RenameIndex(rename) => {
            let mut index = part(Renamable::Follower("INDEX"), &rename.table.schema, rename)?;
            index.before.schema = moved_from(rename.table.id).unwrap_or(index.before.schema);
            Some(index)
        }
        Change::RenameColumn(rename) => part(Renamable::Column(table(rename)), "", rename),
        Change::RenameConstraint(rename) => part(Renamable::Constraint(table(rename)), "", rename),
        _ => None,
    }
}

fn name(schema: &str, name: &str) -> String {
    qualified(&QualifiedName { schema: schema.to_owned(), name: name.to_owned() })
}
