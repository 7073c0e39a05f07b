//! What `catalog.sql` reads from a server: the catalogs as they are, with OIDs, before they become the model.

use serde::Deserialize;

use crate::model::{ConstraintKind, QualifiedName, RoutineKind, SequenceOptions, Timing, Volatility};
use crate::quote::qualified;

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
    /// Composite types that stand on their own.
    #[serde(default)]
    pub composites: Vec<RawComposite>,
    /// Range types.
    #[serde(default)]
    pub ranges: Vec<RawRange>,
    /// Sequences without those of identity columns.
    pub sequences: Vec<RawSequence>,
    /// Functions and procedures that were asked for, or that what was read needs.
    #[serde(default)]
    pub routines: Vec<RawRoutine>,
    /// Tables, partitioned ones and partitions among them.
    pub tables: Vec<RawTable>,
    /// Views and materialized views.
    #[serde(default)]
    pub views: Vec<RawView>,
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
    /// OIDs of the relations, types and routines that need it.
    pub needed_by: Vec<u32>,
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
    /// Whether it is a multirange type; type_oid is then its range type's.
    #[serde(default)]
    pub multirange: bool,
    /// Quoted and qualified, only where it differs from the base type's own.
    pub collation: Option<String>,
    /// typnotnull
    pub not_null: bool,
    /// pg_get_expr(typdefaultbin, 0)
    pub default: Option<String>,
    /// CHECK constraints, by name.
    pub constraints: Vec<RawConstraint>,
    /// pg_proc.oid of the user's routines in its default and constraints.
    #[serde(default)]
    pub uses: Vec<u32>,
    /// pg_type.oid of the user's types there.
    #[serde(default)]
    pub types: Vec<u32>,
}

/// A type as something else names it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct RawDataType {
    /// format_type(…)
    pub type_name: String,
    /// Its OID; of an array its element's, of a multirange its range type's.
    pub type_oid: u32,
    /// Whether it is a true array type.
    pub array: bool,
    /// Whether it is a multirange type.
    pub multirange: bool,
}

/// A composite type.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct RawComposite {
    /// pg_type.oid
    pub oid: u32,
    /// Its name.
    pub name: QualifiedName,
    /// Live attributes by attnum.
    pub attributes: Vec<RawAttribute>,
}

/// An attribute of a composite type, or a column of a view.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct RawAttribute {
    /// pg_attribute.attnum
    pub attnum: i16,
    /// Unquoted name.
    pub name: String,
    /// Its type.
    #[serde(flatten)]
    pub data_type: RawDataType,
    /// Quoted and qualified, only where it differs from the type's own.
    pub collation: Option<String>,
}

/// A range type.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct RawRange {
    /// pg_type.oid
    pub oid: u32,
    /// Its name.
    pub name: QualifiedName,
    /// rngsubtype
    pub subtype: RawDataType,
    /// rngsubopc, quoted and qualified.
    pub opclass: String,
    /// rngcollation, only where it differs from the subtype's own.
    pub collation: Option<String>,
    /// rngsubdiff
    pub difference: Option<String>,
    /// The name of rngmultitypid.
    pub multirange_name: Option<QualifiedName>,
    /// pg_proc.oid of the user's routines that it calls.
    pub uses: Vec<u32>,
}

/// A function or procedure.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct RawRoutine {
    /// pg_proc.oid
    pub oid: u32,
    /// Its name.
    pub name: QualifiedName,
    /// prokind
    pub routine: RoutineKind,
    /// pg_get_function_identity_arguments(oid)
    pub arguments: String,
    /// pg_get_functiondef(oid) from behind the name.
    pub definition: String,
    /// xmin of its row in pg_proc.
    pub written: String,
    /// OIDs of the user's types in its signature, and of routines that its text calls.
    pub uses: Vec<u32>,
}

/// A view or a materialized view.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct RawView {
    /// pg_class.oid
    pub oid: u32,
    /// Its name.
    pub name: QualifiedName,
    /// relkind = 'm'
    pub materialized: bool,
    /// Columns by attnum.
    pub columns: Vec<RawAttribute>,
    /// pg_get_viewdef(oid) without the semicolon.
    pub query: String,
    /// xmin of its row in pg_rewrite.
    pub written: String,
    /// reloptions, each as `name=value` in SQL.
    pub options: Vec<String>,
    /// Valid, ready and live indexes, by name.
    pub indexes: Vec<RawIndex>,
    /// What of the user's own it reads, calls and names.
    pub uses: Vec<RawNeed>,
    /// Whether it depends on which columns its tables have, and in which order: those are all in `uses` then.
    #[serde(default)]
    pub by_position: bool,
}

/// Something that must be distributed, too.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct RawNeed {
    /// Its OID.
    pub oid: u32,
    /// `table`, `view`, `function`, `type`, …
    pub kind: String,
    /// Quoted and qualified.
    pub identity: String,
    /// The columns of a relation that a view reads.
    #[serde(default)]
    pub columns: Vec<RawColumnName>,
}

/// A column that something else reads.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct RawColumnName {
    /// pg_attribute.attnum
    pub attnum: i16,
    /// Unquoted name.
    pub name: String,
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
    /// pg_class.relnatts: no column that was there when this was read has a higher attnum.
    #[serde(default)]
    pub natts: i16,
    /// UNLOGGED
    pub unlogged: bool,
    /// What it is partitioned by.
    #[serde(default)]
    pub partition_key: Option<RawPartitionKey>,
    /// Its partitions.
    #[serde(default)]
    pub partitions: Vec<RawNeed>,
    /// What it inherits from, or is a partition of.
    #[serde(default)]
    pub parents: Vec<RawParent>,
    /// reloftype
    #[serde(default)]
    pub of_type: Option<RawDataType>,
    /// The user's types that its columns have and its expressions name.
    #[serde(default)]
    pub uses: Vec<RawTypeUse>,
    /// Live columns by attnum.
    pub columns: Vec<RawColumn>,
    /// All but NOT NULL constraints, by name.
    pub constraints: Vec<RawConstraint>,
    /// Valid, ready and live indexes without a constraint, by name.
    pub indexes: Vec<RawIndex>,
    /// pg_class.oid of the other indexes: those of them that the ledger knows are about to be dropped (DROP INDEX CONCURRENTLY).
    #[serde(default)]
    pub leaving: Vec<u32>,
}

/// A type of the user's own that a table needs.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct RawTypeUse {
    /// pg_type.oid
    pub oid: u32,
    /// attnum of the column that has it; 0: an expression names it.
    pub attnum: i16,
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
    /// Whether it is a multirange type; type_oid is then its range type's.
    #[serde(default)]
    pub multirange: bool,
    /// Whether the type is a domain that does not take every value.
    #[serde(default)]
    pub constrained: bool,
    /// Quoted and qualified, only where it differs from the type's own (pg_type.typcollation).
    pub collation: Option<String>,
    /// attnotnull, unless it is NOT VALID.
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
    /// attnums that a generated expression mentions.
    #[serde(default)]
    pub columns: Vec<i16>,
    /// pg_class.oid of the sequences that it draws from.
    #[serde(default)]
    pub sequences: Vec<u32>,
    /// The most volatile function in it, as far as pg_depend and the text show.
    pub volatility: Volatility,
    /// pg_proc.oid of the user's routines in it.
    #[serde(default)]
    pub uses: Vec<u32>,
}

/// What a table is partitioned by.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct RawPartitionKey {
    /// pg_get_partkeydef(oid)
    pub definition: String,
    /// attnums that it mentions.
    #[serde(default)]
    pub columns: Vec<i16>,
    /// pg_proc.oid of the user's routines in it.
    pub uses: Vec<u32>,
}

/// A row of pg_inherits.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct RawParent {
    /// inhparent
    pub oid: u32,
    /// The parent's name.
    pub name: QualifiedName,
    /// pg_get_expr(relpartbound, oid) of a partition.
    pub bound: Option<String>,
    /// Whether another partition takes what none is there for.
    pub beside_default: bool,
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
    /// relpersistence = 'u', where that is not what its table is.
    #[serde(default)]
    pub unlogged: Option<bool>,
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
    /// conkey (the columns that a CHECK mentions are in it, too); 0 stands for the whole row.
    pub columns: Vec<i16>,
    /// The columns of its index, INCLUDE among them; of a foreign key those of the index that it refers to.
    #[serde(default)]
    pub index_columns: Vec<i16>,
    /// confrelid of a foreign key.
    pub references: Option<u32>,
    /// confrelid's name, quoted and qualified.
    #[serde(default)]
    pub refers_to: Option<String>,
    /// condeferrable, condeferred
    pub timing: Timing,
    /// convalidated
    pub validated: bool,
    /// pg_proc.oid of the user's routines in it.
    #[serde(default)]
    pub uses: Vec<u32>,
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
    /// Columns that it mentions anywhere (indkey and pg_depend); 0 stands for the whole row.
    pub columns: Vec<i16>,
    /// pg_get_expr of each key expression, then of the predicate.
    pub expressions: Vec<String>,
    /// pg_proc.oid of the user's routines in them.
    #[serde(default)]
    pub uses: Vec<u32>,
    /// pg_class.oid of the partitioned index that it is a partition of.
    #[serde(default)]
    pub parent: Option<u32>,
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
    /// Why: `foreign tables are not distributed`, `column "x" has type public.email, a base type`, …
    pub reason: String,
    /// Its name as the catalogs have it, where it was read from them.
    #[serde(default)]
    pub name: Option<QualifiedName>,
    /// The table that it is a part of.
    #[serde(default)]
    pub table: Option<u32>,
}

impl RawNeed {
    /// Whether it is a table or a view.
    pub fn is_relation(&self) -> bool {
        matches!(&*self.kind, "table" | "partition" | "foreign table" | "view" | "materialized view")
    }
}

impl Unsupported {
    /// An object of its own.
    pub fn object(oid: u32, kind: &str, name: &QualifiedName, reason: String) -> Unsupported {
        let identity = qualified(name);
        Unsupported { oid, kind: kind.to_owned(), identity, reason, name: Some(name.clone()), table: None }
    }

    /// A part of a table.
    pub fn part(oid: u32, table: u32, kind: &str, identity: String, reason: String) -> Unsupported {
        Unsupported { oid, kind: kind.to_owned(), identity, reason, name: None, table: Some(table) }
    }

    /// Whether it is a table.
    pub fn is_table(&self) -> bool {
        matches!(&*self.kind, "table" | "partitioned table" | "partition" | "foreign table")
    }

    /// Whether it is a view.
    pub fn is_view(&self) -> bool {
        matches!(&*self.kind, "view" | "materialized view")
    }
}
