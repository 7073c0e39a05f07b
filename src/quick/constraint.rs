//! Constraints: pg_constraint.

use std::sync::OnceLock;

use electric_schema_core::catalog::RawConstraint;
use electric_schema_core::model::{ConstraintKind, Timing};

use super::depend::Depend;
use super::index;
use super::reader::Reader;
use super::table::Table;
use crate::sys::{self, Oid, Row};

/// By OID.
pub const OID_INDEX: Oid = 2667;
/// By table.
pub const TABLE_INDEX: Oid = 2665;

/// The columns of pg_constraint: newer versions have more of them in between.
pub struct Columns {
    pub name: i16,
    pub kind: i16,
    pub deferrable: i16,
    pub deferred: i16,
    pub validated: i16,
    pub table: i16,
    pub index: i16,
    pub parent: i16,
    pub referenced: i16,
    pub key: i16,
    /// From PostgreSQL 17 on.
    pub period: Option<i16>,
    /// From PostgreSQL 18 on.
    pub enforced: Option<i16>,
}

/// Looked up once in a session.
pub fn columns() -> Option<&'static Columns> {
    static COLUMNS: OnceLock<Option<Columns>> = OnceLock::new();
    let column = |name| sys::attribute_number(sys::CONSTRAINT, name);
    let find = || {
        Some(Columns {
            name: column("conname")?,
            kind: column("contype")?,
            deferrable: column("condeferrable")?,
            deferred: column("condeferred")?,
            validated: column("convalidated")?,
            table: column("conrelid")?,
            index: column("conindid")?,
            parent: column("conparentid")?,
            referenced: column("confrelid")?,
            key: column("conkey")?,
            period: column("conperiod"),
            enforced: column("conenforced"),
        })
    };
    COLUMNS.get_or_init(find).as_ref()
}

impl Reader {
    /// The constraints of a table, by name.
    pub fn constraints(&mut self, table: &Table) -> Option<Vec<RawConstraint>> {
        let of = columns()?;
        let mut constraints = vec![];
        for row in table.constraints {
            let oid = row.oid(1)?;
            let kind = match row.byte(of.kind)? {
                b'p' => ConstraintKind::PrimaryKey,
                b'u' => ConstraintKind::Unique,
                b'c' => ConstraintKind::Check,
                b'f' => ConstraintKind::ForeignKey,
                // NOT NULL that rows need not meet: the columns do not tell.
                b'n' if row.bool(of.validated) != Some(true) => return None,
                // NOT NULL is known from the columns; constraint triggers are not distributed.
                b'n' | b't' => continue,
                _ => return None,
            };
            let is_odd = row.oid(of.parent)? != 0
                || of.period.is_some_and(|column| row.bool(column) == Some(true))
                || of.enforced.is_some_and(|column| row.bool(column) == Some(false));
            if is_odd {
                return None;
            }
            let index = row.oid(of.index)?;
            let index_columns = match kind {
                ConstraintKind::PrimaryKey | ConstraintKind::Unique => {
                    let own = table.indexes.iter().find(|own| own.oid == index)?;
                    if !own.plain {
                        return None;
                    }
                    if !own.valid {
                        continue;
                    }
                    own.key.clone()
                }
                ConstraintKind::ForeignKey => index::find(index)?.key,
                ConstraintKind::Check | ConstraintKind::Exclusion => vec![],
            };
            // Keys have columns of the table and nothing else.
            if matches!(kind, ConstraintKind::Check | ConstraintKind::ForeignKey) {
                self.note_enums(&Depend::of(sys::CONSTRAINT, oid).collect::<Vec<_>>(), true)?;
            }
            constraints.push(constraint(row, oid, kind, index_columns)?);
        }
        constraints.sort_by(|a, b| a.name.cmp(&b.name));
        Some(constraints)
    }
}

fn constraint(row: &Row, oid: Oid, kind: ConstraintKind, index_columns: Vec<i16>) -> Option<RawConstraint> {
    let of = columns()?;
    let (deferrable, deferred, validated) = (row.bool(of.deferrable)?, row.bool(of.deferred)?, row.bool(of.validated)?);
    let mut definition = sys::constraint_text(oid)?;
    // In the order in which Postgres appends them.
    let tail = [(deferrable, " DEFERRABLE"), (deferred, " INITIALLY DEFERRED"), (!validated, " NOT VALID")];
    let tail: String = tail.iter().filter(|(is, _)| *is).map(|(_, text)| *text).collect();
    if let Some(start) = definition.strip_suffix(&tail) {
        definition.truncate(start.len());
    }
    let referenced = row.oid(of.referenced)?;
    let refers = kind == ConstraintKind::ForeignKey;
    Some(RawConstraint {
        oid,
        name: row.text(of.name)?,
        kind,
        definition,
        columns: row.int2s(of.key).unwrap_or_default(),
        index_columns,
        references: refers.then_some(referenced),
        refers_to: if refers { Some(sys::relation_identity(referenced)?) } else { None },
        timing: match (deferrable, deferred) {
            (_, true) => Timing::Deferred,
            (true, false) => Timing::Deferrable,
            (false, false) => Timing::Immediate,
        },
        validated,
        uses: vec![],
    })
}
