//! What can be wrong with what the core is given. The shell turns each into SQLSTATE, DETAIL and HINT.

use std::fmt;

use crate::change::Change;

/// An error of the core.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Error {
    /// A hash that is not 64 lower-case hexadecimal digits.
    MalformedHash {
        /// What was given.
        given: String,
    },
    /// A pattern for names that is none.
    MalformedPattern {
        /// What was given.
        given: String,
        /// Why it is none.
        why: String,
    },
    /// A stored value that this version cannot read.
    Unreadable {
        /// Which value.
        what: String,
        /// Why not.
        why: String,
    },
    /// Recorded changes that do not fit the model that they are applied to.
    Misfit {
        /// The change.
        change: String,
        /// Why it does not fit.
        why: String,
    },
}

impl Error {
    /// That a change does not fit the model.
    pub(crate) fn misfit(change: &Change, why: &str) -> Error {
        Error::Misfit { change: crate::describe::name(change), why: why.to_owned() }
    }

    /// A stable name for programs.
    pub fn code(&self) -> &'static str {
        match self {
            Error::MalformedHash { .. } => "malformed_hash",
            Error::MalformedPattern { .. } => "malformed_pattern",
            Error::Unreadable { .. } => "unreadable",
            Error::Misfit { .. } => "misfit",
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Error::MalformedHash { given } => write!(f, "malformed hash: {given:?}"),
            Error::MalformedPattern { given, .. } => write!(f, "malformed pattern: '{given}'"),
            Error::Unreadable { what, why } => write!(f, "cannot read {what}: {why}"),
            Error::Misfit { change, why } => write!(f, "change {change} does not fit the model: {why}"),
        }
    }
}

impl std::error::Error for Error {}
