//! Partitions and inheritance: what a statement on a parent does to its children by itself.

use std::collections::{BTreeMap, BTreeSet};

use super::{Phase, Steps};
use crate::apply::table_of;
use crate::change::{Change, ColumnChange, TableRef};
use crate::diff::Objects;
use crate::expression::reparsable;
use crate::model::{
    Column, ColumnValue, ConstraintKind, Index, Object, ObjectId, Parent, PartId, QualifiedName, Table,
};
use crate::quote::{ident, qualified};

/// The tables of an entry as parents and children.
pub struct Family {
    parents: BTreeSet<ObjectId>,
    generations: BTreeMap<ObjectId, i32>,
    /// As they were before.
    former: BTreeMap<ObjectId, i32>,
    /// Changes of columns that reach the children of a table by themselves: table, kind, column.
    inherited: BTreeSet<(ObjectId, &'static str, String)>,
}

impl Family {
    /// Reads it off the models and the changes.
    pub fn of(changes: &[Change], before: &Objects, after: &Objects) -> Family {
        let parents = before.values().chain(after.values()).filter_map(Object::as_table);
        let parents = parents.flat_map(|table| table.parents.iter().map(|parent| parent.table)).collect();
        let mut former = BTreeMap::new();
        before.keys().for_each(|id| _ = generation(*id, before, &mut former));
        let mut generations = BTreeMap::new();
        after.keys().for_each(|id| _ = generation(*id, after, &mut generations));
        for (id, generation) in &former {
            generations.entry(*id).or_insert(*generation);
        }
        Family { parents, generations, former, inherited: changes.iter().filter_map(inherited).collect() }
    }

    /// Whether it has children, or had.
    pub fn is_parent(&self, table: ObjectId) -> bool {
        self.parents.contains(&table)
    }

    /// How many tables it descends from, one from another, as far as they are at hand.
    pub fn generation(&self, table: ObjectId) -> i32 {
        self.generations.get(&table).copied().unwrap_or(0)
    }

    /// The same, for a table that may be let go.
    pub fn former_generation(&self, table: ObjectId) -> i32 {
        self.former.get(&table).copied().unwrap_or(0)
    }

    /// Whether a change of a child comes with the same change of a parent.
    pub fn follows(&self, change: &Change, before: &Objects, after: &Objects) -> bool {
        self.leader(change, before, after).is_some()
    }

    /// The ancestor with whose change the change of a table comes.
    pub fn leader(&self, change: &Change, before: &Objects, after: &Objects) -> Option<ObjectId> {
        let (id, kind, name) = inherited(change)?;
        if merges(change, after) {
            return None;
        }
        if let Change::RenameConstraint(rename) = change {
            // Every table names its keys itself.
            let table = after.get(&id).and_then(Object::as_table)?;
            if !table.constraints.iter().any(|c| c.id == rename.id && c.kind == ConstraintKind::Check) {
                return None;
            }
        }
        std::iter::successors(Some(id), |id| self.changed_parent(*id, kind, &name, before, after)).skip(1).last()
    }

    fn changed_parent(
        &self,
        id: ObjectId,
        kind: &'static str,
        name: &str,
        before: &Objects,
        after: &Objects,
    ) -> Option<ObjectId> {
        let (was, is) = (before.get(&id)?.as_table()?, after.get(&id)?.as_table()?);
        // One that is let go and comes back with another bound misses what happens to the parent in between.
        let mut stay = was.parents.iter().filter(|parent| has_parent(is, parent)).map(|parent| parent.table);
        stay.find(|parent| self.inherited.contains(&(*parent, kind, name.to_owned())))
    }
}

impl Steps<'_> {
    /// What is left to do where the same change of the parent has reached a child.
    pub(super) fn follow(&mut self, change: &Change) {
        match change {
            Change::AddColumn(c) => {
                let leader = self.family.leader(change, self.before, self.after);
                let leader = leader.and_then(|id| self.after.get(&id)?.as_table());
                let theirs = leader.and_then(|table| table.columns.iter().find(|column| column.name == c.part.name));
                let text = |column: &Column| match &column.value {
                    ColumnValue::Default { sql, .. } => Some(sql.clone()),
                    _ => None,
                };
                let (inherited, own) = (theirs.and_then(text), text(&c.part));
                if inherited != own {
                    let set = own.map_or("DROP DEFAULT".to_owned(), |sql| format!("SET DEFAULT {}", reparsable(&sql)));
                    let table = qualified(&c.table.qualified());
                    self.push(
                        Phase::Values,
                        format!("ALTER TABLE ONLY {table} ALTER COLUMN {} {set}", ident(&c.part.name)),
                    );
                }
            }
            Change::SetType(c) => self.set_type_defaults(&self.alter_default(c), c),
            _ => {}
        }
    }

    /// Defaults are each table's own.
    pub(super) fn alter_default(&self, c: &ColumnChange) -> String {
        let only = if self.family.is_parent(c.table.id) { "ONLY " } else { "" };
        format!("ALTER TABLE {only}{} ALTER COLUMN {}", qualified(&c.table.qualified()), ident(&c.after.name))
    }

    /// A composite type with a table of it cannot be altered but with that table, so they part for a while.
    pub(super) fn let_go_of_retyped(&mut self, changes: &[Change]) {
        let altered: Vec<ObjectId> = changes
            .iter()
            .filter_map(|change| match change {
                Change::AlterComposite { id, .. } => Some(*id),
                _ => None,
            })
            .collect();
        let mut tables: Vec<(ObjectId, &Table)> =
            self.after.iter().filter_map(|(id, object)| Some((*id, object.as_table()?))).collect();
        tables.sort_by_key(|(_, table)| &table.name);
        for (id, table) in &tables {
            let Some(data_type) = table.of_type.as_ref() else { continue };
            let was = self.before.get(id).and_then(Object::as_table);
            let stays = was.is_some_and(|was| was.of_type.as_ref().is_some_and(|t| t.object == data_type.object));
            if stays && data_type.object.is_some_and(|id| altered.contains(&id)) {
                let old = was.map_or(&table.name, |was| &was.name);
                self.push(Phase::Detach, format!("ALTER TABLE {} NOT OF", qualified(old)));
                self.push(Phase::Attach, format!("ALTER TABLE {} OF {}", qualified(&table.name), data_type.name));
            }
        }
    }

    pub(super) fn attach(&mut self, table: &QualifiedName, parent: &Parent) {
        let (table, of) = (qualified(table), qualified(&parent.name));
        let sql = match &parent.bound {
            Some(bound) => format!("ALTER TABLE {of} ATTACH PARTITION {table} {bound}"),
            None => format!("ALTER TABLE {table} INHERIT {of}"),
        };
        self.push(Phase::Attach, sql);
    }

    pub(super) fn set_parents(
        &mut self,
        table: &TableRef,
        old_name: &QualifiedName,
        before: &[Parent],
        after: &[Parent],
    ) {
        // Who joins comes last: what is not in order any more has to leave and join again.
        let mut rest = before.iter();
        let in_order = after.iter().take_while(|parent| rest.any(|was| was.is(parent))).count();
        let (kept, joined) = after.split_at(in_order);
        for parent in before.iter().filter(|parent| !kept.iter().any(|other| parent.is(other))) {
            let (child, of) = (qualified(old_name), qualified(&parent.name));
            let sql = match parent.bound {
                Some(_) => format!("ALTER TABLE {of} DETACH PARTITION {child}"),
                None => format!("ALTER TABLE {child} NO INHERIT {of}"),
            };
            self.push(Phase::Detach, sql);
        }
        joined.iter().for_each(|parent| self.attach(&table.qualified(), parent));
    }

    /// Whether the new index of a partitioned table is to be told which indexes of its partitions are its own: those are all in the model, so
    /// that none is left to be found by what it looks like.
    pub(super) fn adopts_by_name(&self, table: ObjectId, index: PartId) -> bool {
        let was = |id: ObjectId| self.before.get(&id).and_then(Object::as_table);
        let is_new = was(table).is_some_and(|table| table.indexes.iter().all(|i| i.id != index));
        let attached = |child: &Table| child.parents.iter().any(|p| p.table == table && p.bound.is_some());
        let mut partitions = self
            .after
            .iter()
            .filter_map(|(id, object)| Some((id, object.as_table()?)))
            .filter(|(id, child)| attached(child) && was(**id).is_some_and(attached))
            .peekable();
        is_new
            && partitions.peek().is_some()
            && partitions.all(|(_, child)| child.indexes.iter().any(|i| i.part_of == Some(index)))
    }

    /// Makes an index part of the index of the partitioned table, if that one waits for it.
    pub(super) fn adopt(&mut self, table: &TableRef, index: &Index) {
        let Some(part_of) = index.part_of else { return };
        let child = self.after.get(&table.id).and_then(Object::as_table);
        let Some(parent) = child.and_then(|child| child.parents.iter().find(|parent| parent.bound.is_some())) else {
            return;
        };
        let theirs = self.after.get(&parent.table).and_then(Object::as_table);
        let theirs = theirs.and_then(|table| table.indexes.iter().find(|index| index.id == part_of));
        if let Some(theirs) = theirs.filter(|_| self.adopts_by_name(parent.table, part_of)) {
            let of = qualified(&QualifiedName { schema: parent.name.schema.clone(), name: theirs.name.clone() });
            let part = qualified(&QualifiedName { schema: table.schema.clone(), name: index.name.clone() });
            self.push(Phase::Adopt, format!("ALTER INDEX {of} ATTACH PARTITION {part}"));
        }
    }
}

/// These tables, and those that they are partitions of.
pub(crate) fn with_ancestors(tables: &BTreeSet<ObjectId>, objects: &Objects) -> BTreeSet<ObjectId> {
    let mut all = tables.clone();
    let mut rest: Vec<ObjectId> = tables.iter().copied().collect();
    while let Some(id) = rest.pop() {
        let parents = objects.get(&id).and_then(Object::as_table).map(|table| &table.parents[..]).unwrap_or_default();
        rest.extend(parents.iter().filter(|p| p.bound.is_some()).map(|p| p.table).filter(|parent| all.insert(*parent)));
    }
    all
}

/// Whether a parent's column merges into one that the child has. A partition has no columns but its parent's; any other child may have
/// added one before or after its parents did, with other values for its rows, and in another order.
pub fn merges(change: &Change, after: &Objects) -> bool {
    let Change::AddColumn(c) = change else { return false };
    let table = after.get(&c.table.id).and_then(Object::as_table);
    table.is_some_and(|table| table.parents.iter().any(|parent| parent.bound.is_none()))
}

fn has_parent(table: &Table, parent: &Parent) -> bool {
    table.parents.iter().any(|p| p.is(parent))
}

fn generation(id: ObjectId, objects: &Objects, known: &mut BTreeMap<ObjectId, i32>) -> i32 {
    if let Some(known) = known.get(&id) {
        return *known;
    }
    let parents =
        objects.get(&id).and_then(Object::as_table).map(|table: &Table| &table.parents[..]).unwrap_or_default();
    let oldest = parents.iter().filter(|parent| objects.contains_key(&parent.table));
    let generation = oldest.map(|parent| 1 + generation(parent.table, objects, known)).max().unwrap_or(0);
    known.insert(id, generation);
    generation
}

/// Changes of a column that Postgres makes to all children along with the parent.
fn inherited(change: &Change) -> Option<(ObjectId, &'static str, String)> {
    let (kind, column) = match change {
        Change::AddColumn(c) => ("add", &c.part.name),
        Change::RenameColumn(c) => ("rename", &c.after),
        Change::SetType(c) => ("type", &c.after.name),
        Change::RewriteValues(c) => ("rewrite", &c.after.name),
        Change::SetNotNull(c) => ("set not null", &c.after.name),
        Change::SetExpression(c) => ("expression", &c.after.name),
        Change::DropExpression(c) => ("drop expression", &c.after.name),
        Change::RenameConstraint(c) => ("rename constraint", &c.after),
        // A partition's key may be called otherwise.
        Change::SetTiming(c) if c.after.kind == ConstraintKind::ForeignKey => ("timing", &c.after.definition),
        _ => return None,
    };
    table_of(change).map(|table| (table.id, kind, column.clone()))
}
