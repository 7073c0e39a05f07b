//! What `catalog.sql` reads from a server: the catalogs as they are, with OIDs, before they become the model.

use serde::Deserialize;

use crate::model::{ConstraintKind, QualifiedName, SequenceOptions, Timing, Volatility};

/// The reference query: `$1` is `oid[]`, the touched objects of any class, or NULL for all in scope.
/// Gives one `json` value: [`Catalog`].
pub const QUERY: &str = include_str!("catalog.sql");

/// All that one run of [`QUERY`] read.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
pub struct Catalog {
    /// User schemas, without `public`.
    pub schemas: Vec<RawSchema>,
    /// Extensions that the tables below need.
    pub extensions: Vec<RawExtension>,
    /// Enum types.
    pub enums: Vec<RawEnum>,
    /// Domains.
    pub domains: Vec<RawDomain>,
    /// Sequences without those of identity columns.
    pub sequences: Vec<RawSequence>,
    /// Ordinary tables.
    pub tables: Vec<RawTable>,
    /// What is there and cannot be distributed.
    pub unsupported: Vec<Unsupported>,
}

/// A schema.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct RawSchema {
    /// pg_namespace.oid
    pub oid: u32,
    /// Unquoted name.
    pub name: String,
}

/// An extension.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct RawExtension {
    /// pg_extension.oid
    pub oid: u32,
    /// Unquoted name.
    pub name: String,
    /// Its schema.
    pub schema: String,
}

/// An enum type.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct RawEnum {
    /// pg_type.oid
    pub oid: u32,
    /// Its name.
    pub name: QualifiedName,
    /// Labels by enumsortorder.
    pub labels: Vec<String>,
}

/// A domain.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct RawDomain {
    /// pg_type.oid
    pub oid: u32,
    /// Its name.
    pub name: QualifiedName,
    /// format_type(typbasetype, typtypmod)
    pub type_name: String,
    /// typbasetype, or the element's type where that is an array.
    pub type_oid: u32,
    /// Whether typbasetype is a true array type.
    pub array: bool,
    /// Quoted and qualified, only where it differs from the base type's own.
    pub collation: Option<String>,
    /// typnotnull
    pub not_null: bool,
    /// pg_get_expr(typdefaultbin, 0)
    pub default: Option<String>,
    /// CHECK constraints, by name.
    pub constraints: Vec<RawConstraint>,
}

/// A sequence.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct RawSequence {
    /// pg_class.oid
    pub oid: u32,
    /// Its name.
    pub name: QualifiedName,
    /// pg_sequence
    pub options: SequenceOptions,
    /// UNLOGGED
    pub unlogged: bool,
    /// The column that owns it (pg_depend, deptype `a`).
    pub owned_by: Option<RawOwner>,
}

/// The column that owns a sequence.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct RawOwner {
    /// pg_class.oid of the table
    pub table: u32,
    /// attnum
    pub attnum: i16,
    /// The table's name.
    pub table_name: QualifiedName,
    /// The column's name.
    pub column_name: String,
}

/// A table.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct RawTable {
    /// pg_class.oid
    pub oid: u32,
    /// Its name.
    pub name: QualifiedName,
    /// UNLOGGED
    pub unlogged: bool,
    /// Live columns by attnum.
    pub columns: Vec<RawColumn>,
    /// All but NOT NULL constraints, by name.
    pub constraints: Vec<RawConstraint>,
    /// Valid, ready and live indexes without a constraint, by name.
    pub indexes: Vec<RawIndex>,
}

/// A column.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct RawColumn {
    /// pg_attribute.attnum
    pub attnum: i16,
    /// Unquoted name.
    pub name: String,
    /// format_type(atttypid, atttypmod)
    pub type_name: String,
    /// atttypid, or the element's type where that is an array: what an enum's OID is compared with.
    pub type_oid: u32,
    /// Whether atttypid is a true array type.
    pub array: bool,
    /// Whether the type is a domain that does not take every value.
    #[serde(default)]
    pub constrained: bool,
    /// Quoted and qualified, only where it differs from the type's own (pg_type.typcollation).
    pub collation: Option<String>,
    /// attnotnull
    pub not_null: bool,
    /// DEFAULT or generated expression (pg_attrdef).
    pub default: Option<RawDefault>,
    /// GENERATED … AS IDENTITY
    pub identity: Option<RawIdentity>,
    /// attmissingval's one element as text, where atthasmissing.
    pub missing: Option<String>,
}

/// A row of pg_attrdef.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct RawDefault {
    /// pg_attrdef.oid
    pub oid: u32,
    /// pg_get_expr(adbin, adrelid)
    pub sql: String,
    /// attgenerated <> ''
    pub generated: bool,
    /// The most volatile function in it, as far as pg_depend and the text show.
    pub volatility: Volatility,
}

/// An identity column's sequence.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct RawIdentity {
    /// attidentity = 'a'
    pub always: bool,
    /// The sequence's name.
    pub sequence: QualifiedName,
    /// pg_sequence
    pub options: SequenceOptions,
}

/// A constraint.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct RawConstraint {
    /// pg_constraint.oid
    pub oid: u32,
    /// Unquoted name.
    pub name: String,
    /// contype
    #[serde(rename = "type")]
    pub kind: ConstraintKind,
    /// pg_get_constraintdef(oid) without its trailing `DEFERRABLE`, `INITIALLY DEFERRED` and `NOT VALID`.
    pub definition: String,
    /// conkey (the columns that a CHECK mentions are in it, too).
    pub columns: Vec<i16>,
    /// confrelid of a foreign key.
    pub references: Option<u32>,
    /// condeferrable, condeferred
    pub timing: Timing,
    /// convalidated
    pub validated: bool,
}

/// An index without a constraint.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct RawIndex {
    /// pg_class.oid of the index
    pub oid: u32,
    /// Unquoted name.
    pub name: String,
    /// indisunique
    pub unique: bool,
    /// pg_get_indexdef(oid) from behind ` USING ` up to `WITH (…)` and `WHERE …`.
    pub definition: String,
    /// Storage parameters, each as `name=value` in SQL.
    pub options: Vec<String>,
    /// pg_get_expr(indpred, indrelid)
    pub predicate: Option<String>,
    /// Columns that it mentions anywhere (indkey and pg_depend).
    pub columns: Vec<i16>,
    /// pg_get_expr of each key expression, then of the predicate.
    pub expressions: Vec<String>,
}

/// Something that is there and cannot be distributed.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Unsupported {
    /// Class OID's name and OID, to tell which objects of a transaction it is about.
    pub oid: u32,
    /// `view`, `function`, `partitioned table`, `table`, …
    pub kind: String,
    /// pg_identify_object(…).identity: quoted and qualified.
    pub identity: String,
    /// Why: `views are not distributed`, `column "x" has type public.email, a domain`, …
    pub reason: String,
}
