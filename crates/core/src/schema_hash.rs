//! The schema hash: SHA-256 of the definitions alone, kept up to date at the cost of what changed (LtHash).

use serde_json::Value;

use crate::encoding::{canonical_json, Encoder, Hash};
use crate::expression::settle;
use crate::model::Object;

const LANES: usize = 1024;

/// The bytes of a [`SchemaSum`].
pub const SUM_BYTES: usize = LANES * 2;

/// The sum of all definitions: adding and taking away objects in any order gives the same sum for the same schema.
#[derive(Clone, PartialEq, Eq)]
pub struct SchemaSum(Box<[u16; LANES]>);

impl Default for SchemaSum {
    fn default() -> Self {
        SchemaSum(Box::new([0; LANES]))
    }
}

impl SchemaSum {
    /// The sum of these objects.
    pub fn of<'a>(objects: impl IntoIterator<Item = &'a Object>) -> Self {
        let mut sum = SchemaSum::default();
        objects.into_iter().for_each(|object| sum.add(object));
        sum
    }

    /// Adds an object's definition.
    pub fn add(&mut self, object: &Object) {
        if let Some(definition) = definition(object) {
            self.combine(&definition, u16::wrapping_add);
        }
    }

    /// Takes an object's definition away.
    pub fn remove(&mut self, object: &Object) {
        if let Some(definition) = definition(object) {
            self.combine(&definition, u16::wrapping_sub);
        }
    }

    fn combine(&mut self, definition: &Value, operation: fn(u16, u16) -> u16) {
        let seed = Encoder::new("electric_schema/definition/1").text(&canonical_json(definition)).finish();
        for (block, lanes) in self.0.chunks_exact_mut(16).enumerate() {
            let bytes = Encoder::new("electric_schema/lanes/1").u64(block as u64).bytes(&seed.0).finish();
            for (lane, pair) in lanes.iter_mut().zip(bytes.0.chunks_exact(2)) {
                *lane = operation(*lane, u16::from_le_bytes([pair[0], pair[1]]));
            }
        }
    }

    /// The schema hash.
    pub fn hash(&self) -> Hash {
        Encoder::new("electric_schema/schema/1").bytes(&self.to_bytes()).finish()
    }

    /// The form in which the ledger keeps it: [`SUM_BYTES`] bytes.
    pub fn to_bytes(&self) -> Vec<u8> {
        self.0.iter().flat_map(|lane| lane.to_le_bytes()).collect()
    }

    /// Reads [`SchemaSum::to_bytes`]; `None` for another number of bytes.
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        if bytes.len() != SUM_BYTES {
            return None;
        }
        let mut sum = SchemaSum::default();
        for (lane, pair) in sum.0.iter_mut().zip(bytes.chunks_exact(2)) {
            *lane = u16::from_le_bytes([pair[0], pair[1]]);
        }
        Some(sum)
    }
}

/// An object's definition by names: the model without what only the ledger knows. `None` for an extension, which follows
/// from the tables that need it.
pub fn definition(object: &Object) -> Option<Value> {
    if matches!(object, Object::Extension(_)) {
        return None;
    }
    let mut value = serde_json::to_value(object).ok()?;
    strip(&mut value);
    Some(value)
}

/// Takes away ids, fills, values versions and what is derived from a definition (volatility, mentioned columns).
fn strip(value: &mut Value) {
    const LEDGER_ONLY: [&str; 13] = [
        "id",
        "object",
        "table",
        "column",
        "references",
        "fill",
        "values_version",
        "next_part",
        "volatility",
        "constrained",
        "body",
        "part_of",
        "uses",
    ];
    match value {
        Value::Object(fields) => {
            for field in LEDGER_ONLY {
                fields.remove(field);
            }
            // What a constraint or an index mentions is in its definition already.
            if fields.contains_key("definition") {
                fields.remove("columns");
                fields.remove("expressions");
            }
            fields.values_mut().for_each(strip);
        }
        Value::Array(items) => items.iter_mut().for_each(strip),
        // A dump that was restored has the same schema.
        Value::String(text) => settle(text),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::encoding::Encoder;

    #[test]
    fn vectors() {
        let vectors: Value = serde_json::from_str(include_str!("../../../tests/vectors/ledger-format.json")).unwrap();
        let schemas = vectors["schema"].as_array().unwrap();
        assert!(schemas.len() >= 4);
        for schema in schemas {
            let mut sum = SchemaSum::default();
            for definition in schema["definitions"].as_array().unwrap() {
                sum.combine(definition, u16::wrapping_add);
            }
            assert_eq!(sum.hash().to_string(), schema["hash"].as_str().unwrap());
        }
    }

    #[test]
    fn the_bytes_are_kept() {
        let mut sum = SchemaSum::default();
        sum.combine(&serde_json::json!({"kind": "schema", "name": "a"}), u16::wrapping_add);
        assert!(SchemaSum::from_bytes(&sum.to_bytes()) == Some(sum));
        assert!(SchemaSum::from_bytes(&[0; 12]).is_none());
        assert_ne!(Encoder::new("a").finish(), Encoder::new("b").finish());
    }
}
