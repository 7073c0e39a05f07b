//! Types: domains, composite types, ranges.

use std::collections::{BTreeMap, BTreeSet};

use super::parts::{constraint_part, Parts};
use super::{Identity, Known, Resolver};
use crate::catalog::{RawComposite, RawDataType, RawDomain, RawRange};
use crate::model::{Attribute, CompositeType, DataType, Domain, Object, RangeType};

impl Resolver<'_> {
    /// A type as something else names it.
    pub fn data_type(&self, raw: &RawDataType) -> DataType {
        DataType {
            name: raw.type_name.clone(),
            object: self.ids.get(&raw.type_oid).copied(),
            array: raw.array,
            constrained: false,
            multirange: raw.multirange,
        }
    }

    pub fn domain(&self, raw: &RawDomain) -> Option<Known> {
        let id = *self.ids.get(&raw.oid)?;
        let known = self.known.get(&raw.oid).and_then(|known| match &known.object {
            Object::Domain(domain) => Some((domain, &known.identity)),
            _ => None,
        });
        let mut parts = Parts {
            next: known.map_or(1, |(domain, _)| domain.next_part),
            retyped: false,
            claimed: BTreeSet::new(),
            identity: Identity::default(),
        };
        let constraints = raw
            .constraints
            .iter()
            .map(|constraint| {
                let before = known.and_then(|(domain, identity)| {
                    let known = identity.constraints.get(&constraint.oid);
                    domain.constraints.iter().find(|c| match known {
                        Some(id) => c.id == *id,
                        None => c.name == constraint.name && c.definition == constraint.definition,
                    })
                });
                let id = before.map_or_else(|| parts.fresh(), |before| before.id);
                parts.identity.constraints.insert(constraint.oid, id);
                constraint_part(id, constraint, vec![], None, vec![])
            })
            .collect();
        let domain = Domain {
            name: raw.name.clone(),
            data_type: DataType {
                name: raw.type_name.clone(),
                object: self.ids.get(&raw.type_oid).copied(),
                array: raw.array,
                constrained: false,
                multirange: raw.multirange,
            },
            collation: raw.collation.clone(),
            not_null: raw.not_null,
            default: raw.default.clone(),
            constraints,
            uses: self.ids(raw.uses.iter().copied()),
            next_part: parts.next,
        };
        Some(Known { id, oid: raw.oid, object: Object::Domain(domain), identity: parts.identity })
    }

    pub fn composite(&self, raw: &RawComposite) -> Option<Known> {
        let id = *self.ids.get(&raw.oid)?;
        let known = self.known.get(&raw.oid).and_then(|known| match &known.object {
            Object::Composite(composite) => Some((composite, &known.identity)),
            _ => None,
        });
        let mut next_part = known.map_or(1, |(composite, _)| composite.next_part);
        let mut columns = BTreeMap::new();
        let attributes = raw
            .attributes
            .iter()
            .map(|attribute| {
                let before = known.and_then(|(_, identity)| identity.columns.get(&attribute.attnum).copied());
                let id = before.unwrap_or_else(|| {
                    next_part += 1;
                    next_part - 1
                });
                columns.insert(attribute.attnum, id);
                Attribute {
                    id,
                    name: attribute.name.clone(),
                    data_type: self.data_type(&attribute.data_type),
                    collation: attribute.collation.clone(),
                }
            })
            .collect();
        let composite = CompositeType { name: raw.name.clone(), attributes, next_part };
        let identity = Identity { columns, ..Identity::default() };
        Some(Known { id, oid: raw.oid, object: Object::Composite(composite), identity })
    }

    pub fn range(&self, raw: &RawRange) -> Option<Known> {
        let range = RangeType {
            name: raw.name.clone(),
            subtype: self.data_type(&raw.subtype),
            opclass: raw.opclass.clone(),
            collation: raw.collation.clone(),
            difference: raw.difference.clone(),
            multirange_name: raw.multirange_name.clone(),
            uses: self.ids(raw.uses.iter().copied()),
        };
        let id = *self.ids.get(&raw.oid)?;
        Some(Known { id, oid: raw.oid, object: Object::Range(range), identity: Identity::default() })
    }
}
