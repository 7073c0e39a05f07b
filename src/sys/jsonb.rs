//! `jsonb` built by Postgres's own functions, without the text between.

use pgrx::pgrx_sql_entity_graph::metadata::{
    ArgumentError, ReturnsError, ReturnsRef, SqlMappingRef, SqlTranslatable, TypeOrigin,
};

use super::*;

/// A `jsonb` to be answered with.
pub struct Document(Datum);

impl Document {
    /// Builds it. `None` for what is neither an object nor an array.
    pub fn of(value: &serde_json::Value) -> Option<Document> {
        let mut state = std::ptr::null_mut();
        // SAFETY: an object or array is pushed whole, after which the answer is its value; it is copied into the datum.
        unsafe {
            let value = push(&mut state, value, pg_sys::JsonbIteratorToken::WJB_ELEM);
            if value.is_null() {
                return None;
            }
            Some(Document(Datum::from(pg_sys::JsonbValueToJsonb(value))))
        }
    }

    /// One that was kept, by its [`content`](Document::content).
    pub fn kept(content: &[u8]) -> Document {
        Document(varlena(content))
    }

    /// To be kept beyond the statement.
    pub fn content(&self) -> Vec<u8> {
        // SAFETY: the datum is a varlena.
        unsafe { detoasted(self.0) }
    }
}

/// Pushes a value, with everything in it, as a key's value or an element (`token`). Gives the outermost container when that is finished.
///
/// # Safety
/// `state` is that of the containers that are open; a value that is no container needs an open one.
unsafe fn push(
    state: &mut *mut pg_sys::JsonbParseState,
    value: &serde_json::Value,
    token: pg_sys::JsonbIteratorToken::Type,
) -> *mut pg_sys::JsonbValue {
    use pg_sys::JsonbIteratorToken as Token;
    let scalar = match value {
        serde_json::Value::Array(elements) => {
            pg_sys::pushJsonbValue(state, Token::WJB_BEGIN_ARRAY, std::ptr::null_mut());
            for element in elements {
                push(state, element, Token::WJB_ELEM);
            }
            return pg_sys::pushJsonbValue(state, Token::WJB_END_ARRAY, std::ptr::null_mut());
        }
        serde_json::Value::Object(members) => {
            pg_sys::pushJsonbValue(state, Token::WJB_BEGIN_OBJECT, std::ptr::null_mut());
            // In the order that it wants, it need not sort them.
            let mut members: Vec<_> = members.iter().collect();
            members.sort_unstable_by_key(|(key, _)| (key.len(), *key));
            for (key, value) in members {
                pg_sys::pushJsonbValue(state, Token::WJB_KEY, &mut string(key));
                push(state, value, Token::WJB_VALUE);
            }
            return pg_sys::pushJsonbValue(state, Token::WJB_END_OBJECT, std::ptr::null_mut());
        }
        _ if state.is_null() => return std::ptr::null_mut(),
        serde_json::Value::Null => pg_sys::JsonbValue { type_: pg_sys::jbvType::jbvNull, ..Default::default() },
        serde_json::Value::Bool(value) => {
            let mut scalar = pg_sys::JsonbValue { type_: pg_sys::jbvType::jbvBool, ..Default::default() };
            scalar.val.boolean = *value;
            scalar
        }
        serde_json::Value::Number(number) => {
            let mut scalar = pg_sys::JsonbValue { type_: pg_sys::jbvType::jbvNumeric, ..Default::default() };
            scalar.val.numeric = numeric(number).cast_mut_ptr();
            scalar
        }
        serde_json::Value::String(text) => string(text),
    };
    pg_sys::pushJsonbValue(state, token, &mut { scalar })
}

fn numeric(number: &serde_json::Number) -> Datum {
    let fast = |number: i64| {
        // SAFETY: int8_numeric takes one bigint.
        unsafe { pgrx::direct_function_call_as_datum(pg_sys::int8_numeric, &[Some(Datum::from(number))]) }
    };
    number.as_i64().and_then(fast).unwrap_or_else(|| {
        let text = to_server(&number.to_string());
        // SAFETY: the input function of numeric reads a NUL-terminated string.
        unsafe {
            let function = pg_sys::F_NUMERIC_IN.into();
            pg_sys::OidInputFunctionCall(function, text.as_ptr().cast_mut(), pg_sys::NUMERICOID, -1)
        }
    })
}

/// Text as it stands in the Rust value, which outlives the building.
fn string(text: &str) -> pg_sys::JsonbValue {
    let mut value = pg_sys::JsonbValue { type_: pg_sys::jbvType::jbvString, ..Default::default() };
    // One that is too long for the type is too long for a jsonb, which says so.
    let len = c_int::try_from(text.len()).unwrap_or(c_int::MAX);
    value.val.string = pg_sys::JsonbValue__bindgen_ty_1__bindgen_ty_1 { len, val: text.as_ptr().cast_mut().cast() };
    value
}

// SAFETY: the datum is that of a jsonb in the memory context of the call.
unsafe impl pgrx::callconv::BoxRet for Document {
    unsafe fn box_into<'fcx>(self, fcinfo: &mut pgrx::callconv::FcInfo<'fcx>) -> pgrx::datum::Datum<'fcx> {
        fcinfo.return_raw_datum(self.0)
    }
}

// SAFETY: the name is that of the type whose datums these are.
unsafe impl SqlTranslatable for Document {
    const TYPE_IDENT: &'static str = pgrx::pgrx_resolved_type!(Document);
    const TYPE_ORIGIN: TypeOrigin = TypeOrigin::External;
    const ARGUMENT_SQL: Result<SqlMappingRef, ArgumentError> = Ok(SqlMappingRef::literal("jsonb"));
    const RETURN_SQL: Result<ReturnsRef, ReturnsError> = Ok(ReturnsRef::One(SqlMappingRef::literal("jsonb")));
}
