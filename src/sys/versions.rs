//! Where Postgres's versions differ for this crate: all `cfg(feature = "pgNN")` there are. What differs in the catalogs is at the top of the core's catalog.sql.

use super::*;

unsafe extern "C-unwind" {
    #[cfg(not(any(feature = "pg17", feature = "pg18")))]
    fn LogLogicalMessage(prefix: *const c_char, message: *const c_char, size: usize, transactional: bool) -> u64;
    #[cfg(any(feature = "pg17", feature = "pg18"))]
    fn LogLogicalMessage(
        prefix: *const c_char,
        message: *const c_char,
        size: usize,
        transactional: bool,
        flush: bool,
    ) -> u64;
}

/// Whether a sequence can be logged where its table is not, and the other way round.
pub const HAS_PERSISTENT_SEQUENCES: bool = pg_sys::PG_VERSION_NUM >= 150000;

/// A transactional logical message. 17 can flush it at once, which a transactional one has no use for: its commit does.
///
/// # Safety
/// As any call into Postgres: inside a transaction.
pub(super) unsafe fn log_message(prefix: &CStr, message: &[u8]) {
    pg_guard_ffi_boundary(|| {
        LogLogicalMessage(
            prefix.as_ptr(),
            message.as_ptr().cast(),
            message.len(),
            true,
            #[cfg(any(feature = "pg17", feature = "pg18"))]
            false,
        )
    });
}

/// Whether this backend holds the lock in this very mode. 17 can be asked for stronger ones as well.
///
/// # Safety
/// As any call into Postgres.
pub(super) unsafe fn lock_held(tag: &pg_sys::LOCKTAG, mode: pg_sys::LOCKMODE) -> bool {
    pg_sys::LockHeldByMe(
        tag,
        mode,
        #[cfg(any(feature = "pg17", feature = "pg18"))]
        false,
    )
}

/// The first and the last subtransaction that gave the relation new storage; 0 for none. 16 calls files locators.
pub(super) fn storage_subtransactions(relation: &pg_sys::RelationData) -> [pg_sys::SubTransactionId; 2] {
    #[cfg(any(feature = "pg13", feature = "pg14", feature = "pg15"))]
    return [relation.rd_firstRelfilenodeSubid, relation.rd_newRelfilenodeSubid];
    #[cfg(not(any(feature = "pg13", feature = "pg14", feature = "pg15")))]
    return [relation.rd_firstRelfilelocatorSubid, relation.rd_newRelfilelocatorSubid];
}

/// Whether it is `DETACH PARTITION … CONCURRENTLY`, which 14 brought.
pub(super) fn is_concurrent(command: &pg_sys::PartitionCmd) -> bool {
    #[cfg(feature = "pg13")]
    return {
        let _ = command;
        false
    };
    #[cfg(not(feature = "pg13"))]
    return command.concurrent;
}
