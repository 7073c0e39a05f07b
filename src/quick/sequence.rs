//! Sequences that are no part of an identity column, and the options of those that are.

use electric_schema_core::catalog::{RawOwner, RawSequence};
use electric_schema_core::model::{QualifiedName, SequenceOptions};

use super::depend::Depend;
use super::reader::Reader;
use crate::sys::{self, Key, Oid};

impl Reader {
    /// A sequence, with its owner.
    pub fn sequence(&mut self, oid: Oid) -> Option<RawSequence> {
        let class = sys::class(oid).filter(|class| class.persistence != b't')?;
        let depends: Vec<_> = Depend::of(sys::CLASS, oid).collect();
        if depends.iter().any(|depend| matches!(depend.kind, b'e' | b'i')) {
            return None;
        }
        let owner = depends.iter().find(|d| d.kind == b'a' && d.on_class == sys::CLASS && d.on_part > 0);
        let owned_by = match owner {
            Some(owner) => {
                let attnum = i16::try_from(owner.on_part).ok()?;
                let table = sys::class(owner.on)?;
                Some(RawOwner {
                    table: owner.on,
                    attnum,
                    table_name: QualifiedName { schema: sys::schema_name(table.namespace)?, name: table.name },
                    column_name: sys::attribute_name(owner.on, attnum)?,
                })
            }
            None => None,
        };
        Some(RawSequence {
            oid,
            name: QualifiedName { schema: self.schema(class.namespace)?, name: class.name },
            options: options(oid)?,
            unlogged: class.persistence == b'u',
            owned_by,
        })
    }
}

/// Whether it is a sequence that a column owns.
pub fn is_owned_sequence(dependent: &Depend) -> bool {
    dependent.kind == b'a'
        && dependent.class == sys::CLASS
        && dependent.on_part > 0
        && sys::class(dependent.object).is_some_and(|class| class.kind == b'S')
}

/// A row of pg_sequence.
pub fn options(oid: Oid) -> Option<SequenceOptions> {
    const SEQUENCE: Oid = 2224;
    const RELATION_INDEX: Oid = 5002;
    let row = sys::catalog_rows(SEQUENCE, RELATION_INDEX, &[Key::Oid(1, oid)]).pop()?;
    Some(SequenceOptions {
        data_type: sys::type_text(row.oid(2)?, None)?,
        start: row.i64(3)?,
        increment: row.i64(4)?,
        max: row.i64(5)?,
        min: row.i64(6)?,
        cache: row.i64(7)?,
        cycle: row.bool(8)?,
    })
}
