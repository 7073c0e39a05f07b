//! Catalogs as they are read, in JSON.

use electric_schema_core::catalog::Catalog;
use serde_json::{json, Value};

pub fn catalog(json: &Value) -> Catalog {
    serde_json::from_value(json.clone()).unwrap()
}

pub fn push(list: &mut Value, item: Value) {
    list.as_array_mut().unwrap().push(item);
}

pub fn name(name: &str) -> Value {
    json!({ "schema": "public", "name": name })
}

pub fn column(attnum: i16, name: &str, type_name: &str, type_oid: u32) -> Value {
    json!({
        "attnum": attnum, "name": name, "type_name": type_name, "type_oid": type_oid, "array": false, "collation": null,
        "not_null": false, "default": null, "identity": null, "missing": null,
    })
}

pub fn default(oid: u32, sql: &str) -> Value {
    json!({ "oid": oid, "sql": sql, "generated": false, "volatility": "immutable" })
}

pub fn constraint(oid: u32, name: &str, kind: &str, columns: &[i16], definition: &str) -> Value {
    json!({
        "oid": oid, "name": name, "type": kind, "definition": definition, "columns": columns, "references": null,
        "timing": "immediate", "validated": true,
    })
}

pub fn index(oid: u32, name: &str, columns: &[i16], definition: &str) -> Value {
    json!({
        "oid": oid, "name": name, "unique": false, "definition": definition, "options": [], "predicate": null,
        "columns": columns, "expressions": [],
    })
}

pub fn table(oid: u32, table: &str, columns: &[Value]) -> Value {
    json!({ "oid": oid, "name": name(table), "unlogged": false, "columns": columns, "constraints": [], "indexes": [] })
}

pub fn an_enum(oid: u32) -> Value {
    json!({ "oid": oid, "name": name("mood"), "labels": ["sad", "happy"] })
}

pub fn attribute(attnum: i16, name: &str, type_name: &str, type_oid: u32) -> Value {
    json!({
        "attnum": attnum, "name": name, "type_name": type_name, "type_oid": type_oid, "array": false,
        "multirange": false, "collation": null,
    })
}

pub fn composite(oid: u32, composite: &str, attributes: &[Value]) -> Value {
    json!({ "oid": oid, "name": name(composite), "attributes": attributes })
}

pub fn range(oid: u32, range: &str, multirange: &str) -> Value {
    json!({
        "oid": oid, "name": name(range), "opclass": "pg_catalog.float8_ops", "collation": null, "difference": null,
        "subtype": { "type_name": "double precision", "type_oid": 701, "array": false, "multirange": false },
        "multirange_name": name(multirange), "uses": [],
    })
}

/// A routine.
pub fn routine(oid: u32, routine: &str, definition: &str, written: &str) -> Value {
    json!({
        "oid": oid, "name": name(routine), "routine": "function", "arguments": "", "definition": definition,
        "written": written, "uses": [],
    })
}

pub fn view(oid: u32, view: &str, columns: &[Value], query: &str, written: &str, used: &[Value]) -> Value {
    json!({
        "oid": oid, "name": name(view), "materialized": false, "columns": columns, "query": query, "written": written,
        "options": [], "indexes": [], "uses": used,
    })
}

/// What a view uses.
pub fn uses(oid: u32, kind: &str, identity: &str) -> Value {
    json!({ "oid": oid, "kind": kind, "identity": identity })
}

/// A parent; of a partition with its bound.
pub fn parent(oid: u32, table: &str, bound: Option<&str>) -> Value {
    json!({ "oid": oid, "name": name(table), "bound": bound, "beside_default": false })
}
