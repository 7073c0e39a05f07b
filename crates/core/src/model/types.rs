//! Types of the user's own, and how columns name a type.

use serde::{Deserialize, Serialize};

use super::{is_empty, is_false, Constraint, ObjectId, PartId, QualifiedName};

/// A column's type.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DataType {
    /// As `format_type` prints it under an empty `search_path`: qualified unless built in, with modifiers.
    pub name: String,
    /// The type that the ledger holds behind it, if it is of the user's own making; behind an array its element's type, behind a
    /// multirange its range type.
    pub object: Option<ObjectId>,
    /// Whether this is an array.
    pub array: bool,
    /// Whether it is a domain that does not take every value.
    #[serde(default)]
    pub constrained: bool,
    /// Whether it is a multirange (or an array of one).
    #[serde(default, skip_serializing_if = "is_false")]
    pub multirange: bool,
}

impl DataType {
    /// Whether it is the same type, under whatever name.
    pub fn is(&self, other: &DataType) -> bool {
        match (self.object, other.object) {
            (Some(object), Some(other_object)) => {
                (object, self.array, self.multirange) == (other_object, other.array, other.multirange)
            }
            (None, None) => self.name == other.name,
            (Some(_), None) | (None, Some(_)) => false,
        }
    }
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
    /// Routines that its default and its constraints call.
    #[serde(default, skip_serializing_if = "is_empty")]
    pub uses: Vec<ObjectId>,
    /// The next free [`PartId`].
    pub next_part: PartId,
}

/// A composite type that stands on its own.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CompositeType {
    /// Name of the type.
    pub name: QualifiedName,
    /// Attributes in order.
    pub attributes: Vec<Attribute>,
    /// The next free [`PartId`].
    pub next_part: PartId,
}

/// An attribute of a composite type.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attribute {
    /// Identity within the type.
    pub id: PartId,
    /// Unquoted name.
    pub name: String,
    /// Its type.
    #[serde(rename = "type")]
    pub data_type: DataType,
    /// A collation that differs from the type's own, quoted and qualified as SQL.
    pub collation: Option<String>,
}

/// A range type, and the multirange type that comes with it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RangeType {
    /// Name of the type.
    pub name: QualifiedName,
    /// The type of its bounds.
    pub subtype: DataType,
    /// The operator class that orders them, quoted and qualified as SQL.
    pub opclass: String,
    /// A collation that differs from the subtype's own, quoted and qualified as SQL.
    pub collation: Option<String>,
    /// SUBTYPE_DIFF, a function's name, quoted and qualified as SQL.
    pub difference: Option<String>,
    /// Name of the multirange type (from PostgreSQL 14 on).
    pub multirange_name: Option<QualifiedName>,
    /// Routines that it calls.
    #[serde(default, skip_serializing_if = "is_empty")]
    pub uses: Vec<ObjectId>,
}
