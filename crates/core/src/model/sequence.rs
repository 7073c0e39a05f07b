//! Sequences.

use serde::{Deserialize, Serialize};

use super::{ObjectId, PartId, QualifiedName};

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
