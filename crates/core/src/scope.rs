//! Which objects reach clients: all of the user's, or what is published, but nothing that is excluded, and no tool's own bookkeeping.

use std::collections::{BTreeMap, BTreeSet};

use crate::catalog::{Catalog, RawNeed, RawTable, RawView, Unsupported};
use crate::entry::Asked;
use crate::identify::{oids, Known};
use crate::model::QualifiedName;
use crate::quote::qualified;

mod columns;
mod needs;
mod pattern;

pub use columns::Columns;
pub use needs::{beyond, schemas};
pub use pattern::Pattern;

/// Schemas that hold nothing but a tool's bookkeeping.
const BOOKKEEPING_SCHEMAS: [&str; 1] = ["drizzle"];

/// Tables in which migration tools keep what they have applied, in whatever schema.
const BOOKKEEPING_TABLES: [&str; 27] = [
    "__EFMigrationsHistory",
    "__diesel_schema_migrations",
    "__drizzle_migrations",
    "_prisma_migrations",
    "_sqlx_migrations",
    "alembic_version",
    "ar_internal_metadata",
    "atlas_schema_revisions",
    "databasechangelog",
    "databasechangeloglock",
    "django_migrations",
    "flyway_schema_history",
    "goose_db_version",
    "knex_migrations",
    "knex_migrations_lock",
    "kysely_migration",
    "kysely_migration_lock",
    "mikro_orm_migrations",
    "pgmigrations",
    "phinxlog",
    "refinery_schema_history",
    "schema_migrations",
    "schemaversion",
    "seaql_migrations",
    "sequelize_meta",
    "SequelizeMeta",
    "typeorm_metadata",
];

/// Which tables reach clients, as the server's settings and its publication have it.
#[derive(Debug, Clone, Default)]
pub struct Scope {
    /// The published tables by OID, each with its columns. `None`: all tables are distributed, published or not.
    pub published: Option<BTreeMap<u32, Columns>>,
    /// Relations that are left out all the same.
    pub excluded: Vec<Pattern>,
    /// Of partitions the partitioned table that they are part of in the end: they go where it goes.
    pub roots: BTreeMap<u32, Root>,
    /// The scope was changed just now, so that clients keep nothing for the sake of having it.
    pub afresh: bool,
}

/// A partitioned table that is no partition itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Root {
    /// pg_class.oid
    pub oid: u32,
    /// Its name.
    pub name: QualifiedName,
}

impl Scope {
    /// Whether a table is distributed, if clients can have it.
    pub fn holds(&self, oid: u32, name: &QualifiedName) -> bool {
        let (root, root_name) = self.roots.get(&oid).map_or((oid, name), |root| (root.oid, &root.name));
        !is_bookkeeping(name)
            && !self.excludes(root_name)
            && self.published.as_ref().is_none_or(|published| published.contains_key(&root))
    }

    fn excludes(&self, name: &QualifiedName) -> bool {
        BOOKKEEPING_SCHEMAS.contains(&&*name.schema) || self.excluded.iter().any(|pattern| pattern.matches(name))
    }

    /// The columns that a table's publication is limited to.
    fn columns(&self, oid: u32) -> Option<&BTreeSet<String>> {
        let root = self.roots.get(&oid).map_or(oid, |root| root.oid);
        match self.published.as_ref()?.get(&root)? {
            Columns::All => None,
            Columns::Only(names) => Some(names),
        }
    }
}

/// Whether a table is a migration tool's own.
pub fn is_bookkeeping(table: &QualifiedName) -> bool {
    BOOKKEEPING_SCHEMAS.contains(&&*table.schema) || BOOKKEEPING_TABLES.contains(&&*table.name)
}

/// Leaves what clients get: nothing that is out of scope, and nothing that needs what is not there for them. `known` is what the ledger
/// holds, as far as it was asked for.
pub fn distributed(mut catalog: Catalog, known: &BTreeMap<u32, Known>, asked: &Asked, scope: &Scope) -> Catalog {
    let elsewhere = |oid: u32| known.get(&oid).filter(|_| !asked.covers(oid));
    let kept = |name: &QualifiedName| !BOOKKEEPING_SCHEMAS.contains(&&*name.schema);
    catalog.schemas.retain(|schema| !BOOKKEEPING_SCHEMAS.contains(&&*schema.name));
    catalog.enums.retain(|raw| kept(&raw.name));
    catalog.domains.retain(|raw| kept(&raw.name));
    catalog.composites.retain(|raw| kept(&raw.name));
    catalog.ranges.retain(|raw| kept(&raw.name));
    catalog.views.retain(|view| !scope.excludes(&view.name));
    catalog.tables.retain(|table| scope.holds(table.oid, &table.name));
    // What cannot be had is worth a word only where it would be had.
    catalog.unsupported.retain(|thing| match &thing.name {
        Some(name) if thing.is_table() => scope.holds(thing.oid, name),
        Some(name) if thing.is_view() => !scope.excludes(name),
        _ => true,
    });
    columns::limit(&mut catalog, scope);
    without_circles(&mut catalog);
    while !everything_is_there(&mut catalog, known, asked, scope) {}
    columns::foreign_keys(&mut catalog, &elsewhere);
    needs::leave_needed(&mut catalog, known, asked, scope);
    let there: BTreeSet<u32> = oids(&catalog).collect();
    for sequence in &mut catalog.sequences {
        let owned_by = sequence.owned_by.take();
        sequence.owned_by = owned_by.filter(|owner| there.contains(&owner.table) || elsewhere(owner.table).is_some());
    }
    catalog
}

/// CREATE OR REPLACE VIEW can make views that read one another in a circle. Nobody can select from them, or create them in one go.
fn without_circles(catalog: &mut Catalog) {
    let mut sound: BTreeSet<u32> = BTreeSet::new();
    let views: BTreeSet<u32> = catalog.views.iter().map(|view| view.oid).collect();
    loop {
        let more: Vec<u32> = catalog
            .views
            .iter()
            .filter(|view| !sound.contains(&view.oid))
            .filter(|view| view.uses.iter().all(|used| !views.contains(&used.oid) || sound.contains(&used.oid)))
            .map(|view| view.oid)
            .collect();
        if more.is_empty() {
            break;
        }
        sound.extend(more);
    }
    let (kept, circular): (Vec<_>, Vec<_>) = catalog.views.drain(..).partition(|view| sound.contains(&view.oid));
    catalog.views = kept;
    catalog.unsupported.extend(circular.into_iter().map(|view| {
        let reason = "its query reads it again, through other views".to_owned();
        Unsupported::object(view.oid, kind_of_view(&view), &view.name, reason)
    }));
}

/// Leaves out, and says so, what needs something that is not there; `true` when there was nothing of the kind.
fn everything_is_there(catalog: &mut Catalog, known: &BTreeMap<u32, Known>, asked: &Asked, scope: &Scope) -> bool {
    let there: BTreeSet<u32> = oids(catalog).collect();
    let elsewhere = |oid: u32| known.contains_key(&oid) && !asked.covers(oid);
    let is_there = |oid: u32| there.contains(&oid) || elsewhere(oid);
    // A type that nothing needed yet was not read: whoever asked will ask again, for everything (`beyond`).
    let may_come = |used: &RawNeed| {
        scope.published.is_some() && matches!(asked, Asked::Only(_)) && !used.is_relation() || is_there(used.oid)
    };
    let noted: BTreeSet<u32> = catalog.unsupported.iter().map(|thing| thing.oid).collect();
    let tables: BTreeMap<u32, &RawTable> = catalog.tables.iter().map(|table| (table.oid, table)).collect();
    let mut gone = BTreeSet::new();
    let mut left_out = Vec::new();
    for table in &catalog.tables {
        let parent = table.parents.iter().find(|parent| !is_there(parent.oid)).map(|parent| {
            let what = if parent.bound.is_some() { "is a partition of" } else { "inherits from" };
            format!("it {what} {}, which is not distributed", qualified(&parent.name))
        });
        let partition = table.partitions.iter().find(|partition| !is_there(partition.oid));
        let partition = partition.map(|p| format!("its partition {} is not distributed", p.identity));
        let narrower = || scope.columns(table.oid).and_then(|_| columns::narrower_than_parent(table, &tables, known));
        let Some(reason) = parent.or(partition).or_else(narrower) else { continue };
        let kind = match (table.partition_key.is_some(), is_partition(table)) {
            (_, true) => "partition",
            (true, false) => "partitioned table",
            (false, false) => "table",
        };
        gone.insert(table.oid);
        left_out.push(Unsupported::object(table.oid, kind, &table.name, reason));
    }
    for view in &catalog.views {
        let missing = view.uses.iter().find(|used| !may_come(used));
        let reason = match missing {
            Some(missing) => format!("it uses {} {}, which is not distributed", missing.kind, missing.identity),
            None => match columns::unreadable(view, &tables, known, &elsewhere) {
                Some(reason) => reason,
                None => continue,
            },
        };
        gone.insert(view.oid);
        // Over what is not published it is none of the clients' business.
        let published = scope.published.is_none()
            || missing.is_none_or(|missing| !missing.is_relation() || noted.contains(&missing.oid));
        if published {
            left_out.push(Unsupported::object(view.oid, kind_of_view(view), &view.name, reason));
        }
    }
    catalog.tables.retain(|table| !gone.contains(&table.oid));
    catalog.views.retain(|view| !gone.contains(&view.oid));
    catalog.unsupported.extend(left_out);
    gone.is_empty()
}

fn kind_of_view(view: &RawView) -> &'static str {
    if view.materialized {
        "materialized view"
    } else {
        "view"
    }
}

fn is_partition(table: &RawTable) -> bool {
    table.parents.iter().any(|parent| parent.bound.is_some())
}
