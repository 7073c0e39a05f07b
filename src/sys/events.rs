//! What an event trigger is told, and the statement that it was.

use super::*;

/// What an event trigger was called for.
#[derive(Debug)]
pub struct Event {
    /// `ddl_command_end`, `sql_drop`, `table_rewrite`.
    pub event: String,
    /// The command's tag.
    pub tag: String,
    /// What the parse tree adds to the tag.
    pub node: Node,
    /// It is a command with CONCURRENTLY, which cannot be rolled back at its end.
    pub concurrent: Option<Concurrent>,
}

/// A command that commits in between, and leaves things half done if it fails at its end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Concurrent {
    /// CREATE INDEX CONCURRENTLY.
    CreateIndex {
        /// The table; `None` when there is none of that name.
        table: Option<Oid>,
        /// UNIQUE.
        unique: bool,
        /// It has an expression or a predicate.
        computed: bool,
        /// IF NOT EXISTS, and there is one of that name.
        exists: bool,
    },
    /// DROP INDEX CONCURRENTLY.
    DropIndex {
        /// The index; `None` when there is none of that name.
        index: Option<Oid>,
    },
    /// ALTER TABLE … DETACH PARTITION … CONCURRENTLY.
    Detach {
        /// The partitioned table; `None` when there is none of that name.
        parent: Option<Oid>,
    },
}

/// What the tag alone does not say.
#[derive(Debug, PartialEq, Eq)]
pub enum Node {
    /// `… RENAME …`.
    Rename(Renamed),
    /// `… SET SCHEMA`.
    SetSchema,
    /// `… OWNER TO`, `… DEPENDS ON EXTENSION`, ALTER TABLE with nothing but triggers, storage and the like: nothing that a model holds.
    ServerSide,
    /// `ALTER TYPE … ADD VALUE` or `… RENAME VALUE`.
    AlterEnum {
        /// It is a RENAME VALUE.
        renames_value: bool,
    },
    /// ALTER TABLE and what shares its statement (indexes, views, sequences, composite types).
    AlterTable {
        /// Columns with `ALTER … TYPE`.
        retyped: Vec<Retyped>,
        /// Partitions attached or detached, parents gained or lost.
        relatives: Vec<Oid>,
    },
    /// Anything else.
    Other,
}

/// What a RENAME names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Renamed {
    /// `ALTER INDEX …` (which older servers let name a table as well).
    Index,
    /// A constraint of a table or a domain.
    Constraint,
    /// Anything that other objects' texts can mention.
    Other,
}

/// A column with `ALTER … TYPE`.
#[derive(Debug, PartialEq, Eq)]
pub struct Retyped {
    /// Its name.
    pub column: String,
    /// There is a USING.
    pub using: bool,
}

/// # Safety
/// `list` is null or a live list.
pub(super) unsafe fn list_cells<'a>(list: *mut pg_sys::List) -> &'a [pg_sys::ListCell] {
    match list.as_ref() {
        Some(list) => std::slice::from_raw_parts(list.elements, usize::try_from(list.length).unwrap_or_default()),
        None => &[],
    }
}

/// The node as a `T` if its tag says so.
///
/// # Safety
/// `node` is null or a live node, and `T` is the struct that `tag` stands for.
pub(super) unsafe fn node_as<'a, T>(node: *mut c_void, tag: pg_sys::NodeTag) -> Option<&'a T> {
    let found = node.cast::<pg_sys::Node>().as_ref()?;
    (found.type_ == tag).then(|| &*node.cast::<T>())
}

/// The context that an event trigger is called in; `None` when the function was called in any other way.
pub fn event(fcinfo: pg_sys::FunctionCallInfo) -> Option<Event> {
    // SAFETY: pgrx hands on the call information that Postgres gave; its context, and each node below it, is checked by tag before it is read.
    unsafe {
        let context = fcinfo.as_ref()?.context.cast::<c_void>();
        let data: &pg_sys::EventTriggerData = node_as(context, pg_sys::NodeTag::T_EventTriggerData)?;
        Some(Event {
            event: server_string(data.event)?,
            tag: server_string(pg_sys::GetCommandTagName(data.tag))?,
            node: node(data.parsetree.cast()),
            concurrent: concurrent(data.parsetree.cast()),
        })
    }
}

/// # Safety
/// `tree` is null or a live parse tree.
pub(super) unsafe fn node(tree: *mut c_void) -> Node {
    use pg_sys::{NodeTag as Tag, ObjectType as Type};
    let Some(found) = tree.cast::<pg_sys::Node>().as_ref() else { return Node::Other };
    match found.type_ {
        Tag::T_RenameStmt => Node::Rename(match (*tree.cast::<pg_sys::RenameStmt>()).renameType {
            Type::OBJECT_INDEX => Renamed::Index,
            Type::OBJECT_TABCONSTRAINT | Type::OBJECT_DOMCONSTRAINT => Renamed::Constraint,
            _ => Renamed::Other,
        }),
        Tag::T_AlterObjectSchemaStmt => Node::SetSchema,
        Tag::T_AlterOwnerStmt | Tag::T_AlterObjectDependsStmt => Node::ServerSide,
        Tag::T_AlterEnumStmt => {
            Node::AlterEnum { renames_value: !(*tree.cast::<pg_sys::AlterEnumStmt>()).oldVal.is_null() }
        }
        Tag::T_AlterTableStmt => {
            let commands = list_cells((*tree.cast::<pg_sys::AlterTableStmt>()).cmds);
            let commands: Vec<&pg_sys::AlterTableCmd> =
                commands.iter().filter_map(|cell| node_as(cell.ptr_value, Tag::T_AlterTableCmd)).collect();
            if !commands.is_empty() && commands.iter().all(|command| is_server_side(command.subtype)) {
                return Node::ServerSide;
            }
            Node::AlterTable {
                retyped: commands.iter().filter_map(|command| retyped(command)).collect(),
                relatives: commands.iter().filter_map(|command| relative(command)).collect(),
            }
        }
        _ => Node::Other,
    }
}

/// # Safety
/// `tree` is null or a live parse tree.
pub(super) unsafe fn concurrent(tree: *mut c_void) -> Option<Concurrent> {
    use pg_sys::NodeTag as Tag;
    if let Some(index) = node_as::<pg_sys::IndexStmt>(tree, Tag::T_IndexStmt) {
        if !index.concurrent {
            return None;
        }
        let computed = !index.whereClause.is_null()
            || list_cells(index.indexParams).iter().any(|cell| {
                node_as::<pg_sys::IndexElem>(cell.ptr_value, Tag::T_IndexElem).is_some_and(|elem| !elem.expr.is_null())
            });
        let table = relation_of(index.relation);
        let exists = index.if_not_exists
            && table.is_some_and(|table| {
                let schema = pg_sys::get_rel_namespace(table.into());
                !index.idxname.is_null() && pg_sys::get_relname_relid(index.idxname, schema) != pg_sys::Oid::INVALID
            });
        return Some(Concurrent::CreateIndex { table, unique: index.unique, computed, exists });
    }
    if let Some(drop) = node_as::<pg_sys::DropStmt>(tree, Tag::T_DropStmt) {
        if !drop.concurrent || drop.removeType != pg_sys::ObjectType::OBJECT_INDEX {
            return None;
        }
        // Postgres takes one index at a time with CONCURRENTLY.
        let name = list_cells(drop.objects).first()?.ptr_value.cast::<pg_sys::List>();
        return Some(Concurrent::DropIndex { index: relation_of(pg_sys::makeRangeVarFromNameList(name)) });
    }
    let alter = node_as::<pg_sys::AlterTableStmt>(tree, Tag::T_AlterTableStmt)?;
    let partition_command = |cell: &pg_sys::ListCell| {
        let command = node_as::<pg_sys::AlterTableCmd>(cell.ptr_value, Tag::T_AlterTableCmd)?;
        node_as::<pg_sys::PartitionCmd>(command.def.cast(), Tag::T_PartitionCmd)
    };
    let detaches = list_cells(alter.cmds).iter().filter_map(partition_command).any(versions::is_concurrent);
    detaches.then(|| Concurrent::Detach { parent: relation_of(alter.relation) })
}

/// Owners, triggers, rules, row security, statistics, storage: nothing that a model holds.
pub(super) fn is_server_side(subtype: pg_sys::AlterTableType::Type) -> bool {
    use pg_sys::AlterTableType as Type;
    matches!(
        subtype,
        Type::AT_ChangeOwner
            | Type::AT_EnableTrig
            | Type::AT_EnableAlwaysTrig
            | Type::AT_EnableReplicaTrig
            | Type::AT_DisableTrig
            | Type::AT_EnableTrigAll
            | Type::AT_DisableTrigAll
            | Type::AT_EnableTrigUser
            | Type::AT_DisableTrigUser
            | Type::AT_EnableRule
            | Type::AT_EnableAlwaysRule
            | Type::AT_EnableReplicaRule
            | Type::AT_DisableRule
            | Type::AT_EnableRowSecurity
            | Type::AT_DisableRowSecurity
            | Type::AT_ForceRowSecurity
            | Type::AT_NoForceRowSecurity
            | Type::AT_ReplicaIdentity
            | Type::AT_SetStatistics
            | Type::AT_SetStorage
            | Type::AT_SetOptions
            | Type::AT_ResetOptions
            | Type::AT_ClusterOn
            | Type::AT_DropCluster
            | Type::AT_SetTableSpace
    )
}

/// # Safety
/// `command` is part of a live parse tree.
pub(super) unsafe fn retyped(command: &pg_sys::AlterTableCmd) -> Option<Retyped> {
    if command.subtype != pg_sys::AlterTableType::AT_AlterColumnType {
        return None;
    }
    let definition: &pg_sys::ColumnDef = node_as(command.def.cast(), pg_sys::NodeTag::T_ColumnDef)?;
    Some(Retyped {
        column: server_string(command.name)?,
        using: !definition.raw_default.is_null() || !definition.cooked_default.is_null(),
    })
}

/// # Safety
/// `command` is part of a live parse tree.
pub(super) unsafe fn relative(command: &pg_sys::AlterTableCmd) -> Option<Oid> {
    let name = match node_as::<pg_sys::PartitionCmd>(command.def.cast(), pg_sys::NodeTag::T_PartitionCmd) {
        Some(partition) => partition.name,
        // INHERIT, NO INHERIT
        None => {
            std::ptr::from_ref(node_as::<pg_sys::RangeVar>(command.def.cast(), pg_sys::NodeTag::T_RangeVar)?).cast_mut()
        }
    };
    relation_of(name)
}

/// The relation that a statement names, without locking it.
///
/// # Safety
/// `name` is null or part of a live parse tree.
pub(super) unsafe fn relation_of(name: *mut pg_sys::RangeVar) -> Option<Oid> {
    if name.is_null() {
        return None;
    }
    let oid = pg_sys::RangeVarGetRelidExtended(
        name,
        pg_sys::NoLock as pg_sys::LOCKMODE,
        pg_sys::RVROption::RVR_MISSING_OK,
        None,
        std::ptr::null_mut(),
    );
    (oid != pg_sys::Oid::INVALID).then(|| oid.to_u32())
}

/// The table that is about to be rewritten, and why, as the bits of `pg_event_trigger_table_rewrite_reason()`. An ERROR outside of that event.
pub fn table_rewrite() -> (Oid, i32) {
    // SAFETY: both functions take no argument, are never NULL and read the state of the running event trigger.
    unsafe {
        let table = pg_sys::OidFunctionCall0Coll(pg_sys::F_PG_EVENT_TRIGGER_TABLE_REWRITE_OID, pg_sys::Oid::INVALID);
        let reason =
            pg_sys::OidFunctionCall0Coll(pg_sys::F_PG_EVENT_TRIGGER_TABLE_REWRITE_REASON.into(), pg_sys::Oid::INVALID);
        (table.value() as u32, reason.value() as i32)
    }
}

/// The statement that the client sent, and what tells it from another of the same text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CurrentStatement {
    /// Cut exactly out of the string that it came in, without the semicolon.
    pub text: String,
    /// When that string arrived.
    pub started: i64,
    /// Where in it the statement starts; -1 when that is not known.
    pub location: i32,
    /// It is a command itself: no query, and nothing that runs others.
    pub is_command: bool,
}

/// The outermost statement that is running; `None` when no client sent one (a background worker).
pub fn current_statement() -> Option<CurrentStatement> {
    // SAFETY: the globals are null or point to what is live while a statement runs; each is checked, and copied at once.
    let (source, location, length, is_command) = unsafe {
        let text = pg_sys::debug_query_string;
        if text.is_null() {
            return None;
        }
        let text = CStr::from_ptr(text);
        let planned = pg_sys::ActivePortal.as_ref().and_then(|portal| {
            // A cursor or an EXECUTE inside of the statement has a portal, and a text, of its own.
            if portal.sourceText.is_null() || CStr::from_ptr(portal.sourceText) != text {
                return None;
            }
            node_as::<pg_sys::PlannedStmt>(list_cells(portal.stmts).first()?.ptr_value, pg_sys::NodeTag::T_PlannedStmt)
        });
        let (location, length) = planned.map_or((-1, 0), |planned| (planned.stmt_location, planned.stmt_len));
        let command = planned.and_then(|planned| planned.utilityStmt.as_ref());
        (text.to_bytes(), location, length, command.is_some_and(|command| !runs_others(command)))
    };
    let rest = source.get(usize::try_from(location).unwrap_or(0)..).unwrap_or(source);
    let cut = match usize::try_from(length) {
        Ok(length) if length > 0 => rest.get(..length).unwrap_or(rest),
        _ => rest,
    };
    let text = from_server(cut);
    let text = text.trim_matches(|c: char| c.is_whitespace() || c == ';').to_owned();
    Some(CurrentStatement { text, started: statement_start(), location, is_command })
}

fn runs_others(command: &pg_sys::Node) -> bool {
    use pg_sys::NodeTag as Tag;
    matches!(command.type_, Tag::T_DoStmt | Tag::T_CallStmt | Tag::T_ExecuteStmt)
}

/// Calls a function that takes nothing and gives a set.
pub(super) fn rows_of(function: u32) -> Vec<Row> {
    // SAFETY: the call is set up as the executor does for a function in FROM that materialises its result: its own lookup, a ReturnSetInfo with an
    // expression context. Rows are copied before the store and its slot go; after an ERROR the abort frees the memory.
    unsafe {
        let econtext = pg_sys::CreateStandaloneExprContext();
        let mut lookup = pg_sys::FmgrInfo::default();
        pg_sys::fmgr_info(function.into(), &mut lookup);
        let mut result = pg_sys::ReturnSetInfo {
            type_: pg_sys::NodeTag::T_ReturnSetInfo,
            econtext,
            allowedModes: pg_sys::SetFunctionReturnMode::SFRM_Materialize as c_int,
            returnMode: pg_sys::SetFunctionReturnMode::SFRM_ValuePerCall,
            ..Default::default()
        };
        let mut call = pg_sys::FunctionCallInfoBaseData {
            flinfo: &mut lookup,
            resultinfo: (&raw mut result).cast(),
            ..Default::default()
        };
        let mut rows = Vec::new();
        if let Some(entry) = lookup.fn_addr {
            pg_guard_ffi_boundary(|| entry(&mut call));
        }
        if !result.setResult.is_null() && !result.setDesc.is_null() {
            let slot = pg_sys::MakeSingleTupleTableSlot(result.setDesc, &pg_sys::TTSOpsMinimalTuple);
            while pg_sys::tuplestore_gettupleslot(result.setResult, true, false, slot) {
                pg_sys::slot_getallattrs(slot);
                let tid = pg_sys::ItemPointerData::default();
                rows.push(Row { tid, columns: columns(result.setDesc, (*slot).tts_values, (*slot).tts_isnull, None) });
            }
            pg_sys::ExecDropSingleTupleTableSlot(slot);
            pg_sys::tuplestore_end(result.setResult);
        }
        pg_sys::FreeExprContext(econtext, true);
        rows
    }
}

/// The rows of `pg_event_trigger_ddl_commands()`. An ERROR outside of `ddl_command_end`.
pub fn ddl_command_rows() -> Vec<Row> {
    rows_of(pg_sys::F_PG_EVENT_TRIGGER_DDL_COMMANDS)
}

/// The rows of `pg_event_trigger_dropped_objects()`. An ERROR outside of `sql_drop`.
pub fn dropped_object_rows() -> Vec<Row> {
    rows_of(pg_sys::F_PG_EVENT_TRIGGER_DROPPED_OBJECTS)
}
