//! The steps between two models: a closed enum, so that the compiler asks about every new kind.

use serde::de::value::CowStrDeserializer;
use serde::de::{DeserializeSeed, Error, MapAccess};
use serde::{Deserialize, Deserializer, Serialize};

use crate::classify::Reason;
use crate::model::{
    Column, ColumnRef, CompositeType, Constraint, DataType, Domain, Index, Object, ObjectId, Parent, PartId,
    QualifiedName, Routine, SequenceOptions, View,
};
use crate::tagged::{self, tagged, Tagged, Text, Variant};

/// A table, or a view, as a change names it: by identity, and by its name at the end of the entry.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TableRef {
    /// The table's identity.
    pub id: ObjectId,
    /// Its schema.
    pub schema: String,
    /// Its name.
    pub name: String,
}

impl TableRef {
    /// The table's name.
    pub fn qualified(&self) -> QualifiedName {
        QualifiedName { schema: self.schema.clone(), name: self.name.clone() }
    }
}

/// A column before and after.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ColumnChange {
    /// Its table.
    pub table: TableRef,
    /// The column before.
    pub before: Column,
    /// The column after.
    pub after: Column,
}

/// A constraint before and after.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConstraintChange {
    /// Its table.
    pub table: TableRef,
    /// The constraint before.
    pub before: Constraint,
    /// The constraint after.
    pub after: Constraint,
}

/// An index before and after.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct IndexChange {
    /// Its table.
    pub table: TableRef,
    /// The index before.
    pub before: Index,
    /// The index after.
    pub after: Index,
}

/// A part of a table that comes or goes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PartChange<T> {
    /// Its table.
    pub table: TableRef,
    /// The part.
    pub part: T,
}

/// A part of a table that gets another name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PartRename {
    /// Its table.
    pub table: TableRef,
    /// The part's identity in that table.
    pub id: PartId,
    /// The name before.
    pub before: String,
    /// The name after.
    pub after: String,
}

tagged! {
    "change", "Change",
    /// One typed step between two models.
    pub enum Change {
        /// An object that was not there.
        Create {
            /// Its identity.
            id: ObjectId,
            /// The object with all that it has.
            after: Object,
            /// A table that came with rows in it (CREATE TABLE AS, SELECT INTO).
            filled: bool,
        },
        /// An object that is there no more.
        Drop {
            /// Its identity.
            id: ObjectId,
            /// The object with all that it had.
            before: Object,
        },
        /// An object with another name or in another schema.
        Rename {
            /// Its identity.
            id: ObjectId,
            /// The object before.
            before: Object,
            /// The object's name after. For a schema only `name` counts.
            after: QualifiedName,
        },
        /// A label that an enum gained.
        AddEnumLabel {
            /// The type's identity.
            id: ObjectId,
            /// The type's name.
            name: QualifiedName,
            /// The new label.
            label: String,
            /// The label that it stands before; `None`: last.
            next: Option<String>,
        },
        /// Labels of an enum with other names, position by position.
        RenameEnumLabels {
            /// The type's identity.
            id: ObjectId,
            /// The type's name.
            name: QualifiedName,
            /// The labels before.
            before: Vec<String>,
            /// As many labels after.
            after: Vec<String>,
        },
        /// A domain with another default, nullability or constraints.
        AlterDomain {
            /// The type's identity.
            id: ObjectId,
            /// The domain before.
            before: Domain,
            /// The domain after.
            after: Domain,
        },
        /// A composite type with other attributes.
        AlterComposite {
            /// The type's identity.
            id: ObjectId,
            /// The type before.
            before: CompositeType,
            /// The type after.
            after: CompositeType,
        },
        /// A range type whose multirange type has another name.
        RenameMultirange {
            /// The range type's identity.
            id: ObjectId,
            /// The multirange type's name before.
            before: QualifiedName,
            /// Its name after.
            after: QualifiedName,
        },
        /// A routine with another body, signature or setting.
        ReplaceRoutine {
            /// The routine's identity.
            id: ObjectId,
            /// The routine before.
            before: Routine,
            /// The routine after.
            after: Routine,
        },
        /// A view with another query or other options: replaced, or dropped and made again under its name.
        RedefineView {
            /// The view's identity.
            id: ObjectId,
            /// The view before.
            before: View,
            /// The view after.
            after: View,
        },
        /// A sequence with other options.
        AlterSequence {
            /// The sequence's identity.
            id: ObjectId,
            /// The sequence's name.
            name: QualifiedName,
            /// Options before.
            before: SequenceOptions,
            /// Options after.
            after: SequenceOptions,
        },
        /// A sequence that another column owns, or none.
        SetSequenceOwner {
            /// The sequence's identity.
            id: ObjectId,
            /// The sequence's name.
            name: QualifiedName,
            /// Owner before.
            before: Option<ColumnRef>,
            /// Owner after.
            after: Option<ColumnRef>,
        },
        /// A sequence that became LOGGED or UNLOGGED.
        SetSequencePersistence {
            /// The sequence's identity.
            id: ObjectId,
            /// The sequence's name.
            name: QualifiedName,
            /// UNLOGGED after.
            unlogged: bool,
        },
        /// A table that became LOGGED or UNLOGGED.
        SetPersistence {
            /// The table.
            table: TableRef,
            /// UNLOGGED after.
            unlogged: bool,
        },
        /// A table that is a partition, or a child, of other tables.
        SetParents {
            /// The table.
            table: TableRef,
            /// Its parents before.
            before: Vec<Parent>,
            /// Its parents after.
            after: Vec<Parent>,
        },
        /// A table that is of a composite type, or no longer.
        SetOfType {
            /// The table.
            table: TableRef,
            /// The type before.
            before: Option<DataType>,
            /// The type after.
            after: Option<DataType>,
        },
        /// A column that was not there.
        AddColumn(PartChange<Column>),
        /// A column that is there no more.
        DropColumn(PartChange<Column>),
        /// A column with another name.
        RenameColumn(PartRename),
        /// A column of another type or collation.
        SetType(ColumnChange),
        /// A column of the same type whose existing rows got other values (a rewrite).
        RewriteValues(ColumnChange),
        /// NOT NULL.
        SetNotNull(ColumnChange),
        /// Nullable again.
        DropNotNull(ColumnChange),
        /// A default, new or other.
        SetDefault(ColumnChange),
        /// No default any more.
        DropDefault(ColumnChange),
        /// An identity column, new or with other options.
        SetIdentity(ColumnChange),
        /// An identity column no more.
        DropIdentity(ColumnChange),
        /// A generated column with another expression.
        SetExpression(ColumnChange),
        /// A generated column no more.
        DropExpression(ColumnChange),
        /// A constraint that was not there.
        AddConstraint(PartChange<Constraint>),
        /// A constraint that is there no more.
        DropConstraint(PartChange<Constraint>),
        /// A constraint with another name.
        RenameConstraint(PartRename),
        /// A constraint that is checked at another time.
        SetTiming(ConstraintChange),
        /// A NOT VALID constraint that was validated.
        ValidateConstraint(ConstraintChange),
        /// An index that was not there.
        CreateIndex(PartChange<Index>),
        /// An index that is there no more.
        DropIndex(PartChange<Index>),
        /// An index with another name.
        RenameIndex(PartRename),
        /// An index with other storage parameters.
        SetIndexOptions(IndexChange),
        /// An index that is part of a partitioned table's index, or no longer.
        SetIndexParent(IndexChange),
        /// Text that follows from the other changes (a default that names a renamed type): nothing for a client to do.
        Refresh {
            /// The object's identity.
            id: ObjectId,
            /// The object as the other changes left it.
            before: Object,
            /// The object as the catalogs print it now.
            after: Object,
        },
    }
}

/// Why a change is not additive.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Effect {
    /// Something that clients hold goes away.
    LosesData,
    /// Existing rows hold other values than a replay gives.
    Diverges,
    /// The replay fails on rows that only some clients hold.
    ValidatesRows,
    /// Selects that were valid are not any more.
    BreaksReaders,
    /// Inserts, updates or deletes that were valid are not any more.
    RejectsWriters,
}

/// The class of a change or of an entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Class {
    /// No effect: it holds for every client.
    Additive,
    /// At least one effect.
    Destructive,
}

impl Class {
    /// As it is written in the ledger.
    pub fn as_str(self) -> &'static str {
        match self {
            Class::Additive => "additive",
            Class::Destructive => "destructive",
        }
    }

    /// Reads [`Class::as_str`].
    pub fn named(text: &str) -> Option<Self> {
        [Class::Additive, Class::Destructive].into_iter().find(|class| class.as_str() == text)
    }
}

/// A change with why it is not additive; empty reasons: it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ClassifiedChange {
    /// The change.
    #[serde(flatten)]
    pub change: Change,
    /// All effects, each once.
    pub effects: Vec<Effect>,
    /// Stable codes of the reasons.
    pub reasons: Vec<Reason>,
}

impl<'de> Deserialize<'de> for ClassifiedChange {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        tagged::read(deserializer)
    }
}

impl Tagged for ClassifiedChange {
    const FIRST: &'static [&'static str] = Change::FIRST;

    fn read<'de, A: MapAccess<'de>>(variant: Variant<'de, A>) -> Result<Self, A::Error> {
        let mut members = Members { all: variant.rest, effects: None, reasons: None };
        let change = Change::read(Variant { name: variant.name, rest: &mut members })?;
        Ok(ClassifiedChange {
            change,
            effects: members.effects.ok_or_else(|| A::Error::missing_field("effects"))?,
            reasons: members.reasons.ok_or_else(|| A::Error::missing_field("reasons"))?,
        })
    }
}

/// A classified change's members: those of the change pass, the others are kept.
struct Members<A> {
    all: A,
    effects: Option<Vec<Effect>>,
    reasons: Option<Vec<Reason>>,
}

impl<'de, A: MapAccess<'de>> MapAccess<'de> for Members<A> {
    type Error = A::Error;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, A::Error> {
        while let Some(Text(key)) = self.all.next_key()? {
            match &*key {
                "effects" => self.effects = Some(self.all.next_value()?),
                "reasons" => self.reasons = Some(self.all.next_value()?),
                _ => return seed.deserialize(CowStrDeserializer::new(key)).map(Some),
            }
        }
        Ok(None)
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, A::Error> {
        self.all.next_value_seed(seed)
    }
}
