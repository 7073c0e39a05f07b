//! What is read from stored `jsonb` is what its text form says.

use electric_schema_core::canonical;
use electric_schema_core::change::ClassifiedChange;
use electric_schema_core::json::Json;
use electric_schema_core::jsonb::read;
use proptest::prelude::*;
use serde::Deserialize;
use serde_json::{json, Value};

/// As `JsonbValueToJsonb` writes it.
fn stored(value: &Value) -> Vec<u8> {
    match value {
        Value::Array(_) | Value::Object(_) => container(value),
        scalar => {
            let mut bytes = container(&json!([scalar]));
            bytes[..4].copy_from_slice(&(0x5000_0001u32).to_ne_bytes());
            bytes
        }
    }
}

fn container(value: &Value) -> Vec<u8> {
    let (header, parts): (u32, Vec<Value>) = match value {
        Value::Object(fields) => {
            let mut fields: Vec<(&String, &Value)> = fields.iter().collect();
            fields.sort_by_key(|(key, _)| (key.len(), *key));
            let keys = fields.iter().map(|(key, _)| json!(key));
            let values = fields.iter().map(|(_, value)| (*value).clone());
            (0x2000_0000 | fields.len() as u32, keys.chain(values).collect())
        }
        Value::Array(items) => (0x4000_0000 | items.len() as u32, items.clone()),
        _ => unreachable!("not a container"),
    };
    let (mut entries, mut data) = (header.to_ne_bytes().to_vec(), Vec::new());
    for (i, value) in parts.iter().enumerate() {
        let start = data.len();
        let mut align = || data.resize(data.len().next_multiple_of(4), 0);
        let kind: u32 = match value {
            Value::String(text) => {
                data.extend_from_slice(text.as_bytes());
                0
            }
            Value::Number(number) => {
                align();
                data.extend(numeric(number.as_i64().map_or(number.as_u64().unwrap_or(0).into(), i128::from)));
                0x1000_0000
            }
            Value::Bool(false) => 0x2000_0000,
            Value::Bool(true) => 0x3000_0000,
            Value::Null => 0x4000_0000,
            value => {
                align();
                data.extend(container(value));
                0x5000_0000
            }
        };
        // Every 32nd says where it ends, the others how long they are.
        let (flag, length) = if i % 32 == 0 { (0x8000_0000, data.len()) } else { (0, data.len() - start) };
        entries.extend((kind | flag | length as u32).to_ne_bytes());
    }
    entries.extend(data);
    entries
}

fn numeric(value: i128) -> Vec<u8> {
    let (mut digits, mut rest) = (Vec::new(), value.unsigned_abs());
    while rest > 0 {
        digits.insert(0, (rest % 10_000) as i16);
        rest /= 10_000;
    }
    let weight = digits.len().saturating_sub(1) as u16;
    while digits.last() == Some(&0) {
        digits.pop();
    }
    let head = 0x8000 | if value < 0 { 0x2000 } else { 0 } | weight;
    let content: Vec<u8> =
        head.to_ne_bytes().into_iter().chain(digits.iter().flat_map(|digit| digit.to_ne_bytes())).collect();
    let length = (content.len() + 4) as u32;
    let header = if cfg!(target_endian = "big") { length } else { length << 2 };
    header.to_ne_bytes().into_iter().chain(content).collect()
}

fn value() -> impl Strategy<Value = Value> {
    let text = prop_oneof!["[a-z]{0,6}", "[ -~]{0,12}", any::<String>().prop_map(|text| text.replace('\0', ""))];
    let scalar = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        (-20_000i64..20_000).prop_map(Value::from),
        text.clone().prop_map(Value::from),
    ];
    scalar.prop_recursive(5, 200, 40, move |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..40).prop_map(Value::from),
            proptest::collection::btree_map(text.clone(), inner, 0..40)
                .prop_map(|map| Value::Object(map.into_iter().collect())),
        ]
    })
}

fn canonical(content: &[u8]) -> Option<String> {
    read(content).map(|json| String::from_utf8(json.canonical()).unwrap())
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn it_has_the_canonical_form_of_its_text(value in value()) {
        let stored = stored(&value);
        prop_assert_eq!(canonical(&stored).map(String::into_bytes), canonical::canonical(&value).ok());
        prop_assert_eq!(Value::deserialize(read(&stored).unwrap()).unwrap(), value);
    }

    #[test]
    fn damaged_bytes_are_no_reason_to_panic(value in value(), at in any::<prop::sample::Index>(), byte in any::<u8>()) {
        let mut stored = stored(&value);
        let at = at.index(stored.len());
        stored[at] = byte;
        let _ = canonical(&stored);
        let _ = read(&stored).map(Vec::<ClassifiedChange>::deserialize);
        let _ = canonical(&stored[..at]);
    }
}

#[test]
fn numbers_that_are_no_integers_of_64_bits_are_none_of_a_ledger() {
    let number = |content: &[u8]| {
        let length = (content.len() + 4) as u32;
        let header = if cfg!(target_endian = "big") { length } else { length << 2 };
        let entry = 0x1000_0000 | 0x8000_0000 | length;
        [0x4000_0001u32, entry, header].iter().flat_map(|word| word.to_ne_bytes()).chain(content.to_vec()).collect()
    };
    let canonical = |words: &[u16]| -> Option<String> {
        let content: Vec<u8> = words.iter().flat_map(|word| word.to_ne_bytes()).collect();
        let stored: Vec<u8> = number(&content);
        canonical(&stored)
    };
    assert_eq!(canonical(&[0x8000, 7]).as_deref(), Some("[7]"));
    // The long form, which Postgres takes for large scales and weights only.
    assert_eq!(canonical(&[0x0000, 1, 7, 8]).as_deref(), Some("[70008]"));
    assert_eq!(canonical(&[0x4000, 1, 7]).as_deref(), Some("[-70000]"));
    // 7.0, 7.5, 1e20, NaN, infinity, a digit too large, more than 64 bits.
    let others: [&[u16]; 7] =
        [&[0x8080, 7], &[0x8080, 7, 5000], &[0x8005, 1], &[0xC000], &[0xD000], &[0x8000, 10_000], &[0x8004, 1845]];
    for other in others {
        assert_eq!(canonical(other), None, "{other:?}");
    }
}

#[test]
fn levels_have_an_end() {
    let nested = |levels: usize| (0..levels).fold(json!(0), |inner, _| json!([inner]));
    assert!(read(&stored(&nested(127))).is_some());
    assert!(read(&stored(&nested(128))).is_none());
}

#[test]
fn keys_are_in_the_order_of_javascript() {
    let value = json!({"\u{e000}": 1, "\u{1f600}": 2, "z": 3, "é": 4, "aa": 5, "b": 6});
    let text = canonical(&stored(&value)).unwrap();
    assert_eq!(text, "{\"aa\":5,\"b\":6,\"z\":3,\"é\":4,\"\u{1f600}\":2,\"\u{e000}\":1}");
    assert!(matches!(read(&stored(&value)), Some(Json::Object(_))));
}
