//! Compact models for tables of cases.

use electric_schema_core::diff::Objects;
use electric_schema_core::model::{
    Column, ColumnRef, ColumnValue, Constraint, ConstraintKind, DataType, EnumType, Fill, Index, Object, ObjectId,
    PartId, QualifiedName, Sequence, SequenceOptions, Table, Timing, Volatility,
};

pub fn id(ordinal: u32) -> ObjectId {
    ObjectId { seq: 1, ordinal }
}

pub fn public(name: &str) -> QualifiedName {
    QualifiedName { schema: "public".into(), name: name.into() }
}

pub fn column(id: PartId, name: &str, data_type: &str) -> Column {
    Column {
        id,
        name: name.into(),
        data_type: DataType { name: data_type.into(), object: None, array: false, constrained: false },
        collation: None,
        not_null: false,
        value: ColumnValue::None,
        fill: Fill::None,
        values_version: 0,
    }
}

pub fn default(id: PartId, sql: &str, volatility: Volatility) -> ColumnValue {
    ColumnValue::Default { id, sql: sql.into(), volatility }
}

pub fn options() -> SequenceOptions {
    SequenceOptions { data_type: "bigint".into(), start: 1, increment: 1, min: 1, max: 1000, cache: 1, cycle: false }
}

pub fn identity(always: bool) -> ColumnValue {
    ColumnValue::Identity { always, sequence: public("t_seq"), options: options() }
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
    }
}

pub fn table(name: &str, columns: Vec<Column>) -> Table {
    Table { name: public(name), unlogged: false, columns, constraints: vec![], indexes: vec![], next_part: 20 }
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

    /// Lets a column of `t` own `s`.
    pub fn own(&mut self, column: PartId, name: &str) {
        self.s().owned_by = Some(ColumnRef { table: id(1), column, table_name: public("t"), column_name: name.into() });
    }
}
