//! The functional core of electric_schema: everything that thinks, without Postgres.
//!
//! ```text
//! catalog ─▶ scope ─▶ identify ─▶ model ─▶ diff ─▶ change ─▶ classify ┐
//!                                                        └─▶ render ──┴─▶ entry ─▶ chain ─▶ plan
//! ```

/// A restored ledger's objects, found by name.
pub mod adopt;
/// Changes applied to a model.
pub mod apply;
/// Canonical JSON.
pub mod canonical;
/// What the catalogs of a server hold, as one query reads it.
pub mod catalog;
/// Hashes of entries.
pub mod chain;
/// The steps between two models.
pub mod change;
/// Why a change is not additive.
pub mod classify;
/// What a change is about, for people.
pub mod describe;
/// The difference of two models.
pub mod diff;
/// The bytes behind every hash.
pub mod encoding;
/// One transaction's entry.
pub mod entry;
/// What can be wrong.
pub mod error;
/// What an expression's text tells.
pub mod expression;
/// Which object is which.
pub mod identify;
/// JSON and its canonical form.
pub mod json;
/// JSON as Postgres stores it.
pub mod jsonb;
/// What an entry is called.
pub mod label;
/// What a client's schema consists of.
pub mod model;
/// What is left of many entries.
pub mod net;
/// What a client must do.
pub mod plan;
/// Names and values as SQL.
pub mod quote;
/// Renames in an order that runs.
pub mod rename;
/// Changes as SQL.
pub mod render;
/// Changes taken back.
pub mod revert;
/// The hash of the definitions alone.
pub mod schema_hash;
/// Which objects reach clients.
pub mod scope;
/// Enums that say in a member which variant they are.
mod tagged;
/// What pruned entries leave behind.
pub mod trace;
/// What a stored expression tells.
pub mod tree;
