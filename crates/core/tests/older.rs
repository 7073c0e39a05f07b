//! Clients older than the oldest entry: what pruned entries leave behind, and what can be made of it.

mod common;

use std::collections::BTreeSet;

use common::build::{column, constraint, id, own_type, public, table, view, Base};
use common::world::models;
use electric_schema_core::change::{Change, ClassifiedChange};
use electric_schema_core::classify::{classify, Context};
use electric_schema_core::diff::{diff, Objects};
use electric_schema_core::encoding::Hash;
use electric_schema_core::model::{ConstraintKind, Object};
use electric_schema_core::plan::{older, Older, Position, Server};
use electric_schema_core::trace::{follow, Trace};
use proptest::prelude::*;
use serde_json::{json, Value};

fn entry(before: &Objects, after: &Objects) -> Vec<ClassifiedChange> {
    let (around, beside_default) = (Objects::new(), BTreeSet::new());
    let context = Context { before, after, around: &around, beside_default: &beside_default };
    diff(before, after, &BTreeSet::new()).into_iter().map(|change| classify(change, &context)).collect()
}

fn edited(objects: &Objects, edit: impl FnOnce(&mut Base)) -> Objects {
    let mut base = Base(objects.clone());
    edit(&mut base);
    base.0
}

/// Models after entries 1, 2, …; the entries up to `pruned` are gone.
struct Ledger {
    models: Vec<Objects>,
    pruned: usize,
}

impl Ledger {
    fn traces(&self) -> (Objects, Vec<Trace>) {
        let (mut objects, mut traces) = (Objects::new(), Vec::new());
        let empty = Objects::new();
        let all: Vec<&Objects> = std::iter::once(&empty).chain(&self.models).collect();
        let entries: Vec<(u64, Vec<ClassifiedChange>)> =
            (1..).zip(all.windows(2).map(|pair| entry(pair[0], pair[1]))).take(self.pruned).collect();
        // In two goes, as two compactions do it.
        let (first, second) = entries.split_at(self.pruned / 2);
        follow(&mut objects, &mut traces, first).unwrap();
        follow(&mut objects, &mut traces, second).unwrap();
        assert_eq!(objects, self.models[self.pruned - 1]);
        (objects, traces)
    }

    fn plan_for(&self, seq: u64) -> Value {
        let (checkpoint, traces) = self.traces();
        let entries: Vec<_> = self.models[self.pruned - 1..].windows(2).map(|pair| entry(&pair[0], &pair[1])).collect();
        let head = Position { seq: 9, hash: Hash([0xab; 32]), reset_version: 1 };
        let client = Older { seq, hash: &Hash([7; 32]), checkpoint, traces: &traces };
        older(&Server { head, version: 150_020 }, client, self.models.last().unwrap().clone(), &entries)
    }
}

fn statements(plan: &Value) -> Vec<String> {
    let transactions = plan["transactions"].as_array().unwrap().iter();
    transactions.flat_map(|t| serde_json::from_value::<Vec<String>>(t["statements"].clone()).unwrap()).collect()
}

fn named(tables: &[&str]) -> Value {
    tables.iter().map(|table| json!({ "schema": "public", "table": table })).collect()
}

#[test]
fn what_did_not_change_keeps_its_rows() {
    let first = Base::default().0;
    let renamed = edited(&first, |base| base.u().name = public("people"));
    let widened = edited(&renamed, |base| base.t().columns.push(column(15, "later", "text")));
    let ledger = Ledger { models: vec![first, renamed.clone(), renamed, widened], pruned: 3 };
    let plan = ledger.plan_for(1);
    assert_eq!((&plan["action"], &plan["refetch"]), (&json!("reset"), &named(&["people"])));
    assert_eq!(plan["lost"], named(&["u"]));
    let all = statements(&plan);
    assert!(all[0].starts_with("DO ") && all[0].contains("(''table'', ''public'', ''u'', NULL)"), "{}", all[0]);
    assert!(!all[0].contains("''t''"), "{}", all[0]);
    assert_eq!(
        all[1..],
        [
            "CREATE TABLE public.people (id bigint NOT NULL, CONSTRAINT u_pkey PRIMARY KEY (id))",
            "ALTER TABLE public.t ADD COLUMN later text",
        ]
    );
    // A client that had the rename lacks nothing but what was not pruned.
    let plan = ledger.plan_for(2);
    assert_eq!(
        (&plan["action"], statements(&plan)),
        (&json!("migrate"), vec!["ALTER TABLE public.t ADD COLUMN later text".to_owned()])
    );
    // To one from the beginning everything is new.
    let plan = ledger.plan_for(0);
    assert_eq!((&plan["action"], &plan["refetch"], &plan["lost"]), (&json!("migrate"), &json!([]), &json!([])));
}

#[test]
fn what_needs_what_changed_goes_with_it() {
    // A view over t, a table with a column of the enum, and a foreign key from u to t.
    let first = edited(&Base::default().0, |base| {
        base.put(20, Object::View(view("v", &[("id", "bigint")], "SELECT id FROM public.t", &[1])));
        let mut moods = table("moods", vec![column(1, "mood", "public.mood")]);
        moods.columns[0].data_type = own_type("mood", id(3));
        base.put(21, Object::Table(moods));
        let mut key =
            constraint(15, "u_t", ConstraintKind::ForeignKey, &[1], "FOREIGN KEY (id) REFERENCES public.t(id)");
        key.references = Some(id(1));
        base.u().constraints.push(key);
    });
    let second = edited(&first, |base| {
        base.t().columns.push(column(16, "x", "text"));
        base.mood().labels.push("calm".into());
    });
    let plan = Ledger { models: vec![first, second.clone(), second], pruned: 2 }.plan_for(1);
    assert_eq!(plan["refetch"], named(&["moods", "t"]));
    assert_eq!(plan["lost"], named(&["moods", "t"]));
    let all = statements(&plan);
    for dropped in ["''v''", "''moods''", "''mood''", "''t''"] {
        assert!(all[0].contains(dropped), "{dropped}: {}", all[0]);
    }
    // u keeps its rows; its key to t went with t, and comes back with t's rows.
    assert!(!all.iter().any(|sql| sql.contains("public.u")), "{all:#?}");
    assert_eq!(
        plan["after_refetch"],
        json!(["ALTER TABLE public.u ADD CONSTRAINT u_t FOREIGN KEY (id) REFERENCES public.t(id)"])
    );
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 100, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn traces_tell_what_was_held_at_every_entry((a, b) in models()) {
        let ledger = Ledger { models: vec![a.clone(), b.clone()], pruned: 2 };
        let (_, traces) = ledger.traces();
        for (seq, model) in [(1, &a), (2, &b)] {
            let held: BTreeSet<_> = traces.iter().filter(|trace| trace.held_at(seq)).map(|trace| (trace.id, trace.name.clone())).collect();
            let expected: BTreeSet<_> = model
                .iter()
                .filter_map(|(id, object)| Some((*id, electric_schema_core::trace::Named::of(object)?)))
                .collect();
            prop_assert_eq!(held, expected);
        }
        // What is said not to have changed is the same but for text that follows from elsewhere.
        for trace in traces.iter().filter(|trace| trace.held_at(1) && !trace.changed_after(1)) {
            let one = |model: &Objects| Objects::from([(trace.id, model[&trace.id].clone())]);
            let real = diff(&one(&a), &one(&b), &BTreeSet::new());
            // A schema's new name, too.
            let follows = |change: &Change| match change {
                Change::Refresh { .. } | Change::Rename { .. } => true,
                Change::RenameMultirange { before, after, .. } => before.name == after.name,
                _ => false,
            };
            prop_assert!(real.iter().all(follows), "{:?}", real);
        }
    }
}
