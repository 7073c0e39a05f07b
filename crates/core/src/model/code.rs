//! What clients run rather than store: views and routines.

use serde::{Deserialize, Serialize};

use super::{is_empty, DataType, Index, ObjectId, PartId, QualifiedName};

/// A view or a materialized view.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct View {
    /// Name of the view.
    pub name: QualifiedName,
    /// MATERIALIZED.
    pub materialized: bool,
    /// Columns in order.
    pub columns: Vec<ViewColumn>,
    /// Identity of this very query: as long as it stays, another text only follows a rename.
    pub body: PartId,
    /// The query as SQL.
    pub query: String,
    /// Storage parameters and view options, each as `name=value` in SQL.
    pub options: Vec<String>,
    /// Indexes of a materialized view, ordered by name.
    #[serde(default, skip_serializing_if = "is_empty")]
    pub indexes: Vec<Index>,
    /// What must be there before it: relations, types and routines.
    #[serde(default, skip_serializing_if = "is_empty")]
    pub uses: Vec<ObjectId>,
    /// The next free [`PartId`].
    pub next_part: PartId,
}

/// A column of a view.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ViewColumn {
    /// Identity within the view.
    pub id: PartId,
    /// Unquoted name.
    pub name: String,
    /// Its type.
    #[serde(rename = "type")]
    pub data_type: DataType,
    /// A collation that differs from the type's own, quoted and qualified as SQL.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub collation: Option<String>,
}

/// A function or procedure that distributed objects need.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Routine {
    /// Name of the routine.
    pub name: QualifiedName,
    /// Function or procedure.
    pub routine: RoutineKind,
    /// The arguments by which it is told from others of its name, in parentheses when ALTER and DROP name it.
    pub arguments: String,
    /// Identity of this very definition: as long as it stays, another text only follows a rename.
    pub body: PartId,
    /// What follows `CREATE FUNCTION name`.
    pub definition: String,
    /// Types of its signature, and routines that it calls, as far as its text shows.
    #[serde(default, skip_serializing_if = "is_empty")]
    pub uses: Vec<ObjectId>,
}

/// The kinds of routines.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RoutineKind {
    /// FUNCTION
    Function,
    /// PROCEDURE
    Procedure,
}

impl RoutineKind {
    /// As DDL says it.
    pub fn keyword(self) -> &'static str {
        match self {
            RoutineKind::Function => "FUNCTION",
            RoutineKind::Procedure => "PROCEDURE",
        }
    }
}
