//! Composite types, what is of them, and range types.

use electric_schema_core::model::{Attribute, DataType, Object};

use super::{as_it_is, Case};
use crate::common::build::{built_in, column, composite, id, own_type, public, range, table, Base};

/// `public.place AS (x integer, "the street" text)`
fn with_place(s: &mut Base) {
    s.put(8, Object::Composite(composite("place", &[("x", "integer"), ("the street", "text")])));
}

fn new_attribute(name: &str, data_type: DataType) -> Attribute {
    Attribute { id: 9, name: name.into(), data_type, collation: None }
}

/// A table of it beside it.
fn with_places(s: &mut Base) {
    with_place(s);
    let mut places = table("places", vec![column(1, "x", "integer"), column(2, "the street", "text")]);
    places.of_type = Some(own_type("place", id(8)));
    s.put(9, Object::Table(places));
}

fn with_span(s: &mut Base) {
    s.put(8, Object::Range(range("span", "spans")));
}

pub const CASES: &[Case] = &[
    (
        "create a composite type",
        as_it_is,
        with_place,
        "",
        &["CREATE TYPE public.place AS (x integer, \"the street\" text)"],
    ),
    (
        "create types, one over another that comes behind it by name, and a table of them",
        as_it_is,
        |s| {
            s.put(8, Object::Composite(composite("z", &[])));
            let mut outer = composite("a", &[("inner", "")]);
            outer.attributes[0].data_type = own_type("z", id(8));
            s.put(9, Object::Composite(outer));
            let mut spans = range("r", "rs");
            spans.subtype = own_type("a", id(9));
            (spans.opclass, spans.difference) = ("pg_catalog.record_ops".into(), None);
            s.put(10, Object::Range(spans));
            let mut held = table("held", vec![column(1, "r", "")]);
            held.columns[0].data_type = own_type("r", id(10));
            s.put(7, Object::Table(held));
        },
        "",
        &[
            "CREATE TYPE public.z AS ()",
            "CREATE TYPE public.a AS (\"inner\" public.z)",
            "CREATE TYPE public.r AS RANGE (SUBTYPE = public.a, SUBTYPE_OPCLASS = pg_catalog.record_ops, \
             MULTIRANGE_TYPE_NAME = public.rs)",
            "CREATE TABLE public.held (r public.r)",
        ],
    ),
    (
        "drop a composite type",
        with_place,
        |s| drop(s.0.remove(&id(8))),
        "loses_data breaks_readers: object_dropped",
        &["DROP TYPE public.place"],
    ),
    (
        "add an attribute",
        with_place,
        |s| s.composite(8).attributes.push(new_attribute("zip code", built_in("text"))),
        "rejects_writers: attribute_added",
        &["ALTER TYPE public.place ADD ATTRIBUTE \"zip code\" text"],
    ),
    (
        "drop an attribute",
        with_place,
        |s| drop(s.composite(8).attributes.pop()),
        "loses_data breaks_readers: attribute_dropped",
        &["ALTER TYPE public.place DROP ATTRIBUTE \"the street\""],
    ),
    (
        "an attribute that came back under its name is another one",
        with_place,
        |s| s.composite(8).attributes[1] = new_attribute("the street", built_in("text")),
        "loses_data breaks_readers rejects_writers: attribute_dropped attribute_added",
        &[
            "ALTER TYPE public.place DROP ATTRIBUTE \"the street\"",
            "ALTER TYPE public.place ADD ATTRIBUTE \"the street\" text",
        ],
    ),
    (
        "rename an attribute to the name of one that goes",
        with_place,
        |s| {
            s.composite(8).attributes.remove(0);
            s.composite(8).attributes[0].name = "x".into();
        },
        "loses_data breaks_readers: name_changed attribute_dropped",
        &["ALTER TYPE public.place DROP ATTRIBUTE x", "ALTER TYPE public.place RENAME ATTRIBUTE \"the street\" TO x"],
    ),
    (
        "attributes that exchange their names",
        with_place,
        |s| {
            let attributes = &mut s.composite(8).attributes;
            (attributes[0].name, attributes[1].name) = ("the street".into(), "x".into());
        },
        "breaks_readers: name_changed",
        &[
            "ALTER TYPE public.place RENAME ATTRIBUTE x TO \"electric_schema~x\"",
            "ALTER TYPE public.place RENAME ATTRIBUTE \"the street\" TO \"electric_schema~the street\"",
            "ALTER TYPE public.place RENAME ATTRIBUTE \"electric_schema~x\" TO \"the street\"",
            "ALTER TYPE public.place RENAME ATTRIBUTE \"electric_schema~the street\" TO x",
        ],
    ),
    (
        "another type of an attribute whose name has a space in it",
        with_place,
        |s| s.composite(8).attributes[1].data_type = built_in("character varying(10)"),
        "diverges breaks_readers: values_converted",
        &["ALTER TYPE public.place ALTER ATTRIBUTE \"the street\" TYPE character varying(10)"],
    ),
    (
        "another collation of an attribute",
        with_place,
        |s| s.composite(8).attributes[1].collation = Some("pg_catalog.\"C\"".into()),
        "diverges breaks_readers: collation_changed",
        &["ALTER TYPE public.place ALTER ATTRIBUTE \"the street\" TYPE text COLLATE pg_catalog.\"C\""],
    ),
    (
        "an attribute whose type is renamed, beside a new one",
        |s| {
            with_place(s);
            s.composite(8).attributes[0].data_type = own_type("mood", id(3));
        },
        |s| {
            s.mood().name = public("feeling");
            s.composite(8).attributes[0].data_type = own_type("feeling", id(3));
            s.composite(8).attributes.push(new_attribute("zip", built_in("text")));
        },
        "breaks_readers rejects_writers: name_changed attribute_added",
        &["ALTER TYPE public.mood RENAME TO feeling", "ALTER TYPE public.place ADD ATTRIBUTE zip text"],
    ),
    (
        "an attribute of a new type, in a type that a new table holds",
        with_place,
        |s| {
            s.put(10, Object::Composite(composite("zip", &[("code", "text")])));
            s.composite(8).attributes[1].data_type = own_type("zip", id(10));
            let mut homes = table("homes", vec![column(1, "at", "")]);
            homes.columns[0].data_type = own_type("place", id(8));
            s.put(11, Object::Table(homes));
        },
        "diverges breaks_readers: values_converted",
        // Once a table holds it, no attribute of it gets another type.
        &[
            "CREATE TYPE public.zip AS (code text)",
            "ALTER TYPE public.place ALTER ATTRIBUTE \"the street\" TYPE public.zip",
            "CREATE TABLE public.homes (at public.place)",
        ],
    ),
    (
        "create a table of a type",
        with_place,
        with_places,
        "",
        &["CREATE TABLE public.places (x integer, \"the street\" text)", "ALTER TABLE public.places OF public.place"],
    ),
    (
        "a table that becomes one of a type",
        |s| {
            with_places(s);
            s.table(9).of_type = None;
        },
        |s| s.table(9).of_type = Some(own_type("place", id(8))),
        "",
        &["ALTER TABLE public.places OF public.place"],
    ),
    (
        "a table that is of a type no longer, and gets another name",
        with_places,
        |s| {
            s.table(9).of_type = None;
            s.table(9).name = public("homes");
        },
        "breaks_readers: name_changed",
        &["ALTER TABLE public.places NOT OF", "ALTER TABLE public.places RENAME TO homes"],
    ),
    (
        "an attribute for a type and its table, both with other names",
        with_places,
        |s| {
            s.composite(8).name = public("spot");
            s.composite(8).attributes.push(new_attribute("zip", built_in("text")));
            let places = s.table(9);
            places.name = public("spots");
            places.of_type = Some(own_type("spot", id(8)));
            places.columns.push(column(3, "zip", "text"));
        },
        "breaks_readers rejects_writers: name_changed attribute_added",
        &[
            "ALTER TABLE public.places NOT OF",
            "ALTER TYPE public.place RENAME TO spot",
            "ALTER TABLE public.places RENAME TO spots",
            "ALTER TYPE public.spot ADD ATTRIBUTE zip text",
            "ALTER TABLE public.spots ADD COLUMN zip text",
            "ALTER TABLE public.spots OF public.spot",
        ],
    ),
    (
        "a type that is renamed leaves its tables alone",
        with_places,
        |s| {
            s.composite(8).name = public("spot");
            s.table(9).of_type = Some(own_type("spot", id(8)));
        },
        "breaks_readers: name_changed",
        &["ALTER TYPE public.place RENAME TO spot"],
    ),
    (
        "create a range type",
        as_it_is,
        with_span,
        "",
        &["CREATE TYPE public.span AS RANGE (SUBTYPE = double precision, SUBTYPE_OPCLASS = pg_catalog.float8_ops, \
           SUBTYPE_DIFF = pg_catalog.float8mi, MULTIRANGE_TYPE_NAME = public.spans)"],
    ),
    (
        "drop a range type",
        with_span,
        |s| drop(s.0.remove(&id(8))),
        "loses_data breaks_readers: object_dropped",
        &["DROP TYPE public.span"],
    ),
    (
        "rename a multirange type",
        with_span,
        |s| {
            if let Some(Object::Range(range)) = s.0.get_mut(&id(8)) {
                range.multirange_name = Some(public("areas"));
            }
        },
        "breaks_readers: name_changed",
        &["ALTER TYPE public.spans RENAME TO areas"],
    ),
    (
        "a range type and its multirange type that exchange their names",
        with_span,
        |s| s.put(8, Object::Range(range("spans", "span"))),
        "breaks_readers: name_changed",
        &[
            "ALTER TYPE public.span RENAME TO \"electric_schema~span\"",
            "ALTER TYPE public.spans RENAME TO \"electric_schema~spans\"",
            "ALTER TYPE public.\"electric_schema~span\" RENAME TO spans",
            "ALTER TYPE public.\"electric_schema~spans\" RENAME TO span",
        ],
    ),
];
