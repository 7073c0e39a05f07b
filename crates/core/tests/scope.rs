//! What reaches clients of what was read: nothing that needs what is not there for them.

mod common;

use std::collections::{BTreeMap, BTreeSet};

use common::raw::{attribute, catalog, column, composite, default, name, parent, push, routine, table, uses, view};
use electric_schema_core::catalog::Catalog;
use electric_schema_core::entry::Asked;
use electric_schema_core::identify::{identify, Happened, Known};
use electric_schema_core::scope::{distributed, Scope};
use serde_json::{json, Value};

const T: u32 = 100;
const V: u32 = 200;

/// `t`, a view `v` over it, a view `w` over that, and a materialized view `m` over both
fn base() -> Value {
    let columns = [attribute(1, "id", "bigint", 20)];
    let (t, v, w) = (uses(T, "table", "public.t"), uses(V, "view", "public.v"), uses(V + 1, "view", "public.w"));
    let mut m = view(V + 2, "m", &columns, "SELECT 1", "1", &[t.clone(), w]);
    m["materialized"] = json!(true);
    json!({
        "schemas": [], "extensions": [], "enums": [], "domains": [], "sequences": [], "unsupported": [],
        "composites": [], "routines": [],
        "tables": [table(T, "t", &[column(1, "id", "bigint", 20)])],
        "views": [
            m, view(V + 1, "w", &columns, "SELECT 1", "1", &[v]), view(V, "v", &columns, "SELECT 1", "1", &[t]),
        ],
    })
}

/// `p`, partitioned, with two partitions
fn with_partitions() -> Value {
    let mut c = base();
    let mut p = table(300, "p", &[]);
    p["partition_key"] = json!({ "definition": "RANGE (id)", "uses": [] });
    p["partitions"] = json!([uses(301, "partition", "public.p1"), uses(302, "partition", "public.p2")]);
    push(&mut c["tables"], p);
    for (oid, part) in [(301, "p1"), (302, "p2")] {
        let mut part = table(oid, part, &[]);
        part["parents"] = json!([parent(300, "p", Some("DEFAULT"))]);
        push(&mut c["tables"], part);
    }
    c
}

fn everything() -> Asked {
    Asked::EverythingBut(BTreeSet::new())
}

fn scoped(json: &Value) -> Catalog {
    distributed(catalog(json), &BTreeMap::new(), &everything(), &Scope::default())
}

fn ledger(json: &Value) -> BTreeMap<u32, Known> {
    let found = identify(&scoped(json), &BTreeMap::new(), &Happened::default(), 1);
    found.into_iter().map(|known| (known.oid, known)).collect()
}

fn relations(catalog: &Catalog) -> Vec<u32> {
    let tables = catalog.tables.iter().map(|table| table.oid);
    let mut oids: Vec<u32> = tables.chain(catalog.views.iter().map(|view| view.oid)).collect();
    oids.sort_unstable();
    oids
}

/// What is left out, and why.
fn left_out(catalog: &Catalog) -> Vec<String> {
    let mut said: Vec<String> =
        catalog.unsupported.iter().map(|u| format!("{} {}: {}", u.kind, u.identity, u.reason)).collect();
    said.sort();
    said
}

fn without(mut json: Value, list: &str, oid: u32) -> Value {
    json[list].as_array_mut().unwrap().retain(|item| item["oid"] != oid);
    json
}

#[test]
fn whatever_is_complete_is_distributed() {
    let all = scoped(&with_partitions());
    assert_eq!(relations(&all), [T, V, V + 1, V + 2, 300, 301, 302]);
    assert!(all.unsupported.is_empty());
}

#[test]
fn views_go_where_their_tables_go() {
    let left = scoped(&without(base(), "tables", T));
    assert!(relations(&left).is_empty());
    assert_eq!(
        left_out(&left),
        [
            "materialized view public.m: it uses table public.t, which is not distributed",
            "view public.v: it uses table public.t, which is not distributed",
            "view public.w: it uses view public.v, which is not distributed",
        ]
    );
    // One in the middle of the chain.
    let left = scoped(&without(base(), "views", V));
    assert_eq!(relations(&left), [T]);
    assert_eq!(
        left_out(&left),
        [
            "materialized view public.m: it uses view public.w, which is not distributed",
            "view public.w: it uses view public.v, which is not distributed",
        ]
    );
}

#[test]
fn a_view_over_a_tools_bookkeeping_stays_on_the_server() {
    let mut c = base();
    c["tables"][0]["name"]["name"] = json!("_prisma_migrations");
    assert!(relations(&scoped(&c)).is_empty());
    let mut c = base();
    c["views"][2]["name"] = json!({ "schema": "drizzle", "name": "v" });
    c["composites"] = json!([composite(400, "kept", &[]), composite(401, "gone", &[])]);
    c["composites"][1]["name"]["schema"] = json!("drizzle");
    let left = scoped(&c);
    assert_eq!(relations(&left), [T]);
    assert_eq!(left.composites.iter().map(|composite| composite.oid).collect::<Vec<_>>(), [400]);
}

#[test]
fn a_partitioned_table_comes_with_all_its_partitions_or_not_at_all() {
    let mut c = without(with_partitions(), "tables", 301);
    push(&mut c["views"], view(V + 3, "over_p2", &[], "SELECT 1", "1", &[uses(302, "table", "public.p2")]));
    let left = scoped(&c);
    assert_eq!(relations(&left), [T, V, V + 1, V + 2]);
    assert_eq!(
        left_out(&left),
        [
            "partition public.p2: it is a partition of public.p, which is not distributed",
            "partitioned table public.p: its partition public.p1 is not distributed",
            "view public.over_p2: it uses table public.p2, which is not distributed",
        ]
    );
}

#[test]
fn partitions_go_where_their_parents_go() {
    let left = scoped(&without(with_partitions(), "tables", 300));
    assert_eq!(relations(&left), [T, V, V + 1, V + 2]);
    assert_eq!(left_out(&left).len(), 2);
}

#[test]
fn a_partition_of_a_partition_takes_the_whole_tree_along() {
    let mut c = with_partitions();
    c["tables"][2]["partition_key"] = json!({ "definition": "RANGE (id)", "uses": [] });
    c["tables"][2]["partitions"] = json!([uses(303, "partition", "public.leaf")]);
    let left = scoped(&c);
    assert_eq!(relations(&left), [T, V, V + 1, V + 2]);
    assert_eq!(
        left_out(&left),
        [
            "partition public.p1: its partition public.leaf is not distributed",
            "partition public.p2: it is a partition of public.p, which is not distributed",
            "partitioned table public.p: its partition public.p1 is not distributed",
        ]
    );
}

#[test]
fn children_go_where_their_parents_go_and_parents_stay() {
    let mut c = base();
    let mut child = table(310, "child", &[column(1, "id", "bigint", 20)]);
    child["parents"] = json!([parent(T, "t", None), parent(311, "audited", None)]);
    push(&mut c["tables"], child.clone());
    assert_eq!(
        left_out(&scoped(&c)),
        ["table public.child: it inherits from public.audited, which is not distributed"]
    );
    assert_eq!(relations(&scoped(&c)), [T, V, V + 1, V + 2]);
    push(&mut c["tables"], table(311, "audited", &[]));
    assert_eq!(relations(&scoped(&c)), [T, V, V + 1, V + 2, 310, 311]);
}

#[test]
fn foreign_keys_to_what_is_left_out_are_left_out() {
    let mut c = without(with_partitions(), "tables", 301);
    let mut key = common::raw::constraint(600, "f", "foreign_key", &[1], "FOREIGN KEY (id) REFERENCES public.p(id)");
    key["references"] = json!(300);
    c["tables"][0]["constraints"] = json!([key]);
    assert!(scoped(&c).tables[0].constraints.is_empty());
}

#[test]
fn what_was_not_read_is_where_the_ledger_has_it() {
    let known = ledger(&with_partitions());
    let alone = |list: &str, oid: u32| {
        let mut c = with_partitions();
        for other in ["tables", "views"] {
            c[other].as_array_mut().unwrap().retain(|item| other == list && item["oid"] == oid);
        }
        c
    };
    for (list, oid) in [("views", V), ("views", V + 2), ("tables", 300), ("tables", 301)] {
        let asked = Asked::Only(BTreeSet::from([oid]));
        let found = distributed(catalog(&alone(list, oid)), &known, &asked, &Scope::default());
        assert_eq!((relations(&found), found.unsupported.len()), (vec![oid], 0));
        // The ledger has nothing of it.
        assert!(
            relations(&distributed(catalog(&alone(list, oid)), &BTreeMap::new(), &asked, &Scope::default())).is_empty()
        );
    }
    // What was asked for and is not there is gone.
    let asked = Asked::Only(BTreeSet::from([T, V]));
    assert!(relations(&distributed(catalog(&alone("views", V)), &known, &asked, &Scope::default())).is_empty());
    let unread = |oid: u32| Asked::EverythingBut(BTreeSet::from([oid]));
    assert_eq!(relations(&distributed(catalog(&alone("views", V)), &known, &unread(T), &Scope::default())), [V]);
    assert!(relations(&distributed(catalog(&alone("views", V)), &known, &unread(300), &Scope::default())).is_empty());
}

/// `f` calls `g`, `g` calls `h` and `f`; a default of `t` calls some of them.
fn with_routines(called: &[u32]) -> Value {
    let mut c = base();
    let calls = |oid: u32, name: &str, called: &[u32]| {
        let mut f = routine(oid, name, "()", "1");
        f["uses"] = json!(called);
        f
    };
    c["routines"] =
        json!([calls(500, "f", &[501]), calls(501, "g", &[500, 502]), calls(502, "h", &[]), calls(503, "i", &[])]);
    c["tables"][0]["columns"][0]["default"] = default(700, "f()");
    c["tables"][0]["columns"][0]["default"]["uses"] = json!(called);
    c
}

fn routines(catalog: &Catalog) -> Vec<u32> {
    catalog.routines.iter().map(|routine| routine.oid).collect()
}

#[test]
fn routines_come_with_what_needs_them() {
    assert!(routines(&scoped(&with_routines(&[]))).is_empty());
    assert_eq!(routines(&scoped(&with_routines(&[501]))), [500, 501, 502]);
    assert_eq!(routines(&scoped(&with_routines(&[502]))), [502]);
    // A table that clients cannot have needs nothing.
    let mut c = with_routines(&[501]);
    c["tables"][0]["name"]["name"] = json!("_prisma_migrations");
    assert!(routines(&scoped(&c)).is_empty());
}

#[test]
fn routines_that_clients_have_they_keep() {
    let known = ledger(&with_routines(&[503]));
    let scoped = |c: &Value, scope: &Scope| routines(&distributed(catalog(c), &known, &everything(), scope));
    assert_eq!(scoped(&with_routines(&[]), &Scope::default()), [503]);
    // A new version of it may call others.
    let mut c = with_routines(&[]);
    c["routines"][3]["uses"] = json!([502]);
    assert_eq!(scoped(&c, &Scope::default()), [502, 503]);
    // Until the scope is changed.
    assert!(scoped(&c, &Scope { afresh: true, ..Scope::default() }).is_empty());
}

#[test]
fn names_in_reasons_are_quoted() {
    let mut c = without(base(), "tables", T);
    c["views"][2]["name"] = name("we\"ird");
    assert!(left_out(&scoped(&c))[1].starts_with("view public.\"we\"\"ird\": "), "{:?}", left_out(&scoped(&c)));
}
