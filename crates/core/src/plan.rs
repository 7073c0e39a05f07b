//! What a client must do to get from its hash to head: the answer of `handshake`.

mod in_place;
mod lost;
mod older;
mod requires;

use std::collections::BTreeSet;

use serde_json::{json, Value};

use crate::chain::Link;
use crate::change::{Change, Class, ClassifiedChange};
use crate::diff::{diff, Objects};
use crate::encoding::Hash;
use crate::model::{Object, ObjectId, QualifiedName};
use crate::net::Net;
use crate::quote::literal;
use crate::render::render;
use crate::trace::Named;

use in_place::{in_place, InPlace};
use requires::Requires;

pub use older::{older, Older};
pub use requires::brings;

/// The version of the answer's shape.
pub const PROTOCOL: u32 = 1;

/// An entry as far as clients may see it.
#[derive(Debug, Clone)]
pub struct Entry {
    /// What its hash covers.
    pub link: Link,
    /// Its hash as the ledger holds it.
    pub hash: Hash,
    /// Its changes; none will do where none of them [`brings`] something.
    pub changes: Vec<ClassifiedChange>,
}

/// Where the ledger is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Position {
    /// 0 for an empty ledger.
    pub seq: u64,
    /// The genesis hash for an empty ledger.
    pub hash: Hash,
    /// How many destructive entries there have been.
    pub reset_version: u64,
}

/// What a hash is that somebody came with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// An entry's, by its seq; 0 for the genesis.
    Entry(u64),
    /// A schema's: of the newest entry that has this schema. Whoever comes with it holds no rows.
    Schema(u64),
    /// That of an entry, or of the schema after it, that was pruned.
    Pruned(u64),
}

/// The way to an answer, and with it what has to be read of the ledger to give it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    /// The client is there.
    Ready,
    /// The client has come further than it wants to get.
    Ahead,
    /// The entries since, as they were recorded.
    Recorded,
    /// The net of the entries since. Where every entry holds for every client and yet their sum does not show it, the entries will do.
    Net,
    /// What can be made of it when the entries since are not all there.
    Older,
}

/// Chooses the way from a place to the entry `to`. `additive`: none of the entries between is destructive.
pub fn way(from: Place, to: u64, additive: bool, squash: bool) -> Way {
    match from {
        Place::Pruned(_) => Way::Older,
        Place::Entry(seq) | Place::Schema(seq) if seq > to => Way::Ahead,
        Place::Entry(seq) if seq == to => Way::Ready,
        Place::Entry(_) if additive && !squash => Way::Recorded,
        Place::Entry(_) | Place::Schema(_) => Way::Net,
    }
}

/// What every answer says.
pub struct Server {
    /// The ledger's head.
    pub head: Position,
    /// `server_version_num`
    pub version: i32,
}

#[derive(Default)]
struct Answer {
    requires: Option<Value>,
    transactions: Vec<Value>,
    refetch: Vec<Value>,
    fetch: Vec<Value>,
    after_refetch: Vec<String>,
    lost: Vec<Value>,
    reason: Option<&'static str>,
}

impl Answer {
    fn into_json(self, action: &str, server: &Server) -> Value {
        let mut answer = json!({
            "protocol": PROTOCOL,
            "action": action,
            "head": { "seq": server.head.seq, "hash": server.head.hash, "reset_version": server.head.reset_version },
            "requires": self.requires.unwrap_or_else(|| Requires::default().into_json(server)),
            "refetch": self.refetch,
            "fetch": self.fetch,
            "after_refetch": self.after_refetch,
            "lost": self.lost,
            "reason": self.reason,
        });
        // The macro would copy what can be long.
        answer["transactions"] = Value::Array(self.transactions);
        answer
    }
}

/// The client is at head.
pub fn ready(server: &Server) -> Value {
    Answer::default().into_json("ready", server)
}

/// The ledger does not know the client's hash.
pub fn abort(server: &Server, client_seq: Option<u64>) -> Value {
    let ahead = client_seq.is_some_and(|seq| seq > server.head.seq);
    let reason = Some(if ahead { "client_ahead" } else { "unknown_hash" });
    Answer { reason, ..Answer::default() }.into_json("abort", server)
}

/// The entries after the client's, each a transaction of its own.
pub fn migrate(server: &Server, entries: &[Entry]) -> Value {
    let changes = || entries.iter().flat_map(|entry| &entry.changes).map(|classified| &classified.change);
    let fetch = changes().filter_map(|change| match change {
        Change::Create { after: Object::Table(table), filled: true, .. } => Some(table_json(&table.name)),
        _ => None,
    });
    let requires = Requires::of_changes(changes()).into_json(server);
    Answer {
        requires: Some(requires),
        transactions: entries.iter().map(recorded).collect(),
        fetch: fetch.collect(),
        ..Answer::default()
    }
    .into_json("migrate", server)
}

/// A recorded entry as a transaction of a plan.
pub fn recorded(entry: &Entry) -> Value {
    let link = &entry.link;
    json!({
        "seq": link.seq,
        "hash": entry.hash,
        "parent_hash": link.parent_hash,
        "class": link.class,
        "reset_version": link.reset_version,
        "private_digest": link.private_digest,
        "statements": link.statements,
        "changes_digest": link.changes_digest,
        "schema_hash": link.schema_hash,
        "record": record(link.seq, &entry.hash, Some(&link.parent_hash), &[]),
    })
}

/// The whole schema, for a client that holds nothing of it, or gives up what it holds.
///
/// `former` are the objects of all entries, under every name that they ever had.
pub fn bootstrap(server: &Server, schema: &Objects, former: &[Named]) -> Value {
    let mut statements = vec![
        "CREATE SCHEMA IF NOT EXISTS _electric_meta".to_owned(),
        "CREATE TABLE IF NOT EXISTS _electric_meta.applied (seq bigint NOT NULL, hash text PRIMARY KEY, \
         parent_hash text UNIQUE REFERENCES _electric_meta.applied (hash))"
            .to_owned(),
        "CREATE TABLE IF NOT EXISTS _electric_meta.pending (ordinal integer PRIMARY KEY, statement text NOT NULL)"
            .to_owned(),
    ];
    statements.extend(drop_former(former));
    statements
        .extend(["DELETE FROM _electric_meta.pending".to_owned(), "DELETE FROM _electric_meta.applied".to_owned()]);
    statements.extend(render(&creations(schema), &Objects::new(), schema));
    let record = record(server.head.seq, &server.head.hash, None, &[]);
    Answer {
        requires: Some(Requires::of_objects(schema.values()).into_json(server)),
        transactions: vec![json!({ "squashed": true, "statements": statements, "record": record })],
        ..Answer::default()
    }
    .into_json("bootstrap", server)
}

/// The net of many entries, for a client that came with the hash `parent`: `migrate` when it holds for every client, else `reset`, in place.
pub fn net(server: &Server, parent: &Hash, net: &Net) -> Value {
    let plan = in_place(net, &BTreeSet::new());
    let action = match net.class() {
        Class::Additive => "migrate",
        Class::Destructive => "reset",
    };
    by_net(server, parent, net, plan).into_json(action, server)
}

fn by_net(server: &Server, parent: &Hash, net: &Net, plan: InPlace) -> Answer {
    let record = record(server.head.seq, &server.head.hash, Some(parent), &plan.after_refetch);
    let mut transactions = Vec::new();
    if !plan.labels.is_empty() {
        transactions.push(json!({ "squashed": true, "statements": plan.labels }));
    }
    transactions.push(json!({ "squashed": true, "statements": plan.statements, "record": record }));
    let name = |id: &ObjectId| Some(table_json(&net.after.get(id)?.as_table()?.name));
    Answer {
        requires: Some(Requires::of_changes(&plan.changes).into_json(server)),
        transactions,
        refetch: plan.refetch.iter().map(table_json).collect(),
        fetch: net.filled.iter().filter_map(name).collect(),
        lost: lost::lost(&plan.changes, &net.before, &plan.again),
        after_refetch: plan.after_refetch,
        ..Answer::default()
    }
}

fn creations(schema: &Objects) -> Vec<Change> {
    diff(&Objects::new(), schema, &BTreeSet::new())
}

fn table_json(name: &QualifiedName) -> Value {
    json!({ "schema": name.schema, "table": name.name })
}

/// The statement by which a client remembers where it is, and what is still to do once its rows are back.
fn record(seq: u64, hash: &Hash, parent: Option<&Hash>, pending: &[String]) -> String {
    let parent = parent.map_or_else(|| "NULL".to_owned(), |parent| format!("'{parent}'"));
    let applied =
        format!("INSERT INTO _electric_meta.applied (seq, hash, parent_hash) VALUES ({seq}, '{hash}', {parent})");
    if pending.is_empty() {
        return applied;
    }
    let rows: Vec<String> =
        pending.iter().enumerate().map(|(i, sql)| format!("({}, {})", i + 1, literal(sql))).collect();
    let pending = rows.join(", ");
    format!("WITH waiting AS (INSERT INTO _electric_meta.pending (ordinal, statement) VALUES {pending}) {applied}")
}

/// Drops what an older distributed schema left on the client, where there is one. By names, for the client's hash may be one
/// that nobody knows; without CASCADE, for what hangs on it is the client's own.
fn drop_former(former: &[Named]) -> Option<String> {
    if former.is_empty() {
        return None;
    }
    let rows: Vec<String> = former
        .iter()
        .map(|f| {
            let arguments = f.arguments.as_ref().map_or("NULL".into(), |arguments| literal(arguments));
            format!("({}, {}, {}, {arguments})", literal(&f.kind), literal(&f.name.schema), literal(&f.name.name))
        })
        .collect();
    let body = include_str!("drop_former.sql").trim().replace("@FORMER@", &rows.join(", "));
    Some(format!("DO {}", literal(&body)))
}
