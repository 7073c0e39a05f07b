//! Which object is which: catalogs with OIDs in, models with the ledger's own identities out.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

mod code;
mod parts;
mod table;
mod types;

use crate::canonical::{canonical_part, Part};
use crate::catalog::{Catalog, RawSequence, RawView};
use crate::model::{ColumnRef, ConstraintKind, EnumType, Extension, Index, Object, ObjectId, PartId, Schema, Sequence};

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
    /// xmin of the row that a view's query or a routine's text was read from: where the text differs and this does not, it only follows
    /// a rename.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub written: Option<String>,
    /// A table's relnatts: a column that is new to clients and has no higher attnum was there before.
    #[serde(default)]
    pub natts: i16,
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
    /// The index of this OID, if it is a table or a materialized view that has it, else the one of this name: REINDEX CONCURRENTLY gives an index another OID, and before
    /// PostgreSQL 17 it fires no event.
    pub fn index(&self, oid: u32, schema: &str, name: &str) -> Option<&Index> {
        let indexes = match &self.object {
            Object::Table(table) => &table.indexes,
            Object::View(view) => &view.indexes,
            _ => return None,
        };
        let own_schema = &self.object.qualified_name()?.schema;
        let by_oid = self.identity.indexes.get(&oid).and_then(|id| indexes.iter().find(|index| index.id == *id));
        let by_name = || indexes.iter().find(|index| own_schema == schema && index.name == name);
        by_oid.or_else(by_name)
    }

    /// Whether it is a table with a constraint whose index has this name.
    pub fn has_constraint_index(&self, schema: &str, name: &str) -> bool {
        let has_index =
            |kind| matches!(kind, ConstraintKind::PrimaryKey | ConstraintKind::Unique | ConstraintKind::Exclusion);
        self.object.as_table().is_some_and(|table| {
            table.name.schema == schema
                && table.constraints.iter().any(|constraint| constraint.name == name && has_index(constraint.kind))
        })
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
    /// What was dropped: a view that came under the name of one of these is the same view.
    pub dropped: BTreeSet<u32>,
}

/// Gives every object that was read its identity: the one that the ledger knows by OID, or a new one of entry `seq`.
///
/// `known` are the objects that the ledger holds for the OIDs that `catalog` has or refers to.
pub fn identify(catalog: &Catalog, known: &BTreeMap<u32, Known>, happened: &Happened, seq: u64) -> Vec<Known> {
    let mut ids: BTreeMap<u32, ObjectId> = known.iter().map(|(oid, known)| (*oid, known.id)).collect();
    let mut next = 1;
    // In the order of creation: what columns refer to has its identity before them.
    let again: BTreeMap<u32, ObjectId> =
        catalog.views.iter().filter_map(|raw| Some((raw.oid, made_again(raw, known, happened)?.id))).collect();
    ids.extend(again);
    for oid in oids(catalog) {
        ids.entry(oid).or_insert_with(|| {
            let id = ObjectId { seq, ordinal: next };
            next += 1;
            id
        });
    }
    let altered = catalog.tables.iter().filter(|raw| table::altered(raw, known)).map(|raw| raw.oid).collect();
    let resolver = Resolver { ids: &ids, known, happened, altered };
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
    let mut tables: Vec<Known> = catalog.tables.iter().filter_map(|raw| resolver.table(raw)).collect();
    resolver.as_partitions_say(&mut tables);
    resolver.parts_of_indexes(catalog, &mut tables);
    for raw in &catalog.sequences {
        plain(raw.oid, Object::Sequence(resolver.sequence(raw, &tables)));
    }
    found.extend(catalog.domains.iter().filter_map(|raw| resolver.domain(raw)));
    found.extend(catalog.composites.iter().filter_map(|raw| resolver.composite(raw)));
    found.extend(catalog.ranges.iter().filter_map(|raw| resolver.range(raw)));
    found.extend(catalog.routines.iter().filter_map(|raw| resolver.routine(raw)));
    found.extend(tables);
    found.extend(catalog.views.iter().filter_map(|raw| resolver.view(raw)));
    // After a restore some expressions are printed otherwise: the ledger keeps its text.
    for now in &mut found {
        let before = known.get(&now.oid).map(|before| &before.object);
        if let Some(before) = before.filter(|before| **before != now.object && reads_alike(before, &now.object)) {
            now.object = before.clone();
        }
    }
    found
}

/// Whether two models differ by nothing but how expressions are printed before and after they have been parsed again.
fn reads_alike(one: &Object, other: &Object) -> bool {
    let settled = |object: &Object| canonical_part(object, &Settled).ok();
    settled(one) == settled(other)
}

/// All, with its texts settled.
struct Settled;

impl Part for Settled {
    const SETTLED: bool = true;
}

/// The OIDs of all that was read.
pub fn oids(catalog: &Catalog) -> impl Iterator<Item = u32> + '_ {
    let schemas = catalog.schemas.iter().map(|o| o.oid);
    let extensions = catalog.extensions.iter().map(|o| o.oid);
    let enums = catalog.enums.iter().map(|o| o.oid);
    let domains = catalog.domains.iter().map(|o| o.oid);
    let composites = catalog.composites.iter().map(|o| o.oid);
    let ranges = catalog.ranges.iter().map(|o| o.oid);
    let routines = catalog.routines.iter().map(|o| o.oid);
    let views = catalog.views.iter().map(|o| o.oid);
    let sequences = catalog.sequences.iter().map(|o| o.oid);
    let tables = catalog.tables.iter().map(|o| o.oid);
    let types = enums.chain(domains).chain(composites).chain(ranges);
    schemas.chain(extensions).chain(types).chain(sequences).chain(routines).chain(tables).chain(views)
}

/// All OIDs that the catalogs mention as another object's: types of columns, tables of foreign keys, parents, what views read.
pub fn referred(catalog: &Catalog) -> BTreeSet<u32> {
    let mut all: BTreeSet<u32> = oids(catalog).collect();
    for table in &catalog.tables {
        all.extend(table.columns.iter().map(|column| column.type_oid));
        all.extend(table.constraints.iter().filter_map(|c| c.references));
        all.extend(table.parents.iter().map(|parent| parent.oid));
        all.extend(table.partitions.iter().map(|partition| partition.oid));
        all.extend(table.of_type.iter().map(|data_type| data_type.type_oid));
    }
    for domain in &catalog.domains {
        all.insert(domain.type_oid);
        all.extend(&domain.uses);
    }
    for composite in &catalog.composites {
        all.extend(composite.attributes.iter().map(|attribute| attribute.data_type.type_oid));
    }
    for range in &catalog.ranges {
        all.insert(range.subtype.type_oid);
        all.extend(&range.uses);
    }
    for routine in &catalog.routines {
        all.extend(&routine.uses);
    }
    for view in &catalog.views {
        all.extend(view.columns.iter().map(|column| column.data_type.type_oid));
        all.extend(view.uses.iter().map(|used| used.oid));
    }
    all.extend(catalog.sequences.iter().filter_map(|sequence| sequence.owned_by.as_ref().map(|owner| owner.table)));
    all
}

/// The view that was dropped in this transaction and came again under its name: it holds nothing that could be lost.
fn made_again<'a>(raw: &RawView, known: &'a BTreeMap<u32, Known>, happened: &Happened) -> Option<&'a Known> {
    if known.contains_key(&raw.oid) {
        return None;
    }
    happened.dropped.iter().filter_map(|oid| known.get(oid)).find(|known| match &known.object {
        Object::View(view) => view.name == raw.name && view.materialized == raw.materialized,
        _ => false,
    })
}

struct Resolver<'a> {
    ids: &'a BTreeMap<u32, ObjectId>,
    known: &'a BTreeMap<u32, Known>,
    happened: &'a Happened,
    /// Tables that lost a column, or have one of another type: no view that reads it can have stood by.
    altered: BTreeSet<u32>,
}

impl Resolver<'_> {
    /// Of those that the ledger has, or gets with this entry; in order, each once.
    fn ids(&self, oids: impl IntoIterator<Item = u32>) -> Vec<ObjectId> {
        let ids: BTreeSet<ObjectId> = oids.into_iter().filter_map(|oid| self.ids.get(&oid).copied()).collect();
        ids.into_iter().collect()
    }

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
}
