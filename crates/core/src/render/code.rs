//! Views and routines.

use std::collections::BTreeSet;

use super::{Phase, Steps};
use crate::apply::object_id;
use crate::change::Change;
use crate::diff::Objects;
use crate::expression::reparsable;
use crate::model::{ConstraintKind, Object, ObjectId, QualifiedName, Routine, View};
use crate::quote::{ident, literal, qualified};

/// Views that stay and yet have to be dropped and made again: those that cannot be replaced as they are, those that stand in the way of
/// other changes, and those that read one of these.
pub fn rebuilt(changes: &[Change], before: &Objects, after: &Objects) -> BTreeSet<ObjectId> {
    let in_the_way: BTreeSet<ObjectId> = changes.iter().filter(|change| meets_views(change)).map(object_id).collect();
    let redefined: BTreeSet<ObjectId> = changes
        .iter()
        .filter_map(|change| match change {
            Change::RedefineView { id, .. } => Some(*id),
            _ => None,
        })
        .collect();
    let gone =
        |id: &ObjectId| before.get(id).is_some_and(|object| object.as_view().is_some()) && !after.contains_key(id);
    let mut rebuilt: BTreeSet<ObjectId> = BTreeSet::new();
    loop {
        let more: Vec<ObjectId> = before
            .iter()
            .filter_map(|(id, object)| Some((id, object.as_view()?, after.get(id)?.as_view()?)))
            .filter(|(id, view, now)| {
                !rebuilt.contains(id)
                    && (view.uses.iter().any(|used| rebuilt.contains(used) || gone(used))
                        || redefined.contains(id)
                            && (!replaceable(view, now) || view.uses.iter().any(|used| in_the_way.contains(used))))
            })
            .map(|(id, ..)| *id)
            .collect();
        if more.is_empty() {
            return rebuilt;
        }
        rebuilt.extend(more);
    }
}

/// Changes that Postgres refuses while a view depends on what they change.
fn meets_views(change: &Change) -> bool {
    match change {
        Change::Drop { .. }
        | Change::DropColumn(_)
        | Change::SetType(_)
        | Change::RewriteValues(_)
        | Change::AlterComposite { .. } => true,
        Change::DropConstraint(c) => c.part.kind == ConstraintKind::PrimaryKey,
        _ => false,
    }
}

/// Whether CREATE OR REPLACE VIEW does: columns stay, and others may follow them.
fn replaceable(before: &View, after: &View) -> bool {
    let same = before
        .columns
        .iter()
        .zip(&after.columns)
        .all(|(b, a)| b.name == a.name && b.collation == a.collation && b.data_type.is(&a.data_type));
    !before.materialized && same && before.columns.len() <= after.columns.len()
}

fn kind(view: &View) -> &'static str {
    if view.materialized {
        "MATERIALIZED VIEW"
    } else {
        "VIEW"
    }
}

impl Steps<'_> {
    pub(super) fn create_view(&mut self, view: &View) {
        self.define_view("CREATE", view);
        view.indexes.iter().for_each(|index| self.create_index_in(Phase::Views, "", &view.name, index));
        if view.materialized {
            // A query can fail on the client's rows: the view is then there, and not populated.
            let refresh = format!("REFRESH MATERIALIZED VIEW {}", qualified(&view.name));
            let body = format!("BEGIN {refresh}; EXCEPTION WHEN OTHERS THEN NULL; END");
            self.push(Phase::Populate, format!("DO {}", literal(&body)));
        }
    }

    pub(super) fn replace_view(&mut self, view: &View) {
        self.define_view("CREATE OR REPLACE", view);
    }

    fn define_view(&mut self, create: &str, view: &View) {
        let mut sql = format!("{create} {} {}", kind(view), qualified(&view.name));
        if !view.options.is_empty() {
            sql.push_str(&format!(" WITH ({})", view.options.join(", ")));
        }
        sql.push_str(&format!(" AS {}", reparsable(&view.query)));
        if view.materialized {
            sql.push_str(" WITH NO DATA");
        }
        self.push(Phase::Views, sql);
    }

    pub(super) fn drop_view(&mut self, view: &View) {
        self.push(Phase::DropViews, format!("DROP {} {}", kind(view), qualified(&view.name)));
    }

    pub(super) fn create_routine(&mut self, create: &str, routine: &Routine) {
        // Its body may name what comes later. Its callers are what has been tried on the server.
        let unchecked = (Phase::Settings, 0, "SET LOCAL check_function_bodies = off".to_owned());
        if !self.out.contains(&unchecked) {
            self.out.push(unchecked);
        }
        let (kind, name) = (routine.routine.keyword(), qualified(&routine.name));
        self.push(Phase::CreateTypes, format!("{create} {kind} {name}{}", routine.definition));
    }

    pub(super) fn drop_routine(&mut self, routine: &Routine) {
        let (kind, arguments) = (routine.routine.keyword(), &routine.arguments);
        let name = self.at_last(&routine.name);
        if !self.is_overloaded_anew(&name) && self.keeps_types(routine) {
            self.push(Phase::DropLast, format!("DROP {kind} {}({arguments})", qualified(&name)));
            return;
        }
        let aside = self.aside(&routine.name);
        let rename = format!("ALTER {kind} {}({arguments}) RENAME TO {}", qualified(&routine.name), ident(&aside.name));
        self.push(Phase::SetAside, rename);
        self.push(Phase::DropLast, format!("DROP {kind} {}", qualified(&self.at_last(&aside))));
    }

    /// Whether a routine comes under this name: names of arguments do not tell it from one that goes, but are in its text.
    fn is_overloaded_anew(&self, name: &QualifiedName) -> bool {
        self.after.iter().any(|(id, object)| match object {
            Object::Routine(routine) => {
                let was = self.before.get(id).and_then(Object::qualified_name).map(|was| self.at_last(was));
                &routine.name == name && was.as_ref() != Some(name)
            }
            _ => false,
        })
    }

    /// Whether the types of a routine's arguments go by the same names, and no others by theirs, until the end.
    fn keeps_types(&self, routine: &Routine) -> bool {
        let types = routine.uses.iter().filter_map(|id| Some((id, self.before.get(id)?)));
        types.filter(|(_, object)| !matches!(object, Object::Routine(_))).all(|(id, object)| {
            let Some(name) = object.qualified_name() else { return true };
            match self.after.get(id) {
                Some(after) => after.qualified_name() == Some(name),
                None => self.at_last(name) == *name && !self.is_taken(name),
            }
        })
    }
}
