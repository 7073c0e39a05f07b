//! What a client loses by a plan, by the names that it knows.

use std::collections::BTreeSet;

use serde_json::{json, Value};

use super::table_json;
use crate::change::Change;
use crate::diff::Objects;
use crate::model::{Object, ObjectId};
use crate::trace::Named;

/// Objects, columns and attributes that go, and the rows of tables that are made again (`again`), with what is not synced of them.
pub fn lost(changes: &[Change], before: &Objects, again: &BTreeSet<ObjectId>) -> Vec<Value> {
    let mut lost = Vec::new();
    for change in changes {
        match change {
            Change::Drop { id, .. } if again.contains(id) => {}
            Change::Drop { before, .. } => lost.extend(Named::of(before).as_ref().and_then(of_named)),
            Change::DropColumn(dropped) => {
                let table = before.get(&dropped.table.id).and_then(Object::qualified_name);
                lost.extend(
                    table.map(
                        |table| json!({ "schema": table.schema, "table": table.name, "column": dropped.part.name }),
                    ),
                );
            }
            Change::AlterComposite { before, after, .. } => {
                let gone = before.attributes.iter().filter(|was| after.attributes.iter().all(|is| is.id != was.id));
                lost.extend(gone.map(|attribute| {
                    json!({ "schema": before.name.schema, "type": before.name.name, "attribute": attribute.name })
                }));
            }
            _ => {}
        }
    }
    let tables = again.iter().filter_map(|id| before.get(id)?.as_table());
    lost.extend(tables.filter(|table| table.partition_key.is_none()).map(|table| table_json(&table.name)));
    sorted(&mut lost);
    lost
}

/// In the order of an answer.
pub fn sorted(lost: &mut [Value]) {
    lost.sort_by_key(Value::to_string);
}

/// Something that goes, by its name.
pub fn of_named(named: &Named) -> Option<Value> {
    let kind = match &*named.kind {
        // What was in it is named by itself.
        "schema" => return None,
        "enum" | "domain" | "composite" | "range" => "type",
        kind => kind,
    };
    Some(json!({ "schema": named.name.schema, kind: named.name.name }))
}
