//! `reconcile()`: what no event trigger saw becomes an entry.

use pgrx::prelude::*;

use crate::capture;
use crate::report::{may_write, or_raise};

/// Appends what the catalogs have and the ledger does not, at the end of the transaction.
#[pg_extern(sql = "
CREATE PROCEDURE electric_schema.reconcile()
    LANGUAGE c AS 'MODULE_PATHNAME', '@FUNCTION_NAME@';
")]
fn reconcile() {
    or_raise(may_write("reconcile", "It appends to the ledger."));
    capture::reread("CALL electric_schema.reconcile()");
}
