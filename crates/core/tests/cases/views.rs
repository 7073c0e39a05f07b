//! Views and materialized views.

use electric_schema_core::model::{Object, ViewColumn};

use super::{as_it_is, Case};
use crate::common::build::{built_in, id, index, own_type, public, view, Base};

const CREATE_V: &str = "CREATE VIEW public.v AS SELECT id, a FROM public.t";
const POPULATE_M: &str = "DO 'BEGIN REFRESH MATERIALIZED VIEW public.m; EXCEPTION WHEN OTHERS THEN NULL; END'";

/// `public.v` over `t`
fn with_v(s: &mut Base) {
    s.put(8, Object::View(view("v", &[("id", "bigint"), ("a", "text")], "SELECT id, a FROM public.t", &[1])));
}

/// `public.a_reader` over `v`, first by its name
fn with_reader(s: &mut Base) {
    with_v(s);
    s.put(9, Object::View(view("a_reader", &[("a", "text")], "SELECT a FROM public.v", &[8])));
}

/// `public.m` over `t`, indexed
fn with_m(s: &mut Base) {
    let mut m = view("m", &[("id", "bigint")], "SELECT id FROM public.t", &[1]);
    m.materialized = true;
    m.indexes = vec![index(11, "m_id", &[1], "btree (id)")];
    s.put(8, Object::View(m));
}

/// As CREATE OR REPLACE, or DROP and CREATE, leaves it.
fn redefine(s: &mut Base, query: &str) {
    let v = s.view(8);
    (v.query, v.body) = (query.into(), v.body + 1);
}

fn append(s: &mut Base, name: &str, data_type: &str) {
    s.view(8).columns.push(ViewColumn { id: 12, name: name.into(), data_type: built_in(data_type), collation: None });
}

pub const CASES: &[Case] = &[
    ("create a view", as_it_is, with_v, "", &[CREATE_V]),
    (
        "create views, one over another that comes behind it by name",
        as_it_is,
        with_reader,
        "",
        &[CREATE_V, "CREATE VIEW public.a_reader AS SELECT a FROM public.v"],
    ),
    (
        "create a view with options",
        as_it_is,
        |s| {
            with_v(s);
            s.view(8).options = vec!["security_barrier=true".into(), "check_option=local".into()];
        },
        "",
        &["CREATE VIEW public.v WITH (security_barrier=true, check_option=local) AS SELECT id, a FROM public.t"],
    ),
    (
        "create a materialized view",
        as_it_is,
        with_m,
        "",
        &[
            "CREATE MATERIALIZED VIEW public.m AS SELECT id FROM public.t WITH NO DATA",
            "CREATE INDEX m_id ON public.m USING btree (id)",
            POPULATE_M,
        ],
    ),
    (
        "replace a view by one whose query can fail",
        with_v,
        |s| redefine(s, "SELECT id, a FROM public.t WHERE ((100 / id) > 1)"),
        "breaks_readers: view_query_can_fail",
        &["CREATE OR REPLACE VIEW public.v AS SELECT id, a FROM public.t WHERE ((100 / id) > 1)"],
    ),
    (
        "append a column that can fail to a view",
        with_v,
        |s| {
            redefine(s, "SELECT id, a, (100 / id) AS share FROM public.t");
            append(s, "share", "bigint");
        },
        "",
        &["CREATE OR REPLACE VIEW public.v AS SELECT id, a, (100 / id) AS share FROM public.t"],
    ),
    (
        "drop a view and create it with another collation",
        with_v,
        |s| {
            redefine(s, "SELECT id, a COLLATE \"C\" AS a FROM public.t");
            s.view(8).columns[1].collation = Some("pg_catalog.\"C\"".into());
        },
        "diverges breaks_readers: collation_changed",
        &["DROP VIEW public.v", "CREATE VIEW public.v AS SELECT id, a COLLATE \"C\" AS a FROM public.t"],
    ),
    (
        "drop a view and what reads it",
        with_reader,
        |s| s.0.retain(|object, _| *object != id(8) && *object != id(9)),
        "loses_data breaks_readers: object_dropped",
        &["DROP VIEW public.a_reader", "DROP VIEW public.v"],
    ),
    (
        "drop a materialized view with the table that it reads",
        with_m,
        |s| s.0.retain(|object, _| *object != id(1) && *object != id(8)),
        "loses_data breaks_readers: object_dropped",
        &["DROP MATERIALIZED VIEW public.m", "DROP TABLE public.t"],
    ),
    (
        "rename a view",
        with_v,
        |s| s.view(8).name = public("w"),
        "breaks_readers: name_changed",
        &["ALTER VIEW public.v RENAME TO w"],
    ),
    (
        "rename a materialized view, its column and its index",
        with_m,
        |s| {
            let m = s.view(8);
            m.name = public("n");
            m.columns[0].name = "key".into();
            m.indexes[0].name = "n_key".into();
            m.indexes[0].definition = "btree (key)".into();
            m.query = "SELECT id AS key FROM public.t".into();
        },
        "breaks_readers: name_changed",
        &[
            "ALTER MATERIALIZED VIEW public.m RENAME TO n",
            "ALTER INDEX public.m_id RENAME TO n_key",
            "ALTER TABLE public.n RENAME COLUMN id TO key",
        ],
    ),
    (
        "a renamed column of a table changes a view's text only",
        with_v,
        |s| {
            s.column("a").name = "z".into();
            s.view(8).query = "SELECT id, z AS a FROM public.t".into();
        },
        "breaks_readers: name_changed",
        &["ALTER TABLE public.t RENAME COLUMN a TO z"],
    ),
    (
        "replace a view by another query with the same columns",
        with_v,
        |s| redefine(s, "SELECT id, lower(a) AS a FROM public.t"),
        "",
        &["CREATE OR REPLACE VIEW public.v AS SELECT id, lower(a) AS a FROM public.t"],
    ),
    (
        "replace a view by one with more columns",
        with_v,
        |s| {
            redefine(s, "SELECT id, a, b FROM public.t");
            append(s, "b", "integer");
        },
        "",
        &["CREATE OR REPLACE VIEW public.v AS SELECT id, a, b FROM public.t"],
    ),
    (
        "replace a view by one over a new view that comes behind it by name",
        with_v,
        |s| {
            s.put(9, Object::View(view("w", &[("id", "bigint"), ("a", "text")], "SELECT id, a FROM public.t", &[1])));
            redefine(s, "SELECT id, a FROM public.w");
            s.view(8).uses = vec![id(9)];
        },
        "",
        &[
            "CREATE VIEW public.w AS SELECT id, a FROM public.t",
            "CREATE OR REPLACE VIEW public.v AS SELECT id, a FROM public.w",
        ],
    ),
    (
        "replace a view, and one before it by name that reads the new column",
        with_reader,
        |s| {
            redefine(s, "SELECT id, a, b FROM public.t");
            append(s, "b", "integer");
            let reader = s.view(9);
            (reader.query, reader.body) = ("SELECT a, b FROM public.v".into(), 13);
            reader.columns.push(ViewColumn {
                id: 12,
                name: "b".into(),
                data_type: built_in("integer"),
                collation: None,
            });
        },
        "",
        &[
            "CREATE OR REPLACE VIEW public.v AS SELECT id, a, b FROM public.t",
            "CREATE OR REPLACE VIEW public.a_reader AS SELECT a, b FROM public.v",
        ],
    ),
    (
        "a view over a new column, and with a new name",
        with_v,
        |s| {
            s.t().columns.push(crate::common::build::column(10, "x", "text"));
            redefine(s, "SELECT id, a, x FROM public.t");
            append(s, "x", "text");
            s.view(8).name = public("w");
        },
        "breaks_readers: name_changed",
        &[
            "ALTER VIEW public.v RENAME TO w",
            "ALTER TABLE public.t ADD COLUMN x text",
            "CREATE OR REPLACE VIEW public.w AS SELECT id, a, x FROM public.t",
        ],
    ),
    (
        "a view with a column less, and what reads it",
        with_reader,
        |s| {
            redefine(s, "SELECT a FROM public.t");
            s.view(8).columns.remove(0);
            redefine_reader(s);
        },
        "breaks_readers: view_columns_changed",
        &[
            "DROP VIEW public.a_reader",
            "DROP VIEW public.v",
            "CREATE VIEW public.v AS SELECT a FROM public.t",
            "CREATE VIEW public.a_reader AS SELECT a FROM public.v",
        ],
    ),
    (
        "a view whose columns come in another order",
        with_v,
        |s| {
            redefine(s, "SELECT a, id FROM public.t");
            s.view(8).columns.swap(0, 1);
        },
        "",
        // CREATE OR REPLACE keeps columns in their places.
        &["DROP VIEW public.v", "CREATE VIEW public.v AS SELECT a, id FROM public.t"],
    ),
    (
        "a view whose column is widened with the table's",
        |s| {
            s.column("a").data_type = built_in("character varying(10)");
            with_v(s);
            s.view(8).columns[1].data_type = built_in("character varying(10)");
        },
        |s| {
            s.column("a").data_type = built_in("text");
            redefine(s, "SELECT id, a FROM public.t");
            s.view(8).columns[1].data_type = built_in("text");
        },
        "",
        &["DROP VIEW public.v", "ALTER TABLE public.t ALTER COLUMN a TYPE text", CREATE_V],
    ),
    (
        "a view in whose condition a column gets another type, and what reads it",
        |s| {
            with_reader(s);
            s.view(8).query = "SELECT id, a FROM public.t WHERE b > 0".into();
        },
        |s| {
            s.column("b").data_type = built_in("bigint");
            redefine(s, "SELECT id, a FROM public.t WHERE b > 0");
            redefine_reader(s);
        },
        "",
        &[
            "DROP VIEW public.a_reader",
            "DROP VIEW public.v",
            "ALTER TABLE public.t ALTER COLUMN b TYPE bigint",
            "CREATE VIEW public.v AS SELECT id, a FROM public.t WHERE b > 0",
            "CREATE VIEW public.a_reader AS SELECT a FROM public.v",
        ],
    ),
    (
        "a view whose column is an array now",
        |s| {
            with_v(s);
            s.view(8).query = "SELECT id, 'sad'::public.mood AS a FROM public.t".into();
            s.view(8).columns[1].data_type = own_type("mood", id(3));
        },
        |s| {
            redefine(s, "SELECT id, '{}'::public.mood[] AS a FROM public.t");
            let a = &mut s.view(8).columns[1].data_type;
            (a.name, a.array) = ("public.mood[]".into(), true);
        },
        "breaks_readers: view_columns_changed",
        &["DROP VIEW public.v", "CREATE VIEW public.v AS SELECT id, '{}'::public.mood[] AS a FROM public.t"],
    ),
    (
        "a view whose column's type is renamed can be replaced",
        |s| {
            with_v(s);
            s.view(8).query = "SELECT id, 'sad'::public.mood AS a FROM public.t".into();
            s.view(8).columns[1].data_type = own_type("mood", id(3));
        },
        |s| {
            s.mood().name = public("feeling");
            redefine(s, "SELECT id, 'sad'::public.feeling AS a FROM public.u");
            s.view(8).columns[1].data_type = own_type("feeling", id(3));
        },
        "breaks_readers: name_changed",
        &[
            "ALTER TYPE public.mood RENAME TO feeling",
            "CREATE OR REPLACE VIEW public.v AS SELECT id, 'sad'::public.feeling AS a FROM public.u",
        ],
    ),
    (
        "a view that a table came under again",
        with_v,
        |s| {
            s.0.remove(&id(8));
            s.put(9, Object::Table(crate::common::build::table("v", vec![])));
        },
        "loses_data breaks_readers: object_dropped",
        &["DROP VIEW public.v", "CREATE TABLE public.v ()"],
    ),
    (
        "a view that checks what is written through it",
        with_v,
        |s| s.view(8).options = vec!["check_option=cascaded".into()],
        "rejects_writers: check_option_added",
        &["CREATE OR REPLACE VIEW public.v WITH (check_option=cascaded) AS SELECT id, a FROM public.t"],
    ),
    (
        "a view that checks no longer, and is a barrier",
        |s| {
            with_v(s);
            s.view(8).options = vec!["check_option=local".into()];
        },
        |s| s.view(8).options = vec!["security_barrier=true".into()],
        "",
        &["CREATE OR REPLACE VIEW public.v WITH (security_barrier=true) AS SELECT id, a FROM public.t"],
    ),
    (
        "another query of a materialized view",
        with_m,
        |s| redefine(s, "SELECT id FROM public.u"),
        "diverges: view_recomputed",
        &[
            "DROP MATERIALIZED VIEW public.m",
            "CREATE MATERIALIZED VIEW public.m AS SELECT id FROM public.u WITH NO DATA",
            "CREATE INDEX m_id ON public.m USING btree (id)",
            POPULATE_M,
        ],
    ),
    (
        "create and drop indexes of a materialized view",
        with_m,
        |s| s.view(8).indexes = vec![index(12, "m_id_desc", &[1], "btree (id DESC)")],
        "",
        &["DROP INDEX public.m_id", "CREATE INDEX m_id_desc ON public.m USING btree (id DESC)"],
    ),
    (
        "a unique index of a materialized view",
        with_m,
        |s| {
            s.view(8)
                .indexes
                .push(electric_schema_core::model::Index { unique: true, ..index(12, "m_k", &[1], "btree (id)") })
        },
        "validates_rows rejects_writers: unique_index_added",
        &["CREATE UNIQUE INDEX m_k ON public.m USING btree (id)"],
    ),
    (
        "a view that a materialized one takes the place of",
        with_v,
        |s| {
            s.0.remove(&id(8));
            let mut m = view("v", &[("id", "bigint")], "SELECT id FROM public.t", &[1]);
            m.materialized = true;
            s.put(9, Object::View(m));
        },
        "loses_data breaks_readers: object_dropped",
        &[
            "DROP VIEW public.v",
            "CREATE MATERIALIZED VIEW public.v AS SELECT id FROM public.t WITH NO DATA",
            "DO 'BEGIN REFRESH MATERIALIZED VIEW public.v; EXCEPTION WHEN OTHERS THEN NULL; END'",
        ],
    ),
];

/// What reads a view that is dropped is dropped and created again, too.
fn redefine_reader(s: &mut Base) {
    s.view(9).body += 1;
}
