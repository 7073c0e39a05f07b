//! A client older than the oldest entry that the ledger holds: what it has is known by name, and, where nothing changed it since, in full.

use std::collections::BTreeSet;

use serde_json::Value;

use super::in_place::in_place;
use super::lost::{of_named, sorted};
use super::{by_net, drop_former, table_json, Server};
use crate::change::{Class, ClassifiedChange};
use crate::diff::Objects;
use crate::encoding::Hash;
use crate::model::{ColumnValue, Object, ObjectId};
use crate::net::Net;
use crate::quote::{literal, qualified};
use crate::trace::{Named, Trace};

/// What is known of a client that is older than the checkpoint.
pub struct Older<'a> {
    /// The entry that it is at.
    pub seq: u64,
    /// The hash that it came with.
    pub hash: &'a Hash,
    /// The model at the checkpoint.
    pub checkpoint: Objects,
    /// What the entries up to the checkpoint left behind.
    pub traces: &'a [Trace],
}

/// Drops by name what changed between the client's entry and the checkpoint, and what needs it; alters the rest in place, from the checkpoint on.
/// `entries` are the changes of the entries since, `after` is the model that they lead to.
pub fn older(server: &Server, client: Older<'_>, after: Objects, entries: &[Vec<ClassifiedChange>]) -> Value {
    let Older { seq, hash, checkpoint, traces } = client;
    let held: Vec<&Trace> = traces.iter().filter(|trace| trace.held_at(seq)).collect();
    let has: BTreeSet<ObjectId> = held.iter().map(|trace| trace.id).collect();
    let unknown = held.iter().filter(|trace| trace.changed_after(seq)).map(|trace| trace.id);
    let common = checkpoint.into_iter().filter(|(id, _)| has.contains(id)).collect();
    let unknown = with_dependents(unknown.collect(), &common);
    let mut before = common;
    before.retain(|id, _| !unknown.contains(id));
    let mut net = Net::of(before, after, entries);
    let arrived = traces.iter().filter(|trace| trace.filled && trace.since > seq).map(|trace| trace.id);
    let arrived: Vec<ObjectId> = arrived.filter(|id| net.after.contains_key(id) && !has.contains(id)).collect();
    net.filled.extend(arrived);
    let gone: Vec<Named> =
        held.iter().filter(|trace| unknown.contains(&trace.id)).map(|trace| trace.name.clone()).collect();
    let action = if gone.is_empty() && net.class() == Class::Additive { "migrate" } else { "reset" };

    let mut plan = in_place(&net, &unknown);
    let drops = drop_former(&gone);
    plan.statements.splice(0..0, drops);
    let mut answer = by_net(server, hash, &net, plan);
    let lost = held.iter().filter(|trace| unknown.contains(&trace.id)).filter_map(|trace| {
        match net.after.get(&trace.id) {
            // Made again; its rows are not.
            Some(Object::Table(table)) => table.partition_key.is_none().then(|| table_json(&trace.name.name)),
            Some(_) => None,
            None => of_named(&trace.name),
        }
    });
    answer.lost.extend(lost);
    sorted(&mut answer.lost);
    answer.into_json(action, server)
}

/// These, and what cannot stand without them.
fn with_dependents(mut unknown: BTreeSet<ObjectId>, common: &Objects) -> BTreeSet<ObjectId> {
    loop {
        let draws: Vec<String> = unknown
            .iter()
            .filter_map(|id| match common.get(id)? {
                Object::Sequence(sequence) => {
                    Some(format!("nextval({}::regclass)", literal(&qualified(&sequence.name))))
                }
                _ => None,
            })
            .collect();
        let hangs = |object: &Object| {
            let by_need = object.needs().iter().any(|need| unknown.contains(need));
            by_need
                || match object {
                    Object::Sequence(sequence) => {
                        sequence.owned_by.as_ref().is_some_and(|owner| unknown.contains(&owner.table))
                    }
                    Object::Table(table) => table.columns.iter().any(|column| match &column.value {
                        ColumnValue::Default { sql, .. } => draws.iter().any(|call| sql.contains(call)),
                        _ => false,
                    }),
                    _ => false,
                }
        };
        // Keys of other tables refer to a partitioned table with all its partitions: they go together.
        let parents: BTreeSet<ObjectId> = unknown
            .iter()
            .filter_map(|id| common.get(id)?.as_table())
            .flat_map(|table| table.parents.iter().filter(|parent| parent.bound.is_some()))
            .map(|parent| parent.table)
            .collect();
        let hangs = |id: &ObjectId, object: &Object| parents.contains(id) || hangs(object);
        let more: Vec<ObjectId> = common
            .iter()
            .filter(|(id, object)| !unknown.contains(id) && hangs(id, object))
            .map(|(id, _)| *id)
            .collect();
        if more.is_empty() {
            return unknown;
        }
        unknown.extend(more);
    }
}
