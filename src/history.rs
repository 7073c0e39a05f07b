//! The ledger as the SQL functions read it: entries, their changes, and the model at any of them.

use std::collections::BTreeSet;

use electric_schema_core::chain::{genesis, Link};
use electric_schema_core::change::{Change, Class, ClassifiedChange};
use electric_schema_core::diff::Objects;
use electric_schema_core::encoding::Hash;
use electric_schema_core::error::Error;
use electric_schema_core::model::{Object, ObjectId, QualifiedName};
use electric_schema_core::plan::{Entry, Place, Position};
use electric_schema_core::revert::revert;
use electric_schema_core::schema_hash::SchemaSum;
use electric_schema_core::trace::{Named, Trace};
use pgrx::prelude::*;
use pgrx::spi::{SpiClient, SpiHeapTupleData, SpiTupleTable};
use pgrx::JsonB;

use crate::query::select;
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
pub fn bigint(seq: u64) -> i64 {
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
    const CURRENT: &str = "SELECT ledger_id, seq, hash, reset_version FROM _electric_meta.ledgers \
                           WHERE ledger_id = (SELECT s.ledger_id FROM _electric_meta.seal s)";
    first_chain(select(client, CURRENT, &[])?)?.ok_or(Failure::Ledger("it has no chain"))
}

/// A chain by its id: that of this database, or one that came with a dump.
pub fn chain_of(client: &SpiClient<'_>, id: pgrx::Uuid) -> Result<Option<Chain>, Failure> {
    const BY_ID: &str = "SELECT ledger_id, seq, hash, reset_version FROM _electric_meta.ledgers WHERE ledger_id = $1";
    first_chain(select(client, BY_ID, &[id.into()])?)
}

fn first_chain(rows: SpiTupleTable<'_>) -> Result<Option<Chain>, Failure> {
    let Some(row) = rows.into_iter().next() else { return Ok(None) };
    let head = Position { seq: number(&row, 2)?, hash: hash(&row, 3)?, reset_version: number(&row, 4)? };
    Ok(Some(Chain { id: column(&row, 1)?, head }))
}

/// An entry's place, and the hash of the schema after it; `None` when the ledger does not hold it. 0 is the genesis.
pub fn position(client: &SpiClient<'_>, chain: &Chain, seq: u64) -> Result<Option<(Position, Hash)>, Failure> {
    if seq == 0 {
        let start = Position { seq: 0, hash: genesis(chain.id.as_bytes()), reset_version: 0 };
        return Ok(Some((start, SchemaSum::default().hash())));
    }
    let query =
        "SELECT hash, reset_version, schema_hash FROM _electric_meta.migrations WHERE (ledger_id, seq) = ($1, $2)";
    let rows = select(client, query, &[chain.id.into(), bigint(seq).into()])?;
    let Some(row) = rows.into_iter().next() else { return Ok(None) };
    let reset_version = number(&row, 2)?;
    Ok(Some((Position { seq, hash: hash(&row, 1)?, reset_version }, hash(&row, 3)?)))
}

/// Finds a hash; `None` when the ledger does not know it.
pub fn place(client: &SpiClient<'_>, chain: &Chain, hash: &Hash) -> Result<Option<Place>, Failure> {
    let find = |query: &'static str| -> Result<Option<u64>, Failure> {
        let rows = select(client, query, &[chain.id.into(), hash.to_string().into()])?;
        rows.into_iter().next().map(|row| number(&row, 1)).transpose()
    };
    let entry = "SELECT seq FROM _electric_meta.migrations WHERE ledger_id = $1 AND hash = $2";
    if let Some(seq) = find(entry)? {
        return Ok(Some(Place::Entry(seq)));
    }
    // Clients at the checkpoint itself lack none of what was pruned.
    let pruned = |seq| -> Result<Option<Place>, Failure> {
        let newest = checkpoint_seq(client, chain)?;
        Ok(Some(if seq < newest { Place::Pruned(seq) } else { Place::Entry(seq) }))
    };
    if let Some(seq) = find("SELECT seq FROM _electric_meta.pruned WHERE ledger_id = $1 AND hash = $2")? {
        return pruned(seq);
    }
    if genesis(chain.id.as_bytes()) == *hash {
        return pruned(0);
    }
    let of_schema =
        "SELECT seq FROM _electric_meta.migrations WHERE ledger_id = $1 AND schema_hash = $2 ORDER BY seq DESC LIMIT 1";
    if let Some(seq) = find(of_schema)? {
        return Ok(Some(Place::Schema(seq)));
    }
    let of_pruned =
        "SELECT seq FROM _electric_meta.pruned WHERE ledger_id = $1 AND schema_hash = $2 ORDER BY seq DESC LIMIT 1";
    let seq = find(of_pruned)?.or_else(|| (SchemaSum::default().hash() == *hash).then_some(0));
    Ok(match seq.map(pruned).transpose()?.flatten() {
        Some(Place::Entry(seq)) => Some(Place::Schema(seq)),
        place => place,
    })
}

/// Where the entries that are left begin.
pub struct Checkpoint {
    /// The newest pruned entry; 0 where none was pruned.
    pub seq: u64,
    /// Its hash, or the genesis hash.
    pub hash: Hash,
    /// How many destructive entries there had been.
    pub reset_version: u64,
    /// Hash of the definitions after it.
    pub schema_hash: Hash,
    /// The model after it.
    pub objects: Objects,
}

fn checkpoint_seq(client: &SpiClient<'_>, chain: &Chain) -> Result<u64, Failure> {
    let query = "SELECT seq FROM _electric_meta.checkpoints WHERE ledger_id = $1";
    let rows = select(client, query, &[chain.id.into()])?;
    rows.into_iter().next().map_or(Ok(0), |row| number(&row, 1))
}

/// Where the entries that are left begin.
pub fn checkpoint(client: &SpiClient<'_>, chain: &Chain) -> Result<Checkpoint, Failure> {
    let query =
        "SELECT seq, hash, reset_version, schema_hash, objects FROM _electric_meta.checkpoints WHERE ledger_id = $1";
    let rows = select(client, query, &[chain.id.into()])?;
    let Some(row) = rows.into_iter().next() else {
        return Ok(Checkpoint {
            seq: 0,
            hash: genesis(chain.id.as_bytes()),
            reset_version: 0,
            schema_hash: SchemaSum::default().hash(),
            objects: Objects::new(),
        });
    };
    let JsonB(objects) = column(&row, 5)?;
    let objects = serde_json::from_value(objects)
        .map_err(|error| Error::Unreadable { what: "a checkpoint".to_owned(), why: error.to_string() })?;
    Ok(Checkpoint {
        seq: number(&row, 1)?,
        hash: hash(&row, 2)?,
        reset_version: number(&row, 3)?,
        schema_hash: hash(&row, 4)?,
        objects,
    })
}

/// What pruned entries left behind.
pub fn traces(client: &SpiClient<'_>, chain: &Chain) -> Result<Vec<Trace>, Failure> {
    let query = "SELECT object_id, kind, schema, name, arguments, since, until, changed, filled \
                 FROM _electric_meta.traces WHERE ledger_id = $1 ORDER BY ordinal";
    let unreadable = |why: String| Failure::Core(Error::Unreadable { what: "traces".to_owned(), why });
    let trace = |row: SpiHeapTupleData<'_>| {
        let name = QualifiedName { schema: column(&row, 3)?, name: column(&row, 4)? };
        let until: Option<i64> = row.get(7)?;
        Ok(Trace {
            id: column::<String>(&row, 1)?.parse().map_err(unreadable)?,
            name: Named { kind: column(&row, 2)?, name, arguments: row.get(5)? },
            since: number(&row, 6)?,
            until: until.and_then(|seq| seq.try_into().ok()),
            changed: number(&row, 8)?,
            filled: column(&row, 9)?,
        })
    };
    select(client, query, &[chain.id.into()])?.map(trace).collect()
}

/// Reads seq, hash, parent_hash, class, reset_version, schema_hash, statements, changes_digest and private_digest, in this order.
fn link(row: &SpiHeapTupleData<'_>) -> Result<(Link, Hash), Failure> {
    let class = Class::named(&column::<String>(row, 4)?).ok_or(Failure::Ledger("an entry has no class"))?;
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

fn changes_of(row: &SpiHeapTupleData<'_>, ordinal: usize) -> Result<Vec<ClassifiedChange>, Failure> {
    serde_json::from_str(&column::<String>(row, ordinal)?).map_err(unreadable_changes)
}

fn unreadable_changes(error: serde_json::Error) -> Failure {
    Error::Unreadable { what: "changes".to_owned(), why: error.to_string() }.into()
}

/// The entries after one, up to another.
pub fn entries(client: &SpiClient<'_>, chain: &Chain, after: u64, to: u64) -> Result<Vec<Entry>, Failure> {
    let query = "SELECT seq, hash, parent_hash, class, reset_version, schema_hash, statements, changes_digest, private_digest, changes::text \
                 FROM _electric_meta.migrations WHERE ledger_id = $1 AND seq > $2 AND seq <= $3 ORDER BY seq";
    let rows = select(client, query, &[chain.id.into(), bigint(after).into(), bigint(to).into()])?;
    let entry = |row: SpiHeapTupleData<'_>| {
        let (link, hash) = link(&row)?;
        Ok(Entry { link, hash, changes: changes_of(&row, 10)? })
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
    Ok(numbered_changes(client, chain, after, to)?.into_iter().map(|(_, changes)| changes).collect())
}

/// The same, each with the entry's seq.
pub fn numbered_changes(
    client: &SpiClient<'_>,
    chain: &Chain,
    after: u64,
    to: u64,
) -> Result<Vec<(u64, Vec<ClassifiedChange>)>, Failure> {
    let query = "SELECT seq, changes::text FROM _electric_meta.migrations WHERE ledger_id = $1 AND seq > $2 AND seq <= $3 ORDER BY seq";
    let rows = select(client, query, &[chain.id.into(), bigint(after).into(), bigint(to).into()])?;
    rows.map(|row| Ok((number(&row, 1)?, changes_of(&row, 2)?))).collect()
}

/// Whether one of these entries is destructive.
pub fn has_destructive(client: &SpiClient<'_>, chain: &Chain, after: u64, to: u64) -> Result<bool, Failure> {
    let query = "SELECT EXISTS (SELECT FROM _electric_meta.migrations \
                 WHERE ledger_id = $1 AND seq > $2 AND seq <= $3 AND class = 'destructive')";
    let args = [chain.id.into(), bigint(after).into(), bigint(to).into()];
    Ok(select(client, query, &args)?.first().get_one()?.unwrap_or(false))
}

/// The model that the ledger holds at head, or these objects of it.
pub fn schema(client: &SpiClient<'_>, only: Option<&BTreeSet<ObjectId>>) -> Result<Objects, Failure> {
    let unreadable = |why: String| Failure::Core(Error::Unreadable { what: "objects".to_owned(), why });
    const ALL: &str = "SELECT object_id, definition::text FROM _electric_meta.objects";
    const SOME: &str = "SELECT object_id, definition::text FROM _electric_meta.objects WHERE object_id = ANY ($1)";
    let rows = match only {
        None => select(client, ALL, &[])?,
        Some(ids) => select(client, SOME, &[ids.iter().map(ObjectId::to_string).collect::<Vec<_>>().into()])?,
    };
    let object = |row: SpiHeapTupleData<'_>| {
        let id: ObjectId = column::<String>(&row, 1)?.parse().map_err(unreadable)?;
        let object: Object =
            serde_json::from_str(&column::<String>(&row, 2)?).map_err(|e| unreadable(e.to_string()))?;
        Ok((id, object))
    };
    rows.map(object).collect()
}

/// The partitions and children of these tables, and theirs in turn.
pub fn descendants(client: &SpiClient<'_>, tables: BTreeSet<ObjectId>) -> Result<BTreeSet<ObjectId>, Failure> {
    // The text is looked at before it is parsed: few tables have parents.
    let query = "SELECT o.object_id, p.value ->> 'table' FROM _electric_meta.objects o, \
                   pg_catalog.json_array_elements(o.definition -> 'parents') p \
                 WHERE o.definition::text LIKE '%\"parents\":[%' AND o.definition ->> 'kind' = 'table'";
    let mut found = BTreeSet::new();
    if tables.is_empty() {
        return Ok(found);
    }
    let unreadable = |why: String| Failure::Core(Error::Unreadable { what: "objects".to_owned(), why });
    let id = |text: String| text.parse::<ObjectId>().map_err(unreadable);
    let pair = |row: SpiHeapTupleData<'_>| Ok((id(column(&row, 1)?)?, id(column(&row, 2)?)?));
    let pairs: Result<Vec<(ObjectId, ObjectId)>, Failure> = select(client, query, &[])?.map(pair).collect();
    let pairs = pairs?;
    loop {
        let is_child = |(child, parent): &&(ObjectId, ObjectId)| {
            !found.contains(child) && (tables.contains(parent) || found.contains(parent))
        };
        let more: Vec<ObjectId> = pairs.iter().filter(is_child).map(|(child, _)| *child).collect();
        if more.is_empty() {
            return Ok(found);
        }
        found.extend(more);
    }
}

/// The model at an earlier entry, from the one at head and what happened since.
pub fn take_back(head: Objects, since: &[Vec<ClassifiedChange>]) -> Result<Objects, Failure> {
    let mut objects = head;
    let changes: Vec<&Change> = since.iter().flatten().map(|classified| &classified.change).collect();
    revert(&mut objects, changes.into_iter())?;
    Ok(objects)
}

/// Every name that an object of this ledger ever had.
pub fn former(client: &SpiClient<'_>) -> Result<Vec<Named>, Failure> {
    let query = "WITH change AS ( \
                   SELECT c.value AS c FROM _electric_meta.seal JOIN _electric_meta.migrations m USING (ledger_id), pg_catalog.jsonb_array_elements(m.changes) c \
                   WHERE c.value ->> 'change' IN ('create', 'drop', 'rename', 'refresh')), \
                 named AS ( \
                   SELECT o.value ->> 'kind' AS kind, o.value -> 'name' AS name, o.value ->> 'arguments' AS arguments \
                   FROM change, pg_catalog.jsonb_each(c) o WHERE o.key IN ('before', 'after') \
                   UNION SELECT c #>> '{before,kind}', c -> 'after', c #>> '{before,arguments}' \
                   FROM change WHERE c ->> 'change' = 'rename') \
                 SELECT DISTINCT kind, coalesce(name ->> 'schema', name #>> '{}'), coalesce(name ->> 'name', name #>> '{}'), \
                   arguments \
                 FROM named WHERE kind <> 'extension' \
                 UNION SELECT kind, schema, name, arguments FROM _electric_meta.seal JOIN _electric_meta.traces USING (ledger_id) ORDER BY 1, 2, 3, 4";
    let rows = select(client, query, &[])?;
    let one = |row: SpiHeapTupleData<'_>| {
        let name = QualifiedName { schema: column(&row, 2)?, name: column(&row, 3)? };
        Ok(Named { kind: column(&row, 1)?, name, arguments: row.get(4)? })
    };
    rows.map(one).collect()
}
