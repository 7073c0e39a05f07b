//! What is additive and what is not, case by case: `docs/classification.md` says the same in words.

mod cases;
mod common;

use std::collections::{BTreeMap, BTreeSet};

use cases::{as_it_is, done, Case};
use common::build::{column, constraint, default, id, identity, public, table, Base};
use electric_schema_core::change::{Class, ClassifiedChange, Effect};
use electric_schema_core::classify::{class, classify, Context, Reason};
use electric_schema_core::diff::diff;
use electric_schema_core::model::{
    Column, ColumnValue, ConstraintKind, DataType, Domain, Extension, Fill, Object, QualifiedName, Schema, Timing,
    Volatility,
};
use electric_schema_core::render::render;
use serde_json::json;

use ConstraintKind::{Check, Exclusion, ForeignKey, Unique};
use Volatility::{Immutable, Stable, Volatile};

fn value(text: &str) -> Fill {
    Fill::Value { text: text.into() }
}

const CREATIONS: &[Case] = &[
    (
        "create table",
        as_it_is,
        |s| done(s.0.insert(id(9), Object::Table(table("n", vec![column(1, "a", "text")])))),
        "",
        &["CREATE TABLE public.n (a text)"],
    ),
    (
        "create schema",
        as_it_is,
        |s| done(s.0.insert(id(9), Object::Schema(Schema { name: "app".into() }))),
        "",
        &["CREATE SCHEMA IF NOT EXISTS app"],
    ),
    (
        "create extension",
        as_it_is,
        |s| done(s.0.insert(id(9), Object::Extension(Extension { name: "vector".into(), schema: "public".into() }))),
        "",
        &["CREATE EXTENSION IF NOT EXISTS vector WITH SCHEMA public"],
    ),
    (
        "add enum value",
        as_it_is,
        |s| s.mood().labels.insert(1, "so-so".into()),
        "",
        &["ALTER TYPE public.mood ADD VALUE IF NOT EXISTS 'so-so' BEFORE 'happy'"],
    ),
];

const NEW_COLUMNS: &[Case] = &[
    ("add column", as_it_is, |s| done(s.add("text", Fill::Null)), "", &["ALTER TABLE public.t ADD COLUMN x text"]),
    (
        "add column with a constant",
        as_it_is,
        |s| s.add("integer", value("1")).value = default(13, "1", Immutable),
        "",
        &["ALTER TABLE public.t ADD COLUMN x integer DEFAULT 1"],
    ),
    (
        "add column NOT NULL DEFAULT now()",
        as_it_is,
        |s| {
            let x = s.add("timestamp with time zone", value("2026-01-02 03:04:05+00"));
            (x.not_null, x.value) = (true, default(13, "now()", Stable));
        },
        "",
        &[
            "ALTER TABLE public.t ADD COLUMN x timestamp with time zone \
             DEFAULT '2026-01-02 03:04:05+00'::timestamp with time zone NOT NULL",
            "ALTER TABLE public.t ALTER COLUMN x SET DEFAULT now()",
        ],
    ),
    (
        "add column, then SET DEFAULT",
        as_it_is,
        |s| s.add("integer", Fill::Null).value = default(13, "9", Immutable),
        "",
        &["ALTER TABLE public.t ADD COLUMN x integer", "ALTER TABLE public.t ALTER COLUMN x SET DEFAULT 9"],
    ),
    (
        "add column with a volatile default",
        as_it_is,
        |s| s.add("uuid", Fill::Unknown).value = default(13, "gen_random_uuid()", Volatile),
        "diverges: volatile_fill",
        &["ALTER TABLE public.t ADD COLUMN x uuid DEFAULT gen_random_uuid()"],
    ),
    (
        "add column in a transaction that rewrites the table",
        as_it_is,
        |s| done(s.add("integer", Fill::Unknown)),
        "diverges: unknown_fill",
        &["ALTER TABLE public.t ADD COLUMN x integer"],
    ),
    (
        "add identity column",
        as_it_is,
        |s| {
            let x = s.add("bigint", Fill::Unknown);
            (x.not_null, x.value) = (true, identity(true));
        },
        "diverges: volatile_fill",
        &["ALTER TABLE public.t ADD COLUMN x bigint GENERATED ALWAYS AS IDENTITY (SEQUENCE NAME public.t_seq \
           INCREMENT BY 1 MINVALUE 1 MAXVALUE 1000 START WITH 1 CACHE 1 NO CYCLE) NOT NULL"],
    ),
    (
        "add generated column",
        as_it_is,
        |s| {
            s.add("text", Fill::Unknown).value = ColumnValue::Generated { id: 13, sql: "lower(a)".into(), uses: vec![] }
        },
        "diverges: generated_column",
        &["ALTER TABLE public.t ADD COLUMN x text GENERATED ALWAYS AS (lower(a)) STORED"],
    ),
    (
        "add column NOT NULL without default",
        as_it_is,
        |s| s.add("text", Fill::Null).not_null = true,
        "validates_rows rejects_writers: not_null_without_default",
        &["ALTER TABLE public.t ADD COLUMN x text NOT NULL"],
    ),
    (
        "add column NOT NULL with a default that is dropped again",
        as_it_is,
        |s| s.add("text", value("v")).not_null = true,
        "rejects_writers: required_default_dropped",
        &[
            "ALTER TABLE public.t ADD COLUMN x text DEFAULT 'v'::text NOT NULL",
            "ALTER TABLE public.t ALTER COLUMN x DROP DEFAULT",
        ],
    ),
    (
        "unique on a new nullable column",
        as_it_is,
        |s| {
            s.add("text", Fill::Null);
            s.constrain("k", Unique, &[10], "UNIQUE (x)");
        },
        "",
        &["ALTER TABLE public.t ADD COLUMN x text", "ALTER TABLE public.t ADD CONSTRAINT k UNIQUE (x)"],
    ),
    (
        "unique on a new column with a default",
        as_it_is,
        |s| {
            s.add("integer", value("1")).value = default(13, "1", Immutable);
            s.constrain("k", Unique, &[10], "UNIQUE (x)");
        },
        "validates_rows rejects_writers: constraint_added",
        &["ALTER TABLE public.t ADD COLUMN x integer DEFAULT 1", "ALTER TABLE public.t ADD CONSTRAINT k UNIQUE (x)"],
    ),
    (
        "unique NULLS NOT DISTINCT on a new nullable column",
        as_it_is,
        |s| {
            s.add("text", Fill::Null);
            s.constrain("k", Unique, &[10], "UNIQUE NULLS NOT DISTINCT (x)");
        },
        "validates_rows rejects_writers: constraint_added",
        &[
            "ALTER TABLE public.t ADD COLUMN x text",
            "ALTER TABLE public.t ADD CONSTRAINT k UNIQUE NULLS NOT DISTINCT (x)",
        ],
    ),
    (
        "unique over a new and an old column",
        as_it_is,
        |s| {
            s.add("text", Fill::Null);
            s.constrain("k", Unique, &[2, 10], "UNIQUE (a, x)");
        },
        "validates_rows rejects_writers: constraint_added",
        &["ALTER TABLE public.t ADD COLUMN x text", "ALTER TABLE public.t ADD CONSTRAINT k UNIQUE (a, x)"],
    ),
    (
        "foreign key on a new nullable column",
        as_it_is,
        |s| {
            s.add("bigint", Fill::Null);
            s.constrain("f", ForeignKey, &[10], "FOREIGN KEY (x) REFERENCES public.u(id)");
        },
        "",
        &[
            "ALTER TABLE public.t ADD COLUMN x bigint",
            "ALTER TABLE public.t ADD CONSTRAINT f FOREIGN KEY (x) REFERENCES public.u(id)",
        ],
    ),
    (
        "CHECK on a new column",
        as_it_is,
        |s| {
            s.add("integer", Fill::Null);
            s.constrain("c", Check, &[10], "CHECK ((x > 0))");
        },
        "validates_rows rejects_writers: constraint_added",
        &["ALTER TABLE public.t ADD COLUMN x integer", "ALTER TABLE public.t ADD CONSTRAINT c CHECK ((x > 0))"],
    ),
    (
        "unique index on a new nullable column",
        as_it_is,
        |s| {
            s.add("text", Fill::Null);
            s.index("i", &[10], "btree (x)").unique = true;
        },
        "",
        &["ALTER TABLE public.t ADD COLUMN x text", "CREATE UNIQUE INDEX i ON public.t USING btree (x)"],
    ),
];

const COLUMNS: &[Case] = &[
    (
        "set default",
        as_it_is,
        |s| s.column("a").value = default(13, "'x'::text", Immutable),
        "",
        &["ALTER TABLE public.t ALTER COLUMN a SET DEFAULT 'x'::text"],
    ),
    (
        "set a default whose evaluation can fail",
        as_it_is,
        |s| s.column("a").value = default(13, "((1 / 0))::text", Immutable),
        "rejects_writers: default_can_fail",
        &["ALTER TABLE public.t ALTER COLUMN a SET DEFAULT ((1 / 0))::text"],
    ),
    (
        "set a default that counts milliseconds",
        |s| s.column("a").data_type.name = "bigint".to_owned(),
        |s| s.column("a").value = default(13, "((EXTRACT(epoch FROM now()) * (1000)::numeric))::bigint", Stable),
        "",
        &["ALTER TABLE public.t ALTER COLUMN a SET DEFAULT ((EXTRACT(epoch FROM now()) * (1000)::numeric))::bigint"],
    ),
    (
        "set a default that divides by the time",
        |s| s.column("a").data_type.name = "numeric".to_owned(),
        |s| s.column("a").value = default(13, "((1)::numeric / EXTRACT(second FROM now()))", Stable),
        "rejects_writers: default_can_fail",
        &["ALTER TABLE public.t ALTER COLUMN a SET DEFAULT ((1)::numeric / EXTRACT(second FROM now()))"],
    ),
    (
        "set a default that does not fit",
        |s| s.column("a").data_type.name = "character varying(3)".to_owned(),
        |s| s.column("a").value = default(13, "'long'::character varying", Immutable),
        "rejects_writers: default_can_fail",
        &["ALTER TABLE public.t ALTER COLUMN a SET DEFAULT 'long'::character varying"],
    ),
    (
        "set default under a CHECK",
        |s| done(s.constrain("c", Check, &[2], "CHECK ((a <> ''::text))")),
        |s| s.column("a").value = default(13, "''::text", Immutable),
        "rejects_writers: default_under_constraint",
        &["ALTER TABLE public.t ALTER COLUMN a SET DEFAULT ''::text"],
    ),
    (
        "set a constant default under a unique index",
        |s| s.index("i", &[2], "btree (a)").unique = true,
        |s| s.column("a").value = default(13, "''::text", Immutable),
        "rejects_writers: default_under_constraint",
        &["ALTER TABLE public.t ALTER COLUMN a SET DEFAULT ''::text"],
    ),
    (
        "set a volatile default under a unique constraint",
        |s| done(s.constrain("k", Unique, &[2], "UNIQUE (a)")),
        |s| s.column("a").value = default(13, "(gen_random_uuid())::text", Volatile),
        "",
        &["ALTER TABLE public.t ALTER COLUMN a SET DEFAULT (gen_random_uuid())::text"],
    ),
    (
        "draw from a sequence under a unique constraint: rows may hold what it gives",
        |s| done(s.constrain("k", Unique, &[2], "UNIQUE (a)")),
        |s| s.column("a").value = default(13, "(nextval('public.s'::regclass))::text", Volatile),
        "rejects_writers: default_under_constraint",
        &["ALTER TABLE public.t ALTER COLUMN a SET DEFAULT (nextval('public.s'::regclass))::text"],
    ),
    (
        "set a volatile default under an index whose expression can fail",
        |s| s.index("i", &[2], "btree (((a)::integer))").expressions = vec!["(a)::integer".into()],
        |s| s.column("a").value = default(13, "(gen_random_uuid())::text", Volatile),
        "rejects_writers: default_under_constraint",
        &["ALTER TABLE public.t ALTER COLUMN a SET DEFAULT (gen_random_uuid())::text"],
    ),
    (
        "set default on a column that had to be given",
        as_it_is,
        |s| s.column("id").value = default(13, "1", Immutable),
        "",
        &["ALTER TABLE public.t ALTER COLUMN id SET DEFAULT 1"],
    ),
    (
        "drop default of a nullable column",
        |s| s.column("a").value = default(13, "'x'::text", Immutable),
        |s| s.column("a").value = ColumnValue::None,
        "",
        &["ALTER TABLE public.t ALTER COLUMN a DROP DEFAULT"],
    ),
    (
        "drop default of a NOT NULL column",
        as_it_is,
        |s| s.column("b").value = ColumnValue::None,
        "rejects_writers: required_default_dropped",
        &["ALTER TABLE public.t ALTER COLUMN b DROP DEFAULT"],
    ),
    (
        "drop NOT NULL",
        as_it_is,
        |s| s.column("b").not_null = false,
        "",
        &["ALTER TABLE public.t ALTER COLUMN b DROP NOT NULL"],
    ),
    (
        "set NOT NULL",
        as_it_is,
        |s| s.column("a").not_null = true,
        "validates_rows rejects_writers: not_null_added",
        &["ALTER TABLE public.t ALTER COLUMN a SET NOT NULL"],
    ),
    (
        "integer to bigint",
        as_it_is,
        |s| s.column("b").data_type.name = "bigint".into(),
        "",
        &["ALTER TABLE public.t ALTER COLUMN b TYPE bigint"],
    ),
    (
        "bigint to integer",
        as_it_is,
        |s| s.column("id").data_type.name = "integer".into(),
        "diverges breaks_readers: values_converted",
        &["ALTER TABLE public.t ALTER COLUMN id TYPE integer USING id::text::integer"],
    ),
    (
        "varchar(10) to text, with a default whose text follows",
        |s| {
            let a = s.column("a");
            a.data_type.name = "character varying(10)".into();
            a.value = default(13, "'x'::character varying", Immutable);
        },
        |s| {
            let a = s.column("a");
            a.data_type.name = "text".into();
            a.value = default(13, "'x'::text", Immutable);
        },
        "",
        // The default is the same one: dropping it would leave clients without.
        &["ALTER TABLE public.t ALTER COLUMN a TYPE text"],
    ),
    (
        "text to an enum, with a default whose cast follows",
        |s| s.column("a").value = default(13, "'sad'::text", Immutable),
        |s| {
            let a = s.column("a");
            a.data_type = DataType {
                name: "public.mood".into(),
                object: Some(id(3)),
                array: false,
                constrained: false,
                multirange: false,
            };
            a.value = default(13, "'sad'::public.mood", Immutable);
        },
        "diverges breaks_readers: values_converted",
        // With a default of type text in place, the server refuses.
        &[
            "ALTER TABLE public.t ALTER COLUMN a DROP DEFAULT",
            "ALTER TABLE public.t ALTER COLUMN a TYPE public.mood USING a::text::public.mood",
            "ALTER TABLE public.t ALTER COLUMN a SET DEFAULT 'sad'::public.mood",
        ],
    ),
    (
        "another type and another default",
        as_it_is,
        |s| {
            let b = s.column("b");
            b.data_type.name = "boolean".into();
            b.value = default(13, "false", Immutable);
        },
        "diverges breaks_readers: values_converted",
        &[
            "ALTER TABLE public.t ALTER COLUMN b DROP DEFAULT",
            "ALTER TABLE public.t ALTER COLUMN b TYPE boolean USING b::text::boolean",
            "ALTER TABLE public.t ALTER COLUMN b SET DEFAULT false",
        ],
    ),
    (
        "numeric at another scale",
        |s| s.column("a").data_type.name = "numeric(8,2)".into(),
        |s| s.column("a").data_type.name = "numeric(10,3)".into(),
        "diverges breaks_readers: values_converted",
        &["ALTER TABLE public.t ALTER COLUMN a TYPE numeric(10,3) USING a::text::numeric(10,3)"],
    ),
    (
        "widening with USING",
        as_it_is,
        |s| {
            let b = s.column("b");
            (b.data_type.name, b.values_version) = ("bigint".into(), 1);
        },
        "diverges: values_rewritten",
        &["ALTER TABLE public.t ALTER COLUMN b TYPE bigint"],
    ),
    (
        "a rewrite to the same type",
        as_it_is,
        |s| s.column("a").values_version = 1,
        "diverges: values_rewritten",
        &["ALTER TABLE public.t ALTER COLUMN a TYPE text USING a"],
    ),
    (
        "another collation",
        as_it_is,
        |s| s.column("a").collation = Some("pg_catalog.\"C\"".into()),
        "diverges breaks_readers: collation_changed",
        &["ALTER TABLE public.t ALTER COLUMN a TYPE text COLLATE pg_catalog.\"C\""],
    ),
    (
        "drop column",
        as_it_is,
        |s| s.t().columns.retain(|column| column.name != "a"),
        "loses_data breaks_readers: column_dropped",
        &["ALTER TABLE public.t DROP COLUMN a"],
    ),
    (
        "rename column",
        as_it_is,
        |s| s.column("a").name = "z".into(),
        "breaks_readers: name_changed",
        &["ALTER TABLE public.t RENAME COLUMN a TO z"],
    ),
    (
        "drop expression",
        |s| s.column("a").value = ColumnValue::Generated { id: 13, sql: "lower('X')".into(), uses: vec![] },
        |s| s.column("a").value = ColumnValue::None,
        "diverges: expression_changed",
        &["ALTER TABLE public.t ALTER COLUMN a DROP EXPRESSION"],
    ),
    (
        "another expression",
        |s| s.column("a").value = ColumnValue::Generated { id: 13, sql: "lower('X')".into(), uses: vec![] },
        |s| s.column("a").value = ColumnValue::Generated { id: 14, sql: "upper('x')".into(), uses: vec![] },
        "diverges: expression_changed",
        &["ALTER TABLE public.t ALTER COLUMN a SET EXPRESSION AS (upper('x'))"],
    ),
];

const IDENTITIES: &[Case] = &[
    (
        "identity BY DEFAULT to ALWAYS",
        |s| s.column("id").value = identity(false),
        |s| s.column("id").value = identity(true),
        "rejects_writers: identity_always",
        &["ALTER TABLE public.t ALTER COLUMN id SET GENERATED ALWAYS"],
    ),
    (
        "identity ALWAYS to BY DEFAULT",
        |s| s.column("id").value = identity(true),
        |s| s.column("id").value = identity(false),
        "",
        &["ALTER TABLE public.t ALTER COLUMN id SET GENERATED BY DEFAULT"],
    ),
    (
        "drop identity",
        |s| s.column("id").value = identity(false),
        |s| s.column("id").value = ColumnValue::None,
        "rejects_writers: identity_dropped",
        &["ALTER TABLE public.t ALTER COLUMN id DROP IDENTITY"],
    ),
    (
        "add identity to a column",
        as_it_is,
        |s| s.column("id").value = identity(false),
        "rejects_writers: default_under_constraint",
        &["ALTER TABLE public.t ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (SEQUENCE NAME public.t_seq \
           INCREMENT BY 1 MINVALUE 1 MAXVALUE 1000 START WITH 1 CACHE 1 NO CYCLE)"],
    ),
    (
        "rename an identity column's sequence",
        |s| s.column("id").value = identity(false),
        |s| {
            if let ColumnValue::Identity { sequence, .. } = &mut s.column("id").value {
                sequence.name = "other".into();
            }
        },
        "breaks_readers: name_changed",
        &["ALTER SEQUENCE public.t_seq RENAME TO other"],
    ),
    (
        "narrow an identity column's sequence",
        |s| s.column("id").value = identity(false),
        |s| {
            if let ColumnValue::Identity { options, .. } = &mut s.column("id").value {
                options.max = 10;
            }
        },
        "rejects_writers: sequence_narrowed",
        &["ALTER SEQUENCE public.t_seq AS bigint INCREMENT BY 1 MINVALUE 1 MAXVALUE 10 START WITH 1 CACHE 1 NO CYCLE RESTART"],
    ),
];

const CONSTRAINTS: &[Case] = &[
    (
        "add CHECK",
        as_it_is,
        |s| done(s.constrain("c", Check, &[3], "CHECK ((b > 0))")),
        "validates_rows rejects_writers: constraint_added",
        &["ALTER TABLE public.t ADD CONSTRAINT c CHECK ((b > 0))"],
    ),
    (
        "add a foreign key NOT VALID",
        as_it_is,
        |s| s.constrain("f", ForeignKey, &[3], "FOREIGN KEY (b) REFERENCES public.u(id)").validated = false,
        "validates_rows rejects_writers: constraint_added",
        &["ALTER TABLE public.t ADD CONSTRAINT f FOREIGN KEY (b) REFERENCES public.u(id) NOT VALID"],
    ),
    (
        "validate",
        |s| s.constrain("c", Check, &[3], "CHECK ((b > 0))").validated = false,
        |s| s.t().constraints.iter_mut().for_each(|constraint| constraint.validated = true),
        "validates_rows rejects_writers: constraint_added",
        &["ALTER TABLE public.t VALIDATE CONSTRAINT c"],
    ),
    (
        "add exclusion",
        as_it_is,
        |s| done(s.constrain("e", Exclusion, &[3], "EXCLUDE USING btree (b WITH =)")),
        "validates_rows rejects_writers: constraint_added",
        &["ALTER TABLE public.t ADD CONSTRAINT e EXCLUDE USING btree (b WITH =)"],
    ),
    (
        "drop CHECK",
        |s| done(s.constrain("c", Check, &[3], "CHECK ((b > 0))")),
        |s| done(s.t().constraints.pop()),
        "",
        &["ALTER TABLE public.t DROP CONSTRAINT c"],
    ),
    (
        "drop a foreign key",
        |s| done(s.constrain("f", ForeignKey, &[3], "FOREIGN KEY (b) REFERENCES public.u(id)")),
        |s| done(s.t().constraints.pop()),
        "",
        &["ALTER TABLE public.t DROP CONSTRAINT f"],
    ),
    (
        "drop a primary key",
        as_it_is,
        |s| done(s.t().constraints.pop()),
        "rejects_writers: conflict_target_gone",
        &["ALTER TABLE public.t DROP CONSTRAINT t_pkey"],
    ),
    (
        "rename a unique constraint",
        |s| done(s.constrain("k", Unique, &[2], "UNIQUE (a)")),
        |s| s.t().constraints[1].name = "l".into(),
        "rejects_writers: conflict_target_gone",
        &["ALTER TABLE public.t RENAME CONSTRAINT k TO l"],
    ),
    (
        "rename a CHECK",
        |s| done(s.constrain("c", Check, &[3], "CHECK ((b > 0))")),
        |s| s.t().constraints[1].name = "d".into(),
        "",
        &["ALTER TABLE public.t RENAME CONSTRAINT c TO d"],
    ),
    (
        "a foreign key that is checked later",
        |s| done(s.constrain("f", ForeignKey, &[3], "FOREIGN KEY (b) REFERENCES public.u(id)")),
        |s| s.t().constraints[1].timing = Timing::Deferred,
        "",
        &["ALTER TABLE public.t ALTER CONSTRAINT f DEFERRABLE INITIALLY DEFERRED"],
    ),
    (
        "a deferred foreign key that is checked at once",
        |s| s.constrain("f", ForeignKey, &[3], "FOREIGN KEY (b) REFERENCES public.u(id)").timing = Timing::Deferred,
        |s| s.t().constraints[1].timing = Timing::Deferrable,
        "rejects_writers: timing_changed",
        &["ALTER TABLE public.t ALTER CONSTRAINT f DEFERRABLE INITIALLY IMMEDIATE"],
    ),
    (
        "a foreign key that is deferrable no more",
        |s| s.constrain("f", ForeignKey, &[3], "FOREIGN KEY (b) REFERENCES public.u(id)").timing = Timing::Deferrable,
        |s| s.t().constraints[1].timing = Timing::Immediate,
        "rejects_writers: timing_changed",
        &["ALTER TABLE public.t ALTER CONSTRAINT f NOT DEFERRABLE"],
    ),
];

const INDEXES: &[Case] = &[
    (
        "create index",
        as_it_is,
        |s| done(s.index("i", &[2], "btree (a)")),
        "",
        &["CREATE INDEX i ON public.t USING btree (a)"],
    ),
    (
        "create an index whose expression succeeds on any row",
        as_it_is,
        |s| s.index("i", &[2], "btree (lower(a))").expressions = vec!["lower(a)".into()],
        "",
        &["CREATE INDEX i ON public.t USING btree (lower(a))"],
    ),
    (
        "create an index whose expression can fail",
        as_it_is,
        |s| s.index("i", &[2], "btree (((a)::integer))").expressions = vec!["(a)::integer".into()],
        "validates_rows rejects_writers: index_expression_can_fail",
        &["CREATE INDEX i ON public.t USING btree (((a)::integer))"],
    ),
    (
        "create a partial index",
        as_it_is,
        |s| {
            let index = s.index("i", &[2, 3], "btree (a)");
            index.predicate = Some("(b > 0)".into());
            index.expressions = vec!["(b > 0)".into()];
            index.options = vec!["fillfactor=70".into()];
        },
        "",
        &["CREATE INDEX i ON public.t USING btree (a) WITH (fillfactor=70) WHERE (b > 0)"],
    ),
    (
        "create a unique index",
        as_it_is,
        |s| s.index("i", &[2], "btree (a)").unique = true,
        "validates_rows rejects_writers: unique_index_added",
        &["CREATE UNIQUE INDEX i ON public.t USING btree (a)"],
    ),
    (
        "drop an index",
        |s| done(s.index("i", &[2], "btree (a)")),
        |s| s.t().indexes.clear(),
        "",
        &["DROP INDEX public.i"],
    ),
    (
        "drop a unique index",
        |s| s.index("i", &[2], "btree (a)").unique = true,
        |s| s.t().indexes.clear(),
        "rejects_writers: conflict_target_gone",
        &["DROP INDEX public.i"],
    ),
    (
        "rename an index",
        |s| done(s.index("i", &[2], "btree (a)")),
        |s| s.t().indexes[0].name = "j".into(),
        "",
        &["ALTER INDEX public.i RENAME TO j"],
    ),
    (
        "set an index's storage parameters",
        |s| s.index("i", &[2], "btree (a)").options = vec!["deduplicate_items=off".into()],
        |s| s.t().indexes[0].options = vec!["fillfactor=70".into()],
        "",
        &["ALTER INDEX public.i RESET (deduplicate_items)", "ALTER INDEX public.i SET (fillfactor=70)"],
    ),
];

const SEQUENCES: &[Case] = &[
    (
        "widen a sequence",
        as_it_is,
        |s| s.s().options.max = 2000,
        "",
        &["ALTER SEQUENCE public.s AS bigint INCREMENT BY 1 MINVALUE 1 MAXVALUE 2000 START WITH 1 CACHE 1 NO CYCLE"],
    ),
    (
        "narrow a sequence",
        as_it_is,
        |s| s.s().options.max = 10,
        "rejects_writers: sequence_narrowed",
        &["ALTER SEQUENCE public.s AS bigint INCREMENT BY 1 MINVALUE 1 MAXVALUE 10 START WITH 1 CACHE 1 NO CYCLE RESTART"],
    ),
    (
        "a sequence that cycles no more",
        |s| s.s().options.cycle = true,
        |s| s.s().options.cycle = false,
        "rejects_writers: sequence_narrowed",
        &["ALTER SEQUENCE public.s AS bigint INCREMENT BY 1 MINVALUE 1 MAXVALUE 1000 START WITH 1 CACHE 1 NO CYCLE"],
    ),
    (
        "unbind a sequence",
        |s| s.own(1, "id"),
        |s| s.s().owned_by = None,
        "",
        &["ALTER SEQUENCE public.s OWNED BY NONE"],
    ),
    ("bind a sequence", as_it_is, |s| s.own(1, "id"), "", &["ALTER SEQUENCE public.s OWNED BY public.t.id"]),
    (
        "a sequence that survives no crash",
        as_it_is,
        |s| s.s().unlogged = true,
        "diverges: persistence_changed",
        &["ALTER SEQUENCE public.s SET UNLOGGED"],
    ),
];

const OBJECTS: &[Case] = &[
    (
        "drop table",
        as_it_is,
        |s| done(s.0.remove(&id(2))),
        "loses_data breaks_readers: object_dropped",
        &["DROP TABLE public.u"],
    ),
    (
        "drop type",
        as_it_is,
        |s| done(s.0.remove(&id(3))),
        "loses_data breaks_readers: object_dropped",
        &["DROP TYPE public.mood"],
    ),
    (
        "drop sequence",
        as_it_is,
        |s| done(s.0.remove(&id(4))),
        "loses_data breaks_readers: object_dropped",
        &["DROP SEQUENCE public.s"],
    ),
    (
        "drop table with the sequence that it owns",
        |s| s.own(1, "id"),
        |s| s.0.retain(|object, _| *object != id(1) && *object != id(4)),
        "loses_data breaks_readers: object_dropped",
        &["DROP TABLE public.t"],
    ),
    (
        "drop an extension that is needed no more",
        |s| done(s.0.insert(id(9), Object::Extension(Extension { name: "vector".into(), schema: "public".into() }))),
        |s| done(s.0.remove(&id(9))),
        "",
        &[],
    ),
    (
        "rename table",
        as_it_is,
        |s| s.t().name.name = "z".into(),
        "breaks_readers: name_changed",
        &["ALTER TABLE public.t RENAME TO z"],
    ),
    (
        "move table",
        |s| done(s.0.insert(id(9), Object::Schema(Schema { name: "app".into() }))),
        |s| s.t().name.schema = "app".into(),
        "breaks_readers: name_changed",
        &["ALTER TABLE public.t SET SCHEMA app"],
    ),
    (
        "tables that exchange their names, one of them with a renamed column",
        as_it_is,
        |s| {
            s.column("a").name = "z".into();
            (s.t().name, s.u().name) = (public("u"), public("t"));
        },
        "breaks_readers: name_changed",
        &[
            "ALTER TABLE public.u RENAME TO \"electric_schema~u\"",
            "ALTER TABLE public.t RENAME TO \"electric_schema~t\"",
            "ALTER TABLE public.\"electric_schema~u\" RENAME TO t",
            "ALTER TABLE public.\"electric_schema~t\" RENAME TO u",
            "ALTER TABLE public.u RENAME COLUMN a TO z",
        ],
    ),
    (
        "rename schema",
        |s| {
            s.0.insert(id(9), Object::Schema(Schema { name: "app".into() }));
            s.t().name.schema = "app".into();
        },
        |s| {
            s.0.insert(id(9), Object::Schema(Schema { name: "main".into() }));
            s.t().name = QualifiedName { schema: "main".into(), name: "t".into() };
        },
        "breaks_readers: name_changed",
        &["ALTER SCHEMA app RENAME TO main"],
    ),
    (
        "rename enum value",
        as_it_is,
        |s| s.mood().labels[0] = "it's".into(),
        "breaks_readers: label_renamed",
        &["ALTER TYPE public.mood RENAME VALUE 'sad' TO 'it''s'"],
    ),
    (
        "rename an enum value and add another",
        as_it_is,
        |s| s.mood().labels = ["it's", "so-so", "happy"].map(Into::into).to_vec(),
        "diverges breaks_readers: labels_unclear",
        &[
            "ALTER TYPE public.mood RENAME VALUE 'sad' TO 'it''s'",
            "ALTER TYPE public.mood RENAME VALUE 'happy' TO 'so-so'",
            "ALTER TYPE public.mood ADD VALUE IF NOT EXISTS 'happy'",
        ],
    ),
    (
        "UNLOGGED",
        as_it_is,
        |s| s.t().unlogged = true,
        "diverges: persistence_changed",
        &["ALTER TABLE public.t SET UNLOGGED"],
    ),
];

fn with_domain(s: &mut Base) {
    let domain = Domain {
        name: public("email"),
        data_type: column(1, "", "text").data_type,
        collation: None,
        not_null: false,
        default: None,
        constraints: vec![],
        uses: vec![],
        next_part: 5,
    };
    done(s.0.insert(id(8), Object::Domain(domain)));
}

fn domain(s: &mut Base) -> &mut Domain {
    match s.0.get_mut(&id(8)) {
        Some(Object::Domain(domain)) => domain,
        _ => panic!("the domain is gone"),
    }
}

fn refuse(column: &mut Column) {
    column.data_type = DataType {
        name: "public.email".into(),
        object: Some(id(8)),
        array: false,
        constrained: true,
        multirange: false,
    };
}

const DOMAINS: &[Case] = &[
    (
        "add a column whose domain may refuse NULL, then SET DEFAULT",
        with_domain,
        |s| {
            let x = s.add("text", Fill::Null);
            refuse(x);
            x.value = default(13, "'x'::text", Immutable);
        },
        "validates_rows rejects_writers: not_null_without_default",
        &[
            "ALTER TABLE public.t ADD COLUMN x public.email",
            "ALTER TABLE public.t ALTER COLUMN x SET DEFAULT 'x'::text",
        ],
    ),
    (
        "add a column with a default that its domain takes",
        with_domain,
        |s| {
            let x = s.add("text", value("x"));
            refuse(x);
            x.value = default(13, "'x'::text", Immutable);
        },
        "",
        &["ALTER TABLE public.t ADD COLUMN x public.email DEFAULT 'x'::text"],
    ),
    (
        "set a default that its domain may refuse",
        |s| {
            with_domain(s);
            refuse(s.column("a"));
        },
        |s| s.column("a").value = default(13, "'x'::text", Volatile),
        "rejects_writers: default_under_constraint",
        &["ALTER TABLE public.t ALTER COLUMN a SET DEFAULT 'x'::text"],
    ),
    (
        "drop the default of a column whose domain may refuse NULL",
        |s| {
            with_domain(s);
            refuse(s.column("a"));
            s.column("a").value = default(13, "'x'::text", Immutable);
        },
        |s| s.column("a").value = ColumnValue::None,
        "rejects_writers: default_under_constraint",
        &["ALTER TABLE public.t ALTER COLUMN a DROP DEFAULT"],
    ),
    ("create domain", as_it_is, with_domain, "", &["CREATE DOMAIN public.email AS text"]),
    (
        "drop domain",
        with_domain,
        |s| done(s.0.remove(&id(8))),
        "loses_data breaks_readers: object_dropped",
        &["DROP DOMAIN public.email"],
    ),
    (
        "rename domain",
        with_domain,
        |s| domain(s).name = public("mail"),
        "breaks_readers: name_changed",
        &["ALTER DOMAIN public.email RENAME TO mail"],
    ),
    (
        "domain NOT NULL",
        with_domain,
        |s| domain(s).not_null = true,
        "validates_rows rejects_writers: not_null_added",
        &["ALTER DOMAIN public.email SET NOT NULL"],
    ),
    (
        "a domain's default",
        with_domain,
        |s| domain(s).default = Some("'x'::text".into()),
        "rejects_writers: default_under_constraint",
        &["ALTER DOMAIN public.email SET DEFAULT 'x'::text"],
    ),
    (
        "a domain's CHECK",
        with_domain,
        |s| domain(s).constraints.push(constraint(3, "c", Check, &[], "CHECK ((VALUE <> ''::text))")),
        "validates_rows rejects_writers: constraint_added",
        &["ALTER DOMAIN public.email ADD CONSTRAINT c CHECK ((VALUE <> ''::text))"],
    ),
    (
        "drop a domain's CHECK",
        |s| {
            with_domain(s);
            domain(s).constraints.push(constraint(3, "c", Check, &[], "CHECK ((VALUE <> ''::text))"));
        },
        |s| domain(s).constraints.clear(),
        "",
        &["ALTER DOMAIN public.email DROP CONSTRAINT c"],
    ),
];

fn word<T: serde::Serialize>(value: T) -> String {
    serde_json::to_value(value).unwrap().as_str().unwrap().to_owned()
}

#[test]
fn cases() {
    let mut reasons = BTreeSet::new();
    for (name, stand, act, verdict, statements) in
        [CREATIONS, NEW_COLUMNS, COLUMNS, IDENTITIES, CONSTRAINTS, INDEXES, SEQUENCES, OBJECTS, DOMAINS]
            .into_iter()
            .chain(cases::ALL)
            .flatten()
    {
        let mut before = Base::default();
        stand(&mut before);
        let mut after = before.clone();
        act(&mut after);
        let (before, after) = (before.0, after.0);
        let changes = diff(&before, &after, &BTreeSet::new());
        assert_eq!(render(&changes, &before, &after), *statements, "{name}");
        let beside_default = cases::beside_default(&after);
        let around = BTreeMap::new();
        let context = Context { before: &before, after: &after, around: &around, beside_default: &beside_default };
        let changes: Vec<ClassifiedChange> = changes.into_iter().map(|change| classify(change, &context)).collect();
        let effects: BTreeSet<Effect> = changes.iter().flat_map(|change| change.effects.clone()).collect();
        let codes: BTreeSet<Reason> = changes.iter().flat_map(|change| change.reasons.clone()).collect();
        let expected = if verdict.is_empty() { Class::Additive } else { Class::Destructive };
        assert_eq!(class(&changes), expected, "{name}: {codes:?}");
        let said = |words: Vec<String>| words.join(" ");
        let mut given = said(effects.into_iter().map(word).collect());
        if !codes.is_empty() {
            given = format!("{given}: {}", said(codes.iter().map(|code| code.code()).collect()));
        }
        assert_eq!(given, *verdict, "{name}");
        reasons.extend(codes.into_iter().map(word));
    }
    let all: BTreeSet<String> = common::variants::<Reason>(json!("?")).into_iter().collect();
    assert_eq!(reasons, all, "every reason has a case");
}

#[test]
fn widenings() {
    use electric_schema_core::classify::widens;
    for (from, to) in [
        ("smallint", "integer"),
        ("smallint", "bigint"),
        ("integer", "bigint"),
        ("character varying(3)", "character varying(4)"),
        ("character varying(3)", "character varying"),
        ("character varying(3)", "text"),
        ("character varying", "text"),
        ("numeric(8,2)", "numeric(10,2)"),
    ] {
        assert!(widens(from, to), "{from} to {to}");
        assert!(to == "text" && from == "character varying" || !widens(to, from), "{to} to {from}");
    }
    for (from, to) in [
        ("bigint", "integer"),
        ("text", "character varying(10)"),
        ("numeric(8,2)", "numeric(8,3)"),
        ("numeric(8,2)", "numeric(9,3)"),
        ("character(3)", "text"),
        ("integer", "numeric"),
        ("integer", "text"),
        ("real", "double precision"),
        ("integer[]", "bigint[]"),
        ("character varying(3)[]", "character varying(4)[]"),
        ("timestamp without time zone", "timestamp with time zone"),
    ] {
        assert!(!widens(from, to), "{from} to {to}");
    }
}

/// The page and the code name the same reasons and effects.
#[test]
fn the_page_names_every_code_and_no_other() {
    let page = include_str!("../../../docs/classification.md");
    let named: BTreeSet<&str> = page
        .split('`')
        .skip(1)
        .step_by(2)
        .filter(|code| code.contains('_') && code.bytes().all(|byte| byte == b'_' || byte.is_ascii_lowercase()))
        .collect();
    let mut codes = common::variants::<Reason>(json!("?"));
    codes.extend(common::variants::<Effect>(json!("?")));
    // The effect without an underscore is a word as well.
    let (diverges, codes): (Vec<&str>, Vec<&str>) =
        codes.iter().map(String::as_str).partition(|code| *code == "diverges");
    assert!(diverges.len() == 1 && page.contains("`diverges`"));
    assert_eq!(named, codes.into_iter().collect());
    // Each reason stands in a row with exactly its effects.
    for reason in common::variants::<Reason>(json!("?")) {
        let effects = serde_json::from_value::<Reason>(json!(reason)).unwrap().effects();
        let effects = effects.iter().map(|effect| format!("`{}`", word(effect))).collect::<Vec<_>>().join(", ");
        let row = page.lines().any(|line| line.contains(&format!("| {effects} | `{reason}` |")));
        assert!(row, "no row with | {effects} | `{reason}` |");
    }
}
