//! The one room for `unsafe`: every call into Postgres that the compiler cannot check, behind functions that are safe to call.
//!
//! All of them belong on the backend's main thread inside a transaction, as everything in an extension does; pgrx turns an ERROR raised
//! below them into a panic that unwinds through here and becomes the same ERROR again at the outermost guard. OIDs are plain `u32`.
#![allow(unsafe_code)]

use pgrx::pg_sys::ffi::pg_guard_ffi_boundary;
use pgrx::pg_sys::panic::CaughtError;
use pgrx::pg_sys::{self, Datum, PgTryBuilder};
use pgrx::spi::{Spi, SpiError};
use pgrx::{pg_guard, PgTupleDesc};
use std::cell::RefCell;
use std::collections::HashMap;
use std::ffi::{c_char, c_int, c_void, CStr, CString};
use std::panic::AssertUnwindSafe;
use std::sync::OnceLock;

/// An object's identity in the catalogs.
pub type Oid = u32;

// Postgres exports these; pgrx's bindings leave their headers out. Each call goes through `pg_guard_ffi_boundary`, as those of the bindings do.
unsafe extern "C-unwind" {
    fn Async_Notify(channel: *const c_char, payload: *const c_char);
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
    fn find_all_inheritors(
        parent: pg_sys::Oid,
        lock: pg_sys::LOCKMODE,
        parents: *mut *mut pg_sys::List,
    ) -> *mut pg_sys::List;
}

// ---- text ------------------------------------------------------------------------------------------------------------------------

/// Bytes of the server as a `String`. CREATE EXTENSION takes UTF8 databases only.
fn from_server(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// A C string of the server as a `String`; `None` for a null pointer.
///
/// # Safety
/// `text` is null or points to a NUL-terminated string.
unsafe fn server_string(text: *const c_char) -> Option<String> {
    (!text.is_null()).then(|| from_server(CStr::from_ptr(text).to_bytes()))
}

/// Text for the server, up to the first NUL (which no Postgres text can hold).
fn to_server(text: &str) -> CString {
    CString::new(text.split('\0').next().unwrap_or_default()).unwrap_or_default()
}

// ---- transaction callbacks -------------------------------------------------------------------------------------------------------

/// How a transaction is about to end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Commit {
    /// COMMIT.
    Commit,
    /// PREPARE TRANSACTION.
    Prepare,
}

struct Callbacks {
    pre_commit: fn(Commit),
    after: fn(),
    sub_abort: fn(u32),
    sub_commit: fn(u32, u32),
}

static CALLBACKS: OnceLock<Callbacks> = OnceLock::new();

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

// ---- facts about now -------------------------------------------------------------------------------------------------------------

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

/// 32 bytes from the operating system's or OpenSSL's generator.
pub fn strong_random() -> [u8; 32] {
    let mut bytes = [0u8; 32];
    // SAFETY: the buffer is as long as said.
    if !unsafe { pg_sys::pg_strong_random(bytes.as_mut_ptr().cast(), bytes.len()) } {
        pgrx::ereport!(ERROR, pgrx::PgSqlErrorCode::ERRCODE_INTERNAL_ERROR, "could not generate random values");
    }
    bytes
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
    unsafe {
        #[cfg(not(any(feature = "pg17", feature = "pg18")))]
        pg_guard_ffi_boundary(|| LogLogicalMessage(prefix.as_ptr(), message.as_ptr().cast(), message.len(), true));
        #[cfg(any(feature = "pg17", feature = "pg18"))]
        pg_guard_ffi_boundary(|| {
            LogLogicalMessage(prefix.as_ptr(), message.as_ptr().cast(), message.len(), true, false)
        });
    }
}

/// Whether pg_upgrade is restoring the schema.
pub fn is_binary_upgrade() -> bool {
    // SAFETY: a plain flag, set when the server starts.
    unsafe { pg_sys::IsBinaryUpgrade }
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

// ---- pinned settings -------------------------------------------------------------------------------------------------------------

/// What catalog text and plans depend on, and the values that a canonical reading needs.
const PINNED: [(&CStr, &CStr); 13] = [
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

fn setting(name: &CStr) -> Option<CString> {
    // SAFETY: the name is NUL-terminated; a setting that does not exist answers null; the value is copied before anything else can change it.
    unsafe {
        let value = pg_sys::GetConfigOption(name.as_ptr(), true, false);
        (!value.is_null()).then(|| CStr::from_ptr(value).to_owned())
    }
}

/// Sets `name` for the open nest level; leaves alone what already has the value (an assignment can cost far more than the look).
fn pin(name: &CStr, value: &CStr) {
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
fn with_any_snapshot<R>(f: impl FnOnce() -> R) -> R {
    // SAFETY: reads the snapshot stack of this backend.
    if unsafe { pg_sys::ActiveSnapshotSet() } {
        f()
    } else {
        with_latest_snapshot(f)
    }
}

/// The one value, as text, of a query with one parameter `oid[]` (NULL for `None`), read with the active snapshot. `None` when there is no row or the
/// value is NULL. The plan is prepared once for the session.
pub fn query_json(sql: &'static str, touched: Option<&[u32]>) -> Result<Option<String>, SpiError> {
    thread_local! {
        static PLANS: RefCell<HashMap<usize, pg_sys::SPIPlanPtr>> = RefCell::default();
    }
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

// ---- subtransactions -------------------------------------------------------------------------------------------------------------

/// Whether this transaction may not write.
pub fn is_read_only() -> bool {
    // SAFETY: a plain flag of this backend.
    unsafe { pg_sys::XactReadOnly }
}

/// Runs `f` in a subtransaction that is rolled back, whatever comes of it. `Err`: what ended `f`.
pub fn rolled_back<R>(f: impl FnOnce() -> R) -> Result<R, Box<CaughtError>> {
    // SAFETY: the memory context and resource owner are put back as every procedural language does around its exception blocks. All that ends `f`
    // is caught, so the subtransaction that is rolled back is the one begun here; its abort undoes role, settings, snapshots and SPI connections.
    unsafe {
        let (context, owner) = (pg_sys::CurrentMemoryContext, pg_sys::CurrentResourceOwner);
        pg_sys::BeginInternalSubTransaction(std::ptr::null());
        pg_sys::CurrentMemoryContext = context;
        let result = PgTryBuilder::new(AssertUnwindSafe(|| Ok(f())))
            .catch_others(|caught| Err(Box::new(caught)))
            .catch_rust_panic(|caught| Err(Box::new(caught)))
            .execute();
        pg_sys::CurrentMemoryContext = context;
        pg_sys::RollbackAndReleaseCurrentSubTransaction();
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

// ---- locks -----------------------------------------------------------------------------------------------------------------------

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

// ---- the ledger's heap -----------------------------------------------------------------------------------------------------------

/// One column of a row that was read: owned, out of line values fetched.
#[derive(Debug)]
enum Column {
    Null,
    /// A type passed by value.
    Word(Datum),
    /// A type of fixed length passed by reference, or the content of one of variable length, without its header.
    Bytes(Vec<u8>),
}

/// A row read from the heap. The getters take an attribute number (from 1) and answer `None` for NULL, for a column that the table does not have and
/// for a type that is held in another way.
#[derive(Debug)]
pub struct Row {
    /// Where it is.
    pub tid: pg_sys::ItemPointerData,
    columns: Vec<Column>,
}

impl Row {
    fn column(&self, attno: i16) -> &Column {
        usize::try_from(attno).ok().and_then(|attno| self.columns.get(attno.checked_sub(1)?)).unwrap_or(&Column::Null)
    }

    fn word(&self, attno: i16) -> Option<usize> {
        match self.column(attno) {
            Column::Word(word) => Some(word.value()),
            Column::Null | Column::Bytes(_) => None,
        }
    }

    fn content(&self, attno: i16) -> Option<&[u8]> {
        match self.column(attno) {
            Column::Bytes(bytes) => Some(bytes),
            Column::Null | Column::Word(_) => None,
        }
    }

    /// `bigint`, `timestamptz`.
    pub fn i64(&self, attno: i16) -> Option<i64> {
        self.word(attno).map(|word| word as i64)
    }

    /// `boolean`.
    pub fn bool(&self, attno: i16) -> Option<bool> {
        self.word(attno).map(|word| word as u8 != 0)
    }

    /// `oid`, `regclass`.
    pub fn oid(&self, attno: i16) -> Option<Oid> {
        self.word(attno).map(|word| word as u32)
    }

    /// `text`, `varchar`, `json`, `name`.
    pub fn text(&self, attno: i16) -> Option<String> {
        // The padding of a `name` is the only place where a NUL can stand.
        self.content(attno).map(|bytes| from_server(bytes.split(|byte| *byte == 0).next().unwrap_or_default()))
    }

    /// `text[]`; NULL elements are left out.
    pub fn texts(&self, attno: i16) -> Option<Vec<String>> {
        let elements = elements(self.content(attno)?, pg_sys::TEXTOID, -1, false, b'i')?;
        // SAFETY: the elements of a text[] are varlenas in memory that lives until the end of the transaction; they are copied.
        Some(elements.into_iter().map(|element| from_server(&unsafe { detoasted(element) })).collect())
    }

    /// `oid[]`; NULL elements are left out.
    pub fn oids(&self, attno: i16) -> Option<Vec<Oid>> {
        let elements = elements(self.content(attno)?, pg_sys::OIDOID, 4, true, b'i')?;
        Some(elements.into_iter().map(|element| element.value() as u32).collect())
    }

    /// `bytea`.
    pub fn bytes(&self, attno: i16) -> Option<Vec<u8>> {
        self.content(attno).map(<[u8]>::to_vec)
    }

    /// `uuid`.
    pub fn uuid(&self, attno: i16) -> Option<[u8; 16]> {
        self.content(attno)?.try_into().ok()
    }
}

/// What a row must have: attribute number and value.
#[derive(Clone, Copy, Debug)]
pub enum Key<'a> {
    /// `oid`.
    Oid(i16, Oid),
    /// `name`.
    Name(i16, &'a str),
}

/// A value to be written.
#[derive(Clone, Copy, Debug)]
pub enum Value<'a> {
    /// NULL, of any type.
    Null,
    /// `bigint`.
    Int8(i64),
    /// `oid`.
    Oid(Oid),
    /// `oid[]`.
    OidArray(&'a [u32]),
    /// `text`.
    Text(&'a str),
    /// `text[]`.
    TextArray(&'a [String]),
    /// `json`; must be well-formed.
    Json(&'a str),
    /// `jsonb`.
    Jsonb(&'a str),
    /// `bytea`.
    Bytea(&'a [u8]),
    /// `uuid`.
    Uuid([u8; 16]),
    /// `timestamptz`, in microseconds since 2000-01-01.
    TimestampTz(i64),
}

impl Value<'_> {
    fn datum(&self) -> Option<Datum> {
        Some(match *self {
            Value::Null => return None,
            Value::Int8(value) | Value::TimestampTz(value) => Datum::from(value),
            Value::Oid(value) => Datum::from(value),
            Value::OidArray(values) => oid_array(values),
            Value::Text(value) | Value::Json(value) => varlena(to_server(value).as_bytes()),
            Value::TextArray(values) => {
                let elements = values.iter().map(|value| varlena(to_server(value).as_bytes())).collect();
                array(elements, pg_sys::TEXTOID, -1, false, b'i')
            }
            Value::Jsonb(value) => {
                let text = to_server(value);
                // SAFETY: the input function of jsonb reads a NUL-terminated string; malformed text is an ERROR.
                unsafe {
                    pg_sys::OidInputFunctionCall(
                        pg_sys::F_JSONB_IN.into(),
                        text.as_ptr().cast_mut(),
                        pg_sys::JSONBOID,
                        -1,
                    )
                }
            }
            Value::Bytea(value) => varlena(value),
            Value::Uuid(value) => fixed(&value),
        })
    }
}

/// A palloc'd varlena with this content.
fn varlena(content: &[u8]) -> Datum {
    let Ok(length) = c_int::try_from(content.len()) else {
        pgrx::ereport!(ERROR, pgrx::PgSqlErrorCode::ERRCODE_PROGRAM_LIMIT_EXCEEDED, "value is too long");
    };
    // SAFETY: copies `length` bytes of a live slice, whatever they are, behind a header.
    unsafe { Datum::from(pg_sys::cstring_to_text_with_len(content.as_ptr().cast(), length)) }
}

/// A palloc'd copy of a value of fixed length.
fn fixed(content: &[u8]) -> Datum {
    // SAFETY: palloc answers as many writable bytes as asked for, or raises an ERROR.
    unsafe {
        let copy = pg_sys::palloc(content.len()).cast::<u8>();
        std::ptr::copy_nonoverlapping(content.as_ptr(), copy, content.len());
        Datum::from(copy)
    }
}

fn array(mut elements: Vec<Datum>, element_type: pg_sys::Oid, length: c_int, by_value: bool, align: u8) -> Datum {
    let count = c_int::try_from(elements.len()).unwrap_or(c_int::MAX);
    // SAFETY: the elements are of the type said, with the length, passing and alignment that the type has; they are copied.
    unsafe {
        Datum::from(pg_sys::construct_array(
            elements.as_mut_ptr(),
            count,
            element_type,
            length,
            by_value,
            align as c_char,
        ))
    }
}

fn oid_array(values: &[u32]) -> Datum {
    array(values.iter().map(|value| Datum::from(*value)).collect(), pg_sys::OIDOID, 4, true, b'i')
}

/// The elements of a one-dimensional array; `None` when the content is no array of that type.
fn elements(content: &[u8], element_type: pg_sys::Oid, length: c_int, by_value: bool, align: u8) -> Option<Vec<Datum>> {
    // Behind the header: dimensions, offset of the data, element type.
    let stored_type = u32::from_ne_bytes(content.get(8..12)?.try_into().ok()?);
    if stored_type != element_type.to_u32() {
        return None;
    }
    let (mut datums, mut nulls, mut count) = (std::ptr::null_mut(), std::ptr::null_mut(), 0);
    // SAFETY: the content is that of an array of this element type, with a header of its own again; datums and nulls have `count` elements.
    unsafe {
        let array = varlena(content).cast_mut_ptr();
        pg_sys::deconstruct_array(
            array,
            element_type,
            length,
            by_value,
            align as c_char,
            &mut datums,
            &mut nulls,
            &mut count,
        );
        let count = usize::try_from(count).ok()?;
        Some((0..count).filter(|i| !*nulls.add(*i)).map(|i| *datums.add(i)).collect())
    }
}

/// The content of a varlena, fetched and unpacked.
///
/// # Safety
/// `datum` points to a varlena.
unsafe fn detoasted(datum: Datum) -> Vec<u8> {
    let packed = datum.cast_mut_ptr::<pg_sys::varlena>();
    let plain = pg_sys::pg_detoast_datum_packed(packed);
    let content = std::slice::from_raw_parts(
        pgrx::varlena::vardata_any(plain).cast::<u8>(),
        pgrx::varlena::varsize_any_exhdr(plain),
    )
    .to_vec();
    if plain != packed {
        pg_sys::pfree(plain.cast());
    }
    content
}

/// # Safety
/// `values` and `nulls` are those of a tuple with this descriptor, and still live.
unsafe fn columns(descriptor: pg_sys::TupleDesc, values: *const Datum, nulls: *const bool) -> Vec<Column> {
    let read = |(i, attribute): (usize, &pg_sys::FormData_pg_attribute)| {
        if *nulls.add(i) || attribute.attisdropped {
            return Column::Null;
        }
        let value = *values.add(i);
        match (attribute.attbyval, usize::try_from(attribute.attlen)) {
            (true, _) => Column::Word(value),
            (false, Ok(length)) => {
                Column::Bytes(std::slice::from_raw_parts(value.cast_mut_ptr::<u8>(), length).to_vec())
            }
            (false, Err(_)) if attribute.attlen == -1 => Column::Bytes(detoasted(value)),
            (false, Err(_)) => Column::Bytes(CStr::from_ptr(value.cast_mut_ptr()).to_bytes().to_vec()),
        }
    };
    PgTupleDesc::from_pg_unchecked(descriptor).iter().enumerate().map(read).collect()
}

/// # Safety
/// `relation` is open and `tuple` one of its rows, or null.
unsafe fn row(relation: pg_sys::Relation, tuple: pg_sys::HeapTuple) -> Option<Row> {
    if tuple.is_null() {
        return None;
    }
    let descriptor = (*relation).rd_att;
    let natts = usize::try_from((*descriptor).natts).unwrap_or_default();
    let (mut values, mut nulls) = (vec![Datum::from(0usize); natts], vec![true; natts]);
    pg_sys::heap_deform_tuple(tuple, descriptor, values.as_mut_ptr(), nulls.as_mut_ptr());
    Some(Row { tid: (*tuple).t_self, columns: columns(descriptor, values.as_ptr(), nulls.as_ptr()) })
}

/// # Safety
/// `relation` is open.
unsafe fn scan_keys(relation: pg_sys::Relation, keys: &[Key]) -> Vec<pg_sys::ScanKeyData> {
    let descriptor = PgTupleDesc::from_pg_unchecked((*relation).rd_att);
    let scan_key = |key: &Key| {
        let (attno, equals, value) = match *key {
            Key::Oid(attno, value) => (attno, pg_sys::F_OIDEQ, Datum::from(value)),
            Key::Name(attno, value) => {
                let mut name = [0u8; pg_sys::NAMEDATALEN as usize];
                let bytes = to_server(value);
                let shown = bytes.as_bytes().len().min(name.len() - 1);
                name[..shown].copy_from_slice(&bytes.as_bytes()[..shown]);
                (attno, pg_sys::F_NAMEEQ, fixed(&name))
            }
        };
        let attribute = usize::try_from(attno).ok().and_then(|attno| descriptor.get(attno.checked_sub(1)?));
        let collation = attribute.map_or(pg_sys::Oid::INVALID, |attribute| attribute.attcollation);
        let mut entry = pg_sys::ScanKeyData::default();
        pg_sys::ScanKeyEntryInitialize(
            &mut entry,
            0,
            attno,
            pg_sys::BTEqualStrategyNumber as pg_sys::StrategyNumber,
            pg_sys::Oid::INVALID,
            collation,
            equals.into(),
            value,
        );
        entry
    };
    keys.iter().map(scan_key).collect()
}

/// The rows of `table` that have all `keys`, found through `index` (whose columns the keys must be) or by reading the whole heap. What is seen is what
/// is committed now, and what this transaction did; no predicate lock is taken.
pub fn scan(table: Oid, index: Option<Oid>, keys: &[Key]) -> Vec<Row> {
    // SAFETY: relation and scan are closed below (by the abort after an ERROR); rows are copied while their tuple is current. `SnapshotSelfData` is a
    // constant of Postgres; being no MVCC snapshot, it takes no predicate lock.
    with_any_snapshot(|| unsafe {
        let relation = pg_sys::table_open(table.into(), pg_sys::AccessShareLock as pg_sys::LOCKMODE);
        let mut entries = scan_keys(relation, keys);
        let scan = pg_sys::systable_beginscan(
            relation,
            index.unwrap_or_default().into(),
            index.is_some(),
            &raw mut pg_sys::SnapshotSelfData,
            entries.len() as c_int,
            entries.as_mut_ptr(),
        );
        let rows = std::iter::from_fn(|| row(relation, pg_sys::systable_getnext(scan))).collect();
        pg_sys::systable_endscan(scan);
        pg_sys::table_close(relation, pg_sys::AccessShareLock as pg_sys::LOCKMODE);
        rows
    })
}

/// Opens `table` for writing and keeps its lock until the end of the transaction.
fn with_heap(table: Oid, write: impl FnOnce(pg_sys::Relation)) {
    with_any_snapshot(|| {
        // SAFETY: the relation stays open, and so its descriptor valid, for as long as `write` runs.
        unsafe {
            let relation = pg_sys::table_open(table.into(), pg_sys::RowExclusiveLock as pg_sys::LOCKMODE);
            write(relation);
            pg_sys::table_close(relation, pg_sys::NoLock as pg_sys::LOCKMODE);
        }
    });
}

/// # Safety
/// `relation` is open.
unsafe fn form(relation: pg_sys::Relation, values: &[Value]) -> pg_sys::HeapTuple {
    let descriptor = (*relation).rd_att;
    let natts = usize::try_from((*descriptor).natts).unwrap_or_default();
    let datums = values.iter().map(Value::datum).chain(std::iter::repeat(None)).take(natts);
    let (mut datums, mut nulls): (Vec<_>, Vec<_>) =
        datums.map(|datum| (datum.unwrap_or(Datum::from(0usize)), datum.is_none())).unzip();
    pg_sys::heap_form_tuple(descriptor, datums.as_mut_ptr(), nulls.as_mut_ptr())
}

/// Writes a row and its index entries, one value a column in attribute order (columns left out are NULL). No trigger, default, constraint other than a
/// unique index, or read-only transaction has a say.
pub fn insert(table: Oid, values: &[Value]) {
    // SAFETY: the tuple is formed with the relation's own descriptor; the caller gives each column a value of its type.
    with_heap(table, |relation| unsafe { pg_sys::CatalogTupleInsert(relation, form(relation, values)) });
}

/// Replaces `row` as `insert` writes one.
pub fn update(table: Oid, row: &Row, values: &[Value]) {
    let mut tid = row.tid;
    // SAFETY: as in `insert`; a row that somebody else replaced meanwhile is an ERROR.
    with_heap(table, |relation| unsafe { pg_sys::CatalogTupleUpdate(relation, &mut tid, form(relation, values)) });
}

/// Deletes `row`.
pub fn delete(table: Oid, row: &Row) {
    let mut tid = row.tid;
    // SAFETY: the tid is that of a row read from this heap; a row that somebody else replaced meanwhile is an ERROR.
    with_heap(table, |relation| unsafe { pg_sys::CatalogTupleDelete(relation, &mut tid) });
}

/// Makes what was written so far visible to what comes now.
pub fn advance_command() {
    // SAFETY: called inside a transaction, outside of parallel mode.
    unsafe { pg_sys::CommandCounterIncrement() }
}

/// The relation of this name, if there is one.
pub fn relation_oid(schema: &str, name: &str) -> Option<Oid> {
    let (schema, name) = (to_server(schema), to_server(name));
    // SAFETY: both strings are NUL-terminated; what is missing answers 0.
    let oid = unsafe {
        let namespace = pg_sys::get_namespace_oid(schema.as_ptr(), true);
        if namespace == pg_sys::Oid::INVALID {
            return None;
        }
        pg_sys::get_relname_relid(name.as_ptr(), namespace)
    };
    (oid != pg_sys::Oid::INVALID).then(|| oid.to_u32())
}

const EXTENSION_NAME_INDEX: Oid = 3081;

/// The owner of an extension; `None` when it is not there, dropped in this very transaction included.
pub fn extension_owner(name: &str) -> Option<Oid> {
    let rows = scan(
        pg_sys::ExtensionRelationId.to_u32(),
        Some(EXTENSION_NAME_INDEX),
        &[Key::Name(pg_sys::Anum_pg_extension_extname as i16, name)],
    );
    rows.first()?.oid(pg_sys::Anum_pg_extension_extowner as i16)
}

// ---- relations -------------------------------------------------------------------------------------------------------------------

/// Reads the relation cache without ever waiting. A relation that another session has locked exclusively cannot have been changed by this one.
fn relation_cache<R>(oid: Oid, read: impl FnOnce(&pg_sys::RelationData) -> R) -> Option<R> {
    if !try_lock_share(oid) {
        return None;
    }
    // SAFETY: the lock keeps the relation from changing while its cache entry is pinned; a relation that is not there answers null.
    let answer = unsafe {
        let relation = pg_sys::RelationIdGetRelation(oid.into());
        (!relation.is_null()).then(|| {
            let answer = read(&*relation);
            pg_sys::RelationClose(relation);
            answer
        })
    };
    unlock_share(oid);
    answer
}

/// Whether this transaction, from the subtransaction `since` on, gave the relation new storage: a rewrite, or a TRUNCATE.
pub fn rewritten_since(oid: Oid, since: u32) -> bool {
    // The first and the last subtransaction that did: after a rollback to a savepoint only the first is certain to be known.
    #[cfg(any(feature = "pg13", feature = "pg14", feature = "pg15"))]
    let rewrites =
        |relation: &pg_sys::RelationData| [relation.rd_firstRelfilenodeSubid, relation.rd_newRelfilenodeSubid];
    #[cfg(not(any(feature = "pg13", feature = "pg14", feature = "pg15")))]
    let rewrites =
        |relation: &pg_sys::RelationData| [relation.rd_firstRelfilelocatorSubid, relation.rd_newRelfilelocatorSubid];
    relation_cache(oid, rewrites).is_some_and(|rewrites| rewrites.iter().any(|at| *at != 0 && *at >= since))
}

/// Whether this transaction, from the subtransaction `since` on, created the relation.
pub fn created_since(oid: Oid, since: u32) -> bool {
    relation_cache(oid, |relation| relation.rd_createSubid).is_some_and(|at| at != 0 && at >= since)
}

/// Whether the relation is a temporary one.
pub fn is_temporary(oid: Oid) -> bool {
    // SAFETY: a look-up in the syscache; a missing relation answers 0.
    unsafe { pg_sys::get_rel_persistence(oid.into()) as u8 == pg_sys::RELPERSISTENCE_TEMP }
}

/// The relation's name.
pub fn relation_name(oid: Oid) -> Option<String> {
    // SAFETY: a look-up in the syscache; a missing relation answers null.
    unsafe { server_string(pg_sys::get_rel_name(oid.into())) }
}

/// The relation's name, quoted and qualified; `None` when it is gone.
pub fn relation_identity(oid: Oid) -> Option<String> {
    // SAFETY: look-ups in the syscache; what is missing answers null, which is checked before it is quoted.
    unsafe {
        let name = pg_sys::get_rel_name(oid.into());
        let schema = pg_sys::get_namespace_name(pg_sys::get_rel_namespace(oid.into()));
        if name.is_null() || schema.is_null() {
            return None;
        }
        server_string(pg_sys::quote_qualified_identifier(schema, name))
    }
}

/// An error code as its five characters.
pub fn sqlstate(code: pgrx::PgSqlErrorCode) -> String {
    // SAFETY: the answer is a static NUL-terminated buffer that is copied at once.
    unsafe { server_string(pg_sys::unpack_sql_state(code as c_int)) }.unwrap_or_default()
}

/// The schema that a relation is in.
pub fn relation_schema(oid: Oid) -> Option<String> {
    // SAFETY: look-ups in the syscache; what is missing answers 0 and null.
    unsafe { server_string(pg_sys::get_namespace_name(pg_sys::get_rel_namespace(oid.into()))) }
}

/// The number of a column that is not dropped.
pub fn attribute_number(relation: Oid, name: &str) -> Option<i16> {
    let name = to_server(name);
    // SAFETY: a look-up in the syscache; what is missing answers 0.
    let attno = unsafe { pg_sys::get_attnum(relation.into(), name.as_ptr()) };
    (attno != 0).then_some(attno)
}

/// The table of an index.
pub fn table_of_index(index: Oid) -> Option<Oid> {
    // SAFETY: a look-up in the syscache; a missing index answers 0.
    let table = unsafe { pg_sys::IndexGetRelation(index.into(), true) };
    (table != pg_sys::Oid::INVALID).then(|| table.to_u32())
}

/// The tables that a table inherits from; none for a partition.
pub fn parents(table: Oid) -> Vec<Oid> {
    // SAFETY: a look-up in the syscache; false for a missing relation.
    if unsafe { pg_sys::get_rel_relispartition(table.into()) } {
        return vec![];
    }
    // pgrx leaves the catalog out: inhrelid is its first column, inhparent its second.
    const INHERITS: Oid = 2611;
    const INHERITS_RELID_SEQNO_INDEX: Oid = 2680;
    let rows = scan(INHERITS, Some(INHERITS_RELID_SEQNO_INDEX), &[Key::Oid(1, table)]);
    rows.iter().filter_map(|row| row.oid(2)).collect()
}

/// The relation itself, its partitions and the tables that inherit from it, at any depth.
pub fn with_descendants(relation: Oid) -> Vec<Oid> {
    // SAFETY: reads pg_inherits without locking what it finds; the list of OIDs is palloc'd and copied.
    unsafe {
        let list = pg_guard_ffi_boundary(|| {
            find_all_inheritors(relation.into(), pg_sys::NoLock as pg_sys::LOCKMODE, std::ptr::null_mut())
        });
        list_cells(list).iter().map(|cell| cell.oid_value.to_u32()).collect()
    }
}

// ---- event triggers --------------------------------------------------------------------------------------------------------------

/// What an event trigger was called for.
#[derive(Debug)]
pub struct Event {
    /// `ddl_command_end`, `sql_drop`, `table_rewrite`.
    pub event: String,
    /// The command's tag.
    pub tag: String,
    /// What the parse tree adds to the tag.
    pub node: Node,
    /// It is a command with CONCURRENTLY, which cannot be rolled back at its end.
    pub concurrent: Option<Concurrent>,
}

/// A command that commits in between, and leaves things half done if it fails at its end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Concurrent {
    /// CREATE INDEX CONCURRENTLY.
    CreateIndex {
        /// The table; `None` when there is none of that name.
        table: Option<Oid>,
        /// UNIQUE.
        unique: bool,
        /// It has an expression or a predicate.
        computed: bool,
        /// IF NOT EXISTS, and there is one of that name.
        exists: bool,
    },
    /// DROP INDEX CONCURRENTLY.
    DropIndex {
        /// The index; `None` when there is none of that name.
        index: Option<Oid>,
    },
    /// ALTER TABLE … DETACH PARTITION … CONCURRENTLY.
    Detach {
        /// The partitioned table; `None` when there is none of that name.
        parent: Option<Oid>,
    },
}

/// What the tag alone does not say.
#[derive(Debug, PartialEq, Eq)]
pub enum Node {
    /// `… RENAME …`.
    Rename(Renamed),
    /// `… SET SCHEMA`.
    SetSchema,
    /// `… OWNER TO`, `… DEPENDS ON EXTENSION`, ALTER TABLE with nothing but triggers, storage and the like: nothing that a model holds.
    ServerSide,
    /// `ALTER TYPE … ADD VALUE` or `… RENAME VALUE`.
    AlterEnum {
        /// It is a RENAME VALUE.
        renames_value: bool,
    },
    /// ALTER TABLE and what shares its statement (indexes, views, sequences, composite types).
    AlterTable {
        /// Columns with `ALTER … TYPE`.
        retyped: Vec<Retyped>,
        /// Partitions attached or detached, parents gained or lost.
        relatives: Vec<Oid>,
    },
    /// Anything else.
    Other,
}

/// What a RENAME names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Renamed {
    /// `ALTER INDEX …` (which older servers let name a table as well).
    Index,
    /// A constraint of a table or a domain.
    Constraint,
    /// Anything that other objects' texts can mention.
    Other,
}

/// A column with `ALTER … TYPE`.
#[derive(Debug, PartialEq, Eq)]
pub struct Retyped {
    /// Its name.
    pub column: String,
    /// There is a USING.
    pub using: bool,
}

/// # Safety
/// `list` is null or a live list.
unsafe fn list_cells<'a>(list: *mut pg_sys::List) -> &'a [pg_sys::ListCell] {
    match list.as_ref() {
        Some(list) => std::slice::from_raw_parts(list.elements, usize::try_from(list.length).unwrap_or_default()),
        None => &[],
    }
}

/// The node as a `T` if its tag says so.
///
/// # Safety
/// `node` is null or a live node, and `T` is the struct that `tag` stands for.
unsafe fn node_as<'a, T>(node: *mut c_void, tag: pg_sys::NodeTag) -> Option<&'a T> {
    let found = node.cast::<pg_sys::Node>().as_ref()?;
    (found.type_ == tag).then(|| &*node.cast::<T>())
}

/// The context that an event trigger is called in; `None` when the function was called in any other way.
pub fn event(fcinfo: pg_sys::FunctionCallInfo) -> Option<Event> {
    // SAFETY: pgrx hands on the call information that Postgres gave; its context, and each node below it, is checked by tag before it is read.
    unsafe {
        let context = fcinfo.as_ref()?.context.cast::<c_void>();
        let data: &pg_sys::EventTriggerData = node_as(context, pg_sys::NodeTag::T_EventTriggerData)?;
        Some(Event {
            event: server_string(data.event)?,
            tag: server_string(pg_sys::GetCommandTagName(data.tag))?,
            node: node(data.parsetree.cast()),
            concurrent: concurrent(data.parsetree.cast()),
        })
    }
}

/// # Safety
/// `tree` is null or a live parse tree.
unsafe fn node(tree: *mut c_void) -> Node {
    use pg_sys::{NodeTag as Tag, ObjectType as Type};
    let Some(found) = tree.cast::<pg_sys::Node>().as_ref() else { return Node::Other };
    match found.type_ {
        Tag::T_RenameStmt => Node::Rename(match (*tree.cast::<pg_sys::RenameStmt>()).renameType {
            Type::OBJECT_INDEX => Renamed::Index,
            Type::OBJECT_TABCONSTRAINT | Type::OBJECT_DOMCONSTRAINT => Renamed::Constraint,
            _ => Renamed::Other,
        }),
        Tag::T_AlterObjectSchemaStmt => Node::SetSchema,
        Tag::T_AlterOwnerStmt | Tag::T_AlterObjectDependsStmt => Node::ServerSide,
        Tag::T_AlterEnumStmt => {
            Node::AlterEnum { renames_value: !(*tree.cast::<pg_sys::AlterEnumStmt>()).oldVal.is_null() }
        }
        Tag::T_AlterTableStmt => {
            let commands = list_cells((*tree.cast::<pg_sys::AlterTableStmt>()).cmds);
            let commands: Vec<&pg_sys::AlterTableCmd> =
                commands.iter().filter_map(|cell| node_as(cell.ptr_value, Tag::T_AlterTableCmd)).collect();
            if !commands.is_empty() && commands.iter().all(|command| is_server_side(command.subtype)) {
                return Node::ServerSide;
            }
            Node::AlterTable {
                retyped: commands.iter().filter_map(|command| retyped(command)).collect(),
                relatives: commands.iter().filter_map(|command| relative(command)).collect(),
            }
        }
        _ => Node::Other,
    }
}

/// # Safety
/// `tree` is null or a live parse tree.
unsafe fn concurrent(tree: *mut c_void) -> Option<Concurrent> {
    use pg_sys::NodeTag as Tag;
    if let Some(index) = node_as::<pg_sys::IndexStmt>(tree, Tag::T_IndexStmt) {
        if !index.concurrent {
            return None;
        }
        let computed = !index.whereClause.is_null()
            || list_cells(index.indexParams).iter().any(|cell| {
                node_as::<pg_sys::IndexElem>(cell.ptr_value, Tag::T_IndexElem).is_some_and(|elem| !elem.expr.is_null())
            });
        let table = relation_of(index.relation);
        let exists = index.if_not_exists
            && table.is_some_and(|table| {
                let schema = pg_sys::get_rel_namespace(table.into());
                !index.idxname.is_null() && pg_sys::get_relname_relid(index.idxname, schema) != pg_sys::Oid::INVALID
            });
        return Some(Concurrent::CreateIndex { table, unique: index.unique, computed, exists });
    }
    if let Some(drop) = node_as::<pg_sys::DropStmt>(tree, Tag::T_DropStmt) {
        if !drop.concurrent || drop.removeType != pg_sys::ObjectType::OBJECT_INDEX {
            return None;
        }
        // Postgres takes one index at a time with CONCURRENTLY.
        let name = list_cells(drop.objects).first()?.ptr_value.cast::<pg_sys::List>();
        return Some(Concurrent::DropIndex { index: relation_of(pg_sys::makeRangeVarFromNameList(name)) });
    }
    let alter = node_as::<pg_sys::AlterTableStmt>(tree, Tag::T_AlterTableStmt)?;
    let partition_command = |cell: &pg_sys::ListCell| {
        let command = node_as::<pg_sys::AlterTableCmd>(cell.ptr_value, Tag::T_AlterTableCmd)?;
        node_as::<pg_sys::PartitionCmd>(command.def.cast(), Tag::T_PartitionCmd)
    };
    #[cfg(feature = "pg13")]
    let concurrently = |_: &pg_sys::PartitionCmd| false;
    #[cfg(not(feature = "pg13"))]
    let concurrently = |command: &pg_sys::PartitionCmd| command.concurrent;
    let detaches = list_cells(alter.cmds).iter().filter_map(partition_command).any(concurrently);
    detaches.then(|| Concurrent::Detach { parent: relation_of(alter.relation) })
}

/// Owners, triggers, rules, row security, statistics, storage: nothing that a model holds.
fn is_server_side(subtype: pg_sys::AlterTableType::Type) -> bool {
    use pg_sys::AlterTableType as Type;
    matches!(
        subtype,
        Type::AT_ChangeOwner
            | Type::AT_EnableTrig
            | Type::AT_EnableAlwaysTrig
            | Type::AT_EnableReplicaTrig
            | Type::AT_DisableTrig
            | Type::AT_EnableTrigAll
            | Type::AT_DisableTrigAll
            | Type::AT_EnableTrigUser
            | Type::AT_DisableTrigUser
            | Type::AT_EnableRule
            | Type::AT_EnableAlwaysRule
            | Type::AT_EnableReplicaRule
            | Type::AT_DisableRule
            | Type::AT_EnableRowSecurity
            | Type::AT_DisableRowSecurity
            | Type::AT_ForceRowSecurity
            | Type::AT_NoForceRowSecurity
            | Type::AT_ReplicaIdentity
            | Type::AT_SetStatistics
            | Type::AT_SetStorage
            | Type::AT_SetOptions
            | Type::AT_ResetOptions
            | Type::AT_ClusterOn
            | Type::AT_DropCluster
            | Type::AT_SetTableSpace
    )
}

/// # Safety
/// `command` is part of a live parse tree.
unsafe fn retyped(command: &pg_sys::AlterTableCmd) -> Option<Retyped> {
    if command.subtype != pg_sys::AlterTableType::AT_AlterColumnType {
        return None;
    }
    let definition: &pg_sys::ColumnDef = node_as(command.def.cast(), pg_sys::NodeTag::T_ColumnDef)?;
    Some(Retyped {
        column: server_string(command.name)?,
        using: !definition.raw_default.is_null() || !definition.cooked_default.is_null(),
    })
}

/// # Safety
/// `command` is part of a live parse tree.
unsafe fn relative(command: &pg_sys::AlterTableCmd) -> Option<Oid> {
    let name = match node_as::<pg_sys::PartitionCmd>(command.def.cast(), pg_sys::NodeTag::T_PartitionCmd) {
        Some(partition) => partition.name,
        // INHERIT, NO INHERIT
        None => {
            std::ptr::from_ref(node_as::<pg_sys::RangeVar>(command.def.cast(), pg_sys::NodeTag::T_RangeVar)?).cast_mut()
        }
    };
    relation_of(name)
}

/// The relation that a statement names, without locking it.
///
/// # Safety
/// `name` is null or part of a live parse tree.
unsafe fn relation_of(name: *mut pg_sys::RangeVar) -> Option<Oid> {
    if name.is_null() {
        return None;
    }
    let oid = pg_sys::RangeVarGetRelidExtended(
        name,
        pg_sys::NoLock as pg_sys::LOCKMODE,
        pg_sys::RVROption::RVR_MISSING_OK,
        None,
        std::ptr::null_mut(),
    );
    (oid != pg_sys::Oid::INVALID).then(|| oid.to_u32())
}

/// The table that is about to be rewritten, and why, as the bits of `pg_event_trigger_table_rewrite_reason()`. An ERROR outside of that event.
pub fn table_rewrite() -> (Oid, i32) {
    // SAFETY: both functions take no argument, are never NULL and read the state of the running event trigger.
    unsafe {
        let table = pg_sys::OidFunctionCall0Coll(pg_sys::F_PG_EVENT_TRIGGER_TABLE_REWRITE_OID, pg_sys::Oid::INVALID);
        let reason =
            pg_sys::OidFunctionCall0Coll(pg_sys::F_PG_EVENT_TRIGGER_TABLE_REWRITE_REASON.into(), pg_sys::Oid::INVALID);
        (table.value() as u32, reason.value() as i32)
    }
}

/// The statement that the client sent, and what tells it from another of the same text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CurrentStatement {
    /// Cut exactly out of the string that it came in, without the semicolon.
    pub text: String,
    /// When that string arrived.
    pub started: i64,
    /// Where in it the statement starts; -1 when that is not known.
    pub location: i32,
}

/// The outermost statement that is running; `None` when no client sent one (a background worker).
pub fn current_statement() -> Option<CurrentStatement> {
    // SAFETY: the globals are null or point to what is live while a statement runs; each is checked, and copied at once.
    let (source, location, length) = unsafe {
        let text = pg_sys::debug_query_string;
        if text.is_null() {
            return None;
        }
        let text = CStr::from_ptr(text);
        let planned = pg_sys::ActivePortal.as_ref().and_then(|portal| {
            // A cursor or an EXECUTE inside of the statement has a portal, and a text, of its own.
            if portal.sourceText.is_null() || CStr::from_ptr(portal.sourceText) != text {
                return None;
            }
            node_as::<pg_sys::PlannedStmt>(list_cells(portal.stmts).first()?.ptr_value, pg_sys::NodeTag::T_PlannedStmt)
        });
        let (location, length) = planned.map_or((-1, 0), |planned| (planned.stmt_location, planned.stmt_len));
        (text.to_bytes(), location, length)
    };
    let rest = source.get(usize::try_from(location).unwrap_or(0)..).unwrap_or(source);
    let cut = match usize::try_from(length) {
        Ok(length) if length > 0 => rest.get(..length).unwrap_or(rest),
        _ => rest,
    };
    let text = from_server(cut);
    let text = text.trim_matches(|c: char| c.is_whitespace() || c == ';').to_owned();
    Some(CurrentStatement { text, started: statement_start(), location })
}

/// Calls a function that takes nothing and gives a set.
fn rows_of(function: u32) -> Vec<Row> {
    // SAFETY: the call is set up as the executor does for a function in FROM that materialises its result: its own lookup, a ReturnSetInfo with an
    // expression context. Rows are copied before the store and its slot go; after an ERROR the abort frees the memory.
    unsafe {
        let econtext = pg_sys::CreateStandaloneExprContext();
        let mut lookup = pg_sys::FmgrInfo::default();
        pg_sys::fmgr_info(function.into(), &mut lookup);
        let mut result = pg_sys::ReturnSetInfo {
            type_: pg_sys::NodeTag::T_ReturnSetInfo,
            econtext,
            allowedModes: pg_sys::SetFunctionReturnMode::SFRM_Materialize as c_int,
            returnMode: pg_sys::SetFunctionReturnMode::SFRM_ValuePerCall,
            ..Default::default()
        };
        let mut call = pg_sys::FunctionCallInfoBaseData {
            flinfo: &mut lookup,
            resultinfo: (&raw mut result).cast(),
            ..Default::default()
        };
        let mut rows = Vec::new();
        if let Some(entry) = lookup.fn_addr {
            pg_guard_ffi_boundary(|| entry(&mut call));
        }
        if !result.setResult.is_null() && !result.setDesc.is_null() {
            let slot = pg_sys::MakeSingleTupleTableSlot(result.setDesc, &pg_sys::TTSOpsMinimalTuple);
            while pg_sys::tuplestore_gettupleslot(result.setResult, true, false, slot) {
                pg_sys::slot_getallattrs(slot);
                let tid = pg_sys::ItemPointerData::default();
                rows.push(Row { tid, columns: columns(result.setDesc, (*slot).tts_values, (*slot).tts_isnull) });
            }
            pg_sys::ExecDropSingleTupleTableSlot(slot);
            pg_sys::tuplestore_end(result.setResult);
        }
        pg_sys::FreeExprContext(econtext, true);
        rows
    }
}

/// The rows of `pg_event_trigger_ddl_commands()`. An ERROR outside of `ddl_command_end`.
pub fn ddl_command_rows() -> Vec<Row> {
    rows_of(pg_sys::F_PG_EVENT_TRIGGER_DDL_COMMANDS)
}

/// The rows of `pg_event_trigger_dropped_objects()`. An ERROR outside of `sql_drop`.
pub fn dropped_object_rows() -> Vec<Row> {
    rows_of(pg_sys::F_PG_EVENT_TRIGGER_DROPPED_OBJECTS)
}
