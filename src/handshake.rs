//! The handshake: reads what the ledger has of the client's place, and what the core needs to answer.

use std::cell::RefCell;
use std::collections::BTreeSet;

use electric_schema_core::apply::object_id;
use electric_schema_core::change::{Class, ClassifiedChange};
use electric_schema_core::diff::Objects;
use electric_schema_core::encoding::Hash;
use electric_schema_core::model::ObjectId;
use electric_schema_core::net::Net;
use electric_schema_core::plan::{self, Older, Place, Position, Server, Way};
use pgrx::prelude::*;
use pgrx::spi::SpiClient;
use serde_json::Value;

use crate::history::{self, Chain};
use crate::query::select;
use crate::recent::Recent;
use crate::report::Failure;
use crate::sys::{self, Document};

/// What a client asks.
#[derive(Clone, Copy)]
pub struct Question {
    /// The hash that it has; `None`: it has nothing yet.
    pub hash: Option<Hash>,
    /// The seq that it says it has.
    pub seq: Option<u64>,
    /// The net of the entries rather than each of them.
    pub squash: bool,
    /// Where it wants to get; `None`: to head.
    pub target: Option<Hash>,
}

thread_local! {
    /// The answer of a client at head, with that head.
    static READY: RefCell<Option<(Position, Vec<u8>)>> = const { RefCell::new(None) };
}

/// What a client has to do.
pub fn handshake(question: Question) -> Result<Document, Failure> {
    if let Some(document) = quickly(&question) {
        return Ok(document);
    }
    // From here on queries run.
    let owner = sys::extension_owner("electric_schema").ok_or(Failure::Ledger("its extension is gone"))?;
    let answer = sys::as_definer(owner, || patiently(|client, model| answer(client, question, model)))?;
    Document::of(&answer).ok_or(Failure::Ledger("its answer is no document"))
}

/// Most clients lack nothing, or some additive entries, and ask often.
fn quickly(question: &Question) -> Option<Document> {
    let hash = question.hash.filter(|_| question.target.is_none())?;
    let recent = Recent::find()?;
    let server = || Server { head: recent.head.clone(), version: sys::server_version_num() };
    if recent.head.hash != hash {
        let entries = if question.squash { None } else { recent.additive_since(&hash) };
        return Document::of(&plan::migrate(&server(), &entries?));
    }
    let kept = |ready: &Option<(Position, Vec<u8>)>| match ready {
        Some((head, content)) if *head == recent.head => Some(Document::kept(content)),
        _ => None,
    };
    READY.with_borrow(kept).or_else(|| {
        let document = Document::of(&plan::ready(&server()))?;
        READY.set(Some((recent.head.clone(), document.content())));
        Some(document)
    })
}

/// The whole schema at an entry.
pub fn snapshot(at: Option<Hash>) -> Result<Value, Failure> {
    patiently(|client, model| {
        let chain = history::chain(client)?;
        let target = target(client, &chain, at)?;
        let Some((position, schema_hash)) = history::position(client, &chain, target)? else {
            return Err(Failure::Ledger("its newest entry is missing"));
        };
        let Some(head) = model.read(client, None)? else { return Ok(None) };
        let schema = history::take_back(head, &history::changes(client, &chain, target, chain.head.seq)?)?;
        let server = Server { head: position, version: sys::server_version_num() };
        let mut answer = plan::bootstrap(&server, &schema, &history::former(client)?);
        answer["schema_hash"] = Value::from(schema_hash.to_string());
        Ok(Some(answer))
    })
}

/// How the model at head is read.
enum Model {
    /// As the ledger holds it, unless the next entry has tables to read again: what it holds of them may name what others have renamed meanwhile.
    AsHeld,
    /// As its text reads now, unless somebody holds one of the tables, or the ledger has moved on.
    AsItReads,
}

impl Model {
    /// All of it, or these objects; `None` when it cannot be told now.
    fn read(&self, client: &SpiClient<'_>, only: Option<&BTreeSet<ObjectId>>) -> Result<Option<Objects>, Failure> {
        match self {
            Model::AsHeld => {
                let query =
                    "SELECT unread = '{}' FROM _electric_meta.ledgers JOIN _electric_meta.seal USING (ledger_id)";
                let all_read: Option<bool> = select(client, query, &[])?.first().get_one()?;
                (all_read == Some(true)).then(|| history::schema(client, only)).transpose()
            }
            Model::AsItReads => {
                let mut schema = history::schema(client, None)?;
                let head = history::chain(client)?.head.hash;
                let Some(tables) = crate::drift::unread_tables(&head)? else { return Ok(None) };
                for (before, now) in tables {
                    match schema.get_mut(&now.id) {
                        Some(object) if *object == before.object => *object = now.object,
                        _ => return Ok(None),
                    }
                }
                if let Some(only) = only {
                    schema.retain(|id, _| only.contains(id));
                }
                Ok(Some(schema))
            }
        }
    }
}

/// Tries until the model can be told. Whoever holds such a table is about to append an entry, or to roll back; waiting for its lock could be
/// a deadlock.
fn patiently(attempt: impl Fn(&SpiClient<'_>, &Model) -> Result<Option<Value>, Failure>) -> Result<Value, Failure> {
    const NAP_MS: u32 = 50;
    const NAPS: u32 = 40;
    if let Some(answer) = Spi::connect(|client| attempt(client, &Model::AsHeld))? {
        return Ok(answer);
    }
    for nap in 0..=NAPS {
        if nap > 0 {
            sys::nap(NAP_MS);
        }
        let again = sys::with_latest_snapshot(|| Spi::connect(|client| attempt(client, &Model::AsItReads)))?;
        if let Some(answer) = again {
            return Ok(answer);
        }
    }
    Err(Failure::Held)
}

/// The entry that somebody names as a place to get to.
fn target(client: &SpiClient<'_>, chain: &Chain, hash: Option<Hash>) -> Result<u64, Failure> {
    let Some(hash) = hash else { return Ok(chain.head.seq) };
    match history::place(client, chain, &hash)? {
        Some(Place::Entry(seq)) => Ok(seq),
        Some(Place::Pruned(_)) => Err(Failure::Pruned(hash.to_string())),
        Some(Place::Schema(_)) | None => Err(Failure::UnknownHash(hash.to_string())),
    }
}

/// The answer; `None` when it needs the model, and that cannot be told now.
fn answer(client: &SpiClient<'_>, question: Question, model: &Model) -> Result<Option<Value>, Failure> {
    let chain = history::chain(client)?;
    let to = target(client, &chain, question.target)?;
    let Some((head, _)) = history::position(client, &chain, to)? else {
        return Err(Failure::Ledger("its newest entry is missing"));
    };
    let server = Server { head, version: sys::server_version_num() };
    let Some(hash) = question.hash else {
        let Some(schema) = model.read(client, None)? else { return Ok(None) };
        let schema = history::take_back(schema, &history::changes(client, &chain, to, chain.head.seq)?)?;
        return Ok(Some(plan::bootstrap(&server, &schema, &history::former(client)?)));
    };
    let Some(place) = history::place(client, &chain, &hash)? else {
        return Ok(Some(plan::abort(&server, question.seq)));
    };
    let (Place::Entry(from) | Place::Schema(from) | Place::Pruned(from)) = place;
    let additive = !history::has_destructive(client, &chain, from, to)?;
    let recorded = || Ok(Some(plan::migrate(&server, &history::entries(client, &chain, from, to)?)));
    let span = Span { client, chain: &chain, from, to };
    match plan::way(place, to, additive, question.squash) {
        Way::Ready => Ok(Some(plan::ready(&server))),
        Way::Ahead => Ok(Some(plan::abort(&server, Some(from)))),
        Way::Recorded => recorded(),
        Way::Older => older(client, &chain, &server, &hash, from, model),
        Way::Net => match span.net(model, Extent::Touched)? {
            Some(net) if net.class() == Class::Additive => Ok(Some(plan::net(&server, &hash, &net))),
            Some(_) if additive && matches!(place, Place::Entry(_)) => recorded(),
            Some(_) => Ok(span.net(model, Extent::Whole)?.map(|net| plan::net(&server, &hash, &net))),
            None => Ok(None),
        },
    }
}

/// The answer for a client older than the oldest entry.
fn older(
    client: &SpiClient<'_>,
    chain: &Chain,
    server: &Server,
    hash: &Hash,
    seq: u64,
    model: &Model,
) -> Result<Option<Value>, Failure> {
    let Some(head) = model.read(client, None)? else { return Ok(None) };
    let after = history::take_back(head, &history::changes(client, chain, server.head.seq, chain.head.seq)?)?;
    let start = history::checkpoint(client, chain)?;
    let traces = history::traces(client, chain)?;
    let entries = history::changes(client, chain, start.seq, server.head.seq)?;
    let older = Older { seq, hash, checkpoint: start.objects, traces: &traces };
    Ok(Some(plan::older(server, older, after, &entries)))
}

/// What lies between two entries.
struct Span<'a> {
    client: &'a SpiClient<'a>,
    chain: &'a Chain,
    from: u64,
    to: u64,
}

enum Extent {
    /// What was touched, what that needs, and the partitions and children of tables among it.
    Touched,
    /// All that there is: anything can hang on what is made again.
    Whole,
}

impl Span<'_> {
    fn net(&self, model: &Model, extent: Extent) -> Result<Option<Net>, Failure> {
        let since = history::changes(self.client, self.chain, self.from, self.to)?;
        let later = history::changes(self.client, self.chain, self.to, self.chain.head.seq)?;
        let head = match extent {
            Extent::Touched if later.is_empty() => self.touched(model, &since)?,
            _ => model.read(self.client, None)?,
        };
        let Some(head) = head else { return Ok(None) };
        let after = history::take_back(head, &later)?;
        let before = history::take_back(after.clone(), &since)?;
        Ok(Some(Net::of(before, after, &since)))
    }

    /// The objects that these entries touched, as they are at head, with what they need and the children of tables.
    fn touched(&self, model: &Model, since: &[Vec<ClassifiedChange>]) -> Result<Option<Objects>, Failure> {
        let mut wanted: BTreeSet<ObjectId> = since.iter().flatten().map(|c| object_id(&c.change)).collect();
        let mut objects = Objects::new();
        let mut asked = BTreeSet::new();
        let mut descend = true;
        loop {
            let more: BTreeSet<ObjectId> = wanted.difference(&asked).copied().collect();
            if more.is_empty() {
                return Ok(Some(objects));
            }
            let Some(read) = model.read(self.client, Some(&more))? else { return Ok(None) };
            asked.extend(more);
            wanted.extend(read.values().flat_map(|object| object.needs()));
            // Not those of what is needed only: nothing happens to it.
            if descend {
                let tables = read.iter().filter(|(_, object)| object.as_table().is_some()).map(|(id, _)| *id).collect();
                wanted.extend(history::descendants(self.client, tables)?);
                descend = false;
            }
            objects.extend(read);
        }
    }
}
