//! Tables and what they are made of.

use serde::{Deserialize, Serialize};

use super::{is_empty, DataType, ObjectId, PartId, QualifiedName, SequenceOptions};
use crate::tagged::tagged;

/// A table: ordinary, partitioned, or a partition.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Table {
    /// Name of the table.
    pub name: QualifiedName,
    /// UNLOGGED.
    pub unlogged: bool,
    /// What it is partitioned by.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub partition_key: Option<PartitionKey>,
    /// The tables that it inherits from, in order, or the one that it is a partition of.
    #[serde(default, skip_serializing_if = "is_empty")]
    pub parents: Vec<Parent>,
    /// The composite type that a typed table is of.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub of_type: Option<DataType>,
    /// Columns in order.
    pub columns: Vec<Column>,
    /// Constraints, ordered by name (PostgreSQL's names are unique within a table).
    pub constraints: Vec<Constraint>,
    /// Indexes that no constraint owns, ordered by name.
    pub indexes: Vec<Index>,
    /// The next free [`PartId`].
    pub next_part: PartId,
}

/// What a table is partitioned by. It never changes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PartitionKey {
    /// What follows PARTITION BY.
    pub definition: String,
    /// Routines that its expressions call.
    #[serde(default, skip_serializing_if = "is_empty")]
    pub uses: Vec<ObjectId>,
}

/// A table that another one inherits from, or is a partition of.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Parent {
    /// The parent's identity.
    pub table: ObjectId,
    /// The parent's present name (derived from the identity).
    pub name: QualifiedName,
    /// `FOR VALUES …` or `DEFAULT`, of a partition.
    pub bound: Option<String>,
}

/// A column.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Column {
    /// Identity within the table.
    pub id: PartId,
    /// Unquoted name.
    pub name: String,
    /// Its type.
    #[serde(rename = "type")]
    pub data_type: DataType,
    /// A collation that differs from the type's own, quoted and qualified as SQL.
    pub collation: Option<String>,
    /// NOT NULL.
    pub not_null: bool,
    /// Where a value comes from when an INSERT gives none.
    pub value: ColumnValue,
    /// What rows got that existed when the column was added.
    pub fill: Fill,
    /// Raised by every change that gives existing rows other values than a replay would.
    pub values_version: u32,
}

tagged! {
    "from", "ColumnValue",
    /// Where a column's value comes from when an INSERT gives none.
    pub enum ColumnValue {
        /// NULL.
        None,
        /// A DEFAULT expression.
        Default {
            /// Identity of this very default: as long as it stays, another text only follows a rename.
            id: PartId,
            /// The expression as SQL.
            sql: String,
            /// How much the expression may change from row to row and statement to statement.
            volatility: Volatility,
            /// Routines that it calls.
            #[serde(default, skip_serializing_if = "is_empty")]
            uses: Vec<ObjectId>,
        },
        /// `GENERATED ALWAYS AS (…) STORED`.
        Generated {
            /// Identity of this very expression.
            id: PartId,
            /// The expression as SQL.
            sql: String,
            /// Routines that it calls.
            #[serde(default, skip_serializing_if = "is_empty")]
            uses: Vec<ObjectId>,
        },
        /// `GENERATED … AS IDENTITY`.
        Identity {
            /// ALWAYS rather than BY DEFAULT.
            always: bool,
            /// The name of the sequence behind it.
            sequence: QualifiedName,
            /// That sequence's options.
            options: SequenceOptions,
            /// Whether it is UNLOGGED, where that is not what its table is.
            #[serde(default, skip_serializing_if = "Option::is_none")]
            unlogged: Option<bool>,
        },
    }
}

/// The volatility of an expression: the most volatile function in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Volatility {
    /// The same result for ever.
    Immutable,
    /// The same result within a statement, such as `now()`.
    Stable,
    /// Another result each time, such as `gen_random_uuid()` or `nextval`.
    Volatile,
}

tagged! {
    "rows", "Fill",
    /// What rows got that existed when a column was added.
    pub enum Fill {
        /// The column came with its table: there were no such rows.
        None,
        /// NULL.
        Null,
        /// This value, as the text that the type's output function gives.
        Value {
            /// Text form under the pinned settings.
            text: String,
        },
        /// Each row its own, or no longer to be known.
        Unknown,
    }
}

/// A constraint of a table.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Constraint {
    /// Identity within the table.
    pub id: PartId,
    /// Unquoted name.
    pub name: String,
    /// What kind it is.
    #[serde(rename = "type")]
    pub kind: ConstraintKind,
    /// What follows `ADD CONSTRAINT name`, without deferrability and NOT VALID.
    pub definition: String,
    /// The columns that it mentions.
    pub columns: Vec<PartId>,
    /// The table that a foreign key refers to.
    pub references: Option<ObjectId>,
    /// When it is checked.
    pub timing: Timing,
    /// Whether existing rows are known to satisfy it (false: NOT VALID).
    pub validated: bool,
    /// Routines that it calls.
    #[serde(default, skip_serializing_if = "is_empty")]
    pub uses: Vec<ObjectId>,
}

/// The kinds of constraints.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ConstraintKind {
    /// PRIMARY KEY
    PrimaryKey,
    /// UNIQUE
    Unique,
    /// CHECK
    Check,
    /// FOREIGN KEY
    ForeignKey,
    /// EXCLUDE
    Exclusion,
}

/// When a constraint is checked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Timing {
    /// NOT DEFERRABLE
    Immediate,
    /// DEFERRABLE INITIALLY IMMEDIATE
    Deferrable,
    /// DEFERRABLE INITIALLY DEFERRED
    Deferred,
}

/// An index that no constraint owns.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Index {
    /// Identity within the table.
    pub id: PartId,
    /// Unquoted name; the schema is the table's.
    pub name: String,
    /// UNIQUE
    pub unique: bool,
    /// What follows `ON table USING`, up to storage parameters and predicate.
    pub definition: String,
    /// Storage parameters, each as `name=value` in SQL.
    pub options: Vec<String>,
    /// The predicate of a partial index as SQL.
    pub predicate: Option<String>,
    /// The columns that it mentions.
    pub columns: Vec<PartId>,
    /// Key expressions and predicate as SQL: what is evaluated for each row.
    pub expressions: Vec<String>,
    /// Routines that they call.
    #[serde(default, skip_serializing_if = "is_empty")]
    pub uses: Vec<ObjectId>,
    /// The index of the partitioned table that it is a part of: goes with that one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub part_of: Option<PartId>,
}

impl Parent {
    /// Whether this is the same parent, by the same bound.
    pub fn is(&self, other: &Parent) -> bool {
        (self.table, &self.bound) == (other.table, &other.bound)
    }
}

impl Table {
    /// Whether it is a partition.
    pub fn is_partition(&self) -> bool {
        self.parents.iter().any(|parent| parent.bound.is_some())
    }

    /// The routines that its parts call.
    pub fn routines(&self) -> impl Iterator<Item = ObjectId> + '_ {
        let values = self.columns.iter().flat_map(|column| column.value.uses());
        let constraints = self.constraints.iter().flat_map(|constraint| &constraint.uses);
        let indexes = self.indexes.iter().flat_map(|index| &index.uses);
        let key = self.partition_key.iter().flat_map(|key| &key.uses);
        values.chain(constraints).chain(indexes).chain(key).copied()
    }
}

impl ColumnValue {
    /// The routines that it calls.
    pub fn uses(&self) -> &[ObjectId] {
        match self {
            ColumnValue::None | ColumnValue::Identity { .. } => &[],
            ColumnValue::Default { uses, .. } | ColumnValue::Generated { uses, .. } => uses,
        }
    }
}
