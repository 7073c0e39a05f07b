//! Tables of others, read without calling anything that others can have made: no view, rule, policy, function or type of theirs has a say.

use electric_schema_core::label::{Cell, Row as PlainRow};

use super::*;

/// What was read of a table.
#[derive(Debug)]
pub struct PlainTable {
    /// Whose it is.
    pub owner: String,
    /// Its rows: first those that were there before, then those that this transaction has written, in the order in which it did.
    pub rows: Vec<PlainRow>,
}

/// Which rows to read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Which {
    /// Those that this transaction has written.
    Own,
    /// All that are there.
    All,
}

/// The relations that have one of these names, in whatever schema: name and OID.
pub fn relations_named(names: &[&str]) -> Vec<(String, Oid)> {
    let rows = scan(
        pg_sys::RelationRelationId.to_u32(),
        Some(pg_sys::ClassNameNspIndexId),
        &[Key::AnyName(pg_sys::Anum_pg_class_relname as i16, names)],
    );
    let named =
        |row: &Row| Some((row.text(pg_sys::Anum_pg_class_relname as i16)?, row.oid(pg_sys::Anum_pg_class_oid as i16)?));
    rows.iter().filter_map(named).collect()
}

/// These columns of a table, without ever waiting. `None` when another session has locked it, and when it is no ordinary table.
pub fn plain_table(table: Oid, columns: &[&str], which: Which) -> Option<PlainTable> {
    let share = try_lock_share(table)?;
    // SAFETY: an open relation is what `open_locked` gives.
    let answer = open_locked(table, |relation| unsafe { read(relation, columns, which) }).flatten();
    unlock_share(share);
    answer
}

/// # Safety
/// `relation` is open.
unsafe fn read(relation: pg_sys::Relation, columns: &[&str], which: Which) -> Option<PlainTable> {
    let class = &*(*relation).rd_rel;
    let is_plain = class.relkind as u8 == pg_sys::RELKIND_RELATION
        && class.relam == pg_sys::HEAP_TABLE_AM_OID
        // Another session's temporary tables are in its own memory.
        && class.relpersistence as u8 != pg_sys::RELPERSISTENCE_TEMP;
    if !is_plain {
        return None;
    }
    let owner = server_string(pg_sys::GetUserNameFromId(class.relowner, true))?;
    let table = (*relation).rd_id.to_u32();
    let attributes: Vec<_> = columns.iter().map(|name| attribute_number(table, name)).collect();
    let mut rows = Vec::new();
    with_any_snapshot(|| {
        let snapshot = &raw mut pg_sys::SnapshotSelfData;
        let scan = pg_sys::systable_beginscan(relation, pg_sys::Oid::INVALID, false, snapshot, 0, std::ptr::null_mut());
        while let Some(tuple) = pg_sys::systable_getnext(scan).as_mut() {
            let command = written_by(tuple);
            let own = command.is_some();
            if own || which == Which::All {
                rows.push((command, PlainRow { own, cells: cells(relation, tuple, &attributes) }));
            }
        }
        pg_sys::systable_endscan(scan);
    });
    rows.sort_by_key(|(command, _)| *command);
    Some(PlainTable { owner, rows: rows.into_iter().map(|(_, row)| row).collect() })
}

/// Which of this transaction's commands has written the row; `None` when another transaction has.
///
/// # Safety
/// The tuple is a visible one.
unsafe fn written_by(tuple: &pg_sys::HeapTupleData) -> Option<u32> {
    let header = &*tuple.t_data;
    // A frozen row keeps the number of its transaction, and numbers come round again.
    let frozen = u32::from(header.t_infomask) & pg_sys::HEAP_XMIN_FROZEN == pg_sys::HEAP_XMIN_FROZEN;
    let own = !frozen && pg_sys::TransactionIdIsCurrentTransactionId(header.t_choice.t_heap.t_xmin);
    own.then(|| pg_sys::HeapTupleHeaderGetCmin(tuple.t_data))
}

/// # Safety
/// `relation` is open and `tuple` one of its rows.
unsafe fn cells(relation: pg_sys::Relation, tuple: pg_sys::HeapTuple, attributes: &[Option<i16>]) -> Vec<Cell> {
    let descriptor = (*relation).rd_att;
    let natts = usize::try_from((*descriptor).natts).unwrap_or_default();
    let (mut values, mut nulls) = (vec![Datum::from(0usize); natts], vec![true; natts]);
    pg_sys::heap_deform_tuple(tuple, descriptor, values.as_mut_ptr(), nulls.as_mut_ptr());
    let descriptor = PgTupleDesc::from_pg_unchecked(descriptor);
    let cell = |attno: &Option<i16>| {
        let index = usize::try_from((*attno)?).ok()?.checked_sub(1)?;
        cell(descriptor.get(index)?.atttypid, *values.get(index)?, *nulls.get(index)?)
    };
    attributes.iter().map(|attno| cell(attno).unwrap_or(Cell::Unreadable)).collect()
}

/// A value of one of the few types that are read; `None` for others.
///
/// # Safety
/// `value` is of the type, unless it is null.
unsafe fn cell(type_id: pg_sys::Oid, value: Datum, null: bool) -> Option<Cell> {
    use pg_sys::{BPCHAROID, INT4OID, INT8OID, TEXTOID, TIMESTAMPOID, TIMESTAMPTZOID, VARCHAROID};
    let text = |value: Datum| {
        // What names a migration is never so long that it is stored elsewhere.
        let inline = !pgrx::varlena::varatt_is_1b_e(value.cast_mut_ptr());
        inline.then(|| Cell::Text(from_server(&detoasted(value))))
    };
    match type_id {
        TEXTOID | VARCHAROID | BPCHAROID | INT4OID | INT8OID | TIMESTAMPOID | TIMESTAMPTZOID if null => {
            Some(Cell::Null)
        }
        TEXTOID | VARCHAROID | BPCHAROID => text(value),
        INT4OID => Some(Cell::Number(i64::from(value.value() as i32))),
        INT8OID | TIMESTAMPOID | TIMESTAMPTZOID => Some(Cell::Number(value.value() as i64)),
        _ => None,
    }
}
