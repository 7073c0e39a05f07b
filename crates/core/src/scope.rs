//! Which objects reach clients: all of the user's, but the migration tools' own bookkeeping.

use crate::catalog::Catalog;
use crate::model::QualifiedName;

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

/// Leaves what clients get.
pub fn distributed(mut catalog: Catalog) -> Catalog {
    catalog.schemas.retain(|schema| !BOOKKEEPING_SCHEMAS.contains(&&*schema.name));
    catalog.enums.retain(|raw| !BOOKKEEPING_SCHEMAS.contains(&&*raw.name.schema));
    catalog.domains.retain(|raw| !BOOKKEEPING_SCHEMAS.contains(&&*raw.name.schema));
    catalog.tables.retain(|table| !is_bookkeeping(&table.name));
    catalog.sequences.retain(|sequence| {
        !BOOKKEEPING_SCHEMAS.contains(&&*sequence.name.schema)
            && sequence.owned_by.as_ref().is_none_or(|owner| !is_bookkeeping(&owner.table_name))
    });
    catalog
}
