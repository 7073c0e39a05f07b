//! The vectors that the JavaScript client checks as well, so that both hash the same bytes.

use electric_schema_core::canonical::canonical;
use electric_schema_core::chain::{changes_digest, genesis, Link, Private};
use electric_schema_core::change::Class;
use electric_schema_core::encoding::Hash;
use serde_json::Value;

fn vectors(group: &str) -> Vec<Value> {
    let all: Value = serde_json::from_str(include_str!("../../../tests/vectors/ledger-format.json")).unwrap();
    let group = all[group].as_array().unwrap();
    assert!(group.len() >= 2, "silence must not look like success");
    group.clone()
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap()
}

fn hash(value: &Value) -> Hash {
    text(value).parse().unwrap()
}

fn texts(value: &Value) -> Vec<String> {
    value.as_array().unwrap().iter().map(|item| text(item).to_owned()).collect()
}

fn bytes(hex: &str) -> Vec<u8> {
    let hex: String = hex.chars().filter(|c| *c != '-').collect();
    hex.as_bytes().chunks(2).map(|pair| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap()).collect()
}

#[test]
fn genesis_hashes() {
    for vector in vectors("genesis") {
        let id: [u8; 16] = bytes(text(&vector["ledger_id"])).try_into().unwrap();
        assert_eq!(genesis(&id), hash(&vector["hash"]), "{vector}");
    }
}

#[test]
fn changes_digests() {
    for vector in vectors("changes") {
        assert_eq!(changes_digest(&canonical(&vector["changes"]).unwrap()), hash(&vector["digest"]), "{vector}");
    }
}

#[test]
fn private_digests() {
    for vector in vectors("private") {
        let private = Private {
            salt: bytes(text(&vector["salt"])),
            source: texts(&vector["source"]),
            recorded_by: text(&vector["recorded_by"]).into(),
            recorded_at: text(&vector["recorded_at"]).parse().unwrap(),
            application_name: text(&vector["application_name"]).into(),
            xid: text(&vector["xid"]).parse().unwrap(),
            lsn: text(&vector["lsn"]).parse().unwrap(),
            label: vector["label"].as_str().map(str::to_owned),
        };
        assert_eq!(private.digest(), hash(&vector["digest"]), "{vector}");
    }
}

#[test]
fn entries_form_a_chain() {
    let entries = vectors("entries");
    let mut parent: Option<Hash> = None;
    for vector in &entries {
        let link = Link {
            parent_hash: hash(&vector["parent_hash"]),
            seq: vector["seq"].as_u64().unwrap(),
            class: serde_json::from_value::<Class>(vector["class"].clone()).unwrap(),
            reset_version: vector["reset_version"].as_u64().unwrap(),
            schema_hash: hash(&vector["schema_hash"]),
            statements: texts(&vector["statements"]),
            changes_digest: hash(&vector["changes_digest"]),
            private_digest: hash(&vector["private_digest"]),
        };
        assert_eq!(link.hash(), hash(&vector["hash"]), "{vector}");
        assert!(parent.is_none_or(|parent| parent == link.parent_hash), "{vector}");
        parent = Some(link.hash());
    }
}
