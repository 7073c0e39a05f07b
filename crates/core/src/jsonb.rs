//! Postgres's `jsonb` as it is stored (`utils/jsonb.h`, the same since 9.4), read without its text form in between.

use serde_json::Number;

use crate::json::Json;

const COUNT: u32 = 0x0FFF_FFFF;
const SCALAR: u32 = 0x1000_0000;
const OBJECT: u32 = 0x2000_0000;
const ARRAY: u32 = 0x4000_0000;

const LENGTH: u32 = 0x0FFF_FFFF;
const TYPE: u32 = 0x7000_0000;
const STRING: u32 = 0;
const HAS_OFFSET: u32 = 0x8000_0000;

/// As deep as `serde_json` reads a text.
const DEPTH: u32 = 127;

/// Reads the content of a `jsonb` value, without its length word. `None` for what is no such value, and for one with a number that is no integer of 64
/// bits or with 128 levels: no ledger holds those.
pub fn read(content: &[u8]) -> Option<Json<'_>> {
    let mut value = Json::Null;
    container(content, DEPTH, &mut value)?;
    Some(value)
}

/// A container: how many, an entry for each key and value, and the data that these divide among themselves. It is made in its place: as most of the
/// values are small, handing them on would be most of the work.
fn container<'a>(content: &'a [u8], depth: u32, value: &mut Json<'a>) -> Option<()> {
    let depth = depth.checked_sub(1)?;
    let header = word(content)?;
    let count = (header & COUNT) as usize;
    let is_object = header & OBJECT != 0;
    let (entries, data) = content[4..].split_at_checked(count.checked_mul(if is_object { 8 } else { 4 })?)?;
    let mut offset = 0;
    let mut parts = entries.chunks_exact(4).map(|entry| {
        let entry = word(entry)?;
        let length = (entry & LENGTH) as usize;
        let end = if entry & HAS_OFFSET == 0 { offset + length } else { length };
        let start = std::mem::replace(&mut offset, end);
        Some((entry & TYPE, data.get(..end)?, start))
    });
    if is_object {
        let mut members = Vec::with_capacity(count);
        for key in parts.by_ref().take(count) {
            let (STRING, data, start) = key? else { return None };
            members.push((text(data, start)?, Json::Null));
        }
        for ((_, value), entry) in members.iter_mut().zip(parts) {
            part(entry?, depth, value)?;
        }
        *value = Json::object(members);
    } else if header & SCALAR != 0 {
        part(parts.next()??, depth, value)?;
    } else if header & ARRAY != 0 {
        let mut items = Vec::new();
        items.resize_with(count, || Json::Null);
        for (value, entry) in items.iter_mut().zip(parts) {
            part(entry?, depth, value)?;
        }
        *value = Json::Array(items);
    } else {
        return None;
    }
    Some(())
}

/// What is between a start and the end of the data, as the entry's type says.
fn part<'a>((kind, data, start): (u32, &'a [u8], usize), depth: u32, value: &mut Json<'a>) -> Option<()> {
    // Numbers and containers are aligned, and the padding counts as theirs.
    let aligned = || data.get(start.next_multiple_of(4)..);
    match kind {
        STRING => *value = Json::String(text(data, start)?),
        0x1000_0000 => *value = Json::Number(integer(aligned()?)?),
        0x2000_0000 => *value = Json::Bool(false),
        0x3000_0000 => *value = Json::Bool(true),
        0x4000_0000 => *value = Json::Null,
        0x5000_0000 => container(aligned()?, depth, value)?,
        _ => return None,
    }
    Some(())
}

fn text(data: &[u8], start: usize) -> Option<&str> {
    std::str::from_utf8(data.get(start..)?).ok()
}

fn word(bytes: &[u8]) -> Option<u32> {
    Some(u32::from_ne_bytes(*bytes.first_chunk()?))
}

/// A `numeric` behind its length word, if it is an integer: sign, scale, weight, and digits to the base of 10,000 (`numeric.c`).
fn integer(content: &[u8]) -> Option<Number> {
    let length = word(content)?;
    let (length, is_plain) = match cfg!(target_endian = "big") {
        true => (length & 0x3FFF_FFFF, length >> 30 == 0),
        false => (length >> 2, length & 3 == 0),
    };
    let content = content.get(4..usize::try_from(length).ok()?).filter(|_| is_plain)?;
    let (head, rest) = content.split_first_chunk()?;
    let head = u16::from_ne_bytes(*head);
    let (negative, scale, weight, digits) = match head & 0xC000 {
        0x8000 => {
            let weight = (head & 0x3F) as i16 - if head & 0x40 == 0 { 0 } else { 0x40 };
            (head & 0x2000 != 0, (head & 0x1F80) >> 7, weight, rest)
        }
        sign @ (0x0000 | 0x4000) => {
            let (weight, digits) = rest.split_first_chunk()?;
            (sign != 0, head & 0x3FFF, i16::from_ne_bytes(*weight), digits)
        }
        // NaN and the infinities.
        _ => return None,
    };
    let count = digits.len() / 2;
    if scale != 0 || !(0..=4).contains(&weight) || count > weight as usize + 1 {
        return None;
    }
    let mut value: i128 = 0;
    for digit in digits.chunks_exact(2).map(|digit| i16::from_ne_bytes([digit[0], digit[1]])) {
        if !(0..10_000).contains(&digit) {
            return None;
        }
        value = value * 10_000 + i128::from(digit);
    }
    for _ in count..=weight as usize {
        value *= 10_000;
    }
    Number::from_i128(if negative { -value } else { value })
}
