//! A ledger whose entries came to another cluster, by a dump: its objects are found again by their names.

use std::collections::{BTreeMap, BTreeSet};

use crate::catalog::{Catalog, RawConstraint, RawIndex, RawTable, RawView};
use crate::change::Change;
use crate::diff::{diff, Objects};
use crate::expression::settled;
use crate::identify::{identify, Happened, Identity, Known};
use crate::model::{ColumnValue, Constraint, Domain, Index, Object, ObjectId, Table, View};
use crate::schema_hash::SchemaSum;
use crate::trace::Named;

/// What a ledger's objects are in these catalogs.
pub struct Adopted {
    /// All objects of the ledger. One that is not there has an OID that nothing has.
    pub known: Vec<Known>,
    /// Whether the catalogs hold exactly the schema of the ledger.
    pub same: bool,
}

/// Finds the objects at a ledger's head in the catalogs.
pub fn adopt(catalog: &Catalog, objects: &Objects) -> Adopted {
    let bound = bind(catalog, objects);
    let found = identify(catalog, &bound, &Happened::default(), u64::MAX);
    let now: Objects = found.iter().map(|known| (known.id, known.object.clone())).collect();
    let places: BTreeMap<ObjectId, &Known> = found.iter().map(|known| (known.id, known)).collect();
    let mut nowhere = u32::MAX;
    let known = objects.iter().map(|(id, object)| match places.get(id) {
        Some(now) => Known { object: object.clone(), ..(*now).clone() },
        None => {
            nowhere -= 1;
            Known { id: *id, oid: nowhere + 1, object: object.clone(), identity: Identity::default() }
        }
    });
    let known = known.collect();
    // Of extensions only what something needs is read.
    let without_extensions = |objects: &Objects| -> Objects {
        objects.iter().filter(|(_, o)| !matches!(o, Object::Extension(_))).map(|(id, o)| (*id, o.clone())).collect()
    };
    let changes = diff(&without_extensions(objects), &without_extensions(&now), &BTreeSet::new());
    let same = changes.iter().all(|change| matches!(change, Change::Refresh { .. }))
        && SchemaSum::of(now.values()) == SchemaSum::of(objects.values());
    Adopted { known, same }
}

/// What the ledger would hold for these OIDs. Parts whose text is another one are not the same.
fn bind(catalog: &Catalog, objects: &Objects) -> BTreeMap<u32, Known> {
    let by_name: BTreeMap<Named, (ObjectId, &Object)> =
        objects.iter().filter_map(|(id, object)| Some((Named::of(object)?, (*id, object)))).collect();
    let extensions = objects.iter().filter_map(|(id, object)| match object {
        Object::Extension(extension) => Some((&extension.name, (*id, object))),
        _ => None,
    });
    let extensions: BTreeMap<&String, (ObjectId, &Object)> = extensions.collect();
    // What the catalogs have is named as the ledger names it: by way of the same models.
    let nameless = identify(catalog, &BTreeMap::new(), &Happened::default(), u64::MAX);
    let places = Places::of(catalog);
    let one = |now: Known| {
        let (id, object) = *match &now.object {
            Object::Extension(extension) => extensions.get(&extension.name)?,
            object => by_name.get(&Named::of(object)?)?,
        };
        let identity = places.identity(now.oid, object)?;
        Some((now.oid, Known { id, oid: now.oid, object: object.clone(), identity }))
    };
    nameless.into_iter().filter_map(one).collect()
}

/// The objects with parts, by OID.
struct Places<'a> {
    catalog: &'a Catalog,
    tables: BTreeMap<u32, &'a RawTable>,
    views: BTreeMap<u32, &'a RawView>,
}

impl<'a> Places<'a> {
    fn of(catalog: &'a Catalog) -> Self {
        Places {
            catalog,
            tables: catalog.tables.iter().map(|raw| (raw.oid, raw)).collect(),
            views: catalog.views.iter().map(|raw| (raw.oid, raw)).collect(),
        }
    }

    /// Where the parts of an object are; `None` when the catalogs hold something else under its name.
    fn identity(&self, oid: u32, object: &Object) -> Option<Identity> {
        Some(match object {
            Object::Table(table) => of_table(self.tables.get(&oid)?, table),
            Object::View(view) => {
                of_view(self.views.get(&oid).filter(|raw| raw.materialized == view.materialized)?, view)
            }
            Object::Domain(domain) => {
                let raw = self.catalog.domains.iter().find(|raw| raw.oid == oid)?;
                Identity {
                    constraints: constraints(&raw.constraints, &domain_constraints(domain)),
                    ..Identity::default()
                }
            }
            Object::Composite(composite) => {
                let raw = self.catalog.composites.iter().find(|raw| raw.oid == oid)?;
                let id = |name: &str| composite.attributes.iter().find(|a| a.name == name).map(|a| a.id);
                let columns = raw.attributes.iter().filter_map(|raw| Some((raw.attnum, id(&raw.name)?)));
                Identity { columns: columns.collect(), ..Identity::default() }
            }
            Object::Routine(routine) => {
                let raw = self.catalog.routines.iter().find(|raw| raw.oid == oid)?;
                let same = alike(&raw.definition, &routine.definition);
                Identity { written: same.then(|| raw.written.clone()), ..Identity::default() }
            }
            Object::Schema(_) | Object::Extension(_) | Object::Enum(_) | Object::Range(_) | Object::Sequence(_) => {
                Identity::default()
            }
        })
    }
}

fn alike(one: &str, other: &str) -> bool {
    settled(one) == settled(other)
}

fn of_table(raw: &RawTable, table: &Table) -> Identity {
    let mut identity = Identity { natts: raw.natts, ..Identity::default() };
    for raw in &raw.columns {
        let Some(column) = table.columns.iter().find(|column| column.name == raw.name) else { continue };
        identity.columns.insert(raw.attnum, column.id);
        if let (Some(default), ColumnValue::Default { id, sql, .. } | ColumnValue::Generated { id, sql, .. }) =
            (&raw.default, &column.value)
        {
            if alike(&default.sql, sql) {
                identity.defaults.insert(default.oid, *id);
            }
        }
    }
    identity.constraints = constraints(&raw.constraints, &table.constraints.iter().collect::<Vec<_>>());
    identity.indexes = indexes(&raw.indexes, &table.indexes);
    identity
}

fn of_view(raw: &RawView, view: &View) -> Identity {
    let id = |name: &str| view.columns.iter().find(|column| column.name == name).map(|column| column.id);
    Identity {
        columns: raw.columns.iter().filter_map(|raw| Some((raw.attnum, id(&raw.name)?))).collect(),
        indexes: indexes(&raw.indexes, &view.indexes),
        written: alike(&raw.query, &view.query).then(|| raw.written.clone()),
        ..Identity::default()
    }
}

fn domain_constraints(domain: &Domain) -> Vec<&Constraint> {
    domain.constraints.iter().collect()
}

fn constraints(raw: &[RawConstraint], known: &[&Constraint]) -> BTreeMap<u32, u32> {
    let same = |raw: &RawConstraint| {
        known.iter().find(|c| c.name == raw.name && c.kind == raw.kind && alike(&c.definition, &raw.definition))
    };
    raw.iter().filter_map(|raw| Some((raw.oid, same(raw)?.id))).collect()
}

fn indexes(raw: &[RawIndex], known: &[Index]) -> BTreeMap<u32, u32> {
    let text = |predicate: &Option<String>| predicate.clone().unwrap_or_default();
    let same = |raw: &RawIndex| {
        known.iter().find(|index| {
            index.name == raw.name
                && index.unique == raw.unique
                && alike(&index.definition, &raw.definition)
                && alike(&text(&index.predicate), &text(&raw.predicate))
        })
    };
    raw.iter().filter_map(|raw| Some((raw.oid, same(raw)?.id))).collect()
}
