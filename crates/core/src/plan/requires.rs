//! What a client must have beforehand.

use std::collections::BTreeSet;

use serde_json::{json, Value};

use super::Server;
use crate::change::Change;
use crate::model::Object;

/// Whether [`migrate`](super::migrate) says anything of a recorded change beside its statements: what it needs, or rows to fetch. `text` gives the
/// string at a path in it.
pub fn brings<'a>(text: impl Fn(&[&str]) -> Option<&'a str>) -> bool {
    match text(&["change"]) {
        Some("create" | "refresh") => true,
        Some("add_column") => text(&["part", "collation"]).is_some(),
        Some("set_type") => text(&["after", "collation"]).is_some(),
        Some(_) => false,
        // For the sake of its error.
        None => true,
    }
}

/// Extensions and collations.
#[derive(Default)]
pub struct Requires<'a> {
    extensions: BTreeSet<&'a String>,
    collations: BTreeSet<&'a String>,
}

impl<'a> Requires<'a> {
    /// What these objects need.
    pub fn of_objects(objects: impl IntoIterator<Item = &'a Object>) -> Self {
        let mut requires = Requires::default();
        objects.into_iter().for_each(|object| requires.object(object));
        requires
    }

    /// What these changes bring along.
    pub fn of_changes(changes: impl IntoIterator<Item = &'a Change>) -> Self {
        let mut requires = Requires::default();
        for change in changes {
            match change {
                Change::Create { after, .. } | Change::Refresh { after, .. } => requires.object(after),
                Change::AddColumn(added) => requires.collations.extend(&added.part.collation),
                Change::SetType(change) => requires.collations.extend(&change.after.collation),
                _ => {}
            }
        }
        requires
    }

    fn object(&mut self, object: &'a Object) {
        match object {
            Object::Extension(extension) => {
                self.extensions.insert(&extension.name);
            }
            Object::Table(table) => {
                self.collations.extend(table.columns.iter().filter_map(|column| column.collation.as_ref()))
            }
            Object::Composite(composite) => {
                self.collations.extend(composite.attributes.iter().filter_map(|attribute| attribute.collation.as_ref()))
            }
            Object::Domain(domain) => self.collations.extend(&domain.collation),
            Object::Range(range) => self.collations.extend(&range.collation),
            Object::Schema(_) | Object::Enum(_) | Object::Sequence(_) | Object::Routine(_) | Object::View(_) => {}
        }
    }

    /// As an answer has it.
    pub fn into_json(self, server: &Server) -> Value {
        json!({ "extensions": self.extensions, "collations": self.collations, "server_version": server.version })
    }
}
