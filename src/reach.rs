//! How far a command reaches, and what a dropped object was: the closed lists of tags, object types and parse trees.

use crate::sys::{Node, Renamed};

/// How far a command reaches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reach {
    /// Server-side only, or told by `sql_drop`.
    Nothing,
    /// The event names all that changed.
    Named,
    /// Other objects' texts can change with it, or it names too little.
    Everything,
    /// What is published is distributed, if the scope says so.
    Publication,
}

/// Every tag of PostgreSQL 13 to 18 that fires `ddl_command_end` is listed; one that is not is of a newer server.
pub fn reach(tag: &str, node: &Node) -> Reach {
    let by_tag = reach_of_tag(tag);
    if by_tag == Reach::Nothing {
        return Reach::Nothing;
    }
    if by_tag == Reach::Publication && *node != Node::ServerSide {
        return Reach::Publication;
    }
    match node {
        Node::ServerSide => Reach::Nothing,
        Node::Rename(Renamed::Index | Renamed::Constraint) => Reach::Named,
        Node::Rename(Renamed::Other) | Node::SetSchema => Reach::Everything,
        Node::AlterEnum { renames_value: true } => Reach::Everything,
        Node::AlterEnum { renames_value: false } => Reach::Named,
        Node::AlterTable { .. } | Node::Other => by_tag,
    }
}

fn reach_of_tag(tag: &str) -> Reach {
    match tag {
        // Privileges, ownership and notes.
        "GRANT" | "REVOKE" | "ALTER DEFAULT PRIVILEGES" | "ALTER LARGE OBJECT" | "REASSIGN OWNED" | "COMMENT" | "SECURITY LABEL"
        // What stays on the server.
        | "CREATE POLICY" | "ALTER POLICY" | "CREATE TRIGGER" | "ALTER TRIGGER" | "ALTER RULE" | "CREATE STATISTICS"
        | "ALTER STATISTICS" | "CREATE SUBSCRIPTION" | "ALTER SUBSCRIPTION"
        | "CREATE FOREIGN DATA WRAPPER" | "ALTER FOREIGN DATA WRAPPER" | "CREATE SERVER" | "ALTER SERVER" | "CREATE USER MAPPING"
        | "ALTER USER MAPPING" | "CREATE ACCESS METHOD" | "ALTER ACCESS METHOD" | "CREATE LANGUAGE" | "ALTER LANGUAGE"
        | "CREATE TRANSFORM" | "ALTER TRANSFORM" | "CREATE EVENT TRIGGER" | "ALTER EVENT TRIGGER" | "REFRESH MATERIALIZED VIEW" | "LOGIN"
        // What nothing depends on when it is new.
        | "CREATE OPERATOR" | "CREATE OPERATOR CLASS" | "CREATE OPERATOR FAMILY" | "CREATE CAST" | "ALTER CAST"
        | "CREATE CONVERSION" | "ALTER CONVERSION" | "CREATE TEXT SEARCH CONFIGURATION" | "ALTER TEXT SEARCH CONFIGURATION"
        | "CREATE TEXT SEARCH DICTIONARY" | "ALTER TEXT SEARCH DICTIONARY" | "CREATE TEXT SEARCH PARSER" | "ALTER TEXT SEARCH PARSER"
        | "CREATE TEXT SEARCH TEMPLATE" | "ALTER TEXT SEARCH TEMPLATE"
        // What `sql_drop` tells, CASCADE included.
        | "DROP ACCESS METHOD" | "DROP AGGREGATE" | "DROP CAST" | "DROP COLLATION" | "DROP CONSTRAINT" | "DROP CONVERSION"
        | "DROP DOMAIN" | "DROP EVENT TRIGGER" | "DROP EXTENSION" | "DROP FOREIGN DATA WRAPPER" | "DROP FOREIGN TABLE"
        | "DROP FUNCTION" | "DROP INDEX" | "DROP LANGUAGE" | "DROP MATERIALIZED VIEW" | "DROP OPERATOR" | "DROP OPERATOR CLASS"
        | "DROP OPERATOR FAMILY" | "DROP OWNED" | "DROP POLICY" | "DROP PROCEDURE" | "DROP PUBLICATION" | "DROP ROUTINE"
        | "DROP RULE" | "DROP SCHEMA" | "DROP SEQUENCE" | "DROP SERVER" | "DROP STATISTICS" | "DROP SUBSCRIPTION" | "DROP TABLE"
        | "DROP TEXT SEARCH CONFIGURATION" | "DROP TEXT SEARCH DICTIONARY" | "DROP TEXT SEARCH PARSER"
        | "DROP TEXT SEARCH TEMPLATE" | "DROP TRANSFORM" | "DROP TRIGGER" | "DROP TYPE" | "DROP USER MAPPING" | "DROP VIEW" => Reach::Nothing,
        "CREATE PUBLICATION" | "ALTER PUBLICATION" => Reach::Publication,
        // A rule can turn a table into a view (before PostgreSQL 16). REINDEX fires from 17 on.
        "CREATE TABLE" | "ALTER TABLE" | "CREATE TABLE AS" | "SELECT INTO" | "CREATE FOREIGN TABLE" | "ALTER FOREIGN TABLE"
        | "IMPORT FOREIGN SCHEMA" | "CREATE INDEX" | "ALTER INDEX" | "REINDEX" | "CREATE RULE" | "CREATE SEQUENCE"
        | "ALTER SEQUENCE" | "CREATE TYPE" | "CREATE DOMAIN" | "ALTER DOMAIN" | "CREATE COLLATION" | "CREATE SCHEMA"
        | "CREATE EXTENSION" | "CREATE VIEW" | "ALTER VIEW" | "CREATE MATERIALIZED VIEW" | "ALTER MATERIALIZED VIEW"
        | "CREATE FUNCTION" | "ALTER FUNCTION" | "CREATE PROCEDURE" | "ALTER PROCEDURE" | "CREATE ROUTINE" | "ALTER ROUTINE"
        | "CREATE AGGREGATE" | "ALTER AGGREGATE" => Reach::Named,
        "ALTER TYPE" | "ALTER SCHEMA" | "ALTER EXTENSION" | "ALTER COLLATION" | "ALTER OPERATOR" | "ALTER OPERATOR CLASS"
        | "ALTER OPERATOR FAMILY" | "CREATE CONSTRAINT" | "ALTER CONSTRAINT" => Reach::Everything,
        _ => Reach::Everything,
    }
}

/// Commands on a table that also change its partitions and children, or on an index that also make indexes on them.
pub fn reaches_descendants(tag: &str) -> bool {
    matches!(tag, "ALTER TABLE" | "ALTER FOREIGN TABLE" | "CREATE INDEX" | "ALTER INDEX" | "REINDEX")
}

/// What a dropped object was.
pub enum Dropping {
    /// Nothing that a model holds.
    ServerSide,
    /// An object of its own.
    Object,
    /// A table, whose parents nobody knows any more.
    Table,
    /// An index, whose table only the ledger still knows.
    Index,
    /// An object of a kind that no client gets.
    Undistributed,
    /// A column.
    Column,
    /// A part that names its table.
    PartOfTable,
    /// A constraint of a domain.
    PartOfDomain,
    /// A publication, or what is in it.
    Publication,
}

/// By the names of `pg_event_trigger_dropped_objects()`; a kind of a newer server counts as an object.
pub fn dropped_kind(object_type: &str) -> Dropping {
    match object_type {
        "trigger"
        | "policy"
        | "rule"
        | "statistics object"
        | "subscription"
        | "event trigger"
        | "default acl"
        | "user mapping"
        | "server"
        | "foreign-data wrapper"
        | "language"
        | "transform"
        | "access method"
        | "cast"
        | "conversion"
        | "text search parser"
        | "text search dictionary"
        | "text search template"
        | "text search configuration"
        | "toast table"
        | "toast table column"
        | "large object"
        | "operator of access method"
        | "function of access method"
        | "operator class"
        | "operator family"
        | "operator" => Dropping::ServerSide,
        "publication" | "publication relation" | "publication namespace" => Dropping::Publication,
        "foreign table" | "aggregate" => Dropping::Undistributed,
        "table column"
        | "foreign table column"
        | "view column"
        | "materialized view column"
        | "composite type column" => Dropping::Column,
        "default value" | "table constraint" => Dropping::PartOfTable,
        "domain constraint" => Dropping::PartOfDomain,
        "index" => Dropping::Index,
        "table" => Dropping::Table,
        _ => Dropping::Object,
    }
}
