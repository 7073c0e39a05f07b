//! What the relation cache and the syscache know.

use super::*;

/// Reads the relation cache without ever waiting. A relation that another session has locked exclusively cannot have been changed by this one.
pub(super) fn relation_cache<R>(oid: Oid, read: impl FnOnce(&pg_sys::RelationData) -> R) -> Option<R> {
    let share = try_lock_share(oid)?;
    // SAFETY: the relation is open while it is read.
    let answer = open_locked(oid, |relation| read(unsafe { &*relation }));
    unlock_share(share);
    answer
}

/// Opens a relation that this transaction has locked; `None` when it is not there.
pub(super) fn open_locked<R>(oid: Oid, read: impl FnOnce(pg_sys::Relation) -> R) -> Option<R> {
    // SAFETY: the lock keeps the relation from changing while its cache entry is pinned; a relation that is not there answers null.
    unsafe {
        let relation = pg_sys::RelationIdGetRelation(oid.into());
        (!relation.is_null()).then(|| {
            let answer = read(relation);
            pg_sys::RelationClose(relation);
            answer
        })
    }
}

/// Whether this transaction, from the subtransaction `since` on, gave the relation new storage: a rewrite, or a TRUNCATE.
pub fn rewritten_since(oid: Oid, since: u32) -> bool {
    // The first and the last subtransaction that did: after a rollback to a savepoint only the first is certain to be known.
    relation_cache(oid, versions::storage_subtransactions)
        .is_some_and(|rewrites| rewrites.iter().any(|at| *at != 0 && *at >= since))
}

/// Whether this transaction, from the subtransaction `since` on, created the relation.
pub fn created_since(oid: Oid, since: u32) -> bool {
    relation_cache(oid, |relation| relation.rd_createSubid).is_some_and(|at| at != 0 && at >= since)
}

/// Whether the relation has storage with anything in it. One that another session holds may have.
pub fn may_hold_rows(oid: Oid) -> bool {
    let blocks = |relation: &pg_sys::RelationData| {
        // SAFETY: the row of pg_class is part of the relation's cache entry, which is pinned; only what has storage is measured.
        unsafe {
            let kind = relation.rd_rel.as_ref().map(|row| row.relkind as u8);
            kind == Some(pg_sys::RELKIND_RELATION)
                && pg_sys::RelationGetNumberOfBlocksInFork(
                    std::ptr::from_ref(relation).cast_mut(),
                    pg_sys::ForkNumber::MAIN_FORKNUM,
                ) > 0
        }
    };
    relation_cache(oid, blocks).unwrap_or(true)
}

/// Whether an object came with an extension.
pub fn is_of_extension(class: Oid, oid: Oid) -> bool {
    const DEPEND: Oid = 2608;
    const DEPEND_DEPENDER_INDEX: Oid = 2673;
    let found = || {
        let attribute = |name| attribute_number(DEPEND, name);
        let keys = [Key::Oid(attribute("classid")?, class), Key::Oid(attribute("objid")?, oid)];
        let kind = attribute("deptype")?;
        Some(scan(DEPEND, Some(DEPEND_DEPENDER_INDEX), &keys).iter().any(|row| row.byte(kind) == Some(b'e')))
    };
    found().unwrap_or(false)
}

/// Whether the table is a partition.
pub fn is_partition(table: Oid) -> bool {
    // SAFETY: a look-up in the syscache; a missing relation answers false.
    unsafe { pg_sys::get_rel_relispartition(table.into()) }
}

/// Whether the relation is neither a temporary nor an unlogged one.
pub fn is_permanent(oid: Oid) -> bool {
    // SAFETY: a look-up in the syscache; a missing relation answers 0.
    unsafe { pg_sys::get_rel_persistence(oid.into()) as u8 == pg_sys::RELPERSISTENCE_PERMANENT }
}

/// Whether the relation is a temporary one.
pub fn is_temporary(oid: Oid) -> bool {
    // SAFETY: a look-up in the syscache; a missing relation answers 0.
    unsafe { pg_sys::get_rel_persistence(oid.into()) as u8 == pg_sys::RELPERSISTENCE_TEMP }
}

/// The relation's name.
pub fn relation_name(oid: Oid) -> Option<String> {
    // SAFETY: a look-up in the syscache; a missing relation answers null.
    unsafe { server_string(pg_sys::get_rel_name(oid.into())) }
}

/// The relation's name, quoted and qualified; `None` when it is gone.
pub fn relation_identity(oid: Oid) -> Option<String> {
    // SAFETY: look-ups in the syscache; what is missing answers null, which is checked before it is quoted.
    unsafe {
        let name = pg_sys::get_rel_name(oid.into());
        let schema = pg_sys::get_namespace_name(pg_sys::get_rel_namespace(oid.into()));
        if name.is_null() || schema.is_null() {
            return None;
        }
        server_string(pg_sys::quote_qualified_identifier(schema, name))
    }
}

/// An error code as its five characters.
pub fn sqlstate(code: pgrx::PgSqlErrorCode) -> String {
    // SAFETY: the answer is a static NUL-terminated buffer that is copied at once.
    unsafe { server_string(pg_sys::unpack_sql_state(code as c_int)) }.unwrap_or_default()
}

/// The schema that a relation is in.
pub fn relation_schema(oid: Oid) -> Option<String> {
    // SAFETY: look-ups in the syscache; what is missing answers 0 and null.
    unsafe { server_string(pg_sys::get_namespace_name(pg_sys::get_rel_namespace(oid.into()))) }
}

/// The OID of the schema that a relation is in.
pub fn relation_namespace(oid: Oid) -> Option<Oid> {
    // SAFETY: a look-up in the syscache; a missing relation answers 0.
    let schema = unsafe { pg_sys::get_rel_namespace(oid.into()) };
    (schema != pg_sys::Oid::INVALID).then(|| schema.to_u32())
}

/// The schema of this name.
pub fn schema_oid(name: &str) -> Option<Oid> {
    let name = to_server(name);
    // SAFETY: the string is NUL-terminated; a missing schema answers 0.
    let schema = unsafe { pg_sys::get_namespace_oid(name.as_ptr(), true) };
    (schema != pg_sys::Oid::INVALID).then(|| schema.to_u32())
}

/// The name of a column that is not dropped.
pub fn attribute_name(relation: Oid, attnum: i16) -> Option<String> {
    // SAFETY: a look-up in the syscache; what is missing answers null.
    unsafe { server_string(pg_sys::get_attname(relation.into(), attnum, true)) }
}

/// The number of a column that is not dropped.
pub fn attribute_number(relation: Oid, name: &str) -> Option<i16> {
    let name = to_server(name);
    // SAFETY: a look-up in the syscache; what is missing answers 0.
    let attno = unsafe { pg_sys::get_attnum(relation.into(), name.as_ptr()) };
    (attno != 0).then_some(attno)
}

/// The table of an index.
pub fn table_of_index(index: Oid) -> Option<Oid> {
    // SAFETY: a look-up in the syscache; a missing index answers 0.
    let table = unsafe { pg_sys::IndexGetRelation(index.into(), true) };
    (table != pg_sys::Oid::INVALID).then(|| table.to_u32())
}

/// The tables that a table inherits from, or is a partition of.
pub fn parents(table: Oid) -> Vec<Oid> {
    // pgrx leaves the catalog out: inhrelid is its first column, inhparent its second.
    const INHERITS: Oid = 2611;
    const INHERITS_RELID_SEQNO_INDEX: Oid = 2680;
    let rows = scan(INHERITS, Some(INHERITS_RELID_SEQNO_INDEX), &[Key::Oid(1, table)]);
    rows.iter().filter_map(|row| row.oid(2)).collect()
}

/// The tables with foreign keys to a table. Reads all constraints: nothing indexes what they refer to.
pub fn referring(table: Oid) -> Vec<Oid> {
    let (Some(from), Some(to)) = (attribute_number(CONSTRAINT, "conrelid"), attribute_number(CONSTRAINT, "confrelid"))
    else {
        return vec![];
    };
    scan(CONSTRAINT, None, &[Key::Oid(to, table)]).iter().filter_map(|row| row.oid(from)).collect()
}

/// The relation itself, its partitions and the tables that inherit from it, at any depth.
pub fn with_descendants(relation: Oid) -> Vec<Oid> {
    // SAFETY: reads pg_inherits without locking what it finds; the list of OIDs is palloc'd and copied.
    unsafe {
        let list = pg_guard_ffi_boundary(|| {
            find_all_inheritors(relation.into(), pg_sys::NoLock as pg_sys::LOCKMODE, std::ptr::null_mut())
        });
        list_cells(list).iter().map(|cell| cell.oid_value.to_u32()).collect()
    }
}
