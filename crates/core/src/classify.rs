//! Why a change is not additive. `docs/classification.md` is this file as a table.
//!
//! Additive means, for every client, whatever subset of the server's rows as of whatever moment it holds: the replay cannot
//! fail; it gives exactly the server's schema and values; and every statement that was valid before is valid after.

mod column;

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::change::{Change, Class, ClassifiedChange, ConstraintChange, Effect, PartChange, TableRef};
use crate::expression;
use crate::model::{
    ColumnValue, CompositeType, Constraint, ConstraintKind, DataType, Domain, Fill, Index, Object, ObjectId, Parent,
    SequenceOptions, Table, View, ViewColumn,
};

pub use column::widens;
use column::{added_column, drop_default, set_default, set_identity, set_type};

/// The schema before and after, as far as the changes touch it.
pub struct Context<'a> {
    /// Objects before.
    pub before: &'a BTreeMap<ObjectId, Object>,
    /// Objects after.
    pub after: &'a BTreeMap<ObjectId, Object>,
    /// Objects beside them that nothing changed, as far as they were read: the parents of partitions.
    pub around: &'a BTreeMap<ObjectId, Object>,
    /// Partitions beside a default partition, which may hold their rows on some client.
    pub beside_default: &'a BTreeSet<ObjectId>,
}

impl<'a> Context<'a> {
    fn table(objects: &'a BTreeMap<ObjectId, Object>, table: &TableRef) -> Option<&'a Table> {
        match objects.get(&table.id) {
            Some(Object::Table(table)) => Some(table),
            _ => None,
        }
    }

    fn table_after(&self, table: &TableRef) -> Option<&'a Table> {
        Self::table(self.after, table)
    }

    fn table_before(&self, table: &TableRef) -> Option<&'a Table> {
        Self::table(self.before, table)
    }
}

/// A stable code for why a change is not additive.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    /// An object goes, and with it what clients hold.
    ObjectDropped,
    /// A column goes, and with it what clients hold.
    ColumnDropped,
    /// Statements that use the old name fail.
    NameChanged,
    /// Statements that use the old label fail.
    LabelRenamed,
    /// Labels were renamed and added at once: which one became which is not known.
    LabelsUnclear,
    /// Inserts that relied on the sequence's old bounds fail.
    SequenceNarrowed,
    /// Rows survive a crash on one side only.
    PersistenceChanged,
    /// Each existing row got a value of its own (a volatile default, an identity, a sequence).
    VolatileFill,
    /// Existing rows got values that cannot be told any more.
    UnknownFill,
    /// A generated column is computed on each client, where its expression can fail or give another result.
    GeneratedColumn,
    /// The new column is NOT NULL, and existing rows got no value.
    NotNullWithoutDefault,
    /// Existing values were converted in a way that a replay cannot repeat.
    ValuesConverted,
    /// Existing values were computed anew by an expression.
    ValuesRewritten,
    /// The column's collation changed.
    CollationChanged,
    /// Existing rows may hold NULL.
    NotNullAdded,
    /// The new default can violate a constraint of the column.
    DefaultUnderConstraint,
    /// Evaluating the new default, or storing what it gives, can fail.
    DefaultCanFail,
    /// Inserts that leave the column out fail now.
    RequiredDefaultDropped,
    /// Inserts that give a value for the column fail now.
    IdentityAlways,
    /// Inserts that leave the column out fail now.
    IdentityDropped,
    /// Existing rows of a generated column are computed anew, or no longer.
    ExpressionChanged,
    /// Existing rows may violate the constraint.
    ConstraintAdded,
    /// `ON CONFLICT` needs the constraint or index, or its name.
    ConflictTargetGone,
    /// The constraint is checked at another time.
    TimingChanged,
    /// Existing rows may violate the unique index.
    UniqueIndexAdded,
    /// The index evaluates an expression that can fail on a client's rows.
    IndexExpressionCanFail,
    /// The default partition may hold rows of the new one.
    BesideDefaultPartition,
    /// A table's rows become those of another table, too.
    ParentAdded,
    /// A table's rows are no longer those of another table, too.
    ParentRemoved,
    /// An attribute goes, and with it what clients hold.
    AttributeDropped,
    /// Values written as rows lack the new attribute.
    AttributeAdded,
    /// What a view gives under a name is gone, or something else.
    ViewColumnsChanged,
    /// What a view reads or computes now can fail on some rows.
    ViewQueryCanFail,
    /// What a materialized view holds is computed anew.
    ViewRecomputed,
    /// Inserts and updates through the view are checked.
    CheckOptionAdded,
    /// What calls the routine gets other results, or errors; what was stored was computed by the old one.
    RoutineReplaced,
}

impl Reason {
    /// What the reason does to clients.
    pub fn effects(self) -> &'static [Effect] {
        use Effect::*;
        match self {
            Reason::ObjectDropped | Reason::ColumnDropped => &[LosesData, BreaksReaders],
            Reason::AttributeDropped | Reason::ParentRemoved => &[LosesData, BreaksReaders],
            Reason::NameChanged | Reason::LabelRenamed | Reason::ViewColumnsChanged | Reason::ViewQueryCanFail => {
                &[BreaksReaders]
            }
            Reason::SequenceNarrowed
            | Reason::RequiredDefaultDropped
            | Reason::IdentityAlways
            | Reason::IdentityDropped
            | Reason::DefaultUnderConstraint
            | Reason::DefaultCanFail
            | Reason::ConflictTargetGone
            | Reason::AttributeAdded
            | Reason::CheckOptionAdded
            | Reason::TimingChanged => &[RejectsWriters],
            Reason::PersistenceChanged
            | Reason::VolatileFill
            | Reason::UnknownFill
            | Reason::GeneratedColumn
            | Reason::ValuesRewritten
            | Reason::ViewRecomputed
            | Reason::ExpressionChanged => &[Diverges],
            Reason::BesideDefaultPartition => &[ValidatesRows],
            Reason::RoutineReplaced => &[Diverges, BreaksReaders, RejectsWriters],
            Reason::ValuesConverted | Reason::CollationChanged | Reason::LabelsUnclear => &[Diverges, BreaksReaders],
            Reason::NotNullWithoutDefault
            | Reason::NotNullAdded
            | Reason::ConstraintAdded
            | Reason::ParentAdded
            | Reason::UniqueIndexAdded
            | Reason::IndexExpressionCanFail => &[ValidatesRows, RejectsWriters],
        }
    }

    /// The code, as it is written in the ledger.
    pub fn code(self) -> String {
        match serde_json::to_value(self) {
            Ok(serde_json::Value::String(code)) => code,
            _ => format!("{self:?}"),
        }
    }
}

/// Adds reasons and effects to a change.
pub fn classify(change: Change, context: &Context<'_>) -> ClassifiedChange {
    let reasons = reasons(&change, context);
    because(change, reasons)
}

/// A change that is not additive for these reasons, or is when there are none.
pub(crate) fn because(change: Change, mut reasons: Vec<Reason>) -> ClassifiedChange {
    reasons.sort();
    reasons.dedup();
    let mut effects: Vec<Effect> = reasons.iter().flat_map(|reason| reason.effects()).copied().collect();
    effects.sort();
    effects.dedup();
    ClassifiedChange { change, effects, reasons }
}

/// The class of an entry: additive when no change has an effect.
pub fn class(changes: &[ClassifiedChange]) -> Class {
    match changes.iter().all(|change| change.effects.is_empty()) {
        true => Class::Additive,
        false => Class::Destructive,
    }
}

fn reasons(change: &Change, context: &Context<'_>) -> Vec<Reason> {
    match change {
        Change::Create { id, after, .. }
            if context.beside_default.contains(id) && !beside_new_default(after, context) =>
        {
            vec![Reason::BesideDefaultPartition]
        }
        // A new table is empty on every client: nothing in it can fail or break a statement that was valid before.
        Change::Create { .. } => vec![],
        Change::Drop { before: Object::Extension(_), .. } => vec![],
        Change::Drop {
            before:
                Object::Schema(_)
                | Object::Enum(_)
                | Object::Domain(_)
                | Object::Composite(_)
                | Object::Range(_)
                | Object::Sequence(_)
                | Object::Routine(_)
                | Object::Table(_)
                | Object::View(_),
            ..
        } => vec![Reason::ObjectDropped],
        Change::Rename { .. } | Change::RenameColumn(_) | Change::RenameMultirange { .. } => vec![Reason::NameChanged],
        Change::AddEnumLabel { .. } => vec![],
        Change::RenameEnumLabels { id, .. } => labels_renamed(id, context),
        Change::AlterDomain { before, after, .. } => domain(before, after),
        Change::AlterComposite { before, after, .. } => composite(before, after),
        Change::ReplaceRoutine { .. } => vec![Reason::RoutineReplaced],
        Change::RedefineView { before, after, .. } => view(before, after, context),
        Change::AlterSequence { before, after, .. } => sequence(before, after),
        Change::SetSequenceOwner { .. } => vec![],
        Change::SetSequencePersistence { .. } | Change::SetPersistence { .. } => vec![Reason::PersistenceChanged],
        Change::SetParents { before, after, .. } => parents(before, after),
        // The columns are those of the type, or nothing would be of it: statements and rows are what they were.
        Change::SetOfType { .. } => vec![],
        Change::AddColumn(PartChange { part, .. }) => added_column(part),
        Change::DropColumn(_) => vec![Reason::ColumnDropped],
        Change::SetType(change) => set_type(change),
        Change::RewriteValues(_) => vec![Reason::ValuesRewritten],
        Change::SetNotNull(_) => vec![Reason::NotNullAdded],
        Change::DropNotNull(_) => vec![],
        Change::SetDefault(change) => set_default(change, context),
        Change::DropDefault(change) => drop_default(change, context),
        Change::SetIdentity(change) => set_identity(change),
        Change::DropIdentity(_) => vec![Reason::IdentityDropped],
        Change::SetExpression(_) | Change::DropExpression(_) => vec![Reason::ExpressionChanged],
        Change::AddConstraint(PartChange { table, part }) => added_constraint(table, part, context),
        Change::DropConstraint(PartChange { part, .. }) => constraint_gone(part),
        Change::RenameConstraint(rename) => match context.table_after(&rename.table) {
            Some(table) => table.constraints.iter().filter(|c| c.id == rename.id).flat_map(constraint_gone).collect(),
            None => vec![Reason::ConflictTargetGone],
        },
        // A foreign key that is checked later rejects nothing that it accepted before.
        Change::SetTiming(ConstraintChange { before, after, .. })
            if before.kind == ConstraintKind::ForeignKey && before.timing < after.timing =>
        {
            vec![]
        }
        Change::SetTiming(_) => vec![Reason::TimingChanged],
        Change::ValidateConstraint(_) => vec![Reason::ConstraintAdded],
        Change::CreateIndex(PartChange { table, part }) => created_index(table, part, context),
        Change::DropIndex(PartChange { part, .. }) => conflict_target(part.unique),
        // ON CONFLICT infers an index from its columns, never from its name; only constraints are named there.
        Change::RenameIndex(_) => vec![],
        Change::SetIndexOptions(_) | Change::SetIndexParent(_) => vec![],
        Change::Refresh { .. } => vec![],
    }
}

/// Whether the default partition beside a new one is new, too, and so as empty on every client.
fn beside_new_default(created: &Object, context: &Context<'_>) -> bool {
    let parents = created.as_table().map(|table| &table.parents[..]).unwrap_or_default();
    let is_default = |table: &Table| {
        let of = |parent: &Parent| parents.iter().any(|p| p.table == parent.table);
        table.parents.iter().any(|parent| parent.bound.as_deref() == Some("DEFAULT") && of(parent))
    };
    let mut defaults = context.after.iter().filter(|(_, object)| object.as_table().is_some_and(is_default));
    defaults.next().is_some_and(|(id, _)| !context.before.contains_key(id))
}

fn labels_renamed(id: &ObjectId, context: &Context<'_>) -> Vec<Reason> {
    let labels = |objects: &BTreeMap<ObjectId, Object>| match objects.get(id) {
        Some(Object::Enum(enumeration)) => Some(enumeration.labels.len()),
        _ => None,
    };
    let alone = labels(context.before) == labels(context.after);
    vec![if alone { Reason::LabelRenamed } else { Reason::LabelsUnclear }]
}

fn conflict_target(unique: bool) -> Vec<Reason> {
    if unique {
        vec![Reason::ConflictTargetGone]
    } else {
        vec![]
    }
}

fn domain(before: &Domain, after: &Domain) -> Vec<Reason> {
    let mut reasons = vec![];
    if after.not_null && !before.not_null {
        reasons.push(Reason::NotNullAdded);
    }
    // Which columns have it, under which constraints, is not known here.
    if before.default != after.default {
        reasons.push(Reason::DefaultUnderConstraint);
    }
    let knew = |c: &Constraint| before.constraints.iter().any(|b| b.id == c.id && b.validated == c.validated);
    if !after.constraints.iter().all(knew) {
        reasons.push(Reason::ConstraintAdded);
    }
    reasons
}

fn composite(before: &CompositeType, after: &CompositeType) -> Vec<Reason> {
    let mut reasons = vec![];
    for attribute in &after.attributes {
        match before.attributes.iter().find(|a| a.id == attribute.id) {
            None => reasons.push(Reason::AttributeAdded),
            Some(was) => {
                if was.name != attribute.name {
                    reasons.push(Reason::NameChanged);
                }
                if !was.data_type.is(&attribute.data_type) {
                    reasons.push(Reason::ValuesConverted);
                }
                if was.collation != attribute.collation {
                    reasons.push(Reason::CollationChanged);
                }
            }
        }
    }
    if before.attributes.iter().any(|was| !after.attributes.iter().any(|a| a.id == was.id)) {
        reasons.push(Reason::AttributeDropped);
    }
    reasons
}

fn view(before: &View, after: &View, context: &Context<'_>) -> Vec<Reason> {
    if before.materialized {
        return vec![Reason::ViewRecomputed];
    }
    let mut reasons = vec![];
    let built_in = |data_type: &DataType| data_type.object.is_none();
    let same = |before: &DataType, after: &DataType| {
        before.is(after) || built_in(before) && built_in(after) && widens(&before.name, &after.name)
    };
    let kept = before
        .columns
        .iter()
        .all(|column| after.columns.iter().any(|c| c.name == column.name && same(&column.data_type, &c.data_type)));
    if !kept {
        reasons.push(Reason::ViewColumnsChanged);
    }
    let collation = |column: &ViewColumn| after.columns.iter().find(|c| c.name == column.name).map(|c| &c.collation);
    if before.columns.iter().any(|column| collation(column).is_some_and(|now| *now != column.collation)) {
        reasons.push(Reason::CollationChanged);
    }
    let succeeds = before.query == after.query
        || expression::only_appends(&before.query, &after.query)
        || cannot_fail_to_read(after, context);
    if !succeeds {
        reasons.push(Reason::ViewQueryCanFail);
    }
    let checks = |view: &View| view.options.iter().find(|option| option.starts_with("check_option=")).cloned();
    if checks(after).is_some() && checks(before) != checks(after) {
        reasons.push(Reason::CheckOptionAdded);
    }
    reasons
}

/// Whether a view's query succeeds on whatever rows, with all that it reads in turn. A materialized view may not be populated.
fn cannot_fail_to_read(view: &View, context: &Context<'_>) -> bool {
    let succeeds = |id: &ObjectId| match context.after.get(id).or_else(|| context.around.get(id)) {
        Some(Object::View(view)) => !view.materialized && cannot_fail_to_read(view, context),
        Some(Object::Routine(_)) | None => false,
        Some(_) => true,
    };
    expression::query_cannot_fail(&view.query) && view.uses.iter().all(succeeds)
}

fn parents(before: &[Parent], after: &[Parent]) -> Vec<Reason> {
    let lacks = |list: &[Parent], parent: &Parent| !list.iter().any(|p| p.is(parent));
    let mut reasons = vec![];
    if after.iter().any(|parent| lacks(before, parent)) {
        reasons.push(Reason::ParentAdded);
    }
    if before.iter().any(|parent| lacks(after, parent)) {
        reasons.push(Reason::ParentRemoved);
    }
    reasons
}

fn sequence(before: &SequenceOptions, after: &SequenceOptions) -> Vec<Reason> {
    let narrowed = after.min > before.min
        || after.max < before.max
        || before.cycle && !after.cycle
        || after.increment.signum() != before.increment.signum();
    if narrowed {
        vec![Reason::SequenceNarrowed]
    } else {
        vec![]
    }
}

/// A column that is new in this entry, and that existing rows hold NULL in.
fn is_new_and_null(table: &TableRef, column: u32, context: &Context<'_>) -> bool {
    let existed = context.table_before(table).is_some_and(|table| table.columns.iter().any(|c| c.id == column));
    let after = context.table_after(table).and_then(|table| table.columns.iter().find(|c| c.id == column));
    // A partitioned table without partitions has no rows to fill.
    !existed && after.is_some_and(|c| matches!(c.fill, Fill::Null | Fill::None) && !c.not_null)
}

/// Whether inserts that do not know the column leave it NULL.
fn stays_null(table: &TableRef, column: u32, context: &Context<'_>) -> bool {
    let after = context.table_after(table).and_then(|table| table.columns.iter().find(|c| c.id == column));
    // Rows that come by way of a parent bring the parent's default.
    let parents = context.table_after(table).map(|table| &table.parents[..]).unwrap_or_default();
    let by_parent = parents.iter().filter(|parent| parent.bound.is_some()).any(|parent| {
        let parent = context.after.get(&parent.table).and_then(Object::as_table);
        let theirs = parent.zip(after).and_then(|(p, after)| p.columns.iter().find(|c| c.name == after.name));
        !theirs.is_some_and(|theirs| theirs.value == ColumnValue::None)
            || parent.is_some_and(|parent| parent.is_partition())
    });
    !by_parent && after.is_some_and(|c| c.value == ColumnValue::None)
}

/// What a constraint, or a unique index, on one column that accepts NULLs does, when no row can violate it yet.
fn on_new_column(columns: &[u32], table: &TableRef, context: &Context<'_>) -> Option<Vec<Reason>> {
    let [column] = *columns else { return None };
    is_new_and_null(table, column, context).then(|| match stays_null(table, column, context) {
        true => vec![],
        false => vec![Reason::DefaultUnderConstraint],
    })
}

fn added_constraint(table: &TableRef, constraint: &Constraint, context: &Context<'_>) -> Vec<Reason> {
    let accepts_nulls = match constraint.kind {
        ConstraintKind::Unique => !constraint.definition.starts_with("UNIQUE NULLS NOT DISTINCT"),
        ConstraintKind::ForeignKey => true,
        ConstraintKind::PrimaryKey | ConstraintKind::Check | ConstraintKind::Exclusion => false,
    };
    let harmless = accepts_nulls.then(|| on_new_column(&constraint.columns, table, context)).flatten();
    harmless.unwrap_or_else(|| vec![Reason::ConstraintAdded])
}

fn constraint_gone(constraint: &Constraint) -> Vec<Reason> {
    match constraint.kind {
        ConstraintKind::Check | ConstraintKind::ForeignKey => vec![],
        ConstraintKind::PrimaryKey | ConstraintKind::Unique | ConstraintKind::Exclusion => {
            vec![Reason::ConflictTargetGone]
        }
    }
}

fn cannot_fail(index: &Index) -> bool {
    index.expressions.iter().all(|sql| expression::cannot_fail(sql))
}

fn created_index(table: &TableRef, index: &Index, context: &Context<'_>) -> Vec<Reason> {
    if !index.unique {
        return if cannot_fail(index) { vec![] } else { vec![Reason::IndexExpressionCanFail] };
    }
    let accepts_nulls = index.expressions.is_empty() && !index.definition.contains("NULLS NOT DISTINCT");
    let harmless = accepts_nulls.then(|| on_new_column(&index.columns, table, context)).flatten();
    harmless.unwrap_or_else(|| vec![Reason::UniqueIndexAdded])
}
