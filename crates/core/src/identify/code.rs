//! Views and routines.

use std::collections::BTreeSet;

use super::parts::Parts;
use super::{made_again, Identity, Known, Resolver};
use crate::catalog::{RawRoutine, RawView};
use crate::model::{Object, Routine, View, ViewColumn};

impl Resolver<'_> {
    pub fn routine(&self, raw: &RawRoutine) -> Option<Known> {
        let id = *self.ids.get(&raw.oid)?;
        let known = self.known.get(&raw.oid).and_then(|known| match &known.object {
            Object::Routine(routine) => Some((routine, &known.identity)),
            _ => None,
        });
        let body = known.map_or(1, |(before, identity)| {
            let same = before.definition == raw.definition || identity.written.as_ref() == Some(&raw.written);
            before.body + u32::from(!same)
        });
        let routine = Routine {
            name: raw.name.clone(),
            routine: raw.routine,
            arguments: raw.arguments.clone(),
            body,
            definition: raw.definition.clone(),
            uses: self.ids(raw.uses.iter().copied()),
        };
        let identity = Identity { written: Some(raw.written.clone()), ..Identity::default() };
        Some(Known { id, oid: raw.oid, object: Object::Routine(routine), identity })
    }

    pub fn view(&self, raw: &RawView) -> Option<Known> {
        let id = *self.ids.get(&raw.oid)?;
        let before = self.known.get(&raw.oid).or_else(|| made_again(raw, self.known, self.happened));
        let again = before.is_some_and(|before| before.oid != raw.oid);
        let known = before.and_then(|known| Some((known.object.as_view()?, &known.identity)));
        let mut parts = Parts {
            next: known.map_or(1, |(view, _)| view.next_part),
            retyped: false,
            claimed: BTreeSet::new(),
            identity: Identity { written: Some(raw.written.clone()), ..Identity::default() },
        };
        let untouched = known.is_some_and(|(_, identity)| identity.written.as_ref() == Some(&raw.written));
        // One that was replaced and is what it was may have stepped aside meanwhile.
        let stepped_aside = !untouched && raw.uses.iter().any(|used| self.altered.contains(&used.oid));
        let body = match known {
            Some((view, _)) if !again && (untouched || view.query == raw.query && !stepped_aside) => view.body,
            _ => parts.fresh(),
        };
        let columns = raw
            .columns
            .iter()
            .map(|column| {
                let id = known.and_then(|(_, identity)| identity.columns.get(&column.attnum).copied());
                let id = id.unwrap_or_else(|| parts.fresh());
                parts.identity.columns.insert(column.attnum, id);
                ViewColumn {
                    id,
                    name: column.name.clone(),
                    data_type: self.data_type(&column.data_type),
                    collation: column.collation.clone(),
                }
            })
            .collect();
        let known_indexes = known.map(|(view, identity)| (&view.indexes[..], identity));
        let indexes = raw.indexes.iter().map(|index| self.index(index, known_indexes, &mut parts)).collect();
        let view = View {
            name: raw.name.clone(),
            materialized: raw.materialized,
            columns,
            body,
            query: raw.query.clone(),
            options: raw.options.clone(),
            indexes,
            uses: self.ids(raw.uses.iter().map(|used| used.oid)),
            next_part: parts.next,
        };
        Some(Known { id, oid: raw.oid, object: Object::View(view), identity: parts.identity })
    }
}
