//! What a change is about, for people: the object's kind and identity as `pg_identify_object()` writes them, and why it is not additive.

use serde::Serialize;
use serde_json::Value;

use crate::change::{Change, ClassifiedChange, Effect, TableRef};
use crate::classify::Reason;
use crate::model::{Object, QualifiedName, Routine, RoutineKind, View};
use crate::quote::{ident, qualified};

/// The object, or the part of a table, that a change is about.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Subject {
    /// `table`, `table column`, `index`, …
    pub kind: &'static str,
    /// Quoted and qualified.
    pub identity: String,
}

/// One reason why a change is not additive.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Because {
    /// What it is about.
    #[serde(flatten)]
    pub subject: Subject,
    /// The change's name in the ledger.
    pub change: String,
    /// The stable code.
    pub reason: Reason,
    /// What the reason does to clients.
    pub effects: &'static [Effect],
}

impl Because {
    /// As one line of an error's DETAIL.
    pub fn line(&self) -> String {
        let code = |effect: &Effect| serde_json::to_value(effect).ok().and_then(|code| Some(code.as_str()?.to_owned()));
        let effects: Vec<String> = self.effects.iter().filter_map(code).collect();
        let Subject { kind, identity } = &self.subject;
        format!("{kind} {identity}: {}: {} ({})", self.change, self.reason.code(), effects.join(", "))
    }
}

/// Every reason of every change, in order.
pub fn reasons(changes: &[ClassifiedChange]) -> Vec<Because> {
    let because = |classified: &ClassifiedChange| {
        let (subject, change) = (subject(&classified.change), name(&classified.change));
        let reasons = classified.reasons.clone();
        reasons.into_iter().map(move |reason| Because {
            subject: subject.clone(),
            change: change.clone(),
            reason,
            effects: reason.effects(),
        })
    };
    changes.iter().flat_map(because).collect()
}

/// The change's name as the ledger writes it: `add_column`.
pub fn name(change: &Change) -> String {
    match serde_json::to_value(change).ok().as_ref().and_then(|value| value.get("change")) {
        Some(Value::String(name)) => name.clone(),
        _ => String::new(),
    }
}

/// What a change is about, by the name that it had before.
pub fn subject(change: &Change) -> Subject {
    match change {
        Change::Create { after: object, .. }
        | Change::Drop { before: object, .. }
        | Change::Rename { before: object, .. }
        | Change::Refresh { before: object, .. } => of_object(object),
        Change::AddEnumLabel { name, .. } | Change::RenameEnumLabels { name, .. } => named("type", name),
        Change::AlterDomain { before, .. } => named("domain", &before.name),
        Change::AlterComposite { before, .. } => named("type", &before.name),
        Change::RenameMultirange { before, .. } => named("type", before),
        Change::ReplaceRoutine { before, .. } => routine(before),
        Change::RedefineView { before, .. } => view(before),
        Change::AlterSequence { name, .. }
        | Change::SetSequenceOwner { name, .. }
        | Change::SetSequencePersistence { name, .. } => named("sequence", name),
        Change::SetPersistence { table, .. } | Change::SetParents { table, .. } | Change::SetOfType { table, .. } => {
            named("table", &table.qualified())
        }
        Change::AddColumn(part) | Change::DropColumn(part) => column(&part.table, &part.part.name),
        Change::RenameColumn(rename) => column(&rename.table, &rename.before),
        Change::SetType(change)
        | Change::RewriteValues(change)
        | Change::SetNotNull(change)
        | Change::DropNotNull(change)
        | Change::SetDefault(change)
        | Change::DropDefault(change)
        | Change::SetIdentity(change)
        | Change::DropIdentity(change)
        | Change::SetExpression(change)
        | Change::DropExpression(change) => column(&change.table, &change.before.name),
        Change::AddConstraint(part) | Change::DropConstraint(part) => constraint(&part.table, &part.part.name),
        Change::RenameConstraint(rename) => constraint(&rename.table, &rename.before),
        Change::SetTiming(change) | Change::ValidateConstraint(change) => {
            constraint(&change.table, &change.before.name)
        }
        Change::CreateIndex(part) | Change::DropIndex(part) => index(&part.table, &part.part.name),
        Change::RenameIndex(rename) => index(&rename.table, &rename.before),
        Change::SetIndexOptions(change) | Change::SetIndexParent(change) => index(&change.table, &change.before.name),
    }
}

fn of_object(object: &Object) -> Subject {
    match object {
        Object::Schema(schema) => Subject { kind: "schema", identity: ident(&schema.name).into_owned() },
        Object::Extension(extension) => Subject { kind: "extension", identity: ident(&extension.name).into_owned() },
        Object::Enum(enumeration) => named("type", &enumeration.name),
        Object::Domain(domain) => named("domain", &domain.name),
        Object::Composite(composite) => named("type", &composite.name),
        Object::Range(range) => named("type", &range.name),
        Object::Sequence(sequence) => named("sequence", &sequence.name),
        Object::Routine(found) => routine(found),
        Object::Table(table) => named("table", &table.name),
        Object::View(found) => view(found),
    }
}

fn routine(routine: &Routine) -> Subject {
    let kind = match routine.routine {
        RoutineKind::Function => "function",
        RoutineKind::Procedure => "procedure",
    };
    Subject { kind, identity: format!("{}({})", qualified(&routine.name), routine.arguments) }
}

fn view(view: &View) -> Subject {
    named(if view.materialized { "materialized view" } else { "view" }, &view.name)
}

fn named(kind: &'static str, name: &QualifiedName) -> Subject {
    Subject { kind, identity: qualified(name) }
}

fn column(table: &TableRef, name: &str) -> Subject {
    Subject { kind: "table column", identity: format!("{}.{}", qualified(&table.qualified()), ident(name)) }
}

fn constraint(table: &TableRef, name: &str) -> Subject {
    Subject { kind: "table constraint", identity: format!("{} on {}", ident(name), qualified(&table.qualified())) }
}

fn index(table: &TableRef, name: &str) -> Subject {
    named("index", &QualifiedName { schema: table.schema.clone(), name: name.to_owned() })
}
