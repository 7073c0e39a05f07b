//! Indexes: pg_index.

use std::collections::BTreeSet;

use electric_schema_core::catalog::RawIndex;
use pgrx::pg_sys;

use super::table::Table;
use super::{constraint, FIRST_USER_OID};
use crate::sys::{self, Key, Oid, Row};

const OID_INDEX: Oid = 2679;
const TABLE_INDEX: Oid = 2678;
const OID: i16 = pg_sys::Anum_pg_index_indexrelid as i16;
const TABLE: i16 = pg_sys::Anum_pg_index_indrelid as i16;
const UNIQUE: i16 = pg_sys::Anum_pg_index_indisunique as i16;
const VALID: i16 = pg_sys::Anum_pg_index_indisvalid as i16;
const READY: i16 = pg_sys::Anum_pg_index_indisready as i16;
const LIVE: i16 = pg_sys::Anum_pg_index_indislive as i16;
const KEY: i16 = pg_sys::Anum_pg_index_indkey as i16;
const COLLATION: i16 = pg_sys::Anum_pg_index_indcollation as i16;
const OPCLASS: i16 = pg_sys::Anum_pg_index_indclass as i16;
const EXPRESSIONS: i16 = pg_sys::Anum_pg_index_indexprs as i16;
const PREDICATE: i16 = pg_sys::Anum_pg_index_indpred as i16;

/// A row of pg_index.
pub struct Index {
    /// indexrelid
    pub oid: Oid,
    /// indisunique
    pub unique: bool,
    /// indisvalid
    pub valid: bool,
    /// Valid, ready and live.
    pub usable: bool,
    /// indkey
    pub key: Vec<i16>,
    /// It has columns of the table only, and nothing that not every server has.
    pub plain: bool,
}

fn index(row: &Row) -> Option<Index> {
    let uses = row.oids(COLLATION)?.into_iter().chain(row.oids(OPCLASS)?);
    Some(Index {
        oid: row.oid(OID)?,
        unique: row.bool(UNIQUE)?,
        valid: row.bool(VALID)?,
        usable: row.bool(VALID)? && row.bool(READY)? && row.bool(LIVE)?,
        key: row.int2s(KEY)?,
        plain: row.is_null(EXPRESSIONS) && row.is_null(PREDICATE) && uses.into_iter().all(|oid| oid < FIRST_USER_OID),
    })
}

/// The indexes of a table.
pub fn of_table(table: Oid) -> Option<Vec<Index>> {
    sys::catalog_rows(sys::INDEX, TABLE_INDEX, &[Key::Oid(TABLE, table)]).iter().map(index).collect()
}

/// One index.
pub fn find(oid: Oid) -> Option<Index> {
    sys::catalog_rows(sys::INDEX, OID_INDEX, &[Key::Oid(OID, oid)]).first().and_then(index)
}

/// The indexes that no constraint owns.
pub fn plain_indexes(table: &Table) -> Option<Vec<RawIndex>> {
    let of = constraint::columns()?;
    let has_index = |row: &&Row| matches!(row.byte(of.kind), Some(b'p' | b'u' | b'x'));
    let of_constraints: BTreeSet<_> =
        table.constraints.iter().filter(has_index).filter_map(|row| row.oid(of.index)).collect();
    let own = table.indexes.iter().filter(|index| index.usable && !of_constraints.contains(&index.oid));
    let indexes: Option<Vec<_>> = own.map(|index| plain_index(table, index)).collect();
    let mut indexes = indexes?;
    indexes.sort_by(|a, b| a.name.cmp(&b.name));
    Some(indexes)
}

fn plain_index(table: &Table, index: &Index) -> Option<RawIndex> {
    let class = sys::class(index.oid).filter(|class| index.plain && !class.has_options && !class.is_partition)?;
    let text = sys::index_text(index.oid)?;
    let place = format!(" ON {} USING ", table.identity);
    let unique = if index.unique { "UNIQUE " } else { "" };
    let start = format!("CREATE {unique}INDEX {}{place}", sys::quoted(&class.name));
    // While REINDEX CONCURRENTLY swaps indexes, the text may have another name.
    let definition = text.strip_prefix(&start).or_else(|| text.split_once(&place).map(|(_, rest)| rest))?;
    let columns: BTreeSet<i16> = index.key.iter().copied().filter(|attnum| *attnum > 0).collect();
    Some(RawIndex {
        oid: index.oid,
        name: class.name,
        unique: index.unique,
        definition: definition.to_owned(),
        options: vec![],
        predicate: None,
        columns: columns.into_iter().collect(),
        expressions: vec![],
        uses: vec![],
        parent: None,
    })
}
