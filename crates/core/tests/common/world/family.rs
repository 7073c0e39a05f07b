//! Partitions and children, kept as a server keeps them: what their parents have they have, too.

use electric_schema_core::model::{
    Column, ColumnValue, Constraint, ConstraintKind, Fill, Index, Object, ObjectId, Parent, PartId, QualifiedName,
    Table,
};

use super::{fresh, pick, World};

impl World {
    /// Tables join families, leave them, and become tables of a type.
    pub fn edit_family(&mut self, kind: u8, a: usize, b: usize, c: usize) -> Option<()> {
        match kind {
            70..=72 => {
                let parent = pick(self.ids(|object| matches!(object, Object::Table(_))), a)?;
                let name = self.place(b);
                let mut table = Table { name, partition_key: None, parents: vec![], ..self.table_of(parent)?.clone() };
                (table.columns, table.constraints, table.indexes) = (vec![], vec![], vec![]);
                (table.of_type, table.next_part) = (None, 1);
                let bound = table_bound(self.table_of(parent)?, c);
                table.parents = vec![Parent { table: parent, name: nowhere(), bound }];
                if c % 7 == 0 && self.table_of(parent)?.partition_key.is_some() {
                    table.partition_key.clone_from(&self.table_of(parent)?.partition_key);
                }
                self.create(Object::Table(table));
            }
            73 | 74 => {
                let parent = pick(self.ids(|object| matches!(object, Object::Table(_))), a)?;
                let child = pick(self.ids(|object| matches!(object, Object::Table(_))), b)?;
                if self.below(child).contains(&parent) || !self.table_of(child)?.parents.is_empty() {
                    return None;
                }
                if self.table_of(child)?.of_type.is_some() || self.table_of(child)?.partition_key.is_some() {
                    return None;
                }
                let bound = table_bound(self.table_of(parent)?, c);
                self.table_of(child)?.parents = vec![Parent { table: parent, name: nowhere(), bound }];
            }
            75 | 76 => {
                let children = self.ids(|object| object.as_table().is_some_and(|table| !table.parents.is_empty()));
                let child = self.table_of(pick(children, a)?)?;
                match (&child.parents[0].bound, b % 3) {
                    (Some(_), 0) => child.parents[0].bound = Some(format!("FOR VALUES FROM ('{c}') TO ('{c}0')")),
                    _ => child.parents.clear(),
                }
            }
            _ => {
                let composite = pick(self.ids(|object| matches!(object, Object::Composite(_))), b)?;
                let (_, table) = self.table(a)?;
                if !table.parents.is_empty() {
                    return None;
                }
                let mut data_type = super::built_in("");
                data_type.object = Some(composite);
                table.of_type = if table.of_type.is_some() { None } else { Some(data_type) };
            }
        }
        Some(())
    }

    fn children(&self, id: ObjectId) -> Vec<ObjectId> {
        self.ids(|object| object.as_table().is_some_and(|table| table.parents.iter().any(|parent| parent.table == id)))
    }

    /// A table and all below it, parents first.
    pub fn below(&self, id: ObjectId) -> Vec<ObjectId> {
        let mut family = vec![id];
        family.extend(self.children(id).into_iter().flat_map(|child| self.below(child)));
        family
    }

    pub fn has_family(&self, id: ObjectId) -> bool {
        let is_child = self.objects.get(&id).and_then(Object::as_table).is_some_and(|table| !table.parents.is_empty());
        is_child || !self.children(id).is_empty()
    }

    fn parents_of(&self, id: ObjectId) -> Vec<&Table> {
        let parents = self.objects.get(&id).and_then(Object::as_table).map(|table| &table.parents[..]);
        let parents = parents.unwrap_or_default().iter();
        parents.filter_map(|parent| self.objects.get(&parent.table)?.as_table()).collect()
    }

    /// A column that a table does not have from its parents: only there it can be dropped, renamed or altered.
    pub fn own_column(&mut self, table: usize, column: usize) -> Option<(ObjectId, &mut PartId, &mut Column)> {
        let (id, _, found) = self.column(table, column)?;
        let name = found.name.clone();
        if self.parents_of(id).iter().any(|parent| parent.columns.iter().any(|column| column.name == name)) {
            return None;
        }
        self.column(table, column)
    }

    /// A column whose value is its table's own affair.
    pub fn valued_column(&mut self, table: usize, column: usize) -> Option<(ObjectId, &mut PartId, &mut Column)> {
        let (id, _, found) = self.column(table, column)?;
        if matches!(found.value, ColumnValue::Generated { .. }) && self.has_family(id) {
            return None;
        }
        self.column(table, column)
    }

    /// What happens to a parent's column happens to those of its children.
    pub fn columns_below(&mut self, id: ObjectId, name: &str, act: impl Fn(&mut Column)) {
        for child in self.below(id).into_iter().skip(1) {
            let columns = self.table_of(child).map(|table| &mut table.columns).into_iter().flatten();
            columns.filter(|column| column.name == name).for_each(&act);
        }
    }

    pub fn drop_below(&mut self, id: ObjectId, name: &str) {
        for child in self.below(id).into_iter().skip(1) {
            let columns = self.table_of(child).map(|table| &table.columns[..]).unwrap_or_default();
            if let Some(column) = columns.iter().find(|column| column.name == name).map(|column| column.id) {
                self.drop_column(child, column);
            }
        }
    }

    /// Gives a constraint of a table, and those that its children have from it, another name, or none.
    pub fn rename_constraint(&mut self, id: ObjectId, name: &str, after: Option<&str>) -> Option<()> {
        let own = self.table_of(id)?.name.clone();
        let inherits = |parent: &&Table| parent.constraints.iter().any(|c| name_below(c.kind, &c.name, &own) == name);
        if self.parents_of(id).iter().any(inherits) {
            return None;
        }
        let kind = self.table_of(id)?.constraints.iter().find(|c| c.name == name)?.kind;
        for member in self.below(id) {
            let table = self.table_of(member)?;
            let (from, to) = match member == id {
                true => (name.to_owned(), after.map(str::to_owned)),
                false => (name_below(kind, name, &table.name), after.map(|after| name_below(kind, after, &table.name))),
            };
            match to {
                Some(to) => {
                    table.constraints.iter_mut().filter(|c| c.name == from).for_each(|c| c.name.clone_from(&to))
                }
                None => table.constraints.retain(|c| c.name != from),
            }
        }
        Some(())
    }

    /// Gives an index of a table, and those that its partitions have from it, another name, or none.
    pub fn rename_index(&mut self, id: ObjectId, name: &str, after: Option<&str>) -> Option<()> {
        let own = self.table_of(id)?.name.clone();
        let inherits = |parent: &&Table| parent.indexes.iter().any(|index| key_below(&index.name, &own) == name);
        if self.parents_of(id).iter().any(inherits) {
            return None;
        }
        for member in self.below(id) {
            let table = self.table_of(member)?;
            let (from, to) = match member == id {
                true => (name.to_owned(), after.map(str::to_owned)),
                false => (key_below(name, &table.name), after.map(|after| key_below(after, &table.name))),
            };
            match to {
                Some(to) => table.indexes.iter_mut().filter(|i| i.name == from).for_each(|i| i.name.clone_from(&to)),
                None => table.indexes.retain(|index| index.name != from),
            }
        }
        Some(())
    }

    /// Children get what they lack of what their parents have.
    pub fn settle_families(&mut self) {
        let roots = self.ids(|object| object.as_table().is_some_and(|table| table.parents.is_empty()));
        for id in roots.into_iter().flat_map(|root| self.below(root)).collect::<Vec<_>>() {
            let parents: Vec<Table> = self.parents_of(id).into_iter().cloned().collect();
            let new = id.seq == self.seq;
            if let Some(table) = self.table_of(id) {
                table.indexes.iter_mut().for_each(|index| index.part_of = None);
                parents.iter().for_each(|parent| inherit(table, parent, new));
            }
        }
    }
}

fn nowhere() -> QualifiedName {
    QualifiedName { schema: String::new(), name: String::new() }
}

/// Partitions of a partitioned table, children of any other.
fn table_bound(parent: &Table, choice: usize) -> Option<String> {
    parent.partition_key.is_some().then(|| format!("FOR VALUES FROM ('{choice}') TO ('{choice}1')"))
}

/// The name by which a partition has a key or an index of its parent: a schema has no two of one name.
fn key_below(name: &str, table: &QualifiedName) -> String {
    format!("{name} of {}", table.name)
}

fn name_below(kind: ConstraintKind, name: &str, table: &QualifiedName) -> String {
    match kind {
        ConstraintKind::Check => name.to_owned(),
        _ => key_below(name, table),
    }
}

fn inherit(table: &mut Table, parent: &Table, new: bool) {
    for theirs in &parent.columns {
        match table.columns.iter_mut().find(|column| column.name == theirs.name) {
            Some(column) => {
                column.data_type.clone_from(&theirs.data_type);
                column.collation.clone_from(&theirs.collation);
                column.not_null |= theirs.not_null;
                if matches!(theirs.value, ColumnValue::Generated { .. })
                    != matches!(column.value, ColumnValue::Generated { .. })
                {
                    column.value = value_below(&theirs.value, &mut table.next_part);
                }
            }
            None => {
                let id = fresh(&mut table.next_part);
                let fill = if new { Fill::None } else { theirs.fill.clone() };
                let value = value_below(&theirs.value, &mut table.next_part);
                table.columns.push(Column { id, fill, value, ..theirs.clone() });
            }
        }
    }
    let is_partition = parent.partition_key.is_some();
    let own = |table: &Table, ids: &[PartId]| -> Vec<PartId> {
        let names = ids.iter().filter_map(|id| parent.columns.iter().find(|column| column.id == *id));
        names.filter_map(|theirs| table.columns.iter().find(|c| c.name == theirs.name)).map(|c| c.id).collect()
    };
    for theirs in &parent.constraints {
        let inherited = match theirs.kind {
            ConstraintKind::Check => true,
            ConstraintKind::ForeignKey
            | ConstraintKind::PrimaryKey
            | ConstraintKind::Unique
            | ConstraintKind::Exclusion => is_partition,
        };
        let name = name_below(theirs.kind, &theirs.name, &table.name);
        match table.constraints.iter_mut().find(|c| c.name == name) {
            Some(constraint) => constraint.validated |= theirs.validated,
            None if inherited => {
                let columns = own(table, &theirs.columns);
                let id = fresh(&mut table.next_part);
                table.constraints.push(Constraint { id, name, columns, ..theirs.clone() });
            }
            None => {}
        }
    }
    for theirs in parent.indexes.iter().filter(|_| is_partition) {
        let name = key_below(&theirs.name, &table.name);
        match table.indexes.iter_mut().find(|index| index.name == name) {
            Some(index) => index.part_of = Some(theirs.id),
            None => {
                let columns = own(table, &theirs.columns);
                let id = fresh(&mut table.next_part);
                table.indexes.push(Index { id, name, columns, part_of: Some(theirs.id), ..theirs.clone() });
            }
        }
    }
}

/// An identity is a table's own; an expression is the same for all.
fn value_below(value: &ColumnValue, next: &mut PartId) -> ColumnValue {
    match value.clone() {
        ColumnValue::Default { sql, volatility, uses, .. } => {
            ColumnValue::Default { id: fresh(next), sql, volatility, uses }
        }
        ColumnValue::Generated { sql, uses, .. } => ColumnValue::Generated { id: fresh(next), sql, uses },
        ColumnValue::None | ColumnValue::Identity { .. } => ColumnValue::None,
    }
}
