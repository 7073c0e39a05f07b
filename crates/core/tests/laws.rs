//! Laws that hold whatever the schema.

mod common;

use std::collections::{BTreeMap, BTreeSet};

use common::world::{model, models};
use electric_schema_core::apply::apply;
use electric_schema_core::canonical::canonical;
use electric_schema_core::chain::{Link, Private};
use electric_schema_core::change::{Change, Class, ClassifiedChange, Effect};
use electric_schema_core::classify::{class, classify, Context};
use electric_schema_core::diff::{diff, Objects};
use electric_schema_core::encoding::Hash;
use electric_schema_core::model::{Column, ColumnRef, ColumnValue, DataType, Fill, Object, ObjectId, PartId, Table};
use electric_schema_core::plan::{brings, migrate, Entry, Position, Server};
use electric_schema_core::render::render;
use electric_schema_core::revert::revert;
use electric_schema_core::schema_hash::SchemaSum;
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;
use serde_json::Value;

fn changes(before: &Objects, after: &Objects) -> Vec<Change> {
    diff(before, after, &BTreeSet::new())
}

fn classified(before: &Objects, after: &Objects) -> Vec<ClassifiedChange> {
    let beside_default = BTreeSet::new();
    let around = Objects::new();
    let context = Context { before, after, around: &around, beside_default: &beside_default };
    changes(before, after).into_iter().map(|change| classify(change, &context)).collect()
}

/// An object without what follows from other definitions: the texts that name things, its schema's name, and the next
/// free number.
fn underived(object: &Object) -> Object {
    let mut object = object.clone();
    match &mut object {
        Object::Enum(enumeration) => enumeration.name.schema.clear(),
        Object::Domain(domain) => {
            domain.name.schema.clear();
            underive_type(&mut domain.data_type);
            domain.next_part = 0;
        }
        Object::Sequence(sequence) => {
            sequence.name.schema.clear();
            if let Some(ColumnRef { table_name, column_name, .. }) = &mut sequence.owned_by {
                table_name.schema.clear();
                table_name.name.clear();
                column_name.clear();
            }
        }
        Object::Table(table) => {
            table.name.schema.clear();
            table.partition_key.iter_mut().for_each(|key| key.definition.clear());
            for parent in &mut table.parents {
                (parent.name.schema, parent.name.name) = (String::new(), String::new());
            }
            table.of_type.iter_mut().for_each(underive_type);
            table.next_part = 0;
            table.constraints.iter_mut().for_each(|constraint| constraint.definition.clear());
            table.columns.iter_mut().for_each(underive_column);
            for index in &mut table.indexes {
                index.definition.clear();
                index.predicate.iter_mut().for_each(String::clear);
                index.expressions.iter_mut().for_each(String::clear);
            }
        }
        Object::Composite(composite) => {
            composite.name.schema.clear();
            composite.attributes.iter_mut().for_each(|attribute| underive_type(&mut attribute.data_type));
            composite.next_part = 0;
        }
        Object::Range(range) => {
            range.name.schema.clear();
            range.multirange_name.iter_mut().for_each(|name| name.schema.clear());
            underive_type(&mut range.subtype);
        }
        Object::Routine(routine) => {
            routine.name.schema.clear();
            routine.arguments.clear();
            routine.definition.clear();
            // What it calls is what its text names, as far as it is there.
            routine.uses.clear();
        }
        Object::View(view) => {
            view.name.schema.clear();
            view.query.clear();
            view.columns.iter_mut().for_each(|column| underive_type(&mut column.data_type));
            view.indexes.iter_mut().for_each(|index| index.definition.clear());
            view.next_part = 0;
        }
        Object::Schema(_) | Object::Extension(_) => {}
    }
    object
}

fn underive_type(data_type: &mut DataType) {
    if data_type.object.is_some() {
        data_type.name.clear();
    }
}

fn underive_column(column: &mut Column) {
    underive_type(&mut column.data_type);
    match &mut column.value {
        ColumnValue::Default { sql, .. } | ColumnValue::Generated { sql, .. } => sql.clear(),
        ColumnValue::Identity { sequence, .. } => sequence.schema.clear(),
        ColumnValue::None => {}
    }
}

/// Without the next free numbers, which are never given back.
fn unnumbered(objects: &Objects) -> Objects {
    let mut objects = objects.clone();
    for object in objects.values_mut() {
        match object {
            Object::Table(table) => table.next_part = 0,
            Object::View(view) => view.next_part = 0,
            _ => {}
        }
    }
    objects
}

/// The same definitions under other identities: as another ledger would hold them.
fn renumbered(objects: &Objects) -> Objects {
    let other = |id: ObjectId| ObjectId { seq: 1000 - id.seq, ordinal: 1000 - id.ordinal };
    let part = |id: PartId| 1000 - id;
    // Of indexes that are alike, which one was made first is of consequence.
    let later = |id: PartId| 1000 + id;
    let renumber = |object: &Object| {
        let mut object = object.clone();
        match &mut object {
            Object::Table(Table { columns, constraints, indexes, parents, of_type, partition_key: _, .. }) => {
                parents.iter_mut().for_each(|parent| parent.table = other(parent.table));
                of_type.iter_mut().for_each(|data_type| data_type.object = data_type.object.map(other));
                for column in columns {
                    column.id = part(column.id);
                    column.data_type.object = column.data_type.object.map(other);
                    if let ColumnValue::Default { id, uses, .. } | ColumnValue::Generated { id, uses, .. } =
                        &mut column.value
                    {
                        *id = part(*id);
                        uses.iter_mut().for_each(|id| *id = other(*id));
                    }
                }
                for constraint in constraints {
                    constraint.id = part(constraint.id);
                    constraint.references = constraint.references.map(other);
                    constraint.columns.iter_mut().for_each(|id| *id = part(*id));
                }
                for index in indexes {
                    index.id = later(index.id);
                    index.columns.iter_mut().for_each(|id| *id = part(*id));
                    index.part_of = index.part_of.map(later);
                }
            }
            Object::Domain(domain) => {
                domain.data_type.object = domain.data_type.object.map(other);
                domain.constraints.iter_mut().for_each(|constraint| constraint.id = part(constraint.id));
            }
            Object::Sequence(sequence) => {
                if let Some(owner) = &mut sequence.owned_by {
                    owner.table = other(owner.table);
                    owner.column = part(owner.column);
                }
            }
            Object::Composite(composite) => {
                for attribute in &mut composite.attributes {
                    attribute.id = part(attribute.id);
                    attribute.data_type.object = attribute.data_type.object.map(other);
                }
            }
            Object::Range(range) => range.subtype.object = range.subtype.object.map(other),
            Object::Routine(routine) => {
                routine.body = part(routine.body);
                routine.uses.iter_mut().for_each(|id| *id = other(*id));
            }
            Object::View(view) => {
                view.body = part(view.body);
                view.uses.iter_mut().for_each(|id| *id = other(*id));
                for column in &mut view.columns {
                    column.id = part(column.id);
                    column.data_type.object = column.data_type.object.map(other);
                }
                for index in &mut view.indexes {
                    index.id = part(index.id);
                    index.columns.iter_mut().for_each(|id| *id = part(*id));
                }
            }
            Object::Schema(_) | Object::Extension(_) | Object::Enum(_) => {}
        }
        object
    };
    objects.iter().map(|(id, object)| (other(*id), renumber(object))).collect()
}

/// JSON with its keys in jsonb's order: shorter ones first.
fn as_jsonb(value: &Value) -> String {
    match value {
        Value::Object(fields) => {
            let mut fields: Vec<(&String, &Value)> = fields.iter().collect();
            fields.sort_by_key(|(key, _)| (key.len(), *key));
            let fields: Vec<String> = fields
                .into_iter()
                .map(|(key, value)| format!("{}: {}", Value::from(key.as_str()), as_jsonb(value)))
                .collect();
            format!("{{{}}}", fields.join(", "))
        }
        Value::Array(items) => format!("[{}]", items.iter().map(as_jsonb).collect::<Vec<_>>().join(", ")),
        scalar => scalar.to_string(),
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_model_does_not_differ_from_itself(a in model()) {
        prop_assert_eq!(changes(&a, &a), vec![]);
    }

    #[test]
    fn applying_the_difference_gives_the_other_model((a, b) in models()) {
        for (from, to) in [(&a, &b), (&Objects::new(), &b), (&b, &Objects::new())] {
            let mut reached = from.clone();
            for change in changes(from, to) {
                apply(&mut reached, &change).map_err(|error| TestCaseError::fail(error.to_string()))?;
            }
            prop_assert_eq!(&reached, to);
        }
    }

    #[test]
    fn reverting_the_difference_gives_the_first_model((a, b) in models()) {
        for (from, to) in [(&a, &b), (&Objects::new(), &b), (&b, &Objects::new())] {
            let mut reached = to.clone();
            revert(&mut reached, changes(from, to).iter()).map_err(|error| TestCaseError::fail(error.to_string()))?;
            prop_assert_eq!(unnumbered(&reached), unnumbered(from));
        }
    }

    #[test]
    fn a_refresh_changes_derived_text_only((a, b) in models()) {
        let changes = changes(&a, &b);
        let renamed = |from: &str, to: &str| changes.iter().any(|change| match change {
            Change::Rename { before: Object::Schema(schema), after, .. } => schema.name == from && after.name == to,
            _ => false,
        });
        for change in &changes {
            if let Change::Refresh { before, after, .. } = change {
                if let (Some(old), Some(new)) = (before.qualified_name(), after.qualified_name()) {
                    prop_assert!(old.schema == new.schema || renamed(&old.schema, &new.schema), "{:?}", change);
                }
                prop_assert_eq!(underived(before), underived(after));
            }
        }
    }

    #[test]
    fn a_change_is_additive_when_it_has_no_effect((a, b) in models()) {
        let all = classified(&a, &b);
        for change in &all {
            let effects: BTreeSet<Effect> = change.reasons.iter().flat_map(|reason| reason.effects()).copied().collect();
            prop_assert_eq!(&change.effects, &effects.into_iter().collect::<Vec<_>>());
            prop_assert_eq!(change.effects.is_empty(), change.reasons.is_empty());
        }
        let additive = all.iter().all(|change| change.effects.is_empty());
        prop_assert_eq!(class(&all) == Class::Additive, additive);
    }

    #[test]
    fn what_only_comes_is_additive(a in model()) {
        prop_assert_eq!(class(&classified(&Objects::new(), &a)), Class::Additive);
    }

    #[test]
    fn a_sum_forgets_the_order_and_what_was_taken_away((a, b) in models(), order in any::<prop::sample::Index>()) {
        let mut objects: Vec<&Object> = b.values().collect();
        if !objects.is_empty() {
            let middle = order.index(objects.len());
            objects.rotate_left(middle);
        }
        let mut sum = SchemaSum::of(a.values());
        for object in objects {
            sum.add(object);
        }
        a.values().for_each(|object| sum.remove(object));
        prop_assert!(sum == SchemaSum::of(b.values()));
    }

    #[test]
    fn the_schema_hash_knows_definitions_only(a in model()) {
        let mut other = renumbered(&a);
        for object in other.values_mut() {
            if let Object::Table(table) = object {
                table.next_part += 7;
                for column in &mut table.columns {
                    column.fill = Fill::Value { text: "another".into() };
                    column.values_version += 3;
                }
            }
        }
        prop_assert_eq!(SchemaSum::of(a.values()).hash(), SchemaSum::of(other.values()).hash());
    }

    #[test]
    fn other_definitions_have_another_schema_hash((a, b) in models()) {
        let visible = |change: &ClassifiedChange| match &change.change {
            Change::RewriteValues(_) => false,
            // Another default with the same text is the same definition.
            Change::SetDefault(c) => definition_of(&c.before) != definition_of(&c.after),
            Change::SetExpression(c) => definition_of(&c.before) != definition_of(&c.after),
            Change::SetType(c) => c.before.data_type.name != c.after.data_type.name || c.before.collation != c.after.collation,
            Change::Create { after: object, .. } | Change::Drop { before: object, .. } => !matches!(object, Object::Extension(_)),
            Change::Refresh { .. } => false,
            _ => true,
        };
        if classified(&a, &b).iter().any(visible) {
            prop_assert_ne!(SchemaSum::of(a.values()).hash(), SchemaSum::of(b.values()).hash());
        }
    }

    #[test]
    fn changes_survive_jsonb((a, b) in models()) {
        let all = classified(&a, &b);
        let written = serde_json::to_value(&all).unwrap();
        let stored: Value = serde_json::from_str(&as_jsonb(&written)).unwrap();
        prop_assert_eq!(canonical(&all).unwrap(), canonical(&stored).unwrap());
        prop_assert_eq!(serde_json::from_value::<Vec<ClassifiedChange>>(stored).unwrap(), all);
    }

    #[test]
    fn what_brings_nothing_need_not_be_read((a, b) in models()) {
        let link = Link {
            parent_hash: Hash([0; 32]), seq: 1, class: Class::Additive, reset_version: 0, schema_hash: Hash([0; 32]), statements: vec![],
            changes_digest: Hash([0; 32]), private_digest: Hash([0; 32]),
        };
        let server = Server { head: Position { seq: 1, hash: link.hash(), reset_version: 0 }, version: 150_000 };
        let answer = |changes| migrate(&server, &[Entry { hash: link.hash(), link: link.clone(), changes }]);
        for change in classified(&a, &b) {
            let written = serde_json::to_value(&change).unwrap();
            if !brings(|path| path.iter().try_fold(&written, |value, key| value.get(key))?.as_str()) {
                prop_assert_eq!(answer(vec![change]), answer(vec![]), "{}", written);
            }
        }
    }

    #[test]
    fn no_statement_cascades((a, b) in models()) {
        for sql in render(&changes(&a, &b), &a, &b) {
            prop_assert!(!sql.contains("CASCADE"), "{}", sql);
        }
    }

    #[test]
    fn additive_changes_drop_nothing((a, b) in models()) {
        let additive: Vec<Change> =
            classified(&a, &b).into_iter().filter(|c| c.effects.is_empty()).map(|c| c.change).collect();
        for sql in render(&additive, &a, &b) {
            for words in ["DROP TABLE", "DROP COLUMN", "DROP TYPE", "DROP SEQUENCE", "DROP SCHEMA"] {
                prop_assert!(!sql.contains(words), "{}", sql);
            }
        }
    }

    #[test]
    fn statements_do_not_depend_on_identities((a, b) in models()) {
        let (other_a, other_b) = (renumbered(&a), renumbered(&b));
        let statements = render(&changes(&a, &b), &a, &b);
        prop_assert_eq!(&statements, &render(&changes(&a, &b), &a, &b));
        prop_assert_eq!(statements, render(&changes(&other_a, &other_b), &other_a, &other_b));
    }

    #[test]
    fn any_other_field_or_byte_breaks_the_chain(chain in chain(), at in any::<prop::sample::Index>(), field in 0..9usize, byte in 0..32usize) {
        let at = at.index(chain.len());
        let mut forged = chain[at].clone();
        match field {
            0 => forged.parent_hash.0[byte] ^= 1,
            1 => forged.seq += 1,
            2 => forged.class = if forged.class == Class::Additive { Class::Destructive } else { Class::Additive },
            3 => forged.reset_version ^= 1 << byte,
            4 => forged.schema_hash.0[byte] ^= 128,
            5 => forged.statements.push(String::new()),
            6 => match forged.statements.first_mut() {
                Some(statement) => statement.insert(0, ' '),
                None => forged.statements.push(" ".into()),
            },
            7 => forged.changes_digest.0[byte] ^= 2,
            _ => forged.private_digest.0[byte] ^= 4,
        }
        prop_assert_ne!(forged.hash(), chain[at].hash());
        // Whoever hashes it anew breaks the next entry, up to a head that some client still remembers.
        let mut parent = forged.hash();
        for link in &chain[at + 1..] {
            prop_assert_ne!(link.parent_hash, parent);
            parent = Link { parent_hash: parent, ..link.clone() }.hash();
        }
        prop_assert_ne!(parent, chain[chain.len() - 1].hash());
    }

    #[test]
    fn statements_do_not_run_into_one_another(texts in proptest::collection::vec("[a-c]{0,3}", 2..5), at in any::<prop::sample::Index>()) {
        let link = Link { statements: texts.clone(), ..link(Hash([0; 32]), 1) };
        let mut joined = texts;
        let second = joined.remove(1 + at.index(joined.len() - 1));
        joined[0].push_str(&second);
        prop_assert_ne!(Link { statements: joined, ..link.clone() }.hash(), link.hash());
    }
}

fn definition_of(column: &Column) -> Option<(&str, bool)> {
    match &column.value {
        ColumnValue::Default { sql, .. } => Some((sql, false)),
        ColumnValue::Generated { sql, .. } => Some((sql, true)),
        ColumnValue::None | ColumnValue::Identity { .. } => None,
    }
}

fn link(parent_hash: Hash, seq: u64) -> Link {
    Link {
        parent_hash,
        seq,
        class: Class::Additive,
        reset_version: 0,
        schema_hash: Hash([1; 32]),
        statements: vec![],
        changes_digest: Hash([2; 32]),
        private_digest: Hash([3; 32]),
    }
}

fn chain() -> impl Strategy<Value = Vec<Link>> {
    let entry = (any::<bool>(), any::<[u8; 32]>(), proptest::collection::vec(".{0,12}", 0..3), any::<[u8; 32]>());
    (any::<[u8; 32]>(), proptest::collection::vec(entry, 1..6)).prop_map(|(genesis, entries)| {
        let mut chain: Vec<Link> = Vec::new();
        for (seq, (additive, digest, statements, private)) in (1..).zip(entries) {
            let parent = chain.last().map_or(Hash(genesis), Link::hash);
            chain.push(Link {
                class: if additive { Class::Additive } else { Class::Destructive },
                schema_hash: Hash(digest),
                statements,
                changes_digest: Hash(private),
                private_digest: Hash(digest),
                ..link(parent, seq)
            });
        }
        chain
    })
}

#[test]
fn every_field_of_the_private_part_counts() {
    let private = Private {
        salt: vec![1; 32],
        source: vec!["a".into(), "b".into()],
        recorded_by: "app".into(),
        recorded_at: -1,
        application_name: "psql".into(),
        xid: 7,
        lsn: 8,
        label: None,
    };
    let forgeries = [
        Private { salt: vec![2; 32], ..private.clone() },
        Private { source: vec!["ab".into()], ..private.clone() },
        Private { source: vec!["a".into(), "b".into(), String::new()], ..private.clone() },
        Private { recorded_by: "ap".into(), application_name: "ppsql".into(), ..private.clone() },
        Private { recorded_at: 1, ..private.clone() },
        Private { xid: 8, lsn: 7, ..private.clone() },
        Private { lsn: 9, ..private.clone() },
        Private { label: Some(String::new()), ..private.clone() },
    ];
    let mut digests: BTreeSet<Hash> = forgeries.iter().map(Private::digest).collect();
    digests.insert(private.digest());
    assert_eq!(digests.len(), forgeries.len() + 1);
}

/// The laws are worth what their inputs reach.
#[test]
fn the_inputs_reach_every_kind_of_change() {
    let mut runner = TestRunner::deterministic();
    let mut seen: BTreeMap<String, usize> = common::change_tags().into_iter().map(|tag| (tag, 0)).collect();
    assert!(seen.len() > 30, "{seen:?}");
    for _ in 0..1000 {
        let (a, b) = models().new_tree(&mut runner).unwrap().current();
        for change in changes(&a, &b) {
            let json = serde_json::to_value(&change).unwrap();
            *seen.get_mut(json["change"].as_str().unwrap()).unwrap() += 1;
        }
    }
    let rare: Vec<_> = seen.iter().filter(|(_, count)| **count < 5).collect();
    assert!(rare.is_empty(), "{rare:?}");
}
