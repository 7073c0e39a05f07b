//! What most DDL touches, read without a query: tables of built-in types and enums, with their keys, checks, indexes, defaults and sequences, through
//! the caches and the catalogs' indexes. Anything else, one object of it, and the reference query (`catalog`) reads it all: the two have to agree
//! to the letter, and with `electric_schema.check_reader` on every reading is compared.

use std::collections::BTreeSet;

use crate::catalog::{self, Reading};
use crate::sys::{self, Key, Oid};

use depend::Depend;
use reader::Reader;

mod column;
mod constraint;
mod depend;
mod index;
mod reader;
mod sequence;
mod table;

/// Below are the objects that every server has.
const FIRST_USER_OID: Oid = 16384;

/// Reads these objects, if all of them are of the kinds that this reader knows.
pub fn read(oids: &BTreeSet<Oid>) -> Option<Reading> {
    sys::accept_invalidations();
    let asked = Asked::of(oids)?;
    let relations: Vec<_> = asked.tables.iter().map(|&oid| catalog::Relation::alone(oid)).collect();
    let (readable, locked, unread) = catalog::lock(&relations);
    // Newer than the locks.
    sys::accept_invalidations();
    let read = sys::with_latest_snapshot(|| match unread.iter().any(|&oid| has_views(oid)) {
        true => None,
        false => Reader::default().read(&readable, asked.sequences),
    });
    locked.into_iter().for_each(sys::unlock_share);
    Some(Reading { catalog: read?, relations: asked.tables, unread })
}

/// Whether views read it, whose text follows it.
fn has_views(table: Oid) -> bool {
    Depend::on(sys::CLASS, table).any(|dependent| dependent.class == sys::REWRITE)
}

/// What stands behind OIDs of any class.
#[derive(Default)]
struct Asked {
    tables: BTreeSet<Oid>,
    /// Those of identity columns are not among them.
    sequences: BTreeSet<Oid>,
}

impl Asked {
    fn of(oids: &BTreeSet<Oid>) -> Option<Asked> {
        let mut asked = Asked::default();
        for &oid in oids {
            asked.add(oid)?;
        }
        Some(asked)
    }

    fn add(&mut self, oid: Oid) -> Option<()> {
        let Some(class) = sys::class(oid) else {
            if sys::is_type_routine_or_schema(oid) {
                return None;
            }
            // Of a part of a table, or of nothing that is there.
            if let Some(constraint) =
                sys::catalog_rows(sys::CONSTRAINT, constraint::OID_INDEX, &[Key::Oid(1, oid)]).pop()
            {
                self.tables.insert(constraint.oid(constraint::columns()?.table).filter(|table| *table != 0)?);
            }
            return Some(());
        };
        match class.kind {
            b'r' => self.tables.insert(oid),
            b'i' => self.tables.insert(sys::table_of_index(oid)?),
            b'S' => match Depend::of(sys::CLASS, oid).find(Depend::is_identity) {
                Some(identity) => self.tables.insert(identity.on),
                None => self.sequences.insert(oid),
            },
            _ => return None,
        };
        Some(())
    }
}
