//! Types and sequences.

use super::{Phase, Steps};
use crate::expression::reparsable;
use crate::model::{Attribute, CompositeType, Constraint, Domain, QualifiedName, RangeType, Sequence, SequenceOptions};
use crate::quote::{ident, literal, qualified};

impl Steps<'_> {
    pub(super) fn create_domain(&mut self, domain: &Domain) {
        let (checks, later): (Vec<&Constraint>, Vec<&Constraint>) =
            domain.constraints.iter().partition(|c| c.validated);
        let mut create = format!("CREATE DOMAIN {} AS {}", qualified(&domain.name), domain.data_type.name);
        if let Some(collation) = &domain.collation {
            create.push_str(&format!(" COLLATE {collation}"));
        }
        if let Some(default) = &domain.default {
            create.push_str(&format!(" DEFAULT {}", reparsable(default)));
        }
        if domain.not_null {
            create.push_str(" NOT NULL");
        }
        for check in checks {
            create.push_str(&format!(" {}", super::table::constraint_clause(check)));
        }
        // Its checks may name attributes that the type gets first.
        let waits = domain.data_type.object.is_some_and(|id| self.altered.contains(&id));
        self.push(if waits { Phase::AlterTypes } else { Phase::CreateTypes }, create);
        later.into_iter().for_each(|constraint| self.add_domain_constraint(domain, constraint));
    }

    fn add_domain_constraint(&mut self, domain: &Domain, constraint: &Constraint) {
        let not_valid = if constraint.validated { "" } else { " NOT VALID" };
        self.push(
            Phase::AlterTypes,
            format!(
                "ALTER DOMAIN {} ADD {}{not_valid}",
                qualified(&domain.name),
                super::table::constraint_clause(constraint)
            ),
        );
    }

    pub(super) fn alter_domain(&mut self, before: &Domain, after: &Domain) {
        let alter = format!("ALTER DOMAIN {}", qualified(&after.name));
        for constraint in &before.constraints {
            match after.constraints.iter().find(|c| c.id == constraint.id) {
                None => self.push(Phase::AlterTypes, format!("{alter} DROP CONSTRAINT {}", ident(&constraint.name))),
                Some(kept) => {
                    if kept.name != constraint.name {
                        let (from, to) = (ident(&constraint.name), ident(&kept.name));
                        self.push(Phase::AlterTypes, format!("{alter} RENAME CONSTRAINT {from} TO {to}"));
                    }
                    if kept.validated && !constraint.validated {
                        self.push(Phase::AlterTypes, format!("{alter} VALIDATE CONSTRAINT {}", ident(&kept.name)));
                    }
                }
            }
        }
        if before.default != after.default {
            let default = after.default.as_ref();
            let change = default.map_or("DROP DEFAULT".to_owned(), |sql| format!("SET DEFAULT {}", reparsable(sql)));
            self.push(Phase::Values, format!("{alter} {change}"));
        }
        if before.not_null != after.not_null {
            let change = if after.not_null { "SET NOT NULL" } else { "DROP NOT NULL" };
            self.push(Phase::AlterTypes, format!("{alter} {change}"));
        }
        for constraint in &after.constraints {
            if !before.constraints.iter().any(|c| c.id == constraint.id) {
                self.add_domain_constraint(after, constraint);
            }
        }
    }

    pub(super) fn create_composite(&mut self, composite: &CompositeType) {
        let attributes: Vec<String> = composite.attributes.iter().map(attribute).collect();
        self.push(
            Phase::CreateTypes,
            format!("CREATE TYPE {} AS ({})", qualified(&composite.name), attributes.join(", ")),
        );
    }

    pub(super) fn alter_composite(&mut self, before: &CompositeType, after: &CompositeType) {
        let alter = format!("ALTER TYPE {}", qualified(&after.name));
        let find = |composite: &CompositeType, id| composite.attributes.iter().find(|a| a.id == id).cloned();
        for gone in before.attributes.iter().filter(|a| find(after, a.id).is_none()) {
            self.push(Phase::AlterTypes, format!("{alter} DROP ATTRIBUTE {}", ident(&gone.name)));
        }
        let kept: Vec<(Attribute, &Attribute)> =
            after.attributes.iter().filter_map(|now| Some((find(before, now.id)?, now))).collect();
        let renamed = || kept.iter().filter(|(was, now)| was.name != now.name);
        let crossing = renamed().any(|(_, now)| renamed().any(|(other, _)| other.name == now.name));
        let mut rename = |from: &str, to: &str| {
            self.push(Phase::AlterTypes, format!("{alter} RENAME ATTRIBUTE {} TO {}", ident(from), ident(to)));
        };
        if crossing {
            renamed().for_each(|(was, _)| rename(&was.name, &crate::rename::aside(&was.name)));
        }
        for (was, now) in renamed() {
            let from = if crossing { crate::rename::aside(&was.name) } else { was.name.clone() };
            rename(&from, &now.name);
        }
        for (was, now) in &kept {
            if !was.data_type.is(&now.data_type) || was.collation != now.collation {
                let (name, data_type) = (ident(&now.name), attribute_type(now));
                self.push(Phase::AlterTypes, format!("{alter} ALTER ATTRIBUTE {name} TYPE {data_type}"));
            }
        }
        for new in after.attributes.iter().filter(|a| find(before, a.id).is_none()) {
            self.push(Phase::AlterTypes, format!("{alter} ADD ATTRIBUTE {}", attribute(new)));
        }
    }

    pub(super) fn create_range(&mut self, range: &RangeType) {
        let mut options =
            vec![format!("SUBTYPE = {}", range.subtype.name), format!("SUBTYPE_OPCLASS = {}", range.opclass)];
        options.extend(range.collation.as_ref().map(|collation| format!("COLLATION = {collation}")));
        options.extend(range.difference.as_ref().map(|function| format!("SUBTYPE_DIFF = {function}")));
        options
            .extend(range.multirange_name.as_ref().map(|name| format!("MULTIRANGE_TYPE_NAME = {}", qualified(name))));
        self.push(
            Phase::CreateTypes,
            format!("CREATE TYPE {} AS RANGE ({})", qualified(&range.name), options.join(", ")),
        );
    }

    pub(super) fn rename_labels(&mut self, name: &QualifiedName, before: &[String], after: &[String]) {
        let renames: Vec<(&String, &String)> =
            before.iter().zip(after).filter(|(before, after)| before != after).collect();
        let crossing = renames.iter().any(|(_, target)| before.contains(target));
        let mut rename = |from: &str, to: &str| {
            self.push(
                Phase::CreateTypes,
                format!("ALTER TYPE {} RENAME VALUE {} TO {}", qualified(name), literal(from), literal(to)),
            );
        };
        if crossing {
            renames.iter().for_each(|(from, _)| rename(from, &crate::rename::aside(from)));
            renames.iter().for_each(|(from, to)| rename(&crate::rename::aside(from), to));
        } else {
            renames.iter().for_each(|(from, to)| rename(from, to));
        }
    }

    pub(super) fn own(&mut self, sequence: &Sequence) {
        if let Some(owner) = &sequence.owned_by {
            let (name, table, column) =
                (qualified(&sequence.name), qualified(&owner.table_name), ident(&owner.column_name));
            self.push(Phase::Own, format!("ALTER SEQUENCE {name} OWNED BY {table}.{column}"));
        }
    }
}

fn attribute(attribute: &Attribute) -> String {
    format!("{} {}", ident(&attribute.name), attribute_type(attribute))
}

fn attribute_type(attribute: &Attribute) -> String {
    match &attribute.collation {
        Some(collation) => format!("{} COLLATE {collation}", attribute.data_type.name),
        None => attribute.data_type.name.clone(),
    }
}

/// The options of an identity column's sequence; its type is the column's.
pub(super) fn identity_options(options: &SequenceOptions) -> String {
    format!(
        "INCREMENT BY {} MINVALUE {} MAXVALUE {} START WITH {} CACHE {} {}",
        options.increment,
        options.min,
        options.max,
        options.start,
        options.cache,
        if options.cycle { "CYCLE" } else { "NO CYCLE" }
    )
}

pub(super) fn sequence_options(options: &SequenceOptions) -> String {
    format!("AS {} {}", options.data_type, identity_options(options))
}

/// The options that a sequence has now. It may stand beyond its new bounds.
pub(super) fn altered_options(before: &SequenceOptions, after: &SequenceOptions) -> String {
    let restart = if after.min > before.min || after.max < before.max { " RESTART" } else { "" };
    format!("{}{restart}", sequence_options(after))
}
