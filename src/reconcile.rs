//! `reconcile()`: what no event trigger saw becomes an entry.

use pgrx::prelude::*;

use crate::capture;

/// Appends what the catalogs have and the ledger does not, at the end of the transaction.
#[pg_extern(sql = "
CREATE PROCEDURE electric_schema.reconcile()
    LANGUAGE c AS 'MODULE_PATHNAME', '@FUNCTION_NAME@';
")]
fn reconcile() {
    capture::reread("CALL electric_schema.reconcile()");
}
