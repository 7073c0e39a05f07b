//! What the relation cache and the syscache know.

use super::*;

/// Reads the relation cache without ever waiting. A relation that another session has locked exclusively cannot have been changed by this one.
pub(super) fn relation_cache<R>(oid: Oid, read: impl FnOnce(&pg_sys::RelationData) -> R) -> Option<R> {
    if !try_lock_share(oid) {
        return None;
    }
    // SAFETY: the relation is open while it is read.
    let answer = open_locked(oid, |relation| read(unsafe { &*relation }));
    unlock_share(oid);
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
    #[cfg(any(feature = "pg13", feature = "pg14", feature = "pg15"))]
    let rewrites =
        |relation: &pg_sys::RelationData| [relation.rd_firstRelfilenodeSubid, relation.rd_newRelfilenodeSubid];
    #[cfg(not(any(feature = "pg13", feature = "pg14", feature = "pg15")))]
    let rewrites =
        |relation: &pg_sys::RelationData| [relation.rd_firstRelfilelocatorSubid, relation.rd_newRelfilelocatorSubid];
    relation_cache(oid, rewrites).is_some_and(|rewrites| rewrites.iter().any(|at| *at != 0 && *at >= since))
}

/// Whether this transaction, from the subtransaction `since` on, created the relation.
pub fn created_since(oid: Oid, since: u32) -> bool {
    relation_cache(oid, |relation| relation.rd_createSubid).is_some_and(|at| at != 0 && at >= since)
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
    const CONSTRAINT: Oid = 2606;
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
