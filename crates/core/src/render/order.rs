//! What comes before what: dependencies first, then kinds and names, so that equal schemas give equal statements.

use std::collections::{BTreeMap, BTreeSet};

use crate::diff::Objects;
use crate::model::{Object, ObjectId};

/// Where a kind stands among objects that do not depend on one another.
pub fn rank(object: &Object) -> u8 {
    match object {
        Object::Schema(_) => 0,
        Object::Extension(_) => 1,
        Object::Enum(_) => 2,
        Object::Sequence(_) => 3,
        Object::Composite(_) => 4,
        Object::Range(_) => 5,
        Object::Routine(_) => 6,
        Object::Domain(_) => 7,
        Object::Table(_) => 8,
        Object::View(_) => 9,
    }
}

/// Schema, name, and what else tells an object from others of its kind.
pub fn sort_name(object: &Object) -> (&str, &str, &str) {
    match object {
        Object::Schema(schema) => (&schema.name, "", ""),
        Object::Extension(extension) => (&extension.name, "", ""),
        other => {
            let arguments = match other {
                Object::Routine(routine) => &*routine.arguments,
                _ => "",
            };
            other.qualified_name().map_or(("", "", arguments), |name| (&name.schema, &name.name, arguments))
        }
    }
}

/// These objects, each after those of them that it needs.
pub fn by_need(ids: &BTreeSet<ObjectId>, objects: &Objects) -> Vec<ObjectId> {
    let mut sorted: Vec<(ObjectId, &Object)> = ids.iter().filter_map(|id| Some((*id, objects.get(id)?))).collect();
    sorted.sort_by_key(|(_, object)| (rank(object), sort_name(object)));
    let place: BTreeMap<ObjectId, usize> = sorted.iter().enumerate().map(|(i, (id, _))| (*id, i)).collect();
    let mut visit = Visit { sorted: &sorted, place: &place, seen: vec![false; sorted.len()], out: Vec::new() };
    (0..sorted.len()).for_each(|i| visit.visit(i));
    visit.out
}

struct Visit<'a> {
    sorted: &'a [(ObjectId, &'a Object)],
    place: &'a BTreeMap<ObjectId, usize>,
    seen: Vec<bool>,
    out: Vec<ObjectId>,
}

impl Visit<'_> {
    /// Routines may call one another in a circle; nothing else can.
    fn visit(&mut self, i: usize) {
        if std::mem::replace(&mut self.seen[i], true) {
            return;
        }
        let (id, object) = self.sorted[i];
        let mut needs: Vec<usize> = object.needs().iter().filter_map(|need| self.place.get(need).copied()).collect();
        needs.sort_unstable();
        needs.into_iter().for_each(|need| self.visit(need));
        self.out.push(id);
    }
}
