//! Rows through the heap, without the executor.

use super::*;

/// One column of a row that was read: owned, out of line values fetched.
#[derive(Debug)]
pub(super) enum Column {
    Null,
    /// A type passed by value.
    Word(Datum),
    /// A type of fixed length passed by reference, or the content of one of variable length, without its header.
    Bytes(Vec<u8>),
}

/// A row read from the heap. The getters take an attribute number (from 1) and answer `None` for NULL, for a column that the table does not have and
/// for a type that is held in another way.
#[derive(Debug)]
pub struct Row {
    /// Where it is.
    pub tid: pg_sys::ItemPointerData,
    pub(super) columns: Vec<Column>,
}

impl Row {
    fn column(&self, attno: i16) -> &Column {
        usize::try_from(attno).ok().and_then(|attno| self.columns.get(attno.checked_sub(1)?)).unwrap_or(&Column::Null)
    }

    fn word(&self, attno: i16) -> Option<usize> {
        match self.column(attno) {
            Column::Word(word) => Some(word.value()),
            Column::Null | Column::Bytes(_) => None,
        }
    }

    /// The bytes of a value that is passed by reference, without its header: `bytea`, or another type as it is stored.
    pub fn content(&self, attno: i16) -> Option<&[u8]> {
        match self.column(attno) {
            Column::Bytes(bytes) => Some(bytes),
            Column::Null | Column::Word(_) => None,
        }
    }

    /// `bigint`, `timestamptz`.
    pub fn i64(&self, attno: i16) -> Option<i64> {
        self.word(attno).map(|word| word as i64)
    }

    /// `integer`.
    pub fn i32(&self, attno: i16) -> Option<i32> {
        self.word(attno).map(|word| word as i32)
    }

    /// `smallint`.
    pub fn i16(&self, attno: i16) -> Option<i16> {
        self.word(attno).map(|word| word as i16)
    }

    /// Of any type.
    pub fn is_null(&self, attno: i16) -> bool {
        matches!(self.column(attno), Column::Null)
    }

    /// `boolean`.
    pub fn bool(&self, attno: i16) -> Option<bool> {
        self.word(attno).map(|word| word as u8 != 0)
    }

    /// `oid`, `regclass`.
    pub fn oid(&self, attno: i16) -> Option<Oid> {
        self.word(attno).map(|word| word as u32)
    }

    /// `text`, `varchar`, `json`, `name`.
    pub fn text(&self, attno: i16) -> Option<String> {
        // The padding of a `name` is the only place where a NUL can stand.
        self.content(attno).map(|bytes| from_server(bytes.split(|byte| *byte == 0).next().unwrap_or_default()))
    }

    /// `text[]`; NULL elements are left out.
    pub fn texts(&self, attno: i16) -> Option<Vec<String>> {
        let elements = elements(self.content(attno)?, pg_sys::TEXTOID, -1, false, b'i')?;
        // SAFETY: the elements of a text[] are varlenas in memory that lives until the end of the transaction; they are copied.
        Some(elements.into_iter().map(|element| from_server(&unsafe { detoasted(element) })).collect())
    }

    /// `text` as it is stored; `None` if it is not UTF-8.
    pub fn str(&self, attno: i16) -> Option<&str> {
        std::str::from_utf8(self.content(attno)?).ok()
    }

    /// `text[]` exactly as [`Value::TextArray`] is written; `None` for one with a NULL, more than one dimension, or another first subscript.
    pub fn list(&self, attno: i16) -> Option<Vec<String>> {
        let content = self.content(attno)?;
        let number = |at: usize| Some(u32::from_ne_bytes(*content.get(at..)?.first_chunk()?));
        // Dimensions, where the data is if there are NULLs, the elements' type; of each dimension its length, then of each its first subscript.
        let (dimensions, type_oid) = (number(0)?, number(8)?);
        if number(4)? != 0 || type_oid != pg_sys::TEXTOID.to_u32() {
            return None;
        }
        if dimensions == 0 {
            return Some(Vec::new());
        }
        if dimensions != 1 || number(16)? != 1 {
            return None;
        }
        let mut at = 20;
        let element = |_| {
            let header = number(at)?;
            let (length, is_plain) = match cfg!(target_endian = "big") {
                true => (header & 0x3FFF_FFFF, header >> 30 == 0),
                false => (header >> 2, header & 3 == 0),
            };
            let end = at.checked_add(length as usize).filter(|_| is_plain)?;
            let text = std::str::from_utf8(content.get(at + 4..end)?).ok()?.to_owned();
            at = end.next_multiple_of(4);
            Some(text)
        };
        (0..number(12)?).map(element).collect()
    }

    /// `oid[]`; NULL elements are left out.
    pub fn oids(&self, attno: i16) -> Option<Vec<Oid>> {
        let elements = elements(self.content(attno)?, pg_sys::OIDOID, 4, true, b'i')?;
        Some(elements.into_iter().map(|element| element.value() as u32).collect())
    }

    /// `int2[]`, `int2vector`.
    pub fn int2s(&self, attno: i16) -> Option<Vec<i16>> {
        let elements = elements(self.content(attno)?, pg_sys::INT2OID, 2, true, b's')?;
        Some(elements.into_iter().map(|element| element.value() as i16).collect())
    }

    /// `"char"`.
    pub fn byte(&self, attno: i16) -> Option<u8> {
        self.word(attno).map(|word| word as u8)
    }

    /// `bytea`.
    pub fn bytes(&self, attno: i16) -> Option<Vec<u8>> {
        self.content(attno).map(<[u8]>::to_vec)
    }

    /// `uuid`.
    pub fn uuid(&self, attno: i16) -> Option<[u8; 16]> {
        self.content(attno)?.try_into().ok()
    }
}

/// What a row must have: attribute number and value.
#[derive(Clone, Copy, Debug)]
pub enum Key<'a> {
    /// `oid`.
    Oid(i16, Oid),
    /// `oid`, one of these. Only with an index.
    AnyOid(i16, &'a [Oid]),
    /// `name`.
    Name(i16, &'a str),
    /// `name`, one of these. Only with an index.
    AnyName(i16, &'a [&'a str]),
    /// `text`
    Text(i16, &'a str),
    /// `uuid`
    Uuid(i16, [u8; 16]),
    /// `bigint`, greater than this.
    After(i16, i64),
}

/// A value to be written.
#[derive(Clone, Copy, Debug)]
pub enum Value<'a> {
    /// NULL, of any type.
    Null,
    /// `boolean`.
    Bool(bool),
    /// `bigint`.
    Int8(i64),
    /// `oid`.
    Oid(Oid),
    /// `oid[]`.
    OidArray(&'a [u32]),
    /// `text`.
    Text(&'a str),
    /// `text[]`.
    TextArray(&'a [String]),
    /// `json`; must be well-formed.
    Json(&'a str),
    /// `jsonb`.
    Jsonb(&'a str),
    /// `bytea`.
    Bytea(&'a [u8]),
    /// `uuid`.
    Uuid([u8; 16]),
    /// `timestamptz`, in microseconds since 2000-01-01.
    TimestampTz(i64),
}

impl Value<'_> {
    fn datum(&self) -> Option<Datum> {
        Some(match *self {
            Value::Null => return None,
            Value::Bool(value) => Datum::from(value),
            Value::Int8(value) | Value::TimestampTz(value) => Datum::from(value),
            Value::Oid(value) => Datum::from(value),
            Value::OidArray(values) => oid_array(values),
            Value::Text(value) | Value::Json(value) => varlena(to_server(value).as_bytes()),
            Value::TextArray(values) => {
                let elements = values.iter().map(|value| varlena(to_server(value).as_bytes())).collect();
                array(elements, pg_sys::TEXTOID, -1, false, b'i')
            }
            Value::Jsonb(value) => {
                let text = to_server(value);
                // SAFETY: the input function of jsonb reads a NUL-terminated string; malformed text is an ERROR.
                unsafe {
                    pg_sys::OidInputFunctionCall(
                        pg_sys::F_JSONB_IN.into(),
                        text.as_ptr().cast_mut(),
                        pg_sys::JSONBOID,
                        -1,
                    )
                }
            }
            Value::Bytea(value) => varlena(value),
            Value::Uuid(value) => fixed(&value),
        })
    }
}

/// A palloc'd varlena with this content.
pub(super) fn varlena(content: &[u8]) -> Datum {
    let Ok(length) = c_int::try_from(content.len()) else {
        pgrx::ereport!(ERROR, pgrx::PgSqlErrorCode::ERRCODE_PROGRAM_LIMIT_EXCEEDED, "value is too long");
    };
    // SAFETY: copies `length` bytes of a live slice, whatever they are, behind a header.
    unsafe { Datum::from(pg_sys::cstring_to_text_with_len(content.as_ptr().cast(), length)) }
}

/// A palloc'd copy of a value of fixed length.
pub(super) fn fixed(content: &[u8]) -> Datum {
    // SAFETY: palloc answers as many writable bytes as asked for, or raises an ERROR.
    unsafe {
        let copy = pg_sys::palloc(content.len()).cast::<u8>();
        std::ptr::copy_nonoverlapping(content.as_ptr(), copy, content.len());
        Datum::from(copy)
    }
}

pub(super) fn array(
    mut elements: Vec<Datum>,
    element_type: pg_sys::Oid,
    length: c_int,
    by_value: bool,
    align: u8,
) -> Datum {
    let count = c_int::try_from(elements.len()).unwrap_or(c_int::MAX);
    // SAFETY: the elements are of the type said, with the length, passing and alignment that the type has; they are copied.
    unsafe {
        Datum::from(pg_sys::construct_array(
            elements.as_mut_ptr(),
            count,
            element_type,
            length,
            by_value,
            align as c_char,
        ))
    }
}

pub(super) fn oid_array(values: &[u32]) -> Datum {
    array(values.iter().map(|value| Datum::from(*value)).collect(), pg_sys::OIDOID, 4, true, b'i')
}

/// The elements of a one-dimensional array; `None` when the content is no array of that type.
pub(super) fn elements(
    content: &[u8],
    element_type: pg_sys::Oid,
    length: c_int,
    by_value: bool,
    align: u8,
) -> Option<Vec<Datum>> {
    // Behind the header: dimensions, offset of the data, element type.
    let stored_type = u32::from_ne_bytes(content.get(8..12)?.try_into().ok()?);
    if stored_type != element_type.to_u32() {
        return None;
    }
    let (mut datums, mut nulls, mut count) = (std::ptr::null_mut(), std::ptr::null_mut(), 0);
    // SAFETY: the content is that of an array of this element type, with a header of its own again; datums and nulls have `count` elements.
    unsafe {
        let array = varlena(content).cast_mut_ptr();
        pg_sys::deconstruct_array(
            array,
            element_type,
            length,
            by_value,
            align as c_char,
            &mut datums,
            &mut nulls,
            &mut count,
        );
        let count = usize::try_from(count).ok()?;
        Some((0..count).filter(|i| !*nulls.add(*i)).map(|i| *datums.add(i)).collect())
    }
}

/// The content of a varlena, fetched and unpacked.
///
/// # Safety
/// `datum` points to a varlena.
pub(super) unsafe fn detoasted(datum: Datum) -> Vec<u8> {
    let packed = datum.cast_mut_ptr::<pg_sys::varlena>();
    let plain = pg_sys::pg_detoast_datum_packed(packed);
    let content = std::slice::from_raw_parts(
        pgrx::varlena::vardata_any(plain).cast::<u8>(),
        pgrx::varlena::varsize_any_exhdr(plain),
    )
    .to_vec();
    if plain != packed {
        pg_sys::pfree(plain.cast());
    }
    content
}

/// All columns, or `only` these.
///
/// # Safety
/// `values` and `nulls` are those of a tuple with this descriptor, and still live.
pub(super) unsafe fn columns(
    descriptor: pg_sys::TupleDesc,
    values: *const Datum,
    nulls: *const bool,
    only: Option<&[i16]>,
) -> Vec<Column> {
    let read = |(i, attribute): (usize, &pg_sys::FormData_pg_attribute)| {
        if *nulls.add(i) || attribute.attisdropped || only.is_some_and(|only| !only.contains(&attribute.attnum)) {
            return Column::Null;
        }
        let value = *values.add(i);
        match (attribute.attbyval, usize::try_from(attribute.attlen)) {
            (true, _) => Column::Word(value),
            (false, Ok(length)) => {
                Column::Bytes(std::slice::from_raw_parts(value.cast_mut_ptr::<u8>(), length).to_vec())
            }
            (false, Err(_)) if attribute.attlen == -1 => Column::Bytes(detoasted(value)),
            (false, Err(_)) => Column::Bytes(CStr::from_ptr(value.cast_mut_ptr()).to_bytes().to_vec()),
        }
    };
    PgTupleDesc::from_pg_unchecked(descriptor).iter().enumerate().map(read).collect()
}

/// # Safety
/// `relation` is open and `tuple` one of its rows, or null.
pub(super) unsafe fn row(relation: pg_sys::Relation, tuple: pg_sys::HeapTuple, only: Option<&[i16]>) -> Option<Row> {
    if tuple.is_null() {
        return None;
    }
    let descriptor = (*relation).rd_att;
    let natts = usize::try_from((*descriptor).natts).unwrap_or_default();
    let (mut values, mut nulls) = (vec![Datum::from(0usize); natts], vec![true; natts]);
    pg_sys::heap_deform_tuple(tuple, descriptor, values.as_mut_ptr(), nulls.as_mut_ptr());
    Some(Row { tid: (*tuple).t_self, columns: columns(descriptor, values.as_ptr(), nulls.as_ptr(), only) })
}

/// # Safety
/// `relation` is open.
pub(super) unsafe fn scan_keys(relation: pg_sys::Relation, keys: &[Key]) -> Vec<pg_sys::ScanKeyData> {
    let descriptor = PgTupleDesc::from_pg_unchecked((*relation).rd_att);
    let name = |value: &str| {
        let mut name = [0u8; pg_sys::NAMEDATALEN as usize];
        let bytes = to_server(value);
        let shown = bytes.as_bytes().len().min(name.len() - 1);
        name[..shown].copy_from_slice(&bytes.as_bytes()[..shown]);
        fixed(&name)
    };
    let scan_key = |key: &Key| {
        let (attno, compares, value) = match *key {
            Key::Oid(attno, value) => (attno, pg_sys::F_OIDEQ, Datum::from(value)),
            Key::AnyOid(attno, values) => (attno, pg_sys::F_OIDEQ, oid_array(values)),
            Key::Name(attno, value) => (attno, pg_sys::F_NAMEEQ, name(value)),
            Key::AnyName(attno, values) => {
                let names = values.iter().map(|value| name(value)).collect();
                let length = pg_sys::NAMEDATALEN as c_int;
                (attno, pg_sys::F_NAMEEQ, array(names, pg_sys::NAMEOID, length, false, b'c'))
            }
            Key::Text(attno, value) => (attno, pg_sys::F_TEXTEQ, varlena(to_server(value).as_bytes())),
            Key::Uuid(attno, value) => (attno, pg_sys::F_UUID_EQ, fixed(&value)),
            Key::After(attno, value) => (attno, pg_sys::F_INT8GT, Datum::from(value)),
        };
        let (flags, strategy) = match key {
            Key::AnyOid(..) | Key::AnyName(..) => (pg_sys::SK_SEARCHARRAY as c_int, pg_sys::BTEqualStrategyNumber),
            Key::After(..) => (0, pg_sys::BTGreaterStrategyNumber),
            Key::Oid(..) | Key::Name(..) | Key::Text(..) | Key::Uuid(..) => (0, pg_sys::BTEqualStrategyNumber),
        };
        let attribute = usize::try_from(attno).ok().and_then(|attno| descriptor.get(attno.checked_sub(1)?));
        let collation = attribute.map_or(pg_sys::Oid::INVALID, |attribute| attribute.attcollation);
        let mut entry = pg_sys::ScanKeyData::default();
        pg_sys::ScanKeyEntryInitialize(
            &mut entry,
            flags,
            attno,
            strategy as pg_sys::StrategyNumber,
            pg_sys::Oid::INVALID,
            collation,
            compares.into(),
            value,
        );
        entry
    };
    keys.iter().map(scan_key).collect()
}

/// The rows of `table` that have all `keys`, found through `index` (whose columns the keys must be) or by reading the whole heap. What is seen is what
/// is committed now, and what this transaction did; no predicate lock is taken.
pub fn scan(table: Oid, index: Option<Oid>, keys: &[Key]) -> Vec<Row> {
    // SAFETY: `SnapshotSelfData` is a constant of Postgres; being no MVCC snapshot, it takes no predicate lock.
    with_any_snapshot(|| unsafe { scan_with(table, index, keys, None, &raw mut pg_sys::SnapshotSelfData) })
}

/// The same as the running statement sees it, with an active snapshot, and `only` these columns. Under SERIALIZABLE it counts as read. The rows come
/// in the index's order, unless the session has `ignore_system_indexes` on.
pub fn scan_as_seen(table: Oid, index: Option<Oid>, keys: &[Key], only: &[i16]) -> Vec<Row> {
    // SAFETY: the active snapshot lives as long as the statement.
    unsafe { scan_with(table, index, keys, Some(only), pg_sys::GetActiveSnapshot()) }
}

/// Shows `look` the rows of `table` that have all `keys`, one at a time and in the order of `index`, until it has found something. What is seen is what a
/// query of SPI would see.
pub fn find_in_order<T>(table: Oid, index: Oid, keys: &[Key], mut look: impl FnMut(&Row) -> Option<T>) -> Option<T> {
    // SAFETY: relations and scan are closed below (by the abort after an ERROR); the snapshot is on the stack meanwhile; a row is a copy, and what else
    // is allocated for it goes with it.
    with_query_snapshot(|| unsafe {
        let lock = pg_sys::AccessShareLock as pg_sys::LOCKMODE;
        let (relation, index) = (pg_sys::table_open(table.into(), lock), pg_sys::index_open(index.into(), lock));
        let mut entries = scan_keys(relation, keys);
        let snapshot = pg_sys::GetActiveSnapshot();
        let scan =
            pg_sys::systable_beginscan_ordered(relation, index, snapshot, entries.len() as c_int, entries.as_mut_ptr());
        let mut memory = PgMemoryContexts::new("electric_schema row");
        let found = loop {
            pgrx::check_for_interrupts!();
            let tuple = pg_sys::systable_getnext_ordered(scan, pg_sys::ScanDirection::ForwardScanDirection);
            let Some(row) = memory.switch_to(|_| row(relation, tuple, None)) else { break None };
            if let Some(found) = look(&row) {
                break Some(found);
            }
            memory.reset();
        };
        pg_sys::systable_endscan_ordered(scan);
        pg_sys::index_close(index, lock);
        pg_sys::table_close(relation, lock);
        found
    })
}

/// # Safety
/// `snapshot` is null, for the catalogs' own, or lives as long as the scan.
pub(super) unsafe fn scan_with(
    table: Oid,
    index: Option<Oid>,
    keys: &[Key],
    only: Option<&[i16]>,
    snapshot: pg_sys::Snapshot,
) -> Vec<Row> {
    // Relation and scan are closed below (by the abort after an ERROR); rows are copied while their tuple is current.
    let relation = pg_sys::table_open(table.into(), pg_sys::AccessShareLock as pg_sys::LOCKMODE);
    let mut entries = scan_keys(relation, keys);
    let scan = pg_sys::systable_beginscan(
        relation,
        index.unwrap_or_default().into(),
        index.is_some(),
        snapshot,
        entries.len() as c_int,
        entries.as_mut_ptr(),
    );
    let rows = std::iter::from_fn(|| row(relation, pg_sys::systable_getnext(scan), only)).collect();
    pg_sys::systable_endscan(scan);
    pg_sys::table_close(relation, pg_sys::AccessShareLock as pg_sys::LOCKMODE);
    rows
}

/// Opens `table` for writing and keeps its lock until the end of the transaction.
pub(super) fn with_heap(table: Oid, write: impl FnOnce(pg_sys::Relation)) {
    with_any_snapshot(|| {
        // SAFETY: the relation stays open, and so its descriptor valid, for as long as `write` runs.
        unsafe {
            let relation = pg_sys::table_open(table.into(), pg_sys::RowExclusiveLock as pg_sys::LOCKMODE);
            write(relation);
            pg_sys::table_close(relation, pg_sys::NoLock as pg_sys::LOCKMODE);
        }
    });
}

/// # Safety
/// `relation` is open.
pub(super) unsafe fn form(relation: pg_sys::Relation, values: &[Value]) -> pg_sys::HeapTuple {
    let descriptor = (*relation).rd_att;
    let natts = usize::try_from((*descriptor).natts).unwrap_or_default();
    let datums = values.iter().map(Value::datum).chain(std::iter::repeat(None)).take(natts);
    let (mut datums, mut nulls): (Vec<_>, Vec<_>) =
        datums.map(|datum| (datum.unwrap_or(Datum::from(0usize)), datum.is_none())).unzip();
    pg_sys::heap_form_tuple(descriptor, datums.as_mut_ptr(), nulls.as_mut_ptr())
}

/// Writes a row and its index entries, one value a column in attribute order (columns left out are NULL). No trigger, default, constraint other than a
/// unique index, or read-only transaction has a say.
pub fn insert(table: Oid, values: &[Value]) {
    // SAFETY: the tuple is formed with the relation's own descriptor; the caller gives each column a value of its type.
    with_heap(table, |relation| unsafe { pg_sys::CatalogTupleInsert(relation, form(relation, values)) });
}

/// Replaces `row` as `insert` writes one.
pub fn update(table: Oid, row: &Row, values: &[Value]) {
    let mut tid = row.tid;
    // SAFETY: as in `insert`; a row that somebody else replaced meanwhile is an ERROR.
    with_heap(table, |relation| unsafe { pg_sys::CatalogTupleUpdate(relation, &mut tid, form(relation, values)) });
}

/// Deletes `row`.
pub fn delete(table: Oid, row: &Row) {
    let mut tid = row.tid;
    // SAFETY: the tid is that of a row read from this heap; a row that somebody else replaced meanwhile is an ERROR.
    with_heap(table, |relation| unsafe { pg_sys::CatalogTupleDelete(relation, &mut tid) });
}

/// Makes what was written so far visible to what comes now.
pub fn advance_command() {
    // SAFETY: called inside a transaction, outside of parallel mode.
    unsafe { pg_sys::CommandCounterIncrement() }
}

/// The relation of this name, if there is one.
pub fn relation_oid(schema: &str, name: &str) -> Option<Oid> {
    let (schema, name) = (to_server(schema), to_server(name));
    // SAFETY: both strings are NUL-terminated; what is missing answers 0.
    let oid = unsafe {
        let namespace = pg_sys::get_namespace_oid(schema.as_ptr(), true);
        if namespace == pg_sys::Oid::INVALID {
            return None;
        }
        pg_sys::get_relname_relid(name.as_ptr(), namespace)
    };
    (oid != pg_sys::Oid::INVALID).then(|| oid.to_u32())
}

pub(super) const EXTENSION_NAME_INDEX: Oid = 3081;

/// The owner of an extension; `None` when it is not there, dropped in this very transaction included.
pub fn extension_owner(name: &str) -> Option<Oid> {
    Some(extension(name)?.0)
}

/// The owner of an extension and the version that is installed; `None` when it is not there.
pub fn extension(name: &str) -> Option<(Oid, String)> {
    let rows = scan(
        pg_sys::ExtensionRelationId.to_u32(),
        Some(EXTENSION_NAME_INDEX),
        &[Key::Name(pg_sys::Anum_pg_extension_extname as i16, name)],
    );
    let row = rows.first()?;
    let version = row.text(pg_sys::Anum_pg_extension_extversion as i16)?;
    Some((row.oid(pg_sys::Anum_pg_extension_extowner as i16)?, version))
}
