//! Canonical JSON (RFC 8785, for values whose numbers are integers): keys sorted, no white space. Written in one pass, without a tree in between.

use std::io::{self, Write};

use serde::Serialize;
use serde_json::ser::{CharEscape, CompactFormatter, Formatter};
use serde_json::Serializer;

use crate::expression::{may_settle, settle};

/// What of a value is written.
pub trait Part {
    /// Whether its texts are settled: those of a dump that was restored read as they did before.
    const SETTLED: bool;

    /// Whether an object's member of this key is, beside members of these keys.
    fn keeps(&self, _key: &[u8], _beside: &dyn Fn(&[u8]) -> bool) -> bool {
        true
    }
}

/// All of it.
struct Whole;

impl Part for Whole {
    const SETTLED: bool = false;
}

/// The canonical form; UTF-8.
///
/// # Errors
/// When the value cannot be written as JSON: a map with keys that are no strings.
pub fn canonical(value: &impl Serialize) -> Result<Vec<u8>, serde_json::Error> {
    canonical_part(value, &Whole)
}

/// The canonical form of a part of it.
///
/// # Errors
/// As [`canonical`].
pub fn canonical_part(value: &impl Serialize, part: &impl Part) -> Result<Vec<u8>, serde_json::Error> {
    let mut writer = Writer { out: Vec::with_capacity(4096), open: Vec::new(), text_start: 0, in_key: false, part };
    value.serialize(&mut Serializer::with_formatter(io::sink(), &mut writer))?;
    Ok(writer.out)
}

/// Where a member of an object that is being written is in the output.
struct Member {
    key: usize,
    value: usize,
    end: usize,
}

/// An object that is being written.
struct Open {
    start: usize,
    members: Vec<Member>,
}

/// Writes to `out`, whatever serde_json's writer is; an object's members are put into their order at its end.
struct Writer<'a, P> {
    out: Vec<u8>,
    open: Vec<Open>,
    text_start: usize,
    in_key: bool,
    part: &'a P,
}

impl<P: Part> Writer<'_, P> {
    fn plain(&mut self, write: impl FnOnce(&mut CompactFormatter, &mut Vec<u8>) -> io::Result<()>) -> io::Result<()> {
        write(&mut CompactFormatter, &mut self.out)
    }

    /// The last object's members, without those that are left out, in order.
    fn close(&mut self) {
        let Some(Open { start, members }) = self.open.pop() else { return };
        let out = &self.out;
        // Without its quotes.
        let key = |member: &Member| &out[member.key + 1..member.value - 1];
        let beside = |wanted: &[u8]| members.iter().any(|member| key(member) == wanted);
        let mut kept: Vec<&Member> = members.iter().filter(|member| self.part.keeps(key(member), &beside)).collect();
        if kept.iter().all(|member| key(member).iter().all(|byte| byte.is_ascii() && *byte != b'\\')) {
            kept.sort_by_key(|member| key(member));
        } else {
            kept.sort_by_cached_key(|member| {
                let key = serde_json::from_slice::<String>(&out[member.key..member.value]).unwrap_or_default();
                key.encode_utf16().collect::<Vec<_>>()
            });
        }
        let mut sorted = Vec::with_capacity(out.len() - start + 2 * kept.len());
        for member in kept {
            sorted.push(if sorted.is_empty() { b'{' } else { b',' });
            sorted.extend_from_slice(&out[member.key..member.value]);
            sorted.push(b':');
            sorted.extend_from_slice(&out[member.value..member.end]);
        }
        if sorted.is_empty() {
            sorted.push(b'{');
        }
        sorted.push(b'}');
        self.out.truncate(start);
        self.out.extend_from_slice(&sorted);
    }
}

macro_rules! plainly {
    ($($method:ident($($argument:ident: $type:ty),*);)*) => {
        $(
            fn $method<W: ?Sized + Write>(&mut self, _: &mut W $(, $argument: $type)*) -> io::Result<()> {
                self.plain(|formatter, out| formatter.$method(out $(, $argument)*))
            }
        )*
    };
}

impl<P: Part> Formatter for &mut Writer<'_, P> {
    plainly! {
        write_null();
        write_bool(value: bool);
        write_i8(value: i8);
        write_i16(value: i16);
        write_i32(value: i32);
        write_i64(value: i64);
        write_i128(value: i128);
        write_u8(value: u8);
        write_u16(value: u16);
        write_u32(value: u32);
        write_u64(value: u64);
        write_u128(value: u128);
        write_f32(value: f32);
        write_f64(value: f64);
        write_number_str(value: &str);
        write_string_fragment(fragment: &str);
        write_char_escape(escape: CharEscape);
        begin_array();
        end_array();
        begin_array_value(first: bool);
        end_array_value();
    }

    fn begin_string<W: ?Sized + Write>(&mut self, _: &mut W) -> io::Result<()> {
        self.text_start = self.out.len();
        self.out.push(b'"');
        Ok(())
    }

    fn end_string<W: ?Sized + Write>(&mut self, _: &mut W) -> io::Result<()> {
        self.out.push(b'"');
        if P::SETTLED && !self.in_key && may_settle(&self.out[self.text_start..]) {
            let mut text = serde_json::from_slice(&self.out[self.text_start..])?;
            settle(&mut text);
            self.out.truncate(self.text_start);
            serde_json::to_writer(&mut self.out, &text)?;
        }
        Ok(())
    }

    fn begin_object<W: ?Sized + Write>(&mut self, _: &mut W) -> io::Result<()> {
        self.open.push(Open { start: self.out.len(), members: Vec::with_capacity(16) });
        Ok(())
    }

    fn begin_object_key<W: ?Sized + Write>(&mut self, _: &mut W, _first: bool) -> io::Result<()> {
        self.in_key = true;
        let key = self.out.len();
        if let Some(open) = self.open.last_mut() {
            open.members.push(Member { key, value: key, end: key });
        }
        Ok(())
    }

    fn end_object_key<W: ?Sized + Write>(&mut self, _: &mut W) -> io::Result<()> {
        self.in_key = false;
        let value = self.out.len();
        if let Some(member) = self.open.last_mut().and_then(|open| open.members.last_mut()) {
            member.value = value;
        }
        Ok(())
    }

    fn begin_object_value<W: ?Sized + Write>(&mut self, _: &mut W) -> io::Result<()> {
        Ok(())
    }

    fn end_object_value<W: ?Sized + Write>(&mut self, _: &mut W) -> io::Result<()> {
        let end = self.out.len();
        if let Some(member) = self.open.last_mut().and_then(|open| open.members.last_mut()) {
            member.end = end;
        }
        Ok(())
    }

    fn end_object<W: ?Sized + Write>(&mut self, _: &mut W) -> io::Result<()> {
        self.close();
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::json::Json;
    use proptest::prelude::*;
    use serde_json::{json, Value};

    fn text(value: &impl Serialize) -> String {
        String::from_utf8(canonical(value).unwrap()).unwrap()
    }

    #[test]
    fn keys_are_sorted_and_texts_escaped_as_javascript_does() {
        let value = json!({"b": [1, null, true], "a": "q\"\\\n\u{1}é\u{1f600}", "": {}});
        assert_eq!(text(&value), "{\"\":{},\"a\":\"q\\\"\\\\\\n\\u0001é\u{1f600}\",\"b\":[1,null,true]}");
    }

    #[test]
    fn keys_are_sorted_as_they_are_not_as_they_are_written() {
        let keys = ["a", "a ", "a!", "a\"", "a#", "a\\", "a]", "a\u{7f}", "a\u{e000}", "a\u{1f600}", "\u{1}", "~", "é"];
        let value = Value::Object(keys.iter().map(|key| ((*key).to_owned(), json!(0))).collect());
        let mut sorted = keys.to_vec();
        sorted.sort_by_key(|key| key.encode_utf16().collect::<Vec<_>>());
        let expected: Vec<_> = sorted.iter().map(|key| format!("{}:0", json!(key))).collect();
        assert_eq!(text(&value), format!("{{{}}}", expected.join(",")));
    }

    fn any_json() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            any::<u64>().prop_map(Value::from),
            any::<String>().prop_map(Value::from),
        ];
        leaf.prop_recursive(5, 64, 8, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
                prop::collection::btree_map(any::<String>(), inner, 0..6)
                    .prop_map(|map| Value::Object(map.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn it_is_the_value_and_the_only_form_of_it(value in any_json()) {
            let written = text(&value);
            let read: Value = serde_json::from_str(&written).unwrap();
            prop_assert_eq!(&read, &value);
            prop_assert_eq!(text(&read), written.as_str());
            // A tree that was read is written by another hand.
            prop_assert_eq!(Json::from(&value).canonical(), written.into_bytes());
        }
    }
}
