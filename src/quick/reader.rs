//! One reading: tables and sequences, and what they have in common.

use std::collections::{BTreeMap, BTreeSet};

use electric_schema_core::catalog::Catalog;

use super::depend::Depend;
use super::sequence::is_owned_sequence;
use super::FIRST_USER_OID;
use crate::sys::{self, Oid};

/// What one reading has looked up already.
#[derive(Default)]
pub struct Reader {
    schemas: BTreeMap<Oid, Option<String>>,
    types: BTreeMap<Oid, Option<ColumnType>>,
    /// The enums that the table at hand uses, each with the column that has it; 0: an expression names it.
    pub enums: BTreeSet<(Oid, i16)>,
}

/// A type that this reader knows.
#[derive(Clone, Copy)]
pub struct ColumnType {
    /// Itself, or an array's element.
    pub object: Oid,
    pub array: bool,
    pub collation: Oid,
}

impl Reader {
    /// These tables, with their sequences, and these sequences; `None` if one of them is not what this reader knows.
    pub fn read(mut self, tables: &BTreeSet<Oid>, mut sequences: BTreeSet<Oid>) -> Option<Catalog> {
        let mut catalog = Catalog::default();
        for &oid in tables {
            let dependents: Vec<_> = Depend::on(sys::CLASS, oid).collect();
            // SET UNLOGGED reaches a table's own sequences without naming them.
            sequences.extend(dependents.iter().filter(|d| is_owned_sequence(d)).map(|d| d.object));
            catalog.tables.push(self.table(oid, &dependents)?);
        }
        for oid in sequences {
            catalog.sequences.push(self.sequence(oid)?);
        }
        catalog.tables.sort_by(|a, b| a.name.cmp(&b.name));
        catalog.sequences.sort_by(|a, b| a.name.cmp(&b.name));
        Some(catalog)
    }

    /// The name of a schema that is the user's own and no extension's.
    pub fn schema(&mut self, oid: Oid) -> Option<String> {
        let find = || {
            let name = sys::schema_name(oid)?;
            let is_own = !name.starts_with("pg_")
                && !matches!(name.as_str(), "information_schema" | "_electric_meta" | "electric_schema")
                && !sys::is_of_extension(sys::NAMESPACE, oid);
            is_own.then_some(name)
        };
        self.schemas.entry(oid).or_insert_with(find).clone()
    }

    /// A type of a column.
    pub fn column_type(&mut self, oid: Oid) -> Option<ColumnType> {
        let find = || {
            let own = sys::type_facts(oid)?;
            let element = sys::type_facts(own.element).filter(|element| element.array == oid).map(|_| own.element);
            let object = element.unwrap_or(oid);
            let is_known = object < FIRST_USER_OID
                || sys::type_facts(object)?.kind == b'e' && !sys::is_of_extension(sys::TYPE, object);
            is_known.then_some(ColumnType { object, array: element.is_some(), collation: own.collation })
        };
        *self.types.entry(oid).or_insert_with(find)
    }

    /// Notes the enums among what a part depends on; `None` when anything else is there that not every server has.
    pub fn note_enums<'a>(&mut self, depends: impl IntoIterator<Item = &'a Depend>, is_expression: bool) -> Option<()> {
        for depend in depends.into_iter().filter(|depend| depend.is_on_foreign_object()) {
            if depend.on_class != sys::TYPE {
                return None;
            }
            let attnum = if is_expression { 0 } else { i16::try_from(depend.part).ok()? };
            let of = self.column_type(depend.on)?;
            self.enums.insert((of.object, attnum));
        }
        Some(())
    }
}
