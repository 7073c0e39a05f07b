//! The system catalogs without a query: rows by index, what the caches hold, and texts as the server prints them.

use super::*;

/// `pg_class`
pub const CLASS: Oid = 1259;
/// `pg_type`
pub const TYPE: Oid = 1247;
/// `pg_namespace`
pub const NAMESPACE: Oid = 2615;
/// `pg_rewrite`
pub const REWRITE: Oid = 2618;
/// `pg_attrdef`
pub const ATTRDEF: Oid = 2604;
/// `pg_constraint`
pub const CONSTRAINT: Oid = 2606;
/// `pg_index`
pub const INDEX: Oid = 2610;

/// Processes what other sessions' commits have to say, so that the caches and the next snapshot are as of now.
pub fn accept_invalidations() {
    // SAFETY: called inside a transaction; a snapshot that is in use is not touched.
    unsafe {
        pg_sys::AcceptInvalidationMessages();
        pg_sys::InvalidateCatalogSnapshot();
    }
}

/// The rows of a system catalog that have all `keys`, found through `index`, as Postgres itself sees them now.
pub fn catalog_rows(catalog: Oid, index: Oid, keys: &[Key]) -> Vec<Row> {
    // SAFETY: as in `scan`; a null snapshot stands for the catalogs' own.
    unsafe { scan_with(catalog, Some(index), keys, None, std::ptr::null_mut()) }
}

/// Whether the syscache has an entry for this OID.
fn exists(cache: c_int, oid: Oid) -> bool {
    let zero = Datum::from(0usize);
    // SAFETY: a look-up by one key of type oid.
    unsafe { pg_sys::SearchSysCacheExists(cache, Datum::from(oid), zero, zero, zero) }
}

/// Whether it is the OID of a type, a routine or a schema.
pub fn is_type_routine_or_schema(oid: Oid) -> bool {
    use pg_sys::SysCacheIdentifier::{NAMESPACEOID, PROCOID, TYPEOID};
    [TYPEOID, PROCOID, NAMESPACEOID].iter().any(|cache| exists(*cache as c_int, oid))
}

/// Reads the entry for `oid` in one of the syscaches keyed by it.
fn cached<T, R>(cache: c_int, oid: Oid, read: impl FnOnce(&T, pg_sys::HeapTuple) -> R) -> Option<R> {
    // SAFETY: the caller's T is the struct of that catalog's rows; the tuple is pinned until it is released.
    unsafe {
        let tuple = pg_sys::SearchSysCache1(cache, Datum::from(oid));
        let entry = tuple.as_ref()?;
        let row = entry.t_data.cast::<u8>().add(usize::from((*entry.t_data).t_hoff)).cast::<T>();
        let answer = read(&*row, tuple);
        pg_sys::ReleaseSysCache(tuple);
        Some(answer)
    }
}

fn name_text(name: &pg_sys::NameData) -> String {
    // SAFETY: a `name` is NUL-terminated within its 64 bytes.
    unsafe { server_string(name.data.as_ptr()) }.unwrap_or_default()
}

/// A row of pg_class.
#[derive(Clone, Debug)]
pub struct Class {
    /// relname
    pub name: String,
    /// relnamespace
    pub namespace: Oid,
    /// relkind
    pub kind: u8,
    /// relowner
    pub owner: Oid,
    /// relpersistence
    pub persistence: u8,
    /// relnatts
    pub natts: i16,
    /// reloftype
    pub of_type: Oid,
    /// relispartition
    pub is_partition: bool,
    /// relhassubclass: it has, or had, children.
    pub has_children: bool,
    /// relhasrules: it has, or had, rules.
    pub has_rules: bool,
    /// It has storage parameters.
    pub has_options: bool,
}

/// A relation's row in pg_class; `None` when it is not there.
pub fn class(oid: Oid) -> Option<Class> {
    let cache = pg_sys::SysCacheIdentifier::RELOID as c_int;
    cached(cache, oid, |row: &pg_sys::FormData_pg_class, tuple| {
        let mut no_options = true;
        // SAFETY: the tuple is one of this cache, and reloptions one of its columns.
        unsafe {
            pg_sys::SysCacheGetAttr(cache, tuple, pg_sys::Anum_pg_class_reloptions as i16, &mut no_options);
        }
        Class {
            name: name_text(&row.relname),
            namespace: row.relnamespace.to_u32(),
            kind: row.relkind as u8,
            owner: row.relowner.to_u32(),
            persistence: row.relpersistence as u8,
            natts: row.relnatts,
            of_type: row.reloftype.to_u32(),
            is_partition: row.relispartition,
            has_children: row.relhassubclass,
            has_rules: row.relhasrules,
            has_options: !no_options,
        }
    })
}

/// A live column, as the relation cache has it.
#[derive(Clone, Debug)]
pub struct Attribute {
    /// attnum
    pub attnum: i16,
    /// attname
    pub name: String,
    /// atttypid
    pub type_oid: Oid,
    /// atttypmod
    pub typmod: i32,
    /// attcollation
    pub collation: Oid,
    /// attnotnull
    pub not_null: bool,
    /// attidentity: 0, `a` or `d`
    pub identity: u8,
    /// attgenerated: 0, `s` or `v`
    pub generated: u8,
    /// attmissingval as text.
    pub missing: Option<String>,
}

/// The live columns of a relation that is locked, by attnum.
pub fn attributes(relation: Oid) -> Option<Vec<Attribute>> {
    open_locked(relation, |relation| {
        // SAFETY: the relation is open, and with it its descriptor.
        let (descriptor, attributes) =
            unsafe { ((*relation).rd_att, PgTupleDesc::from_pg_unchecked((*relation).rd_att)) };
        let live = attributes.iter().filter(|attribute| !attribute.attisdropped);
        live.map(|attribute| Attribute {
            attnum: attribute.attnum,
            name: name_text(&attribute.attname),
            type_oid: attribute.atttypid.to_u32(),
            typmod: attribute.atttypmod,
            collation: attribute.attcollation.to_u32(),
            not_null: attribute.attnotnull,
            identity: attribute.attidentity as u8,
            generated: attribute.attgenerated as u8,
            missing: attribute.atthasmissing.then(|| missing_value(descriptor, attribute)).flatten(),
        })
        .collect()
    })
}

/// What rows have that are older than the column.
fn missing_value(descriptor: pg_sys::TupleDesc, attribute: &pg_sys::FormData_pg_attribute) -> Option<String> {
    let (mut null, mut output, mut varlena) = (true, pg_sys::Oid::INVALID, false);
    // SAFETY: the descriptor is that of an open relation, the value one of the column's type, printed by the type's own function.
    unsafe {
        let value = pg_sys::getmissingattr(descriptor, c_int::from(attribute.attnum), &mut null);
        if null {
            return None;
        }
        pg_sys::getTypeOutputInfo(attribute.atttypid, &mut output, &mut varlena);
        server_string(pg_sys::OidOutputFunctionCall(output, value))
    }
}

/// A row of pg_type.
#[derive(Clone, Copy, Debug)]
pub struct Type {
    /// typtype
    pub kind: u8,
    /// typelem
    pub element: Oid,
    /// typarray
    pub array: Oid,
    /// typcollation
    pub collation: Oid,
}

/// A type's row in pg_type; `None` when it is not there.
pub fn type_facts(oid: Oid) -> Option<Type> {
    let cache = pg_sys::SysCacheIdentifier::TYPEOID as c_int;
    cached(cache, oid, |row: &pg_sys::FormData_pg_type, _| Type {
        kind: row.typtype as u8,
        element: row.typelem.to_u32(),
        array: row.typarray.to_u32(),
        collation: row.typcollation.to_u32(),
    })
}

/// `format_type(oid, typmod)`
pub fn type_text(oid: Oid, typmod: Option<i32>) -> Option<String> {
    let given = if typmod.is_some() { pg_sys::FORMAT_TYPE_TYPEMOD_GIVEN } else { 0 };
    let flags = (given | pg_sys::FORMAT_TYPE_ALLOW_INVALID) as pg_sys::bits16;
    // SAFETY: a look-up in the syscache; the answer is palloc'd.
    unsafe { server_string(pg_sys::format_type_extended(oid.into(), typmod.unwrap_or(-1), flags)) }
}

/// The name of a collation, quoted and qualified.
pub fn collation_identity(oid: Oid) -> Option<String> {
    let cache = pg_sys::SysCacheIdentifier::COLLOID as c_int;
    cached(cache, oid, |row: &pg_sys::FormData_pg_collation, _| {
        // SAFETY: look-ups in the syscache; a missing schema answers null, which is checked before it is quoted.
        unsafe {
            let schema = pg_sys::get_namespace_name(row.collnamespace);
            if schema.is_null() {
                return None;
            }
            server_string(pg_sys::quote_qualified_identifier(schema, row.collname.data.as_ptr()))
        }
    })
    .flatten()
}

/// provolatile of a function.
pub fn function_volatility(oid: Oid) -> Option<u8> {
    let cache = pg_sys::SysCacheIdentifier::PROCOID as c_int;
    cached(cache, oid, |row: &pg_sys::FormData_pg_proc, _| row.provolatile as u8)
}

/// The function behind an operator.
pub fn operator_function(oid: Oid) -> Option<Oid> {
    // SAFETY: a look-up in the syscache; a missing operator answers 0.
    let function = unsafe { pg_sys::get_opcode(oid.into()) };
    (function != pg_sys::Oid::INVALID).then(|| function.to_u32())
}

/// The schema's name.
pub fn schema_name(oid: Oid) -> Option<String> {
    // SAFETY: a look-up in the syscache; a missing schema answers null.
    unsafe { server_string(pg_sys::get_namespace_name(oid.into())) }
}

/// A name as SQL.
pub fn quoted(name: &str) -> String {
    let name = to_server(name);
    // SAFETY: the string is NUL-terminated; the answer is palloc'd, or the argument itself.
    unsafe { server_string(pg_sys::quote_identifier(name.as_ptr())) }.unwrap_or_default()
}

/// One of the functions below, as text; `None` for NULL.
fn text_of(function: unsafe fn(pg_sys::FunctionCallInfo) -> Datum, arguments: &[Option<Datum>]) -> Option<String> {
    // SAFETY: these functions of the server look at nothing but their arguments, which are of the types that they declare, and answer a text.
    unsafe { pgrx::direct_function_call_as_datum(function, arguments).map(|text| from_server(&detoasted(text))) }
}

/// `pg_get_constraintdef(oid)`; `None` also when the transaction's snapshot does not know it.
pub fn constraint_text(oid: Oid) -> Option<String> {
    text_of(pg_sys::pg_get_constraintdef, &[Some(Datum::from(oid))])
}

/// `pg_get_indexdef(oid)`
pub fn index_text(oid: Oid) -> Option<String> {
    text_of(pg_sys::pg_get_indexdef, &[Some(Datum::from(oid))])
}

/// `pg_get_expr(tree, relation)`
pub fn expression_text(tree: &str, relation: Oid) -> Option<String> {
    text_of(pg_sys::pg_get_expr, &[Some(varlena(to_server(tree).as_bytes())), Some(Datum::from(relation))])
}
