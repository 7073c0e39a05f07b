//! The newest entries as the running statement sees them, for the clients that are there already or nearly so. They are read through the tables'
//! indexes: no SQL runs and nobody's privileges are asked, so that neither role, `search_path` nor row security has a say. Who may see them is decided
//! by EXECUTE on the functions of the API. Where anything is not as expected the answer is `None`, and [`crate::history`] has to tell.

use electric_schema_core::change::{Class, ClassifiedChange};
use electric_schema_core::encoding::Hash;
use electric_schema_core::jsonb;
use electric_schema_core::plan::{brings, Entry, Position};

use crate::entries::{self, migrations, Stored};
use crate::ledger::{ledgers, seal, SCHEMA};
use crate::sys::{self, Key, Oid, Row};

/// The chain that grows here, at its head.
pub struct Recent {
    id: [u8; 16],
    /// The newest entry.
    pub head: Position,
}

fn find(name: &str) -> Option<Oid> {
    sys::relation_oid(SCHEMA, name)
}

impl Recent {
    /// Where the chain is.
    pub fn find() -> Option<Recent> {
        let columns = [ledgers::ID, ledgers::SEQ, ledgers::HASH, ledgers::RESET_VERSION];
        let chains = sys::scan_as_seen(find("ledgers")?, Some(find("ledgers_pkey")?), &[], &columns);
        let row = match &*chains {
            [only] => only,
            // Others came with a dump.
            _ => {
                let seal = sys::scan_as_seen(find("seal")?, None, &[], &[seal::ID]);
                let current = seal.first()?.uuid(seal::ID)?;
                chains.iter().find(|row| row.uuid(ledgers::ID) == Some(current))?
            }
        };
        let head = Position {
            seq: number(row, ledgers::SEQ)?,
            hash: hash(row, ledgers::HASH)?,
            reset_version: number(row, ledgers::RESET_VERSION)?,
        };
        Some(Recent { id: row.uuid(ledgers::ID)?, head })
    }

    /// The entries after the one with this hash, if all of them are additive.
    pub fn additive_since(&self, from: &Hash) -> Option<Vec<Entry>> {
        let table = find("migrations")?;
        let by_hash = [Key::Text(migrations::HASH, &from.to_string())];
        let columns = [migrations::ID, migrations::SEQ, migrations::RESET_VERSION];
        let found = sys::scan_as_seen(table, Some(find("migrations_hash_key")?), &by_hash, &columns);
        let from = found.first().filter(|row| row.uuid(migrations::ID) == Some(self.id))?;
        if number(from, migrations::RESET_VERSION)? != self.head.reset_version {
            return None;
        }
        let seq = number(from, migrations::SEQ)?;
        let since = [Key::Uuid(migrations::ID, self.id), Key::After(migrations::SEQ, seq.try_into().ok()?)];
        let rows = sys::scan_as_seen(table, Some(find("migrations_pkey")?), &since, &migrations::PUBLIC);
        let entries: Vec<Entry> = rows.iter().map(entry).collect::<Option<_>>()?;
        let is_next = |(entry, seq): (&Entry, u64)| entry.link.seq == seq && entry.link.class == Class::Additive;
        let is_whole = entries.iter().zip(seq + 1..).all(is_next);
        let last = entries.last().filter(|_| is_whole)?;
        ((last.link.seq, last.hash) == (self.head.seq, self.head.hash)).then_some(entries)
    }
}

fn number(row: &Row, attno: i16) -> Option<u64> {
    row.i64(attno)?.try_into().ok()
}

fn hash(row: &Row, attno: i16) -> Option<Hash> {
    row.str(attno)?.parse().ok()
}

fn entry(row: &Row) -> Option<Entry> {
    pgrx::check_for_interrupts!();
    let (link, hash) = Stored::of(row).link()?;
    Some(Entry { link, hash, changes: changes(row)? })
}

/// Few changes have anything to say beside the statements; only where one has, they are parsed.
fn changes(row: &Row) -> Option<Vec<ClassifiedChange>> {
    let stored = jsonb::read(row.content(migrations::CHANGES)?)?;
    if stored.elements()?.iter().any(|change| brings(|path| change.string(path))) {
        return entries::typed(stored);
    }
    Some(vec![])
}
