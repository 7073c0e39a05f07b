//! Which tables reach clients: the settings, the publication `electric`, and the procedures that change them.

use std::collections::{BTreeMap, BTreeSet};

use electric_schema_core::catalog::Catalog;
use electric_schema_core::model::QualifiedName;
use electric_schema_core::scope::{beyond, schemas, Columns, Pattern, Root, Scope};
use pgrx::notice;
use pgrx::prelude::*;

use crate::ledger::Ledger;
use crate::report::{may_write, or_raise, Failure};
use crate::sys::{self, Key, Oid, Refused};
use crate::{capture, destructive, guard};

/// The publication whose members are electrified.
pub const PUBLICATION: &str = "electric";

/// What `set_scope()` and `exclude()` said.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Settings {
    /// Only what is published is distributed.
    pub electrified: bool,
    /// What is left out all the same.
    pub excluded: Vec<Pattern>,
}

impl Settings {
    /// The scope, as far as it is about the tables of `catalog`.
    pub fn scope(&self, catalog: &Catalog, afresh: bool) -> Scope {
        let owners = catalog.sequences.iter().filter_map(|sequence| Some(sequence.owned_by.as_ref()?.table));
        let unsupported = catalog.unsupported.iter().filter(|thing| thing.is_table()).map(|thing| thing.oid);
        let tables: BTreeSet<Oid> =
            catalog.tables.iter().map(|table| table.oid).chain(owners).chain(unsupported).collect();
        let roots: BTreeMap<Oid, Root> = tables.iter().filter_map(|oid| Some((*oid, root(*oid)?))).collect();
        let published = self.electrified.then(|| match Publication::find() {
            Some(publication) => {
                let tables: BTreeSet<Oid> =
                    tables.iter().map(|oid| roots.get(oid).map_or(*oid, |root| root.oid)).collect();
                tables.into_iter().filter_map(|oid| Some((oid, publication.columns(oid)?))).collect()
            }
            None => BTreeMap::new(),
        });
        Scope { published, excluded: self.excluded.clone(), roots, afresh }
    }
}

/// The partitioned table that a partition is part of in the end; `None` for what is no partition.
fn root(table: Oid) -> Option<Root> {
    let parent = |table: Oid| sys::parents(table).into_iter().next().filter(|_| sys::is_partition(table));
    let oid = std::iter::successors(parent(table), |table| parent(*table)).last()?;
    Some(Root { oid, name: QualifiedName { schema: sys::relation_schema(oid)?, name: sys::relation_name(oid)? } })
}

/// Whether published tables need what was neither read nor is known: a type that nobody needed before, a schema that nothing was in.
pub fn is_incomplete(ledger: &Ledger, catalog: &Catalog) -> Result<bool, Failure> {
    const NAMESPACE: Oid = 2615;
    for oid in beyond(catalog) {
        if ledger.known(oid)?.is_none() {
            return Ok(true);
        }
    }
    let names: BTreeSet<&str> = schemas(catalog).collect();
    for name in names {
        let read = name == "public" || catalog.schemas.iter().any(|schema| schema.name == name);
        let Some(oid) = sys::schema_oid(name).filter(|_| !read) else { continue };
        if ledger.known(oid)?.is_none() && !sys::is_of_extension(NAMESPACE, oid) {
            return Ok(true);
        }
    }
    Ok(false)
}

/// The publication, as the catalogs have it: pg_publication_tables lists generated columns, and no partitioned tables.
struct Publication {
    oid: Oid,
    all_tables: bool,
}

impl Publication {
    const CATALOG: Oid = 6104;
    const CATALOG_NAME_INDEX: Oid = 6111;
    const TABLES: Oid = 6106;
    const TABLES_BY_TABLE_INDEX: Oid = 6113;

    fn find() -> Option<Publication> {
        let name = sys::attribute_number(Self::CATALOG, "pubname")?;
        let rows = sys::scan(Self::CATALOG, Some(Self::CATALOG_NAME_INDEX), &[Key::Name(name, PUBLICATION)]);
        let row = rows.first()?;
        let oid = row.oid(sys::attribute_number(Self::CATALOG, "oid")?)?;
        Some(Publication { oid, all_tables: row.bool(sys::attribute_number(Self::CATALOG, "puballtables")?)? })
    }

    /// Whether it names the table itself, and the columns.
    fn names(&self, table: Oid) -> Option<Columns> {
        let attribute = |name| sys::attribute_number(Self::TABLES, name);
        let keys = [Key::Oid(attribute("prrelid")?, table), Key::Oid(attribute("prpubid")?, self.oid)];
        let row = sys::scan(Self::TABLES, Some(Self::TABLES_BY_TABLE_INDEX), &keys).pop()?;
        // Column lists came with PostgreSQL 15.
        let Some(attnums) = attribute("prattrs").and_then(|list| row.int2s(list)) else { return Some(Columns::All) };
        Some(Columns::Only(attnums.into_iter().filter_map(|attnum| sys::attribute_name(table, attnum)).collect()))
    }

    /// Whether it has all tables of the table's schema.
    fn has_schema_of(&self, table: Oid) -> bool {
        let has = || {
            // Since PostgreSQL 15.
            let schemas = sys::relation_oid("pg_catalog", "pg_publication_namespace")?;
            let schema = Key::Oid(sys::attribute_number(schemas, "pnnspid")?, sys::relation_namespace(table)?);
            let publication = Key::Oid(sys::attribute_number(schemas, "pnpubid")?, self.oid);
            Some(!sys::scan(schemas, None, &[schema, publication]).is_empty())
        };
        has().unwrap_or(false)
    }

    /// The columns of a table that it has; `None` when it does not have the table.
    fn columns(&self, table: Oid) -> Option<Columns> {
        self.names(table).or_else(|| {
            // Neither way publishes an UNLOGGED table.
            let wholesale = sys::is_permanent(table) && (self.all_tables || self.has_schema_of(table));
            wholesale.then_some(Columns::All)
        })
    }
}

// ---- the procedures --------------------------------------------------------------------------------------------------------------

/// What one of the procedures refuses.
#[derive(Debug)]
pub enum Refusal {
    /// An argument is.
    Null(&'static str),
    /// It is nothing that can be electrified.
    NotElectrifiable {
        /// Quoted and qualified.
        identity: String,
        /// What it is.
        why: String,
        /// What to do.
        hint: &'static str,
    },
    /// No relation has this OID.
    NoSuchTable(Oid),
    /// The caller does not own the table.
    NotOwner(String),
    /// The publication has the table with all others, or with its schema.
    Wholesale {
        /// The table.
        identity: String,
        /// FOR ALL TABLES.
        all_tables: bool,
    },
    /// A scope that there is none of.
    UnknownScope(String),
    /// A pattern that was not excluded.
    NotExcluded(String),
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Mark {
    In,
    Out,
}

/// Publishes a table. It runs as its caller, whose right to the table is checked: no security definer.
#[pg_extern(sql = "
CREATE PROCEDURE electric_schema.electrify(relation regclass)
    LANGUAGE c AS 'MODULE_PATHNAME', '@FUNCTION_NAME@';
")]
fn electrify(relation: Option<pg_sys::Oid>) {
    or_raise(mark(relation, Mark::In));
}

/// Takes a table out of the publication. It runs as its caller.
#[pg_extern(sql = "
CREATE PROCEDURE electric_schema.unelectrify(relation regclass)
    LANGUAGE c AS 'MODULE_PATHNAME', '@FUNCTION_NAME@';
")]
fn unelectrify(relation: Option<pg_sys::Oid>) {
    or_raise(mark(relation, Mark::Out));
}

fn mark(relation: Option<pg_sys::Oid>, mark: Mark) -> Result<(), Failure> {
    let table = relation.ok_or(Refusal::Null("relation"))?.to_u32();
    let owner = sys::extension_owner("electric_schema").ok_or(Failure::Ledger("it has no owner"))?;
    check(table)?;
    // Whoever owns a table may publish it, though the publication is the extension's.
    sys::pinned(owner, || {
        let identity = lock(table)?;
        match (mark, Publication::find()) {
            (Mark::In, None) => create_publication(table, &identity),
            (Mark::In, Some(publication)) => add(&publication, table, &identity),
            (Mark::Out, None) => {
                notice!("electric_schema: {identity} was not electrified");
                Ok(())
            }
            (Mark::Out, Some(publication)) => remove(&publication, table, &identity),
        }
    })
}

/// Whether the caller may electrify the table, and whether it is one.
fn check(table: Oid) -> Result<(), Failure> {
    let facts = sys::class(table).ok_or(Refusal::NoSuchTable(table))?;
    let identity = sys::relation_identity(table).ok_or(Refusal::NoSuchTable(table))?;
    let refuse = |why: &str, hint| {
        let identity = identity.clone();
        Err(Refusal::NotElectrifiable { identity, why: why.to_owned(), hint }.into())
    };
    let only_tables = "Ordinary tables and partitioned tables can be electrified.";
    match facts.kind {
        b'r' | b'p' => {}
        b'v' => {
            return refuse("a view", "A view reaches clients with the tables that it reads, unless it is excluded.")
        }
        b'm' => {
            return refuse(
                "a materialized view",
                "A materialized view reaches clients with the tables that it reads, unless it is excluded.",
            )
        }
        b'f' => return refuse("a foreign table", only_tables),
        b'S' => return refuse("a sequence", only_tables),
        b'c' => return refuse("a composite type", only_tables),
        _ => return refuse("no table", only_tables),
    }
    let schema = sys::relation_schema(table).unwrap_or_default();
    if facts.persistence == b't' {
        return refuse("a temporary table", only_tables);
    }
    if facts.persistence == b'u' {
        return refuse("an unlogged table", "Its changes are not in the WAL: ALTER TABLE … SET LOGGED.");
    }
    if schema.starts_with("pg_") || schema == "information_schema" {
        return refuse("a system catalog", only_tables);
    }
    if schema == "_electric_meta" || sys::is_of_extension(sys::CLASS, table) {
        return refuse("part of an extension", only_tables);
    }
    if facts.is_partition {
        return refuse("a partition", "Partitions go where their partitioned table goes: electrify that one.");
    }
    if !sys::caller_has_privileges_of(facts.owner) {
        return Err(Refusal::NotOwner(identity).into());
    }
    Ok(())
}

/// Locks the table as ALTER PUBLICATION does, so that what is found out about it holds; gives its name.
fn lock(table: Oid) -> Result<String, Failure> {
    loop {
        let identity = sys::relation_identity(table).ok_or(Refusal::NoSuchTable(table))?;
        run(&format!("LOCK TABLE ONLY {identity} IN SHARE UPDATE EXCLUSIVE MODE"))?;
        if sys::relation_identity(table).as_ref() == Some(&identity) {
            return Ok(identity);
        }
    }
}

fn create_publication(table: Oid, identity: &str) -> Result<(), Failure> {
    // Of two sessions that come first, one is. Whoever changes the settings is not in the way.
    run("LOCK TABLE _electric_meta.scope IN SHARE UPDATE EXCLUSIVE MODE")?;
    match Publication::find() {
        None => run(&format!("CREATE PUBLICATION {PUBLICATION} FOR TABLE ONLY {identity}")),
        Some(publication) => add(&publication, table, identity),
    }
}

fn add(publication: &Publication, table: Oid, identity: &str) -> Result<(), Failure> {
    if publication.all_tables || publication.names(table).is_some() {
        notice!("electric_schema: {identity} is electrified already");
        return Ok(());
    }
    run(&format!("ALTER PUBLICATION {PUBLICATION} ADD TABLE ONLY {identity}"))
}

fn remove(publication: &Publication, table: Oid, identity: &str) -> Result<(), Failure> {
    if publication.names(table).is_some() {
        return run(&format!("ALTER PUBLICATION {PUBLICATION} DROP TABLE ONLY {identity}"));
    }
    if publication.columns(table).is_some() {
        let all_tables = publication.all_tables;
        return Err(Refusal::Wholesale { identity: identity.to_owned(), all_tables }.into());
    }
    notice!("electric_schema: {identity} was not electrified");
    Ok(())
}

fn run(sql: &str) -> Result<(), Failure> {
    sys::execute(sql).map_err(|refused| match refused {
        Refused::Other(status) => match Spi::check_status(status) {
            Err(error) => Failure::Query(error),
            Ok(_) => Failure::Ledger("a command was not run"),
        },
        Refused::TransactionControl(_) | Refused::Copy => Failure::Ledger("a command was not run"),
    })
}

/// Says which tables are distributed. SECURITY DEFINER, as the two below: whoever may call it need not be able to write to the ledger.
#[pg_extern(sql = "
CREATE PROCEDURE electric_schema.set_scope(scope text)
    LANGUAGE c SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS 'MODULE_PATHNAME', '@FUNCTION_NAME@';
")]
fn set_scope(scope: Option<&str>) {
    let delete = "DELETE FROM _electric_meta.scope WHERE setting = 'scope' AND value = $1 RETURNING 1";
    let set = || match scope.ok_or(Refusal::Null("scope"))? {
        "all" => changes("set_scope", delete, ELECTRIFIED),
        ELECTRIFIED => changes("set_scope", ADD_SCOPE, ELECTRIFIED),
        other => Err(Refusal::UnknownScope(other.to_owned()).into()),
    };
    if or_raise(set()) {
        rescope("CALL electric_schema.set_scope");
    }
}

/// Leaves relations out whose names match a pattern.
#[pg_extern(sql = "
CREATE PROCEDURE electric_schema.exclude(pattern text)
    LANGUAGE c SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS 'MODULE_PATHNAME', '@FUNCTION_NAME@';
")]
fn exclude(pattern: Option<&str>) {
    let exclude = || {
        let pattern: Pattern = pattern.ok_or(Refusal::Null("pattern"))?.parse()?;
        changes("exclude", ADD_EXCLUSION, &pattern.to_string())
    };
    if or_raise(exclude()) {
        rescope("CALL electric_schema.exclude");
    }
}

/// Takes such a pattern back.
#[pg_extern(sql = "
CREATE PROCEDURE electric_schema.include(pattern text)
    LANGUAGE c SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS 'MODULE_PATHNAME', '@FUNCTION_NAME@';
")]
fn include(pattern: Option<&str>) {
    let include = || {
        let pattern: Pattern = pattern.ok_or(Refusal::Null("pattern"))?.parse()?;
        let query = "DELETE FROM _electric_meta.scope WHERE setting = 'exclude' AND value = $1 RETURNING 1";
        match changes("include", query, &pattern.to_string())? {
            true => Ok(()),
            false => Err(Refusal::NotExcluded(pattern.to_string()).into()),
        }
    };
    or_raise::<()>(include());
    rescope("CALL electric_schema.include");
}

const ELECTRIFIED: &str = "electrified";
// Rows come and go, none is ever changed: whoever reads them at that moment sees them as they were or as they are.
const ADD_SCOPE: &str = "INSERT INTO _electric_meta.scope VALUES ('scope', $1) ON CONFLICT DO NOTHING RETURNING 1";
const ADD_EXCLUSION: &str =
    "INSERT INTO _electric_meta.scope VALUES ('exclude', $1) ON CONFLICT DO NOTHING RETURNING 1";

/// Whether a statement on the settings changed any.
fn changes(procedure: &'static str, query: &str, value: &str) -> Result<bool, Failure> {
    may_write(procedure, "It writes to the settings of the scope.")?;
    guard::own(|| Spi::connect_mut(|client| Ok(!client.update(query, None, &[value.into()])?.is_empty())))
}

fn rescope(tag: &str) {
    capture::rescope();
    destructive::judge_call(tag);
}
