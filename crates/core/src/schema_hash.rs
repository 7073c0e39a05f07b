//! The schema hash: SHA-256 of the definitions alone, kept up to date at the cost of what changed (LtHash).

use crate::canonical::{canonical_part, Part};
use crate::encoding::{Encoder, Hash};
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

    fn combine(&mut self, definition: &[u8], operation: fn(u16, u16) -> u16) {
        let seed = Encoder::new("electric_schema/definition/1").bytes(definition).finish();
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

/// An object's definition by names, as canonical JSON: the model without what only the ledger knows. `None` for an extension, which follows
/// from the tables that need it.
fn definition(object: &Object) -> Option<Vec<u8>> {
    match object {
        Object::Extension(_) => None,
        _ => canonical_part(object, &Definition).ok(),
    }
}

/// All but ids, fills, values versions and what is derived from a definition (volatility, mentioned columns).
struct Definition;

impl Part for Definition {
    /// A dump that was restored has the same schema.
    const SETTLED: bool = true;

    fn keeps(&self, key: &[u8], beside: &dyn Fn(&[u8]) -> bool) -> bool {
        match key {
            b"id" | b"object" | b"table" | b"column" | b"references" | b"fill" | b"values_version" | b"next_part"
            | b"volatility" | b"constrained" | b"body" | b"part_of" | b"uses" => false,
            // What a constraint or an index mentions is in its definition already.
            b"columns" | b"expressions" => !beside(b"definition"),
            _ => true,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::canonical::canonical;
    use serde_json::{json, Value};

    #[test]
    fn vectors() {
        let vectors: Value = serde_json::from_str(include_str!("../../../tests/vectors/ledger-format.json")).unwrap();
        let schemas = vectors["schema"].as_array().unwrap();
        assert!(schemas.len() >= 4);
        for schema in schemas {
            let mut sum = SchemaSum::default();
            for definition in schema["definitions"].as_array().unwrap() {
                sum.combine(&canonical(definition).unwrap(), u16::wrapping_add);
            }
            assert_eq!(sum.hash().to_string(), schema["hash"].as_str().unwrap());
        }
    }

    /// As an object that was read before a dump, and one that was read after it was restored.
    #[test]
    fn a_definition_is_settled_and_without_what_only_the_ledger_knows() {
        let printed = "(a)::text = ANY ((ARRAY['x'::character varying, 'y'::character varying])::text[])";
        let again = crate::expression::settled(printed);
        assert_ne!(again, printed);
        let object = json!({
            "id": 1, "uses": ["2.1"], "columns": [{ "id": 1, "name": "a\"", "fill": "none" }],
            "constraints": [{ "id": 2, "definition": printed, "columns": [1], "expressions": [] }],
        });
        let definition = json!({ "columns": [{ "name": "a\"" }], "constraints": [{ "definition": again }] });
        assert_eq!(canonical_part(&object, &Definition).unwrap(), canonical(&definition).unwrap());
    }

    #[test]
    fn the_bytes_are_kept() {
        let mut sum = SchemaSum::default();
        sum.combine(br#"{"kind":"schema","name":"a"}"#, u16::wrapping_add);
        assert!(SchemaSum::from_bytes(&sum.to_bytes()) == Some(sum));
        assert!(SchemaSum::from_bytes(&[0; 12]).is_none());
        assert_ne!(Encoder::new("a").finish(), Encoder::new("b").finish());
    }
}
