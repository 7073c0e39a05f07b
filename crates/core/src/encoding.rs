//! The bytes behind every hash: length-prefixed fields and canonical JSON. `docs/ledger-format.md` is the specification.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::error::Error;
use crate::json::Json;

/// A SHA-256 value; written as 64 lower-case hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Hash(pub [u8; 32]);

/// What each byte is as a hexadecimal digit; more than 15 for those that are none.
const DIGITS: [u8; 256] = {
    let mut digits = [0xFF; 256];
    let mut value = 0;
    while value < 16 {
        digits[b"0123456789abcdef"[value as usize] as usize] = value;
        value += 1;
    }
    digits
};

impl fmt::Display for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for Hash {
    type Err = Error;

    /// Takes exactly what [`Hash`]'s `Display` writes.
    fn from_str(text: &str) -> Result<Self, Error> {
        let malformed = || Error::MalformedHash { given: text.to_owned() };
        if text.len() != 64 {
            return Err(malformed());
        }
        let (mut hash, mut wrong) = ([0; 32], 0);
        for (target, pair) in hash.iter_mut().zip(text.as_bytes().chunks_exact(2)) {
            let (high, low) = (DIGITS[usize::from(pair[0])], DIGITS[usize::from(pair[1])]);
            wrong |= high | low;
            *target = high << 4 | low & 0xF;
        }
        if wrong > 0xF {
            return Err(malformed());
        }
        Ok(Hash(hash))
    }
}

impl Serialize for Hash {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Hash {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

/// A digest under construction: a tag, then fields that cannot run into one another.
pub struct Encoder(Sha256);

impl Encoder {
    /// Begins with what is hashed and the version of its encoding.
    pub fn new(tag: &str) -> Self {
        Encoder(Sha256::new()).text(tag)
    }

    /// A number, 8 bytes, big-endian.
    pub fn u64(mut self, value: u64) -> Self {
        self.0.update(value.to_be_bytes());
        self
    }

    /// A signed number, 8 bytes, big-endian, two's complement.
    pub fn i64(mut self, value: i64) -> Self {
        self.0.update(value.to_be_bytes());
        self
    }

    /// Bytes behind their length.
    pub fn bytes(self, value: &[u8]) -> Self {
        let mut encoder = self.u64(value.len() as u64);
        encoder.0.update(value);
        encoder
    }

    /// UTF-8 behind its length.
    pub fn text(self, value: &str) -> Self {
        self.bytes(value.as_bytes())
    }

    /// Texts behind their number.
    pub fn list(self, values: &[String]) -> Self {
        values.iter().fold(self.u64(values.len() as u64), |encoder, value| encoder.text(value))
    }

    /// A text that may be absent.
    pub fn option(mut self, value: Option<&str>) -> Self {
        self.0.update([u8::from(value.is_some())]);
        match value {
            Some(value) => self.text(value),
            None => self,
        }
    }

    /// The digest.
    pub fn finish(self) -> Hash {
        Hash(self.0.finalize().into())
    }
}

/// The canonical form of a value as text: see [`Json::canonical`].
pub fn canonical_json(value: &Value) -> String {
    String::from_utf8(Json::from(value).canonical()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn canonical_json_sorts_keys_and_escapes_like_javascript() {
        let value = json!({"b": [1, null, true], "a": "q\"\\\n\u{1}é\u{1f600}", "": {}});
        assert_eq!(canonical_json(&value), "{\"\":{},\"a\":\"q\\\"\\\\\\n\\u0001é\u{1f600}\",\"b\":[1,null,true]}");
    }

    #[test]
    fn hashes_are_read_only_as_they_are_written() {
        let hash = Encoder::new("x").finish();
        assert_eq!(hash.to_string().parse::<Hash>(), Ok(hash));
        for bad in
            ["", "00", &hash.to_string().to_uppercase(), &format!("{hash}0"), &hash.to_string()[1..], &"é".repeat(32)]
        {
            assert!(bad.parse::<Hash>().is_err(), "{bad}");
        }
    }
}
