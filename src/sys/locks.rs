//! Locks on the ledger and on what is read.

use super::*;

/// Takes SHARE UPDATE EXCLUSIVE until the end of the transaction, waiting `timeout_ms` at most (0: without end), whatever `lock_timeout` says.
pub fn lock_relation(oid: Oid, timeout_ms: i32) {
    let Ok(timeout) = CString::new(timeout_ms.max(0).to_string()) else { return };
    // SAFETY: the nest level is closed below; an ERROR (the timeout's own) unwinds past it and the abort restores the setting.
    let level = unsafe { pg_sys::NewGUCNestLevel() };
    pin(c"lock_timeout", &timeout);
    // SAFETY: locking an OID is sound whether or not the relation exists.
    unsafe {
        pg_sys::LockRelationOid(oid.into(), pg_sys::ShareUpdateExclusiveLock as pg_sys::LOCKMODE);
        pg_sys::AtEOXact_GUC(true, level);
    }
}

/// That a relation stays as it is for as long as it is read.
pub struct Share {
    oid: Oid,
    /// It was taken for this, and has to be given back.
    taken: bool,
}

/// Sees to it that the relation is locked at least in ACCESS SHARE, if that needs no waiting. `None` also when the relation is gone.
pub fn try_lock_share(oid: Oid) -> Option<Share> {
    // Whatever the transaction holds is enough. One lock more would have to queue behind those who wait for this transaction.
    let taken = !holds_any(oid);
    // SAFETY: locking an OID is sound whether or not the relation exists, and the lock is given back when it does not.
    unsafe {
        if taken && !pg_sys::ConditionalLockRelationOid(oid.into(), pg_sys::AccessShareLock as pg_sys::LOCKMODE) {
            return None;
        }
        let share = Share { oid, taken };
        let zero = Datum::from(0usize);
        let exists = pg_sys::SearchSysCacheExists(
            pg_sys::SysCacheIdentifier::RELOID as c_int,
            Datum::from(oid),
            zero,
            zero,
            zero,
        );
        if !exists {
            unlock_share(share);
            return None;
        }
        Some(share)
    }
}

/// Gives back what `try_lock_share` took.
pub fn unlock_share(share: Share) {
    if share.taken {
        // SAFETY: the lock was taken by `try_lock_share`.
        unsafe { pg_sys::UnlockRelationOid(share.oid.into(), pg_sys::AccessShareLock as pg_sys::LOCKMODE) }
    }
}

/// Whether this transaction holds the lock that writing to the relation takes.
pub fn writes(oid: Oid) -> bool {
    holds(relation_tag(oid), pg_sys::RowExclusiveLock)
}

/// Whether this transaction holds any lock on the relation.
fn holds_any(oid: Oid) -> bool {
    (pg_sys::AccessShareLock..=pg_sys::AccessExclusiveLock).any(|mode| holds(relation_tag(oid), mode))
}

fn relation_tag(oid: Oid) -> pg_sys::LOCKTAG {
    // SAFETY: a plain identifier of this backend.
    let database = unsafe { pg_sys::MyDatabaseId };
    pg_sys::LOCKTAG {
        locktag_field1: database.to_u32(),
        locktag_field2: oid,
        locktag_field3: 0,
        locktag_field4: 0,
        locktag_type: pg_sys::LockTagType::LOCKTAG_RELATION as u8,
        locktag_lockmethodid: pg_sys::DEFAULT_LOCKMETHOD as u8,
    }
}

/// Whether this session holds the advisory lock with this key, exclusively.
pub fn holds_advisory_lock(key: i64) -> bool {
    // SAFETY: a plain identifier of this backend.
    let database = unsafe { pg_sys::MyDatabaseId };
    holds(
        pg_sys::LOCKTAG {
            locktag_field1: database.to_u32(),
            locktag_field2: (key >> 32) as u32,
            locktag_field3: key as u32,
            // Keys of one bigint; those of two integers have 2.
            locktag_field4: 1,
            locktag_type: pg_sys::LockTagType::LOCKTAG_ADVISORY as u8,
            locktag_lockmethodid: pg_sys::USER_LOCKMETHOD as u8,
        },
        pg_sys::ExclusiveLock,
    )
}

fn holds(tag: pg_sys::LOCKTAG, mode: u32) -> bool {
    // SAFETY: looks the tag up in this backend's own table.
    unsafe { versions::lock_held(&tag, mode as pg_sys::LOCKMODE) }
}

/// Sleeps, but not through a cancel.
pub fn nap(milliseconds: u32) {
    // SAFETY: sleeps, at most until a signal comes.
    unsafe { pg_sys::pg_usleep(c_long::from(milliseconds) * 1000) };
    pgrx::check_for_interrupts!();
}
