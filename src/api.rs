//! The functions of schema `electric_schema`: they read the ledger, the core answers.

use electric_schema_core::encoding::Hash;
use electric_schema_core::plan::Place;
use pgrx::prelude::*;
use pgrx::spi::SpiHeapTupleData;
use pgrx::JsonB;

use crate::handshake::Question;
use crate::history::{self, column};
use crate::report::{or_raise, Failure};
use crate::sys::Document;

fn parse(hash: Option<&str>) -> Result<Option<Hash>, Failure> {
    Ok(hash.map(str::parse).transpose()?)
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
                         JOIN _electric_meta.seal USING (ledger_id) \
                         LEFT JOIN _electric_meta.migrations m ON (m.ledger_id, m.seq) = (l.ledger_id, l.seq)";
            let rows = client.select(query, Some(1), &[])?;
            let row = rows.into_iter().next().ok_or(Failure::Ledger("it has no chain"))?;
            Ok((column(&row, 1)?, column(&row, 2)?, column(&row, 3)?, row.get(4)?))
        });
        TableIterator::once(or_raise(row))
    }

    /// The entries after a hash, in order, or the first of them.
    #[pg_extern(stable, security_definer)]
    #[search_path(pg_catalog, pg_temp)]
    #[allow(clippy::type_complexity)]
    fn diff(
        client_hash: Option<&str>,
        max_entries: default!(Option<i32>, "NULL"),
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
            let hash = parse(client_hash)?.ok_or(Failure::Null("client_hash"))?;
            if max_entries.is_some_and(|most| most < 1) {
                return Err(Failure::NoEntries);
            }
            Spi::connect(|client| {
                let chain = history::chain(client)?;
                let seq = match history::place(client, &chain, &hash)? {
                    Some(Place::Entry(seq)) => seq,
                    Some(Place::Pruned(_)) => return Err(Failure::Pruned(hash.to_string())),
                    Some(Place::Schema(_)) | None => return Err(Failure::UnknownHash(hash.to_string())),
                };
                let query = "SELECT seq, hash, parent_hash, class, reset_version, schema_hash, statements, changes, \
                             changes_digest, private_digest FROM _electric_meta.migrations \
                             WHERE ledger_id = $1 AND seq > $2 ORDER BY seq LIMIT $3";
                let seq = i64::try_from(seq).unwrap_or(i64::MAX);
                let args = [chain.id.into(), seq.into(), max_entries.map(i64::from).into()];
                client.select(query, None, &args)?.map(entry).collect::<Result<Vec<_>, Failure>>()
            })
        };
        TableIterator::new(or_raise(read()))
    }

    /// What a client must do to get from its hash to head, or to another entry. No SECURITY DEFINER, which costs something at each call:
    /// it becomes the owner by itself where it runs queries.
    #[pg_extern(stable)]
    fn handshake(
        client_hash: Option<&str>,
        client_seq: default!(Option<i64>, "NULL"),
        squash: default!(Option<bool>, "false"),
        target_hash: default!(Option<&str>, "NULL"),
    ) -> Document {
        let answer = || {
            let (hash, target) = (parse(client_hash)?, parse(target_hash)?);
            let seq = client_seq.and_then(|seq| seq.try_into().ok());
            crate::handshake::handshake(Question { hash, seq, squash: squash == Some(true), target })
        };
        or_raise(answer())
    }

    /// What builds the whole schema at head, or at another entry.
    #[pg_extern(stable, security_definer)]
    #[search_path(pg_catalog, pg_temp)]
    fn snapshot(at_hash: default!(Option<&str>, "NULL")) -> JsonB {
        JsonB(or_raise(parse(at_hash).and_then(crate::handshake::snapshot)))
    }

    /// Recomputes the chain, and compares head with the catalogs.
    #[pg_extern(stable, security_definer)]
    #[search_path(pg_catalog, pg_temp)]
    fn verify(trusted_hash: default!(Option<&str>, "NULL")) -> JsonB {
        or_raise(crate::verify::verify(trusted_hash))
    }

    /// One line to be kept elsewhere, for `verify`.
    #[pg_extern(stable, security_definer)]
    #[search_path(pg_catalog, pg_temp)]
    fn checkpoint() -> String {
        or_raise(crate::verify::checkpoint())
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
