//! The model: what a client's schema consists of, as plain ordered values without OIDs.
//!
//! Definitions (names, types, expressions) are what clients must have in common; ids, fills and values versions are what
//! the ledger remembers beside them, so that a rename is a rename and a new column holds what it holds on the server.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// The ledger's own identity of an object: the entry that created it, and its place in that entry.
///
/// Stable over dump and restore, where OIDs are not. Written as `"12.3"`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ObjectId {
    /// `seq` of the entry in which the object first appeared.
    pub seq: u64,
    /// Place among the objects that this entry created, from 1.
    pub ordinal: u32,
}

impl fmt::Display for ObjectId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.seq, self.ordinal)
    }
}

impl FromStr for ObjectId {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let parse = || {
            let (seq, ordinal) = text.split_once('.')?;
            Some(ObjectId { seq: seq.parse().ok()?, ordinal: ordinal.parse().ok()? })
        };
        parse().ok_or_else(|| format!("not an object id: {text:?}"))
    }
}

impl Serialize for ObjectId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for ObjectId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

/// The identity of a column, default, constraint or index within its table; never used twice in one table.
pub type PartId = u32;

/// A name with its schema, unquoted.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct QualifiedName {
    /// Schema, unquoted.
    pub schema: String,
    /// Name within the schema, unquoted.
    pub name: String,
}

/// One thing in a client's schema.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Object {
    /// A schema (namespace).
    Schema(Schema),
    /// An extension that distributed objects need.
    Extension(Extension),
    /// An enum type.
    Enum(EnumType),
    /// A domain.
    Domain(Domain),
    /// A sequence that is not an identity column's own.
    Sequence(Sequence),
    /// An ordinary table with its columns, constraints and indexes.
    Table(Table),
}

/// A schema (namespace). `public` is never modelled: every client has it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Schema {
    /// Unquoted name.
    pub name: String,
}

/// An extension that distributed objects need. Its version is the client's own affair.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Extension {
    /// Unquoted name.
    pub name: String,
    /// The schema that holds its objects.
    pub schema: String,
}

/// An enum type with its labels in sort order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EnumType {
    /// Name of the type.
    pub name: QualifiedName,
    /// Labels in sort order.
    pub labels: Vec<String>,
}

/// A domain: a type with constraints of its own.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Domain {
    /// Name of the type.
    pub name: QualifiedName,
    /// The type that it is made over.
    #[serde(rename = "type")]
    pub data_type: DataType,
    /// A collation that differs from that type's own, quoted and qualified as SQL.
    pub collation: Option<String>,
    /// NOT NULL.
    pub not_null: bool,
    /// The DEFAULT expression as SQL.
    pub default: Option<String>,
    /// CHECK constraints, ordered by name.
    pub constraints: Vec<Constraint>,
    /// The next free [`PartId`].
    pub next_part: PartId,
}

/// A sequence, free or owned by a column (`serial`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sequence {
    /// Name of the sequence.
    pub name: QualifiedName,
    /// What CREATE SEQUENCE says.
    pub options: SequenceOptions,
    /// The column that owns it.
    pub owned_by: Option<ColumnRef>,
    /// UNLOGGED (from PostgreSQL 15 on).
    pub unlogged: bool,
}

/// The options of a sequence or of an identity column.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SequenceOptions {
    /// `smallint`, `integer` or `bigint`.
    pub data_type: String,
    /// START WITH.
    pub start: i64,
    /// INCREMENT BY.
    pub increment: i64,
    /// MINVALUE.
    pub min: i64,
    /// MAXVALUE.
    pub max: i64,
    /// CACHE.
    pub cache: i64,
    /// CYCLE.
    pub cycle: bool,
}

/// A column of a table, by identity and by its present name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ColumnRef {
    /// The table's identity.
    pub table: ObjectId,
    /// The column's identity in that table.
    pub column: PartId,
    /// The table's present name (derived from the identity).
    pub table_name: QualifiedName,
    /// The column's present name (derived from the identity).
    pub column_name: String,
}

/// An ordinary table.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Table {
    /// Name of the table.
    pub name: QualifiedName,
    /// UNLOGGED.
    pub unlogged: bool,
    /// Columns in order.
    pub columns: Vec<Column>,
    /// Constraints, ordered by name (PostgreSQL's names are unique within a table).
    pub constraints: Vec<Constraint>,
    /// Indexes that no constraint owns, ordered by name.
    pub indexes: Vec<Index>,
    /// The next free [`PartId`].
    pub next_part: PartId,
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

/// A column's type.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DataType {
    /// As `format_type` prints it under an empty `search_path`: qualified unless built in, with modifiers.
    pub name: String,
    /// The type that the ledger holds behind it (an enum or a domain, or an array of one).
    pub object: Option<ObjectId>,
    /// Whether this is an array.
    pub array: bool,
    /// Whether it is a domain that does not take every value.
    #[serde(default)]
    pub constrained: bool,
}

/// Where a column's value comes from when an INSERT gives none.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "from", rename_all = "snake_case")]
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
    },
    /// `GENERATED ALWAYS AS (…) STORED`.
    Generated {
        /// Identity of this very expression.
        id: PartId,
        /// The expression as SQL.
        sql: String,
    },
    /// `GENERATED … AS IDENTITY`.
    Identity {
        /// ALWAYS rather than BY DEFAULT.
        always: bool,
        /// The name of the sequence behind it.
        sequence: QualifiedName,
        /// That sequence's options.
        options: SequenceOptions,
    },
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

/// What rows got that existed when a column was added.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "rows", rename_all = "snake_case")]
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
}
