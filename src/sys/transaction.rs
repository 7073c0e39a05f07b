//! Callbacks at the end of transactions, and subtransactions of our own.

use super::*;

/// How a transaction is about to end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Commit {
    /// COMMIT.
    Commit,
    /// PREPARE TRANSACTION.
    Prepare,
}

pub(super) struct Callbacks {
    pre_commit: fn(Commit),
    after: fn(),
    sub_abort: fn(u32),
    sub_commit: fn(u32, u32),
}

pub(super) static CALLBACKS: OnceLock<Callbacks> = OnceLock::new();

/// Registers, once for the process, what runs at the ends of transactions and subtransactions. `pre_commit` may fail (the transaction then aborts);
/// `after` and the two for subtransactions must not: an ERROR there restarts the server.
pub fn register_callbacks(pre_commit: fn(Commit), after: fn(), sub_abort: fn(u32), sub_commit: fn(u32, u32)) {
    if CALLBACKS.set(Callbacks { pre_commit, after, sub_abort, sub_commit }).is_err() {
        return;
    }
    // SAFETY: both callbacks have the signature that Postgres asks for, live as long as the process and need no argument.
    unsafe {
        pg_sys::RegisterXactCallback(Some(on_transaction), std::ptr::null_mut());
        pg_sys::RegisterSubXactCallback(Some(on_subtransaction), std::ptr::null_mut());
    }
}

#[pg_guard]
unsafe extern "C-unwind" fn on_transaction(event: pg_sys::XactEvent::Type, _argument: *mut c_void) {
    use pg_sys::XactEvent as Event;
    let Some(callbacks) = CALLBACKS.get() else { return };
    match event {
        Event::XACT_EVENT_PRE_COMMIT => (callbacks.pre_commit)(Commit::Commit),
        Event::XACT_EVENT_PRE_PREPARE => (callbacks.pre_commit)(Commit::Prepare),
        Event::XACT_EVENT_PARALLEL_PRE_COMMIT => {}
        _ => (callbacks.after)(),
    }
}

#[pg_guard]
unsafe extern "C-unwind" fn on_subtransaction(
    event: pg_sys::SubXactEvent::Type,
    mine: pg_sys::SubTransactionId,
    parent: pg_sys::SubTransactionId,
    _argument: *mut c_void,
) {
    use pg_sys::SubXactEvent as Event;
    let Some(callbacks) = CALLBACKS.get() else { return };
    match event {
        Event::SUBXACT_EVENT_ABORT_SUB => (callbacks.sub_abort)(mine),
        Event::SUBXACT_EVENT_COMMIT_SUB => (callbacks.sub_commit)(mine, parent),
        _ => {}
    }
}

/// Whether there is more to the transaction than one statement: BEGIN, or, but not at the commit any more, several statements in one string.
pub fn in_transaction_block() -> bool {
    // SAFETY: reads the state of the current transaction.
    unsafe { pg_sys::IsTransactionBlock() }
}

/// Whether this transaction may not write.
pub fn is_read_only() -> bool {
    // SAFETY: a plain flag of this backend.
    unsafe { pg_sys::XactReadOnly }
}

/// Runs `f` in a subtransaction that is rolled back, whatever comes of it. `Err`: what ended `f`.
pub fn rolled_back<R>(f: impl FnOnce() -> R) -> Result<R, Box<CaughtError>> {
    match attempted(|| Err::<Infallible, R>(f())) {
        Ok(never) => match never {},
        Err(result) => result,
    }
}

/// The message of an ERROR that is no one's wish: not a cancelled or conflicting transaction, a timeout or a lack of resources.
pub fn is_ours(error: &CaughtError) -> Option<String> {
    let report = match error {
        CaughtError::PostgresError(report) | CaughtError::ErrorReport(report) => report,
        CaughtError::RustPanic { ereport, .. } => ereport,
    };
    let code = sqlstate(report.sql_error_code());
    let is_wish = ["40", "53", "57", "58"].iter().any(|class| code.starts_with(class)) || code == "55P03";
    (!is_wish).then(|| report.message().to_owned())
}

/// Runs `f` in a subtransaction that is rolled back when an ERROR ends `f`, or when it answers `Err`. `Err(Err(_))`: the ERROR.
pub fn attempted<R, E>(f: impl FnOnce() -> Result<R, E>) -> Result<R, Result<E, Box<CaughtError>>> {
    // SAFETY: the memory context and resource owner are put back as every procedural language does around its exception blocks. All that ends `f`
    // is caught, so the subtransaction that ends here is the one begun here; its abort undoes role, settings, snapshots and SPI connections.
    unsafe {
        let (context, owner) = (pg_sys::CurrentMemoryContext, pg_sys::CurrentResourceOwner);
        pg_sys::BeginInternalSubTransaction(std::ptr::null());
        pg_sys::CurrentMemoryContext = context;
        let result = PgTryBuilder::new(AssertUnwindSafe(|| f().map_err(Ok)))
            .catch_others(|caught| Err(Err(Box::new(caught))))
            .catch_rust_panic(|caught| Err(Err(Box::new(caught))))
            .execute();
        pg_sys::CurrentMemoryContext = context;
        match &result {
            Ok(_) => pg_sys::ReleaseCurrentSubTransaction(),
            Err(_) => pg_sys::RollbackAndReleaseCurrentSubTransaction(),
        }
        pg_sys::CurrentMemoryContext = context;
        pg_sys::CurrentResourceOwner = owner;
        result
    }
}

/// Why `execute` did not run, or did not finish, its statements.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refused {
    /// One of them is BEGIN, COMMIT, SAVEPOINT or the like: its tag. None of them ran.
    TransactionControl(String),
    /// COPY from or to the client.
    Copy,
    /// What SPI says.
    Other(c_int),
}

/// Runs the statements of `sql`, one after the other, as the current role. What they return is dropped.
pub fn execute(sql: &str) -> Result<(), Refused> {
    let text = to_server(sql);
    // SAFETY: the text is NUL-terminated and outlives both calls; each node is checked by its tag before it is read; SPI is connected before and finished
    // after, and an ERROR unwinds past it to the abort of the (sub)transaction, which cleans it up.
    unsafe {
        for cell in list_cells(pg_sys::pg_parse_query(text.as_ptr())) {
            let Some(raw) = node_as::<pg_sys::RawStmt>(cell.ptr_value, pg_sys::NodeTag::T_RawStmt) else { continue };
            if node_as::<pg_sys::TransactionStmt>(raw.stmt.cast(), pg_sys::NodeTag::T_TransactionStmt).is_some() {
                let tag = server_string(pg_sys::GetCommandTagName(pg_sys::CreateCommandTag(raw.stmt)));
                return Err(Refused::TransactionControl(tag.unwrap_or_default()));
            }
        }
        pg_sys::SPI_connect();
        let status = pg_sys::SPI_execute(text.as_ptr(), false, 0);
        pg_sys::SPI_finish();
        match status {
            pg_sys::SPI_ERROR_COPY => Err(Refused::Copy),
            status if status < 0 => Err(Refused::Other(status)),
            _ => Ok(()),
        }
    }
}
