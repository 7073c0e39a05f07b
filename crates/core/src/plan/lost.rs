//! What a client loses by a plan, by the names that it knows.

use std::collections::BTreeSet;

use serde_json::{json, Value};

use super::table_json;
use crate::change::Change;
use crate::diff::Objects;
use crate::model::{Object, ObjectId, QualifiedName};

/// Objects, columns and attributes that go, and the rows of tables that are made again (`again`), with what is not synced of them.
pub fn lost(changes: &[Change], before: &Objects, again: &BTreeSet<ObjectId>) -> Vec<Value> {
    let mut lost = Vec::new();
    for change in changes {
        match change {
            Change::Drop { id, .. } if again.contains(id) => {}
            Change::Drop { before, .. } => lost.extend(of_object(before)),
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
    lost.sort_by_key(Value::to_string);
    lost
}

fn of_object(object: &Object) -> Option<Value> {
    let named = |kind: &str, name: &QualifiedName| Some(json!({ "schema": name.schema, kind: name.name }));
    match object {
        // What was in it is named by itself.
        Object::Schema(_) | Object::Extension(_) => None,
        Object::Enum(_) | Object::Domain(_) | Object::Composite(_) | Object::Range(_) => {
            named("type", object.qualified_name()?)
        }
        Object::Sequence(sequence) => named("sequence", &sequence.name),
        Object::Routine(routine) => named("routine", &routine.name),
        Object::Table(table) => named("table", &table.name),
        Object::View(view) => named("view", &view.name),
    }
}
