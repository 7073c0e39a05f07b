//! What did this transaction touch? Three event triggers remember it in the backend's memory; nothing is read or written before the seal asks.
//!
//! A command's tag decides how far it reaches (`reach`). What is dropped is taken from `sql_drop` alone, which lists what a CASCADE takes along;
//! at the end of a DROP command there is nothing left to ask for.

use crate::destructive;
use crate::reach::{dropped_kind, reach, reaches_descendants, Dropping, Reach};
use crate::scope::{Settings, PUBLICATION};
use crate::sys::{self, Node, Oid, Renamed, Row};
use pgrx::prelude::*;
use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::thread::LocalKey;

/// All that a transaction has touched so far. OIDs are of any class of object; one that turns out not to have changed does no harm.
#[derive(Clone, Debug, Default)]
pub struct Touched {
    /// A command did not say what it touched: read everything in scope.
    pub everything: bool,
    /// Objects created or altered, and tables that lost a part (a column, a default, a constraint).
    pub objects: BTreeSet<Oid>,
    /// Objects dropped.
    pub dropped: BTreeSet<Oid>,
    /// Those of the dropped objects that are indexes, with their schemas and names: they do not tell which table they were on, and
    /// REINDEX CONCURRENTLY gives them new OIDs that the ledger never heard of.
    pub dropped_indexes: BTreeMap<Oid, (String, String)>,
    /// Those of the dropped objects that are tables: they do not tell which tables they inherited from.
    pub dropped_tables: BTreeSet<Oid>,
    /// Tables made with rows in them (CREATE TABLE AS, SELECT INTO).
    pub filled: BTreeSet<Oid>,
    /// Types that were created, not altered.
    pub new_types: BTreeSet<Oid>,
    /// There may be routines now that others' bodies have been calling all along.
    pub new_routines: bool,
    /// The publication `electric` has other members, which matters where only those are distributed.
    pub publication: bool,
    /// Rewrites that can have changed values.
    pub rewrites: Vec<Rewrite>,
    /// The statements that did it, as the client sent them, in order.
    pub statements: Vec<Statement>,
    /// The role that ran the last of them.
    pub role: String,
    /// What the entry is to be called.
    pub label: Option<String>,
    /// It was more than one command that a client sent by itself, so something else may have been written as well.
    pub accompanied: bool,
    /// The subtransaction that it all happened in; 0: the transaction itself.
    pub since: u32,
    /// Something came in that `electric_schema.destructive` has not judged yet.
    pub unjudged: bool,
    /// What it has warned of already.
    pub warned: BTreeSet<String>,
    /// Rows of another chain came.
    pub restored: bool,
    /// There were transactions before it whose DDL was not recorded.
    pub missed: bool,
    /// Another transaction changed the scope, and could not read all that it has to do with.
    pub rescoped: bool,
}

/// A table whose rows were written anew by `ALTER COLUMN … TYPE`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rewrite {
    /// The table.
    pub table: Oid,
    /// The column's attnum; `None`: any column may have changed.
    pub column: Option<i16>,
    /// The new values come from a USING expression.
    pub using: bool,
    /// The subtransaction that it belongs to.
    pub subtransaction: u32,
}

/// One statement of the client, however many commands it ran.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Statement {
    /// Its text, cut out of a multi-statement string.
    pub text: String,
    /// What it created, altered or dropped.
    pub objects: BTreeSet<Oid>,
    /// It did not say precisely.
    pub everything: bool,
    /// It changed what is in the publication `electric`.
    pub publication: bool,
    /// It changed the scope's settings.
    pub rescopes: bool,
    /// The subtransaction that it belongs to.
    pub subtransaction: u32,
    /// When its string arrived, and where in it the statement starts: two statements alike are two.
    identity: (i64, i32),
}

impl Touched {
    /// With settings that ask for published tables only, another publication is another scope.
    pub fn meet(&mut self, settings: &Settings) {
        if settings.electrified && self.publication {
            self.everything = true;
            self.statements.iter_mut().for_each(|statement| statement.everything |= statement.publication);
        }
    }

    /// Takes along what transactions did whose DDL was not recorded: `rewritten` are tables whose rows may have got other values.
    pub fn miss(&mut self, rewritten: Option<&BTreeSet<Oid>>) {
        let Some(rewritten) = rewritten else { return };
        self.everything = true;
        self.missed = true;
        let any_column = |table: &Oid| Rewrite { table: *table, column: None, using: true, subtransaction: self.since };
        self.rewrites.extend(rewritten.iter().map(any_column).collect::<Vec<_>>());
    }

    /// Takes along what another transaction left to be done about the scope.
    pub fn rescope(&mut self) {
        self.everything = true;
        self.rescoped = true;
    }

    /// Whether the scope is another one than before.
    pub fn rescopes(&self, settings: &Settings) -> bool {
        let rescopes = |statement: &Statement| statement.rescopes || settings.electrified && statement.publication;
        self.rescoped || self.statements.iter().any(rescopes)
    }

    /// Whether nothing but the ledger's own tables was touched.
    pub fn is_repair(&self) -> bool {
        self.restored && self.is_nothing()
    }

    /// Whether nothing was touched, and all is read again.
    pub fn is_reread(&self) -> bool {
        self.everything
            && self.objects.is_empty()
            && self.dropped.is_empty()
            && self.filled.is_empty()
            && self.rewrites.is_empty()
    }

    /// All that it names.
    pub fn oids(&self) -> BTreeSet<Oid> {
        &self.objects | &self.dropped
    }

    /// Whether it all comes to nothing, whatever the catalogs say.
    pub fn is_nothing(&self) -> bool {
        !self.everything && self.objects.is_empty() && self.dropped.is_empty()
    }
}

thread_local! {
    static TOUCHED: RefCell<Option<Touched>> = const { RefCell::new(None) };
    /// What each open subtransaction calls the entry; the innermost one's word counts. Not part of `TOUCHED`: a label touches nothing.
    static LABELS: RefCell<BTreeMap<u32, Option<String>>> = const { RefCell::new(BTreeMap::new()) };
}

// ---- for the seal ----------------------------------------------------------------------------------------------------------------

/// What this transaction touched, if anything. The next call answers `None`.
pub fn take() -> Option<Touched> {
    let mut touched = TOUCHED.take()?;
    // A DO block with EXCEPTION runs under several subtransactions, and is one statement.
    let mut statements: Vec<Statement> = Vec::with_capacity(touched.statements.len());
    for statement in touched.statements.drain(..) {
        match statements.iter_mut().find(|earlier| earlier.identity == statement.identity) {
            Some(earlier) => {
                earlier.objects.extend(statement.objects);
                earlier.everything |= statement.everything;
                earlier.publication |= statement.publication;
                earlier.rescopes |= statement.rescopes;
            }
            None => statements.push(statement),
        }
    }
    touched.statements = statements;
    touched.label = take_label();
    Some(touched)
}

/// What this transaction touched so far goes out of sight, or back into it. Gives what was there.
pub fn replace(touched: Option<Touched>) -> Option<Touched> {
    TOUCHED.replace(touched)
}

/// What this transaction touched so far, if there is anything new in it since the last call.
pub fn unjudged() -> Option<Touched> {
    TOUCHED.with_borrow_mut(|touched| {
        let touched = touched.as_mut().filter(|touched| touched.unjudged)?;
        touched.unjudged = false;
        Some(touched.clone())
    })
}

/// Keeps what was warned of; gives those lines that are new.
pub fn warn(lines: Vec<String>) -> Vec<String> {
    TOUCHED.with_borrow_mut(|touched| match touched {
        Some(touched) => lines.into_iter().filter(|line| touched.warned.insert(line.clone())).collect(),
        None => lines,
    })
}

/// Asks for everything in scope to be read at commit, without a statement to show for it.
pub fn touch_everything() {
    let role = sys::outer_role();
    with_touched(|touched| {
        touched.everything = true;
        touched.role = role;
        touched.accompanied = true;
    });
}

/// Names the entry; `None` takes the name back.
pub fn label(label: Option<String>) {
    let mine = sys::current_subtransaction();
    LABELS.with_borrow_mut(|labels| labels.insert(mine, label));
}

/// What the entry was named. The next call answers `None`.
pub fn take_label() -> Option<String> {
    LABELS.take().pop_last()?.1
}

/// The settings say that other tables are distributed.
pub fn rescope() {
    if listening() {
        remember(Found { everything: true, rescopes: true, ..Found::default() });
    }
}

/// Everything is to be read again. The entry that comes of it, if any, says why.
pub fn reread(why: &str) {
    remember(Found { everything: true, ..Found::default() });
    let unnamed = LABELS.with_borrow(BTreeMap::is_empty);
    if unnamed {
        label(Some(why.trim_start_matches("CALL ").to_owned()));
    }
}

/// Rows of another chain came, which may make it whole.
pub fn restored() {
    with_touched(|touched| touched.restored = true);
}

/// Forgets it all: the transaction is over. Cannot fail.
pub fn clear() {
    forget_with(&TOUCHED, |touched| *touched = None);
    forget_with(&LABELS, BTreeMap::clear);
}

/// A subtransaction was rolled back, and its statements and rewrites with it. Cannot fail.
pub fn subtransaction_aborted(mine: u32) {
    forget_with(&TOUCHED, |touched| {
        if let Some(touched) = touched {
            touched.statements.retain(|statement| statement.subtransaction != mine);
            touched.rewrites.retain(|rewrite| rewrite.subtransaction != mine);
        }
    });
    forget_with(&LABELS, |labels| {
        labels.remove(&mine);
    });
}

/// A subtransaction became part of its parent. Cannot fail.
pub fn subtransaction_committed(mine: u32, parent: u32) {
    forget_with(&TOUCHED, |touched| {
        if let Some(touched) = touched {
            let statements = touched.statements.iter_mut().map(|statement| &mut statement.subtransaction);
            let rewrites = touched.rewrites.iter_mut().map(|rewrite| &mut rewrite.subtransaction);
            statements
                .chain(rewrites)
                .filter(|subtransaction| **subtransaction == mine)
                .for_each(|subtransaction| *subtransaction = parent);
        }
    });
    forget_with(&LABELS, |labels| {
        if let Some(label) = labels.remove(&mine) {
            labels.insert(parent, label);
        }
    });
}

fn with_touched(change: impl FnOnce(&mut Touched)) {
    TOUCHED.with_borrow_mut(|touched| change(touched.get_or_insert_default()));
}

/// For the callbacks in which an ERROR would restart the server. The cell is never borrowed while Postgres runs, so there is nothing to miss.
fn forget_with<T>(state: &'static LocalKey<RefCell<T>>, change: impl FnOnce(&mut T)) {
    let _ = state.try_with(|state| {
        if let Ok(mut state) = state.try_borrow_mut() {
            change(&mut state);
        }
    });
}

// ---- the event triggers ----------------------------------------------------------------------------------------------------------

/// At the end of each command: what it created or altered.
#[pg_extern(sql = "
CREATE FUNCTION _electric_meta.capture_ddl() RETURNS event_trigger
    LANGUAGE c AS 'MODULE_PATHNAME', '@FUNCTION_NAME@';
")]
fn capture_ddl(fcinfo: pg_sys::FunctionCallInfo) {
    let event = expect_event(fcinfo, "ddl_command_end");
    if !listening() {
        return;
    }
    note_commands(&event);
    destructive::judge(&event);
}

fn note_commands(event: &sys::Event) {
    let reach = reach(&event.tag, &event.node);
    if reach == Reach::Nothing {
        // `pg_restore --disable-triggers` brings the rows of a ledger between two of these.
        if event.tag == "ALTER TABLE" {
            for command in ddl_commands().iter().filter(|command| command.schema.as_deref() == Some("_electric_meta")) {
                match command.identity.as_str() {
                    "_electric_meta.scope" => rescope(),
                    _ => restored(),
                }
            }
        }
        return;
    }
    let commands = ddl_commands();
    let (ignored, commands): (Vec<_>, Vec<_>) = commands.into_iter().partition(Command::is_ignored);
    // `ALTER INDEX … RENAME` may name a table, and a table's name can stand in other objects' texts.
    let renames_table =
        event.node == Node::Rename(Renamed::Index) && commands.iter().any(|command| command.object_type != "index");
    let everything = (reach == Reach::Everything || renames_table) && (!commands.is_empty() || ignored.is_empty());
    let mut found = Found { everything, ..Found::default() };
    if reach == Reach::Publication {
        // RENAME reports the new name only.
        let renamed = matches!(event.node, Node::Rename(_));
        found.publication = renamed || commands.iter().any(|c| is_of_publication(&c.object_type, &c.identity));
        return remember(found);
    }
    for command in &commands {
        found.objects.extend(command.object);
        found.objects.extend(command.relation);
        if matches!(command.tag.as_str(), "CREATE TABLE AS" | "SELECT INTO") && command.object_type == "table" {
            found.filled.extend(command.object);
        }
        match command.tag.as_str() {
            "CREATE TYPE" | "CREATE DOMAIN" => found.new_types.extend(command.object),
            "CREATE FUNCTION" | "CREATE PROCEDURE" | "CREATE EXTENSION" => found.new_routines = true,
            _ => {}
        }
    }
    if let Node::AlterTable { relatives, retyped } = &event.node {
        if !commands.is_empty() && !retyped.is_empty() {
            // Foreign keys to a retyped column are made anew, and those of partitions get their parents' names.
            let tables = commands.iter().filter_map(Command::table).flat_map(sys::referring);
            found.objects.extend(tables.flat_map(sys::with_descendants).collect::<Vec<_>>());
        }
        if !commands.is_empty() {
            // DETACH CONCURRENTLY leaves a constraint behind, on all that is below as well.
            found.objects.extend(relatives.iter().flat_map(|&relative| sys::with_descendants(relative)));
        }
    }
    if event.tag == "CREATE FOREIGN TABLE" {
        // Clients have a partitioned table with all its partitions, or not at all.
        let tables = commands.iter().filter_map(Command::table);
        found.objects.extend(tables.flat_map(sys::parents).collect::<Vec<_>>());
    }
    if reaches_descendants(&event.tag) {
        // Only the parent is reported, whatever happened to its children.
        let tables = commands.iter().filter_map(Command::table);
        found.objects.extend(tables.flat_map(sys::with_descendants).collect::<Vec<_>>());
    }
    remember(found);
}

/// When a command has dropped objects: those, and what they were parts of.
#[pg_extern(sql = "
CREATE FUNCTION _electric_meta.capture_drop() RETURNS event_trigger
    LANGUAGE c AS 'MODULE_PATHNAME', '@FUNCTION_NAME@';
")]
fn capture_drop(fcinfo: pg_sys::FunctionCallInfo) {
    let event = expect_event(fcinfo, "sql_drop");
    if !listening() {
        return;
    }
    let mut found = Found::default();
    let all = dropped_objects();
    for dropped in all.iter().filter(|dropped| !dropped.is_ignored()) {
        match dropped_kind(&dropped.object_type) {
            Dropping::ServerSide => {}
            // With the table its membership goes: that is told apart.
            Dropping::Publication => {
                let is_its_table =
                    |other: &&Dropped| other.object_type == "table" && other.address_names == dropped.address_names;
                found.publication |= is_of_publication(&dropped.object_type, &dropped.identity)
                    && all.iter().find(is_its_table).is_none();
            }
            Dropping::Object => found.dropped.extend(dropped.object),
            Dropping::Table => {
                found.dropped.extend(dropped.object);
                found.dropped_tables.extend(dropped.object);
            }
            Dropping::Index => {
                found.dropped.extend(dropped.object);
                if let (Some(index), [schema, name]) = (dropped.object, dropped.address_names.as_slice()) {
                    found.dropped_indexes.insert(index, (schema.clone(), name.clone()));
                }
            }
            Dropping::Undistributed => {
                found.dropped.extend(dropped.object);
                // It may have been what kept a partitioned table from clients.
                found.dropped_tables.extend(dropped.object.filter(|_| dropped.object_type == "foreign table"));
                if dropped.original {
                    notice!(
                        "electric_schema: {} {} was not distributed, so its drop is not recorded",
                        dropped.object_type,
                        dropped.identity
                    );
                }
            }
            // The table's own OID, with the column's number beside it.
            Dropping::Column => found.objects.extend(dropped.object),
            Dropping::PartOfTable => {
                found.dropped.extend(dropped.object);
                if let [schema, table, ..] = dropped.address_names.as_slice() {
                    found.objects.extend(sys::relation_oid(schema, table));
                }
            }
            // ALTER DOMAIN names the domain at its end. A CASCADE leaves only its formatted name: rare enough to read everything.
            Dropping::PartOfDomain => {
                let domain = dropped.address_names.first();
                let domain_goes_too =
                    all.iter().any(|other| other.object_type == "domain" && Some(&other.identity) == domain);
                found.everything |= event.tag != "ALTER DOMAIN" && !domain_goes_too;
            }
        }
    }
    remember(found);
}

/// Before a table is rewritten: USING changes values and leaves no trace in the catalogs.
#[pg_extern(sql = "
CREATE FUNCTION _electric_meta.capture_rewrite() RETURNS event_trigger
    LANGUAGE c AS 'MODULE_PATHNAME', '@FUNCTION_NAME@';
")]
fn capture_rewrite(fcinfo: pg_sys::FunctionCallInfo) {
    let event = expect_event(fcinfo, "table_rewrite");
    if !listening() {
        return;
    }
    let (table, reason) = sys::table_rewrite();
    let retypes = reason & pg_sys::AT_REWRITE_COLUMN_REWRITE as i32 != 0;
    if !retypes || sys::is_temporary(table) || sys::relation_schema(table).is_some_and(|schema| is_own_schema(&schema))
    {
        return;
    }
    let subtransaction = sys::current_subtransaction();
    let any_column = || vec![Rewrite { table, column: None, using: true, subtransaction }];
    let rewrites = match event.node {
        Node::AlterTable { retyped, .. } if !retyped.is_empty() => retyped
            .into_iter()
            .map(|retyped| Rewrite {
                table,
                column: sys::attribute_number(table, &retyped.column),
                using: retyped.using,
                subtransaction,
            })
            .collect(),
        _ => any_column(),
    };
    with_touched(|touched| touched.rewrites.extend(rewrites));
    // `ddl_command_end` names the table that the command named: for a partition or a child, its parent.
    remember(Found { objects: BTreeSet::from([table]), ..Found::default() });
}

/// The event trigger's context, or the error that Postgres's own event trigger functions raise.
pub(crate) fn expect_event(fcinfo: pg_sys::FunctionCallInfo, expected: &str) -> sys::Event {
    match sys::event(fcinfo) {
        Some(event) if event.event == expected => event,
        _ => {
            ereport!(
                ERROR,
                PgSqlErrorCode::ERRCODE_E_R_I_E_EVENT_TRIGGER_PROTOCOL_VIOLATED,
                format!("electric_schema: this function can only be called as an event trigger for {expected}")
            );
        }
    }
}

/// Extension scripts run DDL of their own, our own script first of all; pg_upgrade restores what is recorded already.
pub(crate) fn listening() -> bool {
    !sys::creating_extension() && !sys::is_binary_upgrade()
}

/// What one event adds.
#[derive(Default)]
struct Found {
    everything: bool,
    objects: BTreeSet<Oid>,
    dropped: BTreeSet<Oid>,
    dropped_indexes: BTreeMap<Oid, (String, String)>,
    dropped_tables: BTreeSet<Oid>,
    filled: BTreeSet<Oid>,
    new_types: BTreeSet<Oid>,
    new_routines: bool,
    publication: bool,
    rescopes: bool,
}

fn remember(found: Found) {
    if !found.everything && !found.publication && found.objects.is_empty() && found.dropped.is_empty() {
        return;
    }
    let role = sys::outer_role();
    let subtransaction = sys::current_subtransaction();
    let current = sys::current_statement();
    let alone = !sys::in_transaction_block() && current.as_ref().is_some_and(|current| current.is_command);
    with_touched(|touched| {
        touched.accompanied |= !alone;
        if let Some(current) = current {
            let identity = (current.started, current.location);
            let known = |statement: &&mut Statement| {
                statement.identity == identity && statement.subtransaction == subtransaction
            };
            let objects = found.objects.iter().chain(&found.dropped).copied();
            match touched.statements.iter_mut().rev().find(known) {
                Some(statement) => {
                    statement.objects.extend(objects);
                    statement.everything |= found.everything;
                    statement.publication |= found.publication;
                    statement.rescopes |= found.rescopes;
                }
                None => touched.statements.push(Statement {
                    text: current.text,
                    objects: objects.collect(),
                    everything: found.everything,
                    publication: found.publication,
                    rescopes: found.rescopes,
                    subtransaction,
                    identity,
                }),
            }
        }
        touched.role = role;
        touched.unjudged = true;
        touched.everything |= found.everything;
        touched.objects.extend(found.objects);
        touched.dropped.extend(found.dropped);
        touched.dropped_indexes.extend(found.dropped_indexes);
        touched.dropped_tables.extend(found.dropped_tables);
        touched.filled.extend(found.filled);
        touched.new_types.extend(found.new_types);
        touched.new_routines |= found.new_routines;
        touched.publication |= found.publication;
    });
}

// ---- what the server reports -----------------------------------------------------------------------------------------------------

/// A row of `pg_event_trigger_ddl_commands()`.
#[derive(Debug)]
struct Command {
    /// `None` for commands on no object in particular (GRANT).
    object: Option<Oid>,
    tag: String,
    object_type: String,
    schema: Option<String>,
    identity: String,
    in_extension: bool,
    /// The table of an index, of a constraint or of a rule; the domain of a constraint.
    relation: Option<Oid>,
}

impl Command {
    /// Temporary objects, parts of extensions, and what is our own.
    fn is_ignored(&self) -> bool {
        self.in_extension || is_ignored_object(self.schema.as_deref(), &self.object_type, &self.identity)
    }

    fn table(&self) -> Option<Oid> {
        match self.object_type.as_str() {
            "table" | "foreign table" | "table column" | "foreign table column" => self.object,
            "index" | "table constraint" => self.relation,
            _ => None,
        }
    }
}

fn ddl_commands() -> Vec<Command> {
    let command = |row: Row| {
        let class = row.oid(1).unwrap_or_default();
        let object = row.oid(2).filter(|oid| *oid != 0);
        let object_type = row.text(5).unwrap_or_default();
        Command {
            object,
            tag: row.text(4).unwrap_or_default(),
            relation: object.and_then(|object| containing(class, object, &object_type)),
            object_type,
            schema: row.text(6),
            identity: row.text(7).unwrap_or_default(),
            in_extension: row.bool(8).unwrap_or_default(),
        }
    };
    sys::ddl_command_rows().into_iter().map(command).collect()
}

/// The table, or the domain, that an index, a constraint or a rule is part of.
fn containing(class: Oid, object: Oid, object_type: &str) -> Option<Oid> {
    const CONSTRAINT_OID_INDEX: Oid = 2667;
    const REWRITE_OID_INDEX: Oid = 2692;
    let find = |index, name| {
        let row = sys::scan(class, Some(index), &[sys::Key::Oid(1, object)]).pop()?;
        row.oid(sys::attribute_number(class, name)?).filter(|oid| *oid != 0)
    };
    match object_type {
        "index" => sys::table_of_index(object),
        "table constraint" => find(CONSTRAINT_OID_INDEX, "conrelid"),
        "domain constraint" => find(CONSTRAINT_OID_INDEX, "contypid"),
        _ if class == sys::REWRITE => find(REWRITE_OID_INDEX, "ev_class"),
        _ => None,
    }
}

/// A row of `pg_event_trigger_dropped_objects()`.
#[derive(Debug)]
struct Dropped {
    object: Option<Oid>,
    original: bool,
    is_temporary: bool,
    object_type: String,
    schema: Option<String>,
    identity: String,
    address_names: Vec<String>,
}

impl Dropped {
    fn is_ignored(&self) -> bool {
        self.is_temporary || is_ignored_object(self.schema.as_deref(), &self.object_type, &self.identity)
    }
}

fn dropped_objects() -> Vec<Dropped> {
    let dropped = |row: Row| Dropped {
        object: row.oid(2).filter(|oid| *oid != 0),
        original: row.bool(4).unwrap_or_default(),
        is_temporary: row.bool(6).unwrap_or_default(),
        object_type: row.text(7).unwrap_or_default(),
        schema: row.text(8),
        identity: row.text(10).unwrap_or_default(),
        address_names: row.texts(11).unwrap_or_default(),
    };
    sys::dropped_object_rows().into_iter().map(dropped).collect()
}

/// Whether it is the publication `electric`, or a table or schema in it.
fn is_of_publication(object_type: &str, identity: &str) -> bool {
    match object_type {
        "publication" => identity == PUBLICATION,
        "publication relation" | "publication namespace" => {
            identity.strip_suffix(PUBLICATION).is_some_and(|start| start.ends_with(" in publication "))
        }
        _ => false,
    }
}

fn is_own_schema(schema: &str) -> bool {
    matches!(schema, "_electric_meta" | "electric_schema")
}

fn is_ignored_object(schema: Option<&str>, object_type: &str, identity: &str) -> bool {
    schema
        .is_some_and(|schema| is_own_schema(schema) || schema.starts_with("pg_temp") || schema.starts_with("pg_toast"))
        || object_type == "schema" && is_own_schema(identity)
        || object_type == "extension" && identity == "electric_schema"
}
