//! Pinned settings and snapshots: reading the catalogs so that the same schema gives the same text.

use super::*;

/// That of the extension's functions that are SECURITY DEFINER. Temporary objects come last: in one that does not name them they come first, and with
/// them whatever the caller calls a type.
const SEARCH_PATH: (&CStr, &CStr) = (c"search_path", c"pg_catalog, pg_temp");

/// What catalog text and plans depend on, and the values that a canonical reading needs.
pub(super) const PINNED: [(&CStr, &CStr); 13] = [
    SEARCH_PATH,
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
    with_settings(owner, &PINNED, f)
}

/// Runs `f` as `owner`, as a function that is SECURITY DEFINER does.
pub fn as_definer<R>(owner: Oid, f: impl FnOnce() -> R) -> R {
    with_settings(owner, &[SEARCH_PATH], f)
}

fn with_settings<R>(owner: Oid, settings: &[(&CStr, &CStr)], f: impl FnOnce() -> R) -> R {
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
    for (name, value) in settings {
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

/// Runs `f` with the snapshot that SPI gives to a query: the statement's, or, in a transaction that has written, one that sees what it did so far.
pub(super) fn with_query_snapshot<R>(f: impl FnOnce() -> R) -> R {
    // SAFETY: reads this backend's own transaction.
    if unsafe { pg_sys::GetCurrentTransactionIdIfAny() } == pg_sys::InvalidTransactionId {
        return with_any_snapshot(f);
    }
    advance_command();
    // SAFETY: popped below; an ERROR unwinds past it and the abort of the (sub)transaction pops it.
    unsafe { pg_sys::PushActiveSnapshot(pg_sys::GetTransactionSnapshot()) };
    let result = f();
    // SAFETY: the snapshot on top is the one pushed above, as `f` leaves the stack as it was.
    unsafe { pg_sys::PopActiveSnapshot() };
    result
}

thread_local! {
    /// By the address of the query's text.
    static PLANS: RefCell<HashMap<usize, pg_sys::SPIPlanPtr>> = RefCell::default();
}

/// Whether [`query_json`] has run this query before in this session.
pub fn is_planned(sql: &'static str) -> bool {
    PLANS.with_borrow(|plans| plans.contains_key(&(sql.as_ptr() as usize)))
}

/// The one value, as text, of a query with one parameter `oid[]` (NULL for `None`), read with the active snapshot. `None` when there is no row or the
/// value is NULL. The plan is prepared once for the session.
pub fn query_json(sql: &'static str, touched: Option<&[u32]>) -> Result<Option<String>, SpiError> {
    let key = sql.as_ptr() as usize;
    let known = PLANS.with_borrow(|plans| plans.get(&key).copied());
    // SAFETY: SPI is connected before and finished after; an ERROR unwinds past it and the abort cleans SPI up. A plan that is kept lives as long
    // as the session. The result is copied before SPI's memory goes.
    unsafe {
        Spi::check_status(pg_sys::SPI_connect())?;
        let plan = match known {
            Some(plan) => plan,
            None => {
                let text = to_server(sql);
                let mut types = [pg_sys::OIDARRAYOID];
                let plan = pg_sys::SPI_prepare(text.as_ptr(), 1, types.as_mut_ptr());
                if plan.is_null() {
                    let status = pg_sys::SPI_result;
                    Spi::check_status(pg_sys::SPI_finish())?;
                    Spi::check_status(status)?;
                    return Ok(None);
                }
                // Fails only for a null plan, or one that is kept already.
                pg_sys::SPI_keepplan(plan);
                PLANS.with_borrow_mut(|plans| plans.insert(key, plan));
                plan
            }
        };
        let mut values = [touched.map_or(Datum::from(0usize), oid_array)];
        let nulls = [if touched.is_some() { b' ' } else { b'n' } as c_char];
        Spi::check_status(pg_sys::SPI_execute_plan(plan, values.as_mut_ptr(), nulls.as_ptr(), true, 1))?;
        let answer = if pg_sys::SPI_processed == 0 || pg_sys::SPI_tuptable.is_null() {
            None
        } else {
            let table = &*pg_sys::SPI_tuptable;
            server_string(pg_sys::SPI_getvalue(*table.vals, table.tupdesc, 1))
        };
        Spi::check_status(pg_sys::SPI_finish())?;
        Ok(answer)
    }
}
