//! A schema under edits, as a server would keep it: what hangs on a dropped thing goes with it, and texts follow names.

mod code;
mod family;
mod types;

use electric_schema_core::diff::Objects;
use electric_schema_core::model::{
    Column, ColumnRef, ColumnValue, Constraint, ConstraintKind, DataType, Domain, EnumType, Extension, Fill, Index,
    Object, ObjectId, PartId, PartitionKey, QualifiedName, RangeType, Schema, Sequence, SequenceOptions, Table, Timing,
    Volatility,
};
use electric_schema_core::quote::{ident, literal, qualified};
use proptest::prelude::*;

/// What to do, and three choices for how; each choice is taken modulo what there is to choose from.
pub type Edit = (u8, usize, usize, usize);

/// Edits of any kind. Fewer edits are the simpler case that proptest shrinks to.
pub fn edits(most: usize) -> impl Strategy<Value = Vec<Edit>> {
    proptest::collection::vec((any::<u8>(), 0..1000usize, 0..1000usize, 0..1000usize), 0..most)
}

/// Two models, the second reached from the first by edits.
pub fn models() -> impl Strategy<Value = (Objects, Objects)> {
    (edits(60), edits(40)).prop_map(|(first, second)| {
        let mut world = World::default();
        world.edit_all(&first);
        let before = world.objects.clone();
        world.seq += 1;
        world.ordinal = 0;
        world.edit_all(&second);
        (before, world.objects)
    })
}

/// One model.
pub fn model() -> impl Strategy<Value = Objects> {
    models().prop_map(|(_, after)| after)
}

/// A schema that edits happen to.
#[derive(Debug, Clone, Default)]
pub struct World {
    /// The schema.
    pub objects: Objects,
    /// The entry that gives new objects their identities.
    pub seq: u64,
    ordinal: u32,
    names: usize,
}

/// Names that need quotes among them.
const NAMES: [&str; 5] = ["plain", "Mixed", "we\"ird", "order", "größe"];
const TYPES: [&str; 7] =
    ["smallint", "integer", "bigint", "text", "character varying(10)", "numeric(8,2)", "timestamp with time zone"];

fn pick<T>(items: Vec<T>, choice: usize) -> Option<T> {
    let count = items.len().max(1);
    items.into_iter().nth(choice % count)
}

fn built_in(name: &str) -> DataType {
    DataType { name: name.to_owned(), object: None, array: false, constrained: false, multirange: false }
}

fn multirange_name(object: &Object) -> Option<&QualifiedName> {
    match object {
        Object::Range(range) => range.multirange_name.as_ref(),
        _ => None,
    }
}

fn is_type(object: &Object) -> bool {
    matches!(object, Object::Enum(_) | Object::Domain(_) | Object::Composite(_) | Object::Range(_))
}

fn options(choice: usize) -> SequenceOptions {
    let max = [i64::MAX, 100, 1000][choice % 3];
    SequenceOptions {
        data_type: "bigint".into(),
        start: 1,
        increment: 1,
        min: 1,
        max,
        cache: 1,
        cycle: choice % 2 == 0,
    }
}

impl World {
    fn edit_all(&mut self, edits: &[Edit]) {
        for edit in edits {
            self.edit(edit);
            self.settle();
        }
    }

    fn name(&mut self, choice: usize) -> String {
        self.names += 1;
        format!("{}{}", NAMES[choice % NAMES.len()], self.names)
    }

    fn create(&mut self, object: Object) -> ObjectId {
        self.ordinal += 1;
        let id = ObjectId { seq: self.seq, ordinal: self.ordinal };
        self.objects.insert(id, object);
        id
    }

    fn ids(&self, is: impl Fn(&Object) -> bool) -> Vec<ObjectId> {
        self.objects.iter().filter(|(_, object)| is(object)).map(|(id, _)| *id).collect()
    }

    fn place(&mut self, choice: usize) -> QualifiedName {
        let schemas = self.objects.values().filter_map(|object| match object {
            Object::Schema(schema) => Some(schema.name.clone()),
            _ => None,
        });
        let schemas: Vec<String> = std::iter::once("public".to_owned()).chain(schemas).collect();
        QualifiedName { schema: schemas[choice % schemas.len()].clone(), name: self.name(choice) }
    }

    fn table(&mut self, choice: usize) -> Option<(ObjectId, &mut Table)> {
        let id = pick(self.ids(|object| matches!(object, Object::Table(_))), choice)?;
        Some((id, self.table_of(id)?))
    }

    fn table_of(&mut self, id: ObjectId) -> Option<&mut Table> {
        match self.objects.get_mut(&id) {
            Some(Object::Table(table)) => Some(table),
            _ => None,
        }
    }

    fn column(&mut self, table: usize, column: usize) -> Option<(ObjectId, &mut PartId, &mut Column)> {
        let (id, table) = self.table(table)?;
        let count = table.columns.len().max(1);
        Some((id, &mut table.next_part, table.columns.get_mut(column % count)?))
    }

    fn new_column(&mut self, id: PartId, next: &mut PartId, fill: Fill, choice: usize) -> Column {
        let types = self.ids(is_type);
        let object = if choice % 4 == 0 { pick(types, choice) } else { None };
        let name = TYPES[choice % TYPES.len()].to_owned();
        let mut value = ColumnValue::None;
        if choice % 3 == 1 {
            value = ColumnValue::Default {
                id: fresh(next),
                sql: format!("'{choice}'::text"),
                volatility: Volatility::Immutable,
                uses: vec![],
            };
        } else if choice % 11 == 2 {
            value = ColumnValue::Generated { id: fresh(next), sql: format!("({choice} + 1)"), uses: vec![] };
        } else if choice % 13 == 3 {
            value = identity(self.name(choice), choice);
        }
        Column {
            id,
            name: self.name(choice / 5),
            data_type: DataType {
                name,
                object,
                array: object.is_some() && choice % 8 == 0,
                constrained: false,
                multirange: false,
            },
            collation: (choice % 7 == 3 && object.is_none()).then(|| "pg_catalog.\"C\"".to_owned()),
            not_null: choice % 5 == 1,
            value,
            fill,
            values_version: 0,
        }
    }

    /// One edit; nothing where there is nothing to do it to.
    fn edit(&mut self, &(kind, a, b, c): &Edit) -> Option<()> {
        match kind % 78 {
            0 => {
                let name = self.name(a);
                self.create(Object::Schema(Schema { name }));
            }
            1 => {
                let name = self.name(a);
                self.create(Object::Extension(Extension { name, schema: "public".into() }));
            }
            2 | 3 => {
                let name = self.place(a);
                let labels = (0..b % 4).map(|i| format!("l{i}'s")).collect();
                self.create(Object::Enum(EnumType { name, labels }));
            }
            4 | 5 => {
                let name = self.place(a);
                self.create(Object::Sequence(Sequence {
                    name,
                    options: options(b),
                    owned_by: None,
                    unlogged: c % 4 == 0,
                }));
            }
            6..=9 => {
                let name = self.place(a);
                let mut table = Table {
                    name,
                    unlogged: c % 5 == 0,
                    partition_key: (a % 3 == 0).then(|| PartitionKey { definition: String::new(), uses: vec![] }),
                    parents: vec![],
                    of_type: None,
                    columns: vec![],
                    constraints: vec![],
                    indexes: vec![],
                    next_part: 1,
                };
                for i in 0..=b % 4 {
                    let id = fresh(&mut table.next_part);
                    let column = self.new_column(id, &mut table.next_part, Fill::None, b + c * i);
                    table.columns.push(column);
                }
                self.create(Object::Table(table));
            }
            10 => self.drop(pick(self.ids(|_| true), a)?),
            11..=13 => {
                let id = pick(self.ids(|object| !matches!(object, Object::Extension(_))), a)?;
                let place = self.place(b);
                match self.objects.get_mut(&id)? {
                    Object::Schema(schema) => {
                        let before = std::mem::replace(&mut schema.name, place.name.clone());
                        for object in self.objects.values_mut() {
                            if let Object::Range(RangeType { multirange_name: Some(name), .. }) = object {
                                if name.schema == before {
                                    name.schema.clone_from(&place.name);
                                }
                            }
                            if let Some(name) = object.name_mut().filter(|name| name.schema == before) {
                                name.schema.clone_from(&place.name);
                            }
                        }
                    }
                    object => *object.name_mut()? = place,
                }
            }
            14 | 15 => {
                let label = self.name(b);
                let labels = self.labels(a)?;
                labels.insert(c % (labels.len() + 1), label);
            }
            16 => {
                let label = self.name(b);
                let labels = self.labels(a)?;
                let count = labels.len().max(1);
                *labels.get_mut(c % count)? = label;
            }
            17 => self.sequence(a)?.options = options(b),
            18 => {
                let owner = self.column(b, c).map(|(table, _, column)| (table, column.id));
                let nowhere = QualifiedName { schema: String::new(), name: String::new() };
                self.sequence(a)?.owned_by = owner.filter(|_| c % 3 != 0).map(|(table, column)| ColumnRef {
                    table,
                    column,
                    table_name: nowhere,
                    column_name: String::new(),
                });
            }
            19 => {
                let sequence = self.sequence(a)?;
                sequence.unlogged = !sequence.unlogged;
            }
            20 => {
                let (_, table) = self.table(a)?;
                table.unlogged = !table.unlogged;
            }
            21..=23 => {
                let fill = match b % 4 {
                    0 => Fill::Null,
                    1 => Fill::Value { text: format!("{c}") },
                    2 => Fill::Value { text: "it's \\ so".into() },
                    _ => Fill::Unknown,
                };
                let (table, found) = self.table(a)?;
                let mut next = found.next_part;
                let id = fresh(&mut next);
                let column = self.new_column(id, &mut next, fill, c);
                if let Some(Object::Table(found)) = self.objects.get_mut(&table) {
                    found.next_part = next;
                    found.columns.push(column);
                }
            }
            24 => {
                let (table, _, column) = self.own_column(a, b)?;
                let (id, name) = (column.id, column.name.clone());
                self.drop_column(table, id);
                self.drop_below(table, &name);
            }
            25 => {
                let name = self.name(c);
                let (table, _, column) = self.own_column(a, b)?;
                let before = std::mem::replace(&mut column.name, name.clone());
                self.columns_below(table, &before, |column| column.name.clone_from(&name));
            }
            26 | 27 => {
                let types = self.ids(is_type);
                let (table, _, column) = self.own_column(a, b)?;
                column.data_type.object = if c % 5 == 0 { pick(types, c) } else { None };
                column.data_type.array = c % 10 == 0 && column.data_type.object.is_some();
                TYPES[c % TYPES.len()].clone_into(&mut column.data_type.name);
                column.values_version += u32::from(c % 3 == 0);
                column.collation =
                    (c % 7 == 3 && column.data_type.object.is_none()).then(|| "pg_catalog.\"C\"".to_owned());
                let name = column.name.clone();
                self.columns_below(table, &name, |column| column.values_version += u32::from(c % 3 == 0));
            }
            28 => {
                let (table, _, column) = self.own_column(a, b)?;
                column.values_version += 1;
                let name = column.name.clone();
                self.columns_below(table, &name, |column| column.values_version += 1);
            }
            29 | 30 => {
                let (table, _, column) = self.own_column(a, b)?;
                column.not_null = !column.not_null;
                let (name, not_null) = (column.name.clone(), column.not_null);
                self.columns_below(table, &name, |column| column.not_null = not_null);
            }
            31 => {
                let (_, next, column) = self.valued_column(a, b)?;
                let volatility = [Volatility::Immutable, Volatility::Stable, Volatility::Volatile][c % 3];
                column.value =
                    ColumnValue::Default { id: fresh(next), sql: format!("'{c}'::text"), volatility, uses: vec![] };
            }
            32 | 33 => self.valued_column(a, b)?.2.value = ColumnValue::None,
            34 => {
                let name = self.name(c);
                let column = self.valued_column(a, b)?.2;
                column.value = match &column.value {
                    ColumnValue::Identity { sequence, .. } if c % 4 != 0 => identity(sequence.name.clone(), c),
                    _ => identity(name, c),
                };
            }
            35 => {
                let (table, next, column) = self.own_column(a, b)?;
                let generated = ColumnValue::Generated { id: fresh(next), sql: format!("({c} + 2)"), uses: vec![] };
                let id = column.id;
                if !self.has_family(table) {
                    self.table_of(table)?.columns.iter_mut().find(|column| column.id == id)?.value = generated;
                }
            }
            48 => {
                let enums = self.ids(|object| matches!(object, Object::Enum(_)));
                let object = if b % 3 == 0 { pick(enums, b) } else { None };
                let name = self.place(a);
                self.create(Object::Domain(Domain {
                    name,
                    data_type: DataType {
                        name: TYPES[b % TYPES.len()].to_owned(),
                        object,
                        array: false,
                        constrained: false,
                        multirange: false,
                    },
                    collation: None,
                    not_null: c % 3 == 0,
                    default: None,
                    constraints: vec![],
                    uses: vec![],
                    next_part: 1,
                }));
            }
            49 => {
                let domain = self.domain(a)?;
                domain.not_null = b % 2 == 0;
                domain.default = (c % 2 == 0).then(|| format!("'{c}'::text"));
            }
            50 => {
                let name = self.name(c);
                let domain = self.domain(a)?;
                domain.constraints.push(Constraint {
                    id: fresh(&mut domain.next_part),
                    name,
                    kind: ConstraintKind::Check,
                    definition: "CHECK ((VALUE IS NOT NULL))".into(),
                    columns: vec![],
                    references: None,
                    timing: Timing::Immediate,
                    validated: b % 2 == 0,
                    uses: vec![],
                });
                domain.constraints.sort_by(|a, b| a.name.cmp(&b.name));
            }
            51 => {
                let name = self.name(c);
                let constraints = &mut self.domain(a)?.constraints;
                match c % 3 {
                    0 => drop(constraints.pop()),
                    1 => constraints.first_mut()?.validated = true,
                    _ => constraints.first_mut()?.name = name,
                }
                constraints.sort_by(|a, b| a.name.cmp(&b.name));
            }
            36 | 37 | 43..=45 => {
                let references = pick(self.ids(|object| matches!(object, Object::Table(_))), c);
                let name = self.name(c);
                let (_, table) = self.table(a)?;
                let columns: Vec<PartId> =
                    table.columns.iter().skip(b % 3).take(1 + c % 2).map(|column| column.id).collect();
                let kind = [
                    ConstraintKind::Check,
                    ConstraintKind::ForeignKey,
                    ConstraintKind::Unique,
                    ConstraintKind::PrimaryKey,
                    ConstraintKind::Exclusion,
                ][b % 5];
                let references = if kind == ConstraintKind::ForeignKey { references } else { None };
                if columns.is_empty() {
                    return None;
                }
                table.constraints.push(Constraint {
                    id: fresh(&mut table.next_part),
                    name,
                    kind,
                    definition: String::new(),
                    columns,
                    references,
                    timing: [Timing::Immediate, Timing::Deferrable, Timing::Deferred][c % 3],
                    validated: !matches!(kind, ConstraintKind::Check | ConstraintKind::ForeignKey) || c % 2 == 0,
                    uses: vec![],
                });
            }
            38 => {
                let name = self.name(c);
                let (table, found) = self.table(a)?;
                let constraint = found.constraints.get(b % found.constraints.len().max(1))?.name.clone();
                self.rename_constraint(table, &constraint, (c % 3 != 0).then_some(&*name))?;
            }
            39 => {
                let (table, found) = self.table(a)?;
                let constraint = found.constraints.get(b % found.constraints.len().max(1))?.clone();
                if self.has_family(table) {
                    return None;
                }
                let mut constraints = self.table_of(table)?.constraints.iter_mut();
                constraints.find(|c| c.id == constraint.id)?.timing =
                    [Timing::Immediate, Timing::Deferrable, Timing::Deferred][c % 3];
            }
            40 => self.table(a)?.1.constraints.iter_mut().for_each(|constraint| constraint.validated = true),
            41 | 42 => {
                let name = self.name(c);
                let (_, table) = self.table(a)?;
                table.indexes.push(Index {
                    id: fresh(&mut table.next_part),
                    name,
                    unique: b % 2 == 0,
                    definition: String::new(),
                    options: if c % 4 == 0 { vec!["fillfactor=70".into()] } else { vec![] },
                    predicate: (c % 5 == 0).then(String::new),
                    columns: vec![table.columns.get(b % 3)?.id],
                    expressions: if c % 3 == 0 { vec![String::new()] } else { vec![] },
                    part_of: None,
                    uses: vec![],
                });
            }
            46 | 47 => {
                let name = self.name(c);
                let (table, found) = self.table(a)?;
                let count = found.indexes.len().max(1);
                match c % 4 {
                    1 => found.indexes.get_mut(b % count)?.options = vec![format!("fillfactor={}", 50 + c % 50)],
                    _ => {
                        let index = found.indexes.get(b % count)?.name.clone();
                        self.rename_index(table, &index, (c % 4 != 0).then_some(&*name))?;
                    }
                }
            }
            52..=57 => self.edit_type(kind % 78, a, b, c)?,
            58..=69 => self.edit_code(kind % 78, a, b, c)?,
            _ => self.edit_family(kind % 78, a, b, c)?,
        }
        Some(())
    }

    fn labels(&mut self, choice: usize) -> Option<&mut Vec<String>> {
        let id = pick(self.ids(|object| matches!(object, Object::Enum(_))), choice)?;
        match self.objects.get_mut(&id) {
            Some(Object::Enum(enumeration)) => Some(&mut enumeration.labels),
            _ => None,
        }
    }

    fn domain(&mut self, choice: usize) -> Option<&mut Domain> {
        let id = pick(self.ids(|object| matches!(object, Object::Domain(_))), choice)?;
        match self.objects.get_mut(&id) {
            Some(Object::Domain(domain)) => Some(domain),
            _ => None,
        }
    }

    fn sequence(&mut self, choice: usize) -> Option<&mut Sequence> {
        let id = pick(self.ids(|object| matches!(object, Object::Sequence(_))), choice)?;
        match self.objects.get_mut(&id) {
            Some(Object::Sequence(sequence)) => Some(sequence),
            _ => None,
        }
    }

    fn tables(&mut self) -> impl Iterator<Item = (ObjectId, &mut Table)> {
        self.objects.iter_mut().filter_map(|(id, object)| match object {
            Object::Table(table) => Some((*id, table)),
            _ => None,
        })
    }

    /// Drops an object and what cannot be without it; a schema only when it is empty.
    fn drop(&mut self, id: ObjectId) {
        if let Some(Object::Schema(schema)) = self.objects.get(&id) {
            let there = |name: Option<&QualifiedName>| name.is_some_and(|name| name.schema == schema.name);
            let lives_there = |object: &Object| there(object.qualified_name()) || there(multirange_name(object));
            if self.objects.values().any(lives_there) {
                return;
            }
        }
        let is_routine = matches!(self.objects.remove(&id), Some(Object::Routine(_)));
        let typed: Vec<(ObjectId, PartId)> = self
            .tables()
            .flat_map(|(table, found)| {
                let columns = found.columns.iter().filter(|column| column.data_type.object == Some(id));
                columns.map(move |column| (table, column.id)).collect::<Vec<_>>()
            })
            .collect();
        typed.into_iter().for_each(|(table, column)| self.drop_column(table, column));
        for (_, table) in self.tables() {
            table.constraints.retain(|c| c.references != Some(id));
            table.of_type.take_if(|data_type| data_type.object == Some(id));
        }
        for object in self.objects.values_mut() {
            match object {
                Object::Composite(composite) => {
                    composite.attributes.retain(|attribute| attribute.data_type.object != Some(id));
                }
                // What the text of a routine calls is not the server's business.
                Object::Routine(routine) if is_routine => routine.uses.retain(|used| *used != id),
                Object::Table(table) => {
                    let columns = table.columns.iter_mut().filter(|column| column.value.uses().contains(&id));
                    columns.for_each(|column| column.value = ColumnValue::None);
                }
                _ => {}
            }
        }
        let owns = |object: &Object| match object {
            Object::Sequence(sequence) => sequence.owned_by.as_ref().is_some_and(|owner| owner.table == id),
            _ => false,
        };
        let hangs_on = |object: &Object| owns(object) || object.needs().contains(&id);
        self.ids(hangs_on).into_iter().for_each(|id| self.drop(id));
    }

    fn drop_column(&mut self, id: ObjectId, column: PartId) {
        if let Some(Object::Table(table)) = self.objects.get_mut(&id) {
            table.columns.retain(|c| c.id != column);
            table.constraints.retain(|c| !c.columns.contains(&column));
            table.indexes.retain(|i| !i.columns.contains(&column));
        }
        self.objects.retain(|_, object| match object {
            Object::Sequence(Sequence { owned_by: Some(owner), .. }) => (owner.table, owner.column) != (id, column),
            _ => true,
        });
    }

    /// Lets every derived text follow the names that it is derived from.
    fn settle(&mut self) {
        self.settle_families();
        let objects = self.objects.clone();
        let name = |id: &ObjectId| objects.get(id).and_then(Object::qualified_name).cloned().expect("a named object");
        for object in self.objects.values_mut() {
            match object {
                Object::Table(table) => settle_table(table, name),
                Object::Domain(domain) => settle_type(&mut domain.data_type, name),
                Object::Composite(composite) => {
                    composite.attributes.iter_mut().for_each(|a| settle_type(&mut a.data_type, name));
                }
                Object::Range(range) => settle_type(&mut range.subtype, name),
                Object::Routine(routine) => code::settle_routine(routine, &objects),
                Object::View(view) => code::settle_view(view, &objects),
                Object::Sequence(Sequence { owned_by: Some(owner), .. }) => {
                    let Some(Object::Table(table)) = objects.get(&owner.table) else { panic!("no such owner") };
                    owner.table_name = table.name.clone();
                    let column = table.columns.iter().find(|column| column.id == owner.column).expect("a column");
                    owner.column_name.clone_from(&column.name);
                }
                _ => {}
            }
        }
    }
}

fn fresh(next: &mut PartId) -> PartId {
    *next += 1;
    *next - 1
}

fn identity(name: String, choice: usize) -> ColumnValue {
    let sequence = QualifiedName { schema: String::new(), name };
    ColumnValue::Identity { always: choice % 2 == 0, sequence, options: options(choice / 2), unlogged: None }
}

fn settle_type(data_type: &mut DataType, name: impl Fn(&ObjectId) -> QualifiedName) {
    if let Some(object) = &data_type.object {
        let brackets = if data_type.array { "[]" } else { "" };
        data_type.name = format!("{}{brackets}", qualified(&name(object)));
    }
}

fn settle_table(table: &mut Table, name: impl Fn(&ObjectId) -> QualifiedName) {
    if let Some(key) = &mut table.partition_key {
        let columns = table.columns.first().map(|column| ident(&column.name).into_owned());
        key.definition = format!("RANGE ({})", columns.unwrap_or_else(|| "1".into()));
    }
    table.parents.iter_mut().for_each(|parent| parent.name = name(&parent.table));
    table.of_type.iter_mut().for_each(|data_type| settle_type(data_type, &name));
    for column in &mut table.columns {
        settle_type(&mut column.data_type, &name);
        if column.data_type.object.is_some() {
            // The text of a default that names its type, as the server prints it.
            if let ColumnValue::Default { sql, .. } = &mut column.value {
                let value = sql.split("::").next().unwrap_or_default();
                *sql = format!("{value}::{}", column.data_type.name);
            }
        }
        if let ColumnValue::Identity { sequence, .. } = &mut column.value {
            sequence.schema.clone_from(&table.name.schema);
        }
    }
    let columns = table.columns.clone();
    let names = |ids: &[PartId]| -> Vec<String> {
        let of = |id: &PartId| columns.iter().find(|column| column.id == *id).expect("a column");
        ids.iter().map(|id| ident(&of(id).name).into_owned()).collect()
    };
    for constraint in &mut table.constraints {
        let columns = names(&constraint.columns).join(", ");
        constraint.definition = match constraint.kind {
            ConstraintKind::Check => format!("CHECK ((ROW({columns}) IS NOT NULL))"),
            ConstraintKind::PrimaryKey => format!("PRIMARY KEY ({columns})"),
            ConstraintKind::Unique => format!("UNIQUE ({columns})"),
            ConstraintKind::Exclusion => format!("EXCLUDE USING btree ({columns} WITH =)"),
            ConstraintKind::ForeignKey => {
                let target = constraint.references.as_ref().map(&name).expect("a table");
                format!("FOREIGN KEY ({columns}) REFERENCES {}(id)", qualified(&target))
            }
        };
    }
    table.constraints.sort_by(|a, b| a.name.cmp(&b.name));
    for index in &mut table.indexes {
        let columns = names(&index.columns).join(", ");
        if let Some(predicate) = &mut index.predicate {
            *predicate = format!("({columns} IS NOT NULL)");
        }
        index.expressions.iter_mut().for_each(|sql| *sql = format!("({columns} = {})", literal("it's")));
        index.definition = match index.expressions.first() {
            Some(sql) => format!("btree ({sql})"),
            None => format!("btree ({columns})"),
        };
    }
    table.indexes.sort_by(|a, b| a.name.cmp(&b.name));
}
