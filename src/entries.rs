//! The ledger's entries one after the other, straight from the heap: what `verify()` looks at.

use electric_schema_core::chain::{stored_changes_digest, Link, Private};
use electric_schema_core::change::{Class, ClassifiedChange};
use electric_schema_core::encoding::Hash;
use electric_schema_core::json::Json;
use electric_schema_core::jsonb;
use serde::Deserialize;

use crate::history::bigint;
use crate::report::Failure;
use crate::sys::{self, Key, Row};

// Columns by their place in sql/schema.sql.
pub mod migrations {
    pub const ID: i16 = 1;
    pub const SEQ: i16 = 2;
    pub const HASH: i16 = 3;
    pub const PARENT_HASH: i16 = 4;
    pub const SCHEMA_HASH: i16 = 5;
    pub const CLASS: i16 = 6;
    pub const RESET_VERSION: i16 = 7;
    pub const STATEMENTS: i16 = 8;
    pub const CHANGES: i16 = 9;
    pub const CHANGES_DIGEST: i16 = 10;
    pub const PRIVATE_DIGEST: i16 = 11;
    pub const SOURCE: i16 = 12;
    pub const RECORDED_BY: i16 = 13;
    pub const RECORDED_AT: i16 = 14;
    pub const APPLICATION_NAME: i16 = 15;
    pub const XID: i16 = 16;
    pub const LSN: i16 = 17;
    pub const LABEL: i16 = 18;
    pub const SALT: i16 = 19;
    /// What clients are shown.
    pub const PUBLIC: [i16; 11] = [
        ID,
        SEQ,
        HASH,
        PARENT_HASH,
        SCHEMA_HASH,
        CLASS,
        RESET_VERSION,
        STATEMENTS,
        CHANGES,
        CHANGES_DIGEST,
        PRIVATE_DIGEST,
    ];
}

/// One row of the ledger.
pub struct Stored<'a>(&'a Row);

/// Calls `look` with the entries after one, in order, for as long as it has nothing to say; one at a time, because a ledger may be larger than memory is.
pub fn find<T>(id: [u8; 16], after: u64, mut look: impl FnMut(&Stored<'_>) -> Option<T>) -> Result<Option<T>, Failure> {
    let relation = |name| sys::relation_oid("_electric_meta", name).ok_or(Failure::Ledger("its entries are gone"));
    let keys = [Key::Uuid(migrations::ID, id), Key::After(migrations::SEQ, bigint(after))];
    Ok(sys::find_in_order(relation("migrations")?, relation("migrations_pkey")?, &keys, |row| look(&Stored(row))))
}

impl<'a> Stored<'a> {
    /// A row of `migrations` with, at least, the columns that are asked for.
    pub fn of(row: &'a Row) -> Self {
        Stored(row)
    }

    fn number(&self, attno: i16) -> Option<u64> {
        self.0.i64(attno)?.try_into().ok()
    }

    fn hash(&self, attno: i16) -> Option<Hash> {
        self.0.str(attno)?.parse().ok()
    }

    /// Its place.
    pub fn seq(&self) -> Option<u64> {
        self.number(migrations::SEQ)
    }

    /// What its hash covers, and its hash; `None` if one of the columns holds what no entry has.
    pub fn link(&self) -> Option<(Link, Hash)> {
        let link = Link {
            parent_hash: self.hash(migrations::PARENT_HASH)?,
            seq: self.seq()?,
            class: Class::named(self.0.str(migrations::CLASS)?)?,
            reset_version: self.number(migrations::RESET_VERSION)?,
            schema_hash: self.hash(migrations::SCHEMA_HASH)?,
            statements: self.0.list(migrations::STATEMENTS)?,
            changes_digest: self.hash(migrations::CHANGES_DIGEST)?,
            private_digest: self.hash(migrations::PRIVATE_DIGEST)?,
        };
        Some((link, self.hash(migrations::HASH)?))
    }

    fn private(&self) -> Option<Private> {
        let label =
            if self.0.is_null(migrations::LABEL) { None } else { Some(self.0.str(migrations::LABEL)?.to_owned()) };
        Some(Private {
            salt: self.0.bytes(migrations::SALT)?,
            source: self.0.list(migrations::SOURCE)?,
            recorded_by: self.0.str(migrations::RECORDED_BY)?.to_owned(),
            recorded_at: self.0.i64(migrations::RECORDED_AT)?,
            application_name: self.0.str(migrations::APPLICATION_NAME)?.to_owned(),
            // xid8 and pg_lsn are eight bytes by value, as int8 is.
            xid: u64::from_ne_bytes(self.0.i64(migrations::XID)?.to_ne_bytes()),
            lsn: u64::from_ne_bytes(self.0.i64(migrations::LSN)?.to_ne_bytes()),
            label,
        })
    }

    /// Its changes, if its hash covers all that it says; else what it does not cover.
    pub fn covered(&self, link: &Link, hash: &Hash) -> Result<Json<'a>, &'static str> {
        if link.hash() != *hash {
            return Err("its hash does not cover what it says");
        }
        let changes = self.0.content(migrations::CHANGES).and_then(jsonb::read);
        let changes = changes.filter(|changes| stored_changes_digest(changes) == link.changes_digest);
        let changes = changes.ok_or("its changes were altered")?;
        match self.private() {
            Some(private) if private.digest() == link.private_digest => Ok(changes),
            _ => Err("its private part was altered"),
        }
    }
}

/// Changes, typed; `None` if they are none that this version knows.
pub fn typed(changes: Json<'_>) -> Option<Vec<ClassifiedChange>> {
    Deserialize::deserialize(changes).ok()
}
