//! Facts about this moment: who, when, where in the WAL; and what goes out with a commit.

use super::*;

/// The innermost open subtransaction; 1 is the transaction itself.
pub fn current_subtransaction() -> u32 {
    // SAFETY: reads the state of the current transaction.
    unsafe { pg_sys::GetCurrentSubTransactionId() }
}

/// The transaction's id with its epoch; assigns one when there is none.
pub fn full_xid() -> u64 {
    // SAFETY: called inside a transaction, outside of recovery and parallel mode.
    unsafe { pg_sys::GetTopFullTransactionId().value }
}

/// Where the next WAL record will start.
pub fn insert_lsn() -> u64 {
    // SAFETY: reads shared memory under Postgres's own lock; no recovery, as DDL is running.
    unsafe { pg_sys::GetXLogInsertRecPtr() }
}

/// The clock, in microseconds since 2000-01-01 (the unit of `timestamptz`).
pub fn now_micros() -> i64 {
    // SAFETY: reads the clock.
    unsafe { pg_sys::GetCurrentTimestamp() }
}

/// When the client's current message arrived, in microseconds since 2000-01-01.
pub fn statement_start() -> i64 {
    // SAFETY: reads a global of the backend.
    unsafe { pg_sys::GetCurrentStatementStartTimestamp() }
}

/// The setting `application_name`.
pub fn application_name() -> String {
    // SAFETY: the global is null or points to the setting's NUL-terminated value; it is copied at once.
    unsafe { server_string(pg_sys::application_name) }.unwrap_or_default()
}

/// The role outside of any SECURITY DEFINER function: its name, or its number when it is gone.
pub fn outer_role() -> String {
    // SAFETY: with `noerr` the look-up answers null for a missing role, else a palloc'd string that is copied at once.
    unsafe {
        let role = pg_sys::GetOuterUserId();
        server_string(pg_sys::GetUserNameFromId(role, true)).unwrap_or_else(|| role.to_u32().to_string())
    }
}

/// Whether the current role has the rights of another: it is that one, a member of it, or a superuser.
pub fn caller_has_privileges_of(role: Oid) -> bool {
    // SAFETY: look-ups in the syscache; a role that is gone has no members.
    unsafe { pg_sys::has_privs_of_role(pg_sys::GetUserId(), role.into()) }
}

thread_local! {
    /// Asking costs more than what is asked for; each value is given once.
    static RANDOM: RefCell<Vec<[u8; 32]>> = const { RefCell::new(Vec::new()) };
}

/// 32 bytes from the operating system's or OpenSSL's generator.
pub fn strong_random() -> [u8; 32] {
    const AT_ONCE: usize = 32;
    if let Some(bytes) = RANDOM.with_borrow_mut(Vec::pop) {
        return bytes;
    }
    let mut more = [[0u8; 32]; AT_ONCE];
    // SAFETY: the buffer is as long as said.
    if !unsafe { pg_sys::pg_strong_random(more.as_mut_ptr().cast(), size_of_val(&more)) } {
        pgrx::ereport!(ERROR, pgrx::PgSqlErrorCode::ERRCODE_INTERNAL_ERROR, "could not generate random values");
    }
    let [first, rest @ ..] = more;
    RANDOM.set(rest.to_vec());
    first
}

/// NOTIFY, delivered when the transaction commits. Postgres refuses it in a transaction that is then prepared.
pub fn notify(channel: &str, payload: &str) {
    let (channel, payload) = (to_server(channel), to_server(payload));
    // SAFETY: both strings are NUL-terminated; Postgres copies them into the transaction's memory.
    unsafe { pg_guard_ffi_boundary(|| Async_Notify(channel.as_ptr(), payload.as_ptr())) }
}

/// A message in the WAL that a decoder sees only if the transaction commits.
pub fn wal_message(prefix: &str, message: &[u8]) {
    let prefix = to_server(prefix);
    // SAFETY: the prefix is NUL-terminated, the length is the message's own; both are copied into the WAL record.
    unsafe { versions::log_message(&prefix, message) }
}

/// Whether pg_upgrade is restoring the schema.
pub fn is_binary_upgrade() -> bool {
    // SAFETY: a plain flag, set when the server starts.
    unsafe { pg_sys::IsBinaryUpgrade }
}

/// The number that initdb gave this cluster: pg_upgrade moves databases to another one.
pub fn cluster() -> i64 {
    // SAFETY: reads shared memory that never changes while the server runs.
    i64::from_ne_bytes(unsafe { pg_sys::GetSystemIdentifier() }.to_ne_bytes())
}

/// Whether an extension's script is running.
pub fn creating_extension() -> bool {
    // SAFETY: a plain flag of this backend.
    unsafe { pg_sys::creating_extension }
}

/// Whether this server is a standby.
pub fn in_recovery() -> bool {
    // SAFETY: reads shared memory.
    unsafe { pg_sys::RecoveryInProgress() }
}

/// The running server's version, as `server_version_num` has it.
pub fn server_version_num() -> i32 {
    setting(c"server_version_num")
        .and_then(|version| version.to_str().ok()?.parse().ok())
        .unwrap_or(pg_sys::PG_VERSION_NUM as i32)
}

/// Whether this process applies what a subscription brings.
pub fn is_logical_worker() -> bool {
    // SAFETY: reads a variable of this process.
    unsafe { pg_sys::IsLogicalWorker() }
}
