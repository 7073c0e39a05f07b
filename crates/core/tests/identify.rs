//! Catalogs before and after a transaction, and the changes that they come to: things are the same by OID and attnum.

use std::collections::{BTreeMap, BTreeSet};

use electric_schema_core::catalog::Catalog;
use electric_schema_core::change::Change;
use electric_schema_core::diff::{diff, Objects};
use electric_schema_core::identify::{identify, referred, Happened, Known, Rewrite};
use electric_schema_core::model::{Fill, Object, Table};
use electric_schema_core::render::render;
use electric_schema_core::scope::distributed;
use serde_json::{json, Value};

const TABLE: u32 = 100;
const OTHER: u32 = 200;
const MOOD: u32 = 300;

fn name(name: &str) -> Value {
    json!({ "schema": "public", "name": name })
}

fn column(attnum: i16, name: &str, type_name: &str, type_oid: u32) -> Value {
    json!({
        "attnum": attnum, "name": name, "type_name": type_name, "type_oid": type_oid, "array": false, "collation": null,
        "not_null": false, "default": null, "identity": null, "missing": null,
    })
}

fn default(oid: u32, sql: &str) -> Value {
    json!({ "oid": oid, "sql": sql, "generated": false, "volatility": "immutable" })
}

fn constraint(oid: u32, name: &str, kind: &str, columns: &[i16], definition: &str) -> Value {
    json!({
        "oid": oid, "name": name, "type": kind, "definition": definition, "columns": columns, "references": null,
        "timing": "immediate", "validated": true,
    })
}

fn index(oid: u32, name: &str, columns: &[i16], definition: &str) -> Value {
    json!({
        "oid": oid, "name": name, "unique": false, "definition": definition, "options": [], "predicate": null,
        "columns": columns, "expressions": [],
    })
}

fn table(oid: u32, table: &str, columns: &[Value]) -> Value {
    json!({ "oid": oid, "name": name(table), "unlogged": false, "columns": columns, "constraints": [], "indexes": [] })
}

fn an_enum(oid: u32) -> Value {
    json!({ "oid": oid, "name": name("mood"), "labels": ["sad", "happy"] })
}

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

fn catalog(json: &Value) -> Catalog {
    serde_json::from_value(json.clone()).unwrap()
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

fn push(list: &mut Value, item: Value) {
    list.as_array_mut().unwrap().push(item);
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
    Happened { rewrites: list.to_vec(), replaced: BTreeSet::from([TABLE]) }
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
        transaction_on(c, |_| {}, &Happened::default())
    };
    let within = with_key(OTHER);
    assert_eq!(within.table().constraints[1].references, Some(within.known[&OTHER].id));
    assert_eq!(with_key(999).table().constraints.len(), 1);
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
    let left = distributed(catalog(&c));
    assert_eq!(left.tables.iter().map(|t| t.oid).collect::<Vec<_>>(), [TABLE, OTHER, 904]);
    assert_eq!(left.schemas.iter().map(|s| s.oid).collect::<Vec<_>>(), [802]);
    assert_eq!(left.sequences.iter().map(|s| s.oid).collect::<Vec<_>>(), [402]);
    assert_eq!(left.enums.len(), 1);
}
