//! The model: what a client's schema consists of, as plain ordered values without OIDs.
//!
//! Definitions (names, types, expressions) are what clients must have in common; ids, fills and values versions are what
//! the ledger remembers beside them, so that a rename is a rename and a new column holds what it holds on the server.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::tagged::tagged;

mod code;
mod reference;
mod sequence;
mod table;
mod types;

pub use code::{Routine, RoutineKind, View, ViewColumn};
pub use sequence::{ColumnRef, Sequence, SequenceOptions};
pub use table::{
    Column, ColumnValue, Constraint, ConstraintKind, Fill, Index, Parent, PartitionKey, Table, Timing, Volatility,
};
pub use types::{Attribute, CompositeType, DataType, Domain, EnumType, RangeType};

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

tagged! {
    "kind", "Object",
    /// One thing in a client's schema.
    pub enum Object {
        /// A schema (namespace).
        Schema(Schema),
        /// An extension that distributed objects need.
        Extension(Extension),
        /// An enum type.
        Enum(EnumType),
        /// A domain.
        Domain(Domain),
        /// A composite type.
        Composite(CompositeType),
        /// A range type.
        Range(RangeType),
        /// A sequence that is not an identity column's own.
        Sequence(Sequence),
        /// A function or procedure that distributed objects need.
        Routine(Routine),
        /// A table with its columns, constraints and indexes.
        Table(Table),
        /// A view or a materialized view.
        View(View),
    }
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

impl Object {
    /// The object's name; `None` for a schema or an extension, whose names have no schema.
    pub fn qualified_name(&self) -> Option<&QualifiedName> {
        match self {
            Object::Schema(_) | Object::Extension(_) => None,
            Object::Enum(EnumType { name, .. })
            | Object::Domain(Domain { name, .. })
            | Object::Composite(CompositeType { name, .. })
            | Object::Range(RangeType { name, .. })
            | Object::Sequence(Sequence { name, .. })
            | Object::Routine(Routine { name, .. })
            | Object::Table(Table { name, .. })
            | Object::View(View { name, .. }) => Some(name),
        }
    }

    /// The object's name, to be changed.
    pub fn name_mut(&mut self) -> Option<&mut QualifiedName> {
        match self {
            Object::Schema(_) | Object::Extension(_) => None,
            Object::Enum(EnumType { name, .. })
            | Object::Domain(Domain { name, .. })
            | Object::Composite(CompositeType { name, .. })
            | Object::Range(RangeType { name, .. })
            | Object::Sequence(Sequence { name, .. })
            | Object::Routine(Routine { name, .. })
            | Object::Table(Table { name, .. })
            | Object::View(View { name, .. }) => Some(name),
        }
    }

    /// The table, if it is one.
    pub fn as_table(&self) -> Option<&Table> {
        match self {
            Object::Table(table) => Some(table),
            _ => None,
        }
    }

    /// The view, if it is one.
    pub fn as_view(&self) -> Option<&View> {
        match self {
            Object::View(view) => Some(view),
            _ => None,
        }
    }

    /// What must be there before it: types, routines, parents, and what a view reads. Not what foreign keys refer to, nor the
    /// owner of a sequence: those come when all tables are there.
    pub fn needs(&self) -> Vec<ObjectId> {
        let types = |types: &mut dyn Iterator<Item = &DataType>| types.filter_map(|t| t.object).collect::<Vec<_>>();
        match self {
            Object::Schema(_) | Object::Extension(_) | Object::Enum(_) | Object::Sequence(_) => vec![],
            Object::Domain(domain) => {
                let mut needs = types(&mut std::iter::once(&domain.data_type));
                needs.extend(&domain.uses);
                needs
            }
            Object::Composite(composite) => types(&mut composite.attributes.iter().map(|a| &a.data_type)),
            Object::Range(range) => {
                let mut needs = types(&mut std::iter::once(&range.subtype));
                needs.extend(&range.uses);
                needs
            }
            Object::Routine(routine) => routine.uses.clone(),
            Object::Table(table) => {
                let mut needs = types(&mut table.columns.iter().map(|c| &c.data_type).chain(&table.of_type));
                needs.extend(table.routines());
                needs.extend(table.parents.iter().map(|parent| parent.table));
                needs
            }
            Object::View(view) => {
                let mut needs = types(&mut view.columns.iter().map(|c| &c.data_type));
                needs.extend(&view.uses);
                needs.extend(view.indexes.iter().flat_map(|index| &index.uses));
                needs
            }
        }
    }
}

fn is_empty<T>(list: &[T]) -> bool {
    list.is_empty()
}

fn is_false(flag: &bool) -> bool {
    !flag
}
