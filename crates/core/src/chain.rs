//! The chain: an entry's hash covers its parent's, and so the whole history.

use crate::change::Class;
use crate::encoding::{Encoder, Hash};
use crate::json::Json;

/// The parent of a ledger's first entry.
pub fn genesis(ledger_id: &[u8; 16]) -> Hash {
    Encoder::new("electric_schema/genesis/1").bytes(ledger_id).finish()
}

/// The digest of an entry's `changes`, in their canonical form ([`crate::canonical`]).
pub fn changes_digest(changes: &[u8]) -> Hash {
    Encoder::new("electric_schema/changes/1").bytes(changes).finish()
}

/// The same, of `changes` as they were read from the ledger.
pub fn stored_changes_digest(changes: &Json<'_>) -> Hash {
    changes_digest(&changes.canonical())
}

/// The part of an entry that clients are never shown, only its digest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Private {
    /// Keeps the digest from being guessed.
    pub salt: Vec<u8>,
    /// The statements that were run.
    pub source: Vec<String>,
    /// The role that ran them.
    pub recorded_by: String,
    /// Microseconds since 2000-01-01 00:00:00 UTC.
    pub recorded_at: i64,
    /// `application_name` of the session.
    pub application_name: String,
    /// Full transaction id, with its epoch.
    pub xid: u64,
    /// Position in the WAL when the entry was written.
    pub lsn: u64,
    /// The name that somebody gave the entry.
    pub label: Option<String>,
}

impl Private {
    /// The salted digest.
    pub fn digest(&self) -> Hash {
        Encoder::new("electric_schema/private/1")
            .bytes(&self.salt)
            .list(&self.source)
            .text(&self.recorded_by)
            .i64(self.recorded_at)
            .text(&self.application_name)
            .u64(self.xid)
            .u64(self.lsn)
            .option(self.label.as_deref())
            .finish()
    }
}

/// What an entry's hash covers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Link {
    /// Hash of the entry before, or the genesis hash.
    pub parent_hash: Hash,
    /// 1, 2, 3 …
    pub seq: u64,
    /// Additive or destructive.
    pub class: Class,
    /// How many destructive entries there have been, this one included.
    pub reset_version: u64,
    /// Of the schema after this entry.
    pub schema_hash: Hash,
    /// Replay SQL.
    pub statements: Vec<String>,
    /// [`changes_digest`]
    pub changes_digest: Hash,
    /// [`Private::digest`]
    pub private_digest: Hash,
}

impl Link {
    /// The entry's hash.
    pub fn hash(&self) -> Hash {
        Encoder::new("electric_schema/entry/1")
            .bytes(&self.parent_hash.0)
            .u64(self.seq)
            .text(self.class.as_str())
            .u64(self.reset_version)
            .bytes(&self.schema_hash.0)
            .list(&self.statements)
            .bytes(&self.changes_digest.0)
            .bytes(&self.private_digest.0)
            .finish()
    }
}
