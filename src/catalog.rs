//! Reads the catalogs without ever waiting for a table that somebody else holds.
//!
//! Under the seal's lock a wait would be a deadlock: printing an expression locks its table, and whoever holds that table may be
//! waiting for the seal. What cannot be locked at once is left for the next entry: somebody else is altering it right now.

use std::collections::{BTreeMap, BTreeSet};

use electric_schema_core::catalog::{Catalog, QUERY};
use electric_schema_core::error::Error;

use crate::quick;
use crate::report::Failure;
use crate::settings;
use crate::sys::{self, Share};

const IN_SCOPE: &str = include_str!("../sql/in_scope.sql");

/// What was read, and what could not be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reading {
    /// The catalogs.
    pub catalog: Catalog,
    /// Tables and views that were asked for, and the views that read them.
    pub relations: BTreeSet<u32>,
    /// Those of them that another session holds.
    pub unread: BTreeSet<u32>,
}

#[derive(serde::Deserialize)]
struct InScope {
    relations: Vec<Relation>,
    others: Vec<u32>,
    parts: Vec<u32>,
    routines: Vec<u32>,
}

/// A relation to be read.
#[derive(serde::Deserialize)]
pub struct Relation {
    oid: u32,
    /// Itself, and what printing it locks.
    locks: Vec<u32>,
}

impl Relation {
    /// One that locks nothing else.
    pub fn alone(oid: u32) -> Relation {
        Relation { oid, locks: vec![oid] }
    }
}

/// The relations that could be locked, what was locked for it, and the relations that could not be.
pub fn lock(relations: &[Relation]) -> (BTreeSet<u32>, Vec<Share>, BTreeSet<u32>) {
    let mut tried: BTreeMap<u32, Option<Share>> = BTreeMap::new();
    for &oid in relations.iter().flat_map(|relation| &relation.locks) {
        tried.entry(oid).or_insert_with(|| sys::try_lock_share(oid));
    }
    let (readable, unread): (Vec<&Relation>, Vec<&Relation>) = relations
        .iter()
        .partition(|relation| relation.locks.iter().all(|oid| tried.get(oid).is_some_and(Option::is_some)));
    let (readable, unread) = (readable.iter().map(|r| r.oid).collect(), unread.iter().map(|r| r.oid).collect());
    (readable, tried.into_values().flatten().collect(), unread)
}

/// A query's answer as of now.
fn latest(sql: &'static str, oids: Option<&[u32]>) -> Result<Option<String>, Failure> {
    Ok(sys::with_latest_snapshot(|| sys::query_json(sql, oids))?)
}

/// What can be done before the seal's lock is taken, so that nobody waits for it: reads these objects (`None`: all), if that needs no query; has the
/// queries planned, if it does, which takes many times as long as running them.
pub fn ahead(oids: Option<&BTreeSet<u32>>) -> Result<Option<Reading>, Failure> {
    let quick = oids.and_then(quick::read);
    if quick.is_some() && !settings::check_reader() {
        return Ok(quick);
    }
    for query in [IN_SCOPE, QUERY] {
        if !sys::is_planned(query) {
            latest(query, Some(&[]))?;
        }
    }
    Ok(None)
}

/// Reads these objects, or all in scope. `routines` are those that clients have: others are read only where something needs them.
pub fn read(oids: Option<&BTreeSet<u32>>, routines: &BTreeSet<u32>) -> Result<Reading, Failure> {
    match oids.and_then(quick::read) {
        Some(quick) if settings::check_reader() => checked(quick, oids, routines),
        Some(quick) => Ok(quick),
        None => by_query(oids, routines),
    }
}

/// The reading, if the reference query gives the same. Another session may have been at work between the two, as CREATE INDEX CONCURRENTLY is without a lock
/// that keeps anybody out: then they differ once, not each time.
fn checked(mut quick: Reading, oids: Option<&BTreeSet<u32>>, routines: &BTreeSet<u32>) -> Result<Reading, Failure> {
    const TIMES: u32 = 5;
    for time in 1.. {
        let reference = by_query(oids, routines)?;
        if quick == reference {
            break;
        }
        if time == TIMES {
            return Err(Failure::Readers { quick: Box::new(quick), reference: Box::new(reference) });
        }
        match oids.and_then(quick::read) {
            Some(again) => quick = again,
            None => return Ok(reference),
        }
    }
    Ok(quick)
}

fn by_query(oids: Option<&BTreeSet<u32>>, routines: &BTreeSet<u32>) -> Result<Reading, Failure> {
    let asked: Option<Vec<u32>> = oids.map(|oids| oids.iter().copied().collect());
    let in_scope: InScope = parse(latest(IN_SCOPE, asked.as_deref())?)?;
    let (mut readable, locked, unread) = lock(&in_scope.relations);
    match oids {
        Some(oids) => readable.extend(oids),
        None => readable.extend(routines),
    }
    readable.extend(in_scope.others);
    let unneeded: BTreeSet<u32> = in_scope.routines.into_iter().filter(|oid| !routines.contains(oid)).collect();
    readable.retain(|oid| !unread.contains(oid) && !in_scope.parts.contains(oid) && !unneeded.contains(oid));
    read_locked(in_scope.relations, readable, locked, unread)
}

/// Reads what was locked, and lets go of it.
fn read_locked(
    relations: Vec<Relation>,
    readable: BTreeSet<u32>,
    locked: Vec<Share>,
    unread: BTreeSet<u32>,
) -> Result<Reading, Failure> {
    let readable: Vec<u32> = readable.into_iter().collect();
    // With a snapshot that is newer than the locks: an index that REINDEX CONCURRENTLY drops cannot go any more, and is not half gone.
    let catalog = parse(latest(QUERY, Some(&readable))?);
    locked.into_iter().for_each(sys::unlock_share);
    let relations = relations.into_iter().map(|relation| relation.oid).collect();
    Ok(Reading { catalog: catalog?, relations, unread })
}

/// All that is there, with what cannot be distributed by itself, but for relations that another session holds.
pub fn with_undistributed(routines: &BTreeSet<u32>) -> Result<Reading, Failure> {
    const OTHERS: &str = "SELECT coalesce(pg_catalog.json_agg(o.oid::bigint), '[]') FROM ( \
        SELECT oid FROM pg_catalog.pg_class WHERE relkind NOT IN ('r', 'p', 'v', 'm') AND oid >= 16384 \
        UNION ALL SELECT oid FROM pg_catalog.pg_type WHERE oid >= 16384 \
        UNION ALL SELECT p.oid FROM pg_catalog.pg_proc p JOIN pg_catalog.pg_language l ON l.oid = p.prolang \
        WHERE p.oid >= 16384 AND (l.lanname NOT IN ('sql', 'plpgsql') OR p.prokind IN ('a', 'w'))) o \
        WHERE $1::pg_catalog.oid[] IS NULL";
    let in_scope: InScope = parse(latest(IN_SCOPE, None)?)?;
    let (mut readable, locked, unread) = lock(&in_scope.relations);
    readable.extend(parse::<Vec<u32>>(latest(OTHERS, None)?)?);
    readable.extend(routines);
    read_locked(in_scope.relations, readable, locked, unread)
}

fn parse<T: serde::de::DeserializeOwned>(json: Option<String>) -> Result<T, Failure> {
    let json = json.unwrap_or_default();
    serde_json::from_str(&json).map_err(|error| match sys::keeps_its_snapshot() {
        // `pg_get_constraintdef` has no text for a constraint that this transaction's snapshot does not know.
        true => Failure::Stale,
        false => Error::Unreadable { what: "the catalogs".to_owned(), why: error.to_string() }.into(),
    })
}
