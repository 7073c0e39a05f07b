//! The ledger as the SQL functions read it: entries, their changes, and the model at any of them.

use std::collections::BTreeSet;

use electric_schema_core::chain::{genesis, Link};
use electric_schema_core::change::{Change, Class, ClassifiedChange};
use electric_schema_core::diff::Objects;
use electric_schema_core::encoding::Hash;
use electric_schema_core::error::Error;
use electric_schema_core::model::{Object, ObjectId, QualifiedName};
use electric_schema_core::plan::{Entry, Former, Position};
use electric_schema_core::revert::revert;
use electric_schema_core::schema_hash::SchemaSum;
use pgrx::prelude::*;
use pgrx::spi::{SpiClient, SpiHeapTupleData};
use pgrx::JsonB;

use crate::report::Failure;

/// One column of a row that must be there.
pub fn column<T: FromDatum + IntoDatum>(row: &SpiHeapTupleData<'_>, ordinal: usize) -> Result<T, Failure> {
    row.get(ordinal)?.ok_or(Failure::Ledger("a value is missing"))
}

fn number(row: &SpiHeapTupleData<'_>, ordinal: usize) -> Result<u64, Failure> {
    column::<i64>(row, ordinal)?.try_into().map_err(|_| Failure::Ledger("a number is out of range"))
}

fn hash(row: &SpiHeapTupleData<'_>, ordinal: usize) -> Result<Hash, Failure> {
    Ok(column::<String>(row, ordinal)?.parse()?)
}

/// `seq` as SQL has it.
fn bigint(seq: u64) -> i64 {
    i64::try_from(seq).unwrap_or(i64::MAX)
}

/// Which ledger this is, and where its chain is.
pub struct Chain {
    /// The ledger's random id.
    pub id: pgrx::Uuid,
    /// The newest entry.
    pub head: Position,
}

/// The chain, its genesis and its head.
pub fn chain(client: &SpiClient<'_>) -> Result<Chain, Failure> {
    let query = "SELECT ledger_id, seq, hash, reset_version FROM _electric_meta.ledgers";
    let rows = client.select(query, Some(1), &[])?;
    let row = rows.into_iter().next().ok_or(Failure::Ledger("it has no chain"))?;
    let head = Position { seq: number(&row, 2)?, hash: hash(&row, 3)?, reset_version: number(&row, 4)? };
    Ok(Chain { id: column(&row, 1)?, head })
}

/// An entry's place, and the hash of the schema after it; `None` when the ledger does not hold it. 0 is the genesis.
pub fn position(client: &SpiClient<'_>, chain: &Chain, seq: u64) -> Result<Option<(Position, Hash)>, Failure> {
    if seq == 0 {
        let start = Position { seq: 0, hash: genesis(chain.id.as_bytes()), reset_version: 0 };
        return Ok(Some((start, SchemaSum::default().hash())));
    }
    let query =
        "SELECT hash, reset_version, schema_hash FROM _electric_meta.migrations WHERE (ledger_id, seq) = ($1, $2)";
    let rows = client.select(query, Some(1), &[chain.id.into(), bigint(seq).into()])?;
    let Some(row) = rows.into_iter().next() else { return Ok(None) };
    let reset_version = number(&row, 2)?;
    Ok(Some((Position { seq, hash: hash(&row, 1)?, reset_version }, hash(&row, 3)?)))
}

/// What a hash is that somebody came with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// An entry's, by its seq; 0 for the genesis.
    Entry(u64),
    /// A schema's: of the newest entry that has this schema.
    Schema(u64),
}

impl Place {
    /// The entry.
    pub fn seq(self) -> u64 {
        match self {
            Place::Entry(seq) | Place::Schema(seq) => seq,
        }
    }
}

/// Finds a hash; `None` when the ledger does not know it.
pub fn place(client: &SpiClient<'_>, chain: &Chain, hash: &Hash) -> Result<Option<Place>, Failure> {
    let entry = "SELECT seq FROM _electric_meta.migrations WHERE ledger_id = $1 AND hash = $2";
    let schema =
        "SELECT seq FROM _electric_meta.migrations WHERE ledger_id = $1 AND schema_hash = $2 ORDER BY seq DESC LIMIT 1";
    let find = |query| -> Result<Option<u64>, Failure> {
        let rows = client.select(query, Some(1), &[chain.id.into(), hash.to_string().into()])?;
        rows.into_iter().next().map(|row| number(&row, 1)).transpose()
    };
    if let Some(seq) = find(entry)? {
        return Ok(Some(Place::Entry(seq)));
    }
    if genesis(chain.id.as_bytes()) == *hash {
        return Ok(Some(Place::Entry(0)));
    }
    if let Some(seq) = find(schema)? {
        return Ok(Some(Place::Schema(seq)));
    }
    Ok((SchemaSum::default().hash() == *hash).then_some(Place::Schema(0)))
}

const ENTRY: &str =
    "seq, hash, parent_hash, class, reset_version, schema_hash, statements, changes_digest, private_digest";

/// Reads the columns of [`ENTRY`] in this order.
pub fn link(row: &SpiHeapTupleData<'_>) -> Result<(Link, Hash), Failure> {
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

/// An entry's typed changes.
pub fn read_changes(changes: JsonB) -> Result<Vec<ClassifiedChange>, Failure> {
    serde_json::from_value(changes.0)
        .map_err(|error| Error::Unreadable { what: "changes".to_owned(), why: error.to_string() }.into())
}

/// The entries after one, up to another.
pub fn entries(client: &SpiClient<'_>, chain: &Chain, after: u64, to: u64) -> Result<Vec<Entry>, Failure> {
    let query = format!(
        "SELECT {ENTRY}, changes FROM _electric_meta.migrations WHERE ledger_id = $1 AND seq > $2 AND seq <= $3 ORDER BY seq"
    );
    let rows = client.select(&query, None, &[chain.id.into(), bigint(after).into(), bigint(to).into()])?;
    let entry = |row: SpiHeapTupleData<'_>| {
        let (link, hash) = link(&row)?;
        Ok(Entry { link, hash, changes: read_changes(column(&row, 10)?)? })
    };
    rows.map(entry).collect()
}

/// The changes of the entries after one, up to another.
pub fn changes(
    client: &SpiClient<'_>,
    chain: &Chain,
    after: u64,
    to: u64,
) -> Result<Vec<Vec<ClassifiedChange>>, Failure> {
    let query =
        "SELECT changes FROM _electric_meta.migrations WHERE ledger_id = $1 AND seq > $2 AND seq <= $3 ORDER BY seq";
    let rows = client.select(query, None, &[chain.id.into(), bigint(after).into(), bigint(to).into()])?;
    rows.map(|row| read_changes(column(&row, 1)?)).collect()
}

/// Whether one of these entries is destructive.
pub fn has_destructive(client: &SpiClient<'_>, chain: &Chain, after: u64, to: u64) -> Result<bool, Failure> {
    let query = "SELECT EXISTS (SELECT FROM _electric_meta.migrations \
                 WHERE ledger_id = $1 AND seq > $2 AND seq <= $3 AND class = 'destructive')";
    let args = [chain.id.into(), bigint(after).into(), bigint(to).into()];
    Ok(client.select(query, None, &args)?.first().get_one()?.unwrap_or(false))
}

/// The model that the ledger holds at head, or these objects of it.
pub fn schema(client: &SpiClient<'_>, only: Option<&BTreeSet<ObjectId>>) -> Result<Objects, Failure> {
    let unreadable = |why: String| Failure::Core(Error::Unreadable { what: "objects".to_owned(), why });
    let query = "SELECT object_id, definition::text FROM _electric_meta.objects";
    let rows = match only {
        None => client.select(query, None, &[])?,
        Some(ids) => {
            let ids: Vec<String> = ids.iter().map(ObjectId::to_string).collect();
            client.select(&format!("{query} WHERE object_id = ANY ($1)"), None, &[ids.into()])?
        }
    };
    let object = |row: SpiHeapTupleData<'_>| {
        let id: ObjectId = column::<String>(&row, 1)?.parse().map_err(unreadable)?;
        let object: Object =
            serde_json::from_str(&column::<String>(&row, 2)?).map_err(|e| unreadable(e.to_string()))?;
        Ok((id, object))
    };
    rows.map(object).collect()
}

/// The model at an earlier entry, from the one at head and what happened since.
pub fn take_back(head: Objects, since: &[Vec<ClassifiedChange>]) -> Result<Objects, Failure> {
    let mut objects = head;
    let changes: Vec<&Change> = since.iter().flatten().map(|classified| &classified.change).collect();
    revert(&mut objects, changes.into_iter())?;
    Ok(objects)
}

/// Every name that an object of this ledger ever had.
pub fn former(client: &SpiClient<'_>) -> Result<Vec<Former>, Failure> {
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
