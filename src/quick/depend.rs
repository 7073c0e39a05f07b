//! pg_depend.

use super::FIRST_USER_OID;
use crate::sys::{self, Key, Oid};

/// A row of pg_depend.
pub struct Depend {
    pub class: Oid,
    pub object: Oid,
    pub part: i32,
    pub on_class: Oid,
    pub on: Oid,
    pub on_part: i32,
    pub kind: u8,
}

impl Depend {
    const CATALOG: Oid = 2608;

    fn rows(index: Oid, class: i16, object: i16, keys: (Oid, Oid)) -> impl Iterator<Item = Depend> {
        let rows = sys::catalog_rows(Depend::CATALOG, index, &[Key::Oid(class, keys.0), Key::Oid(object, keys.1)]);
        rows.into_iter().filter_map(|row| {
            Some(Depend {
                class: row.oid(1)?,
                object: row.oid(2)?,
                part: row.i32(3)?,
                on_class: row.oid(4)?,
                on: row.oid(5)?,
                on_part: row.i32(6)?,
                kind: row.byte(7)?,
            })
        })
    }

    /// What an object depends on.
    pub fn of(class: Oid, object: Oid) -> impl Iterator<Item = Depend> {
        const DEPENDER_INDEX: Oid = 2673;
        Depend::rows(DEPENDER_INDEX, 1, 2, (class, object))
    }

    /// What depends on an object.
    pub fn on(class: Oid, object: Oid) -> impl Iterator<Item = Depend> {
        const REFERENCE_INDEX: Oid = 2674;
        Depend::rows(REFERENCE_INDEX, 4, 5, (class, object))
    }

    /// A sequence's, on the identity column that it belongs to.
    pub fn is_identity(&self) -> bool {
        self.kind == b'i' && self.on_class == sys::CLASS && self.on_part > 0
    }

    /// On an object that not every server has.
    pub fn is_on_foreign_object(&self) -> bool {
        const PROC: Oid = 1255;
        const OPERATOR: Oid = 2617;
        const COLLATION: Oid = 3456;
        const OPCLASS: Oid = 2616;
        const TS_CONFIG: Oid = 3602;
        const TS_DICT: Oid = 3600;
        let classes = [sys::TYPE, PROC, OPERATOR, COLLATION, OPCLASS, TS_CONFIG, TS_DICT];
        self.on >= FIRST_USER_OID && classes.contains(&self.on_class)
    }
}
