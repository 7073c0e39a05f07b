//! Tables.

use std::collections::{BTreeMap, BTreeSet};

use super::parts::{constraint_part, same_columns, Parts};
use super::{Identity, Known, Resolver, Rewrite};
use crate::catalog::{Catalog, RawColumn, RawConstraint, RawTable};
use crate::model::{
    Column, ColumnValue, Constraint, DataType, Fill, Index, Object, ObjectId, Parent, PartId, PartitionKey, Table,
};

impl Resolver<'_> {
    pub fn table(&self, raw: &RawTable) -> Option<Known> {
        let id = *self.ids.get(&raw.oid)?;
        let before = self.known.get(&raw.oid);
        let known = before.and_then(|known| match &known.object {
            Object::Table(table) => Some((table, &known.identity)),
            _ => None,
        });
        let mut parts = Parts {
            next: known.map_or(1, |(table, _)| table.next_part),
            retyped: known.is_some_and(|(table, identity)| retyped(raw, table, identity)),
            claimed: known.map(|(_, identity)| self.claimed(raw, identity)).unwrap_or_default(),
            identity: Identity::default(),
        };
        parts.identity.natts = raw.natts;
        let mut columns: Vec<Column> =
            raw.columns.iter().map(|column| self.column(raw, column, known, &mut parts)).collect();
        // In the order in which clients got them: one that a publication lets in later comes last.
        columns.sort_by_key(|column| column.id);
        let constraints =
            raw.constraints.iter().map(|constraint| self.constraint(constraint, known, &mut parts)).collect();
        let known_indexes = known.map(|(table, identity)| (&table.indexes[..], identity));
        let mut indexes: Vec<Index> =
            raw.indexes.iter().map(|index| self.index(index, known_indexes, &mut parts)).collect();
        parts.keep_leaving(&mut indexes, &raw.leaving, known_indexes);
        let table = Table {
            name: raw.name.clone(),
            unlogged: raw.unlogged,
            partition_key: raw.partition_key.as_ref().map(|key| PartitionKey {
                definition: key.definition.clone(),
                uses: self.ids(key.uses.iter().copied()),
            }),
            parents: raw
                .parents
                .iter()
                .filter_map(|parent| {
                    Some(Parent {
                        table: *self.ids.get(&parent.oid)?,
                        name: parent.name.clone(),
                        bound: parent.bound.clone(),
                    })
                })
                .collect(),
            of_type: raw.of_type.as_ref().map(|data_type| self.data_type(data_type)),
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
            multirange: raw.multirange,
        };
        let value = match (&raw.identity, &raw.default) {
            (Some(identity), _) => ColumnValue::Identity {
                always: identity.always,
                sequence: identity.sequence.clone(),
                options: identity.options.clone(),
                unlogged: identity.unlogged,
            },
            (None, Some(default)) => {
                let uses = self.ids(default.uses.iter().copied());
                parts.default(default, uses, before, known.map(|(_, identity)| identity))
            }
            (None, None) => ColumnValue::None,
        };
        let fill = match before {
            Some(column) => column.fill.clone(),
            None if known.is_none() => Fill::None,
            // The publication left it out: rows hold whatever they were given.
            None if known.is_some_and(|(_, identity)| raw.attnum <= identity.natts) => Fill::Unknown,
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
        let uses = self.ids(raw.uses.iter().copied());
        let before = known.and_then(|(table, identity)| {
            let by_oid = identity.constraints.get(&raw.oid);
            let same = |c: &&Constraint| {
                !parts.claimed.contains(&c.id)
                    && c.name == raw.name
                    && c.kind == raw.kind
                    && (raw.validated || !c.validated)
                    && same_columns(&raw.columns, &c.columns, identity)
                    && c.references == raw.references.and_then(|oid| self.ids.get(&oid).copied())
                    && c.uses == uses
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
        constraint_part(id, raw, parts.column_ids(&raw.columns), references, uses)
    }

    /// Which index of a partitioned table an index of its partition is part of.
    pub fn parts_of_indexes(&self, catalog: &Catalog, tables: &mut [Known]) {
        let is_part = |raw: &&RawTable| raw.indexes.iter().any(|index| index.parent.is_some());
        let raws: BTreeMap<u32, &RawTable> = catalog.tables.iter().filter(is_part).map(|raw| (raw.oid, raw)).collect();
        if raws.is_empty() {
            return;
        }
        let of_found = tables.iter().flat_map(|known| &known.identity.indexes);
        let of_known = self.known.values().flat_map(|known| &known.identity.indexes);
        let all: BTreeMap<u32, PartId> = of_known.chain(of_found).map(|(oid, id)| (*oid, *id)).collect();
        for known in tables {
            let Some(raw) = raws.get(&known.oid) else { continue };
            let Object::Table(table) = &mut known.object else { continue };
            for raw in raw.indexes.iter().filter(|raw| raw.parent.is_some()) {
                let id = known.identity.indexes.get(&raw.oid);
                if let Some(index) = table.indexes.iter_mut().find(|index| Some(&index.id) == id) {
                    index.part_of = raw.parent.and_then(|parent| all.get(&parent).copied());
                }
            }
        }
    }

    /// A partitioned table has no rows of its own: what they hold is read off its partitions.
    pub fn as_partitions_say(&self, tables: &mut [Known]) {
        let mut said: BTreeMap<(ObjectId, String), Vec<(Fill, bool)>> = BTreeMap::new();
        let parents: BTreeMap<ObjectId, Vec<ObjectId>> = tables
            .iter()
            .filter_map(|known| Some((known.id, known.object.as_table()?.parents.iter().map(|p| p.table).collect())))
            .collect();
        for known in tables.iter() {
            let Some(before) = self.known.get(&known.oid).and_then(|before| before.object.as_table()) else { continue };
            let Some(table) = known.object.as_table().filter(|table| table.is_partition()) else { continue };
            if table.partition_key.is_some() {
                continue;
            }
            for column in &table.columns {
                let was = before.columns.iter().find(|c| c.id == column.id);
                let rewritten = was.is_some_and(|was| was.values_version != column.values_version);
                let mut ancestor = known.id;
                while let Some([parent]) = parents.get(&ancestor).map(Vec::as_slice) {
                    said.entry((*parent, column.name.clone())).or_default().push((column.fill.clone(), rewritten));
                    ancestor = *parent;
                }
            }
        }
        for known in tables {
            let before = self.known.get(&known.oid).and_then(|before| before.object.as_table());
            let (Object::Table(table), Some(before)) = (&mut known.object, before) else { continue };
            if table.partition_key.is_none() {
                continue;
            }
            for column in &mut table.columns {
                let told = said.get(&(known.id, column.name.clone())).map(Vec::as_slice).unwrap_or_default();
                let existed = before.columns.iter().any(|c| c.id == column.id);
                if existed {
                    column.values_version += u32::from(told.iter().any(|(_, rewritten)| *rewritten));
                } else {
                    column.fill = match told {
                        [] => Fill::None,
                        [(first, _), rest @ ..] if rest.iter().all(|(fill, _)| fill == first) => first.clone(),
                        _ => Fill::Unknown,
                    };
                }
            }
        }
    }

    /// Constraints and indexes that nothing new can be.
    fn claimed(&self, raw: &RawTable, identity: &Identity) -> BTreeSet<PartId> {
        let constraints = raw.constraints.iter().filter_map(|constraint| identity.constraints.get(&constraint.oid));
        let indexes = raw.indexes.iter().filter_map(|index| identity.indexes.get(&index.oid));
        // An index of a partitioned table that is dropped takes along those of the partitions, which come again under other names.
        let in_family = raw.partition_key.is_some() || raw.parents.iter().any(|parent| parent.bound.is_some());
        let went = |(oid, _): &(&u32, &PartId)| in_family && self.happened.dropped.contains(oid);
        let dropped = identity.indexes.iter().filter(went).map(|(_, id)| id);
        constraints.chain(indexes).chain(dropped).copied().collect()
    }
}

/// Whether a column that stays has another type: the server then makes its defaults, constraints and indexes anew.
fn retyped(raw: &RawTable, table: &Table, identity: &Identity) -> bool {
    raw.columns.iter().any(|column| {
        let before = identity.columns.get(&column.attnum).and_then(|id| table.columns.iter().find(|c| c.id == *id));
        before.is_some_and(|before| before.data_type.name != column.type_name || before.collation != column.collation)
    })
}

/// Whether a table lost a column, or has one of another type.
pub fn altered(raw: &RawTable, known: &BTreeMap<u32, Known>) -> bool {
    let Some(before) = known.get(&raw.oid) else { return false };
    let lost = before.identity.columns.keys().any(|attnum| raw.columns.iter().all(|column| column.attnum != *attnum));
    lost || before.object.as_table().is_some_and(|table| retyped(raw, table, &before.identity))
}
