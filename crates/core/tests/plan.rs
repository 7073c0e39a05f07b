//! The answers of `handshake`: their shape is what clients in the field depend on.

mod common;

use std::collections::BTreeSet;

use common::build::{
    built_in, child_of, column, composite, constraint, id, index, options, own_type, partitioned_by, public, range,
    routine, table, view, Base,
};
use electric_schema_core::chain::Link;
use electric_schema_core::change::{Class, ClassifiedChange};
use electric_schema_core::classify::{classify, Context};
use electric_schema_core::diff::{diff, Objects};
use electric_schema_core::encoding::Hash;
use electric_schema_core::model::{
    ColumnRef, ColumnValue, CompositeType, ConstraintKind, DataType, EnumType, Extension, Object, Parent,
    QualifiedName, RangeType, Routine, Schema, Sequence, Table, View, Volatility,
};
use electric_schema_core::net::Net;
use electric_schema_core::plan::{abort, bootstrap, migrate, net, ready, way, Entry, Place, Position, Server, Way};
use electric_schema_core::render::render;
use electric_schema_core::trace::Named;
use serde_json::{json, Value};

fn server() -> Server {
    Server { head: Position { seq: 12, hash: Hash([0xab; 32]), reset_version: 1 }, version: 150_020 }
}

fn entry(before: &Objects, after: &Objects) -> Entry {
    let changes = diff(before, after, &BTreeSet::from([id(9)]));
    let link = Link {
        parent_hash: Hash([1; 32]),
        seq: 12,
        class: Class::Additive,
        reset_version: 1,
        schema_hash: Hash([2; 32]),
        statements: render(&changes, before, after),
        changes_digest: Hash([3; 32]),
        private_digest: Hash([4; 32]),
    };
    let beside_default = BTreeSet::new();
    let around = Objects::new();
    let context = Context { before, after, around: &around, beside_default: &beside_default };
    let changes: Vec<ClassifiedChange> = changes.into_iter().map(|change| classify(change, &context)).collect();
    Entry { hash: link.hash(), link, changes }
}

/// The plan for a client that missed one entry.
fn step(before: &Objects, after: &Objects) -> Value {
    let entries = [entry(before, after).changes];
    net(&server(), &Hash([7; 32]), &Net::of(before.clone(), after.clone(), &entries))
}

fn keys(value: &Value) -> BTreeSet<&str> {
    value.as_object().unwrap().keys().map(String::as_str).collect()
}

/// All keys of the protocol, with their types.
fn check_shape(answer: &Value, action: &str) {
    let all = [
        "protocol",
        "action",
        "head",
        "requires",
        "transactions",
        "refetch",
        "fetch",
        "after_refetch",
        "lost",
        "reason",
    ];
    assert_eq!(keys(answer), BTreeSet::from(all));
    assert_eq!(answer["protocol"], 1);
    assert_eq!(answer["action"], action);
    assert_eq!(answer["head"], json!({ "seq": 12, "hash": "ab".repeat(32), "reset_version": 1 }));
    assert_eq!(keys(&answer["requires"]), BTreeSet::from(["extensions", "collations", "server_version"]));
    assert!(answer["requires"]["extensions"].is_array() && answer["requires"]["collations"].is_array());
    assert_eq!(answer["requires"]["server_version"], 150_020);
    for list in ["refetch", "fetch", "lost"] {
        for thing in answer[list].as_array().unwrap() {
            assert!(list == "lost" || keys(thing) == BTreeSet::from(["schema", "table"]), "{thing}");
            assert!(thing.as_object().unwrap().values().all(Value::is_string) && thing["schema"].is_string());
        }
    }
    assert!(answer["after_refetch"].as_array().unwrap().iter().all(Value::is_string));
    assert!(if action == "abort" { answer["reason"].is_string() } else { answer["reason"].is_null() });
    for transaction in answer["transactions"].as_array().unwrap() {
        assert!(transaction["statements"].as_array().unwrap().iter().all(Value::is_string));
        assert!(transaction["record"].is_string());
    }
}

fn squashed(answer: &Value) -> (Vec<String>, String) {
    let [transaction] = &answer["transactions"].as_array().unwrap()[..] else { panic!("one transaction") };
    assert_eq!(keys(transaction), BTreeSet::from(["squashed", "statements", "record"]));
    assert_eq!(transaction["squashed"], true);
    let statements = transaction["statements"].as_array().unwrap();
    (
        statements.iter().map(|sql| sql.as_str().unwrap().to_owned()).collect(),
        transaction["record"].as_str().unwrap().to_owned(),
    )
}

fn foreign_key(name: &str, references: u32) -> electric_schema_core::model::Constraint {
    let definition = format!("FOREIGN KEY (id) REFERENCES public.{}(id)", if references == 1 { "t" } else { "u" });
    let mut key = constraint(15, name, ConstraintKind::ForeignKey, &[1], &definition);
    key.references = Some(id(references));
    key
}

/// Two tables that refer to one another.
fn circle() -> Objects {
    let mut base = Base::default();
    base.t().constraints.push(foreign_key("t_u", 2));
    base.u().constraints.push(foreign_key("u_t", 1));
    base.0
}

#[test]
fn the_way_to_an_answer() {
    for (from, to, additive, squash, expected) in [
        (Place::Entry(12), 12, true, false, Way::Ready),
        (Place::Entry(12), 12, true, true, Way::Ready),
        (Place::Entry(0), 0, true, false, Way::Ready),
        (Place::Entry(12), 11, true, false, Way::Ahead),
        (Place::Schema(12), 11, true, false, Way::Ahead),
        (Place::Entry(11), 12, true, false, Way::Recorded),
        (Place::Entry(11), 12, true, true, Way::Net),
        (Place::Entry(11), 12, false, false, Way::Net),
        // Its hash is not the ledger's: only a squashed plan leads from it.
        (Place::Schema(12), 12, true, false, Way::Net),
        (Place::Schema(3), 12, true, false, Way::Net),
        (Place::Pruned(3), 12, true, false, Way::Older),
    ] {
        assert_eq!(way(from, to, additive, squash), expected, "{from:?} to {to}, {additive}, {squash}");
    }
}

#[test]
fn a_client_at_head_is_ready() {
    let answer = ready(&server());
    check_shape(&answer, "ready");
    assert_eq!(answer["transactions"], json!([]));
}

#[test]
fn an_unknown_hash_gets_nothing() {
    for (seq, reason) in
        [(None, "unknown_hash"), (Some(12), "unknown_hash"), (Some(3), "unknown_hash"), (Some(13), "client_ahead")]
    {
        let answer = abort(&server(), seq);
        check_shape(&answer, "abort");
        assert_eq!(answer["reason"], reason, "{seq:?}");
        assert_eq!(answer["transactions"], json!([]));
    }
}

#[test]
fn entries_are_sent_as_recorded() {
    let before = Base::default();
    let mut after = before.clone();
    let mut filled = table("n", vec![column(1, "a", "text")]);
    filled.columns[0].collation = Some("pg_catalog.\"de-x-icu\"".into());
    after.0.insert(id(9), Object::Table(filled));
    after.0.insert(id(10), Object::Extension(Extension { name: "vector".into(), schema: "public".into() }));
    let entry = entry(&before.0, &after.0);
    let answer = migrate(&server(), std::slice::from_ref(&entry));
    check_shape(&answer, "migrate");
    let [transaction] = &answer["transactions"].as_array().unwrap()[..] else { panic!("one transaction") };
    let recorded = [
        "seq",
        "hash",
        "parent_hash",
        "class",
        "reset_version",
        "private_digest",
        "statements",
        "changes_digest",
        "schema_hash",
        "record",
    ];
    assert_eq!(keys(transaction), BTreeSet::from(recorded));
    assert_eq!(transaction["statements"], json!(entry.link.statements));
    assert_eq!(transaction["class"], "additive");
    assert_eq!(
        transaction["record"],
        format!(
            "INSERT INTO _electric_meta.applied (seq, hash, parent_hash) VALUES (12, '{}', '{}')",
            entry.hash,
            "01".repeat(32)
        )
    );
    // A client checks the hash from what it was sent.
    let hash = |key: &str| transaction[key].as_str().unwrap().parse::<Hash>().unwrap();
    let link = Link {
        parent_hash: hash("parent_hash"),
        seq: transaction["seq"].as_u64().unwrap(),
        class: Class::Additive,
        reset_version: transaction["reset_version"].as_u64().unwrap(),
        schema_hash: hash("schema_hash"),
        statements: serde_json::from_value(transaction["statements"].clone()).unwrap(),
        changes_digest: hash("changes_digest"),
        private_digest: hash("private_digest"),
    };
    assert_eq!(link.hash(), hash("hash"));
    assert_eq!(answer["fetch"], json!([{ "schema": "public", "table": "n" }]));
    assert_eq!(answer["requires"]["extensions"], json!(["vector"]));
    assert_eq!(answer["requires"]["collations"], json!(["pg_catalog.\"de-x-icu\""]));
}

#[test]
fn a_bootstrap_builds_circles() {
    let schema = circle();
    let answer = bootstrap(&server(), &schema, &[]);
    check_shape(&answer, "bootstrap");
    let (statements, record) = squashed(&answer);
    let last_table = statements.iter().rposition(|sql| sql.starts_with("CREATE TABLE public.")).unwrap();
    let keys: Vec<usize> = (0..statements.len()).filter(|i| statements[*i].contains("FOREIGN KEY")).collect();
    assert_eq!(keys.len(), 2);
    assert!(keys.iter().all(|key| *key > last_table), "{statements:#?}");
    let hash = "ab".repeat(32);
    assert_eq!(
        record,
        format!("INSERT INTO _electric_meta.applied (seq, hash, parent_hash) VALUES (12, '{hash}', NULL)")
    );
    for needed in [
        "CREATE SCHEMA IF NOT EXISTS _electric_meta",
        "DELETE FROM _electric_meta.applied",
        "DELETE FROM _electric_meta.pending",
    ] {
        assert!(statements.iter().any(|sql| sql == needed), "{needed}");
    }
}

#[test]
fn a_reset_keeps_foreign_keys_until_the_rows_are_back() {
    let client = circle();
    let mut schema = client.clone();
    if let Some(Object::Table(table)) = schema.get_mut(&id(1)) {
        table.columns.iter_mut().filter(|column| column.name == "a").for_each(|column| {
            column.data_type = built_in("date");
            column.values_version = 1;
        });
        table.name = public("renamed");
    }
    let answer = step(&client, &schema);
    check_shape(&answer, "reset");
    let (statements, record) = squashed(&answer);
    assert!(!statements.iter().any(|sql| sql.contains("ADD CONSTRAINT")), "{statements:#?}");
    let waiting: Vec<&str> =
        answer["after_refetch"].as_array().unwrap().iter().map(|sql| sql.as_str().unwrap()).collect();
    assert_eq!(waiting.len(), 2);
    assert!(waiting.iter().all(|sql| sql.contains("FOREIGN KEY")));
    // From the record on, the client knows by itself what is still to do.
    for (i, sql) in waiting.iter().enumerate() {
        assert!(record.contains(&format!("({}, '{sql}')", i + 1)), "{record}");
    }
    assert!(record.starts_with("WITH waiting AS (INSERT INTO _electric_meta.pending (ordinal, statement) VALUES "));
    assert!(record.ends_with(&format!("VALUES (12, '{}', '{}')", "ab".repeat(32), "07".repeat(32))));
    let named = |table: &str| json!({ "schema": "public", "table": table });
    assert_eq!(answer["refetch"], json!([named("renamed")]));
    assert_eq!(answer["lost"], json!([named("t")]));
    // The other table keeps its rows, and no CASCADE is needed.
    in_order(
        &statements,
        &["ALTER TABLE public.u DROP CONSTRAINT u_t", "DROP TABLE public.t", "CREATE TABLE public.renamed"],
    );
    assert!(!statements.iter().any(|sql| sql.contains("TABLE public.u (") || sql.contains("CASCADE")));
}

/// A partitioned table with a partition and a foreign key, a view over it, a materialized view over that, a type with a table of it, and
/// a function of that type that a default calls.
fn of_every_kind() -> Objects {
    let mut base = Base::default();
    base.t().partition_key = partitioned_by("RANGE (id)");
    base.t().constraints.push(foreign_key("t_u", 2));
    let mut part = table("a_part", base.t().columns.clone());
    part.parents = child_of(1, "t", Some("DEFAULT"));
    base.put(10, Object::Table(part));
    base.put(11, Object::View(view("v", &[("id", "bigint")], "SELECT id FROM public.t", &[1])));
    let mut m = view("a_copy", &[("id", "bigint")], "SELECT id FROM public.v", &[11]);
    m.materialized = true;
    m.indexes.push(index(12, "a_copy_id", &[1], "btree (id)"));
    base.put(12, Object::View(m));
    let mut place = composite("place", &[("x", "integer"), ("name", "text")]);
    place.attributes[1].collation = Some("pg_catalog.\"de-x-icu\"".into());
    base.put(13, Object::Composite(place));
    let mut places = table("places", vec![column(1, "x", "integer"), column(2, "name", "text")]);
    places.of_type = Some(own_type("place", id(13)));
    base.put(14, Object::Table(places));
    let mut f = routine("f", "p public.place", "SELECT 1");
    f.uses = vec![id(13)];
    base.put(15, Object::Routine(f));
    let value = ColumnValue::Default {
        id: 13,
        sql: "public.f(NULL::public.place)".into(),
        volatility: Volatility::Volatile,
        uses: vec![id(15)],
    };
    base.table(14).columns[0].value = value;
    base.put(16, Object::Range(range("span", "spans")));
    base.0
}

/// Whether these are begun in this order, and all of them.
fn in_order(statements: &[String], beginnings: &[&str]) {
    let mut rest = statements.iter();
    for beginning in beginnings {
        assert!(rest.any(|sql| sql.starts_with(beginning)), "{beginning} is not there, or too early: {statements:#?}");
    }
}

const BUILT: [&str; 12] = [
    "SET LOCAL check_function_bodies = off",
    "CREATE TYPE public.place AS",
    "CREATE TYPE public.span AS RANGE",
    "CREATE FUNCTION public.f",
    "CREATE TABLE public.t",
    "CREATE TABLE public.a_part",
    "CREATE TABLE public.places",
    "ALTER TABLE public.places OF public.place",
    "ALTER TABLE public.t ATTACH PARTITION public.a_part DEFAULT",
    "CREATE VIEW public.v",
    "CREATE MATERIALIZED VIEW public.a_copy",
    "CREATE INDEX a_copy_id",
];

#[test]
fn a_bootstrap_builds_every_kind() {
    let answer = bootstrap(&server(), &of_every_kind(), &[]);
    check_shape(&answer, "bootstrap");
    let (statements, _) = squashed(&answer);
    for beginning in BUILT {
        assert!(statements.iter().any(|sql| sql.starts_with(beginning)), "{beginning}: {statements:#?}");
    }
    in_order(&statements, &["ALTER TABLE public.t ADD CONSTRAINT t_u", "ALTER TABLE public.t ATTACH", "CREATE VIEW"]);
    in_order(&statements, &["CREATE FUNCTION public.f", "CREATE TABLE public.places", "ALTER TABLE public.places OF"]);
    in_order(&statements, &["CREATE VIEW", "CREATE MATERIALIZED VIEW", "CREATE INDEX a_copy_id", "DO 'BEGIN REFRESH"]);
    // What clients have to have beforehand.
    assert_eq!(answer["requires"]["collations"], json!(["pg_catalog.\"de-x-icu\""]));
}

#[test]
fn a_reset_makes_again_what_hangs_on_what_diverges_and_nothing_else() {
    let client = of_every_kind();
    let mut schema = client.clone();
    for part in [1, 10] {
        if let Some(Object::Table(table)) = schema.get_mut(&id(part)) {
            table.columns[0].values_version = 1;
        }
    }
    let answer = step(&client, &schema);
    check_shape(&answer, "reset");
    let (statements, record) = squashed(&answer);
    in_order(
        &statements,
        &[
            "DROP MATERIALIZED VIEW public.a_copy",
            "DROP VIEW public.v",
            "DROP TABLE public.a_part",
            "DROP TABLE public.t",
            "CREATE TABLE public.t",
            "ALTER TABLE public.t ATTACH PARTITION public.a_part DEFAULT",
            "CREATE VIEW public.v",
            "CREATE MATERIALIZED VIEW public.a_copy",
        ],
    );
    for kept in ["public.u", "public.places", "public.f", "public.place", "public.span"] {
        let touches = |sql: &&String| sql.split([' ', '(']).any(|word| word == kept);
        assert!(!statements.iter().any(|sql| touches(&sql)), "{kept}: {statements:#?}");
    }
    // Rows are in partitions, and come before what is checked against them and computed from them.
    assert_eq!(answer["refetch"], json!([{ "schema": "public", "table": "a_part" }]));
    assert_eq!(answer["lost"], answer["refetch"]);
    let [key, populate] = &answer["after_refetch"].as_array().unwrap()[..] else { panic!("{answer}") };
    assert_eq!(key, "ALTER TABLE public.t ADD CONSTRAINT t_u FOREIGN KEY (id) REFERENCES public.u(id)");
    let refresh = "DO 'BEGIN REFRESH MATERIALIZED VIEW public.a_copy; EXCEPTION WHEN OTHERS THEN NULL; END'";
    assert_eq!(populate, refresh);
    assert!(record.contains(&format!("(2, '{}')", refresh.replace('\'', "''"))), "{record}");
    assert!(!statements.iter().any(|sql| sql.contains("REFRESH") || sql.contains("FOREIGN KEY")), "{statements:#?}");
}

#[test]
fn former_routines_are_named_with_their_arguments() {
    let former =
        |arguments: &str| Named { kind: "routine".into(), name: public("f"), arguments: Some(arguments.into()) };
    let (statements, _) =
        squashed(&bootstrap(&server(), &Objects::new(), &[former(""), former("a text, \"it's\" integer")]));
    let drop = statements.iter().find(|sql| sql.starts_with("DO ")).unwrap();
    // The text of arguments depends on it.
    assert!(drop.contains("set_config(''search_path'', '''', true)"), "{drop}");
    assert!(drop.contains("(''routine'', ''public'', ''f'', '''')"), "{drop}");
    assert!(drop.contains("(''routine'', ''public'', ''f'', ''a text, \"it''''s\" integer'')"), "{drop}");
}

#[test]
fn names_are_quoted_everywhere() {
    const ODD: &str = "we\"ird";
    const QUOTED: &str = "\"we\"\"ird\"";
    let name = || QualifiedName { schema: ODD.into(), name: ODD.into() };
    let build = |version: u32| -> Objects {
        let mut odd = table(ODD, vec![column(1, ODD, "bigint")]);
        odd.name = name();
        odd.columns[0].not_null = version == 1;
        odd.constraints.push(constraint(2, ODD, ConstraintKind::PrimaryKey, &[1], &format!("PRIMARY KEY ({QUOTED})")));
        odd.constraints.push(foreign_key(&format!("f{ODD}"), 1));
        odd.indexes.push(index(3, &format!("i{ODD}"), &[1], &format!("btree ({QUOTED})")));
        let mut viewed = View { name: name(), ..view("", &[(ODD, "text")], &format!("SELECT {QUOTED}"), &[1]) };
        viewed.materialized = true;
        viewed.body = version;
        viewed.indexes.push(index(3, &format!("i{ODD}"), &[1], &format!("btree ({QUOTED})")));
        let bound = Some("DEFAULT".to_owned()).filter(|_| version == 1);
        let mut child = Table { name: name(), ..table("", vec![column(1, ODD, "bigint")]) };
        child.parents = vec![Parent { table: id(1), name: name(), bound }];
        child.of_type = Some(own_type("", id(6))).map(|of| DataType { name: format!("{QUOTED}.{QUOTED}"), ..of });
        let owned_by = Some(ColumnRef { table: id(1), column: 1, table_name: name(), column_name: ODD.into() });
        let objects = [
            Object::Table(odd),
            Object::Schema(Schema { name: ODD.into() }),
            Object::Enum(EnumType { name: name(), labels: vec!["it's".into()] }),
            Object::Sequence(Sequence { name: name(), options: options(), owned_by, unlogged: false }),
            Object::Extension(Extension { name: ODD.into(), schema: ODD.into() }),
            Object::Composite(CompositeType { name: name(), ..composite("", &[(ODD, "text")]) }),
            Object::Range(RangeType { name: name(), multirange_name: Some(name()), ..range("", "") }),
            Object::Routine(Routine { name: name(), ..routine("", QUOTED, &version.to_string()) }),
            Object::View(viewed),
            Object::Table(child),
        ];
        (1..).map(id).zip(objects).collect()
    };
    let (client, mut schema) = (build(0), build(1));
    schema.insert(id(2), Object::Schema(Schema { name: format!("{ODD}2") }));
    let mut all = Vec::new();
    for answer in [
        step(&client, &schema),
        bootstrap(&server(), &schema, &[]),
        migrate(
            &server(),
            &[entry(&Objects::new(), &client), entry(&client, &schema), entry(&schema, &Objects::new())],
        ),
    ] {
        for transaction in answer["transactions"].as_array().unwrap() {
            all.extend(transaction["statements"].as_array().unwrap().clone());
            all.push(transaction["record"].clone());
        }
    }
    let odd: Vec<&str> = all.iter().map(|sql| sql.as_str().unwrap()).filter(|sql| sql.contains("ird")).collect();
    assert!(odd.len() > 60);
    for sql in odd {
        // With a quote inside, a name that was not quoted, or quoted twice, cannot be part of well-formed identifiers.
        let rest = ["\"fwe\"\"ird\"", "\"iwe\"\"ird\"", "\"we\"\"ird2\"", QUOTED]
            .iter()
            .fold(sql.to_owned(), |sql, n| sql.replace(n, ""));
        assert!(!rest.contains("ird"), "{sql}");
    }
}

#[test]
fn what_a_client_held_is_named_by_literals() {
    let former = Named { kind: "table".into(), name: public("it's"), arguments: None };
    let (statements, _) = squashed(&bootstrap(&server(), &Objects::new(), &[former]));
    let drop = statements.iter().find(|sql| sql.starts_with("DO ")).unwrap();
    // Quoted once as a value, and once more as part of the block's text.
    assert!(drop.contains("(''table'', ''public'', ''it''''s'', NULL)"), "{drop}");
}
