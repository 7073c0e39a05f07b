//! Queries that a session runs again and again: each is planned once.

use std::cell::RefCell;
use std::collections::HashMap;

use pgrx::datum::DatumWithOid;
use pgrx::spi::{OwnedPreparedStatement, SpiClient, SpiError, SpiTupleTable};
use pgrx::PgOid;

thread_local! {
    /// By the address of the text. They live as long as the session.
    static PLANS: RefCell<HashMap<usize, &'static OwnedPreparedStatement>> = RefCell::default();
}

/// Runs a query that reads. In a transaction that has written, SPI gives it a snapshot of the transaction's own: what has to be read as of now goes
/// through [`crate::sys::query_json`].
pub fn select<'conn>(
    client: &SpiClient<'conn>,
    sql: &'static str,
    args: &[DatumWithOid<'_>],
) -> Result<SpiTupleTable<'conn>, SpiError> {
    let plan = match PLANS.with_borrow(|plans| plans.get(&key(sql)).copied()) {
        Some(plan) => plan,
        None => {
            let types: Vec<PgOid> = args.iter().map(|arg| PgOid::from(arg.oid())).collect();
            let plan: &'static _ = Box::leak(Box::new(client.prepare(sql, &types)?.keep()));
            PLANS.with_borrow_mut(|plans| plans.insert(key(sql), plan));
            plan
        }
    };
    client.select(plan, None, args)
}

fn key(sql: &'static str) -> usize {
    sql.as_ptr() as usize
}
