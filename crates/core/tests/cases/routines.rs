//! Functions and procedures.

use electric_schema_core::model::{Object, RoutineKind, Schema};

use super::{as_it_is, Case};
use crate::common::build::{composite, default, id, public, routine, Base};
use electric_schema_core::model::Volatility::Immutable;

const UNCHECKED: &str = "SET LOCAL check_function_bodies = off";
const CREATE_F: &str =
    "CREATE FUNCTION public.f(a integer) RETURNS integer LANGUAGE sql AS $function$SELECT a$function$";

/// `public.f(a integer)`
fn with_f(s: &mut Base) {
    s.put(8, Object::Routine(routine("f", "a integer", "SELECT a")));
}

/// `public.f(m public.mood)`
fn with_f_of_mood(s: &mut Base) {
    let mut f = routine("f", "m public.mood", "SELECT 1");
    f.uses = vec![id(3)];
    s.put(8, Object::Routine(f));
}

fn replace(s: &mut Base, ordinal: u32, body: &str) {
    let before = s.routine(ordinal);
    let mut after = routine(&before.name.name, &before.arguments, body);
    after.body = before.body + 1;
    *before = after;
}

pub const CASES: &[Case] = &[
    ("create a function", as_it_is, with_f, "", &[UNCHECKED, CREATE_F]),
    (
        "create a procedure",
        as_it_is,
        |s| {
            with_f(s);
            s.routine(8).routine = RoutineKind::Procedure;
            s.routine(8).definition = "(a integer) LANGUAGE sql AS $procedure$SELECT a$procedure$".into();
        },
        "",
        &[UNCHECKED, "CREATE PROCEDURE public.f(a integer) LANGUAGE sql AS $procedure$SELECT a$procedure$"],
    ),
    (
        "create a function that calls one behind it by name, and a default that calls it",
        as_it_is,
        |s| {
            with_f(s);
            s.routine(8).uses = vec![id(9)];
            s.put(9, Object::Routine(routine("g", "", "SELECT 1")));
            s.column("a").value = default(13, "public.f(1)", Immutable);
        },
        "rejects_writers: default_can_fail",
        &[
            UNCHECKED,
            "CREATE FUNCTION public.g() RETURNS integer LANGUAGE sql AS $function$SELECT 1$function$",
            CREATE_F,
            "ALTER TABLE public.t ALTER COLUMN a SET DEFAULT public.f(1)",
        ],
    ),
    (
        "functions that call one another",
        as_it_is,
        |s| {
            with_f(s);
            s.routine(8).uses = vec![id(9)];
            s.put(9, Object::Routine(routine("g", "", "SELECT 1")));
            s.routine(9).uses = vec![id(8)];
        },
        "",
        &[
            UNCHECKED,
            "CREATE FUNCTION public.g() RETURNS integer LANGUAGE sql AS $function$SELECT 1$function$",
            CREATE_F,
        ],
    ),
    (
        "drop a function",
        with_f,
        |s| drop(s.0.remove(&id(8))),
        "loses_data breaks_readers: object_dropped",
        &["DROP FUNCTION public.f(a integer)"],
    ),
    (
        "replace a function",
        with_f,
        |s| replace(s, 8, "SELECT 2"),
        "diverges breaks_readers rejects_writers: routine_replaced",
        &[
            UNCHECKED,
            "CREATE OR REPLACE FUNCTION public.f(a integer) RETURNS integer LANGUAGE sql \
             AS $function$SELECT 2$function$",
        ],
    ),
    (
        "replace a function by one that calls a new one",
        with_f,
        |s| {
            replace(s, 8, "SELECT public.g()");
            s.routine(8).uses = vec![id(9)];
            s.put(9, Object::Routine(routine("g", "", "SELECT 1")));
        },
        "diverges breaks_readers rejects_writers: routine_replaced",
        &[
            UNCHECKED,
            "CREATE FUNCTION public.g() RETURNS integer LANGUAGE sql AS $function$SELECT 1$function$",
            "CREATE OR REPLACE FUNCTION public.f(a integer) RETURNS integer LANGUAGE sql \
             AS $function$SELECT public.g()$function$",
        ],
    ),
    (
        "rename a function",
        with_f,
        |s| s.routine(8).name = public("h"),
        "breaks_readers: name_changed",
        &["ALTER FUNCTION public.f(a integer) RENAME TO h"],
    ),
    (
        "rename a function and the type of its argument",
        with_f_of_mood,
        |s| {
            s.mood().name = public("feeling");
            let f = s.routine(8);
            f.name = public("h");
            f.arguments = "m public.feeling".into();
            f.definition = f.definition.replace("mood", "feeling");
        },
        "breaks_readers: name_changed",
        &["ALTER TYPE public.mood RENAME TO feeling", "ALTER FUNCTION public.f(m public.feeling) RENAME TO h"],
    ),
    (
        "overloads that exchange their names with another function",
        |s| {
            with_f(s);
            s.put(9, Object::Routine(routine("f", "", "SELECT 1")));
            s.put(10, Object::Routine(routine("g", "", "SELECT 2")));
        },
        |s| {
            s.routine(8).name = public("g");
            s.routine(9).name = public("g");
            s.routine(10).name = public("f");
        },
        "breaks_readers: name_changed",
        &[
            "ALTER FUNCTION public.g() RENAME TO \"electric_schema~g\"",
            "ALTER FUNCTION public.f() RENAME TO \"electric_schema~f\"",
            "ALTER FUNCTION public.f(a integer) RENAME TO g",
            "ALTER FUNCTION public.\"electric_schema~g\"() RENAME TO f",
            "ALTER FUNCTION public.\"electric_schema~f\"() RENAME TO g",
        ],
    ),
    (
        "a function that is dropped and created again with the same arguments",
        with_f,
        |s| {
            s.0.remove(&id(8));
            s.put(9, Object::Routine(routine("f", "a integer", "SELECT a")));
        },
        "loses_data breaks_readers: object_dropped",
        &[
            UNCHECKED,
            "ALTER FUNCTION public.f(a integer) RENAME TO \"electric_schema~f\"",
            CREATE_F,
            "DROP FUNCTION public.\"electric_schema~f\"",
        ],
    ),
    (
        "a function that comes again, its argument with another name",
        with_f,
        |s| {
            s.0.remove(&id(8));
            s.put(9, Object::Routine(routine("f", "b integer", "SELECT 1")));
        },
        "loses_data breaks_readers: object_dropped",
        &[
            UNCHECKED,
            "ALTER FUNCTION public.f(a integer) RENAME TO \"electric_schema~f\"",
            "CREATE FUNCTION public.f(b integer) RETURNS integer LANGUAGE sql AS $function$SELECT 1$function$",
            "DROP FUNCTION public.\"electric_schema~f\"",
        ],
    ),
    (
        "drop a function beside an overload",
        |s| {
            with_f(s);
            s.put(9, Object::Routine(routine("f", "", "SELECT 1")));
        },
        |s| drop(s.0.remove(&id(8))),
        "loses_data breaks_readers: object_dropped",
        &["DROP FUNCTION public.f(a integer)"],
    ),
    (
        "drop a function when its schema is renamed",
        |s| {
            with_f(s);
            s.routine(8).name.schema = "app".into();
            s.put(9, Object::Schema(Schema { name: "app".into() }));
        },
        |s| {
            s.0.remove(&id(8));
            s.put(9, Object::Schema(Schema { name: "main".into() }));
        },
        "loses_data breaks_readers: object_dropped name_changed",
        &["ALTER SCHEMA app RENAME TO main", "DROP FUNCTION main.f(a integer)"],
    ),
    (
        "a function that goes with the type of its argument",
        with_f_of_mood,
        |s| s.0.retain(|object, _| *object != id(3) && *object != id(8)),
        "loses_data breaks_readers: object_dropped",
        &["DROP FUNCTION public.f(m public.mood)", "DROP TYPE public.mood"],
    ),
    (
        "a function that goes when the type of its argument gets another name",
        with_f_of_mood,
        |s| {
            s.mood().name = public("feeling");
            s.0.remove(&id(8));
        },
        "loses_data breaks_readers: object_dropped name_changed",
        &[
            "ALTER FUNCTION public.f(m public.mood) RENAME TO \"electric_schema~f\"",
            "ALTER TYPE public.mood RENAME TO feeling",
            "DROP FUNCTION public.\"electric_schema~f\"",
        ],
    ),
    (
        "overloads that come again with the type of their arguments",
        |s| {
            with_f_of_mood(s);
            let mut f = routine("f", "m public.mood, n integer", "SELECT 1");
            f.uses = vec![id(3)];
            s.put(9, Object::Routine(f));
        },
        |s| {
            s.0.retain(|object, _| ![id(3), id(8), id(9)].contains(object));
            s.put(10, Object::Composite(composite("mood", &[])));
            let mut f = routine("f", "m public.mood", "SELECT 1");
            f.uses = vec![id(10)];
            s.put(11, Object::Routine(f));
        },
        "loses_data breaks_readers: object_dropped",
        // What goes takes no argument's type by a name that is another type's by then.
        &[
            UNCHECKED,
            "ALTER FUNCTION public.f(m public.mood, n integer) RENAME TO \"electric_schema~f\"",
            "ALTER FUNCTION public.f(m public.mood) RENAME TO \"electric_schema~2~f\"",
            "ALTER TYPE public.mood RENAME TO \"electric_schema~mood\"",
            "CREATE TYPE public.mood AS ()",
            "CREATE FUNCTION public.f(m public.mood) RETURNS integer LANGUAGE sql AS $function$SELECT 1$function$",
            "DROP FUNCTION public.\"electric_schema~f\"",
            "DROP FUNCTION public.\"electric_schema~2~f\"",
            "DROP TYPE public.\"electric_schema~mood\"",
        ],
    ),
];
