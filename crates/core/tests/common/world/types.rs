//! Composite types and ranges.

use electric_schema_core::model::{Attribute, CompositeType, Object, ObjectId, PartId, RangeType};

use super::{built_in, fresh, is_type, pick, World, TYPES};

impl World {
    /// Types come, and get other attributes and names.
    pub fn edit_type(&mut self, kind: u8, a: usize, b: usize, c: usize) -> Option<()> {
        match kind {
            52 | 53 => {
                let name = self.place(a);
                let mut composite = CompositeType { name, attributes: vec![], next_part: 1 };
                for i in 0..b % 4 {
                    let attribute = self.new_attribute(&mut composite.next_part, c + i);
                    composite.attributes.push(attribute);
                }
                self.create(Object::Composite(composite));
            }
            54 | 55 => {
                let id = pick(self.ids(|object| matches!(object, Object::Composite(_))), a)?;
                let mut next = self.composite(id)?.next_part;
                let new = self.new_attribute(&mut next, c);
                // A type cannot be made of itself.
                let circular = new.data_type.object.is_some_and(|other| self.reaches(other, id));
                let composite = self.composite(id)?;
                let count = composite.attributes.len().max(1);
                match c % 5 {
                    0 => drop(composite.attributes.pop()),
                    1 => composite.attributes.get_mut(b % count)?.name = new.name,
                    2 if !circular => composite.attributes.get_mut(b % count)?.data_type = new.data_type,
                    3 => composite.attributes.get_mut(b % count)?.collation = new.collation,
                    _ if !circular => {
                        composite.next_part = next;
                        composite.attributes.push(new);
                    }
                    _ => {}
                }
            }
            56 => {
                let (name, multirange) = (self.place(a), self.place(b));
                self.create(Object::Range(RangeType {
                    name,
                    subtype: built_in(TYPES[c % TYPES.len()]),
                    opclass: "pg_catalog.btree_ops".into(),
                    collation: None,
                    difference: None,
                    multirange_name: (c % 5 != 0).then_some(multirange),
                    uses: vec![],
                }));
            }
            _ => {
                let multirange = self.place(b);
                let id = pick(self.ids(|object| matches!(object, Object::Range(_))), a)?;
                if let Some(Object::Range(range)) = self.objects.get_mut(&id) {
                    range.multirange_name.iter_mut().for_each(|name| name.clone_from(&multirange));
                }
            }
        }
        Some(())
    }

    fn new_attribute(&mut self, next: &mut PartId, choice: usize) -> Attribute {
        let types = self.ids(is_type);
        let mut data_type = built_in(TYPES[choice % TYPES.len()]);
        data_type.object = if choice % 3 == 0 { pick(types, choice) } else { None };
        let collation = (choice % 7 == 3 && data_type.object.is_none()).then(|| "pg_catalog.\"C\"".to_owned());
        Attribute { id: fresh(next), name: self.name(choice), data_type, collation }
    }

    fn composite(&mut self, id: ObjectId) -> Option<&mut CompositeType> {
        match self.objects.get_mut(&id) {
            Some(Object::Composite(composite)) => Some(composite),
            _ => None,
        }
    }

    /// Whether the one needs the other, however indirectly, or is it.
    pub fn reaches(&self, from: ObjectId, to: ObjectId) -> bool {
        let mut reached = vec![from];
        let mut next = 0;
        while let Some(id) = reached.get(next) {
            let needs = self.objects.get(id).map(Object::needs).unwrap_or_default();
            let more: Vec<ObjectId> = needs.into_iter().filter(|need| !reached.contains(need)).collect();
            reached.extend(more);
            next += 1;
        }
        reached.contains(&to)
    }
}
