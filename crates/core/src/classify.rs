//! Why a change is not additive. `docs/classification.md` is this file as a table.
//!
//! Additive means, for every client, whatever subset of the server's rows as of whatever moment it holds: the replay cannot
//! fail; it gives exactly the server's schema and values; and every statement that was valid before is valid after.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::change::{Change, Class, ClassifiedChange, ColumnChange, ConstraintChange, Effect, PartChange, TableRef};
use crate::expression::{self, Token};
use crate::model::{
    Column, ColumnValue, Constraint, ConstraintKind, Domain, Fill, Index, Object, ObjectId, SequenceOptions, Table,
    Volatility,
};

/// The schema before and after, as far as the changes touch it.
pub struct Context<'a> {
    /// Objects before.
    pub before: &'a BTreeMap<ObjectId, Object>,
    /// Objects after.
    pub after: &'a BTreeMap<ObjectId, Object>,
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
}

impl Reason {
    /// What the reason does to clients.
    pub fn effects(self) -> &'static [Effect] {
        use Effect::*;
        match self {
            Reason::ObjectDropped | Reason::ColumnDropped => &[LosesData, BreaksReaders],
            Reason::NameChanged | Reason::LabelRenamed => &[BreaksReaders],
            Reason::SequenceNarrowed
            | Reason::RequiredDefaultDropped
            | Reason::IdentityAlways
            | Reason::IdentityDropped
            | Reason::DefaultUnderConstraint
            | Reason::DefaultCanFail
            | Reason::ConflictTargetGone
            | Reason::TimingChanged => &[RejectsWriters],
            Reason::PersistenceChanged
            | Reason::VolatileFill
            | Reason::UnknownFill
            | Reason::GeneratedColumn
            | Reason::ValuesRewritten
            | Reason::ExpressionChanged => &[Diverges],
            Reason::ValuesConverted | Reason::CollationChanged => &[Diverges, BreaksReaders],
            Reason::NotNullWithoutDefault
            | Reason::NotNullAdded
            | Reason::ConstraintAdded
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
    let mut reasons = reasons(&change, context);
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
        // A new table is empty on every client: nothing in it can fail or break a statement that was valid before.
        Change::Create { .. } => vec![],
        Change::Drop { before: Object::Extension(_), .. } => vec![],
        Change::Drop {
            before: Object::Schema(_) | Object::Enum(_) | Object::Domain(_) | Object::Sequence(_) | Object::Table(_),
            ..
        } => {
            vec![Reason::ObjectDropped]
        }
        Change::Rename { .. } | Change::RenameColumn(_) => vec![Reason::NameChanged],
        Change::AddEnumLabel { .. } => vec![],
        Change::RenameEnumLabels { .. } => vec![Reason::LabelRenamed],
        Change::AlterDomain { before, after, .. } => domain(before, after),
        Change::AlterSequence { before, after, .. } => sequence(before, after),
        Change::SetSequenceOwner { .. } => vec![],
        Change::SetSequencePersistence { .. } | Change::SetPersistence { .. } => vec![Reason::PersistenceChanged],
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
        Change::SetIndexOptions(_) => vec![],
        Change::Refresh { .. } => vec![],
    }
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

fn added_column(column: &Column) -> Vec<Reason> {
    let mut reasons = match (&column.value, &column.fill) {
        (ColumnValue::Generated { .. }, _) => vec![Reason::GeneratedColumn],
        (ColumnValue::Identity { .. }, _) => vec![Reason::VolatileFill],
        (ColumnValue::Default { volatility: Volatility::Volatile, .. }, Fill::Unknown) => vec![Reason::VolatileFill],
        (_, Fill::Unknown) => vec![Reason::UnknownFill],
        (ColumnValue::None | ColumnValue::Default { .. }, Fill::None | Fill::Null | Fill::Value { .. }) => vec![],
    };
    // A domain may refuse NULL, which is what existing rows and inserts that do not know the column would give it.
    let gets_null = matches!(column.fill, Fill::None | Fill::Null) || column.value == ColumnValue::None;
    let refuses_null = column.data_type.constrained && gets_null && !column.not_null;
    if refuses_null {
        reasons.push(Reason::NotNullWithoutDefault);
    }
    if column.not_null {
        match (&column.fill, &column.value) {
            (Fill::Value { .. }, ColumnValue::Default { .. }) => {}
            // The rows have values, but inserts that do not know the column give none.
            (Fill::Value { .. }, ColumnValue::None) => reasons.push(Reason::RequiredDefaultDropped),
            (_, ColumnValue::Identity { .. } | ColumnValue::Generated { .. }) => {}
            (Fill::Unknown, ColumnValue::Default { .. }) => {}
            (Fill::None | Fill::Null | Fill::Unknown, _) => reasons.push(Reason::NotNullWithoutDefault),
        }
    }
    reasons
}

fn set_type(change: &ColumnChange) -> Vec<Reason> {
    let (before, after) = (&change.before, &change.after);
    let mut reasons = vec![];
    let widened = before.data_type.object.is_none()
        && after.data_type.object.is_none()
        && widens(&before.data_type.name, &after.data_type.name);
    if before.data_type != after.data_type && !widened {
        reasons.push(Reason::ValuesConverted);
    }
    if before.values_version != after.values_version {
        reasons.push(Reason::ValuesRewritten);
    }
    if before.collation != after.collation {
        reasons.push(Reason::CollationChanged);
    }
    reasons
}

/// Whether every value of type `from` is the same value of type `to`, by the cast that ALTER COLUMN TYPE applies itself.
pub fn widens(from: &str, to: &str) -> bool {
    let integer = |name: &str| ["smallint", "integer", "bigint"].iter().position(|t| *t == name);
    if let (Some(from), Some(to)) = (integer(from), integer(to)) {
        return from <= to;
    }
    let varying = |name: &str| match name {
        "text" | "character varying" => Some(u32::MAX),
        _ => name.strip_prefix("character varying(")?.strip_suffix(')')?.parse().ok(),
    };
    if let (Some(from_length), Some(to_length)) = (varying(from), varying(to)) {
        return from_length <= to_length;
    }
    let numeric = |name: &str| {
        let (precision, scale) = name.strip_prefix("numeric(")?.strip_suffix(')')?.split_once(',')?;
        Some((precision.parse::<u32>().ok()?, scale.parse::<i32>().ok()?))
    };
    match (numeric(from), numeric(to)) {
        (Some((from_precision, from_scale)), Some((to_precision, to_scale))) => {
            from_scale == to_scale && from_precision <= to_precision
        }
        _ => false,
    }
}

/// Whether an insert that leaves the column out can now fail where it did not: a constraint sees the value it gets.
fn set_default(change: &ColumnChange, context: &Context<'_>) -> Vec<Reason> {
    let (before, after) = (&change.before, &change.after);
    // Such inserts were not valid before.
    let required = before.not_null && before.value == ColumnValue::None;
    if required {
        return vec![];
    }
    if default_can_fail(after) {
        return vec![Reason::DefaultCanFail];
    }
    if feeds_generated(&change.table, after, context) {
        return vec![Reason::DefaultUnderConstraint];
    }
    if !constrained(&change.table, after, context) {
        return vec![];
    }
    // Each row gets a value of its own, which is what a unique key wants; a CHECK or a foreign key cannot be told.
    let fresh = matches!(after.value, ColumnValue::Default { volatility: Volatility::Volatile, .. })
        && only_unique(&change.table, after, context);
    if fresh {
        vec![]
    } else {
        vec![Reason::DefaultUnderConstraint]
    }
}

/// Whether a generated column is computed from this one: it can fail on a new default.
fn feeds_generated(table: &TableRef, column: &Column, context: &Context<'_>) -> bool {
    let name = crate::quote::ident(&column.name);
    context.table_after(table).is_some_and(|table| {
        table.columns.iter().any(|other| match &other.value {
            ColumnValue::Generated { sql, .. } => expression::tokens(sql).contains(&Token::Word(&name)),
            ColumnValue::None | ColumnValue::Default { .. } | ColumnValue::Identity { .. } => false,
        })
    })
}

/// Whether evaluating a column's default, or storing what it gives, can fail. A closed list of what is known to succeed.
fn default_can_fail(column: &Column) -> bool {
    const FUNCTIONS: [&str; 14] = [
        "now",
        "clock_timestamp",
        "statement_timestamp",
        "transaction_timestamp",
        "timezone",
        "date_trunc",
        "gen_random_uuid",
        "random",
        "nextval",
        "lower",
        "upper",
        "md5",
        "coalesce",
        "concat",
    ];
    const CASTS: [&str; 6] = ["text", "character", "date", "timestamp", "uuid", "double"];
    let ColumnValue::Default { sql, .. } = &column.value else { return false };
    let tokens: Vec<Token<'_>> =
        expression::tokens(sql).into_iter().filter(|token| !matches!(token, Token::Punctuation('(' | ')'))).collect();
    let casts = tokens.iter().filter(|token| **token == Token::Cast).count();
    let type_name = &column.data_type.name;
    match &tokens[..] {
        [Token::Literal(text), rest @ ..] | [Token::Operator("-"), Token::Literal(text), rest @ ..]
            if rest.is_empty() || rest[0] == Token::Cast && casts == 1 =>
        {
            // An explicit cast to the very type makes it fit.
            return !fits(text, type_name)
                && !sql.trim_end_matches(')').ends_with(&format!("::{type_name}"))
                && !sql.ends_with(&format!("::{type_name}"));
        }
        _ => {}
    }
    // A value that is not known, for a type that refuses some.
    let limited = type_name.contains('(') && !type_name.starts_with("time");
    let tokens = expression::tokens(sql);
    let arithmetic_of_times = sql.contains("::interval");
    let total = tokens.iter().enumerate().all(|(i, token)| match token {
        Token::Word(word) if matches!(tokens.get(i + 1), Some(Token::Punctuation('('))) => {
            let after_cast = i > 0 && tokens[i - 1] == Token::Cast;
            after_cast || FUNCTIONS.contains(word) || word.starts_with(|c: char| c.is_ascii_uppercase())
        }
        Token::Word("NULLIF" | "CASE" | "NULL") => !column.not_null,
        Token::Operator("||") => true,
        Token::Operator("+" | "-") => arithmetic_of_times,
        Token::Operator(_) => false,
        Token::Cast => {
            let constant = i > 0 && matches!(tokens[i - 1], Token::Literal(_));
            constant || matches!(tokens.get(i + 1), Some(Token::Word(name)) if CASTS.contains(name))
        }
        Token::Word(_) | Token::Literal(_) | Token::Punctuation(_) => true,
    });
    let null = column.not_null && ["NULLIF", "CASE"].iter().any(|word| tokens.contains(&Token::Word(word)));
    limited || !total || null
}

/// Whether a constant, as it is printed, is a value of the type. The server has checked what types without a modifier accept.
fn fits(literal: &str, type_name: &str) -> bool {
    let text = literal.trim_start_matches('E').trim_matches('\'').replace("''", "'");
    let within = |min: i64, max: i64| text.parse::<i64>().is_ok_and(|value| (min..=max).contains(&value));
    match type_name {
        "smallint" => return within(i16::MIN.into(), i16::MAX.into()),
        "integer" => return within(i32::MIN.into(), i32::MAX.into()),
        "bigint" => return within(i64::MIN, i64::MAX),
        _ => {}
    }
    let Some((name, modifiers)) = type_name.trim_end_matches(')').split_once('(') else { return true };
    let modifiers: Vec<usize> = modifiers.split(',').filter_map(|number| number.parse().ok()).collect();
    match (name, &modifiers[..]) {
        ("character varying" | "character", [length]) => text.chars().count() <= *length,
        ("numeric", [precision, scale]) => {
            let digits = text.trim_start_matches('-');
            let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
            let plain = whole.bytes().chain(fraction.bytes()).all(|b| b.is_ascii_digit());
            plain && fraction.len() <= *scale && whole.trim_start_matches('0').len() <= precision.saturating_sub(*scale)
        }
        (name, _) => name.starts_with("time"),
    }
}

fn drop_default(change: &ColumnChange, context: &Context<'_>) -> Vec<Reason> {
    if change.after.not_null {
        vec![Reason::RequiredDefaultDropped]
    } else if change.after.data_type.constrained
        || constraints_of(&change.table, &change.after, context).any(|c| c.kind != ConstraintKind::ForeignKey)
    {
        vec![Reason::DefaultUnderConstraint]
    } else {
        vec![]
    }
}

fn constraints_of<'a>(
    table: &TableRef,
    column: &'a Column,
    context: &Context<'a>,
) -> impl Iterator<Item = &'a Constraint> {
    let constraints = context.table_after(table).map(|table| &table.constraints[..]).unwrap_or_default();
    constraints.iter().filter(|constraint| constraint.columns.contains(&column.id))
}

fn unique_indexes_of<'a>(
    table: &TableRef,
    column: &'a Column,
    context: &Context<'a>,
) -> impl Iterator<Item = &'a Index> {
    let indexes = context.table_after(table).map(|table| &table.indexes[..]).unwrap_or_default();
    indexes.iter().filter(|index| index.columns.contains(&column.id) && (index.unique || !cannot_fail(index)))
}

fn constrained(table: &TableRef, column: &Column, context: &Context<'_>) -> bool {
    column.data_type.constrained
        || constraints_of(table, column, context).next().is_some()
        || unique_indexes_of(table, column, context).next().is_some()
}

fn only_unique(table: &TableRef, column: &Column, context: &Context<'_>) -> bool {
    let unique = |c: &Constraint| matches!(c.kind, ConstraintKind::PrimaryKey | ConstraintKind::Unique);
    !column.data_type.constrained
        && constraints_of(table, column, context).all(unique)
        && unique_indexes_of(table, column, context).all(cannot_fail)
}

fn set_identity(change: &ColumnChange) -> Vec<Reason> {
    let ColumnValue::Identity { always, sequence: name, options } = &change.after.value else { return vec![] };
    match &change.before.value {
        ColumnValue::Identity { always: before_always, sequence: before_name, options: before_options } => {
            let mut reasons = sequence(before_options, options);
            if *always && !before_always {
                reasons.push(Reason::IdentityAlways);
            }
            if name.name != before_name.name {
                reasons.push(Reason::NameChanged);
            }
            reasons
        }
        _ if *always => vec![Reason::IdentityAlways],
        // A sequence that begins anew meets the values that rows already hold.
        ColumnValue::None | ColumnValue::Default { .. } | ColumnValue::Generated { .. } => {
            vec![Reason::DefaultUnderConstraint]
        }
    }
}

/// A column that is new in this entry, that existing rows hold NULL in, and that inserts which do not know it leave NULL.
fn is_new_and_null(table: &TableRef, column: u32, context: &Context<'_>) -> bool {
    let existed = context.table_before(table).is_some_and(|table| table.columns.iter().any(|c| c.id == column));
    let after = context.table_after(table).and_then(|table| table.columns.iter().find(|c| c.id == column));
    !existed && after.is_some_and(|c| c.fill == Fill::Null && c.value == ColumnValue::None && !c.not_null)
}

fn added_constraint(table: &TableRef, constraint: &Constraint, context: &Context<'_>) -> Vec<Reason> {
    let on_new_column = match constraint.columns[..] {
        [column] => is_new_and_null(table, column, context),
        _ => false,
    };
    let accepts_nulls = match constraint.kind {
        ConstraintKind::Unique => !constraint.definition.starts_with("UNIQUE NULLS NOT DISTINCT"),
        ConstraintKind::ForeignKey => true,
        ConstraintKind::PrimaryKey | ConstraintKind::Check | ConstraintKind::Exclusion => false,
    };
    if on_new_column && accepts_nulls {
        vec![]
    } else {
        vec![Reason::ConstraintAdded]
    }
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
    let on_new_column = match index.columns[..] {
        [column] => {
            index.expressions.is_empty()
                && is_new_and_null(table, column, context)
                && !index.definition.contains("NULLS NOT DISTINCT")
        }
        _ => false,
    };
    if index.unique && !on_new_column {
        vec![Reason::UniqueIndexAdded]
    } else if !cannot_fail(index) {
        vec![Reason::IndexExpressionCanFail]
    } else {
        vec![]
    }
}
