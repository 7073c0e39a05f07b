//! Which object is which: catalogs with OIDs in, models with the ledger's own identities out.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::catalog::{Catalog, RawColumn, RawConstraint, RawDefault, RawDomain, RawIndex, RawSequence, RawTable};
use crate::expression::without_casts;
use crate::model::{
    Column, ColumnRef, ColumnValue, Constraint, DataType, Domain, EnumType, Extension, Fill, Index, Object, ObjectId,
    PartId, Schema, Sequence, Table,
};

/// Where the ledger's identities are in the catalogs of this very cluster. Never leaves it, never enters a hash.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Identity {
    /// attnum of each column.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub columns: BTreeMap<i16, PartId>,
    /// pg_attrdef.oid of each default and generated expression.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub defaults: BTreeMap<u32, PartId>,
    /// pg_constraint.oid of each constraint.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub constraints: BTreeMap<u32, PartId>,
    /// pg_class.oid of each index.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub indexes: BTreeMap<u32, PartId>,
}

/// An object as the ledger holds it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Known {
    /// Its identity in the ledger.
    pub id: ObjectId,
    /// Its OID.
    pub oid: u32,
    /// Its definition at head.
    pub object: Object,
    /// Its parts' places in the catalogs.
    pub identity: Identity,
}

impl Known {
    /// The index of this OID, if it is a table that has it, else the one of this name: REINDEX CONCURRENTLY gives an index another OID, and before
    /// PostgreSQL 17 it fires no event.
    pub fn index(&self, oid: u32, schema: &str, name: &str) -> Option<&Index> {
        let Object::Table(table) = &self.object else { return None };
        let by_oid = self.identity.indexes.get(&oid).and_then(|id| table.indexes.iter().find(|index| index.id == *id));
        let by_name = || table.indexes.iter().find(|index| table.name.schema == schema && index.name == name);
        by_oid.or_else(by_name)
    }
}

/// A rewrite of a table that may have given its rows other values.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rewrite {
    /// pg_class.oid of the table.
    pub table: u32,
    /// attnum of the column whose values were computed anew; `None`: any.
    pub column: Option<i16>,
    /// By an expression of the user's (USING).
    pub using: bool,
}

/// What the transaction did that the catalogs do not show.
#[derive(Debug, Clone, Default)]
pub struct Happened {
    /// Rewrites, in order.
    pub rewrites: Vec<Rewrite>,
    /// Tables whose storage was replaced: what new columns were filled with is not to be read any more.
    pub replaced: BTreeSet<u32>,
}

/// Gives every object that was read its identity: the one that the ledger knows by OID, or a new one of entry `seq`.
///
/// `known` are the objects that the ledger holds for the OIDs that `catalog` has or refers to.
pub fn identify(catalog: &Catalog, known: &BTreeMap<u32, Known>, happened: &Happened, seq: u64) -> Vec<Known> {
    let mut ids: BTreeMap<u32, ObjectId> = known.iter().map(|(oid, known)| (*oid, known.id)).collect();
    let mut next = 1;
    // In the order of creation: what columns refer to has its identity before them.
    for oid in oids(catalog) {
        ids.entry(oid).or_insert_with(|| {
            let id = ObjectId { seq, ordinal: next };
            next += 1;
            id
        });
    }
    let resolver = Resolver { ids: &ids, known, happened };
    let mut found: Vec<Known> = Vec::new();
    let mut plain = |oid: u32, object: Object| {
        if let Some(id) = ids.get(&oid) {
            found.push(Known { id: *id, oid, object, identity: Identity::default() });
        }
    };
    for schema in &catalog.schemas {
        plain(schema.oid, Object::Schema(Schema { name: schema.name.clone() }));
    }
    for extension in &catalog.extensions {
        let (name, schema) = (extension.name.clone(), extension.schema.clone());
        plain(extension.oid, Object::Extension(Extension { name, schema }));
    }
    for raw in &catalog.enums {
        plain(raw.oid, Object::Enum(EnumType { name: raw.name.clone(), labels: raw.labels.clone() }));
    }
    let tables: Vec<Known> = catalog.tables.iter().filter_map(|raw| resolver.table(raw)).collect();
    for raw in &catalog.sequences {
        plain(raw.oid, Object::Sequence(resolver.sequence(raw, &tables)));
    }
    found.extend(catalog.domains.iter().filter_map(|raw| resolver.domain(raw)));
    found.extend(tables);
    found
}

fn oids(catalog: &Catalog) -> impl Iterator<Item = u32> + '_ {
    let schemas = catalog.schemas.iter().map(|o| o.oid);
    let extensions = catalog.extensions.iter().map(|o| o.oid);
    let enums = catalog.enums.iter().map(|o| o.oid);
    let domains = catalog.domains.iter().map(|o| o.oid);
    let sequences = catalog.sequences.iter().map(|o| o.oid);
    let tables = catalog.tables.iter().map(|o| o.oid);
    schemas.chain(extensions).chain(enums).chain(domains).chain(sequences).chain(tables)
}

/// All OIDs that the catalogs mention as another object's: enums of columns, tables of foreign keys and of owned sequences.
pub fn referred(catalog: &Catalog) -> BTreeSet<u32> {
    let columns = catalog.tables.iter().flat_map(|table| table.columns.iter().map(|column| column.type_oid));
    let keys = catalog.tables.iter().flat_map(|table| table.constraints.iter().filter_map(|c| c.references));
    let bases = catalog.domains.iter().map(|domain| domain.type_oid);
    let owners = catalog.sequences.iter().filter_map(|sequence| sequence.owned_by.as_ref().map(|owner| owner.table));
    columns.chain(keys).chain(bases).chain(owners).chain(oids(catalog)).collect()
}

struct Resolver<'a> {
    ids: &'a BTreeMap<u32, ObjectId>,
    known: &'a BTreeMap<u32, Known>,
    happened: &'a Happened,
}

impl Resolver<'_> {
    fn sequence(&self, raw: &RawSequence, tables: &[Known]) -> Sequence {
        let owned_by = raw.owned_by.as_ref().and_then(|owner| {
            let table =
                tables.iter().find(|table| table.oid == owner.table).or_else(|| self.known.get(&owner.table))?;
            Some(ColumnRef {
                table: table.id,
                column: *table.identity.columns.get(&owner.attnum)?,
                table_name: owner.table_name.clone(),
                column_name: owner.column_name.clone(),
            })
        });
        Sequence { name: raw.name.clone(), options: raw.options.clone(), owned_by, unlogged: raw.unlogged }
    }

    fn domain(&self, raw: &RawDomain) -> Option<Known> {
        let id = *self.ids.get(&raw.oid)?;
        let known = self.known.get(&raw.oid).and_then(|known| match &known.object {
            Object::Domain(domain) => Some((domain, &known.identity)),
            _ => None,
        });
        let mut parts = Parts {
            next: known.map_or(1, |(domain, _)| domain.next_part),
            retyped: false,
            claimed: BTreeSet::new(),
            identity: Identity::default(),
        };
        let constraints = raw
            .constraints
            .iter()
            .map(|constraint| {
                let before = known.and_then(|(domain, identity)| {
                    let known = identity.constraints.get(&constraint.oid);
                    domain.constraints.iter().find(|c| match known {
                        Some(id) => c.id == *id,
                        None => c.name == constraint.name && c.definition == constraint.definition,
                    })
                });
                let id = before.map_or_else(|| parts.fresh(), |before| before.id);
                parts.identity.constraints.insert(constraint.oid, id);
                constraint_part(id, constraint, vec![], None)
            })
            .collect();
        let domain = Domain {
            name: raw.name.clone(),
            data_type: DataType {
                name: raw.type_name.clone(),
                object: self.ids.get(&raw.type_oid).copied(),
                array: raw.array,
                constrained: false,
            },
            collation: raw.collation.clone(),
            not_null: raw.not_null,
            default: raw.default.clone(),
            constraints,
            next_part: parts.next,
        };
        Some(Known { id, oid: raw.oid, object: Object::Domain(domain), identity: parts.identity })
    }

    fn table(&self, raw: &RawTable) -> Option<Known> {
        let id = *self.ids.get(&raw.oid)?;
        let before = self.known.get(&raw.oid);
        let known = before.and_then(|known| match &known.object {
            Object::Table(table) => Some((table, &known.identity)),
            Object::Schema(_) | Object::Extension(_) | Object::Enum(_) | Object::Domain(_) | Object::Sequence(_) => {
                None
            }
        });
        let mut parts = Parts {
            next: known.map_or(1, |(table, _)| table.next_part),
            retyped: known.is_some_and(|(table, identity)| retyped(raw, table, identity)),
            claimed: known.map(|(_, identity)| claimed(raw, identity)).unwrap_or_default(),
            identity: Identity::default(),
        };
        let columns: Vec<Column> =
            raw.columns.iter().map(|column| self.column(raw, column, known, &mut parts)).collect();
        let constraints = raw
            .constraints
            .iter()
            // A foreign key to a table that clients do not have cannot be theirs.
            .filter(|c| c.references.is_none_or(|oid| self.ids.contains_key(&oid)))
            .map(|constraint| self.constraint(constraint, known, &mut parts))
            .collect();
        let indexes = raw.indexes.iter().map(|index| index_part(index, known, &mut parts)).collect();
        let table = Table {
            name: raw.name.clone(),
            unlogged: raw.unlogged,
            columns,
            constraints,
            indexes,
            next_part: parts.next,
        };
        Some(Known { id, oid: raw.oid, object: Object::Table(table), identity: parts.identity })
    }

    fn column(
        &self,
        table: &RawTable,
        raw: &RawColumn,
        known: Option<(&Table, &Identity)>,
        parts: &mut Parts,
    ) -> Column {
        let before = known.and_then(|(table, identity)| {
            let id = identity.columns.get(&raw.attnum)?;
            table.columns.iter().find(|column| column.id == *id)
        });
        let id = before.map_or_else(|| parts.fresh(), |column| column.id);
        parts.identity.columns.insert(raw.attnum, id);
        let data_type = DataType {
            name: raw.type_name.clone(),
            object: self.ids.get(&raw.type_oid).copied(),
            array: raw.array,
            constrained: raw.constrained,
        };
        let value = match (&raw.identity, &raw.default) {
            (Some(identity), _) => ColumnValue::Identity {
                always: identity.always,
                sequence: identity.sequence.clone(),
                options: identity.options.clone(),
            },
            (None, Some(default)) => parts.default(default, before, known.map(|(_, identity)| identity)),
            (None, None) => ColumnValue::None,
        };
        let fill = match before {
            Some(column) => column.fill.clone(),
            None if known.is_none() => Fill::None,
            None => match &raw.missing {
                Some(text) => Fill::Value { text: text.clone() },
                None if self.happened.replaced.contains(&table.oid) => Fill::Unknown,
                None => Fill::Null,
            },
        };
        let values_version = before.map_or(0, |column| {
            column.values_version + u32::from(self.recomputed(table.oid, raw.attnum, column, &data_type))
        });
        Column {
            id,
            name: raw.name.clone(),
            data_type,
            collation: raw.collation.clone(),
            not_null: raw.not_null,
            value,
            fill,
            values_version,
        }
    }

    /// Whether existing rows got values that converting the old type into the new one does not give.
    fn recomputed(&self, table: u32, attnum: i16, before: &Column, after: &DataType) -> bool {
        let rewrites: Vec<&Rewrite> = self
            .happened
            .rewrites
            .iter()
            .filter(|rewrite| rewrite.table == table && rewrite.column.is_none_or(|column| column == attnum))
            .collect();
        match rewrites[..] {
            [] => false,
            // One conversion, and it is the one that the types tell of.
            [Rewrite { using: false, column: Some(_), .. }] => before.data_type == *after,
            _ => true,
        }
    }

    fn constraint(&self, raw: &RawConstraint, known: Option<(&Table, &Identity)>, parts: &mut Parts) -> Constraint {
        let before = known.and_then(|(table, identity)| {
            let by_oid = identity.constraints.get(&raw.oid);
            let same = |c: &&Constraint| {
                !parts.claimed.contains(&c.id)
                    && c.name == raw.name
                    && c.kind == raw.kind
                    && (raw.validated || !c.validated)
                    && same_columns(&raw.columns, &c.columns, identity)
                    && c.references == raw.references.and_then(|oid| self.ids.get(&oid).copied())
                    && parts.same_text(&c.definition, &raw.definition)
            };
            match by_oid {
                Some(id) => table.constraints.iter().find(|c| c.id == *id),
                None => table.constraints.iter().find(same),
            }
        });
        let id = before.map_or_else(|| parts.fresh(), |constraint| constraint.id);
        parts.identity.constraints.insert(raw.oid, id);
        let references = raw.references.and_then(|oid| self.ids.get(&oid).copied());
        constraint_part(id, raw, parts.column_ids(&raw.columns), references)
    }
}

fn constraint_part(id: PartId, raw: &RawConstraint, columns: Vec<PartId>, references: Option<ObjectId>) -> Constraint {
    Constraint {
        id,
        name: raw.name.clone(),
        kind: raw.kind,
        definition: raw.definition.clone(),
        columns,
        references,
        timing: raw.timing,
        validated: raw.validated,
    }
}

fn index_part(raw: &RawIndex, known: Option<(&Table, &Identity)>, parts: &mut Parts) -> Index {
    let before = known.and_then(|(table, identity)| match identity.indexes.get(&raw.oid) {
        Some(id) => table.indexes.iter().find(|index| index.id == *id),
        None => table.indexes.iter().find(|index| {
            let predicate = |predicate: &Option<String>| predicate.clone().unwrap_or_default();
            !parts.claimed.contains(&index.id)
                && index.name == raw.name
                && index.unique == raw.unique
                && same_columns(&raw.columns, &index.columns, identity)
                && parts.same_text(&index.definition, &raw.definition)
                && parts.same_text(&predicate(&index.predicate), &predicate(&raw.predicate))
        }),
    });
    let id = before.map_or_else(|| parts.fresh(), |index| index.id);
    parts.identity.indexes.insert(raw.oid, id);
    Index {
        id,
        name: raw.name.clone(),
        unique: raw.unique,
        definition: raw.definition.clone(),
        options: raw.options.clone(),
        predicate: raw.predicate.clone(),
        columns: parts.column_ids(&raw.columns),
        expressions: raw.expressions.clone(),
    }
}

/// Whether these are the same columns, in whatever order.
fn same_columns(attnums: &[i16], ids: &[PartId], identity: &Identity) -> bool {
    // A column that is new is none of those that were there.
    let now: BTreeSet<Option<&PartId>> =
        attnums.iter().filter(|attnum| **attnum > 0).map(|attnum| identity.columns.get(attnum)).collect();
    now == ids.iter().map(Some).collect()
}

fn claimed(raw: &RawTable, identity: &Identity) -> BTreeSet<PartId> {
    let constraints = raw.constraints.iter().filter_map(|constraint| identity.constraints.get(&constraint.oid));
    let indexes = raw.indexes.iter().filter_map(|index| identity.indexes.get(&index.oid));
    constraints.chain(indexes).copied().collect()
}

/// Whether a column that stays has another type: the server then makes its defaults, constraints and indexes anew.
fn retyped(raw: &RawTable, table: &Table, identity: &Identity) -> bool {
    raw.columns.iter().any(|column| {
        let before = identity.columns.get(&column.attnum).and_then(|id| table.columns.iter().find(|c| c.id == *id));
        before.is_some_and(|before| before.data_type.name != column.type_name || before.collation != column.collation)
    })
}

/// The parts of a table that get their identities.
struct Parts {
    next: PartId,
    retyped: bool,
    /// Constraints and indexes that are still there under their OIDs: none that is new can be one of them.
    claimed: BTreeSet<PartId>,
    identity: Identity,
}

impl Parts {
    fn fresh(&mut self) -> PartId {
        let id = self.next;
        self.next += 1;
        id
    }

    /// Whether two definitions of one name are the same one: to the letter, or, where the server made it anew for
    /// another type of its column, but for casts.
    fn same_text(&self, before: &str, after: &str) -> bool {
        before == after || self.retyped && without_casts(before) == without_casts(after)
    }

    fn column_ids(&self, attnums: &[i16]) -> Vec<PartId> {
        attnums.iter().filter_map(|attnum| self.identity.columns.get(attnum).copied()).collect()
    }

    fn default(&mut self, raw: &RawDefault, before: Option<&Column>, identity: Option<&Identity>) -> ColumnValue {
        let before = before.and_then(|column| match &column.value {
            ColumnValue::Default { id, sql, .. } if !raw.generated => Some((*id, sql)),
            ColumnValue::Generated { id, sql } if raw.generated => Some((*id, sql)),
            _ => None,
        });
        let same_oid = identity.and_then(|identity| identity.defaults.get(&raw.oid).copied());
        let same = before.and_then(|(id, sql)| match same_oid {
            Some(same) if same == id => Some(id),
            _ => self.same_text(sql, &raw.sql).then_some(id),
        });
        let id = same.unwrap_or_else(|| self.fresh());
        self.identity.defaults.insert(raw.oid, id);
        match raw.generated {
            true => ColumnValue::Generated { id, sql: raw.sql.clone() },
            false => ColumnValue::Default { id, sql: raw.sql.clone(), volatility: raw.volatility },
        }
    }
}
