//! The net of many entries: what cancels out, what is lost on the way, and what a client then runs.

mod common;

use std::collections::BTreeSet;

use common::build::{
    built_in, child_of, column, constraint, default, id, index, own_type, partitioned_by, public, table, Base,
};
use electric_schema_core::change::{Change, Class, ClassifiedChange};
use electric_schema_core::classify::{classify, Context, Reason};
use electric_schema_core::diff::{diff, Objects};
use electric_schema_core::encoding::Hash;
use electric_schema_core::model::{
    ColumnValue, ConstraintKind, EnumType, Fill, Object, Schema, Table, View, Volatility,
};
use electric_schema_core::net::Net;
use electric_schema_core::plan::{net, Position, Server};
use serde_json::{json, Value};

/// The entries that lead from each of these models to the next.
fn entries(models: &[&Objects]) -> Vec<Vec<ClassifiedChange>> {
    let (around, beside_default) = (Objects::new(), BTreeSet::new());
    let one = |pair: &[&Objects]| {
        let context = Context { before: pair[0], after: pair[1], around: &around, beside_default: &beside_default };
        let changes = diff(pair[0], pair[1], &BTreeSet::new());
        changes.into_iter().map(|change| classify(change, &context)).collect()
    };
    models.windows(2).map(one).collect()
}

fn net_of(models: &[&Objects]) -> Net {
    let (first, last) = (models[0].clone(), models[models.len() - 1].clone());
    Net::of(first, last, &entries(models))
}

fn plan_of(models: &[&Objects]) -> Value {
    let head = Position { seq: 9, hash: Hash([0xab; 32]), reset_version: 1 };
    net(&Server { head, version: 150_020 }, &Hash([7; 32]), &net_of(models))
}

/// The statements of each transaction.
fn statements(plan: &Value) -> Vec<Vec<String>> {
    let transactions = plan["transactions"].as_array().unwrap();
    transactions.iter().map(|t| serde_json::from_value(t["statements"].clone()).unwrap()).collect()
}

/// The model after an edit.
fn edited(objects: &Objects, edit: impl FnOnce(&mut Base)) -> Objects {
    let mut base = Base(objects.clone());
    edit(&mut base);
    base.0
}

fn kinds(net: &Net) -> Vec<String> {
    net.changes.iter().map(|c| electric_schema_core::describe::name(&c.change)).collect()
}

#[test]
fn what_is_undone_is_no_change() {
    let start = Base::default().0;
    type Detour = (&'static str, fn(&mut Base));
    let detours: [Detour; 7] = [
        ("a column comes and goes", |base| base.t().columns.push(column(15, "extra", "text"))),
        ("a rename and its way back", |base| base.t().columns[1].name = "renamed".into()),
        ("a table's rename and its way back", |base| base.t().name = public("renamed")),
        ("a NOT NULL", |base| base.t().columns[1].not_null = true),
        ("a constraint", |base| {
            base.t().constraints.push(constraint(15, "c", ConstraintKind::Check, &[2], "CHECK (a IS NOT NULL)"))
        }),
        ("a default", |base| base.t().columns[1].value = default(15, "'x'::text", Volatility::Immutable)),
        ("a table", |base| {
            base.put(30, Object::Table(table("gone", vec![column(1, "a", "text")])));
        }),
    ];
    for (what, detour) in detours {
        let between = edited(&start, detour);
        let net = net_of(&[&start, &between, &start]);
        assert_eq!((kinds(&net), net.class()), (vec![], Class::Additive), "{what}");
        let plan = plan_of(&[&start, &between, &start]);
        assert_eq!((&plan["action"], statements(&plan)), (&json!("migrate"), vec![Vec::<String>::new()]), "{what}");
        let record = plan["transactions"][0]["record"].as_str().unwrap();
        assert!(record.ends_with(&format!("VALUES (9, '{}', '{}')", "ab".repeat(32), "07".repeat(32))), "{record}");
    }
}

/// A part that comes again has another identity.
#[test]
fn what_comes_again_alike_is_the_same() {
    let view = |query: &str| -> View { common::build::view("v", &[("id", "bigint")], query, &[1]) };
    let start = edited(&Base::default().0, |base| {
        base.t().constraints.push(constraint(11, "c", ConstraintKind::Check, &[2], "CHECK (a IS NOT NULL)"));
        let mut unique = index(12, "i", &[2], "btree (a)");
        unique.unique = true;
        base.t().indexes.push(unique);
        base.t().columns[1].value = default(13, "'x'::text", Volatility::Immutable);
        base.put(20, Object::View(view("SELECT id FROM public.t")));
        base.put(21, Object::Schema(Schema { name: "app".into() }));
    });
    let without = edited(&start, |base| {
        let table = base.t();
        table.constraints.retain(|c| c.id != 11);
        table.indexes.clear();
        table.columns[1].value = ColumnValue::None;
        base.0.remove(&id(20));
        base.0.remove(&id(21));
    });
    let again = edited(&without, |base| {
        base.t().constraints.push(constraint(16, "c", ConstraintKind::Check, &[2], "CHECK (a IS NOT NULL)"));
        let mut unique = index(17, "i", &[2], "btree (a)");
        unique.unique = true;
        base.t().indexes.push(unique);
        base.t().columns[1].value = default(18, "'x'::text", Volatility::Immutable);
        base.put(22, Object::View(view("SELECT id FROM public.t")));
        base.put(23, Object::Schema(Schema { name: "app".into() }));
    });
    assert_eq!(kinds(&net_of(&[&start, &without, &again])), Vec::<String>::new());
    // Not where it is another one under the same name.
    let other = edited(&again, |base| base.t().constraints[0].definition = "CHECK (a IS NULL)".into());
    let other = edited(&other, |base| base.t().constraints.iter_mut().for_each(|c| c.validated = c.name != "c"));
    let net = net_of(&[&start, &without, &other]);
    // The view was not in the way of it, but that is not known.
    assert_eq!(kinds(&net), ["drop_constraint", "add_constraint", "redefine_view"]);
    assert_eq!(net.class(), Class::Destructive);
}

#[test]
fn a_view_steps_aside_for_what_changes_under_it() {
    let start = edited(&Base::default().0, |base| {
        base.put(20, Object::View(common::build::view("v", &[("a", "text")], "SELECT a FROM public.t", &[1])));
    });
    // Dropped, the column widened, and made again as it was.
    let after = edited(&start, |base| {
        base.t().columns[0].data_type = built_in("bigint");
        base.0.remove(&id(20));
        base.put(22, Object::View(common::build::view("v", &[("a", "text")], "SELECT a FROM public.t", &[1])));
    });
    let start = edited(&start, |base| base.t().columns[0].data_type = built_in("integer"));
    let middle = edited(&start, |base| {
        base.0.remove(&id(20));
    });
    let plan = plan_of(&[&start, &middle, &after]);
    assert_eq!(plan["action"], "migrate");
    let all = statements(&plan).concat();
    let place = |words: &str| {
        all.iter().position(|sql| sql.starts_with(words)).unwrap_or_else(|| panic!("{words} in {all:#?}"))
    };
    assert!(place("DROP VIEW public.v") < place("ALTER TABLE public.t ALTER COLUMN id TYPE bigint"));
    assert!(place("ALTER TABLE public.t ALTER COLUMN id TYPE bigint") < place("CREATE VIEW public.v"));
}

#[test]
fn entries_compose_to_their_fills() {
    let start = Base::default().0;
    let added = edited(&start, |base| {
        let mut x = column(15, "x", "integer");
        x.value = default(16, "1", Volatility::Immutable);
        x.fill = Fill::Value { text: "1".into() };
        base.t().columns.push(x);
    });
    let then = edited(&added, |base| {
        base.t().columns.last_mut().unwrap().value = default(17, "2", Volatility::Immutable);
    });
    let plan = plan_of(&[&start, &added, &then]);
    let expected = [
        "ALTER TABLE public.t ADD COLUMN x integer DEFAULT '1'::integer",
        "ALTER TABLE public.t ALTER COLUMN x SET DEFAULT 2",
    ];
    assert_eq!((&plan["action"], statements(&plan)), (&json!("migrate"), vec![expected.map(str::to_owned).to_vec()]));
}

#[test]
fn converted_to_and_fro_is_not_the_same() {
    let typed = |name: &str| edited(&Base::default().0, |base| base.t().columns[1].data_type = built_in(name));
    let (stamp, date) = (typed("timestamp with time zone"), typed("date"));
    let net = net_of(&[&stamp, &date, &stamp]);
    assert_eq!(kinds(&net), ["rewrite_values"]);
    assert_eq!(net.changes[0].reasons, [Reason::ValuesRewritten]);
    assert_eq!(plan_of(&[&stamp, &date, &stamp])["refetch"], json!([{ "schema": "public", "table": "t" }]));
    // All that an integer can be came through a bigint as it was.
    let (narrow, wide) = (typed("integer"), typed("bigint"));
    assert_eq!(net_of(&[&narrow, &wide, &narrow]).class(), Class::Additive);
    // But not the other way round.
    assert_eq!(kinds(&net_of(&[&wide, &narrow, &wide])), ["rewrite_values"]);
    // A column that is new to the client, and was converted since: what its rows hold is not what it was filled with.
    let without = Base::default().0;
    let new = |name: &str| {
        edited(&without, |base| {
            let mut x = column(15, "x", name);
            x.fill = Fill::Value { text: "2024-02-29".into() };
            base.t().columns.push(x);
        })
    };
    let net = net_of(&[&without, &new("date"), &new("text")]);
    assert!(net.changes[0].reasons.contains(&Reason::UnknownFill), "{:?}", net.changes[0]);
    // One that went again is no concern of anybody.
    assert_eq!(kinds(&net_of(&[&without, &new("date"), &new("text"), &without])), Vec::<String>::new());
}

fn labelled(labels: &[&str]) -> Objects {
    edited(&Base::default().0, |base| {
        let labels = labels.iter().map(|label| (*label).to_owned()).collect();
        base.put(20, Object::Enum(EnumType { name: public("mood"), labels }));
        let mut mood = column(15, "mood", "public.mood");
        mood.data_type = own_type("mood", id(20));
        base.t().columns.push(mood);
    })
}

#[test]
fn new_labels_come_in_a_transaction_of_their_own_from_the_last_to_the_first() {
    let plan = plan_of(&[&labelled(&["a", "d"]), &labelled(&["a", "b", "d"]), &labelled(&["a", "b", "c", "d", "e"])]);
    assert_eq!(plan["action"], "migrate");
    assert_eq!(
        statements(&plan),
        [
            vec![
                "ALTER TYPE public.mood ADD VALUE IF NOT EXISTS 'e'",
                "ALTER TYPE public.mood ADD VALUE IF NOT EXISTS 'c' BEFORE 'd'",
                "ALTER TYPE public.mood ADD VALUE IF NOT EXISTS 'b' BEFORE 'c'",
            ],
            vec![],
        ]
    );
    assert_eq!(plan["transactions"][0].get("record"), None);
}

#[test]
fn labels_are_followed_through_their_renames() {
    // b was renamed to x, then another b came, and x went back to its place under a third name.
    let models = [&["a", "b"][..], &["a", "x"], &["b", "a", "x"], &["b", "a", "y"]].map(labelled);
    let plan = plan_of(&models.each_ref());
    assert_eq!((&plan["action"], &plan["refetch"]), (&json!("reset"), &json!([])));
    assert_eq!(
        statements(&plan),
        [
            vec!["ALTER TYPE public.mood ADD VALUE IF NOT EXISTS 'electric_schema~+b' BEFORE 'a'"],
            vec![
                "ALTER TYPE public.mood RENAME VALUE 'b' TO 'electric_schema~b'",
                "ALTER TYPE public.mood RENAME VALUE 'electric_schema~+b' TO 'electric_schema~electric_schema~+b'",
                "ALTER TYPE public.mood RENAME VALUE 'electric_schema~b' TO 'y'",
                "ALTER TYPE public.mood RENAME VALUE 'electric_schema~electric_schema~+b' TO 'b'",
            ],
        ]
    );
    // A client that got as far as the first transaction of an older plan has the label under its older name.
    let models = [&["a"][..], &["a", "b"], &["a", "c"]].map(labelled);
    let [added, _] = &statements(&plan_of(&models.each_ref()))[..] else { panic!("two transactions") };
    assert!(added[0].contains("RENAME VALUE ''b'' TO ''c''") && added[0].contains("IF EXISTS"), "{added:?}");
    assert_eq!(added[1], "ALTER TYPE public.mood ADD VALUE IF NOT EXISTS 'c'");
}

#[test]
fn labels_that_were_renamed_and_added_at_once_empty_their_tables() {
    let models = [labelled(&["a", "d"]), labelled(&["c", "b", "d"])];
    let net = net_of(&models.each_ref());
    assert!(net.changes.iter().any(|c| c.reasons == [Reason::LabelsUnclear]), "{:?}", net.changes);
    assert_eq!(plan_of(&models.each_ref())["refetch"], json!([{ "schema": "public", "table": "t" }]));
}

#[test]
fn a_fill_follows_the_labels_that_it_is_written_in() {
    let start = edited(&labelled(&["a", "b"]), |base| {
        let mut pair = common::build::composite("pair", &[("x", "public.mood"), ("y", "text")]);
        pair.attributes[0].data_type = own_type("mood", id(20));
        base.put(21, Object::Composite(pair));
    });
    let add = |base: &mut Base, name: &str, data_type: (&str, u32), array: bool, text: &str| {
        let mut x = column(30 + base.t().columns.len() as u32, name, "");
        x.data_type = own_type(data_type.0, id(data_type.1));
        x.data_type.array = array;
        x.fill = Fill::Value { text: text.into() };
        base.t().columns.push(x);
    };
    let added = edited(&start, |base| {
        add(base, "one", ("mood", 20), false, "a");
        add(base, "other", ("mood", 20), false, "b");
    });
    let relabel = |objects: &Objects| edited(objects, |base| base.relabel(20, &["c", "b"]));
    let plan = plan_of(&[&start, &added, &relabel(&added)]);
    let all = statements(&plan).concat();
    assert!(
        all.contains(&"ALTER TABLE public.t ADD COLUMN one public.mood DEFAULT 'c'::public.mood".to_owned()),
        "{all:#?}"
    );
    assert!(all.contains(&"ALTER TABLE public.t ADD COLUMN other public.mood DEFAULT 'b'::public.mood".to_owned()));
    assert_eq!(plan["refetch"], json!([]));
    // In an array, or in another type, the label cannot be told from other text.
    for (data_type, array, text) in [(("mood", 20), true, "{a}"), (("pair", 21), false, "(a,x)")] {
        let added = edited(&start, |base| add(base, "one", data_type, array, text));
        assert_eq!(
            plan_of(&[&start, &added, &relabel(&added)])["refetch"],
            json!([{ "schema": "public", "table": "t" }])
        );
    }
    // A composite type with other attributes is written otherwise.
    let added = edited(&start, |base| add(base, "one", ("pair", 21), false, "(a,x)"));
    let altered = edited(&added, |base| match base.0.get_mut(&id(21)) {
        Some(Object::Composite(pair)) => pair.attributes.truncate(1),
        _ => panic!("pair is gone"),
    });
    assert_eq!(plan_of(&[&start, &added, &altered])["refetch"], json!([{ "schema": "public", "table": "t" }]));
}

#[test]
fn what_goes_is_named() {
    let start = edited(&labelled(&["a"]), |base| {
        base.put(21, Object::View(common::build::view("v", &[("id", "bigint")], "SELECT id FROM public.t", &[1])));
        base.put(22, Object::Table(table("old", vec![column(1, "a", "text")])));
    });
    let after = edited(&start, |base| {
        let table = base.t();
        table.columns.retain(|c| c.name != "mood" && c.name != "a");
        table.name = public("renamed");
        for object in [20, 21, 22] {
            base.0.remove(&id(object));
        }
    });
    let plan = plan_of(&[&start, &after]);
    assert_eq!(
        plan["lost"],
        json!([
            { "schema": "public", "table": "t", "column": "a" },
            { "schema": "public", "table": "t", "column": "mood" },
            { "schema": "public", "table": "old" },
            { "schema": "public", "type": "mood" },
            { "schema": "public", "view": "v" },
        ])
    );
    assert_eq!((&plan["refetch"], &plan["after_refetch"]), (&json!([]), &json!([])));
}

#[test]
fn a_table_beside_keeps_its_rows() {
    // t is converted, u refers to t, and p (with a partition) to u.
    let key = |number: u32, name: &str, references: u32, to: &str| {
        let definition = format!("FOREIGN KEY (id) REFERENCES public.{to}(id)");
        let mut key = constraint(number, name, ConstraintKind::ForeignKey, &[1], &definition);
        key.references = Some(id(references));
        key
    };
    let start = edited(&Base::default().0, |base| {
        base.u().constraints.push(key(15, "u_t", 1, "t"));
        let mut p = table("p", vec![column(1, "id", "bigint")]);
        p.partition_key = partitioned_by("LIST (id)");
        p.constraints.push(key(15, "p_u", 2, "u"));
        base.put(20, Object::Table(p));
        let mut part = table("part", vec![column(1, "id", "bigint")]);
        part.parents = child_of(20, "p", Some("DEFAULT"));
        base.put(21, Object::Table(part));
    });
    let after = edited(&start, |base| base.t().columns[1].data_type = built_in("date"));
    let plan = plan_of(&[&start, &after]);
    let all = statements(&plan).concat();
    assert!(!all.iter().any(|sql| ["TABLE public.p", "TABLE public.part"].iter().any(|t| sql.contains(t))), "{all:#?}");
    assert_eq!(
        all.iter().filter(|sql| sql.contains("public.u")).collect::<Vec<_>>(),
        ["ALTER TABLE public.u DROP CONSTRAINT u_t"]
    );
    assert_eq!(plan["after_refetch"].as_array().unwrap().len(), 1);
    // Another one beside the default partition may be for rows that a client holds there.
    let part = |base: &mut Base| {
        let mut new = table("new", vec![column(1, "id", "bigint")]);
        new.parents = child_of(20, "p", Some("FOR VALUES IN (1)"));
        base.put(22, Object::Table(new));
    };
    let beside = edited(&start, part);
    let mut all = entries(&[&start, &beside]);
    for change in all[0].iter_mut().filter(|c| matches!(c.change, Change::Create { .. })) {
        let around = Objects::new();
        let beside_default = BTreeSet::from([id(22)]);
        let context = Context { before: &start, after: &beside, around: &around, beside_default: &beside_default };
        *change = classify(change.change.clone(), &context);
    }
    let net = Net::of(start.clone(), beside, &all);
    let head = Position { seq: 9, hash: Hash([0xab; 32]), reset_version: 1 };
    let plan = electric_schema_core::plan::net(&Server { head, version: 150_020 }, &Hash([7; 32]), &net);
    assert_eq!(plan["refetch"], json!([{ "schema": "public", "table": "part" }]));
    // The partitioned table's own foreign key cannot stand either.
    assert_eq!(
        plan["after_refetch"],
        json!(["ALTER TABLE public.p ADD CONSTRAINT p_u FOREIGN KEY (id) REFERENCES public.u(id)"])
    );
}

#[test]
fn a_materialized_view_is_made_again_for_a_unique_index() {
    let start = edited(&Base::default().0, |base| {
        let mut copy = common::build::view("copy", &[("id", "bigint")], "SELECT id FROM public.t", &[1]);
        copy.materialized = true;
        base.put(20, Object::View(copy));
        base.put(
            21,
            Object::View(common::build::view("over", &[("id", "bigint")], "SELECT id FROM public.copy", &[20])),
        );
    });
    let after = edited(&start, |base| match base.0.get_mut(&id(20)) {
        Some(Object::View(copy)) => {
            let mut unique = index(15, "copy_id", &[1], "btree (id)");
            unique.unique = true;
            copy.indexes.push(unique);
        }
        _ => panic!("copy is gone"),
    });
    let plan = plan_of(&[&start, &after]);
    assert_eq!((&plan["refetch"], &plan["lost"]), (&json!([]), &json!([])));
    let all = statements(&plan).concat();
    let place = |words: &str| {
        all.iter().position(|sql| sql.starts_with(words)).unwrap_or_else(|| panic!("{words} in {all:#?}"))
    };
    assert!(place("DROP VIEW public.over") < place("DROP MATERIALIZED VIEW public.copy"));
    assert!(place("CREATE MATERIALIZED VIEW public.copy") < place("CREATE UNIQUE INDEX copy_id"));
    assert!(place("CREATE UNIQUE INDEX copy_id") < place("DO 'BEGIN REFRESH MATERIALIZED VIEW public.copy"));
}

#[test]
fn a_foreign_key_steps_aside_for_the_key_that_it_needs() {
    let start = edited(&Base::default().0, |base| {
        let definition = "FOREIGN KEY (id) REFERENCES public.t(id)";
        let mut key = constraint(15, "u_t", ConstraintKind::ForeignKey, &[1], definition);
        key.references = Some(id(1));
        base.u().constraints.push(key);
    });
    let after = edited(&start, |base| {
        base.t().constraints.iter_mut().for_each(|c| c.timing = electric_schema_core::model::Timing::Deferrable)
    });
    let is_key = |table: &Table| table.constraints.iter().any(|c| c.kind == ConstraintKind::PrimaryKey);
    assert!(matches!(start.get(&id(1)), Some(Object::Table(table)) if is_key(table)));
    let plan = plan_of(&[&start, &after]);
    assert_eq!((&plan["refetch"], &plan["after_refetch"]), (&json!([]), &json!([])));
    let all = statements(&plan).concat();
    let place =
        |words: &str| all.iter().position(|sql| sql.contains(words)).unwrap_or_else(|| panic!("{words} in {all:#?}"));
    assert!(place("public.u DROP CONSTRAINT u_t") < place("public.t DROP CONSTRAINT"));
    assert!(place("public.t ADD CONSTRAINT") < place("public.u ADD CONSTRAINT u_t"));
}

fn foreign_key(number: u32, name: &str, references: u32, to: &str) -> electric_schema_core::model::Constraint {
    let definition = format!("FOREIGN KEY (id) REFERENCES public.{to}(id)");
    let mut key = constraint(number, name, ConstraintKind::ForeignKey, &[1], &definition);
    key.references = Some(id(references));
    key
}

/// `p`, partitioned, with two partitions; `u` refers to it.
fn partitioned() -> Objects {
    edited(&Base::default().0, |base| {
        let mut p = table("p", vec![column(1, "id", "bigint")]);
        p.partition_key = partitioned_by("LIST (id)");
        p.constraints.push(constraint(5, "p_pkey", ConstraintKind::PrimaryKey, &[1], "PRIMARY KEY (id)"));
        base.put(20, Object::Table(p));
        for (number, name, bound) in [(21, "one", "FOR VALUES IN (1)"), (22, "two", "FOR VALUES IN (2)")] {
            let mut part = table(name, vec![column(1, "id", "bigint")]);
            part.parents = child_of(20, "p", Some(bound));
            base.put(number, Object::Table(part));
        }
        base.u().constraints.push(foreign_key(15, "u_p", 20, "p"));
    })
}

#[test]
fn a_key_to_a_table_that_loses_a_partition_comes_back_with_the_rows() {
    let start = partitioned();
    let dropped = edited(&start, |base| {
        base.0.remove(&id(22));
    });
    let detached = edited(&start, |base| match base.0.get_mut(&id(22)) {
        Some(Object::Table(part)) => part.parents.clear(),
        _ => panic!("two is gone"),
    });
    for (after, goes) in
        [(dropped, "DROP TABLE public.two"), (detached, "ALTER TABLE public.p DETACH PARTITION public.two")]
    {
        let plan = plan_of(&[&start, &after]);
        assert_eq!(plan["refetch"], json!([]));
        assert_eq!(statements(&plan).concat(), ["ALTER TABLE public.u DROP CONSTRAINT u_p", goes]);
        let again = "ALTER TABLE public.u ADD CONSTRAINT u_p FOREIGN KEY (id) REFERENCES public.p(id)";
        assert_eq!(plan["after_refetch"], json!([again]));
    }
}

/// The rows that are there hold NULL in it, whatever later inserts get.
#[test]
fn a_key_on_a_new_column_with_a_default_asks_for_no_download() {
    let start = Base::default().0;
    let with_key = edited(&start, |base| {
        let mut new = column(15, "x", "text");
        new.fill = Fill::Null;
        base.t().columns.push(new);
        let mut unique = index(16, "t_x", &[15], "btree (x)");
        unique.unique = true;
        base.t().indexes.push(unique);
    });
    let with_default = edited(&with_key, |base| {
        let column = base.t().columns.iter_mut().find(|column| column.id == 15);
        column.expect("it was added").value = default(17, "'x'::text", Volatility::Immutable);
    });
    let plan = plan_of(&[&start, &with_key, &with_default]);
    assert_eq!((&plan["action"], &plan["refetch"]), (&json!("reset"), &json!([])));
}

/// A foreign key to a partitioned table brings others, under names that are free.
#[test]
fn names_like_those_that_postgres_makes_are_given_first() {
    let start = Base::default().0;
    let after = edited(&start, |base| {
        let mut partitioned = table("p", vec![column(1, "id", "bigint")]);
        partitioned.partition_key = partitioned_by("RANGE (id)");
        partitioned.constraints.push(constraint(2, "p_pkey", ConstraintKind::PrimaryKey, &[1], "PRIMARY KEY (id)"));
        base.put(30, Object::Table(partitioned));
        let keys = [("t_id_fkey", 30, "p"), ("t_id_fkey3", 2, "u"), ("other", 30, "p")];
        let keys = keys.iter().zip(40..).map(|((name, references, to), n)| foreign_key(n, name, *references, to));
        base.t().constraints.extend(keys);
    });
    let all: Vec<String> = serde_json::from_value(plan_of(&[&start, &after])["after_refetch"].clone()).unwrap();
    let added: Vec<&str> =
        all.iter().filter_map(|sql| sql.strip_prefix("ALTER TABLE public.t ADD CONSTRAINT ")).collect();
    let names: Vec<&str> = added.iter().filter_map(|sql| sql.split(' ').next()).collect();
    assert_eq!(names, ["t_id_fkey3", "t_id_fkey", "other"]);
}
