//! The bytes behind every hash: length-prefixed fields; JSON among them is canonical ([`crate::canonical`]). `docs/ledger-format.md` is the specification.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use sha2::{Digest, Sha256};

use crate::error::Error;

/// A SHA-256 value; written as 64 lower-case hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Hash(pub [u8; 32]);

const DIGITS: &[u8; 16] = b"0123456789abcdef";

/// What each byte is as a hexadecimal digit; more than 15 for those that are none.
const VALUES: [u8; 256] = {
    let mut values = [0xFF; 256];
    let mut value = 0;
    while value < 16 {
        values[DIGITS[value as usize] as usize] = value;
        value += 1;
    }
    values
};

impl fmt::Display for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // An answer is full of hashes: the formatting of numbers is many times slower.
        let mut text = [0; 64];
        for (pair, byte) in text.chunks_exact_mut(2).zip(self.0) {
            pair.copy_from_slice(&[DIGITS[usize::from(byte >> 4)], DIGITS[usize::from(byte & 15)]]);
        }
        f.write_str(std::str::from_utf8(&text).map_err(|_| fmt::Error)?)
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
            let (high, low) = (VALUES[usize::from(pair[0])], VALUES[usize::from(pair[1])]);
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

#[cfg(test)]
mod tests {
    use super::*;

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
