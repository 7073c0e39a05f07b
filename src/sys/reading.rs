//! Pinned settings and snapshots: reading the catalogs so that the same schema gives the same text.

use super::*;

/// What catalog text and plans depend on, and the values that a canonical reading needs.
pub(super) const PINNED: [(&CStr, &CStr); 13] = [
    (c"search_path", c""),
    (c"TimeZone", c"UTC"),
    (c"DateStyle", c"ISO, MDY"),
    (c"IntervalStyle", c"postgres"),
    (c"bytea_output", c"hex"),
    (c"extra_float_digits", c"1"),
    (c"quote_all_identifiers", c"off"),
    (c"standard_conforming_strings", c"on"),
    (c"lc_monetary", c"C"),
    (c"jit", c"off"),
    // Planning the catalog query anew costs more than running it.
    (c"plan_cache_mode", c"force_generic_plan"),
    (c"max_parallel_workers_per_gather", c"0"),
    (c"row_security", c"off"),
];

pub(super) fn setting(name: &CStr) -> Option<CString> {
    // SAFETY: the name is NUL-terminated; a setting that does not exist answers null; the value is copied before anything else can change it.
    unsafe {
        let value = pg_sys::GetConfigOption(name.as_ptr(), true, false);
        (!value.is_null()).then(|| CStr::from_ptr(value).to_owned())
    }
}

/// Sets `name` for the open nest level; leaves alone what already has the value (an assignment can cost far more than the look).
pub(super) fn pin(name: &CStr, value: &CStr) {
    if setting(name).is_some_and(|now| now.as_c_str() == value) {
        return;
    }
    // SAFETY: both strings are NUL-terminated; GUC_ACTION_SAVE lets the nest level's end put the old value back.
    unsafe {
        pg_sys::set_config_option(
            name.as_ptr(),
            value.as_ptr(),
            pg_sys::GucContext::PGC_SUSET,
            pg_sys::GucSource::PGC_S_SESSION,
            pg_sys::GucAction::GUC_ACTION_SAVE,
            true,
            0,
            false,
        );
    }
}

/// Runs `f` as `owner`, with every setting pinned that catalog text depends on.
pub fn pinned<R>(owner: Oid, f: impl FnOnce() -> R) -> R {
    let (mut role, mut context) = (pg_sys::Oid::INVALID, 0);
    // SAFETY: both are put back below; when `f` or a setting raises an ERROR, the unwinding passes them by and the abort of the (sub)transaction
    // restores role, security context and settings itself.
    let level = unsafe {
        pg_sys::GetUserIdAndSecContext(&mut role, &mut context);
        pg_sys::SetUserIdAndSecContext(
            owner.into(),
            context | (pg_sys::SECURITY_LOCAL_USERID_CHANGE | pg_sys::SECURITY_RESTRICTED_OPERATION) as c_int,
        );
        pg_sys::NewGUCNestLevel()
    };
    for (name, value) in PINNED {
        pin(name, value);
    }
    let result = f();
    // SAFETY: level, role and context are those saved above, and nothing opened since is still open.
    unsafe {
        pg_sys::AtEOXact_GUC(true, level);
        pg_sys::SetUserIdAndSecContext(role, context);
    }
    result
}

/// Runs `f` with a snapshot that sees all that is committed now, whatever the isolation level, and this transaction's own changes.
pub fn with_latest_snapshot<R>(f: impl FnOnce() -> R) -> R {
    // SAFETY: popped below; an ERROR unwinds past it and the abort of the (sub)transaction pops it.
    unsafe { pg_sys::PushActiveSnapshot(pg_sys::GetLatestSnapshot()) };
    let result = f();
    // SAFETY: the snapshot on top is the one pushed above, as `f` leaves the stack as it was.
    unsafe { pg_sys::PopActiveSnapshot() };
    result
}

/// Whether the transaction reads with one snapshot until its end (REPEATABLE READ, SERIALIZABLE).
pub fn keeps_its_snapshot() -> bool {
    // SAFETY: a plain setting of this backend's transaction.
    unsafe { pg_sys::XactIsoLevel >= pg_sys::XACT_REPEATABLE_READ as c_int }
}

/// Runs `f` as if the transaction were READ COMMITTED. `pg_get_constraintdef` reads with the transaction's snapshot, whatever snapshot is active:
/// under REPEATABLE READ it knows nothing of what others committed meanwhile. Only for the very end of a transaction, as its own snapshot is gone
/// after it.
pub fn as_read_committed<R>(f: impl FnOnce() -> R) -> R {
    // SAFETY: a plain setting of this backend's transaction; put back below, and by the start of the next transaction after an ERROR.
    let level = unsafe { pg_sys::XactIsoLevel };
    // SAFETY: as above.
    unsafe { pg_sys::XactIsoLevel = pg_sys::XACT_READ_COMMITTED as c_int };
    let result = f();
    // SAFETY: as above.
    unsafe { pg_sys::XactIsoLevel = level };
    result
}

/// Out-of-line values cannot be read or written without an active snapshot, and at commit there is none.
pub(super) fn with_any_snapshot<R>(f: impl FnOnce() -> R) -> R {
    // SAFETY: reads the snapshot stack of this backend.
    if unsafe { pg_sys::ActiveSnapshotSet() } {
        f()
    } else {
        with_latest_snapshot(f)
    }
}
