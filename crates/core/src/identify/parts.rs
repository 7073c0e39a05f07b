//! The parts of an object that get their identities: columns, defaults, constraints, indexes.

use std::collections::BTreeSet;

use super::{Identity, Resolver};
use crate::catalog::{RawConstraint, RawDefault, RawIndex};
use crate::expression::without_casts;
use crate::model::{Column, ColumnValue, Constraint, Index, ObjectId, PartId};

/// The parts of a table that get their identities.
pub struct Parts {
    pub next: PartId,
    pub retyped: bool,
    /// Constraints and indexes that are still there under their OIDs: none that is new can be one of them.
    pub claimed: BTreeSet<PartId>,
    pub identity: Identity,
}

impl Parts {
    pub fn fresh(&mut self) -> PartId {
        let id = self.next;
        self.next += 1;
        id
    }

    /// Whether two definitions of one name are the same one: to the letter, or, where the server made it anew for
    /// another type of its column, but for casts. What they call must be the same, too: a routine can come again under its name.
    pub fn same_text(&self, before: &str, after: &str) -> bool {
        before == after || self.retyped && without_casts(before) == without_casts(after)
    }

    pub fn column_ids(&self, attnums: &[i16]) -> Vec<PartId> {
        attnums.iter().filter_map(|attnum| self.identity.columns.get(attnum).copied()).collect()
    }

    /// Keeps what is about to be dropped as it was, until it is: the command that drops it makes the entry.
    pub fn keep_leaving(&mut self, indexes: &mut Vec<Index>, leaving: &[u32], known: Option<(&[Index], &Identity)>) {
        let Some((known, identity)) = known else { return };
        let before = indexes.len();
        for oid in leaving {
            let index = identity.indexes.get(oid).and_then(|id| known.iter().find(|index| index.id == *id));
            // REINDEX CONCURRENTLY has put another one in its place.
            if let Some(index) = index.filter(|index| indexes.iter().all(|other| other.id != index.id)) {
                self.identity.indexes.insert(*oid, index.id);
                indexes.push(index.clone());
            }
        }
        if indexes.len() > before {
            indexes.sort_by(|a, b| a.name.cmp(&b.name));
        }
    }

    pub fn default(
        &mut self,
        raw: &RawDefault,
        uses: Vec<ObjectId>,
        before: Option<&Column>,
        identity: Option<&Identity>,
    ) -> ColumnValue {
        let before = before.and_then(|column| match &column.value {
            ColumnValue::Default { id, sql, uses, .. } if !raw.generated => Some((*id, sql, uses)),
            ColumnValue::Generated { id, sql, uses } if raw.generated => Some((*id, sql, uses)),
            _ => None,
        });
        let same_oid = identity.and_then(|identity| identity.defaults.get(&raw.oid).copied());
        let same = before.and_then(|(id, sql, called)| match same_oid {
            Some(same) if same == id => Some(id),
            _ => (self.same_text(sql, &raw.sql) && *called == uses).then_some(id),
        });
        let id = same.unwrap_or_else(|| self.fresh());
        self.identity.defaults.insert(raw.oid, id);
        match raw.generated {
            true => ColumnValue::Generated { id, sql: raw.sql.clone(), uses },
            false => ColumnValue::Default { id, sql: raw.sql.clone(), volatility: raw.volatility, uses },
        }
    }
}

/// A constraint as it was read.
pub fn constraint_part(
    id: PartId,
    raw: &RawConstraint,
    columns: Vec<PartId>,
    references: Option<ObjectId>,
    uses: Vec<ObjectId>,
) -> Constraint {
    Constraint {
        id,
        name: raw.name.clone(),
        kind: raw.kind,
        definition: raw.definition.clone(),
        columns,
        references,
        timing: raw.timing,
        validated: raw.validated,
        uses,
    }
}

impl Resolver<'_> {
    /// An index as it was read, with the identity that it has among those known, or a new one.
    pub fn index(&self, raw: &RawIndex, known: Option<(&[Index], &Identity)>, parts: &mut Parts) -> Index {
        let uses = self.ids(raw.uses.iter().copied());
        let before = known.and_then(|(indexes, identity)| match identity.indexes.get(&raw.oid) {
            Some(id) => indexes.iter().find(|index| index.id == *id),
            None => indexes.iter().find(|index| {
                let predicate = |predicate: &Option<String>| predicate.clone().unwrap_or_default();
                !parts.claimed.contains(&index.id)
                    && index.name == raw.name
                    && index.unique == raw.unique
                    && same_columns(&raw.columns, &index.columns, identity)
                    && index.uses == uses
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
            uses,
            part_of: None,
        }
    }
}

/// Whether these are the same columns, in whatever order.
pub fn same_columns(attnums: &[i16], ids: &[PartId], identity: &Identity) -> bool {
    // A column that is new is none of those that were there.
    let now: BTreeSet<Option<&PartId>> =
        attnums.iter().filter(|attnum| **attnum > 0).map(|attnum| identity.columns.get(attnum)).collect();
    now == ids.iter().map(Some).collect()
}
