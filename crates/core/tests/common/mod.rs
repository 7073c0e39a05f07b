//! What the laws are tried on: small schemas, and edits that lead from one to the next.

#![allow(dead_code, reason = "each test file uses a part of it")]

pub mod build;
pub mod raw;
pub mod world;

use serde::de::DeserializeOwned;
use serde_json::Value;

/// The names of an enum's variants, from what serde says when it is given another: a list that cannot be out of date.
pub fn variants<T: DeserializeOwned>(unknown: Value) -> Vec<String> {
    let message = match serde_json::from_value::<T>(unknown) {
        Ok(_) => panic!("the value should have been unknown"),
        Err(error) => error.to_string(),
    };
    let (_, list) = message.split_once("expected one of").expect(&message);
    list.split('`').skip(1).step_by(2).map(str::to_owned).collect()
}

/// All tags of [`electric_schema_core::change::Change`].
pub fn change_tags() -> Vec<String> {
    variants::<electric_schema_core::change::Change>(serde_json::json!({ "change": "?" }))
}
