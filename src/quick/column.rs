//! Columns, with their defaults and identities.

use std::collections::{BTreeMap, BTreeSet};

use electric_schema_core::catalog::{RawColumn, RawDefault, RawIdentity};
use electric_schema_core::model::{QualifiedName, Volatility};
use electric_schema_core::tree::{self, Callee};

use super::depend::Depend;
use super::reader::Reader;
use super::sequence;
use super::table::Table;
use crate::sys::{self, Attribute, Key, Oid};

impl Reader {
    /// The live columns of a table, by attnum.
    pub fn columns(&mut self, table: &Table) -> Option<Vec<RawColumn>> {
        let attributes = sys::attributes(table.oid)?;
        let mut defaults = defaults(table.oid)?;
        let columns = attributes.into_iter().map(|attribute| {
            let of = self.column_type(attribute.type_oid)?;
            if !matches!(attribute.generated, 0 | b's') {
                return None;
            }
            let default = match defaults.remove(&attribute.attnum) {
                Some(stored) => {
                    let depends: Vec<_> = Depend::of(sys::ATTRDEF, stored.oid).collect();
                    self.note_enums(&depends, true)?;
                    Some(default(table, &attribute, &stored, &depends)?)
                }
                None => None,
            };
            Some(RawColumn {
                attnum: attribute.attnum,
                type_name: sys::type_text(attribute.type_oid, Some(attribute.typmod))?,
                type_oid: of.object,
                array: of.array,
                multirange: false,
                constrained: false,
                collation: match attribute.collation {
                    0 => None,
                    own if own == of.collation => None,
                    other => Some(sys::collation_identity(other)?),
                },
                not_null: attribute.not_null,
                default,
                identity: match attribute.identity {
                    0 => None,
                    kind => Some(identity(table, attribute.attnum, kind == b'a')?),
                },
                missing: attribute.missing,
                name: attribute.name,
            })
        });
        columns.collect()
    }
}

/// A row of pg_attrdef.
struct StoredDefault {
    oid: Oid,
    tree: String,
}

/// By attnum.
fn defaults(table: Oid) -> Option<BTreeMap<i16, StoredDefault>> {
    const RELATION_INDEX: Oid = 2656;
    let rows = sys::catalog_rows(sys::ATTRDEF, RELATION_INDEX, &[Key::Oid(2, table)]);
    rows.iter().map(|row| Some((row.i16(3)?, StoredDefault { oid: row.oid(1)?, tree: row.text(4)? }))).collect()
}

fn default(table: &Table, column: &Attribute, stored: &StoredDefault, depends: &[Depend]) -> Option<RawDefault> {
    let generated = column.generated != 0;
    let mentioned = || {
        // Before PostgreSQL 15 it is the column that depends, not its expression.
        let of_column = table.depends.iter().filter(|d| d.part == i32::from(column.attnum));
        let on_table = depends.iter().chain(of_column).filter(|d| d.on_class == sys::CLASS && d.on == table.oid);
        let attnums: Option<BTreeSet<i16>> = on_table
            .filter(|d| d.on_part > 0 && d.on_part != i32::from(column.attnum))
            .map(|d| i16::try_from(d.on_part).ok())
            .collect();
        attnums
    };
    let drawn_from = || {
        let on_relations = depends.iter().filter(|d| d.on_class == sys::CLASS).map(|d| d.on);
        on_relations.filter(|oid| sys::class(*oid).is_some_and(|class| class.kind == b'S')).collect::<BTreeSet<_>>()
    };
    Some(RawDefault {
        oid: stored.oid,
        sql: sys::expression_text(&stored.tree, table.oid)?,
        generated,
        columns: if generated { mentioned()?.into_iter().collect() } else { vec![] },
        sequences: if tree::names_relations(&stored.tree) { drawn_from().into_iter().collect() } else { vec![] },
        // Postgres accepts nothing else in a generated column.
        volatility: if generated { Volatility::Immutable } else { tree::volatility(&stored.tree, volatility_of) },
        uses: vec![],
    })
}

fn volatility_of(callee: Callee) -> Option<Volatility> {
    let function = match callee {
        Callee::Function(oid) => oid,
        Callee::Operator(oid) => sys::operator_function(oid)?,
    };
    Some(match sys::function_volatility(function)? {
        b'i' => Volatility::Immutable,
        b's' => Volatility::Stable,
        _ => Volatility::Volatile,
    })
}

fn identity(table: &Table, attnum: i16, always: bool) -> Option<RawIdentity> {
    let is_its = |d: &&Depend| d.class == sys::CLASS && d.kind == b'i' && d.on_part == i32::from(attnum);
    let own = table.dependents.iter().find(is_its)?.object;
    let class = sys::class(own).filter(|class| class.kind == b'S')?;
    let differs = sys::HAS_PERSISTENT_SEQUENCES && class.persistence != table.class.persistence;
    Some(RawIdentity {
        always,
        sequence: QualifiedName { schema: sys::schema_name(class.namespace)?, name: class.name },
        options: sequence::options(own)?,
        unlogged: differs.then_some(class.persistence == b'u'),
    })
}
