//! What comes along with tables and views: the types, sequences, routines, schemas and extensions that they need.

use std::collections::{BTreeMap, BTreeSet};

use super::Scope;
use crate::catalog::{Catalog, RawSequence, RawTable};
use crate::entry::Asked;
use crate::identify::{oids, Known};

/// Leaves the routines and extensions that something needs, and of the types, sequences and schemas, if only what is published is distributed,
/// those. What clients have once, they keep, until the scope is changed.
pub fn leave_needed(catalog: &mut Catalog, known: &BTreeMap<u32, Known>, asked: &Asked, scope: &Scope) {
    let all_come = scope.published.is_none();
    // What was not read may need it.
    let unseen = match asked {
        Asked::Only(_) => true,
        Asked::EverythingBut(unread) => !unread.is_empty(),
    };
    let keeps = |oid: u32| known.contains_key(&oid) && (unseen || !scope.afresh);
    let needed = needed(catalog, |oid| all_come || keeps(oid), keeps);
    let comes = |oid: u32| all_come || needed.contains(&oid) || keeps(oid);

    catalog.routines.retain(|raw| needed.contains(&raw.oid));
    catalog.enums.retain(|raw| comes(raw.oid));
    catalog.domains.retain(|raw| comes(raw.oid));
    catalog.composites.retain(|raw| comes(raw.oid));
    catalog.ranges.retain(|raw| comes(raw.oid));
    let tables: BTreeMap<u32, BTreeSet<i16>> =
        catalog.tables.iter().map(|t| (t.oid, t.columns.iter().map(|c| c.attnum).collect())).collect();
    catalog.sequences.retain(|raw| {
        needed.contains(&raw.oid)
            || match &raw.owned_by {
                Some(_) => {
                    known.contains_key(&raw.oid) && unseen || comes_with_owner(raw, &tables, known, asked, scope)
                }
                None => !scope.excludes(&raw.name) && (all_come || keeps(raw.oid)),
            }
    });
    let there: BTreeSet<u32> = oids(catalog).collect();
    catalog.extensions.retain(|extension| extension.needed_by.iter().any(|oid| there.contains(oid)));
    if !all_come {
        let used: BTreeSet<String> = schemas(catalog).map(str::to_owned).collect();
        catalog.schemas.retain(|schema| used.contains(&schema.name) || keeps(schema.oid));
    }
}

/// The types, sequences and routines that tables and views need, and that were not read with them.
pub fn beyond(catalog: &Catalog) -> BTreeSet<u32> {
    let there: BTreeSet<u32> = oids(catalog).collect();
    let defaults = catalog.tables.iter().flat_map(|table| &table.columns).filter_map(|column| column.default.as_ref());
    let by_views = catalog.views.iter().flat_map(|view| &view.uses).filter(|used| !used.is_relation());
    let all = (catalog.tables.iter().flat_map(|table| &table.uses).map(|used| &used.oid))
        .chain(defaults.flat_map(|default| &default.sequences))
        .chain(by_views.map(|used| &used.oid))
        .chain(catalog.domains.iter().flat_map(|domain| &domain.types))
        .chain(catalog.routines.iter().flat_map(|routine| &routine.uses));
    all.copied().filter(|oid| !there.contains(oid)).collect()
}

/// A sequence goes where the column goes that owns it.
fn comes_with_owner(
    raw: &RawSequence,
    tables: &BTreeMap<u32, BTreeSet<i16>>,
    known: &BTreeMap<u32, Known>,
    asked: &Asked,
    scope: &Scope,
) -> bool {
    let Some(owner) = &raw.owned_by else { return false };
    match tables.get(&owner.table) {
        Some(columns) => columns.contains(&owner.attnum),
        None if !scope.holds(owner.table, &owner.table_name) => false,
        None => match known.get(&owner.table).filter(|_| !asked.covers(owner.table)) {
            Some(table) => table.identity.columns.contains_key(&owner.attnum),
            // The table is one that clients cannot have.
            None => scope.published.is_none(),
        },
    }
}

/// All that tables and views need, and types and routines that come for another reason, from one to the next.
fn needed(catalog: &Catalog, type_comes: impl Fn(u32) -> bool, routine_comes: impl Fn(u32) -> bool) -> BTreeSet<u32> {
    let mut edges: BTreeMap<u32, Vec<u32>> = BTreeMap::new();
    let mut open: Vec<u32> = Vec::new();
    for table in &catalog.tables {
        open.extend(of_table(table));
    }
    for view in &catalog.views {
        open.extend(view.uses.iter().map(|used| used.oid));
        open.extend(view.columns.iter().map(|column| column.data_type.type_oid));
    }
    for raw in &catalog.domains {
        let needs = [raw.type_oid].into_iter().chain(raw.uses.iter().copied()).chain(raw.types.iter().copied());
        edges.insert(raw.oid, needs.collect());
    }
    for raw in &catalog.composites {
        edges.insert(raw.oid, raw.attributes.iter().map(|attribute| attribute.data_type.type_oid).collect());
    }
    for raw in &catalog.ranges {
        let needs = [raw.subtype.type_oid].into_iter().chain(raw.uses.iter().copied());
        edges.insert(raw.oid, needs.collect());
    }
    open.extend(edges.keys().copied().filter(|oid| type_comes(*oid)));
    for raw in &catalog.routines {
        edges.insert(raw.oid, raw.uses.clone());
        open.extend(Some(raw.oid).filter(|oid| routine_comes(*oid)));
    }
    let mut needed = BTreeSet::new();
    while let Some(oid) = open.pop() {
        if needed.insert(oid) {
            open.extend(edges.get(&oid).into_iter().flatten());
        }
    }
    needed
}

fn of_table(table: &RawTable) -> impl Iterator<Item = u32> + '_ {
    let defaults = || table.columns.iter().filter_map(|column| column.default.as_ref());
    let types = table.columns.iter().map(|column| column.type_oid).chain(table.uses.iter().map(|used| used.oid));
    let sequences = defaults().flat_map(|default| default.sequences.iter().copied());
    let routines = defaults()
        .flat_map(|default| &default.uses)
        .chain(table.constraints.iter().flat_map(|constraint| &constraint.uses))
        .chain(table.indexes.iter().flat_map(|index| &index.uses))
        .chain(table.partition_key.iter().flat_map(|key| &key.uses));
    types.chain(table.of_type.iter().map(|of| of.type_oid)).chain(sequences).chain(routines.copied())
}

/// The schemas that objects are in, as often as they are.
pub fn schemas(catalog: &Catalog) -> impl Iterator<Item = &str> + '_ {
    let names = catalog
        .enums
        .iter()
        .map(|raw| &raw.name)
        .chain(catalog.domains.iter().map(|raw| &raw.name))
        .chain(catalog.composites.iter().map(|raw| &raw.name))
        .chain(catalog.ranges.iter().flat_map(|raw| [&raw.name].into_iter().chain(&raw.multirange_name)))
        .chain(catalog.sequences.iter().map(|raw| &raw.name))
        .chain(catalog.routines.iter().map(|raw| &raw.name))
        .chain(catalog.tables.iter().map(|raw| &raw.name))
        .chain(catalog.views.iter().map(|raw| &raw.name));
    let extensions = catalog.extensions.iter().map(|extension| &*extension.schema);
    names.map(|name| &*name.schema).chain(extensions)
}
