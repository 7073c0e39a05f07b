//! What reaches clients when only what is published does: tables with their column lists, and what they need.

mod common;

use std::collections::{BTreeMap, BTreeSet};

use common::raw::{
    an_enum, attribute, catalog, column, composite, constraint, default, index, name, parent, push, routine, table,
    uses, view,
};
use electric_schema_core::catalog::Catalog;
use electric_schema_core::entry::Asked;
use electric_schema_core::identify::{identify, oids, Happened, Known};
use electric_schema_core::model::{Fill, QualifiedName};
use electric_schema_core::scope::{beyond, distributed, Columns, Root, Scope};
use serde_json::{json, Value};

const TASKS: u32 = 100;
const USERS: u32 = 101;
const MOOD: u32 = 200;
const ID_SEQUENCE: u32 = 300;
const OTHER_SEQUENCE: u32 = 301;
const APP: u32 = 400;

/// `tasks` with a mood, an id from a sequence of its own, and an owner among `app.users`; an enum and a sequence of their own.
fn base() -> Value {
    let options = json!({
        "data_type": "bigint", "start": 1, "increment": 1, "min": 1, "max": 9, "cache": 1, "cycle": false,
    });
    let sequence = |oid: u32, sequence: &str, owner: Value| json!({ "oid": oid, "name": name(sequence), "options": options, "unlogged": false, "owned_by": owner });
    let mut tasks = table(
        TASKS,
        "tasks",
        &[
            column(1, "id", "bigint", 20),
            column(2, "title", "text", 25),
            column(3, "mood", "public.mood", MOOD),
            column(4, "owner", "bigint", 20),
        ],
    );
    tasks["columns"][0]["default"] = default(700, "nextval('public.tasks_id_seq'::regclass)");
    tasks["columns"][0]["default"]["sequences"] = json!([ID_SEQUENCE]);
    tasks["uses"] = json!([{ "oid": MOOD, "attnum": 3 }]);
    tasks["natts"] = json!(4);
    let mut key =
        constraint(600, "tasks_owner_fkey", "foreign_key", &[4], "FOREIGN KEY (owner) REFERENCES app.users(id)");
    (key["references"], key["refers_to"], key["index_columns"]) = (json!(USERS), json!("app.users"), json!([1]));
    tasks["constraints"] = json!([key]);
    let mut users = table(USERS, "users", &[column(1, "id", "bigint", 20), column(2, "name", "text", 25)]);
    users["name"]["schema"] = json!("app");
    let owner = json!({ "table": TASKS, "attnum": 1, "table_name": name("tasks"), "column_name": "id" });
    json!({
        "schemas": [{ "oid": APP, "name": "app" }], "domains": [], "composites": [], "routines": [], "views": [],
        "extensions": [{ "oid": 500, "name": "citext", "schema": "public", "needed_by": [USERS] }],
        "enums": [an_enum(MOOD), { "oid": 201, "name": name("unused"), "labels": [] }],
        "sequences": [sequence(ID_SEQUENCE, "tasks_id_seq", owner), sequence(OTHER_SEQUENCE, "numbers", json!(null))],
        "tables": [tasks, users], "unsupported": [],
    })
}

fn scope<const N: usize>(published: [(u32, Columns); N]) -> Scope {
    Scope { published: Some(BTreeMap::from(published)), ..Scope::default() }
}

fn only<const N: usize>(names: [&str; N]) -> Columns {
    Columns::Only(names.map(str::to_owned).into_iter().collect())
}

fn everything() -> Asked {
    Asked::EverythingBut(BTreeSet::new())
}

fn scoped(json: &Value, scope: &Scope) -> Catalog {
    distributed(catalog(json), &BTreeMap::new(), &everything(), scope)
}

fn ledger(catalog: &Catalog, known: &BTreeMap<u32, Known>, seq: u64) -> BTreeMap<u32, Known> {
    identify(catalog, known, &Happened::default(), seq).into_iter().map(|known| (known.oid, known)).collect()
}

fn all(catalog: &Catalog) -> BTreeSet<u32> {
    oids(catalog).collect()
}

fn notes(catalog: &Catalog) -> Vec<String> {
    let mut said: Vec<String> =
        catalog.unsupported.iter().map(|u| format!("{} {}: {}", u.kind, u.identity, u.reason)).collect();
    said.sort();
    said
}

fn column_names(catalog: &Catalog, table: u32) -> Vec<&str> {
    let table = catalog.tables.iter().find(|t| t.oid == table).unwrap();
    table.columns.iter().map(|column| &*column.name).collect()
}

#[test]
fn a_published_table_comes_with_what_it_needs() {
    let left = scoped(&base(), &scope([(TASKS, Columns::All)]));
    assert_eq!(all(&left), BTreeSet::from([TASKS, MOOD, ID_SEQUENCE]));
    assert!(left.tables[0].constraints.is_empty());
    assert_eq!(
        notes(&left),
        ["foreign key tasks_owner_fkey on public.tasks: it refers to app.users, which is not distributed"]
    );
    let left = scoped(&base(), &scope([(USERS, Columns::All), (TASKS, Columns::All)]));
    assert_eq!(all(&left), BTreeSet::from([TASKS, USERS, MOOD, ID_SEQUENCE, APP, 500]));
    assert_eq!((left.tables[0].constraints.len(), notes(&left).len()), (1, 0));
    assert!(all(&scoped(&base(), &scope([]))).is_empty());
}

#[test]
fn what_a_need_needs_comes_along() {
    let mut c = base();
    c["composites"] = json!([composite(210, "place", &[attribute(1, "at", "public.zip", 220)])]);
    c["domains"] = json!([{
        "oid": 220, "name": { "schema": "app", "name": "zip" }, "type_name": "text", "type_oid": 25, "array": false,
        "collation": null, "not_null": false, "default": null, "constraints": [], "uses": [800], "types": [201],
    }]);
    c["routines"] = json!([routine(800, "f", "()", "1"), routine(801, "g", "()", "1")]);
    push(&mut c["tables"][0]["columns"], column(5, "place", "public.place", 210));
    let left = scoped(&c, &scope([(TASKS, Columns::All)]));
    assert_eq!(all(&left), BTreeSet::from([TASKS, MOOD, ID_SEQUENCE, 210, 220, 201, 800, APP]));
    // An expression that names a type.
    let mut c = base();
    push(&mut c["tables"][0]["uses"], json!({ "oid": 201, "attnum": 0 }));
    assert!(all(&scoped(&c, &scope([(TASKS, Columns::All)]))).contains(&201));
}

#[test]
fn what_clients_have_they_keep_until_the_scope_is_changed() {
    let before = ledger(&scoped(&base(), &Scope::default()), &BTreeMap::new(), 1);
    let published = scope([(TASKS, Columns::All)]);
    let left = |asked: &Asked, scope: &Scope| all(&distributed(catalog(&base()), &before, asked, scope));
    let kept = BTreeSet::from([TASKS, MOOD, 201, ID_SEQUENCE, OTHER_SEQUENCE, APP]);
    assert_eq!(left(&everything(), &published), kept);
    let afresh = Scope { afresh: true, ..published.clone() };
    assert_eq!(left(&everything(), &afresh), BTreeSet::from([TASKS, MOOD, ID_SEQUENCE]));
    // What could not be read may need it.
    assert_eq!(left(&Asked::EverythingBut(BTreeSet::from([999])), &afresh), kept);
}

#[test]
fn a_sequence_goes_where_its_column_goes_or_where_it_is_drawn_from() {
    let published = scope([(USERS, Columns::All)]);
    assert!(!all(&scoped(&base(), &published)).contains(&ID_SEQUENCE));
    let mut c = base();
    c["tables"][1]["columns"][0]["default"] = default(701, "nextval('public.tasks_id_seq'::regclass)");
    c["tables"][1]["columns"][0]["default"]["sequences"] = json!([ID_SEQUENCE]);
    let left = scoped(&c, &published);
    assert_eq!(left.sequences.len(), 1);
    assert_eq!(left.sequences[0].owned_by, None);
    // Its column is left out.
    let mut c = base();
    c["tables"][0]["columns"][0]["default"] = json!(null);
    assert!(scoped(&c, &scope([(TASKS, only(["title"]))])).sequences.is_empty());
    // The same where all tables are distributed, but for one.
    let mut excluding = Scope { excluded: vec!["tasks".parse().unwrap()], ..Scope::default() };
    assert_eq!(scoped(&base(), &excluding).sequences.iter().map(|s| s.oid).collect::<Vec<_>>(), [OTHER_SEQUENCE]);
    excluding.excluded.push("num*".parse().unwrap());
    assert!(scoped(&base(), &excluding).sequences.is_empty());
}

#[test]
fn excluded_relations_stay_published_or_not() {
    let mut c = base();
    let columns = [attribute(1, "id", "bigint", 20)];
    let read = uses(TASKS, "table", "public.tasks");
    c["views"] = json!([
        view(900, "titles", &columns, "SELECT 1", "1", std::slice::from_ref(&read)),
        view(901, "tasks_report", &columns, "SELECT 1", "1", &[read]),
    ]);
    let mut scope = Scope { excluded: vec!["public.tasks".parse().unwrap()], ..Scope::default() };
    let left = scoped(&c, &scope);
    assert_eq!(left.tables.iter().map(|t| t.oid).collect::<Vec<_>>(), [USERS]);
    assert_eq!(
        notes(&left),
        [
            "view public.tasks_report: it uses table public.tasks, which is not distributed",
            "view public.titles: it uses table public.tasks, which is not distributed",
        ]
    );
    scope.published = Some(BTreeMap::from([(TASKS, Columns::All), (USERS, Columns::All)]));
    // Nobody asked for the views.
    assert_eq!(notes(&scoped(&c, &scope)), Vec::<String>::new());
    scope.excluded = vec!["*_report".parse().unwrap()];
    assert_eq!(scoped(&c, &scope).views.iter().map(|v| v.oid).collect::<Vec<_>>(), [900]);
}

#[test]
fn what_cannot_be_had_is_named_where_it_is_published() {
    let mut c = base();
    let unsupported = |oid: u32, kind: &str, table: &str| json!({ "oid": oid, "kind": kind, "identity": format!("public.{table}"), "reason": "r", "name": name(table) });
    c["unsupported"] = json!([unsupported(110, "table", "a"), unsupported(111, "table", "b")]);
    let columns = [attribute(1, "id", "bigint", 20)];
    c["views"] = json!([
        view(900, "over_a", &columns, "SELECT 1", "1", &[uses(110, "table", "public.a")]),
        view(901, "over_b", &columns, "SELECT 1", "1", &[uses(111, "table", "public.b")]),
        view(902, "over_over_b", &columns, "SELECT 1", "1", &[uses(901, "view", "public.over_b")]),
    ]);
    let left = scoped(&c, &scope([(110, Columns::All)]));
    assert_eq!(
        notes(&left),
        ["table public.a: r", "view public.over_a: it uses table public.a, which is not distributed"]
    );
    assert_eq!(notes(&scoped(&c, &Scope::default())).len(), 5);
}

#[test]
fn a_column_that_is_not_listed_takes_along_what_needs_it() {
    let mut c = base();
    let tasks = &mut c["tables"][0];
    push(&mut tasks["columns"], column(5, "loud", "text", 25));
    tasks["columns"][4]["default"] = json!({
        "oid": 710, "sql": "upper(title)", "generated": true, "volatility": "immutable", "columns": [2],
    });
    push(&mut tasks["columns"], column(6, "twice", "bigint", 20));
    tasks["columns"][5]["default"] = json!({
        "oid": 711, "sql": "id * 2", "generated": true, "volatility": "immutable", "columns": [1],
    });
    let mut unique = constraint(602, "u", "unique", &[1], "UNIQUE (id) INCLUDE (title)");
    unique["index_columns"] = json!([1, 2]);
    let mut fine = constraint(603, "p", "primary_key", &[1], "PRIMARY KEY (id)");
    fine["index_columns"] = json!([1]);
    push(&mut tasks["constraints"], unique);
    push(&mut tasks["constraints"], fine);
    push(&mut tasks["constraints"], constraint(604, "row", "check", &[0], "CHECK ((tasks.* IS NOT NULL))"));
    push(&mut tasks["constraints"], constraint(605, "two", "check", &[1, 2], "CHECK ((id > length(title)))"));
    tasks["indexes"] = json!([index(610, "i", &[2], "btree (title)"), index(611, "j", &[1], "btree (id)")]);
    tasks["of_type"] = json!({ "type_name": "public.task", "type_oid": 230, "array": false, "multirange": false });
    let left = scoped(&c, &scope([(TASKS, only(["id", "mood"]))]));
    assert_eq!(column_names(&left, TASKS), ["id", "mood", "twice"]);
    let tasks = &left.tables[0];
    assert_eq!(tasks.constraints.iter().map(|c| &*c.name).collect::<Vec<_>>(), ["p"]);
    assert_eq!(tasks.indexes.iter().map(|i| &*i.name).collect::<Vec<_>>(), ["j"]);
    assert_eq!(tasks.of_type, None);
    assert_eq!(
        notes(&left),
        [
            "foreign key tasks_owner_fkey on public.tasks: it needs column \"owner\", which the publication leaves out",
            "generated column public.tasks.loud: it needs column \"title\", which the publication leaves out",
            "index public.i: it needs column \"title\", which the publication leaves out",
            "table constraint \"row\" on public.tasks: it needs column \"title\", which the publication leaves out",
            "table constraint two on public.tasks: it needs column \"title\", which the publication leaves out",
            "table constraint u on public.tasks: it needs column \"title\", which the publication leaves out",
        ]
    );
    // And its type, if nothing else has it.
    assert!(!all(&scoped(&c, &scope([(TASKS, only(["id"]))]))).contains(&MOOD));
    // A list of all columns limits nothing.
    let mut whole = base();
    whole["tables"][0]["of_type"] = c["tables"][0]["of_type"].clone();
    let left = scoped(&whole, &scope([(TASKS, only(["id", "title", "mood", "owner"]))]));
    assert!(left.tables[0].of_type.is_some());
}

#[test]
fn foreign_keys_lead_to_columns_that_clients_have() {
    let left = scoped(&base(), &scope([(TASKS, Columns::All), (USERS, only(["name"]))]));
    assert_eq!(
        notes(&left),
        ["foreign key tasks_owner_fkey on public.tasks: it refers to columns of app.users that are not distributed"]
    );
    // The table was not read: the ledger has what clients have of it.
    let mut alone = base();
    alone["tables"].as_array_mut().unwrap().pop();
    let asked = Asked::Only(BTreeSet::from([TASKS]));
    for (columns, keys) in [(only(["name"]), 0), (only(["id"]), 1), (Columns::All, 1)] {
        let published = scope([(TASKS, Columns::All), (USERS, columns)]);
        let known = ledger(&scoped(&base(), &published), &BTreeMap::new(), 1);
        let left = distributed(catalog(&alone), &known, &asked, &published);
        assert_eq!(left.tables[0].constraints.len(), keys);
    }
}

#[test]
fn views_read_what_clients_have() {
    let reads = |columns: Value, by_position: bool| {
        let mut c = base();
        let mut used = uses(TASKS, "table", "public.tasks");
        used["columns"] = columns;
        let mut v = view(900, "v", &[attribute(1, "id", "bigint", 20)], "SELECT 1", "1", &[used]);
        v["by_position"] = json!(by_position);
        c["views"] = json!([v]);
        c
    };
    let one = |attnum: i16, name: &str| json!({ "attnum": attnum, "name": name });
    let limited = scope([(TASKS, only(["id", "owner"])), (USERS, Columns::All)]);
    let left = scoped(&reads(json!([one(1, "id"), one(4, "owner")]), false), &limited);
    assert_eq!((left.views.len(), notes(&left).len()), (1, 0));
    let unread = reads(json!([one(1, "id"), one(2, "ti\"tle")]), false);
    assert_eq!(
        notes(&scoped(&unread, &limited)),
        ["view public.v: it reads column \"ti\"\"tle\" of public.tasks, which is not distributed"]
    );
    // The table was not read.
    let known = ledger(&scoped(&base(), &limited), &BTreeMap::new(), 1);
    let mut alone = unread.clone();
    alone["tables"] = json!([]);
    assert!(distributed(catalog(&alone), &known, &Asked::Only(BTreeSet::from([900])), &limited).views.is_empty());
    // Columns that come later come last.
    let whole = scope([(TASKS, Columns::All), (USERS, Columns::All)]);
    let columns = json!([one(1, "id"), one(2, "title"), one(3, "mood"), one(4, "owner")]);
    let by_name = distributed(catalog(&reads(columns.clone(), false)), &known, &everything(), &whole);
    assert_eq!(by_name.views.len(), 1);
    let by_position = distributed(catalog(&reads(columns.clone(), true)), &known, &everything(), &whole);
    assert_eq!(
        notes(&by_position),
        ["view public.v: it names the columns of public.tasks by position, and clients have them in another order"]
    );
    assert_eq!(scoped(&reads(columns, true), &whole).views.len(), 1);
}

#[test]
fn a_column_that_is_listed_later_comes_last_with_values_of_its_own() {
    let limited = scope([(TASKS, only(["id", "owner"]))]);
    let first = ledger(&scoped(&base(), &limited), &BTreeMap::new(), 1);
    let columns = |known: &BTreeMap<u32, Known>| -> Vec<(String, Fill)> {
        let table = known[&TASKS].object.as_table().unwrap();
        table.columns.iter().map(|column| (column.name.clone(), column.fill.clone())).collect()
    };
    let names = |known: &BTreeMap<u32, Known>| columns(known).into_iter().map(|(name, _)| name).collect::<Vec<_>>();
    assert_eq!(names(&first), ["id", "owner"]);
    // One that was added meanwhile was there before it was listed.
    let mut c = base();
    push(&mut c["tables"][0]["columns"], column(5, "late", "text", 25));
    c["tables"][0]["natts"] = json!(5);
    let second = ledger(&distributed(catalog(&c), &first, &everything(), &limited), &first, 2);
    assert_eq!(names(&second), ["id", "owner"]);
    // And one that is added with the transaction that lists it was not.
    push(&mut c["tables"][0]["columns"], column(6, "new", "text", 25));
    c["tables"][0]["natts"] = json!(6);
    let wider = scope([(TASKS, only(["id", "title", "owner", "late", "new"]))]);
    let third = ledger(&distributed(catalog(&c), &second, &everything(), &wider), &second, 3);
    assert_eq!(names(&third), ["id", "owner", "title", "late", "new"]);
    let fills: Vec<Fill> = columns(&third).into_iter().map(|(_, fill)| fill).collect();
    assert_eq!(fills, [Fill::None, Fill::None, Fill::Unknown, Fill::Unknown, Fill::Null]);
    // Whoever starts now gets them in the same order.
    let again = ledger(&distributed(catalog(&c), &third, &everything(), &wider), &third, 4);
    assert_eq!(columns(&again), columns(&third));
}

/// `p`, partitioned by its first column, with a partition in another schema.
fn with_partition() -> Value {
    let mut c = base();
    let columns = [column(1, "id", "bigint", 20), column(2, "body", "text", 25)];
    let mut p = table(150, "p", &columns);
    p["partition_key"] = json!({ "definition": "LIST (id)", "columns": [1], "uses": [] });
    p["partitions"] = json!([uses(151, "partition", "app.p1")]);
    let mut p1 = table(151, "p1", &[column(1, "body", "text", 25), column(2, "id", "bigint", 20)]);
    p1["name"]["schema"] = json!("app");
    p1["parents"] = json!([parent(150, "p", Some("FOR VALUES IN ('1')"))]);
    push(&mut c["tables"], p);
    push(&mut c["tables"], p1);
    c
}

fn rooted(mut scope: Scope) -> Scope {
    let name = QualifiedName { schema: "public".to_owned(), name: "p".to_owned() };
    scope.roots.insert(151, Root { oid: 150, name });
    scope
}

#[test]
fn partitions_go_where_their_partitioned_table_goes() {
    let tables = |scope: &Scope| -> BTreeSet<u32> {
        scoped(&with_partition(), scope).tables.iter().map(|table| table.oid).collect()
    };
    assert_eq!(tables(&rooted(scope([(150, Columns::All)]))), BTreeSet::from([150, 151]));
    assert!(tables(&rooted(scope([(151, Columns::All)]))).is_empty());
    let excluding = |pattern: &str| rooted(Scope { excluded: vec![pattern.parse().unwrap()], ..Scope::default() });
    assert_eq!(tables(&excluding("p")), BTreeSet::from([TASKS, USERS]));
    assert_eq!(tables(&excluding("app.*")), BTreeSet::from([TASKS, 150, 151]));
    // With its columns, whatever their numbers.
    let left = scoped(&with_partition(), &rooted(scope([(150, only(["id"]))])));
    assert_eq!((column_names(&left, 150), column_names(&left, 151)), (vec!["id"], vec!["id"]));
    let left = scoped(&with_partition(), &rooted(scope([(150, only(["body"]))])));
    assert!(left.tables.is_empty());
    assert_eq!(
        notes(&left),
        [
            "partition app.p1: it is a partition of public.p, which is not distributed",
            "partitioned table public.p: its partition key needs column \"id\", which the publication leaves out",
        ]
    );
}

#[test]
fn a_foreign_key_of_partitions_is_noted_once() {
    let mut c = with_partition();
    for (place, oid) in [(2, 620), (3, 621)] {
        let mut key = constraint(oid, "p_fkey", "foreign_key", &[1], "FOREIGN KEY (id) REFERENCES app.users(id)");
        (key["references"], key["refers_to"]) = (json!(USERS), json!("app.users"));
        c["tables"][place]["constraints"] = json!([key]);
    }
    let left = scoped(&c, &rooted(scope([(150, Columns::All)])));
    assert!(left.tables.iter().all(|table| table.constraints.is_empty()));
    assert_eq!(notes(&left), ["foreign key p_fkey on public.p: it refers to app.users, which is not distributed"]);
}

#[test]
fn a_child_has_the_columns_of_its_parents() {
    let mut c = base();
    let mut child = table(160, "child", &[column(1, "id", "bigint", 20), column(2, "name", "text", 25)]);
    child["parents"] = json!([{
        "oid": USERS, "name": { "schema": "app", "name": "users" }, "bound": null, "beside_default": false,
    }]);
    push(&mut c["tables"], child);
    let fewer = scope([(USERS, Columns::All), (160, only(["id"]))]);
    assert_eq!(
        notes(&scoped(&c, &fewer)),
        ["table public.child: it inherits column \"name\" from app.users, and the publication leaves it out"]
    );
    assert!(notes(&scoped(&c, &scope([(USERS, only(["id"])), (160, only(["id"]))]))).is_empty());
    assert!(notes(&scoped(&c, &scope([(USERS, only(["id"])), (160, Columns::All)]))).is_empty());
}

#[test]
fn what_was_not_read_is_asked_for() {
    let published = scope([(TASKS, Columns::All)]);
    let mut alone = base();
    (alone["enums"], alone["sequences"]) = (json!([]), json!([]));
    let asked = Asked::Only(BTreeSet::from([TASKS]));
    let left = distributed(catalog(&alone), &BTreeMap::new(), &asked, &published);
    assert_eq!(beyond(&left), BTreeSet::from([MOOD, ID_SEQUENCE]));
    assert!(beyond(&scoped(&base(), &published)).is_empty());
    // A view waits for its type, but not for a table that is out of scope.
    let columns = [attribute(1, "id", "bigint", 20)];
    let mut c = alone.clone();
    c["tables"] = json!([]);
    c["views"] = json!([
        view(900, "v", &columns, "SELECT 1", "1", &[uses(201, "type", "public.unused")]),
        view(901, "w", &columns, "SELECT 1", "1", &[uses(USERS, "table", "app.users")]),
    ]);
    let left = distributed(catalog(&c), &BTreeMap::new(), &Asked::Only(BTreeSet::from([900, 901])), &published);
    assert_eq!((left.views.len(), beyond(&left)), (1, BTreeSet::from([201])));
    assert!(left.unsupported.is_empty());
}
