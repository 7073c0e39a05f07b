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

// Columns of `_electric_meta.migrations` by their place in sql/schema.sql.
const LEDGER_ID: i16 = 1;
const SEQ: i16 = 2;
const HASH: i16 = 3;
const PARENT_HASH: i16 = 4;
const SCHEMA_HASH: i16 = 5;
const CLASS: i16 = 6;
const RESET_VERSION: i16 = 7;
const STATEMENTS: i16 = 8;
const CHANGES: i16 = 9;
const CHANGES_DIGEST: i16 = 10;
const PRIVATE_DIGEST: i16 = 11;
const SOURCE: i16 = 12;
const RECORDED_BY: i16 = 13;
const RECORDED_AT: i16 = 14;
const APPLICATION_NAME: i16 = 15;
const XID: i16 = 16;
const LSN: i16 = 17;
const LABEL: i16 = 18;
const SALT: i16 = 19;

/// One row of the ledger.
pub struct Stored<'a>(&'a Row);

/// Calls `look` with the entries after one, in order, for as long as it has nothing to say; one at a time, because a ledger may be larger than memory is.
pub fn find<T>(id: [u8; 16], after: u64, mut look: impl FnMut(&Stored<'_>) -> Option<T>) -> Result<Option<T>, Failure> {
    let relation = |name| sys::relation_oid("_electric_meta", name).ok_or(Failure::Ledger("its entries are gone"));
    let keys = [Key::Uuid(LEDGER_ID, id), Key::Above(SEQ, bigint(after))];
    Ok(sys::find_in_order(relation("migrations")?, relation("migrations_pkey")?, &keys, |row| look(&Stored(row))))
}

impl<'a> Stored<'a> {
    fn number(&self, attno: i16) -> Option<u64> {
        self.0.i64(attno)?.try_into().ok()
    }

    fn hash(&self, attno: i16) -> Option<Hash> {
        self.0.str(attno)?.parse().ok()
    }

    /// Its place.
    pub fn seq(&self) -> Option<u64> {
        self.number(SEQ)
    }

    /// What its hash covers, and its hash; `None` if one of the columns holds what no entry has.
    pub fn link(&self) -> Option<(Link, Hash)> {
        let class = match self.0.str(CLASS)? {
            "additive" => Class::Additive,
            "destructive" => Class::Destructive,
            _ => return None,
        };
        let link = Link {
            parent_hash: self.hash(PARENT_HASH)?,
            seq: self.seq()?,
            class,
            reset_version: self.number(RESET_VERSION)?,
            schema_hash: self.hash(SCHEMA_HASH)?,
            statements: self.0.list(STATEMENTS)?,
            changes_digest: self.hash(CHANGES_DIGEST)?,
            private_digest: self.hash(PRIVATE_DIGEST)?,
        };
        Some((link, self.hash(HASH)?))
    }

    fn private(&self) -> Option<Private> {
        let label = if self.0.is_null(LABEL) { None } else { Some(self.0.str(LABEL)?.to_owned()) };
        Some(Private {
            salt: self.0.bytes(SALT)?,
            source: self.0.list(SOURCE)?,
            recorded_by: self.0.str(RECORDED_BY)?.to_owned(),
            recorded_at: self.0.i64(RECORDED_AT)?,
            application_name: self.0.str(APPLICATION_NAME)?.to_owned(),
            // xid8 and pg_lsn are eight bytes by value, as int8 is.
            xid: u64::from_ne_bytes(self.0.i64(XID)?.to_ne_bytes()),
            lsn: u64::from_ne_bytes(self.0.i64(LSN)?.to_ne_bytes()),
            label,
        })
    }

    /// Its changes, if its hash covers all that it says; else what it does not cover.
    pub fn covered(&self, link: &Link, hash: &Hash) -> Result<Json<'a>, &'static str> {
        if link.hash() != *hash {
            return Err("its hash does not cover what it says");
        }
        let changes = self.0.content(CHANGES).and_then(jsonb::read);
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
