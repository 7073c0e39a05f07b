//! Which objects reach clients: all of the user's, but the migration tools' own bookkeeping.

use std::collections::{BTreeMap, BTreeSet};

use crate::catalog::{Catalog, Unsupported};
use crate::entry::Asked;
use crate::identify::{oids, Known};
use crate::model::QualifiedName;
use crate::quote::qualified;

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

/// Whether a table is out of scope.
pub fn is_bookkeeping(table: &QualifiedName) -> bool {
    BOOKKEEPING_SCHEMAS.contains(&&*table.schema) || BOOKKEEPING_TABLES.contains(&&*table.name)
}

/// Leaves what clients get: nothing that a tool keeps for itself, and nothing that needs what is not there for them. `known` is what
/// the ledger holds, as far as it was asked for.
pub fn distributed(mut catalog: Catalog, known: &BTreeMap<u32, Known>, asked: &Asked) -> Catalog {
    let elsewhere = |oid: u32| known.contains_key(&oid) && !asked.covers(oid);
    let kept = |name: &QualifiedName| !BOOKKEEPING_SCHEMAS.contains(&&*name.schema);
    catalog.schemas.retain(|schema| !BOOKKEEPING_SCHEMAS.contains(&&*schema.name));
    catalog.enums.retain(|raw| kept(&raw.name));
    catalog.domains.retain(|raw| kept(&raw.name));
    catalog.composites.retain(|raw| kept(&raw.name));
    catalog.ranges.retain(|raw| kept(&raw.name));
    catalog.tables.retain(|table| !is_bookkeeping(&table.name));
    catalog.views.retain(|view| kept(&view.name));
    catalog.sequences.retain(|sequence| {
        kept(&sequence.name) && sequence.owned_by.as_ref().is_none_or(|owner| !is_bookkeeping(&owner.table_name))
    });
    needed_routines(&mut catalog, known);
    without_circles(&mut catalog);
    while !everything_is_there(&mut catalog, &elsewhere) {}
    let there: BTreeSet<u32> = oids(&catalog).collect();
    for sequence in &mut catalog.sequences {
        let owned_by = sequence.owned_by.take();
        sequence.owned_by = owned_by.filter(|owner| there.contains(&owner.table) || elsewhere(owner.table));
    }
    for table in &mut catalog.tables {
        // A foreign key to a table that clients do not have cannot be theirs.
        table.constraints.retain(|c| c.references.is_none_or(|oid| there.contains(&oid) || elsewhere(oid)));
    }
    catalog
}

/// Routines are for those that need them. One that clients have once, they keep.
fn needed_routines(catalog: &mut Catalog, known: &BTreeMap<u32, Known>) {
    let mut needed: BTreeSet<u32> =
        catalog.routines.iter().filter(|r| r.needed || known.contains_key(&r.oid)).map(|r| r.oid).collect();
    loop {
        let callers = catalog.routines.iter().filter(|routine| needed.contains(&routine.oid));
        let more: Vec<u32> = callers.flat_map(|r| r.uses.iter().copied()).filter(|oid| !needed.contains(oid)).collect();
        if more.is_empty() {
            break;
        }
        needed.extend(more);
    }
    catalog.routines.retain(|routine| needed.contains(&routine.oid));
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
    catalog.unsupported.extend(circular.into_iter().map(|view| Unsupported {
        oid: view.oid,
        kind: "view".to_owned(),
        identity: qualified(&view.name),
        reason: "its query reads it again, through other views".to_owned(),
    }));
}

/// Leaves out, and says so, what needs something that is not there; `true` when there was nothing of the kind.
fn everything_is_there(catalog: &mut Catalog, elsewhere: &impl Fn(u32) -> bool) -> bool {
    let there: BTreeSet<u32> = oids(catalog).collect();
    let is_there = |oid: u32| there.contains(&oid) || elsewhere(oid);
    let mut left_out = Vec::new();
    let mut leave_out = |oid: u32, kind: &str, name: &QualifiedName, reason: String| {
        left_out.push(Unsupported { oid, kind: kind.to_owned(), identity: qualified(name), reason });
    };
    catalog.tables.retain(|table| {
        let parent = table.parents.iter().find(|parent| !is_there(parent.oid)).map(|parent| {
            let what = if parent.bound.is_some() { "is a partition of" } else { "inherits from" };
            format!("it {what} {}, which is not distributed", qualified(&parent.name))
        });
        let partition = table.partitions.iter().find(|partition| !is_there(partition.oid));
        let partition = partition.map(|p| format!("its partition {} is not distributed", p.identity));
        let Some(reason) = parent.or(partition) else { return true };
        let kind = match (table.partition_key.is_some(), table.parents.iter().any(|parent| parent.bound.is_some())) {
            (_, true) => "partition",
            (true, false) => "partitioned table",
            (false, false) => "table",
        };
        leave_out(table.oid, kind, &table.name, reason);
        false
    });
    catalog.views.retain(|view| {
        let Some(missing) = view.uses.iter().find(|used| !is_there(used.oid)) else { return true };
        let kind = if view.materialized { "materialized view" } else { "view" };
        let reason = format!("it uses {} {}, which is not distributed", missing.kind, missing.identity);
        leave_out(view.oid, kind, &view.name, reason);
        false
    });
    let done = left_out.is_empty();
    catalog.unsupported.extend(left_out);
    done
}
