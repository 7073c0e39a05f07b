//! Partitions and inheritance.

use electric_schema_core::model::{Constraint, ConstraintKind, Fill, Object, PartId, Table, Volatility};

use super::{as_it_is, Case};
use crate::common::build::{child_of, column, constraint, default, id, index, partitioned_by, public, table, Base};

const CREATE_P: &str = "CREATE TABLE public.p (id bigint, a text) PARTITION BY RANGE (id)";
const CREATE_P1: &str = "CREATE TABLE public.a_part (id bigint, a text)";
const ATTACH_P1: &str = "ALTER TABLE public.p ATTACH PARTITION public.a_part FOR VALUES FROM ('0') TO ('10')";
const BOUND: &str = "FOR VALUES FROM ('0') TO ('10')";

fn columns() -> Vec<electric_schema_core::model::Column> {
    vec![column(1, "id", "bigint"), column(2, "a", "text")]
}

/// `public.p (id bigint, a text) PARTITION BY RANGE (id)`
fn with_p(s: &mut Base) {
    let p = Table { partition_key: partitioned_by("RANGE (id)"), ..table("p", columns()) };
    s.put(8, Object::Table(p));
}

/// `public.a_part`, a partition of it that comes before it by name
fn with_part(s: &mut Base) {
    with_p(s);
    let part = Table { parents: child_of(8, "p", Some(BOUND)), ..table("a_part", columns()) };
    s.put(9, Object::Table(part));
}

/// `public.q (id bigint, a text)`, and `public.child`, which inherits from it
fn with_child(s: &mut Base) {
    s.put(8, Object::Table(table("q", columns())));
    s.put(9, Object::Table(Table { parents: child_of(8, "q", None), ..table("child", columns()) }));
}

fn both(s: &mut Base, act: impl Fn(&mut Table)) {
    act(s.table(8));
    act(s.table(9));
}

fn check(id: PartId, name: &str) -> Constraint {
    constraint(id, name, ConstraintKind::Check, &[1], "CHECK ((id > 0))")
}

fn foreign_key(id: PartId) -> Constraint {
    constraint(id, "f", ConstraintKind::ForeignKey, &[1], "FOREIGN KEY (id) REFERENCES public.u(id)")
}

/// A column that is added to a table and those below it, where all rows got the same.
fn add(table: &mut Table, fill: Fill, sql: &str) {
    table.columns.push(electric_schema_core::model::Column {
        fill,
        value: default(13, sql, Volatility::Stable),
        ..column(3, "x", "integer")
    });
}

fn filled(text: &str) -> Fill {
    Fill::Value { text: text.into() }
}

pub const CASES: &[Case] = &[
    (
        "create a partitioned table with a partition, indexes, keys and a foreign key",
        as_it_is,
        |s| {
            with_part(s);
            both(s, |table| {
                table.constraints = vec![
                    check(11, "c"),
                    constraint(
                        12,
                        &format!("{}_pkey", table.name.name),
                        ConstraintKind::PrimaryKey,
                        &[1],
                        "PRIMARY KEY (id)",
                    ),
                ];
                table.indexes = vec![index(14, &format!("{}_a", table.name.name), &[2], "btree (a)")];
            });
            both(s, |table| table.constraints.push(foreign_key(13)));
        },
        "",
        // What the partition has of its own by then is adopted by name or by what it is like.
        &[
            "CREATE TABLE public.p (id bigint, a text, CONSTRAINT c CHECK ((id > 0)), \
             CONSTRAINT p_pkey PRIMARY KEY (id)) PARTITION BY RANGE (id)",
            "CREATE TABLE public.a_part (id bigint, a text, CONSTRAINT c CHECK ((id > 0)), \
             CONSTRAINT a_part_pkey PRIMARY KEY (id))",
            "CREATE INDEX a_part_a ON public.a_part USING btree (a)",
            "CREATE INDEX p_a ON public.p USING btree (a)",
            "ALTER TABLE public.a_part ADD CONSTRAINT f FOREIGN KEY (id) REFERENCES public.u(id)",
            "ALTER TABLE public.p ADD CONSTRAINT f FOREIGN KEY (id) REFERENCES public.u(id)",
            ATTACH_P1,
        ],
    ),
    ("create a partition", with_p, with_part, "", &[CREATE_P1, ATTACH_P1]),
    (
        "create a partition beside a default partition",
        |s| {
            with_p(s);
            let rest = Table { parents: child_of(8, "p", Some("DEFAULT")), ..table("rest", columns()) };
            s.put(10, Object::Table(rest));
        },
        |s| {
            with_part(s);
        },
        "validates_rows: beside_default_partition",
        &[CREATE_P1, ATTACH_P1],
    ),
    (
        "create a default partition",
        with_part,
        |s| {
            let rest = Table { parents: child_of(8, "p", Some("DEFAULT")), ..table("rest", columns()) };
            s.put(10, Object::Table(rest));
        },
        "",
        &["CREATE TABLE public.rest (id bigint, a text)", "ALTER TABLE public.p ATTACH PARTITION public.rest DEFAULT"],
    ),
    (
        "create partitions of partitions",
        as_it_is,
        |s| {
            with_part(s);
            s.table(9).partition_key = partitioned_by("LIST (a)");
            let leaf = Table { parents: child_of(9, "a_part", Some("DEFAULT")), ..table("a_leaf", columns()) };
            s.put(10, Object::Table(leaf));
            for ordinal in [8, 9, 10] {
                let name = format!("{}_a", s.table(ordinal).name.name);
                s.table(ordinal).indexes = vec![index(14, &name, &[2], "btree (a)")];
            }
        },
        "",
        &[
            CREATE_P,
            "CREATE TABLE public.a_part (id bigint, a text) PARTITION BY LIST (a)",
            "CREATE TABLE public.a_leaf (id bigint, a text)",
            "CREATE INDEX a_leaf_a ON public.a_leaf USING btree (a)",
            "CREATE INDEX a_part_a ON public.a_part USING btree (a)",
            "CREATE INDEX p_a ON public.p USING btree (a)",
            ATTACH_P1,
            "ALTER TABLE public.a_part ATTACH PARTITION public.a_leaf DEFAULT",
        ],
    ),
    (
        "drop a partitioned table with its partition",
        with_part,
        |s| s.0.retain(|object, _| *object != id(8) && *object != id(9)),
        "loses_data breaks_readers: object_dropped",
        &["DROP TABLE public.a_part", "DROP TABLE public.p"],
    ),
    (
        "drop a partition",
        with_part,
        |s| drop(s.0.remove(&id(9))),
        "loses_data breaks_readers: object_dropped",
        &["DROP TABLE public.a_part"],
    ),
    (
        "attach a table",
        |s| {
            with_part(s);
            s.table(9).parents.clear();
        },
        with_part,
        "validates_rows rejects_writers: parent_added",
        &[ATTACH_P1],
    ),
    (
        "detach a partition, which gets another name",
        with_part,
        |s| {
            s.table(9).parents.clear();
            s.table(9).name = public("old");
        },
        "loses_data breaks_readers: name_changed parent_removed",
        &["ALTER TABLE public.p DETACH PARTITION public.a_part", "ALTER TABLE public.a_part RENAME TO old"],
    ),
    (
        "a partition that is let go keeps its foreign key",
        |s| {
            with_part(s);
            both(s, |table| table.constraints = vec![foreign_key(13)]);
        },
        |s| s.table(9).parents.clear(),
        "loses_data breaks_readers: parent_removed",
        &["ALTER TABLE public.p DETACH PARTITION public.a_part"],
    ),
    (
        "a foreign key of a partitioned table: its partitions' first, under their own names",
        with_part,
        |s| {
            s.table(8).constraints = vec![foreign_key(13)];
            s.table(9).constraints = vec![foreign_key(15)];
            s.table(9).constraints[0].name = "g".into();
        },
        "validates_rows rejects_writers: constraint_added",
        &[
            "ALTER TABLE public.a_part ADD CONSTRAINT g FOREIGN KEY (id) REFERENCES public.u(id)",
            "ALTER TABLE public.p ADD CONSTRAINT f FOREIGN KEY (id) REFERENCES public.u(id)",
        ],
    ),
    (
        "a foreign key of a partitioned table that goes takes its partitions' along",
        |s| {
            with_part(s);
            s.table(8).constraints = vec![foreign_key(13)];
            s.table(9).constraints = vec![foreign_key(15)];
        },
        |s| {
            s.table(8).constraints.clear();
            s.table(9).constraints.clear();
        },
        "",
        &["ALTER TABLE public.p DROP CONSTRAINT f", "ALTER TABLE public.a_part DROP CONSTRAINT IF EXISTS f"],
    ),
    (
        "a partition with another bound",
        with_part,
        |s| s.table(9).parents = child_of(8, "p", Some("DEFAULT")),
        "loses_data validates_rows breaks_readers rejects_writers: parent_added parent_removed",
        &[
            "ALTER TABLE public.p DETACH PARTITION public.a_part",
            "ALTER TABLE public.p ATTACH PARTITION public.a_part DEFAULT",
        ],
    ),
    (
        "a partition with another bound, and a column for all",
        with_part,
        |s| {
            s.table(9).parents = child_of(8, "p", Some("DEFAULT"));
            both(s, |table| table.columns.push(column(3, "x", "integer")));
        },
        "loses_data validates_rows breaks_readers rejects_writers: parent_added parent_removed",
        // What is added to the parent meanwhile does not reach it.
        &[
            "ALTER TABLE public.p DETACH PARTITION public.a_part",
            "ALTER TABLE public.p ADD COLUMN x integer",
            "ALTER TABLE public.a_part ADD COLUMN x integer",
            "ALTER TABLE public.p ATTACH PARTITION public.a_part DEFAULT",
        ],
    ),
    (
        "a partition whose parent is renamed stays where it is",
        with_part,
        |s| {
            s.table(8).name = public("z");
            s.table(9).parents = child_of(8, "z", Some(BOUND));
        },
        "breaks_readers: name_changed",
        &["ALTER TABLE public.p RENAME TO z"],
    ),
    (
        "inherit",
        |s| {
            with_child(s);
            s.table(9).parents.clear();
        },
        with_child,
        "validates_rows rejects_writers: parent_added",
        &["ALTER TABLE public.child INHERIT public.q"],
    ),
    (
        "inherit no longer, when the parent goes",
        with_child,
        |s| {
            s.0.remove(&id(8));
            s.table(9).parents.clear();
        },
        "loses_data breaks_readers: object_dropped parent_removed",
        &["ALTER TABLE public.child NO INHERIT public.q", "DROP TABLE public.q"],
    ),
    (
        "add a column to a parent and its child",
        with_child,
        |s| both(s, |table| add(table, filled("1"), "1")),
        "",
        // The parent's merges into the child's own.
        &[
            "ALTER TABLE public.child ADD COLUMN x integer DEFAULT 1",
            "ALTER TABLE public.q ADD COLUMN x integer DEFAULT 1",
        ],
    ),
    (
        "add a column to a parent and its child, which holds another value",
        with_child,
        |s| {
            add(s.table(8), filled("1"), "3");
            add(s.table(9), filled("2"), "2");
        },
        "",
        // Setting the parent's default would set the child's.
        &[
            "ALTER TABLE public.child ADD COLUMN x integer DEFAULT 2",
            "ALTER TABLE public.q ADD COLUMN x integer DEFAULT '1'::integer",
            "ALTER TABLE ONLY public.q ALTER COLUMN x SET DEFAULT 3",
        ],
    ),
    (
        "add a column to a partitioned table and its partition",
        with_part,
        |s| both(s, |table| add(table, filled("1"), "1")),
        "",
        &["ALTER TABLE public.p ADD COLUMN x integer DEFAULT 1"],
    ),
    (
        "add a column to a partitioned table and its partition, whose default is another one then",
        with_part,
        |s| {
            add(s.table(8), filled("1"), "1");
            add(s.table(9), filled("1"), "2");
        },
        "",
        &[
            "ALTER TABLE public.p ADD COLUMN x integer DEFAULT 1",
            "ALTER TABLE ONLY public.a_part ALTER COLUMN x SET DEFAULT 2",
        ],
    ),
    (
        "add a column to a partitioned table and its partition, which has no default then",
        with_part,
        |s| {
            add(s.table(8), filled("1"), "1");
            add(s.table(9), filled("1"), "1");
            s.table(9).columns[2].value = electric_schema_core::model::ColumnValue::None;
        },
        "",
        &[
            "ALTER TABLE public.p ADD COLUMN x integer DEFAULT 1",
            "ALTER TABLE ONLY public.a_part ALTER COLUMN x DROP DEFAULT",
        ],
    ),
    (
        "add a column to a child only",
        with_child,
        |s| add(s.table(9), filled("1"), "1"),
        "",
        &["ALTER TABLE public.child ADD COLUMN x integer DEFAULT 1"],
    ),
    (
        "drop a column of a parent and its child",
        with_child,
        |s| both(s, |table| drop(table.columns.pop())),
        "loses_data breaks_readers: column_dropped",
        &["ALTER TABLE public.q DROP COLUMN a", "ALTER TABLE public.child DROP COLUMN IF EXISTS a"],
    ),
    (
        "drop a column of a parent whose child has its own",
        with_child,
        |s| drop(s.table(8).columns.pop()),
        "loses_data breaks_readers: column_dropped",
        &["ALTER TABLE public.q DROP COLUMN a"],
    ),
    (
        "rename a column of a partitioned table and its partition",
        with_part,
        |s| both(s, |table| table.columns[1].name = "z".into()),
        "breaks_readers: name_changed",
        &["ALTER TABLE public.p RENAME COLUMN a TO z"],
    ),
    (
        "widen a column of a partitioned table and its partition",
        |s| {
            with_part(s);
            both(s, |table| table.columns[1].data_type.name = "character varying(10)".into());
        },
        |s| both(s, |table| table.columns[1].data_type.name = "text".into()),
        "",
        &["ALTER TABLE public.p ALTER COLUMN a TYPE text"],
    ),
    (
        "NOT NULL for a parent and its child",
        with_child,
        |s| both(s, |table| table.columns[1].not_null = true),
        "validates_rows rejects_writers: not_null_added",
        &["ALTER TABLE public.q ALTER COLUMN a SET NOT NULL"],
    ),
    (
        "a parent and its child nullable again",
        |s| {
            with_child(s);
            both(s, |table| table.columns[1].not_null = true);
        },
        |s| both(s, |table| table.columns[1].not_null = false),
        "",
        // From PostgreSQL 18 on a child that had its own NOT NULL keeps it when the parent's goes.
        &["ALTER TABLE public.q ALTER COLUMN a DROP NOT NULL", "ALTER TABLE public.child ALTER COLUMN a DROP NOT NULL"],
    ),
    (
        "set a default of a parent only",
        with_child,
        |s| s.table(8).columns[1].value = default(13, "'x'::text", Volatility::Immutable),
        "",
        &["ALTER TABLE ONLY public.q ALTER COLUMN a SET DEFAULT 'x'::text"],
    ),
    (
        "set a default of a parent and its child",
        with_child,
        |s| both(s, |table| table.columns[1].value = default(13, "'x'::text", Volatility::Immutable)),
        "",
        &[
            "ALTER TABLE ONLY public.q ALTER COLUMN a SET DEFAULT 'x'::text",
            "ALTER TABLE public.child ALTER COLUMN a SET DEFAULT 'x'::text",
        ],
    ),
    (
        "drop a default of a parent and its child",
        |s| {
            with_child(s);
            both(s, |table| table.columns[1].value = default(13, "'x'::text", Volatility::Immutable));
        },
        |s| both(s, |table| table.columns[1].value = electric_schema_core::model::ColumnValue::None),
        "",
        &[
            "ALTER TABLE ONLY public.q ALTER COLUMN a DROP DEFAULT",
            "ALTER TABLE public.child ALTER COLUMN a DROP DEFAULT",
        ],
    ),
    (
        "set a default of the column that partitions are told by",
        with_part,
        |s| s.table(8).columns[0].value = default(13, "1", Volatility::Immutable),
        "rejects_writers: default_under_constraint",
        &["ALTER TABLE ONLY public.p ALTER COLUMN id SET DEFAULT 1"],
    ),
    (
        "set a default that a partition's CHECK may refuse",
        |s| {
            with_part(s);
            s.table(9).constraints = vec![constraint(11, "c", ConstraintKind::Check, &[2], "CHECK ((a <> ''::text))")];
        },
        |s| s.table(8).columns[1].value = default(13, "''::text", Volatility::Immutable),
        "rejects_writers: default_under_constraint",
        &["ALTER TABLE ONLY public.p ALTER COLUMN a SET DEFAULT ''::text"],
    ),
    (
        "set a default of a partitioned table's column that nothing asks about",
        with_part,
        |s| s.table(8).columns[1].value = default(13, "''::text", Volatility::Immutable),
        "",
        &["ALTER TABLE ONLY public.p ALTER COLUMN a SET DEFAULT ''::text"],
    ),
    (
        "a CHECK for a partitioned table and its partition",
        with_part,
        |s| both(s, |table| table.constraints = vec![check(11, "c")]),
        "validates_rows rejects_writers: constraint_added",
        &[
            "ALTER TABLE public.a_part ADD CONSTRAINT c CHECK ((id > 0))",
            "ALTER TABLE public.p ADD CONSTRAINT c CHECK ((id > 0))",
        ],
    ),
    (
        "drop a CHECK of a partitioned table and its partition",
        |s| {
            with_part(s);
            both(s, |table| table.constraints = vec![check(11, "c")]);
        },
        |s| both(s, |table| table.constraints.clear()),
        "",
        &["ALTER TABLE public.p DROP CONSTRAINT c", "ALTER TABLE public.a_part DROP CONSTRAINT IF EXISTS c"],
    ),
    (
        "rename a CHECK of a parent and its child",
        |s| {
            with_child(s);
            both(s, |table| table.constraints = vec![check(11, "c")]);
        },
        |s| both(s, |table| table.constraints[0].name = "d".into()),
        "",
        &["ALTER TABLE public.q RENAME CONSTRAINT c TO d"],
    ),
    (
        "an index of a partitioned table and its partition",
        with_part,
        |s| both(s, |table| table.indexes = vec![index(11, &format!("{}_a", table.name.name), &[2], "btree (a)")]),
        "",
        &["CREATE INDEX a_part_a ON public.a_part USING btree (a)", "CREATE INDEX p_a ON public.p USING btree (a)"],
    ),
    (
        "drop an index of a partitioned table and its partition",
        |s| {
            with_part(s);
            both(s, |table| table.indexes = vec![index(11, &format!("{}_a", table.name.name), &[2], "btree (a)")]);
        },
        |s| both(s, |table| table.indexes.clear()),
        "",
        &["DROP INDEX public.p_a", "DROP INDEX IF EXISTS public.a_part_a"],
    ),
];
