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

/// Takes ACCESS SHARE if that needs no waiting. False also when the relation is gone.
pub fn try_lock_share(oid: Oid) -> bool {
    // SAFETY: locking an OID is sound whether or not the relation exists, and the lock is given back when it does not.
    unsafe {
        if !pg_sys::ConditionalLockRelationOid(oid.into(), pg_sys::AccessShareLock as pg_sys::LOCKMODE) {
            return false;
        }
        let zero = Datum::from(0usize);
        let exists = pg_sys::SearchSysCacheExists(
            pg_sys::SysCacheIdentifier::RELOID as c_int,
            Datum::from(oid),
            zero,
            zero,
            zero,
        );
        if !exists {
            unlock_share(oid);
        }
        exists
    }
}

/// Gives back what `try_lock_share` took.
pub fn unlock_share(oid: Oid) {
    // SAFETY: releasing a lock that is not held is a warning, nothing worse.
    unsafe { pg_sys::UnlockRelationOid(oid.into(), pg_sys::AccessShareLock as pg_sys::LOCKMODE) }
}

/// Sleeps, but not through a cancel.
pub fn nap(milliseconds: u32) {
    // SAFETY: sleeps, at most until a signal comes.
    unsafe { pg_sys::pg_usleep(c_long::from(milliseconds) * 1000) };
    pgrx::check_for_interrupts!();
}
