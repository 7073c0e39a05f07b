//! Errors as the user sees them: SQLSTATE, message, DETAIL and HINT.

use electric_schema_core::error::Error;
use electric_schema_core::label::Unfit;
use pgrx::pg_sys::panic::ErrorReport;
use pgrx::{function_name, PgLogLevel, PgSqlErrorCode};

use crate::catalog::Reading;
use crate::scope::Refusal;
use crate::sys;

/// What can go wrong in the shell.
#[derive(Debug)]
pub enum Failure {
    /// The core refused what it was given.
    Core(Error),
    /// A query of our own failed.
    Query(pgrx::spi::SpiError),
    /// The ledger's tables do not look as this version made them.
    Ledger(&'static str),
    /// A hash that no entry has.
    UnknownHash(String),
    /// An entry that was pruned.
    Pruned(String),
    /// An argument that must not be NULL.
    Null(&'static str),
    /// The scope cannot be changed so.
    Scope(Refusal),
    /// A page without entries.
    NoEntries,
    /// The chain is not as it was written.
    Broken(String),
    /// Somebody writes to the ledger.
    ByHand {
        /// INSERT, UPDATE, DELETE or TRUNCATE.
        verb: &'static str,
        /// In schema `_electric_meta`.
        table: String,
    },
    /// The SQL objects are of another version than the library.
    OtherVersion {
        /// Theirs.
        installed: String,
    },
    /// pg_upgrade moved the database, and the ledger's objects have not been found again.
    Moved,
    /// Rows that are no chain.
    NoChain(String),
    /// A chain that cannot be gone on with.
    NotWhole {
        /// Its id.
        ledger: String,
        /// What is missing, or wrong.
        why: String,
    },
    /// No chain came with a dump, or not this one, or several.
    NoOther {
        /// The one that was asked for.
        wanted: Option<String>,
        /// Those that are there.
        others: String,
    },
    /// A line of another ledger.
    OtherOrigin {
        /// The ledger that the line names.
        given: String,
        /// The one here.
        own: String,
    },
    /// Entries were appended faster than the ledger could be read.
    Busy,
    /// Another session holds a table whose text has to be read again.
    Held,
    /// Others changed the schema since this transaction's snapshot was taken.
    Stale,
    /// Two readings of the same catalogs differ (`electric_schema.check_reader`).
    Readers {
        /// Without a query.
        quick: Box<Reading>,
        /// The reference query's.
        reference: Box<Reading>,
    },
    /// A text that cannot be a label.
    Label(Unfit),
    /// Nothing can be written here: on a standby, or in a read-only transaction.
    ReadOnly {
        /// The function or procedure.
        what: &'static str,
        /// What it would write.
        why: &'static str,
    },
    /// `electric_schema.destructive` forbids it.
    Forbidden {
        /// The command's tag.
        tag: String,
        /// Why it is destructive.
        detail: String,
    },
}

/// Refuses a function that writes, where nothing can be written.
pub fn may_write(what: &'static str, why: &'static str) -> Result<(), Failure> {
    if sys::is_read_only() {
        Err(Failure::ReadOnly { what, why })
    } else {
        Ok(())
    }
}

/// The value, or an ERROR that ends the statement.
pub fn or_raise<T>(result: Result<T, Failure>) -> T {
    match result {
        Ok(value) => value,
        Err(failure) => {
            ErrorReport::from(failure).report(PgLogLevel::ERROR);
            unreachable!("an ERROR does not return")
        }
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Failure::Core(error)
    }
}

impl From<Refusal> for Failure {
    fn from(refusal: Refusal) -> Self {
        Failure::Scope(refusal)
    }
}

impl From<pgrx::spi::SpiError> for Failure {
    fn from(error: pgrx::spi::SpiError) -> Self {
        Failure::Query(error)
    }
}

impl From<Failure> for ErrorReport {
    fn from(failure: Failure) -> Self {
        let report = |code, message: String| ErrorReport::new(code, message, function_name!());
        match failure {
            Failure::Core(error @ Error::MalformedHash { .. }) => {
                report(PgSqlErrorCode::ERRCODE_INVALID_PARAMETER_VALUE, error.to_string())
                    .set_detail("A hash is 64 lower-case hexadecimal digits.")
                    .set_hint("Pass the hash that the client recorded last, or NULL for a client that has none yet.")
            }
            Failure::Core(Error::MalformedPattern { given, why }) => report(
                PgSqlErrorCode::ERRCODE_INVALID_PARAMETER_VALUE,
                format!("malformed pattern: '{given}'"),
            )
            .set_detail(format!("As a pattern for names, {why}."))
            .set_hint(
                "A pattern is 'schema.table' or 'table', with * for any characters and ? for one: 'audit.*', '*_log'.",
            ),
            Failure::Core(error @ (Error::Unreadable { .. } | Error::Misfit { .. })) => {
                report(PgSqlErrorCode::ERRCODE_DATA_CORRUPTED, format!("electric_schema: {error}"))
                    .set_detail("The ledger holds something that this version did not write.")
                    .set_hint("SELECT electric_schema.verify() tells which entry is broken.")
            }
            Failure::Query(error) => {
                report(PgSqlErrorCode::ERRCODE_INTERNAL_ERROR, format!("electric_schema: {error}"))
                    .set_hint("Please report this as a bug of electric_schema.")
            }
            Failure::Ledger(what) => report(
                PgSqlErrorCode::ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE,
                format!("electric_schema: the ledger is damaged: {what}"),
            )
            .set_detail("The tables in schema _electric_meta are not as CREATE EXTENSION made them.")
            .set_hint(
                "Restore them, or DROP EXTENSION electric_schema and CREATE EXTENSION it again for a new ledger. \
                 With electric_schema.on_error = 'suspend' DDL commits meanwhile.",
            ),
            Failure::UnknownHash(hash) => {
                report(PgSqlErrorCode::ERRCODE_NO_DATA_FOUND, format!("no entry has the hash {hash}"))
                    .set_detail("The hash belongs to another ledger, or to entries that are no more.")
                    .set_hint("electric_schema.handshake() answers such a client.")
            }
            Failure::Pruned(hash) => {
                report(PgSqlErrorCode::ERRCODE_NO_DATA_FOUND, format!("the entry with the hash {hash} was pruned"))
                    .set_detail("electric_schema.compact() removed it, and what came after it.")
                    .set_hint("electric_schema.handshake() still answers a client that is at it.")
            }
            Failure::Null(argument) => {
                report(PgSqlErrorCode::ERRCODE_NULL_VALUE_NOT_ALLOWED, format!("{argument} must not be NULL")).set_hint(
                    "Pass the hash of an entry. A client that has none yet asks electric_schema.handshake(NULL).",
                )
            }
            Failure::Scope(refusal) => refused(refusal),
            Failure::NoEntries => {
                report(PgSqlErrorCode::ERRCODE_INVALID_PARAMETER_VALUE, "max_entries must be positive".to_owned())
                    .set_hint("NULL gives all entries.")
            }
            Failure::Broken(what) => {
                report(PgSqlErrorCode::ERRCODE_DATA_CORRUPTED, "electric_schema: the ledger is broken".to_owned())
                    .set_detail(format!("{what}. Nothing was pruned."))
                    .set_hint("SELECT electric_schema.verify() tells more.")
            }
            Failure::ByHand { verb, table } => report(
                PgSqlErrorCode::ERRCODE_INSUFFICIENT_PRIVILEGE,
                format!("{verb} on _electric_meta.{table} is not allowed"),
            )
            .set_detail("The ledger is written by the extension alone; nobody changes what it holds.")
            .set_hint("DDL appends to it, electric_schema.compact() prunes it, and restoring a dump brings another one along."),
            Failure::OtherVersion { installed } => report(
                PgSqlErrorCode::ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE,
                "electric_schema: library and extension are of different versions".to_owned(),
            )
            .set_detail(format!("The library is {}, the extension in this database is {installed}.", crate::seal::VERSION))
            .set_hint(
                "ALTER EXTENSION electric_schema UPDATE, or start the server with the other library again. \
                 With electric_schema.on_error = 'suspend' DDL commits meanwhile.",
            ),
            Failure::Moved => report(
                PgSqlErrorCode::ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE,
                "electric_schema: this database came here by pg_upgrade, and its ledger has not been told".to_owned(),
            )
            .set_detail("Constraints, routines and schemas have other OIDs here; they have to be found again before something changes.")
            .set_hint("CALL electric_schema.reconcile(), then run the transaction again."),
            Failure::NoChain(why) => report(
                PgSqlErrorCode::ERRCODE_INTEGRITY_CONSTRAINT_VIOLATION,
                "the rows are not the chain of a ledger".to_owned(),
            )
            .set_detail(why)
            .set_hint("A ledger is restored whole, and as it was dumped: the rows of _electric_meta.migrations, in one COPY or in order."),
            Failure::NotWhole { ledger, why } => report(
                PgSqlErrorCode::ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE,
                format!("the restored ledger {ledger} is not whole"),
            )
            .set_detail(why)
            .set_hint("Load the rows of schema _electric_meta from the dump that are missing, then call it again."),
            Failure::NoOther { wanted, others } => report(
                PgSqlErrorCode::ERRCODE_NO_DATA_FOUND,
                match wanted {
                    Some(id) => format!("no restored ledger {id} is here"),
                    None if others.is_empty() => "no restored ledger is here".to_owned(),
                    None => "several restored ledgers are here".to_owned(),
                },
            )
            .set_detail(if others.is_empty() { "Only this database's own ledger is.".to_owned() } else { format!("These are: {others}.") })
            .set_hint("See restoring in electric_schema.status."),
            Failure::OtherOrigin { given, own } => report(
                PgSqlErrorCode::ERRCODE_INVALID_PARAMETER_VALUE,
                format!("the line is one of ledger {given}"),
            )
            .set_detail(format!("The ledger of this database is {own}."))
            .set_hint("A dump that was restored, and gone on with, keeps its id. A new CREATE EXTENSION begins another ledger."),
            Failure::Busy => report(
                PgSqlErrorCode::ERRCODE_T_R_SERIALIZATION_FAILURE,
                "electric_schema: entries were appended faster than the ledger could be read".to_owned(),
            )
            .set_hint("Try again."),
            Failure::Held => report(
                PgSqlErrorCode::ERRCODE_T_R_SERIALIZATION_FAILURE,
                "electric_schema: another session holds a table that has to be read again".to_owned(),
            )
            .set_detail("Something that the table's text names was renamed while that session was altering the table.")
            .set_hint("Try again when that session has ended its transaction: see unread in electric_schema.status."),
            Failure::Stale => report(
                PgSqlErrorCode::ERRCODE_T_R_SERIALIZATION_FAILURE,
                "electric_schema: other sessions changed the schema since this transaction began".to_owned(),
            )
            .set_detail("Under REPEATABLE READ and SERIALIZABLE, Postgres cannot print their constraints.")
            .set_hint("Run the transaction again, or under READ COMMITTED."),
            Failure::Readers { quick, reference } => report(
                PgSqlErrorCode::ERRCODE_INTERNAL_ERROR,
                "electric_schema: two readings of the catalogs differ".to_owned(),
            )
            .set_detail(format!("Without a query: {quick:?}\nBy the reference query: {reference:?}")),
            Failure::Label(unfit) => {
                let detail = match unfit {
                    Unfit::Empty => "There is nothing to see in it.".to_owned(),
                    Unfit::TooLong(length) => format!("It has {length} characters."),
                    Unfit::ControlCharacter(control) => format!("It has the character U+{:04X}.", u32::from(control)),
                };
                report(PgSqlErrorCode::ERRCODE_INVALID_PARAMETER_VALUE, unfit.to_string())
                    .set_detail(detail)
                    .set_hint("A label is one line of text, such as 0007_add_due_date. NULL takes it back.")
            }
            Failure::ReadOnly { what, why } => {
                let place = if sys::in_recovery() { "during recovery" } else { "in a read-only transaction" };
                report(
                    PgSqlErrorCode::ERRCODE_READ_ONLY_SQL_TRANSACTION,
                    format!("cannot execute electric_schema.{what}() {place}"),
                )
                .set_detail(why)
                .set_hint("Call it on the primary, in a transaction that may write.")
            }
            Failure::Forbidden { tag, detail } => {
                report(PgSqlErrorCode::ERRCODE_INSUFFICIENT_PRIVILEGE, format!("{tag} is a destructive schema change"))
                    .set_detail(detail)
                    .set_hint(crate::destructive::WAY_OUT)
            }
        }
    }
}

fn refused(refusal: Refusal) -> ErrorReport {
    let report = |code, message: String| ErrorReport::new(code, message, function_name!());
    match refusal {
        Refusal::Null(argument) => {
            report(PgSqlErrorCode::ERRCODE_NULL_VALUE_NOT_ALLOWED, format!("{argument} must not be NULL"))
        }
        Refusal::NotElectrifiable { identity, why, hint } => {
            report(PgSqlErrorCode::ERRCODE_WRONG_OBJECT_TYPE, format!("{identity} cannot be electrified"))
                .set_detail(format!("It is {why}."))
                .set_hint(hint)
        }
        Refusal::NoSuchTable(oid) => {
            report(PgSqlErrorCode::ERRCODE_UNDEFINED_TABLE, format!("there is no relation with OID {oid}"))
        }
        Refusal::NotOwner(identity) => {
            report(PgSqlErrorCode::ERRCODE_INSUFFICIENT_PRIVILEGE, format!("must be owner of table {identity}"))
                .set_detail("Clients get the rows of an electrified table, so it is for its owner to decide.")
        }
        Refusal::Wholesale { identity, all_tables } => {
            let (how, hint) = match all_tables {
                true => (
                    "It is FOR ALL TABLES.",
                    "CALL electric_schema.exclude(…), or make the publication anew, for some tables.",
                ),
                false => (
                    "It has all tables of the schema.",
                    "CALL electric_schema.exclude(…), or ALTER PUBLICATION electric DROP TABLES IN SCHEMA ….",
                ),
            };
            report(
                PgSqlErrorCode::ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE,
                format!("{identity} cannot be taken out of the publication electric by itself"),
            )
            .set_detail(how)
            .set_hint(hint)
        }
        Refusal::UnknownScope(given) => {
            report(PgSqlErrorCode::ERRCODE_INVALID_PARAMETER_VALUE, format!("there is no scope '{given}'"))
                .set_detail("all: all tables but migration tools' own and excluded ones; electrified: those in the publication electric alone.")
                .set_hint("CALL electric_schema.set_scope('all') or CALL electric_schema.set_scope('electrified').")
        }
        Refusal::NotExcluded(pattern) => {
            report(PgSqlErrorCode::ERRCODE_UNDEFINED_OBJECT, format!("the pattern {pattern} is not excluded"))
                .set_detail("A pattern is taken back as it was given: another one that means the same tables does not do.")
                .set_hint("SELECT excluded FROM electric_schema.status lists them.")
        }
    }
}
