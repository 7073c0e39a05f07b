//! Laws of the order in which statements come, whatever the schema.

mod common;

use std::collections::BTreeSet;

use common::world::{model, models};
use electric_schema_core::change::Change;
use electric_schema_core::diff::{diff, Objects};
use electric_schema_core::model::{Object, Parent, Table};
use electric_schema_core::quote::qualified;
use electric_schema_core::render::render;
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;

fn changes(before: &Objects, after: &Objects) -> Vec<Change> {
    diff(before, after, &BTreeSet::new())
}

fn replay(before: &Objects, after: &Objects) -> Vec<String> {
    render(&changes(before, after), before, after)
}

/// How the statement goes on that creates an object.
fn creation(object: &Object) -> Option<String> {
    let name = qualified(object.qualified_name()?);
    Some(match object {
        Object::Schema(_) | Object::Extension(_) => return None,
        Object::Enum(_) | Object::Composite(_) | Object::Range(_) => format!("TYPE {name} AS"),
        Object::Domain(_) => format!("DOMAIN {name} AS"),
        Object::Sequence(_) => format!("SEQUENCE {name} "),
        Object::Routine(routine) => format!("{} {name}({})", routine.routine.keyword(), routine.arguments),
        Object::Table(_) => format!("TABLE {name} ("),
        Object::View(_) => format!("VIEW {name} "),
    })
}

fn begins(sql: &str, verb: &str, object: &Object) -> bool {
    let rest = sql.strip_prefix(verb);
    creation(object).is_some_and(|creation| rest.is_some_and(|rest| rest.starts_with(&creation)))
}

/// Where an object is created, or replaced.
fn created_at(statements: &[String], object: &Object) -> Option<usize> {
    let verbs = ["CREATE ", "CREATE OR REPLACE ", "CREATE UNLOGGED ", "CREATE MATERIALIZED "];
    statements.iter().position(|sql| verbs.iter().any(|verb| begins(sql, verb, object)))
}

/// Where an object is dropped under its name.
fn dropped_at(statements: &[String], object: &Object) -> Option<usize> {
    let name = qualified(object.qualified_name()?);
    let drop = match object {
        Object::Schema(_) | Object::Extension(_) => return None,
        Object::Enum(_) | Object::Composite(_) | Object::Range(_) => format!("DROP TYPE {name}"),
        Object::Domain(_) => format!("DROP DOMAIN {name}"),
        Object::Sequence(_) => format!("DROP SEQUENCE {name}"),
        Object::Routine(routine) => format!("DROP {} {name}({})", routine.routine.keyword(), routine.arguments),
        Object::Table(_) => format!("DROP TABLE {name}"),
        Object::View(view) if view.materialized => format!("DROP MATERIALIZED VIEW {name}"),
        Object::View(_) => format!("DROP VIEW {name}"),
    };
    statements.iter().position(|sql| *sql == drop)
}

/// Objects and what they need, but for routines that call one another: they do so by name, at any time.
fn needs(objects: &Objects) -> Vec<(&Object, &Object)> {
    let needs = |object: &Object| object.needs().into_iter().filter_map(|need| objects.get(&need)).collect::<Vec<_>>();
    let pairs = objects.values().flat_map(|object| needs(object).into_iter().map(move |need| (object, need)));
    pairs.filter(|pair| !matches!(pair, (Object::Routine(_), Object::Routine(_)))).collect()
}

/// Tables, and those that they are children of, the same way before and after.
fn lasting<'a>(a: &'a Objects, b: &'a Objects) -> Vec<(&'a Table, &'a Table)> {
    let children = b.iter().filter_map(|(id, object)| Some((a.get(id)?.as_table()?, object.as_table()?)));
    let pairs = children.flat_map(|(was, is)| {
        let stays = |p: &&Parent| was.parents.iter().any(|q| (p.table, &p.bound) == (q.table, &q.bound));
        is.parents.iter().filter(stays).filter_map(move |parent| Some((is, b.get(&parent.table)?.as_table()?)))
    });
    pairs.collect()
}

/// The part of what is done to a parent that no child must be told again, as it is done to its children as well.
fn reaches_children(action: &str) -> Option<&str> {
    if action.starts_with("RENAME COLUMN ") {
        return Some(action);
    }
    let (verb, name) =
        ["ADD COLUMN ", "ALTER COLUMN "].iter().find_map(|verb| Some((verb, action.strip_prefix(verb)?)))?;
    let end = match name.strip_prefix('"') {
        Some(quoted) => 2 + quoted.replace("\"\"", "__").find('"')?,
        None => name.find(' ')?,
    };
    match &name[end..] {
        _ if *verb == "ADD COLUMN " => Some(&action[..=verb.len() + end]),
        " SET NOT NULL" => Some(action),
        what if what.starts_with(" TYPE ") => Some(&action[..verb.len() + end + " TYPE ".len()]),
        _ => None,
    }
}

/// What a statement does to this table.
fn action<'a>(sql: &'a str, table: &Table) -> Option<&'a str> {
    sql.strip_prefix(&*format!("ALTER TABLE {} ", qualified(&table.name)))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn creations_come_after_what_they_need(a in model()) {
        let statements = replay(&Objects::new(), &a);
        for object in a.values().filter(|object| object.qualified_name().is_some()) {
            prop_assert!(created_at(&statements, object).is_some(), "{:?}\n{:#?}", object, statements);
        }
        for (object, need) in needs(&a) {
            prop_assert!(created_at(&statements, object) > created_at(&statements, need), "{:#?}", statements);
        }
    }

    #[test]
    fn drops_come_before_what_they_needed(a in model()) {
        let statements = replay(&a, &Objects::new());
        for object in a.values() {
            // Some sequences go with their owners.
            if !matches!(object, Object::Sequence(_) | Object::Schema(_) | Object::Extension(_)) {
                prop_assert!(dropped_at(&statements, object).is_some(), "{:?}\n{:#?}", object, statements);
            }
        }
        for (object, need) in needs(&a) {
            prop_assert!(dropped_at(&statements, object) < dropped_at(&statements, need), "{:#?}", statements);
        }
    }

    #[test]
    fn what_is_new_or_replaced_comes_after_what_it_needs((a, b) in models()) {
        let statements = replay(&a, &b);
        for (object, need) in needs(&b) {
            if let (Some(created), Some(needed)) = (created_at(&statements, object), created_at(&statements, need)) {
                prop_assert!(created > needed, "{:#?}", statements);
            }
        }
    }

    #[test]
    fn a_view_that_goes_takes_its_readers_along((a, b) in models()) {
        let statements = replay(&a, &b);
        for (reader, read) in needs(&a).into_iter().filter(|(_, read)| read.as_view().is_some()) {
            if let Some(dropped) = dropped_at(&statements, read) {
                let first = dropped_at(&statements, reader);
                prop_assert!(first.is_some_and(|first| first < dropped), "{:?}\n{:#?}", reader, statements);
            }
        }
    }

    #[test]
    fn a_view_is_replaced_or_created_and_never_both((a, b) in models()) {
        let statements = replay(&a, &b);
        for (id, object) in b.iter().filter(|(_, object)| object.as_view().is_some()) {
            let count = |verb: &str| statements.iter().filter(|sql| begins(sql, verb, object)).count();
            let (replaced, created) = (count("CREATE OR REPLACE "), count("CREATE ") + count("CREATE MATERIALIZED "));
            prop_assert!(replaced + created <= 1, "{:#?}", statements);
            let dropped = a.get(id).is_some_and(|before| dropped_at(&statements, before).is_some());
            prop_assert_eq!(created == 1, !a.contains_key(id) || dropped, "{:#?}", statements);
        }
    }

    #[test]
    fn what_reaches_children_by_itself_is_said_once((a, b) in models()) {
        let statements = replay(&a, &b);
        for (child, parent) in lasting(&a, &b) {
            for (at, said) in statements.iter().enumerate().filter_map(|(at, sql)| Some((at, reaches_children(action(sql, parent)?)?))) {
                let again = statements.iter().position(|sql| action(sql, child).is_some_and(|sql| sql.starts_with(said)));
                // A child that is no partition has columns of its own, in its own order: its parent's merge into them.
                let merges = said.starts_with("ADD COLUMN ") && !child.is_partition();
                prop_assert!(again.is_none_or(|again| merges && again < at), "{}: {:#?}", said, statements);
            }
        }
    }

    #[test]
    fn children_give_up_what_their_parents_had_only_where_it_is_left((a, b) in models()) {
        let statements = replay(&a, &b);
        for (child, _) in lasting(&a, &b) {
            for dropped in statements.iter().filter_map(|sql| action(sql, child)?.strip_prefix("DROP ")) {
                prop_assert!(dropped.contains("IF EXISTS ") || dropped.starts_with("EXPRESSION"), "{:#?}", statements);
            }
        }
    }
}

/// The laws are worth what their inputs reach.
#[test]
fn the_inputs_reach_families_and_views() {
    let mut runner = TestRunner::deterministic();
    let (mut said, mut rebuilt, mut replaced) = (0, 0, 0);
    for _ in 0..500 {
        let (a, b) = models().new_tree(&mut runner).unwrap().current();
        let statements = replay(&a, &b);
        let actions =
            |parent| statements.iter().filter(move |sql| action(sql, parent).and_then(reaches_children).is_some());
        said += lasting(&a, &b).into_iter().map(|(_, parent)| actions(parent).count()).sum::<usize>();
        let goes = |id, object: &Object| {
            b.contains_key(id) && object.as_view().is_some() && dropped_at(&statements, object).is_some()
        };
        rebuilt += a.iter().filter(|(id, object)| goes(id, object)).count();
        replaced += statements.iter().filter(|sql| sql.starts_with("CREATE OR REPLACE VIEW")).count();
    }
    assert!(said > 20 && rebuilt > 20 && replaced > 20, "{said} {rebuilt} {replaced}");
}
