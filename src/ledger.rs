//! The ledger's tables as the seal writes them: through the heap, under the seal's lock.

use std::collections::{BTreeMap, BTreeSet};

use electric_schema_core::chain::Private;
use electric_schema_core::encoding::Hash;
use electric_schema_core::entry::{Draft, Head, Sealed};
use electric_schema_core::error::Error;
use electric_schema_core::identify::{Identity, Known};
use electric_schema_core::model::{Object, ObjectId};
use electric_schema_core::schema_hash::SchemaSum;

use crate::report::Failure;
use crate::scope::Settings;
use crate::sys::{self, Key, Oid, Row, Value};

/// Where its tables are.
pub const SCHEMA: &str = "_electric_meta";

// Columns by their place in sql/schema.sql.
pub mod ledgers {
    pub const ID: i16 = 1;
    pub const CREATED_AT: i16 = 2;
    pub const SEQ: i16 = 3;
    pub const HASH: i16 = 4;
    pub const RESET_VERSION: i16 = 5;
    pub const SCHEMA_SUM: i16 = 6;
    pub const UNREAD: i16 = 7;
    pub const RESCOPED: i16 = 8;
}

pub mod seal {
    pub const ID: i16 = 1;
    pub const CLUSTER: i16 = 2;
}

mod unsealed {
    pub const REWRITTEN: i16 = 4;
}

mod scope {
    pub const SETTING: i16 = 1;
    pub const VALUE: i16 = 2;
}

mod objects {
    pub const ID: i16 = 1;
    pub const OID: i16 = 2;
    pub const DEFINITION: i16 = 3;
    pub const IDENTITY: i16 = 4;
}

/// The ledger's tables, found by name once for each seal.
pub struct Ledger {
    ledgers: Oid,
    /// Through the index, because that is when old versions of a row are cleared away: a scan of the heap would meet more of them with each entry.
    ledgers_index: Oid,
    migrations: Oid,
    objects: Oid,
    objects_oid_index: Oid,
    seal: Oid,
    unsealed: Oid,
    scope: Oid,
    /// What this transaction will have made of `objects`, `None` for what it will have removed: see [`Ledger::ahead`].
    pending: BTreeMap<u32, Option<Known>>,
}

/// The chain's row in `_electric_meta.ledgers`.
pub struct Chain {
    row: Row,
    id: [u8; 16],
    created_at: i64,
    /// Where the chain is.
    pub head: Head,
    /// Tables that the next entry has to read.
    pub unread: BTreeSet<u32>,
    /// The scope was changed while there were such tables, and has not been looked at as a whole since.
    pub rescoped: bool,
    /// Of the chain that grows here: the OIDs in `objects` are of another cluster.
    pub is_moved: bool,
}

/// A version of a chain's row: see [`Chain::version`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Version {
    block: (u16, u16),
    place: u16,
    hash: Hash,
}

impl Chain {
    /// Which version of the chain's row this is: another one, another entry.
    pub fn version(&self) -> Version {
        Version {
            block: (self.row.tid.ip_blkid.bi_hi, self.row.tid.ip_blkid.bi_lo),
            place: self.row.tid.ip_posid,
            hash: self.head.hash,
        }
    }

    /// Which chain it is.
    pub fn id(&self) -> [u8; 16] {
        self.id
    }

    /// Reads a row of `ledgers`.
    pub fn read(row: Row) -> Result<Chain, Failure> {
        let read = || {
            let head = Head {
                seq: row.i64(ledgers::SEQ)?.try_into().ok()?,
                hash: row.text(ledgers::HASH)?.parse().ok()?,
                reset_version: row.i64(ledgers::RESET_VERSION)?.try_into().ok()?,
                sum: SchemaSum::from_bytes(&row.bytes(ledgers::SCHEMA_SUM)?)?,
            };
            let unread = row.oids(ledgers::UNREAD)?.into_iter().collect();
            // Before ALTER EXTENSION UPDATE the column is not there.
            let rescoped = row.bool(ledgers::RESCOPED).unwrap_or_default();
            Some((row.uuid(ledgers::ID)?, row.i64(ledgers::CREATED_AT)?, head, unread, rescoped))
        };
        let (id, created_at, head, unread, rescoped) = read().ok_or(Failure::Ledger("its chain cannot be read"))?;
        Ok(Chain { row, id, created_at, head, unread, rescoped, is_moved: false })
    }
}

impl Ledger {
    /// Finds the tables; `None` when they are gone, with the extension, in this very transaction.
    pub fn find() -> Option<Ledger> {
        Some(Ledger {
            ledgers: sys::relation_oid(SCHEMA, "ledgers")?,
            ledgers_index: sys::relation_oid(SCHEMA, "ledgers_pkey")?,
            migrations: sys::relation_oid(SCHEMA, "migrations")?,
            objects: sys::relation_oid(SCHEMA, "objects")?,
            objects_oid_index: sys::relation_oid(SCHEMA, "objects_oid_idx")?,
            seal: sys::relation_oid(SCHEMA, "seal")?,
            unsealed: sys::relation_oid(SCHEMA, "unsealed")?,
            scope: sys::relation_oid(SCHEMA, "scope")?,
            pending: BTreeMap::new(),
        })
    }

    /// Whether these tables are there still.
    pub fn is_there(&self) -> bool {
        Ledger::find().is_some_and(|now| now.ledgers == self.ledgers && now.objects == self.objects)
    }

    /// Waits for the turn to append; held until the transaction ends.
    pub fn lock(&self, timeout_ms: i32) {
        sys::lock_relation(self.seal, timeout_ms);
    }

    /// Tables that transactions rewrote whose DDL is not recorded yet; `None` when there are no such transactions.
    pub fn unsealed(&self) -> Option<BTreeSet<u32>> {
        let rows = sys::scan(self.unsealed, None, &[]);
        let rewritten = rows.iter().flat_map(|row| row.oids(unsealed::REWRITTEN).unwrap_or_default()).collect();
        (!rows.is_empty()).then_some(rewritten)
    }

    /// Remembers that this transaction's DDL is not recorded.
    pub fn suspend(&self, role: &str, error: &str, rewritten: &BTreeSet<u32>) {
        let rewritten: Vec<u32> = rewritten.iter().copied().collect();
        let values =
            [Value::TimestampTz(sys::now_micros()), Value::Text(role), Value::Text(error), Value::OidArray(&rewritten)];
        sys::insert(self.unsealed, &values);
    }

    /// Forgets those transactions: they are recorded.
    pub fn resume(&self) {
        sys::scan(self.unsealed, None, &[]).iter().for_each(|row| sys::delete(self.unsealed, row));
    }

    /// Where the chain is now. Call it under the lock, or through [`Ledger::undisturbed`].
    pub fn chain(&self) -> Result<Chain, Failure> {
        self.chains().map(|(chain, _)| chain)
    }

    /// The chain that grows here, and those that came with a dump.
    pub fn chains(&self) -> Result<(Chain, Vec<Row>), Failure> {
        let (current, is_moved) = self.current().ok_or(Failure::Ledger("it has no chain"))?;
        let (mut own, others): (Vec<Row>, Vec<Row>) = sys::scan(self.ledgers, Some(self.ledgers_index), &[])
            .into_iter()
            .partition(|row| row.uuid(ledgers::ID) == Some(current));
        let row = own.pop().ok_or(Failure::Ledger("it has no chain"))?;
        Ok((Chain { is_moved, ..Chain::read(row)? }, others))
    }

    /// Which chain grows here, and whether pg_upgrade has made another cluster of the one that `objects` has the OIDs of: it leaves only those of
    /// relations and types as they were.
    fn current(&self) -> Option<([u8; 16], bool)> {
        let rows = sys::scan(self.seal, None, &[]);
        let row = rows.first()?;
        // Before ALTER EXTENSION UPDATE the column is not there.
        let is_moved = row.i64(seal::CLUSTER).is_some_and(|cluster| cluster != sys::cluster());
        Some((row.uuid(seal::ID)?, is_moved))
    }

    /// Removes the rows of a chain that does not grow here, or not any more. Gives how many they were.
    pub fn remove(&self, id: [u8; 16]) -> Result<usize, Failure> {
        let mut removed = 0;
        for table in ["migrations", "checkpoints", "pruned", "traces", "ledgers"] {
            let table = sys::relation_oid(SCHEMA, table).ok_or(Failure::Ledger("one of its tables is gone"))?;
            for row in sys::scan(table, None, &[]).iter().filter(|row| row.uuid(1) == Some(id)) {
                sys::delete(table, row);
                removed += 1;
            }
        }
        Ok(removed)
    }

    /// Goes on with another chain: all that is left of this one goes. `known` is the other one's model at its head.
    pub fn replace(&self, chain: &Chain, other: &Chain, known: &[Known]) -> Result<(), Failure> {
        self.place(known, other.id)?;
        self.remove(chain.id)?;
        // Where things were in the other cluster.
        self.advance(other, &other.head, &BTreeSet::new(), false)?;
        sys::advance_command();
        Ok(())
    }

    /// Whether the OIDs in `objects` are of another cluster.
    pub fn is_moved(&self) -> bool {
        self.current().is_some_and(|(_, is_moved)| is_moved)
    }

    /// The ledger's objects are here, in this cluster.
    pub fn place(&self, known: &[Known], id: [u8; 16]) -> Result<(), Failure> {
        for row in sys::scan(self.objects, None, &[]) {
            sys::delete(self.objects, &row);
        }
        sys::advance_command();
        self.keep(known, &[])?;
        for row in sys::scan(self.seal, None, &[]) {
            sys::update(self.seal, &row, &[Value::Uuid(id), Value::Int8(sys::cluster())]);
        }
        sys::advance_command();
        Ok(())
    }

    /// Reads without the lock: over again when an entry was appended meanwhile, so that ledger and catalogs are of the same moment. Snapshots alone
    /// cannot give that, because what prints the catalogs' expressions sees newer rows than they do.
    pub fn undisturbed<R>(&self, mut read: impl FnMut(Chain) -> Result<R, Failure>) -> Result<R, Failure> {
        const ATTEMPTS: u32 = 50;
        for _ in 0..ATTEMPTS {
            // A scan can miss a row that is replaced at that very moment.
            if let (Ok(before), Ok(settings)) = (self.chain(), self.settings()) {
                let version = before.version();
                let result = read(before);
                let same = self.chain().is_ok_and(|after| after.version() == version);
                if same && self.settings().is_ok_and(|after| after == settings) {
                    return result;
                }
            }
            pgrx::check_for_interrupts!();
        }
        // For the sake of its error.
        self.chain()?;
        self.settings()?;
        Err(Failure::Busy)
    }

    /// Which tables are distributed. Call it as [`Ledger::chain`].
    pub fn settings(&self) -> Result<Settings, Failure> {
        let mut settings = Settings::default();
        for row in sys::scan(self.scope, None, &[]) {
            match (row.text(scope::SETTING).as_deref(), row.text(scope::VALUE)) {
                (Some("scope"), Some(_)) => settings.electrified = true,
                (Some("exclude"), Some(pattern)) => settings.excluded.push(pattern.parse()?),
                _ => return Err(Failure::Ledger("its scope cannot be read")),
            }
        }
        // In whatever order rows were written.
        settings.excluded.sort_by_key(ToString::to_string);
        Ok(settings)
    }

    /// The ledger as it will be once what this transaction did so far is sealed.
    #[must_use]
    pub fn ahead(mut self, sealed: &Sealed) -> Ledger {
        self.pending = sealed.gone.iter().map(|oid| (*oid, None)).collect();
        self.pending.extend(sealed.kept.iter().map(|known| (known.oid, Some(known.clone()))));
        self
    }

    /// What the ledger holds for one OID.
    pub fn known(&self, oid: u32) -> Result<Option<Known>, Failure> {
        Ok(self.known_of(&BTreeSet::from([oid]))?.remove(&oid))
    }

    /// What the ledger holds for these OIDs.
    pub fn known_of(&self, oids: &BTreeSet<u32>) -> Result<BTreeMap<u32, Known>, Failure> {
        let rows = self.rows_of(&oids.iter().copied().collect::<Vec<_>>());
        self.overlaid(&rows, |oid| oids.contains(&oid))
    }

    /// The rows of `objects` that have these OIDs.
    fn rows_of(&self, oids: &[u32]) -> Vec<Row> {
        match oids {
            [] => vec![],
            _ => sys::scan(self.objects, Some(self.objects_oid_index), &[Key::AnyOid(objects::OID, oids)]),
        }
    }

    /// How many objects the ledger holds.
    pub fn holds(&self) -> usize {
        sys::scan(self.objects, None, &[]).len()
    }

    /// All that the ledger holds.
    pub fn known_all(&self) -> Result<BTreeMap<u32, Known>, Failure> {
        self.overlaid(&sys::scan(self.objects, None, &[]), |_| true)
    }

    /// The objects in whose rows one of these texts stands as JSON writes it, and some that have it elsewhere: reading a row as text is cheap.
    pub fn known_with(&self, texts: &BTreeSet<String>) -> Result<BTreeMap<u32, Known>, Failure> {
        let texts: Vec<String> = texts.iter().map(json).collect::<Result<_, _>>()?;
        let mut rows = sys::scan(self.objects, None, &[]);
        rows.retain(|row| {
            let columns = [objects::DEFINITION, objects::IDENTITY].map(|column| row.text(column).unwrap_or_default());
            texts.iter().any(|text| columns.iter().any(|column| column.contains(text)))
        });
        self.overlaid(&rows, |_| true)
    }

    /// These rows of `objects`, as `pending` will have changed them.
    fn overlaid(&self, rows: &[Row], concerns: impl Fn(u32) -> bool) -> Result<BTreeMap<u32, Known>, Failure> {
        let known: Result<BTreeMap<u32, Known>, Failure> =
            rows.iter().map(|row| read_object(row).map(|known| (known.oid, known))).collect();
        let mut known = known?;
        for (oid, pending) in self.pending.iter().filter(|(oid, _)| concerns(**oid)) {
            match pending {
                Some(pending) => known.insert(*oid, pending.clone()),
                None => known.remove(oid),
            };
        }
        Ok(known)
    }

    /// Brings `objects` up to date.
    pub fn keep(&self, kept: &[Known], gone: &[u32]) -> Result<(), Failure> {
        let oids: Vec<u32> = kept.iter().map(|known| known.oid).chain(gone.iter().copied()).collect();
        let rows = self.rows_of(&oids);
        let rows: BTreeMap<u32, &Row> = rows.iter().filter_map(|row| Some((row.oid(objects::OID)?, row))).collect();
        gone.iter().filter_map(|oid| rows.get(oid)).for_each(|row| sys::delete(self.objects, row));
        for known in kept {
            let id = known.id.to_string();
            let (definition, identity) = (json(&known.object)?, json(&known.identity)?);
            let values = [Value::Text(&id), Value::Oid(known.oid), Value::Json(&definition), Value::Json(&identity)];
            match rows.get(&known.oid) {
                Some(row) => sys::update(self.objects, row, &values),
                None => sys::insert(self.objects, &values),
            }
        }
        Ok(())
    }

    /// Moves the chain's head.
    pub fn advance(&self, chain: &Chain, head: &Head, unread: &BTreeSet<u32>, rescoped: bool) -> Result<(), Failure> {
        let unread: Vec<u32> = unread.iter().copied().collect();
        let hash = head.hash.to_string();
        let sum = head.sum.to_bytes();
        sys::update(
            self.ledgers,
            &chain.row,
            &[
                Value::Uuid(chain.id),
                Value::TimestampTz(chain.created_at),
                Value::Int8(number(head.seq)?),
                Value::Text(&hash),
                Value::Int8(number(head.reset_version)?),
                Value::Bytea(&sum),
                Value::OidArray(&unread),
                Value::Bool(rescoped),
            ],
        );
        Ok(())
    }

    /// Appends an entry; gives its hash as text.
    pub fn append(&self, chain: &Chain, draft: &Draft, private: &Private) -> Result<String, Failure> {
        let link = draft.link(private);
        let hash = link.hash().to_string();
        let (parent, schema) = (link.parent_hash.to_string(), link.schema_hash.to_string());
        let (changes_digest, private_digest) = (link.changes_digest.to_string(), link.private_digest.to_string());
        sys::insert(
            self.migrations,
            &[
                Value::Uuid(chain.id),
                Value::Int8(number(link.seq)?),
                Value::Text(&hash),
                Value::Text(&parent),
                Value::Text(&schema),
                Value::Text(link.class.as_str()),
                Value::Int8(number(link.reset_version)?),
                Value::TextArray(&link.statements),
                Value::Jsonb(&draft.canonical),
                Value::Text(&changes_digest),
                Value::Text(&private_digest),
                Value::TextArray(&private.source),
                Value::Text(&private.recorded_by),
                Value::TimestampTz(private.recorded_at),
                Value::Text(&private.application_name),
                // xid8 and pg_lsn are eight bytes by value, as int8 is.
                Value::Int8(i64::from_ne_bytes(private.xid.to_ne_bytes())),
                Value::Int8(i64::from_ne_bytes(private.lsn.to_ne_bytes())),
                private.label.as_deref().map_or(Value::Null, Value::Text),
                Value::Bytea(&private.salt),
            ],
        );
        Ok(hash)
    }
}

fn number(value: u64) -> Result<i64, Failure> {
    value.try_into().map_err(|_| Failure::Ledger("a number is out of range"))
}

fn json(value: &impl serde::Serialize) -> Result<String, Failure> {
    serde_json::to_string(value)
        .map_err(|error| Error::Unreadable { what: "a model".to_owned(), why: error.to_string() }.into())
}

fn read_object(row: &Row) -> Result<Known, Failure> {
    let read = || {
        let id: ObjectId = row.text(objects::ID)?.parse().ok()?;
        let object: Object = serde_json::from_str(&row.text(objects::DEFINITION)?).ok()?;
        let identity: Identity = serde_json::from_str(&row.text(objects::IDENTITY)?).ok()?;
        Some(Known { id, oid: row.oid(objects::OID)?, object, identity })
    };
    read().ok_or(Failure::Ledger("a row of objects cannot be read"))
}
