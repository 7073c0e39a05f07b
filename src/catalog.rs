//! Reads the catalogs without ever waiting for a table that somebody else holds.
//!
//! Under the seal's lock a wait would be a deadlock: printing an expression locks its table, and whoever holds that table may be
//! waiting for the seal. What cannot be locked at once is left for the next entry: somebody else is altering it right now.

use std::collections::BTreeSet;

use electric_schema_core::catalog::{Catalog, QUERY};
use electric_schema_core::error::Error;

use crate::report::Failure;
use crate::sys;

const IN_SCOPE: &str = include_str!("../sql/in_scope.sql");

/// What was read, and what could not be.
pub struct Reading {
    /// The catalogs.
    pub catalog: Catalog,
    /// Tables that another session holds.
    pub unread: BTreeSet<u32>,
}

#[derive(serde::Deserialize)]
struct InScope {
    tables: Vec<u32>,
    others: Vec<u32>,
}

/// Reads these objects, or all in scope.
pub fn read(oids: Option<&BTreeSet<u32>>) -> Result<Reading, Failure> {
    let asked: Option<Vec<u32>> = oids.map(|oids| oids.iter().copied().collect());
    let in_scope: InScope = parse(sys::query_json(IN_SCOPE, asked.as_deref())?)?;
    let (locked, unread): (Vec<u32>, Vec<u32>) = in_scope.tables.into_iter().partition(|oid| sys::try_lock_share(*oid));
    let unread: BTreeSet<u32> = unread.into_iter().collect();
    let mut readable: BTreeSet<u32> = oids.cloned().unwrap_or_default();
    readable.extend(in_scope.others);
    readable.extend(&locked);
    readable.retain(|oid| !unread.contains(oid));
    let readable: Vec<u32> = readable.into_iter().collect();
    let catalog = parse(sys::query_json(QUERY, Some(&readable))?);
    locked.into_iter().for_each(sys::unlock_share);
    Ok(Reading { catalog: catalog?, unread })
}

fn parse<T: serde::de::DeserializeOwned>(json: Option<String>) -> Result<T, Failure> {
    let json = json.unwrap_or_default();
    serde_json::from_str(&json)
        .map_err(|error| Error::Unreadable { what: "the catalogs".to_owned(), why: error.to_string() }.into())
}
