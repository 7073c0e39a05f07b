//! The functions of schema `electric_schema`: they read the ledger, the core answers.

use electric_schema_core::chain::{genesis, Link};
use electric_schema_core::change::{Class, ClassifiedChange};
use electric_schema_core::diff::Objects;
use electric_schema_core::encoding::Hash;
use electric_schema_core::error::Error;
use electric_schema_core::model::{Object, ObjectId, QualifiedName};
use electric_schema_core::plan::{self, Action, Client, Entry, Former, Position, Server};
use pgrx::prelude::*;
use pgrx::spi::{SpiClient, SpiHeapTupleData};
use pgrx::JsonB;

use crate::report::{or_raise, Failure};
use crate::sys;

/// One column of a row that must be there.
pub(crate) fn column<T: FromDatum + IntoDatum>(row: &SpiHeapTupleData<'_>, ordinal: usize) -> Result<T, Failure> {
    row.get(ordinal)?.ok_or(Failure::Ledger("a value is missing"))
}

fn number(row: &SpiHeapTupleData<'_>, ordinal: usize) -> Result<u64, Failure> {
    column::<i64>(row, ordinal)?.try_into().map_err(|_| Failure::Ledger("a number is out of range"))
}

fn hash(row: &SpiHeapTupleData<'_>, ordinal: usize) -> Result<Hash, Failure> {
    Ok(column::<String>(row, ordinal)?.parse()?)
}

/// The chain's head, and its genesis.
fn position(client: &SpiClient<'_>) -> Result<Position, Failure> {
    let rows = client.select("SELECT seq, hash, reset_version FROM _electric_meta.ledgers", Some(1), &[])?;
    let row = rows.into_iter().next().ok_or(Failure::Ledger("it has no chain"))?;
    Ok(Position { seq: number(&row, 1)?, hash: hash(&row, 2)?, reset_version: number(&row, 3)? })
}

const ENTRY: &str =
    "seq, hash, parent_hash, class, reset_version, schema_hash, statements, changes_digest, private_digest";

/// Reads the columns of [`ENTRY`] in this order.
pub(crate) fn link(row: &SpiHeapTupleData<'_>) -> Result<(Link, Hash), Failure> {
    let class = match column::<String>(row, 4)?.as_str() {
        "additive" => Class::Additive,
        "destructive" => Class::Destructive,
        _ => return Err(Failure::Ledger("an entry has no class")),
    };
    let link = Link {
        parent_hash: hash(row, 3)?,
        seq: number(row, 1)?,
        class,
        reset_version: number(row, 5)?,
        schema_hash: hash(row, 6)?,
        statements: column(row, 7)?,
        changes_digest: hash(row, 8)?,
        private_digest: hash(row, 9)?,
    };
    Ok((link, hash(row, 2)?))
}

pub(crate) fn read_changes(changes: JsonB) -> Result<Vec<ClassifiedChange>, Failure> {
    serde_json::from_value(changes.0)
        .map_err(|error| Error::Unreadable { what: "changes".to_owned(), why: error.to_string() }.into())
}

fn entries_after(client: &SpiClient<'_>, seq: u64) -> Result<Vec<Entry>, Failure> {
    let seq = i64::try_from(seq).unwrap_or(i64::MAX);
    let query = format!("SELECT {ENTRY}, changes FROM _electric_meta.migrations WHERE seq > $1 ORDER BY seq");
    let rows = client.select(&query, None, &[seq.into()])?;
    let entry = |row: SpiHeapTupleData<'_>| {
        let (link, hash) = link(&row)?;
        Ok(Entry { link, hash, changes: read_changes(column(&row, 10)?)? })
    };
    rows.map(entry).collect()
}

fn destructive_after(client: &SpiClient<'_>, seq: u64) -> Result<bool, Failure> {
    let seq = i64::try_from(seq).unwrap_or(i64::MAX);
    let query = "SELECT EXISTS (SELECT FROM _electric_meta.migrations WHERE seq > $1 AND class = 'destructive')";
    Ok(client.select(query, None, &[seq.into()])?.first().get_one()?.unwrap_or(false))
}

/// Which entry has this hash: 0 for the genesis.
fn place(client: &SpiClient<'_>, hash: &Hash) -> Result<Option<u64>, Failure> {
    let query = "SELECT seq FROM _electric_meta.migrations WHERE hash = $1";
    let rows = client.select(query, Some(1), &[hash.to_string().into()])?;
    if let Some(row) = rows.into_iter().next() {
        return number(&row, 1).map(Some);
    }
    let ledgers = client.select("SELECT ledger_id FROM _electric_meta.ledgers", None, &[])?;
    for row in ledgers {
        if genesis(column::<pgrx::Uuid>(&row, 1)?.as_bytes()) == *hash {
            return Ok(Some(0));
        }
    }
    Ok(None)
}

/// The model that the ledger holds at head.
pub(crate) fn schema(client: &SpiClient<'_>) -> Result<Objects, Failure> {
    let unreadable = |why: String| Failure::Core(Error::Unreadable { what: "objects".to_owned(), why });
    let rows = client.select("SELECT object_id, definition::text FROM _electric_meta.objects", None, &[])?;
    let object = |row: SpiHeapTupleData<'_>| {
        let id: ObjectId = column::<String>(&row, 1)?.parse().map_err(unreadable)?;
        let object: Object =
            serde_json::from_str(&column::<String>(&row, 2)?).map_err(|e| unreadable(e.to_string()))?;
        Ok((id, object))
    };
    rows.map(object).collect()
}

/// The model at head, as its text reads now; `None` when somebody holds one of the tables, or the ledger has moved on.
fn schema_as_it_reads(client: &SpiClient<'_>) -> Result<Option<Objects>, Failure> {
    let mut schema = schema(client)?;
    let Some(tables) = crate::drift::unread_tables(&position(client)?.hash)? else { return Ok(None) };
    for (before, now) in tables {
        match schema.get_mut(&now.id) {
            Some(object) if *object == before.object => *object = now.object,
            _ => return Ok(None),
        }
    }
    Ok(Some(schema))
}

/// The model at an earlier entry.
pub(crate) fn schema_at(client: &SpiClient<'_>, seq: u64) -> Result<Objects, Failure> {
    let seq = i64::try_from(seq).unwrap_or(i64::MAX);
    let query = "SELECT changes FROM _electric_meta.migrations WHERE seq <= $1 ORDER BY seq";
    let rows = client.select(query, None, &[seq.into()])?;
    let entries: Result<Vec<_>, Failure> = rows.map(|row| read_changes(column(&row, 1)?)).collect();
    Ok(plan::fold(entries?.iter().map(Vec::as_slice))?)
}

/// Every name that an object of this ledger ever had.
fn former(client: &SpiClient<'_>) -> Result<Vec<Former>, Failure> {
    let query = "WITH change AS ( \
                   SELECT c.value AS c FROM _electric_meta.migrations m, pg_catalog.jsonb_array_elements(m.changes) c \
                   WHERE c.value ->> 'change' IN ('create', 'drop', 'rename', 'refresh')), \
                 named AS ( \
                   SELECT o.value ->> 'kind' AS kind, o.value -> 'name' AS name, o.value ->> 'arguments' AS arguments \
                   FROM change, pg_catalog.jsonb_each(c) o WHERE o.key IN ('before', 'after') \
                   UNION SELECT c #>> '{before,kind}', c -> 'after', c #>> '{before,arguments}' \
                   FROM change WHERE c ->> 'change' = 'rename') \
                 SELECT DISTINCT kind, coalesce(name ->> 'schema', name #>> '{}'), coalesce(name ->> 'name', name #>> '{}'), \
                   arguments \
                 FROM named WHERE kind <> 'extension' ORDER BY 1, 2, 3, 4";
    let rows = client.select(query, None, &[])?;
    let one = |row: SpiHeapTupleData<'_>| {
        let name = QualifiedName { schema: column(&row, 2)?, name: column(&row, 3)? };
        Ok(Former { kind: column(&row, 1)?, name, arguments: row.get(4)? })
    };
    rows.map(one).collect()
}

fn answer(client_hash: Option<&str>, client_seq: Option<i64>) -> Result<JsonB, Failure> {
    const NAP_MS: u32 = 50;
    const NAPS: u32 = 40;
    let client_hash: Option<Hash> = client_hash.map(str::parse).transpose()?;
    let first = Spi::connect(|client| attempt(client, client_hash, client_seq, schema_unless_unread))?;
    let again = || {
        sys::with_latest_snapshot(|| {
            Spi::connect(|client| attempt(client, client_hash, client_seq, schema_as_it_reads))
        })
    };
    let mut answer = first;
    for nap in 0..=NAPS {
        match answer {
            Some(answer) => return Ok(JsonB(answer)),
            // Whoever holds such a table is about to append an entry, or to roll back. Waiting for its lock could be a deadlock.
            None if nap > 0 => sys::nap(NAP_MS),
            None => {}
        }
        answer = again()?;
    }
    Err(Failure::Held)
}

/// The model at head; `None` when the next entry has tables to read again: what the ledger holds of them may name what others
/// have renamed meanwhile.
fn schema_unless_unread(client: &SpiClient<'_>) -> Result<Option<Objects>, Failure> {
    let query = "SELECT unread = '{}' FROM _electric_meta.ledgers";
    let all_read: Option<bool> = client.select(query, Some(1), &[])?.first().get_one()?;
    if all_read == Some(true) {
        schema(client).map(Some)
    } else {
        Ok(None)
    }
}

/// The answer; `None` when it needs the schema, and `schema` cannot tell it now.
fn attempt(
    client: &SpiClient<'_>,
    client_hash: Option<Hash>,
    client_seq: Option<i64>,
    schema: impl Fn(&SpiClient<'_>) -> Result<Option<Objects>, Failure>,
) -> Result<Option<serde_json::Value>, Failure> {
    let server = Server { head: position(client)?, version: sys::server_version_num() };
    let at = match client_hash {
        None => Client::New,
        Some(hash) => match place(client, &hash)? {
            Some(seq) => Client::At { seq, hash },
            None => Client::Unknown { seq: client_seq.and_then(|seq| seq.try_into().ok()) },
        },
    };
    let destructive = match at {
        Client::At { seq, .. } if seq < server.head.seq => destructive_after(client, seq)?,
        _ => false,
    };
    let answer = match (plan::decide(&at, &server.head, destructive), at) {
        (Action::Migrate, Client::At { seq, .. }) => plan::migrate(&server, &entries_after(client, seq)?),
        (Action::Reset, Client::At { seq, hash }) => match schema(client)? {
            Some(schema) => plan::reset(&server, &hash, &schema_at(client, seq)?, &schema),
            None => return Ok(None),
        },
        (Action::Abort, Client::Unknown { seq }) => plan::abort(&server, seq),
        (Action::Ready, _) => plan::ready(&server),
        (Action::Bootstrap | Action::Migrate | Action::Reset | Action::Abort, _) => match schema(client)? {
            Some(schema) => plan::bootstrap(&server, &schema, &former(client)?),
            None => return Ok(None),
        },
    };
    Ok(Some(answer))
}

#[pg_schema]
mod electric_schema {
    use super::*;

    /// Where the ledger is.
    #[pg_extern(stable, security_definer)]
    #[search_path(pg_catalog, pg_temp)]
    #[allow(clippy::type_complexity)]
    fn head() -> TableIterator<
        'static,
        (
            name!(seq, i64),
            name!(hash, String),
            name!(reset_version, i64),
            name!(recorded_at, Option<TimestampWithTimeZone>),
        ),
    > {
        let row = Spi::connect(|client| {
            let query = "SELECT l.seq, l.hash, l.reset_version, m.recorded_at FROM _electric_meta.ledgers l \
                         LEFT JOIN _electric_meta.migrations m ON (m.ledger_id, m.seq) = (l.ledger_id, l.seq)";
            let rows = client.select(query, Some(1), &[])?;
            let row = rows.into_iter().next().ok_or(Failure::Ledger("it has no chain"))?;
            Ok((column(&row, 1)?, column(&row, 2)?, column(&row, 3)?, row.get(4)?))
        });
        TableIterator::once(or_raise(row))
    }

    /// The entries after a hash, in order.
    #[pg_extern(stable, security_definer)]
    #[search_path(pg_catalog, pg_temp)]
    #[allow(clippy::type_complexity)]
    fn diff(
        client_hash: &str,
    ) -> TableIterator<
        'static,
        (
            name!(seq, i64),
            name!(hash, String),
            name!(parent_hash, String),
            name!(class, String),
            name!(reset_version, i64),
            name!(schema_hash, String),
            name!(statements, Vec<String>),
            name!(changes, JsonB),
            name!(changes_digest, String),
            name!(private_digest, String),
        ),
    > {
        let entry = |row: SpiHeapTupleData<'_>| {
            Ok((
                column(&row, 1)?,
                column(&row, 2)?,
                column(&row, 3)?,
                column(&row, 4)?,
                column(&row, 5)?,
                column(&row, 6)?,
                column(&row, 7)?,
                column(&row, 8)?,
                column(&row, 9)?,
                column(&row, 10)?,
            ))
        };
        let read = || {
            let hash: Hash = client_hash.parse()?;
            Spi::connect(|client| {
                let seq = place(client, &hash)?.ok_or_else(|| Failure::UnknownHash(hash.to_string()))?;
                let query = "SELECT seq, hash, parent_hash, class, reset_version, schema_hash, statements, changes, \
                             changes_digest, private_digest FROM _electric_meta.migrations WHERE seq > $1 ORDER BY seq";
                let seq = i64::try_from(seq).unwrap_or(i64::MAX);
                client.select(query, None, &[seq.into()])?.map(entry).collect::<Result<Vec<_>, Failure>>()
            })
        };
        TableIterator::new(or_raise(read()))
    }

    /// What a client must do to get from its hash to head.
    #[pg_extern(stable, security_definer)]
    #[search_path(pg_catalog, pg_temp)]
    fn handshake(client_hash: Option<&str>, client_seq: default!(Option<i64>, "NULL")) -> JsonB {
        or_raise(answer(client_hash, client_seq))
    }

    /// What builds the whole schema at head.
    #[pg_extern(stable, security_definer)]
    #[search_path(pg_catalog, pg_temp)]
    fn snapshot() -> JsonB {
        or_raise(answer(None, None))
    }

    /// Recomputes the chain, and compares head with the catalogs.
    #[pg_extern(stable, security_definer)]
    #[search_path(pg_catalog, pg_temp)]
    fn verify(trusted_hash: default!(Option<&str>, "NULL")) -> JsonB {
        or_raise(crate::verify::verify(trusted_hash))
    }

    /// What DDL would do. It runs as the caller, with the caller's search_path: no security definer.
    #[pg_extern(volatile, parallel_unsafe)]
    fn preview(ddl: &str) -> JsonB {
        or_raise(crate::preview::preview(ddl))
    }

    /// What the catalogs have and the ledger does not, and the other way round.
    #[pg_extern(stable, security_definer)]
    #[search_path(pg_catalog, pg_temp)]
    #[allow(clippy::type_complexity)]
    fn drift() -> TableIterator<
        'static,
        (name!(kind, String), name!(identity, String), name!(difference, JsonB), name!(statements, Vec<String>)),
    > {
        let row = |difference: crate::drift::Difference| {
            let subject = difference.subject;
            (subject.kind.to_owned(), subject.identity, JsonB(difference.change), difference.statements)
        };
        TableIterator::new(or_raise(crate::drift::drift()).into_iter().map(row).collect::<Vec<_>>())
    }
}
