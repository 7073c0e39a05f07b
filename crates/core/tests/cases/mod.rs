//! Cases of classification and replay, by what they are about.

use std::collections::BTreeSet;

use electric_schema_core::diff::Objects;
use electric_schema_core::model::{Object, ObjectId};

use crate::common::build::Base;

mod family;
mod routines;
mod types;
mod views;

/// A case: its name, what stands before, what is done, the verdict (`effects: reasons`, empty when additive), the replay.
pub type Case = (&'static str, fn(&mut Base), fn(&mut Base), &'static str, &'static [&'static str]);

/// The cases of this folder.
pub const ALL: [&[Case]; 4] = [family::CASES, routines::CASES, types::CASES, views::CASES];

pub fn as_it_is(_: &mut Base) {}

pub fn done<T>(_: T) {}

/// Partitions that stand beside a default one, as the catalogs tell.
pub fn beside_default(objects: &Objects) -> BTreeSet<ObjectId> {
    let tables = || objects.iter().filter_map(|(id, object)| Some((*id, object.as_table()?)));
    let bounds =
        |table: ObjectId| tables().flat_map(move |(_, t)| t.parents.iter().filter(move |parent| parent.table == table));
    let beside = |id: ObjectId, object: &Object| {
        let own = object.as_table().and_then(|table| table.parents.first())?;
        let others =
            bounds(own.table).any(|other| other.bound != own.bound && other.bound.as_deref() == Some("DEFAULT"));
        others.then_some(id)
    };
    objects.iter().filter_map(|(id, object)| beside(*id, object)).collect()
}
