//! The commit of a transaction that changed the schema: reads what it touched, and appends one entry.

use std::collections::{BTreeMap, BTreeSet};

use electric_schema_core::catalog::{Catalog, Unsupported};
use electric_schema_core::chain::Private;
use electric_schema_core::entry::{self, Asked, Head, Sealed, Sealing};
use electric_schema_core::identify::{referred, Happened, Known, Rewrite};
use electric_schema_core::model::Object;

use pgrx::pg_sys::panic::ErrorReport;

use crate::capture::{self, Touched};
use crate::catalog;
use crate::label;
use crate::ledger::{Chain, Ledger, Version};
use crate::report::{or_raise, Failure};
use crate::restore;
use crate::scope::{is_incomplete, Settings};
use crate::settings::{self, OnError};
use crate::sys::{self, Commit, Oid, Row};

/// The channel of NOTIFY and the prefix of the logical messages.
const CHANNEL: &str = "electric_schema";

/// The version whose tables this library knows.
pub const VERSION: &str = env!("CARGO_PKG_VERSION");

/// Called once, at the end of CREATE EXTENSION: what is there already becomes entry 1.
#[pgrx::pg_extern(sql = "
CREATE FUNCTION _electric_meta.baseline() RETURNS void
    LANGUAGE c AS 'MODULE_PATHNAME', '@FUNCTION_NAME@';
")]
fn baseline() {
    capture::touch_everything();
}

/// Called before every commit and PREPARE TRANSACTION.
pub fn before_commit(commit: Commit) {
    let Some(mut touched) = capture::take() else { return label::unused(capture::take_label()) };
    // Nothing to write to when the extension goes in this very transaction.
    let Some((owner, version)) = sys::extension("electric_schema") else { return };
    let Some(ledger) = Ledger::find() else { return };
    let role = touched.role.clone();
    or_raise(sys::pinned(owner, || {
        // Before the lock, what others need not wait for: bookkeeping is as long as anybody makes it.
        let ahead = sys::as_read_committed(|| {
            if touched.label.is_none() {
                touched.label = label::from_bookkeeping(&touched);
            }
            // What fails here fails under the lock again.
            Ahead::read(&ledger, &touched).unwrap_or_default()
        });
        ledger.lock(settings::seal_timeout());
        let record = || {
            if version != VERSION {
                return Err(Failure::OtherVersion { installed: version.clone() });
            }
            let others = sys::as_read_committed(|| seal(&ledger, touched.clone(), role, commit, ahead))?;
            restore::go_on(&ledger, others)
        };
        // Whoever repairs the ledger's tables must not be kept from it by what is wrong with them.
        match if touched.is_repair() { OnError::Suspend } else { settings::on_error() } {
            OnError::Abort => record(),
            OnError::Suspend => match sys::attempted(record) {
                Ok(()) => Ok(()),
                Err(Ok(failure)) => suspend(&ledger, &touched, ErrorReport::from(failure).message()),
                Err(Err(error)) => match sys::is_ours(&error) {
                    Some(message) => suspend(&ledger, &touched, &message),
                    None => error.rethrow(),
                },
            },
        }
    }));
}

/// The transaction commits; the next entry takes its DDL along.
fn suspend(ledger: &Ledger, touched: &Touched, error: &str) -> Result<(), Failure> {
    if touched.is_repair() {
        pgrx::warning!("electric_schema: {error}");
        return Ok(());
    }
    let rewritten = touched.rewrites.iter().map(|rewrite| rewrite.table).collect();
    ledger.suspend(&touched.role, error, &rewritten);
    pgrx::warning!("electric_schema: this transaction's DDL is not recorded yet: {error}");
    Ok(())
}

/// What was read before the lock was taken.
struct Ahead {
    version: Version,
    oids: BTreeSet<Oid>,
    known: BTreeMap<u32, Known>,
    reading: Option<catalog::Reading>,
}

impl Ahead {
    fn read(ledger: &Ledger, touched: &Touched) -> Result<Option<Ahead>, Failure> {
        if touched.is_nothing() {
            return Ok(None);
        }
        if touched.everything {
            catalog::ahead(None)?;
            return Ok(None);
        }
        // First: an entry that is appended while the rest is read is to be noticed.
        let version = ledger.chain()?.version();
        let oids = touched.oids();
        let known = ledger.known_of(&oids)?;
        let reading = catalog::ahead(Some(&present(&oids, touched, &known)))?;
        Ok(Some(Ahead { version, oids, known, reading: reading.filter(|reading| reading.unread.is_empty()) }))
    }

    /// It holds if no entry was appended since: whoever commits other DDL waits for the seal's lock.
    fn holds(&self, chain: &Chain, oids: &BTreeSet<Oid>) -> bool {
        self.version == chain.version() && self.oids == *oids
    }
}

/// Of these, what the catalogs have to be asked about: most of what was dropped the ledger has never heard of (a table's type, its indexes).
fn present(oids: &BTreeSet<Oid>, touched: &Touched, known: &BTreeMap<u32, Known>) -> BTreeSet<Oid> {
    let may_be = |oid: &Oid| touched.objects.contains(oid) || !touched.dropped.contains(oid) || known.contains_key(oid);
    oids.iter().copied().filter(may_be).collect()
}

/// Appends an entry, if there is anything to be recorded. Gives the chains that came with a dump.
fn seal(
    ledger: &Ledger,
    mut touched: Touched,
    role: String,
    commit: Commit,
    ahead: Option<Ahead>,
) -> Result<Vec<Row>, Failure> {
    let (mut chain, mut others) = ledger.chains()?;
    if chain.is_moved {
        // The catalogs are as this transaction has made them: what it changed is not found again by its name.
        if !touched.is_reread() {
            return Err(Failure::Moved);
        }
        restore::place_again(ledger)?;
        (chain, others) = ledger.chains()?;
    }
    let unsealed = ledger.unsealed();
    touched.miss(unsealed.as_ref());
    if chain.rescoped {
        touched.rescope();
    }
    let settings = ledger.settings()?;
    touched.meet(&settings);
    if touched.is_nothing() && chain.unread.is_empty() {
        return Ok(others);
    }
    let (read, sealed) = settle(ledger, &mut touched, &chain, &settings, ahead)?;
    read.catalog.unsupported.iter().filter(|thing| touched.objects.contains(&thing.oid)).for_each(notice);
    let rescoped = touched.rescopes(&settings) && !read.unread.is_empty();
    let unread_changed = read.unread != chain.unread || rescoped != chain.rescoped;
    if unsealed.is_some() {
        ledger.resume();
    }
    if sealed.draft.is_none() && sealed.kept.is_empty() && sealed.gone.is_empty() && !unread_changed {
        return Ok(others);
    }
    let mut head = Head { sum: sealed.sum.clone(), ..chain.head.clone() };
    let mut announcement = None;
    if let Some(draft) = &sealed.draft {
        let private = private(&touched, &sealed, &read.known, role);
        let hash = ledger.append(&chain, draft, &private)?;
        head.seq = draft.seq;
        head.reset_version = draft.reset_version;
        head.hash = hash.parse().map_err(Failure::Core)?;
        announcement = Some(serde_json::json!({ "seq": head.seq, "hash": hash, "class": draft.class }).to_string());
    }
    ledger.keep(&sealed.kept, &sealed.gone)?;
    ledger.advance(&chain, &head, &read.unread, rescoped)?;
    sys::advance_command();
    if let Some(announcement) = announcement {
        sys::wal_message(CHANNEL, announcement.as_bytes());
        match commit {
            Commit::Commit => sys::notify(CHANNEL, &announcement),
            // Postgres refuses to prepare a transaction that has notified.
            Commit::Prepare => {}
        }
    }
    Ok(others)
}

/// What an entry made of this would be, so far.
pub fn foresee(ledger: &Ledger, mut touched: Touched, chain: &Chain) -> Result<(Reading, Sealed), Failure> {
    settle(ledger, &mut touched, chain, &ledger.settings()?, None)
}

/// What an entry made of this would be: reads what was touched, and as much more as that turns out to concern.
fn settle(
    ledger: &Ledger,
    touched: &mut Touched,
    chain: &Chain,
    settings: &Settings,
    ahead: Option<Ahead>,
) -> Result<(Reading, Sealed), Failure> {
    touched.meet(settings);
    let (read, sealed) = compare(ledger, touched, chain, settings, ahead)?;
    if touched.everything || !(read.incomplete || changes_scope(touched, &read, &sealed)) {
        return Ok((read, sealed));
    }
    touched.everything = true;
    compare(ledger, touched, chain, settings, None)
}

/// Reads what was touched, and compares it with the ledger.
fn compare(
    ledger: &Ledger,
    touched: &Touched,
    chain: &Chain,
    settings: &Settings,
    ahead: Option<Ahead>,
) -> Result<(Reading, Sealed), Failure> {
    let read = read(ledger, touched, chain, settings, ahead)?;
    // A table that comes into scope may hold rows, too.
    let older = |oid: &u32| {
        !read.known.contains_key(oid) && !sys::created_since(*oid, touched.since) && sys::may_hold_rows(*oid)
    };
    let mut filled = touched.filled.clone();
    filled.extend(read.catalog.tables.iter().map(|table| table.oid).filter(older));
    let sealed = entry::seal(&Sealing {
        head: &chain.head,
        catalog: &read.catalog,
        asked: &read.asked,
        known: &read.known,
        dropped: &touched.dropped,
        filled: &filled,
        happened: &happened(touched, &read.catalog),
        // What could not be read may need it.
        afresh: touched.rescopes(settings) && read.unread.is_empty(),
    })?;
    Ok((read, sealed))
}

/// Whether something that was there before comes into scope, or leaves it and is there still: a table that gained, or lost, a column that no
/// client can have, a domain with a constraint of that kind. What nobody touched comes and goes with it.
fn changes_scope(touched: &Touched, read: &Reading, sealed: &Sealed) -> bool {
    let mut entered = sealed.kept.iter().filter(|known| !read.known.contains_key(&known.oid));
    let mut left = sealed.gone.iter().filter(|oid| !touched.dropped.contains(oid));
    // A partitioned table is nothing without one of its partitions.
    let mut partitions = read.catalog.unsupported.iter().filter(|thing| thing.kind == "partition");
    left.next().is_some()
        || partitions.any(|partition| touched.objects.contains(&partition.oid))
        || entered.any(|known| match known.object {
            Object::Table(_) | Object::View(_) => !sys::created_since(known.oid, touched.since),
            Object::Enum(_) | Object::Domain(_) | Object::Composite(_) | Object::Range(_) => {
                !touched.new_types.contains(&known.oid)
            }
            // Routines and extensions come when something needs them.
            Object::Schema(_) | Object::Extension(_) | Object::Sequence(_) | Object::Routine(_) => false,
        })
}

/// What the catalogs hold of what was touched, and what the ledger held of it before.
pub struct Reading {
    /// The catalogs, as far as clients get it.
    pub catalog: Catalog,
    asked: Asked,
    known: BTreeMap<u32, Known>,
    unread: BTreeSet<u32>,
    /// It needs more than was read.
    incomplete: bool,
}

fn read(
    ledger: &Ledger,
    touched: &Touched,
    chain: &Chain,
    settings: &Settings,
    ahead: Option<Ahead>,
) -> Result<Reading, Failure> {
    let mut oids = touched.oids();
    oids.extend(&chain.unread);
    let (mut known, ahead) = match ahead.filter(|ahead| !touched.everything && ahead.holds(chain, &oids)) {
        Some(ahead) => (ahead.known, ahead.reading),
        None if touched.everything => (ledger.known_all()?, None),
        None => (ledger.known_of(&oids)?, None),
    };
    // A dropped table that clients did not have may have been the last child of one that they can have now.
    let everything = touched.everything || touched.dropped_tables.iter().any(|oid| !known.contains_key(oid));
    if everything && !touched.everything {
        known = ledger.known_all()?;
    }
    let asked_ahead = oids.len();
    if !everything && touched.new_routines {
        // A routine that clients have may have been calling them before they were there.
        let callers: BTreeMap<u32, Known> = routines_of(ledger)?;
        oids.extend(callers.keys());
        known.extend(callers);
    }
    if !everything && !touched.dropped_indexes.is_empty() {
        let orphans = orphans(ledger, touched, &known)?;
        oids.extend(orphans.keys());
        known.extend(orphans);
    }
    let reading = match ahead.filter(|_| !everything && oids.len() == asked_ahead) {
        Some(reading) => reading,
        None => {
            let present = (!everything).then(|| present(&oids, touched, &known));
            catalog::read(present.as_ref(), &routines(&known))?
        }
    };
    let asked = if everything {
        Asked::EverythingBut(reading.unread.clone())
    } else {
        Asked::Only((&oids | &reading.relations).difference(&reading.unread).copied().collect())
    };
    if !everything {
        let more = &referred(&reading.catalog) | &reading.relations;
        known.extend(ledger.known_of(&more.into_iter().filter(|oid| !known.contains_key(oid)).collect())?);
    }
    let scope = settings.scope(&reading.catalog, touched.rescopes(settings));
    let catalog = electric_schema_core::scope::distributed(reading.catalog, &known, &asked, &scope);
    let incomplete = settings.electrified && !everything && is_incomplete(ledger, &catalog)?;
    Ok(Reading { catalog, asked, known, unread: reading.unread, incomplete })
}

/// The routines that the ledger holds.
fn routines_of(ledger: &Ledger) -> Result<BTreeMap<u32, Known>, Failure> {
    let mut all = ledger.known_all()?;
    all.retain(|_, known| matches!(known.object, Object::Routine(_)));
    Ok(all)
}

/// Of what is known, the routines.
pub fn routines(known: &BTreeMap<u32, Known>) -> BTreeSet<u32> {
    known.values().filter(|known| matches!(known.object, Object::Routine(_))).map(|known| known.oid).collect()
}

/// The tables that dropped indexes belonged to: a dropped index does not tell, but the ledger knows.
fn orphans(ledger: &Ledger, touched: &Touched, known: &BTreeMap<u32, Known>) -> Result<BTreeMap<u32, Known>, Failure> {
    let indexes: Vec<_> = touched
        .dropped_indexes
        .iter()
        .filter(|(oid, (schema, name))| {
            !known
                .values()
                .any(|known| known.index(**oid, schema, name).is_some() || known.has_constraint_index(schema, name))
        })
        .collect();
    if indexes.is_empty() {
        return Ok(BTreeMap::new());
    }
    let mentioned = indexes.iter().flat_map(|(oid, (_, name))| [oid.to_string(), name.clone()]).collect();
    let mut all = ledger.known_with(&mentioned)?;
    all.retain(|_, known| indexes.iter().any(|(oid, (schema, name))| known.index(**oid, schema, name).is_some()));
    Ok(all)
}

fn happened(touched: &Touched, catalog: &Catalog) -> Happened {
    let rewrites =
        touched.rewrites.iter().map(|r| Rewrite { table: r.table, column: r.column, using: r.using }).collect();
    // What transactions did whose DDL was not recorded cannot be told any more.
    let replaced = |oid: &Oid| touched.missed || sys::rewritten_since(*oid, touched.since);
    let replaced = catalog.tables.iter().map(|table| table.oid).filter(replaced).collect();
    Happened { rewrites, replaced, dropped: touched.dropped.clone() }
}

fn notice(thing: &Unsupported) {
    pgrx::notice!("electric_schema: {} {} is not distributed to clients: {}", thing.kind, thing.identity, thing.reason);
}

fn private(touched: &Touched, sealed: &Sealed, before: &BTreeMap<u32, Known>, role: String) -> Private {
    // Statements name parts of tables by their own OIDs.
    let mut changed = sealed.changed.clone();
    for known in before.values().chain(&sealed.kept).filter(|known| sealed.changed.contains(&known.oid)) {
        changed.extend(known.identity.indexes.keys().chain(known.identity.constraints.keys()));
    }
    let source = touched
        .statements
        .iter()
        .filter(|statement| statement.everything || !statement.objects.is_disjoint(&changed))
        .map(|statement| statement.text.clone())
        .collect();
    Private {
        salt: sys::strong_random().to_vec(),
        source,
        recorded_by: role,
        recorded_at: sys::now_micros(),
        application_name: sys::application_name(),
        xid: sys::full_xid(),
        lsn: sys::insert_lsn(),
        label: touched.label.clone(),
    }
}
