//! Views and routines.

use electric_schema_core::diff::Objects;
use electric_schema_core::model::{
    ColumnValue, Index, Object, ObjectId, PartId, Routine, RoutineKind, View, ViewColumn, Volatility,
};
use electric_schema_core::quote::{ident, qualified};

use super::{built_in, fresh, is_type, pick, settle_type, World, TYPES};

impl World {
    /// Views and routines come, get other definitions, and stand in for defaults.
    pub fn edit_code(&mut self, kind: u8, a: usize, b: usize, c: usize) -> Option<()> {
        match kind {
            58 | 59 => {
                let name = self.place(a);
                let uses = pick(self.ids(is_type), b).into_iter().chain(self.callee(c)).collect();
                let routine = [RoutineKind::Function, RoutineKind::Procedure][c % 2];
                self.create(Object::Routine(Routine {
                    name,
                    routine,
                    arguments: String::new(),
                    body: 1,
                    definition: String::new(),
                    uses,
                }));
            }
            60 => {
                let callee = self.callee(b);
                let id = pick(self.ids(|object| matches!(object, Object::Routine(_))), a)?;
                let types = self.ids(is_type);
                if let Some(Object::Routine(routine)) = self.objects.get_mut(&id) {
                    routine.body += 1;
                    routine.uses.retain(|used| types.contains(used));
                    // Routines may call one another in a circle.
                    routine.uses.extend(callee);
                }
            }
            61 => {
                let routine = pick(self.ids(|object| matches!(object, Object::Routine(_))), c)?;
                let (_, next, column) = self.valued_column(a, b)?;
                let (id, sql) = (fresh(next), format!("'{c}'::text"));
                column.value = ColumnValue::Default { id, sql, volatility: Volatility::Volatile, uses: vec![routine] };
            }
            62..=64 => {
                let name = self.place(a);
                let materialized = c % 3 == 0;
                let mut view = View {
                    name,
                    materialized,
                    columns: vec![],
                    body: 1,
                    query: String::new(),
                    options: options(c),
                    indexes: vec![],
                    uses: self.readable(b, None),
                    next_part: 2,
                };
                for i in 0..=b % 3 {
                    let column = self.new_view_column(&mut view.next_part, c + i);
                    view.columns.push(column);
                }
                self.create(Object::View(view));
            }
            65 | 66 => {
                let id = pick(self.ids(|object| matches!(object, Object::View(_))), a)?;
                let uses = self.readable(b, Some(id));
                let mut next = self.view(id)?.next_part;
                let new = self.new_view_column(&mut next, c);
                let view = self.view(id)?;
                view.body = fresh(&mut next);
                view.next_part = next;
                let count = view.columns.len().max(1);
                match c % 6 {
                    0 | 5 => view.uses = uses,
                    1 => {
                        let gone = view.columns.remove(b % count).id;
                        view.indexes.retain(|index| !index.columns.contains(&gone));
                    }
                    2 => view.columns[b % count].data_type = new.data_type,
                    3 => view.options = options(b),
                    _ => view.columns.push(new),
                }
                if view.columns.is_empty() {
                    self.drop(id);
                }
            }
            67 => {
                let name = self.name(c);
                let id = pick(self.ids(|object| matches!(object, Object::View(_))), a)?;
                let view = self.view(id)?;
                let count = view.columns.len().max(1);
                view.columns.get_mut(b % count)?.name = name;
            }
            _ => {
                let name = self.name(c);
                let materialized = |object: &Object| object.as_view().is_some_and(|view| view.materialized);
                let id = pick(self.ids(materialized), a)?;
                let view = self.view(id)?;
                match c % 4 {
                    0 => drop(view.indexes.pop()),
                    1 => view.indexes.first_mut()?.name = name,
                    _ => {
                        let id = fresh(&mut view.next_part);
                        let columns: Vec<PartId> = view.columns.iter().take(1).map(|column| column.id).collect();
                        view.indexes.push(Index {
                            id,
                            name,
                            unique: c % 3 == 0,
                            definition: String::new(),
                            options: vec![],
                            predicate: None,
                            columns,
                            expressions: vec![],
                            part_of: None,
                            uses: vec![],
                        });
                    }
                }
                view.indexes.sort_by(|a, b| a.name.cmp(&b.name));
            }
        }
        Some(())
    }

    fn view(&mut self, id: ObjectId) -> Option<&mut View> {
        match self.objects.get_mut(&id) {
            Some(Object::View(view)) => Some(view),
            _ => None,
        }
    }

    fn callee(&self, choice: usize) -> Option<ObjectId> {
        pick(self.ids(|object| matches!(object, Object::Routine(_))), choice).filter(|_| choice % 3 == 0)
    }

    /// Up to two relations, and sometimes a routine, that a view may read without reading itself.
    fn readable(&self, choice: usize, view: Option<ObjectId>) -> Vec<ObjectId> {
        let relations = self.ids(|object| matches!(object, Object::Table(_) | Object::View(_)));
        let relations: Vec<ObjectId> =
            relations.into_iter().filter(|id| view.is_none_or(|view| !self.reaches(*id, view))).collect();
        let any = pick(relations.clone(), choice);
        let young = pick(relations.into_iter().rev().take(3).collect(), choice / 7);
        let mut uses: Vec<ObjectId> = any.into_iter().chain(young).chain(self.callee(choice)).collect();
        uses.sort();
        uses.dedup();
        uses
    }

    fn new_view_column(&mut self, next: &mut PartId, choice: usize) -> ViewColumn {
        let types = self.ids(is_type);
        let mut data_type = built_in(TYPES[choice % TYPES.len()]);
        data_type.object = if choice % 3 == 0 { pick(types, choice) } else { None };
        data_type.array = choice % 2 == 0 && data_type.object.is_some();
        ViewColumn { id: fresh(next), name: self.name(choice), data_type, collation: None }
    }
}

fn options(choice: usize) -> Vec<String> {
    [vec![], vec!["security_barrier=true".to_owned()], vec!["check_option=local".to_owned()]][choice % 3].clone()
}

fn names(uses: &[ObjectId], objects: &Objects) -> Vec<String> {
    uses.iter().filter_map(|id| objects.get(id)?.qualified_name()).map(qualified).collect()
}

/// The types of its arguments are among what a routine uses.
pub fn settle_routine(routine: &mut Routine, objects: &Objects) {
    let is_type = |id: &&ObjectId| objects.get(id).is_some_and(is_type);
    let types: Vec<ObjectId> = routine.uses.iter().filter(is_type).copied().collect();
    let calls: Vec<ObjectId> = routine.uses.iter().filter(|id| !is_type(id)).copied().collect();
    routine.arguments = names(&types, objects).join(", ");
    routine.definition = format!(
        "({}) LANGUAGE sql AS 'SELECT {}, {}'",
        routine.arguments,
        routine.body,
        names(&calls, objects).join(", ").replace('\'', "''")
    );
}

pub fn settle_view(view: &mut View, objects: &Objects) {
    let name = |id: &ObjectId| objects.get(id).and_then(Object::qualified_name).cloned().expect("a named object");
    view.columns.iter_mut().for_each(|column| settle_type(&mut column.data_type, name));
    let columns: Vec<String> = view.columns.iter().map(|column| ident(&column.name).into_owned()).collect();
    view.query =
        format!("SELECT {} FROM {} -- {}", columns.join(", "), names(&view.uses, objects).join(", "), view.body);
    for index in &mut view.indexes {
        let of = |id: &PartId| view.columns.iter().find(|column| column.id == *id).map(|column| column.name.clone());
        index.definition = format!("btree ({})", index.columns.iter().filter_map(of).collect::<Vec<_>>().join(", "));
    }
}
