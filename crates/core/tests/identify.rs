//! Catalogs before and after a transaction, and the changes that they come to: things are the same by OID and attnum.

mod common;

use std::collections::{BTreeMap, BTreeSet};

use common::raw::{
    an_enum, attribute, catalog, column, composite, constraint, default, index, name, parent, push, range, routine,
    table, uses, view,
};
use electric_schema_core::catalog::Catalog;
use electric_schema_core::change::Change;
use electric_schema_core::diff::{diff, Objects};
use electric_schema_core::entry::Asked;
use electric_schema_core::identify::{identify, referred, Happened, Known, Rewrite};
use electric_schema_core::model::{Fill, Object, Table};
use electric_schema_core::render::render;
use electric_schema_core::scope::{distributed, Scope};
use serde_json::{json, Value};

const TABLE: u32 = 100;
const OTHER: u32 = 200;
const MOOD: u32 = 300;

/// `t (a varchar(10) DEFAULT 'x' CHECK (…), b integer, m mood)` with an index.
fn base() -> Value {
    let mut a = column(1, "a", "character varying(10)", 1043);
    a["default"] = default(501, "'x'::character varying");
    let columns = [a, column(2, "b", "integer", 23), column(3, "m", "public.mood", MOOD)];
    let mut t = table(TABLE, "t", &columns);
    t["constraints"] = json!([constraint(601, "c", "check", &[1], "CHECK (((a)::text <> ''::text))")]);
    t["indexes"] = json!([index(701, "i", &[1], "btree (a)")]);
    json!({
        "schemas": [], "extensions": [], "enums": [an_enum(MOOD)], "domains": [], "sequences": [],
        "tables": [t, table(OTHER, "u", &[column(1, "id", "bigint", 20)])], "unsupported": [],
    })
}

fn known(catalog: &Catalog, before: &BTreeMap<u32, Known>, happened: &Happened, seq: u64) -> BTreeMap<u32, Known> {
    identify(catalog, before, happened, seq).into_iter().map(|known| (known.oid, known)).collect()
}

fn objects(known: &BTreeMap<u32, Known>) -> Objects {
    known.values().map(|known| (known.id, known.object.clone())).collect()
}

struct Outcome {
    before: Objects,
    after: Objects,
    known: BTreeMap<u32, Known>,
    changes: Vec<Change>,
}

impl Outcome {
    fn tags(&self) -> Vec<String> {
        let tag = |change| serde_json::to_value(change).unwrap()["change"].as_str().unwrap().to_owned();
        self.changes.iter().map(tag).filter(|tag| tag != "refresh").collect()
    }

    fn statements(&self) -> Vec<String> {
        render(&self.changes, &self.before, &self.after)
    }

    fn table(&self) -> &Table {
        match &self.known[&TABLE].object {
            Object::Table(table) => table,
            _ => panic!("not a table"),
        }
    }
}

/// What a transaction does that the catalogs show, and what they do not show.
fn transaction(act: impl FnOnce(&mut Value), happened: &Happened) -> Outcome {
    transaction_on(base(), act, happened)
}

fn transaction_on(start: Value, act: impl FnOnce(&mut Value), happened: &Happened) -> Outcome {
    let before = known(&catalog(&start), &BTreeMap::new(), &Happened::default(), 1);
    let mut end = start;
    act(&mut end);
    let after = known(&catalog(&end), &before, happened, 2);
    let (before, after, known) = (objects(&before), objects(&after), after);
    Outcome { changes: diff(&before, &after, &BTreeSet::new()), before, after, known }
}

#[test]
fn the_same_catalog_is_no_change() {
    assert!(transaction(|_| {}, &Happened::default()).changes.is_empty());
}

#[test]
fn a_rename_is_a_rename() {
    let outcome = transaction(
        |c| {
            c["tables"][0]["name"] = name("z");
            c["tables"][0]["columns"][1]["name"] = json!("bb");
            c["tables"][0]["constraints"][0]["name"] = json!("cc");
            c["tables"][0]["indexes"][0]["name"] = json!("ii");
        },
        &Happened::default(),
    );
    assert_eq!(outcome.tags(), ["rename", "rename_column", "rename_constraint", "rename_index"]);
}

#[test]
fn a_type_that_is_renamed_takes_texts_along() {
    let outcome = transaction(
        |c| {
            c["enums"][0]["name"] = name("feeling");
            c["tables"][0]["columns"][2]["type_name"] = json!("public.feeling");
        },
        &Happened::default(),
    );
    assert_eq!(outcome.tags(), ["rename"]);
    assert_eq!(outcome.statements(), ["ALTER TYPE public.mood RENAME TO feeling"]);
}

#[test]
fn a_column_that_came_back_is_another_column() {
    let outcome = transaction(
        |c| {
            // The server drops the index with the column; it was created again, with the same text.
            c["tables"][0]["columns"][0] = column(4, "a", "character varying(10)", 1043);
            c["tables"][0]["constraints"] = json!([]);
            c["tables"][0]["indexes"][0] = index(702, "i", &[4], "btree (a)");
        },
        &Happened::default(),
    );
    assert_eq!(outcome.tags(), ["drop_column", "add_column", "drop_constraint", "drop_index", "create_index"]);
}

#[test]
fn a_table_that_came_back_is_another_table() {
    let outcome = transaction(|c| c["tables"][1]["oid"] = json!(OTHER + 1), &Happened::default());
    assert_eq!(outcome.tags(), ["drop", "create"]);
}

#[test]
fn a_wider_type_gives_what_hangs_on_it_new_oids() {
    let outcome = transaction(
        |c| {
            let t = &mut c["tables"][0];
            t["columns"][0]["type_name"] = json!("text");
            t["columns"][0]["type_oid"] = json!(25);
            t["columns"][0]["default"] = default(502, "'x'::text");
            t["constraints"][0] = constraint(602, "c", "check", &[1], "CHECK ((a <> ''::text))");
            t["indexes"][0] = index(702, "i", &[1], "btree (a)");
        },
        &Happened::default(),
    );
    assert_eq!(outcome.tags(), ["set_type"]);
    assert_eq!(outcome.statements(), ["ALTER TABLE public.t ALTER COLUMN a TYPE text"]);
}

#[test]
fn without_another_type_another_cast_is_another_constraint() {
    let outcome = transaction(
        |c| c["tables"][0]["constraints"][0] = constraint(602, "c", "check", &[1], "CHECK ((a <> ''::text))"),
        &Happened::default(),
    );
    assert_eq!(outcome.tags(), ["drop_constraint", "add_constraint"]);
}

#[test]
fn reindex_concurrently_is_no_change() {
    let outcome = transaction(|c| c["tables"][0]["indexes"][0]["oid"] = json!(799), &Happened::default());
    assert!(outcome.tags().is_empty());
}

#[test]
fn an_index_that_takes_the_place_of_a_renamed_one_is_new() {
    let outcome = transaction(
        |c| {
            c["tables"][0]["indexes"][0]["name"] = json!("i_old");
            push(&mut c["tables"][0]["indexes"], index(702, "i", &[1], "btree (a)"));
        },
        &Happened::default(),
    );
    assert_eq!(outcome.tags(), ["rename_index", "create_index"]);
}

#[test]
fn a_constraint_that_takes_the_place_of_a_renamed_one_is_new() {
    let outcome = transaction(
        |c| {
            c["tables"][0]["constraints"][0]["name"] = json!("c_old");
            push(
                &mut c["tables"][0]["constraints"],
                constraint(602, "c", "check", &[1], "CHECK (((a)::text <> ''::text))"),
            );
        },
        &Happened::default(),
    );
    assert_eq!(outcome.tags(), ["rename_constraint", "add_constraint"]);
}

#[test]
fn what_existing_rows_got() {
    let missing = |missing: Value| {
        move |c: &mut Value| {
            let mut x = column(4, "x", "integer", 23);
            x["default"] = default(503, "9");
            x["missing"] = missing;
            push(&mut c["tables"][0]["columns"], x);
        }
    };
    let fill = |outcome: &Outcome| outcome.table().columns[3].fill.clone();

    let outcome = transaction(missing(json!("1")), &Happened::default());
    assert_eq!(fill(&outcome), Fill::Value { text: "1".into() });
    assert_eq!(
        outcome.statements(),
        [
            "ALTER TABLE public.t ADD COLUMN x integer DEFAULT '1'::integer",
            "ALTER TABLE public.t ALTER COLUMN x SET DEFAULT 9",
        ]
    );

    // ADD COLUMN, then SET DEFAULT: rows hold NULL.
    let outcome = transaction(missing(Value::Null), &Happened::default());
    assert_eq!(fill(&outcome), Fill::Null);
    assert_eq!(
        outcome.statements(),
        ["ALTER TABLE public.t ADD COLUMN x integer", "ALTER TABLE public.t ALTER COLUMN x SET DEFAULT 9",]
    );

    // A rewrite leaves no trace of it.
    let replaced = Happened { replaced: BTreeSet::from([TABLE]), ..Happened::default() };
    assert_eq!(fill(&transaction(missing(Value::Null), &replaced)), Fill::Unknown);
    let elsewhere = Happened { replaced: BTreeSet::from([OTHER]), ..Happened::default() };
    assert_eq!(fill(&transaction(missing(Value::Null), &elsewhere)), Fill::Null);
}

#[test]
fn a_table_that_is_new_has_no_rows_to_fill() {
    let outcome =
        transaction(|c| push(&mut c["tables"], table(900, "n", &[column(1, "a", "text", 25)])), &Happened::default());
    let Some(Change::Create { after: Object::Table(table), .. }) = outcome.changes.first() else { panic!("no table") };
    assert_eq!((outcome.changes.len(), &table.columns[0].fill), (1, &Fill::None));
}

fn rewrite(column: Option<i16>, using: bool) -> Rewrite {
    Rewrite { table: TABLE, column, using }
}

fn rewrites(list: &[Rewrite]) -> Happened {
    Happened { rewrites: list.to_vec(), replaced: BTreeSet::from([TABLE]), dropped: BTreeSet::new() }
}

#[test]
fn using_gives_other_values() {
    let outcome = transaction(|_| {}, &rewrites(&[rewrite(Some(1), true)]));
    assert_eq!(outcome.tags(), ["rewrite_values"]);
    let versions: Vec<u32> = outcome.table().columns.iter().map(|column| column.values_version).collect();
    assert_eq!(versions, [1, 0, 0]);

    let wider = |c: &mut Value| c["tables"][0]["columns"][1]["type_name"] = json!("bigint");
    let outcome = transaction(wider, &rewrites(&[rewrite(Some(2), true)]));
    assert_eq!((outcome.tags(), outcome.table().columns[1].values_version), (vec!["set_type".into()], 1));
}

#[test]
fn one_conversion_is_what_the_types_tell() {
    let wider = |c: &mut Value| c["tables"][0]["columns"][1]["type_name"] = json!("bigint");
    let outcome = transaction(wider, &rewrites(&[rewrite(Some(2), false)]));
    assert_eq!((outcome.tags(), outcome.table().columns[1].values_version), (vec!["set_type".into()], 0));
}

#[test]
fn there_and_back_gives_other_values() {
    let outcome = transaction(|_| {}, &rewrites(&[rewrite(Some(2), false), rewrite(Some(2), false)]));
    assert_eq!(outcome.tags(), ["rewrite_values"]);
    assert_eq!(outcome.table().columns[1].values_version, 1);
}

#[test]
fn a_rewrite_of_no_known_column_is_one_of_all() {
    let outcome = transaction(|_| {}, &rewrites(&[rewrite(None, true)]));
    assert!(outcome.table().columns.iter().all(|column| column.values_version == 1));
    let mut elsewhere = rewrites(&[rewrite(None, true)]);
    elsewhere.rewrites[0].table = 999;
    assert!(transaction(|_| {}, &elsewhere).changes.is_empty());
}

#[test]
fn an_enum_that_came_back_is_another_type() {
    let outcome = transaction(
        |c| {
            c["enums"][0] = an_enum(MOOD + 1);
            c["tables"][0]["columns"][2]["type_oid"] = json!(MOOD + 1);
        },
        &rewrites(&[rewrite(Some(3), true)]),
    );
    assert_eq!(outcome.tags(), ["drop", "set_type", "create"]);
}

#[test]
fn an_enum_array_knows_its_type() {
    let mut start = base();
    start["tables"][0]["columns"][2]["array"] = json!(true);
    start["tables"][0]["columns"][2]["type_name"] = json!("public.mood[]");
    let outcome = transaction_on(start, |_| {}, &Happened::default());
    let data_type = &outcome.table().columns[2].data_type;
    assert_eq!((data_type.object, data_type.array), (Some(outcome.known[&MOOD].id), true));
}

#[test]
fn numbers_are_never_used_twice() {
    let outcome = transaction(
        |c| {
            c["tables"][0]["columns"][0]["default"] = default(502, "'y'::character varying");
            c["tables"][0]["constraints"][0] = constraint(602, "d", "check", &[2], "CHECK ((b > 0))");
            push(&mut c["tables"][0]["columns"], column(4, "x", "text", 25));
        },
        &Happened::default(),
    );
    let (Some(Object::Table(before)), after) = (outcome.before.get(&outcome.known[&TABLE].id), outcome.table()) else {
        panic!("no table")
    };
    let fresh = [after.columns[3].id, after.constraints[0].id];
    assert!(fresh.iter().all(|id| *id >= before.next_part && *id < after.next_part));
    assert_eq!(after.next_part, before.next_part + 3);
}

#[test]
fn foreign_keys_lead_only_to_what_clients_have() {
    let with_key = |target: u32| {
        let mut c = base();
        let mut key = constraint(603, "f", "foreign_key", &[2], "FOREIGN KEY (b) REFERENCES public.u(id)");
        key["references"] = json!(target);
        push(&mut c["tables"][0]["constraints"], key);
        let scoped =
            distributed(catalog(&c), &BTreeMap::new(), &Asked::EverythingBut(BTreeSet::new()), &Scope::default());
        known(&scoped, &BTreeMap::new(), &Happened::default(), 1)
    };
    let constraints = |known: &BTreeMap<u32, Known>| known[&TABLE].object.as_table().unwrap().constraints.clone();
    let within = with_key(OTHER);
    assert_eq!(constraints(&within)[1].references, Some(within[&OTHER].id));
    assert_eq!(constraints(&with_key(999)).len(), 1);
}

#[test]
fn a_sequence_knows_its_owner_though_the_table_was_not_read() {
    let options = json!({
        "data_type": "bigint", "start": 1, "increment": 1, "min": 1, "max": 9, "cache": 1, "cycle": false,
    });
    let before = known(&catalog(&base()), &BTreeMap::new(), &Happened::default(), 1);
    let mut alone = json!({
        "schemas": [], "extensions": [], "enums": [], "domains": [], "tables": [], "unsupported": [],
        "sequences": [{
            "oid": 400, "name": name("s"), "options": options, "unlogged": false,
            "owned_by": { "table": TABLE, "attnum": 2, "table_name": name("t"), "column_name": "b" },
        }],
    });
    assert!(referred(&catalog(&alone)).contains(&TABLE));
    let owner = |json: &Value| match &known(&catalog(json), &before, &Happened::default(), 2)[&400].object {
        Object::Sequence(sequence) => sequence.owned_by.clone(),
        _ => panic!("not a sequence"),
    };
    let found = owner(&alone).unwrap();
    assert_eq!((found.table, found.column_name.as_str()), (before[&TABLE].id, "b"));
    // Owned by a table that clients do not have.
    alone["sequences"][0]["owned_by"]["table"] = json!(999);
    assert_eq!(owner(&alone), None);
}

#[test]
fn bookkeeping_stays_on_the_server() {
    let mut c = base();
    for (oid, schema, table_name) in [
        (901, "drizzle", "anything"),
        (902, "public", "_prisma_migrations"),
        (903, "app", "schema_migrations"),
        (904, "public", "my_schema_migrations"),
    ] {
        let mut t = table(oid, table_name, &[]);
        t["name"]["schema"] = json!(schema);
        push(&mut c["tables"], t);
    }
    c["schemas"] = json!([{ "oid": 801, "name": "drizzle" }, { "oid": 802, "name": "app" }]);
    let sequence = |oid: u32, owner: &str| {
        let options = json!({
            "data_type": "bigint", "start": 1, "increment": 1, "min": 1, "max": 9, "cache": 1, "cycle": false,
        });
        json!({
            "oid": oid, "name": name(&format!("s{oid}")), "options": options, "unlogged": false,
            "owned_by": { "table": 902, "attnum": 1, "table_name": name(owner), "column_name": "id" },
        })
    };
    c["sequences"] = json!([sequence(401, "_prisma_migrations"), sequence(402, "t")]);
    let left = distributed(catalog(&c), &BTreeMap::new(), &Asked::EverythingBut(BTreeSet::new()), &Scope::default());
    assert_eq!(left.tables.iter().map(|t| t.oid).collect::<Vec<_>>(), [TABLE, OTHER, 904]);
    assert_eq!(left.schemas.iter().map(|s| s.oid).collect::<Vec<_>>(), [802]);
    assert_eq!(left.sequences.iter().map(|s| s.oid).collect::<Vec<_>>(), [402]);
    assert_eq!(left.enums.len(), 1);
}

const PLACE: u32 = 310;
const SPAN: u32 = 320;
const FUNCTION: u32 = 330;
const VIEW: u32 = 340;
const PARTITIONED: u32 = 350;

/// The base, and a composite type, a range type, a function that a default calls, and a view with an index on it.
fn with_code() -> Value {
    let mut c = base();
    c["composites"] =
        json!([composite(PLACE, "place", &[attribute(1, "x", "integer", 23), attribute(2, "m", "public.mood", MOOD)])]);
    c["ranges"] = json!([range(SPAN, "span", "spans")]);
    c["routines"] = json!([routine(FUNCTION, "f", "() RETURNS integer LANGUAGE sql AS 'SELECT 1'", "10")]);
    c["tables"][0]["columns"][1]["default"] = default(502, "public.f()");
    c["tables"][0]["columns"][1]["default"]["uses"] = json!([FUNCTION]);
    let columns = [attribute(1, "a", "character varying(10)", 1043), attribute(2, "m", "public.mood", MOOD)];
    let read = uses(TABLE, "table", "public.t");
    let mut v = view(VIEW, "v", &columns, "SELECT t.a, t.m FROM public.t", "20", &[read]);
    v["materialized"] = json!(true);
    v["indexes"] = json!([index(711, "v_a", &[1], "btree (a)")]);
    c["views"] = json!([v]);
    c
}

fn code(act: impl FnOnce(&mut Value), dropped: &[u32]) -> Outcome {
    let happened = Happened { dropped: dropped.iter().copied().collect(), ..Happened::default() };
    transaction_on(with_code(), act, &happened)
}

#[test]
fn the_same_code_is_no_change() {
    assert!(code(|_| {}, &[]).changes.is_empty());
}

#[test]
fn attributes_are_the_same_by_attnum() {
    let outcome = code(|c| c["composites"][0]["attributes"][0]["name"] = json!("y"), &[]);
    assert_eq!(outcome.statements(), ["ALTER TYPE public.place RENAME ATTRIBUTE x TO y"]);
    let outcome = code(|c| c["composites"][0]["attributes"][0]["attnum"] = json!(3), &[]);
    assert_eq!(
        outcome.statements(),
        ["ALTER TYPE public.place DROP ATTRIBUTE x", "ALTER TYPE public.place ADD ATTRIBUTE x integer"]
    );
}

#[test]
fn an_attributes_type_that_is_renamed_is_the_same_type() {
    let outcome = code(
        |c| {
            c["enums"][0]["name"] = name("feeling");
            c["tables"][0]["columns"][2]["type_name"] = json!("public.feeling");
            c["composites"][0]["attributes"][1]["type_name"] = json!("public.feeling");
            c["views"][0]["columns"][1]["type_name"] = json!("public.feeling");
        },
        &[],
    );
    assert_eq!(outcome.tags(), ["rename"]);
}

#[test]
fn a_multirange_type_has_a_name_of_its_own() {
    let outcome = code(|c| c["ranges"][0]["multirange_name"] = name("areas"), &[]);
    assert_eq!(outcome.tags(), ["rename_multirange"]);
    // It stays where it is when its range type moves.
    let outcome = code(
        |c| {
            c["schemas"] = json!([{ "oid": 801, "name": "app" }]);
            c["ranges"][0]["name"]["schema"] = json!("app");
        },
        &[],
    );
    assert_eq!(outcome.statements(), ["CREATE SCHEMA IF NOT EXISTS app", "ALTER TYPE public.span SET SCHEMA app"]);
}

#[test]
fn a_multirange_type_is_known_as_one() {
    let mut start = with_code();
    let mut spans = column(4, "s", "public.spans", SPAN);
    spans["multirange"] = json!(true);
    push(&mut start["tables"][0]["columns"], spans);
    let outcome = transaction_on(
        start,
        |c| {
            c["tables"][0]["columns"][3]["type_name"] = json!("public.span");
            c["tables"][0]["columns"][3]["multirange"] = json!(false);
        },
        &Happened::default(),
    );
    assert_eq!(outcome.tags(), ["set_type"]);
}

#[test]
fn a_routine_is_replaced_when_its_row_was_written_and_reads_differently() {
    let text = "() RETURNS integer LANGUAGE sql AS 'SELECT 2'";
    let outcome = code(
        |c| {
            c["routines"][0]["definition"] = json!(text);
            c["routines"][0]["written"] = json!("11");
        },
        &[],
    );
    assert_eq!(outcome.tags(), ["replace_routine"]);
    // Its text only follows a rename.
    assert!(code(|c| c["routines"][0]["definition"] = json!(text), &[]).tags().is_empty());
    // Its owner changed, or it was replaced by itself.
    assert!(code(|c| c["routines"][0]["written"] = json!("11"), &[]).changes.is_empty());
    let renamed = |c: &mut Value| {
        c["routines"][0]["name"] = name("g");
        c["routines"][0]["written"] = json!("11");
        c["tables"][0]["columns"][1]["default"]["sql"] = json!("public.g()");
    };
    assert_eq!(code(renamed, &[]).tags(), ["rename"]);
}

#[test]
fn a_default_that_calls_a_routine_which_came_again_is_another_one() {
    let outcome = code(
        |c| {
            c["routines"][0]["oid"] = json!(FUNCTION + 1);
            let b = &mut c["tables"][0]["columns"][1];
            b["default"] = default(503, "public.f()");
            b["default"]["uses"] = json!([FUNCTION + 1]);
        },
        &[FUNCTION],
    );
    assert_eq!(outcome.tags(), ["drop", "set_default", "create"]);
    let at = |statement: &str| outcome.statements().iter().position(|sql| sql.starts_with(statement)).unwrap();
    // The old one is needed until the column has its new default.
    assert!(at("ALTER FUNCTION public.f() RENAME") < at("CREATE FUNCTION public.f()"));
    assert!(at("CREATE FUNCTION") < at("ALTER TABLE public.t ALTER COLUMN b SET DEFAULT public.f()"));
    assert!(at("ALTER TABLE") < at("DROP FUNCTION"));
}

#[test]
fn constraints_and_indexes_that_call_a_routine_which_came_again_are_others() {
    let mut start = with_code();
    let parts = |c: &mut Value, oid: u32, function: u32| {
        let mut check = constraint(oid, "d", "check", &[2], "CHECK ((b = public.f()))");
        check["uses"] = json!([function]);
        let mut partial = index(oid + 100, "j", &[2], "btree (b)");
        partial["predicate"] = json!("(b = public.f())");
        partial["uses"] = json!([function]);
        c["tables"][0]["constraints"] = json!([check]);
        c["tables"][0]["indexes"] = json!([partial]);
    };
    parts(&mut start, 610, FUNCTION);
    let again = |function: u32| {
        let happened = Happened { dropped: BTreeSet::from([FUNCTION]), ..Happened::default() };
        let act = |c: &mut Value| {
            c["routines"][0]["oid"] = json!(function);
            c["tables"][0]["columns"][1]["default"] = Value::Null;
            parts(c, 620, function);
        };
        transaction_on(start.clone(), act, &happened).tags()
    };
    assert_eq!(again(FUNCTION), ["drop_default"]);
    let parts = ["drop_constraint", "add_constraint", "drop_index", "create_index"];
    assert_eq!(again(FUNCTION + 1), [&["drop", "drop_default"], &parts[..], &["create"]].concat());
}

#[test]
fn a_view_is_redefined_when_its_rule_was_written_and_reads_differently() {
    let other = json!("SELECT t.a, t.m FROM public.t WHERE t.b > 0");
    let outcome = code(
        |c| {
            c["views"][0]["query"] = other.clone();
            c["views"][0]["written"] = json!("21");
        },
        &[],
    );
    assert_eq!(outcome.tags(), ["redefine_view"]);
    assert!(code(|c| c["views"][0]["query"] = other.clone(), &[]).tags().is_empty());
    assert!(code(|c| c["views"][0]["written"] = json!("21"), &[]).changes.is_empty());
}

#[test]
fn a_view_that_stepped_aside_is_redefined_though_it_reads_as_before() {
    let outcome = code(
        |c| {
            c["tables"][0]["columns"][1]["type_name"] = json!("text");
            c["views"][0]["written"] = json!("21");
        },
        &[],
    );
    assert_eq!(outcome.tags(), ["set_type", "redefine_view"]);
    // One that nobody wrote stood by.
    let retype = |c: &mut Value| c["tables"][0]["columns"][1]["type_name"] = json!("text");
    assert_eq!(code(retype, &[]).tags(), ["set_type"]);
}

#[test]
fn the_columns_of_a_view_are_the_same_by_attnum() {
    let outcome = code(
        |c| {
            c["views"][0]["columns"][0]["name"] = json!("z");
            c["views"][0]["query"] = json!("SELECT t.a AS z, t.m FROM public.t");
            c["views"][0]["indexes"][0]["definition"] = json!("btree (z)");
        },
        &[],
    );
    assert_eq!(outcome.statements(), ["ALTER TABLE public.v RENAME COLUMN a TO z"]);
}

#[test]
fn a_view_that_came_again_under_its_name_is_the_same_view() {
    let again = |c: &mut Value| {
        c["views"][0]["oid"] = json!(VIEW + 1);
        c["views"][0]["written"] = json!("21");
        c["views"][0]["indexes"][0]["oid"] = json!(712);
    };
    let outcome = code(again, &[VIEW]);
    // What stood in its way may have changed meanwhile: it is made anew, though its text is what it was.
    assert_eq!(outcome.tags(), ["redefine_view"]);
    assert_eq!(outcome.before.keys().collect::<Vec<_>>(), outcome.after.keys().collect::<Vec<_>>());
    // One that was not dropped had another name, and took this one later.
    assert_eq!(code(again, &[]).tags(), ["drop", "create"]);
    let elsewhere = |c: &mut Value| {
        again(c);
        c["views"][0]["name"] = name("w");
    };
    assert_eq!(code(elsewhere, &[VIEW]).tags(), ["drop", "create"]);
    let plain = |c: &mut Value| {
        again(c);
        c["views"][0]["materialized"] = json!(false);
        c["views"][0]["indexes"] = json!([]);
    };
    assert_eq!(code(plain, &[VIEW]).tags(), ["drop", "create"]);
}

#[test]
fn a_view_that_came_again_is_rebuilt_around_what_stood_in_its_way() {
    let outcome = code(
        |c| {
            c["tables"][0]["columns"][0]["type_name"] = json!("text");
            c["tables"][0]["columns"][0]["default"] = default(503, "'x'::text");
            c["views"][0]["oid"] = json!(VIEW + 1);
            c["views"][0]["written"] = json!("21");
            c["views"][0]["indexes"][0]["oid"] = json!(712);
            c["views"][0]["columns"][0]["type_name"] = json!("text");
        },
        &[VIEW],
    );
    assert_eq!(
        outcome.statements(),
        [
            "DROP MATERIALIZED VIEW public.v",
            "ALTER TABLE public.t ALTER COLUMN a TYPE text",
            "CREATE MATERIALIZED VIEW public.v AS SELECT t.a, t.m FROM public.t WITH NO DATA",
            "CREATE INDEX v_a ON public.v USING btree (a)",
            "DO 'BEGIN REFRESH MATERIALIZED VIEW public.v; EXCEPTION WHEN OTHERS THEN NULL; END'",
        ]
    );
}

/// A partitioned table, partitions of partitions below it, and a default one; each with a column `x` that is new.
fn partitions(fills: &[Option<&str>; 2]) -> impl FnOnce(&mut Value) {
    let missing = fills.map(|fill| fill.map(str::to_owned));
    move |c: &mut Value| {
        for (table, missing) in [(3, None), (4, None), (5, missing[0].clone()), (6, missing[1].clone())] {
            let mut x = column(2, "x", "integer", 23);
            x["missing"] = json!(missing);
            push(&mut c["tables"][table]["columns"], x);
        }
    }
}

/// `p`, partitioned, with a default partition, and one that is partitioned again and has one partition itself.
fn with_partitions() -> Value {
    let mut c = base();
    push(&mut c["tables"], table(205, "unrelated", &[]));
    let columns = [column(1, "id", "integer", 23)];
    let key = json!({ "definition": "RANGE (id)", "uses": [] });
    let mut root = table(PARTITIONED, "p", &columns);
    root["partition_key"] = key.clone();
    let mut middle = table(PARTITIONED + 1, "middle", &columns);
    middle["partition_key"] = key;
    middle["parents"] = json!([parent(PARTITIONED, "p", Some("FOR VALUES FROM (0) TO (9)"))]);
    let mut leaf = table(PARTITIONED + 2, "leaf", &columns);
    leaf["parents"] = json!([parent(PARTITIONED + 1, "middle", Some("DEFAULT"))]);
    let mut rest = table(PARTITIONED + 3, "rest", &columns);
    rest["parents"] = json!([parent(PARTITIONED, "p", Some("DEFAULT"))]);
    [root, middle, leaf, rest].into_iter().for_each(|table| push(&mut c["tables"], table));
    c
}

fn as_table(outcome: &Outcome, oid: u32) -> &Table {
    outcome.known[&oid].object.as_table().unwrap()
}

#[test]
fn what_the_rows_of_a_partitioned_table_got_is_told_by_its_partitions() {
    let fills = |fills| {
        let outcome = transaction_on(with_partitions(), partitions(&fills), &Happened::default());
        [PARTITIONED, PARTITIONED + 1].map(|oid| as_table(&outcome, oid).columns[1].fill.clone())
    };
    let value = |text: &str| Fill::Value { text: text.into() };
    assert_eq!(fills([Some("1"), Some("1")]), [value("1"), value("1")]);
    assert_eq!(fills([None, None]), [Fill::Null, Fill::Null]);
    // They do not agree: nobody can say what the rows got.
    assert_eq!(fills([Some("1"), Some("2")]), [Fill::Unknown, value("1")]);
    assert_eq!(fills([Some("1"), None]), [Fill::Unknown, value("1")]);
    // One that was rewritten has forgotten.
    let replaced = Happened { replaced: BTreeSet::from([PARTITIONED + 2]), ..Happened::default() };
    let outcome = transaction_on(with_partitions(), partitions(&[None, Some("1")]), &replaced);
    assert_eq!(as_table(&outcome, PARTITIONED).columns[1].fill, Fill::Unknown);
}

#[test]
fn a_partitioned_table_without_partitions_has_no_rows_to_fill() {
    let mut start = with_partitions();
    start["tables"].as_array_mut().unwrap().truncate(4);
    let add = |c: &mut Value| push(&mut c["tables"][3]["columns"], column(2, "x", "integer", 23));
    let outcome = transaction_on(start, add, &Happened::default());
    assert_eq!(as_table(&outcome, PARTITIONED).columns[1].fill, Fill::None);
}

#[test]
fn a_partition_that_is_new_says_nothing_of_rows() {
    let act = |c: &mut Value| {
        partitions(&[Some("1"), Some("1")])(c);
        let mut new = table(PARTITIONED + 4, "new", &[column(1, "id", "integer", 23), column(2, "x", "integer", 23)]);
        new["parents"] = json!([parent(PARTITIONED, "p", Some("FOR VALUES FROM (10) TO (19)"))]);
        push(&mut c["tables"], new);
    };
    let outcome = transaction_on(with_partitions(), act, &Happened::default());
    assert_eq!(as_table(&outcome, PARTITIONED).columns[1].fill, Fill::Value { text: "1".into() });
}

#[test]
fn a_column_added_to_a_partitioned_table_is_one_statement() {
    let outcome = transaction_on(with_partitions(), partitions(&[Some("1"), Some("1")]), &Happened::default());
    assert_eq!(outcome.tags(), ["add_column"; 4]);
    assert_eq!(
        outcome.statements(),
        [
            "ALTER TABLE public.p ADD COLUMN x integer DEFAULT '1'::integer",
            "ALTER TABLE public.p ALTER COLUMN x DROP DEFAULT",
        ]
    );
}

#[test]
fn values_of_a_partitioned_table_are_rewritten_when_those_of_a_partition_are() {
    let rewritten = |table: u32, using: bool| Rewrite { table, column: Some(1), using };
    let happened = Happened { rewrites: vec![rewritten(PARTITIONED + 2, true)], ..Happened::default() };
    let outcome = transaction_on(with_partitions(), |_| {}, &happened);
    let versions = [0, 1, 2, 3].map(|n| as_table(&outcome, PARTITIONED + n).columns[0].values_version);
    assert_eq!(versions, [1, 1, 1, 0]);
    // A conversion that the types tell of is none, for all of them.
    let wider = |c: &mut Value| (3..=6).for_each(|n| c["tables"][n]["columns"][0]["type_name"] = json!("bigint"));
    let happened = Happened {
        rewrites: vec![rewritten(PARTITIONED + 2, false), rewritten(PARTITIONED + 3, false)],
        ..Happened::default()
    };
    let outcome = transaction_on(with_partitions(), wider, &happened);
    let versions = [0, 1, 2, 3].map(|n| as_table(&outcome, PARTITIONED + n).columns[0].values_version);
    assert_eq!((outcome.tags(), versions), (vec!["set_type".to_owned(); 4], [0; 4]));
    assert_eq!(outcome.statements(), ["ALTER TABLE public.p ALTER COLUMN id TYPE bigint"]);
}

#[test]
fn parents_are_the_same_by_oid() {
    let outcome = transaction_on(
        with_partitions(),
        |c| {
            c["tables"][3]["name"] = name("z");
            c["tables"][4]["parents"][0]["name"] = name("z");
            c["tables"][6]["parents"][0]["name"] = name("z");
        },
        &Happened::default(),
    );
    assert_eq!(outcome.statements(), ["ALTER TABLE public.p RENAME TO z"]);
    let outcome = transaction_on(with_partitions(), |c| c["tables"][6]["parents"] = json!([]), &Happened::default());
    assert_eq!(outcome.statements(), ["ALTER TABLE public.p DETACH PARTITION public.rest"]);
}

#[test]
fn whatever_the_catalogs_mention_is_asked_of_the_ledger() {
    let mut c = with_code();
    c["tables"][1]["parents"] = json!([parent(901, "elsewhere", None)]);
    c["tables"][1]["partitions"] = json!([uses(902, "partition", "public.elsewhere")]);
    c["tables"][1]["of_type"] =
        json!({ "type_name": "public.x", "type_oid": 903, "array": false, "multirange": false });
    push(&mut c["views"][0]["uses"], uses(904, "view", "public.w"));
    c["composites"][0]["attributes"][0]["type_oid"] = json!(905);
    c["ranges"][0]["subtype"]["type_oid"] = json!(906);
    c["ranges"][0]["uses"] = json!([907]);
    c["routines"][0]["uses"] = json!([908]);
    c["views"][0]["columns"][0]["type_oid"] = json!(909);
    let referred = referred(&catalog(&c));
    assert!((901..=909).all(|oid| referred.contains(&oid)), "{referred:?}");
    assert!([PLACE, SPAN, FUNCTION, VIEW].iter().all(|oid| referred.contains(oid)));
}
