//! Tables.

use electric_schema_core::catalog::{RawTable, RawTypeUse};
use electric_schema_core::model::QualifiedName;

use super::constraint;
use super::depend::Depend;
use super::index::{self, Index};
use super::reader::Reader;
use crate::sys::{self, Class, Key, Oid, Row};

/// What one table's parts have in common.
pub struct Table<'a> {
    pub oid: Oid,
    pub class: &'a Class,
    pub name: QualifiedName,
    /// Quoted and qualified.
    pub identity: String,
    /// What it depends on.
    pub depends: &'a [Depend],
    /// What depends on it.
    pub dependents: &'a [Depend],
    pub indexes: &'a [Index],
    /// Its rows in pg_constraint.
    pub constraints: &'a [Row],
}

impl Reader {
    /// A table; `dependents` depend on it.
    pub fn table(&mut self, oid: Oid, dependents: &[Depend]) -> Option<RawTable> {
        let class = sys::class(oid)?;
        let alone = class.kind == b'r'
            && class.persistence != b't'
            && !class.is_partition
            && !class.has_children
            && !class.has_rules
            && class.of_type == 0;
        let depends: Vec<_> = Depend::of(sys::CLASS, oid).collect();
        // An extension that it came with, a table that it inherits from.
        let is_part = |depend: &Depend| depend.kind == b'e' || depend.on_class == sys::CLASS && depend.on != oid;
        if !alone || depends.iter().any(is_part) || dependents.iter().any(|dependent| dependent.class == sys::REWRITE) {
            return None;
        }
        let name = QualifiedName { schema: self.schema(class.namespace)?, name: class.name.clone() };
        let indexes = index::of_table(oid)?;
        let of_table = Key::Oid(constraint::columns()?.table, oid);
        let constraints = sys::catalog_rows(sys::CONSTRAINT, constraint::TABLE_INDEX, &[of_table]);
        let identity = format!("{}.{}", sys::quoted(&name.schema), sys::quoted(&name.name));
        let table = Table {
            oid,
            class: &class,
            name,
            identity,
            depends: &depends,
            dependents,
            indexes: &indexes,
            constraints: &constraints,
        };
        self.enums.clear();
        self.note_enums(&depends, false)?;
        let columns = self.columns(&table)?;
        let constraints = self.constraints(&table)?;
        Some(RawTable {
            oid,
            natts: class.natts,
            unlogged: class.persistence == b'u',
            partition_key: None,
            partitions: vec![],
            parents: vec![],
            of_type: None,
            uses: self.enums.iter().map(|&(oid, attnum)| RawTypeUse { oid, attnum }).collect(),
            columns,
            constraints,
            indexes: index::plain_indexes(&table)?,
            leaving: indexes.iter().filter(|index| !index.usable).map(|index| index.oid).collect(),
            name: table.name,
        })
    }
}
