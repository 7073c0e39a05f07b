//! Columns: new ones, other types, defaults and identities.

use super::{cannot_fail, sequence, Context, Reason};
use crate::change::{ColumnChange, TableRef};
use crate::expression::{self, Token};
use crate::model::{Column, ColumnValue, Constraint, ConstraintKind, Fill, Index, Object, PartitionKey, Volatility};

pub(super) fn added_column(column: &Column) -> Vec<Reason> {
    let mut reasons = match (&column.value, &column.fill) {
        (ColumnValue::Generated { .. }, _) => vec![Reason::GeneratedColumn],
        (ColumnValue::Identity { .. }, _) => vec![Reason::VolatileFill],
        (ColumnValue::Default { volatility: Volatility::Volatile, .. }, Fill::Unknown) => vec![Reason::VolatileFill],
        (_, Fill::Unknown) => vec![Reason::UnknownFill],
        (ColumnValue::None | ColumnValue::Default { .. }, Fill::None | Fill::Null | Fill::Value { .. }) => vec![],
    };
    // What was evaluated for existing rows is known to succeed, unless it depends on where and when.
    let evaluated = matches!(
        (&column.value, &column.fill),
        (ColumnValue::Default { volatility: Volatility::Immutable, .. }, Fill::Value { .. } | Fill::None)
    );
    if !evaluated && default_can_fail(column) {
        reasons.push(Reason::DefaultCanFail);
    }
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
            // A partitioned table without partitions holds no rows, here or anywhere.
            (Fill::None | Fill::Unknown, ColumnValue::Default { .. }) => {}
            (Fill::None | Fill::Null | Fill::Unknown, _) => reasons.push(Reason::NotNullWithoutDefault),
        }
    }
    reasons
}

pub(super) fn set_type(change: &ColumnChange) -> Vec<Reason> {
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
pub(super) fn set_default(change: &ColumnChange, context: &Context<'_>) -> Vec<Reason> {
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
    // A random one meets no other, which is what a unique key wants; a sequence meets the values that rows hold already, and a CHECK or
    // a foreign key cannot be told.
    let random = matches!(&change.after.value, ColumnValue::Default { sql, .. }
        if expression::tokens(sql).contains(&Token::Word("gen_random_uuid")) && !["nextval(", "character(", "varying("].iter().any(|part| sql.contains(part)));
    let fresh = random && only_unique(&change.table, after, context);
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
    const FUNCTIONS: [&str; 20] = [
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
        "date_part",
        "age",
        "to_char",
        "current_database",
        "current_schema",
        "version",
    ];
    const CASTS: [&str; 6] = ["text", "character", "date", "timestamp", "uuid", "double"];
    let ColumnValue::Default { sql, .. } = &column.value else { return false };
    let tokens: Vec<Token<'_>> =
        expression::tokens(sql).into_iter().filter(|token| !matches!(token, Token::Punctuation('(' | ')'))).collect();
    let casts = tokens.iter().filter(|token| **token == Token::Cast).count();
    let type_name = &column.data_type.name;
    match &tokens[..] {
        [Token::Literal(text), rest @ ..] | [Token::Operator("-"), Token::Literal(text), rest @ ..]
            if rest.is_empty()
                || rest[0] == Token::Cast
                    && casts == 1
                    && !rest.iter().any(|token| matches!(token, Token::Operator(_))) =>
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
    // Microseconds since 1970 fit in eight bytes for as long as timestamps last. What times are divided by may be zero.
    let small = |token: &Token<'_>| match token {
        Token::Literal(text) if text.starts_with(|c: char| c.is_ascii_digit()) => {
            text.parse().is_ok_and(|n: u32| n <= 1_000_000)
        }
        _ => true,
    };
    let of_times = (sql.contains("EXTRACT(") || sql.contains("date_part("))
        && tokens.iter().filter(|token| **token == Token::Operator("*")).count() < 2
        && tokens.iter().all(small);
    let arithmetic_of_times = of_times || sql.contains("::interval");
    let total = tokens.iter().enumerate().all(|(i, token)| match token {
        Token::Word(word) if matches!(tokens.get(i + 1), Some(Token::Punctuation('('))) => {
            let after_cast = i > 0 && tokens[i - 1] == Token::Cast;
            // Qualified, it is the user's own, whatever its name.
            let own = i > 0 && tokens[i - 1] == Token::Punctuation('.');
            after_cast || !own && (FUNCTIONS.contains(word) || word.starts_with(|c: char| c.is_ascii_uppercase()))
        }
        Token::Word("NULLIF" | "CASE" | "NULL") => !column.not_null,
        Token::Operator("||") => true,
        Token::Operator("+" | "-") => arithmetic_of_times,
        Token::Operator("*") => of_times,
        Token::Operator(_) => false,
        Token::Cast => {
            let constant = i > 0 && matches!(tokens[i - 1], Token::Literal(_));
            let name = match tokens.get(i + 1) {
                Some(Token::Word(name)) => *name,
                _ => "",
            };
            constant || CASTS.contains(&name) || of_times && matches!(name, "bigint" | "numeric")
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

pub(super) fn drop_default(change: &ColumnChange, context: &Context<'_>) -> Vec<Reason> {
    if change.after.not_null {
        vec![Reason::RequiredDefaultDropped]
    } else if change.after.data_type.constrained
        || constraints_of(&change.table, &change.after, context).any(|c| c.kind != ConstraintKind::ForeignKey)
        || routed(&change.table, &change.after, context)
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
        || routed(table, column, context)
}

/// Whether the value of a column decides which partition a row belongs to, or meets what only some of the partitions ask.
fn routed(table: &TableRef, column: &Column, context: &Context<'_>) -> bool {
    let name = crate::quote::ident(&column.name);
    let in_key = |key: &PartitionKey| expression::tokens(&key.definition).contains(&Token::Word(&name));
    let Some(table_after) = context.table_after(table) else { return true };
    if table_after.partition_key.as_ref().is_some_and(in_key) {
        return true;
    }
    // A partition accepts what its parents' keys tell. Where a parent was not read, it tells nothing.
    let up = table_after.parents.iter().filter(|parent| parent.bound.is_some()).any(|parent| {
        let parent = context.after.get(&parent.table).or_else(|| context.around.get(&parent.table));
        parent
            .and_then(Object::as_table)
            .is_none_or(|parent| parent.partition_key.as_ref().is_none_or(in_key) || !parent.parents.is_empty())
    });
    let partitions = context.after.iter().filter_map(|(id, object)| Some((id, object.as_table()?)));
    let mut partitions =
        partitions.filter(|(_, p)| p.parents.iter().any(|parent| parent.table == table.id && parent.bound.is_some()));
    let down = partitions.any(|(id, partition)| {
        let part = TableRef { id: *id, schema: partition.name.schema.clone(), name: partition.name.name.clone() };
        let theirs = partition.columns.iter().find(|c| c.name == column.name);
        theirs.is_none_or(|theirs| {
            constraints_of(&part, theirs, context).next().is_some()
                || unique_indexes_of(&part, theirs, context).next().is_some()
                || partition.partition_key.as_ref().is_some_and(in_key)
                || partition.partition_key.is_some()
        })
    });
    up || down
}

fn only_unique(table: &TableRef, column: &Column, context: &Context<'_>) -> bool {
    let unique = |c: &Constraint| matches!(c.kind, ConstraintKind::PrimaryKey | ConstraintKind::Unique);
    !column.data_type.constrained
        && !routed(table, column, context)
        && constraints_of(table, column, context).all(unique)
        && unique_indexes_of(table, column, context).all(cannot_fail)
}

pub(super) fn set_identity(change: &ColumnChange) -> Vec<Reason> {
    let ColumnValue::Identity { always, sequence: name, options, unlogged } = &change.after.value else {
        return vec![];
    };
    match &change.before.value {
        ColumnValue::Identity {
            always: before_always,
            sequence: before_name,
            options: before_options,
            unlogged: before_unlogged,
        } => {
            let mut reasons = sequence(before_options, options);
            if unlogged != before_unlogged {
                reasons.push(Reason::PersistenceChanged);
            }
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
