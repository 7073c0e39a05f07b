//! Reads the catalogs without ever waiting for a table that somebody else holds.
//!
//! Under the seal's lock a wait would be a deadlock: printing an expression locks its table, and whoever holds that table may be
//! waiting for the seal. What cannot be locked at once is left for the next entry: somebody else is altering it right now.

use std::collections::BTreeSet;

use electric_schema_core::catalog::{Catalog, Unsupported, QUERY};
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
    parts: Vec<u32>,
}

/// A query's answer as of now.
fn latest(sql: &'static str, oids: Option<&[u32]>) -> Result<Option<String>, Failure> {
    Ok(sys::with_latest_snapshot(|| sys::query_json(sql, oids))?)
}

/// Reads these objects, or all in scope.
pub fn read(oids: Option<&BTreeSet<u32>>) -> Result<Reading, Failure> {
    let asked: Option<Vec<u32>> = oids.map(|oids| oids.iter().copied().collect());
    let in_scope: InScope = parse(latest(IN_SCOPE, asked.as_deref())?)?;
    let (locked, unread): (Vec<u32>, Vec<u32>) = in_scope.tables.into_iter().partition(|oid| sys::try_lock_share(*oid));
    let unread: BTreeSet<u32> = unread.into_iter().collect();
    let mut readable: BTreeSet<u32> = oids.cloned().unwrap_or_default();
    readable.extend(in_scope.others);
    readable.extend(&locked);
    readable.retain(|oid| !unread.contains(oid) && !in_scope.parts.contains(oid));
    let readable: Vec<u32> = readable.into_iter().collect();
    // With a snapshot that is newer than the locks: an index that REINDEX CONCURRENTLY drops cannot go any more, and is not half gone.
    let catalog = parse(latest(QUERY, Some(&readable))?);
    locked.into_iter().for_each(sys::unlock_share);
    Ok(Reading { catalog: catalog?, unread })
}

/// All that is there and cannot be distributed, but for tables that another session holds.
pub fn unsupported() -> Result<Vec<Unsupported>, Failure> {
    const OTHERS: &str = "SELECT coalesce(pg_catalog.json_agg(o.oid::bigint), '[]') FROM ( \
        SELECT oid FROM pg_catalog.pg_class WHERE relkind <> 'r' AND oid >= 16384 \
        UNION ALL SELECT oid FROM pg_catalog.pg_type WHERE oid >= 16384 \
        UNION ALL SELECT oid FROM pg_catalog.pg_proc WHERE oid >= 16384) o WHERE $1::pg_catalog.oid[] IS NULL";
    let in_scope: InScope = parse(latest(IN_SCOPE, None)?)?;
    let locked: Vec<u32> = in_scope.tables.into_iter().filter(|oid| sys::try_lock_share(*oid)).collect();
    let mut readable: Vec<u32> = parse(latest(OTHERS, None)?)?;
    readable.extend(&locked);
    let catalog: Result<Catalog, Failure> = parse(latest(QUERY, Some(&readable))?);
    locked.into_iter().for_each(sys::unlock_share);
    Ok(catalog?.unsupported)
}

fn parse<T: serde::de::DeserializeOwned>(json: Option<String>) -> Result<T, Failure> {
    let json = json.unwrap_or_default();
    serde_json::from_str(&json).map_err(|error| match sys::keeps_its_snapshot() {
        // `pg_get_constraintdef` has no text for a constraint that this transaction's snapshot does not know.
        true => Failure::Stale,
        false => Error::Unreadable { what: "the catalogs".to_owned(), why: error.to_string() }.into(),
    })
}
