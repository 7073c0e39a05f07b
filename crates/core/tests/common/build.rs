//! Compact models for tables of cases.

use electric_schema_core::diff::Objects;
use electric_schema_core::model::{
    Attribute, Column, ColumnRef, ColumnValue, CompositeType, Constraint, ConstraintKind, DataType, EnumType, Fill,
    Index, Object, ObjectId, Parent, PartId, PartitionKey, QualifiedName, RangeType, Routine, RoutineKind, Sequence,
    SequenceOptions, Table, Timing, View, ViewColumn, Volatility,
};

pub fn id(ordinal: u32) -> ObjectId {
    ObjectId { seq: 1, ordinal }
}

pub fn public(name: &str) -> QualifiedName {
    QualifiedName { schema: "public".into(), name: name.into() }
}

/// A type of every server's.
pub fn built_in(name: &str) -> DataType {
    DataType { name: name.into(), object: None, array: false, constrained: false, multirange: false }
}

/// A type of the user's own, in `public`.
pub fn own_type(name: &str, object: ObjectId) -> DataType {
    DataType { object: Some(object), ..built_in(&format!("public.{name}")) }
}

pub fn column(id: PartId, name: &str, data_type: &str) -> Column {
    Column {
        id,
        name: name.into(),
        data_type: DataType {
            name: data_type.into(),
            object: None,
            array: false,
            constrained: false,
            multirange: false,
        },
        collation: None,
        not_null: false,
        value: ColumnValue::None,
        fill: Fill::None,
        values_version: 0,
    }
}

pub fn default(id: PartId, sql: &str, volatility: Volatility) -> ColumnValue {
    ColumnValue::Default { id, sql: sql.into(), volatility, uses: vec![] }
}

pub fn options() -> SequenceOptions {
    SequenceOptions { data_type: "bigint".into(), start: 1, increment: 1, min: 1, max: 1000, cache: 1, cycle: false }
}

pub fn identity(always: bool) -> ColumnValue {
    ColumnValue::Identity { always, sequence: public("t_seq"), options: options(), unlogged: None }
}

pub fn constraint(id: PartId, name: &str, kind: ConstraintKind, columns: &[PartId], definition: &str) -> Constraint {
    Constraint {
        id,
        name: name.into(),
        kind,
        definition: definition.into(),
        columns: columns.to_vec(),
        references: (kind == ConstraintKind::ForeignKey).then(|| self::id(2)),
        timing: Timing::Immediate,
        validated: true,
        uses: vec![],
    }
}

pub fn index(id: PartId, name: &str, columns: &[PartId], definition: &str) -> Index {
    Index {
        id,
        name: name.into(),
        unique: false,
        definition: definition.into(),
        options: vec![],
        predicate: None,
        columns: columns.to_vec(),
        expressions: vec![],
        part_of: None,
        uses: vec![],
    }
}

pub fn table(name: &str, columns: Vec<Column>) -> Table {
    Table {
        name: public(name),
        unlogged: false,
        partition_key: None,
        parents: vec![],
        of_type: None,
        columns,
        constraints: vec![],
        indexes: vec![],
        next_part: 20,
    }
}

/// A partition of this parent, or a child where there is no bound.
pub fn child_of(parent: u32, name: &str, bound: Option<&str>) -> Vec<Parent> {
    vec![Parent { table: id(parent), name: public(name), bound: bound.map(str::to_owned) }]
}

pub fn partitioned_by(definition: &str) -> Option<PartitionKey> {
    Some(PartitionKey { definition: definition.into(), uses: vec![] })
}

pub fn composite(name: &str, attributes: &[(&str, &str)]) -> CompositeType {
    let attribute = |(id, (name, data_type)): (PartId, &(&str, &str))| Attribute {
        id,
        name: (*name).to_owned(),
        data_type: built_in(data_type),
        collation: None,
    };
    CompositeType { name: public(name), attributes: (1..).zip(attributes).map(attribute).collect(), next_part: 20 }
}

pub fn range(name: &str, multirange: &str) -> RangeType {
    RangeType {
        name: public(name),
        subtype: built_in("double precision"),
        opclass: "pg_catalog.float8_ops".into(),
        collation: None,
        difference: Some("pg_catalog.float8mi".into()),
        multirange_name: Some(public(multirange)),
        uses: vec![],
    }
}

/// `CREATE FUNCTION public.name(arguments) RETURNS integer …`
pub fn routine(name: &str, arguments: &str, body: &str) -> Routine {
    Routine {
        name: public(name),
        routine: RoutineKind::Function,
        arguments: arguments.into(),
        body: 1,
        definition: format!("({arguments}) RETURNS integer LANGUAGE sql AS $function${body}$function$"),
        uses: vec![],
    }
}

/// Columns are numbered from 1; the query is the one of the number that follows.
pub fn view(name: &str, columns: &[(&str, &str)], query: &str, uses: &[u32]) -> View {
    let columns: Vec<ViewColumn> = (1..)
        .zip(columns)
        .map(|(id, (name, data_type))| ViewColumn {
            id,
            name: (*name).into(),
            data_type: built_in(data_type),
            collation: None,
        })
        .collect();
    View {
        name: public(name),
        materialized: false,
        columns,
        body: 10,
        query: query.into(),
        options: vec![],
        indexes: vec![],
        uses: uses.iter().copied().map(id).collect(),
        next_part: 20,
    }
}

/// Two tables, an enum and a sequence, under edits.
#[derive(Clone)]
pub struct Base(pub Objects);

impl Default for Base {
    fn default() -> Self {
        let mut b = column(3, "b", "integer");
        b.not_null = true;
        b.value = default(4, "0", Volatility::Immutable);
        let mut key = column(1, "id", "bigint");
        key.not_null = true;
        let mut t = table("t", vec![key.clone(), column(2, "a", "text"), b]);
        t.constraints.push(constraint(5, "t_pkey", ConstraintKind::PrimaryKey, &[1], "PRIMARY KEY (id)"));
        let mut u = table("u", vec![key]);
        u.constraints.push(constraint(5, "u_pkey", ConstraintKind::PrimaryKey, &[1], "PRIMARY KEY (id)"));
        let mood = EnumType { name: public("mood"), labels: vec!["sad".into(), "happy".into()] };
        let s = Sequence { name: public("s"), options: options(), owned_by: None, unlogged: false };
        let objects = [Object::Table(t), Object::Table(u), Object::Enum(mood), Object::Sequence(s)];
        Base((1..).map(id).zip(objects).collect())
    }
}

impl Base {
    /// `public.t (id bigint PRIMARY KEY, a text, b integer NOT NULL DEFAULT 0)`
    pub fn t(&mut self) -> &mut Table {
        match self.0.get_mut(&id(1)) {
            Some(Object::Table(table)) => table,
            _ => panic!("t is gone"),
        }
    }

    /// `public.u (id bigint PRIMARY KEY)`
    pub fn u(&mut self) -> &mut Table {
        match self.0.get_mut(&id(2)) {
            Some(Object::Table(table)) => table,
            _ => panic!("u is gone"),
        }
    }

    /// `public.mood AS ENUM ('sad', 'happy')`
    pub fn mood(&mut self) -> &mut EnumType {
        match self.0.get_mut(&id(3)) {
            Some(Object::Enum(enumeration)) => enumeration,
            _ => panic!("mood is gone"),
        }
    }

    /// `public.s`
    pub fn s(&mut self) -> &mut Sequence {
        match self.0.get_mut(&id(4)) {
            Some(Object::Sequence(sequence)) => sequence,
            _ => panic!("s is gone"),
        }
    }

    /// A column of `t`.
    pub fn column(&mut self, name: &str) -> &mut Column {
        self.t().columns.iter_mut().find(|column| column.name == name).expect("a column of t")
    }

    /// A new column of `t`, numbered 10, and what existing rows got.
    pub fn add(&mut self, data_type: &str, fill: Fill) -> &mut Column {
        self.t().columns.push(Column { fill, ..column(10, "x", data_type) });
        self.column("x")
    }

    /// A constraint of `t`, numbered 11.
    pub fn constrain(
        &mut self,
        name: &str,
        kind: ConstraintKind,
        columns: &[PartId],
        definition: &str,
    ) -> &mut Constraint {
        let table = self.t();
        table.constraints.push(constraint(11, name, kind, columns, definition));
        table.constraints.last_mut().expect("the one just pushed")
    }

    /// An index of `t`, numbered 12.
    pub fn index(&mut self, name: &str, columns: &[PartId], definition: &str) -> &mut Index {
        let table = self.t();
        table.indexes.push(index(12, name, columns, definition));
        table.indexes.last_mut().expect("the one just pushed")
    }

    /// Other labels for the enum of this number.
    pub fn relabel(&mut self, ordinal: u32, labels: &[&str]) {
        match self.0.get_mut(&id(ordinal)) {
            Some(Object::Enum(enumeration)) => enumeration.labels = labels.iter().map(|l| (*l).to_owned()).collect(),
            _ => panic!("the enum is gone"),
        }
    }

    /// Another object, under this number.
    pub fn put(&mut self, ordinal: u32, object: Object) {
        self.0.insert(id(ordinal), object);
    }

    /// The table of this number.
    pub fn table(&mut self, ordinal: u32) -> &mut Table {
        match self.0.get_mut(&id(ordinal)) {
            Some(Object::Table(table)) => table,
            _ => panic!("no such table"),
        }
    }

    /// The view of this number.
    pub fn view(&mut self, ordinal: u32) -> &mut View {
        match self.0.get_mut(&id(ordinal)) {
            Some(Object::View(view)) => view,
            _ => panic!("no such view"),
        }
    }

    /// The routine of this number.
    pub fn routine(&mut self, ordinal: u32) -> &mut Routine {
        match self.0.get_mut(&id(ordinal)) {
            Some(Object::Routine(routine)) => routine,
            _ => panic!("no such routine"),
        }
    }

    /// The composite type of this number.
    pub fn composite(&mut self, ordinal: u32) -> &mut CompositeType {
        match self.0.get_mut(&id(ordinal)) {
            Some(Object::Composite(composite)) => composite,
            _ => panic!("no such composite type"),
        }
    }

    /// Lets a column of `t` own `s`.
    pub fn own(&mut self, column: PartId, name: &str) {
        self.s().owned_by = Some(ColumnRef { table: id(1), column, table_name: public("t"), column_name: name.into() });
    }
}
