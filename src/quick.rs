//! What most DDL touches, read without a query: tables of built-in types and enums, with their keys, checks, indexes, defaults and sequences, through
//! the caches and the catalogs' indexes. Anything else, one object of it, and the reference query (`catalog`) reads it all: the two have to agree
//! to the letter, and with `electric_schema.check_reader` on every reading is compared.

use std::collections::{BTreeMap, BTreeSet};

use electric_schema_core::catalog::{
    Catalog, RawColumn, RawConstraint, RawDefault, RawIdentity, RawIndex, RawOwner, RawSequence, RawTable, RawTypeUse,
};
use electric_schema_core::model::{ConstraintKind, QualifiedName, SequenceOptions, Timing, Volatility};
use electric_schema_core::tree::{self, Callee};

use crate::catalog::{self, Reading};
use crate::sys::{self, Attribute, Class, Key, Oid, Row};

/// Below are the objects that every server has.
const FIRST_USER_OID: Oid = 16384;

/// Reads these objects, if all of them are of the kinds that this reader knows.
pub fn read(oids: &BTreeSet<Oid>) -> Option<Reading> {
    sys::accept_invalidations();
    let asked = Asked::of(oids)?;
    let relations: Vec<_> = asked.tables.iter().map(|&oid| catalog::Relation::alone(oid)).collect();
    let (readable, locked, unread) = catalog::lock(&relations);
    // Newer than the locks.
    sys::accept_invalidations();
    let read = sys::with_latest_snapshot(|| Reader::default().read(&readable, asked.sequences));
    locked.into_iter().for_each(sys::unlock_share);
    Some(Reading { catalog: read?, relations: asked.tables, unread })
}

/// What stands behind OIDs of any class.
#[derive(Default)]
struct Asked {
    tables: BTreeSet<Oid>,
    /// Those of identity columns are not among them.
    sequences: BTreeSet<Oid>,
}

impl Asked {
    fn of(oids: &BTreeSet<Oid>) -> Option<Asked> {
        let mut asked = Asked::default();
        for &oid in oids {
            asked.add(oid)?;
        }
        Some(asked)
    }

    fn add(&mut self, oid: Oid) -> Option<()> {
        let Some(class) = sys::class(oid) else {
            if sys::is_type_routine_or_schema(oid) {
                return None;
            }
            // Of a part of a table, or of nothing that is there.
            if let Some(constraint) =
                sys::catalog_rows(sys::CONSTRAINT, constraints::OID_INDEX, &[Key::Oid(1, oid)]).pop()
            {
                self.tables.insert(constraint.oid(constraints::columns()?.table).filter(|table| *table != 0)?);
            }
            return Some(());
        };
        match class.kind {
            b'r' => self.tables.insert(oid),
            b'i' => self.tables.insert(sys::table_of_index(oid)?),
            b'S' => match Depend::of(sys::CLASS, oid).find(Depend::is_identity) {
                Some(identity) => self.tables.insert(identity.on),
                None => self.sequences.insert(oid),
            },
            _ => return None,
        };
        Some(())
    }
}

/// A row of pg_depend.
struct Depend {
    class: Oid,
    object: Oid,
    part: i32,
    on_class: Oid,
    on: Oid,
    on_part: i32,
    kind: u8,
}

impl Depend {
    const CATALOG: Oid = 2608;

    fn rows(index: Oid, class: i16, object: i16, keys: (Oid, Oid)) -> impl Iterator<Item = Depend> {
        let rows = sys::catalog_rows(Depend::CATALOG, index, &[Key::Oid(class, keys.0), Key::Oid(object, keys.1)]);
        rows.into_iter().filter_map(|row| {
            Some(Depend {
                class: row.oid(1)?,
                object: row.oid(2)?,
                part: row.i32(3)?,
                on_class: row.oid(4)?,
                on: row.oid(5)?,
                on_part: row.i32(6)?,
                kind: row.byte(7)?,
            })
        })
    }

    /// What an object depends on.
    fn of(class: Oid, object: Oid) -> impl Iterator<Item = Depend> {
        const DEPENDER_INDEX: Oid = 2673;
        Depend::rows(DEPENDER_INDEX, 1, 2, (class, object))
    }

    /// What depends on an object.
    fn on(class: Oid, object: Oid) -> impl Iterator<Item = Depend> {
        const REFERENCE_INDEX: Oid = 2674;
        Depend::rows(REFERENCE_INDEX, 4, 5, (class, object))
    }

    /// A sequence's, on the identity column that it belongs to.
    fn is_identity(&self) -> bool {
        self.kind == b'i' && self.on_class == sys::CLASS && self.on_part > 0
    }

    /// On an object that not every server has.
    fn is_on_foreign_object(&self) -> bool {
        const PROC: Oid = 1255;
        const OPERATOR: Oid = 2617;
        const COLLATION: Oid = 3456;
        const OPCLASS: Oid = 2616;
        const TS_CONFIG: Oid = 3602;
        const TS_DICT: Oid = 3600;
        let classes = [sys::TYPE, PROC, OPERATOR, COLLATION, OPCLASS, TS_CONFIG, TS_DICT];
        self.on >= FIRST_USER_OID && classes.contains(&self.on_class)
    }
}

/// The columns of pg_constraint: newer versions have more of them in between.
mod constraints {
    use std::sync::OnceLock;

    use crate::sys::{self, Oid};

    pub const OID_INDEX: Oid = 2667;
    pub const TABLE_INDEX: Oid = 2665;

    pub struct Columns {
        pub name: i16,
        pub kind: i16,
        pub deferrable: i16,
        pub deferred: i16,
        pub validated: i16,
        pub table: i16,
        pub index: i16,
        pub parent: i16,
        pub referenced: i16,
        pub key: i16,
        /// From PostgreSQL 17 on.
        pub period: Option<i16>,
        /// From PostgreSQL 18 on.
        pub enforced: Option<i16>,
    }

    pub fn columns() -> Option<&'static Columns> {
        static COLUMNS: OnceLock<Option<Columns>> = OnceLock::new();
        let column = |name| sys::attribute_number(sys::CONSTRAINT, name);
        let find = || {
            Some(Columns {
                name: column("conname")?,
                kind: column("contype")?,
                deferrable: column("condeferrable")?,
                deferred: column("condeferred")?,
                validated: column("convalidated")?,
                table: column("conrelid")?,
                index: column("conindid")?,
                parent: column("conparentid")?,
                referenced: column("confrelid")?,
                key: column("conkey")?,
                period: column("conperiod"),
                enforced: column("conenforced"),
            })
        };
        COLUMNS.get_or_init(find).as_ref()
    }
}

/// The columns of pg_index.
mod indexes {
    use crate::sys::{self, Key, Oid, Row};
    use pgrx::pg_sys;

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

    pub struct Index {
        pub oid: Oid,
        pub unique: bool,
        pub valid: bool,
        /// Valid, ready and live.
        pub usable: bool,
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
            plain: row.is_null(EXPRESSIONS)
                && row.is_null(PREDICATE)
                && uses.into_iter().all(|oid| oid < super::FIRST_USER_OID),
        })
    }

    pub fn of_table(table: Oid) -> Option<Vec<Index>> {
        sys::catalog_rows(sys::INDEX, TABLE_INDEX, &[Key::Oid(TABLE, table)]).iter().map(index).collect()
    }

    pub fn find(oid: Oid) -> Option<Index> {
        sys::catalog_rows(sys::INDEX, OID_INDEX, &[Key::Oid(OID, oid)]).first().and_then(index)
    }
}

/// What one reading has looked up already.
#[derive(Default)]
struct Reader {
    schemas: BTreeMap<Oid, Option<String>>,
    types: BTreeMap<Oid, Option<ColumnType>>,
    /// The enums that the table at hand uses, each with the column that has it; 0: an expression names it.
    enums: BTreeSet<(Oid, i16)>,
}

/// A type that this reader knows.
#[derive(Clone, Copy)]
struct ColumnType {
    /// Itself, or an array's element.
    object: Oid,
    array: bool,
    collation: Oid,
}

/// What one table's parts have in common.
struct Table<'a> {
    oid: Oid,
    class: &'a Class,
    name: QualifiedName,
    /// Quoted and qualified.
    identity: String,
    /// What it depends on.
    depends: &'a [Depend],
    /// What depends on it.
    dependents: &'a [Depend],
    indexes: &'a [indexes::Index],
    /// Its rows in pg_constraint.
    constraints: &'a [Row],
}

impl Reader {
    fn read(mut self, tables: &BTreeSet<Oid>, mut sequences: BTreeSet<Oid>) -> Option<Catalog> {
        let mut catalog = Catalog::default();
        for &oid in tables {
            let dependents: Vec<_> = Depend::on(sys::CLASS, oid).collect();
            // SET UNLOGGED reaches a table's own sequences without naming them.
            sequences.extend(dependents.iter().filter(|d| is_owned_sequence(d)).map(|d| d.object));
            catalog.tables.push(self.table(oid, &dependents)?);
        }
        for oid in sequences {
            catalog.sequences.push(self.sequence(oid)?);
        }
        catalog.tables.sort_by(|a, b| a.name.cmp(&b.name));
        catalog.sequences.sort_by(|a, b| a.name.cmp(&b.name));
        Some(catalog)
    }

    /// The name of a schema that is the user's own and no extension's.
    fn schema(&mut self, oid: Oid) -> Option<String> {
        let find = || {
            let name = sys::schema_name(oid)?;
            let is_own = !name.starts_with("pg_")
                && !matches!(name.as_str(), "information_schema" | "_electric_meta" | "electric_schema")
                && !sys::is_of_extension(sys::NAMESPACE, oid);
            is_own.then_some(name)
        };
        self.schemas.entry(oid).or_insert_with(find).clone()
    }

    fn column_type(&mut self, oid: Oid) -> Option<ColumnType> {
        let find = || {
            let own = sys::type_facts(oid)?;
            let element = sys::type_facts(own.element).filter(|element| element.array == oid).map(|_| own.element);
            let object = element.unwrap_or(oid);
            let is_known = object < FIRST_USER_OID
                || sys::type_facts(object)?.kind == b'e' && !sys::is_of_extension(sys::TYPE, object);
            is_known.then_some(ColumnType { object, array: element.is_some(), collation: own.collation })
        };
        *self.types.entry(oid).or_insert_with(find)
    }

    /// Notes the enums among what a part depends on; `None` when anything else is there that not every server has.
    fn note_enums<'a>(&mut self, depends: impl IntoIterator<Item = &'a Depend>, is_expression: bool) -> Option<()> {
        for depend in depends.into_iter().filter(|depend| depend.is_on_foreign_object()) {
            if depend.on_class != sys::TYPE {
                return None;
            }
            let attnum = if is_expression { 0 } else { i16::try_from(depend.part).ok()? };
            let of = self.column_type(depend.on)?;
            self.enums.insert((of.object, attnum));
        }
        Some(())
    }

    fn table(&mut self, oid: Oid, dependents: &[Depend]) -> Option<RawTable> {
        let class = sys::class(oid)?;
        let alone = class.kind == b'r'
            && class.persistence != b't'
            && !class.is_partition
            && !class.has_children
            && !class.has_rules
            && class.of_type == 0;
        let depends: Vec<_> = Depend::of(sys::CLASS, oid).collect();
        // An extension that it came with, a table that it inherits from.
        let is_part = |depend: &Depend| depend.kind == b'e' || depend.on_class == sys::CLASS && depend.on != oid;
        if !alone || depends.iter().any(is_part) || dependents.iter().any(|dependent| dependent.class == sys::REWRITE) {
            return None;
        }
        let name = QualifiedName { schema: self.schema(class.namespace)?, name: class.name.clone() };
        let indexes = indexes::of_table(oid)?;
        let of_table = Key::Oid(constraints::columns()?.table, oid);
        let constraints = sys::catalog_rows(sys::CONSTRAINT, constraints::TABLE_INDEX, &[of_table]);
        let identity = format!("{}.{}", sys::quoted(&name.schema), sys::quoted(&name.name));
        let table = Table {
            oid,
            class: &class,
            name,
            identity,
            depends: &depends,
            dependents,
            indexes: &indexes,
            constraints: &constraints,
        };
        self.enums.clear();
        self.note_enums(&depends, false)?;
        let columns = self.columns(&table)?;
        let constraints = self.constraints(&table)?;
        Some(RawTable {
            oid,
            natts: class.natts,
            unlogged: class.persistence == b'u',
            partition_key: None,
            partitions: vec![],
            parents: vec![],
            of_type: None,
            uses: self.enums.iter().map(|&(oid, attnum)| RawTypeUse { oid, attnum }).collect(),
            columns,
            constraints,
            indexes: plain_indexes(&table)?,
            leaving: indexes.iter().filter(|index| !index.usable).map(|index| index.oid).collect(),
            name: table.name,
        })
    }

    fn columns(&mut self, table: &Table) -> Option<Vec<RawColumn>> {
        let attributes = sys::attributes(table.oid)?;
        let mut defaults = defaults(table.oid)?;
        let columns = attributes.into_iter().map(|attribute| {
            let of = self.column_type(attribute.type_oid)?;
            if !matches!(attribute.generated, 0 | b's') {
                return None;
            }
            let default = match defaults.remove(&attribute.attnum) {
                Some(stored) => {
                    let depends: Vec<_> = Depend::of(sys::ATTRDEF, stored.oid).collect();
                    self.note_enums(&depends, true)?;
                    Some(default(table, &attribute, &stored, &depends)?)
                }
                None => None,
            };
            Some(RawColumn {
                attnum: attribute.attnum,
                type_name: sys::type_text(attribute.type_oid, Some(attribute.typmod))?,
                type_oid: of.object,
                array: of.array,
                multirange: false,
                constrained: false,
                collation: match attribute.collation {
                    0 => None,
                    own if own == of.collation => None,
                    other => Some(sys::collation_identity(other)?),
                },
                not_null: attribute.not_null,
                default,
                identity: match attribute.identity {
                    0 => None,
                    kind => Some(identity(table, attribute.attnum, kind == b'a')?),
                },
                missing: attribute.missing,
                name: attribute.name,
            })
        });
        columns.collect()
    }

    fn constraints(&mut self, table: &Table) -> Option<Vec<RawConstraint>> {
        let of = constraints::columns()?;
        let mut constraints = vec![];
        for row in table.constraints {
            let oid = row.oid(1)?;
            let kind = match row.byte(of.kind)? {
                b'p' => ConstraintKind::PrimaryKey,
                b'u' => ConstraintKind::Unique,
                b'c' => ConstraintKind::Check,
                b'f' => ConstraintKind::ForeignKey,
                // NOT NULL that rows need not meet: the columns do not tell.
                b'n' if row.bool(of.validated) != Some(true) => return None,
                // NOT NULL is known from the columns; constraint triggers are not distributed.
                b'n' | b't' => continue,
                _ => return None,
            };
            let is_odd = row.oid(of.parent)? != 0
                || of.period.is_some_and(|column| row.bool(column) == Some(true))
                || of.enforced.is_some_and(|column| row.bool(column) == Some(false));
            if is_odd {
                return None;
            }
            let index = row.oid(of.index)?;
            let index_columns = match kind {
                ConstraintKind::PrimaryKey | ConstraintKind::Unique => {
                    let own = table.indexes.iter().find(|own| own.oid == index)?;
                    if !own.plain {
                        return None;
                    }
                    if !own.valid {
                        continue;
                    }
                    own.key.clone()
                }
                ConstraintKind::ForeignKey => indexes::find(index)?.key,
                ConstraintKind::Check | ConstraintKind::Exclusion => vec![],
            };
            // Keys have columns of the table and nothing else.
            if matches!(kind, ConstraintKind::Check | ConstraintKind::ForeignKey) {
                self.note_enums(&Depend::of(sys::CONSTRAINT, oid).collect::<Vec<_>>(), true)?;
            }
            constraints.push(constraint(row, oid, kind, index_columns)?);
        }
        constraints.sort_by(|a, b| a.name.cmp(&b.name));
        Some(constraints)
    }

    fn sequence(&mut self, oid: Oid) -> Option<RawSequence> {
        let class = sys::class(oid).filter(|class| class.persistence != b't')?;
        let depends: Vec<_> = Depend::of(sys::CLASS, oid).collect();
        if depends.iter().any(|depend| matches!(depend.kind, b'e' | b'i')) {
            return None;
        }
        let owner = depends.iter().find(|d| d.kind == b'a' && d.on_class == sys::CLASS && d.on_part > 0);
        let owned_by = match owner {
            Some(owner) => {
                let attnum = i16::try_from(owner.on_part).ok()?;
                let table = sys::class(owner.on)?;
                Some(RawOwner {
                    table: owner.on,
                    attnum,
                    table_name: QualifiedName { schema: sys::schema_name(table.namespace)?, name: table.name },
                    column_name: sys::attribute_name(owner.on, attnum)?,
                })
            }
            None => None,
        };
        Some(RawSequence {
            oid,
            name: QualifiedName { schema: self.schema(class.namespace)?, name: class.name },
            options: sequence_options(oid)?,
            unlogged: class.persistence == b'u',
            owned_by,
        })
    }
}

fn is_owned_sequence(dependent: &Depend) -> bool {
    dependent.kind == b'a'
        && dependent.class == sys::CLASS
        && dependent.on_part > 0
        && sys::class(dependent.object).is_some_and(|class| class.kind == b'S')
}

/// A row of pg_attrdef.
struct StoredDefault {
    oid: Oid,
    tree: String,
}

/// By attnum.
fn defaults(table: Oid) -> Option<BTreeMap<i16, StoredDefault>> {
    const RELATION_INDEX: Oid = 2656;
    let rows = sys::catalog_rows(sys::ATTRDEF, RELATION_INDEX, &[Key::Oid(2, table)]);
    rows.iter().map(|row| Some((row.i16(3)?, StoredDefault { oid: row.oid(1)?, tree: row.text(4)? }))).collect()
}

fn default(table: &Table, column: &Attribute, stored: &StoredDefault, depends: &[Depend]) -> Option<RawDefault> {
    let generated = column.generated != 0;
    let mentioned = || {
        // Before PostgreSQL 15 it is the column that depends, not its expression.
        let of_column = table.depends.iter().filter(|d| d.part == i32::from(column.attnum));
        let on_table = depends.iter().chain(of_column).filter(|d| d.on_class == sys::CLASS && d.on == table.oid);
        let attnums: Option<BTreeSet<i16>> = on_table
            .filter(|d| d.on_part > 0 && d.on_part != i32::from(column.attnum))
            .map(|d| i16::try_from(d.on_part).ok())
            .collect();
        attnums
    };
    let drawn_from = || {
        let on_relations = depends.iter().filter(|d| d.on_class == sys::CLASS).map(|d| d.on);
        on_relations.filter(|oid| sys::class(*oid).is_some_and(|class| class.kind == b'S')).collect::<BTreeSet<_>>()
    };
    Some(RawDefault {
        oid: stored.oid,
        sql: sys::expression_text(&stored.tree, table.oid)?,
        generated,
        columns: if generated { mentioned()?.into_iter().collect() } else { vec![] },
        sequences: if tree::names_relations(&stored.tree) { drawn_from().into_iter().collect() } else { vec![] },
        // Postgres accepts nothing else in a generated column.
        volatility: if generated { Volatility::Immutable } else { tree::volatility(&stored.tree, volatility_of) },
        uses: vec![],
    })
}

fn volatility_of(callee: Callee) -> Option<Volatility> {
    let function = match callee {
        Callee::Function(oid) => oid,
        Callee::Operator(oid) => sys::operator_function(oid)?,
    };
    Some(match sys::function_volatility(function)? {
        b'i' => Volatility::Immutable,
        b's' => Volatility::Stable,
        _ => Volatility::Volatile,
    })
}

fn identity(table: &Table, attnum: i16, always: bool) -> Option<RawIdentity> {
    let is_its = |d: &&Depend| d.class == sys::CLASS && d.kind == b'i' && d.on_part == i32::from(attnum);
    let sequence = table.dependents.iter().find(is_its)?.object;
    let class = sys::class(sequence).filter(|class| class.kind == b'S')?;
    let differs = sys::HAS_PERSISTENT_SEQUENCES && class.persistence != table.class.persistence;
    Some(RawIdentity {
        always,
        sequence: QualifiedName { schema: sys::schema_name(class.namespace)?, name: class.name },
        options: sequence_options(sequence)?,
        unlogged: differs.then_some(class.persistence == b'u'),
    })
}

fn sequence_options(oid: Oid) -> Option<SequenceOptions> {
    const SEQUENCE: Oid = 2224;
    const RELATION_INDEX: Oid = 5002;
    let row = sys::catalog_rows(SEQUENCE, RELATION_INDEX, &[Key::Oid(1, oid)]).pop()?;
    Some(SequenceOptions {
        data_type: sys::type_text(row.oid(2)?, None)?,
        start: row.i64(3)?,
        increment: row.i64(4)?,
        max: row.i64(5)?,
        min: row.i64(6)?,
        cache: row.i64(7)?,
        cycle: row.bool(8)?,
    })
}

fn constraint(row: &Row, oid: Oid, kind: ConstraintKind, index_columns: Vec<i16>) -> Option<RawConstraint> {
    let of = constraints::columns()?;
    let (deferrable, deferred, validated) = (row.bool(of.deferrable)?, row.bool(of.deferred)?, row.bool(of.validated)?);
    let mut definition = sys::constraint_text(oid)?;
    // In the order in which Postgres appends them.
    let tail = [(deferrable, " DEFERRABLE"), (deferred, " INITIALLY DEFERRED"), (!validated, " NOT VALID")];
    let tail: String = tail.iter().filter(|(is, _)| *is).map(|(_, text)| *text).collect();
    if let Some(start) = definition.strip_suffix(&tail) {
        definition.truncate(start.len());
    }
    let referenced = row.oid(of.referenced)?;
    let refers = kind == ConstraintKind::ForeignKey;
    Some(RawConstraint {
        oid,
        name: row.text(of.name)?,
        kind,
        definition,
        columns: row.int2s(of.key).unwrap_or_default(),
        index_columns,
        references: refers.then_some(referenced),
        refers_to: if refers { Some(sys::relation_identity(referenced)?) } else { None },
        timing: match (deferrable, deferred) {
            (_, true) => Timing::Deferred,
            (true, false) => Timing::Deferrable,
            (false, false) => Timing::Immediate,
        },
        validated,
        uses: vec![],
    })
}

/// The indexes that no constraint owns.
fn plain_indexes(table: &Table) -> Option<Vec<RawIndex>> {
    let of = constraints::columns()?;
    let has_index = |row: &&Row| matches!(row.byte(of.kind), Some(b'p' | b'u' | b'x'));
    let of_constraints: BTreeSet<_> =
        table.constraints.iter().filter(has_index).filter_map(|row| row.oid(of.index)).collect();
    let own = table.indexes.iter().filter(|index| index.usable && !of_constraints.contains(&index.oid));
    let indexes: Option<Vec<_>> = own.map(|index| plain_index(table, index)).collect();
    let mut indexes = indexes?;
    indexes.sort_by(|a, b| a.name.cmp(&b.name));
    Some(indexes)
}

fn plain_index(table: &Table, index: &indexes::Index) -> Option<RawIndex> {
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
