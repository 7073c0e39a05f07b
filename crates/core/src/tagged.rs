//! Enums whose JSON names the variant in one of its members. serde's own way to read them copies all the members before it knows which; this one reads
//! on where the name comes first, and has it come first.

use std::borrow::Cow;
use std::fmt;
use std::marker::PhantomData;

use serde::de::value::{CowStrDeserializer, MapAccessDeserializer};
use serde::de::{
    DeserializeOwned, DeserializeSeed, Deserializer, EnumAccess, Error, IgnoredAny, MapAccess, VariantAccess, Visitor,
};
use serde::{forward_to_deserialize_any, Deserialize};
use serde_json::Value;

use crate::json::{Json, IN_ORDER};

/// Declares an enum that is written as serde's `tag` writes it, and read by [`read`].
macro_rules! tagged {
    ($tag:tt, $name_as_text:tt, $(#[$meta:meta])* pub enum $name:ident $body:tt) => {
        $(#[$meta])*
        #[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
        #[serde(tag = $tag, rename_all = "snake_case")]
        pub enum $name $body

        const _: () = {
            /// The same with the variant's name outside.
            #[derive(serde::Deserialize)]
            #[serde(remote = $name_as_text, rename_all = "snake_case")]
            #[allow(dead_code)]
            enum Outside $body

            impl $crate::tagged::Tagged for $name {
                const FIRST: &'static [&'static str] = &[$tag];

                fn read<'de, A: serde::de::MapAccess<'de>>(variant: $crate::tagged::Variant<'de, A>) -> Result<Self, A::Error> {
                    Outside::deserialize(variant)
                }
            }

            impl<'de> serde::Deserialize<'de> for $name {
                fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                    $crate::tagged::read(deserializer)
                }
            }
        };
    };
}
pub(crate) use tagged;

/// What has a member that must be known before the others.
pub trait Tagged: DeserializeOwned {
    /// The name of that one member.
    const FIRST: &'static [&'static str];

    /// Reads it from that member's value and all the others.
    fn read<'de, A: MapAccess<'de>>(variant: Variant<'de, A>) -> Result<Self, A::Error>;
}

/// Reads an enum by its tag: as it comes where the tag is first, after a copy where it is not.
pub fn read<'de, D: Deserializer<'de>, T: Tagged>(deserializer: D) -> Result<T, D::Error> {
    deserializer.deserialize_struct(IN_ORDER, T::FIRST, TagFirst(PhantomData))
}

/// Text, lent if it can be.
#[derive(Deserialize)]
#[serde(transparent)]
pub struct Text<'a>(#[serde(borrow)] pub Cow<'a, str>);

struct TagFirst<T>(PhantomData<T>);

impl<'de, T: Tagged> Visitor<'de> for TagFirst<T> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "an object with {:?}", T::FIRST)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut rest: A) -> Result<T, A::Error> {
        let mut members = serde_json::Map::new();
        if let Some(Text(key)) = rest.next_key()? {
            if T::FIRST == [&*key] {
                let Text(name) = rest.next_value()?;
                return T::read(Variant { name, rest });
            }
            members.insert(key.into_owned(), rest.next_value()?);
        }
        while let Some((key, value)) = rest.next_entry()? {
            members.insert(key, value);
        }
        if let Some(missing) = T::FIRST.iter().find(|first| !members.contains_key(**first)) {
            return Err(A::Error::missing_field(missing));
        }
        T::deserialize(Json::from(&Value::Object(members))).map_err(A::Error::custom)
    }
}

/// A variant's name, and the members that are left: to serde an enum with the name outside.
pub struct Variant<'de, A> {
    /// The value of the tag.
    pub name: Cow<'de, str>,
    /// The other members.
    pub rest: A,
}

impl<'de, A: MapAccess<'de>> Deserializer<'de> for Variant<'de, A> {
    type Error = A::Error;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, A::Error> {
        visitor.visit_enum(self)
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option unit unit_struct newtype_struct seq tuple
        tuple_struct map struct enum identifier ignored_any
    }
}

impl<'de, A: MapAccess<'de>> EnumAccess<'de> for Variant<'de, A> {
    type Error = A::Error;
    type Variant = Rest<A>;

    fn variant_seed<V: DeserializeSeed<'de>>(self, seed: V) -> Result<(V::Value, Rest<A>), A::Error> {
        Ok((seed.deserialize(CowStrDeserializer::new(self.name))?, Rest(self.rest)))
    }
}

/// What a variant holds.
pub struct Rest<A>(A);

impl<'de, A: MapAccess<'de>> VariantAccess<'de> for Rest<A> {
    type Error = A::Error;

    fn unit_variant(mut self) -> Result<(), A::Error> {
        while self.0.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(())
    }

    fn newtype_variant_seed<T: DeserializeSeed<'de>>(self, seed: T) -> Result<T::Value, A::Error> {
        seed.deserialize(MapAccessDeserializer::new(self.0))
    }

    fn tuple_variant<V: Visitor<'de>>(self, _: usize, visitor: V) -> Result<V::Value, A::Error> {
        visitor.visit_map(self.0)
    }

    fn struct_variant<V: Visitor<'de>>(self, _: &'static [&'static str], visitor: V) -> Result<V::Value, A::Error> {
        visitor.visit_map(self.0)
    }
}
