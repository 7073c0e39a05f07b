//! The one room for `unsafe`, this folder: every call into Postgres that the compiler cannot check, behind functions that are safe to call.
//!
//! All of them belong on the backend's main thread inside a transaction, as everything in an extension does; pgrx turns an ERROR raised
//! below them into a panic that unwinds through here and becomes the same ERROR again at the outermost guard. OIDs are plain `u32`.
#![allow(unsafe_code)]

use pgrx::pg_sys::ffi::pg_guard_ffi_boundary;
use pgrx::pg_sys::panic::CaughtError;
use pgrx::pg_sys::{self, Datum, PgTryBuilder};
use pgrx::spi::{Spi, SpiError};
use pgrx::{pg_guard, PgMemoryContexts, PgTupleDesc};
use std::cell::RefCell;
use std::collections::HashMap;
use std::convert::Infallible;
use std::ffi::{c_char, c_int, c_long, c_void, CStr, CString};
use std::panic::AssertUnwindSafe;
use std::sync::OnceLock;

mod catalogs;
mod events;
mod heap;
mod jsonb;
mod locks;
mod now;
mod plain;
mod reading;
mod relations;
mod transaction;
mod versions;

pub use catalogs::*;
pub use events::*;
pub use heap::*;
pub use jsonb::*;
pub use locks::*;
pub use now::*;
pub use plain::*;
pub use reading::*;
pub use relations::*;
pub use transaction::*;
pub use versions::HAS_PERSISTENT_SEQUENCES;

/// An object's identity in the catalogs.
pub type Oid = u32;

// Postgres exports these; pgrx's bindings leave their headers out. Each call goes through `pg_guard_ffi_boundary`, as those of the bindings do.
unsafe extern "C-unwind" {
    fn Async_Notify(channel: *const c_char, payload: *const c_char);
    fn find_all_inheritors(
        parent: pg_sys::Oid,
        lock: pg_sys::LOCKMODE,
        parents: *mut *mut pg_sys::List,
    ) -> *mut pg_sys::List;
}

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
