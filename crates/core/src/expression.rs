//! What can be said of an expression from its text alone, and its parts: tokens, and whether evaluating it can fail.

use std::borrow::Cow;

/// A token of an SQL expression as the server prints it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Token<'a> {
    /// A word: keyword, unquoted or quoted identifier (with its quotes).
    Word(&'a str),
    /// A number or a string literal, with its quotes.
    Literal(&'a str),
    /// `::`
    Cast,
    /// `(`, `)`, `,`, `[`, `]`, `.` or `;`
    Punctuation(char),
    /// An operator.
    Operator(&'a str),
}

/// Cuts an expression into tokens. Every byte belongs to a token or is white space.
pub fn tokens(sql: &str) -> Vec<Token<'_>> {
    spans(sql).into_iter().map(|(_, token)| token).collect()
}

/// Tokens with where they end.
fn spans(sql: &str) -> Vec<(usize, Token<'_>)> {
    let bytes = sql.as_bytes();
    let mut tokens = Vec::new();
    let mut at = 0;
    while let Some(&byte) = bytes.get(at) {
        let start = at;
        match byte {
            b' ' | b'\t' | b'\n' | b'\r' => at += 1,
            b'\'' => {
                at = quoted_end(bytes, at, b'\'', false);
                tokens.push((at, Token::Literal(&sql[start..at])));
            }
            b'E' if bytes.get(at + 1) == Some(&b'\'') => {
                at = quoted_end(bytes, at + 1, b'\'', true);
                tokens.push((at, Token::Literal(&sql[start..at])));
            }
            b'"' => {
                at = quoted_end(bytes, at, b'"', false);
                tokens.push((at, Token::Word(&sql[start..at])));
            }
            b'0'..=b'9' => {
                at = end_while(bytes, at, |b| b.is_ascii_alphanumeric() || b == b'.');
                tokens.push((at, Token::Literal(&sql[start..at])));
            }
            b'a'..=b'z' | b'A'..=b'Z' | b'_' | 0x80.. => {
                at = end_while(bytes, at, |b| b.is_ascii_alphanumeric() || b == b'_' || b == b'$' || b >= 0x80);
                tokens.push((at, Token::Word(&sql[start..at])));
            }
            b':' if bytes.get(at + 1) == Some(&b':') => {
                at += 2;
                tokens.push((at, Token::Cast));
            }
            b'(' | b')' | b',' | b'[' | b']' | b'.' | b';' => {
                at += 1;
                tokens.push((at, Token::Punctuation(byte as char)));
            }
            _ => {
                at = end_while(bytes, at, |b| b"+-*/<>=~!@#%^&|`?:".contains(&b)).max(at + 1);
                tokens.push((at, Token::Operator(&sql[start..at])));
            }
        }
    }
    tokens
}

fn end_while(bytes: &[u8], at: usize, belongs: impl Fn(u8) -> bool) -> usize {
    bytes[at..].iter().position(|&b| !belongs(b)).map_or(bytes.len(), |n| at + n)
}

fn quoted_end(bytes: &[u8], open: usize, quote: u8, backslashes: bool) -> usize {
    let mut at = open + 1;
    while at < bytes.len() {
        if backslashes && bytes[at] == b'\\' {
            at += 2;
        } else if bytes[at] == quote {
            if bytes.get(at + 1) != Some(&quote) {
                return at + 1;
            }
            at += 2;
        } else {
            at += 1;
        }
    }
    bytes.len()
}

/// Whether evaluating the expression succeeds for every row, whatever it holds.
///
/// A closed list of what is known to succeed; anything else can fail (a cast, a division, a user's operator).
pub fn cannot_fail(sql: &str) -> bool {
    let tokens = tokens(sql);
    (0..tokens.len()).all(|i| succeeds(&tokens, i))
}

/// Whether running the query, as the server prints it, succeeds on whatever rows. So it does when all its expressions do, and no subquery
/// stands for a single value.
pub fn query_cannot_fail(sql: &str) -> bool {
    const CLAUSES: &str =
        "SELECT DISTINCT FROM AS WHERE JOIN LEFT RIGHT FULL INNER OUTER CROSS NATURAL ON USING GROUP BY HAVING \
                           ORDER ASC DESC NULLS FIRST LAST UNION INTERSECT EXCEPT EXISTS FILTER ONLY COLLATE";
    const AGGREGATES: [&str; 6] = ["count", "min", "max", "bool_and", "bool_or", "string_agg"];
    let tokens = tokens(sql);
    let before = |i: usize, back: usize| i.checked_sub(back).and_then(|i| tokens.get(i));
    (0..tokens.len()).all(|i| match &tokens[i] {
        Token::Word("SELECT") if before(i, 1) == Some(&Token::Punctuation('(')) => matches!(
            before(i, 2),
            Some(Token::Word(
                "FROM" | "JOIN" | "IN" | "EXISTS" | "ANY" | "ALL" | "ARRAY" | "UNION" | "EXCEPT" | "INTERSECT"
            ))
        ),
        Token::Word(word) if CLAUSES.split(' ').any(|clause| clause == *word) => true,
        Token::Word(word) if AGGREGATES.contains(word) && before(i, 1) != Some(&Token::Punctuation('.')) => true,
        Token::Word(word) if !word.starts_with(|c: char| c.is_ascii_uppercase()) => {
            tokens.get(i + 1) != Some(&Token::Punctuation('('))
                || before(i, 1) != Some(&Token::Punctuation('.')) && succeeds(&tokens, i)
        }
        Token::Punctuation('.') => true,
        Token::Operator("*") => before(i, 1) == Some(&Token::Punctuation('(')),
        _ => succeeds(&tokens, i),
    })
}

/// Whether a query differs from what it was by columns alone that are computed for those who ask for them.
pub fn only_appends(before: &str, after: &str) -> bool {
    let common = before.char_indices().zip(after.chars()).find(|((_, b), a)| b != a);
    let at = common.map_or(before.len(), |((at, _), _)| at);
    let (head, rest) = before.split_at(at);
    let Some(new) = after.get(at..).and_then(|tail| tail.strip_suffix(rest)) else { return false };
    let depth: i32 = tokens(head)
        .iter()
        .map(|token| match token {
            Token::Punctuation('(') => 1,
            Token::Punctuation(')') => -1,
            _ => 0,
        })
        .sum();
    let new_tokens = tokens(new);
    // A function may give several rows, or be called for its own sake: such columns are computed in any case.
    let calls = (0..new_tokens.len())
        .any(|i| matches!(new_tokens[i], Token::Word(_)) && new_tokens.get(i + 1) == Some(&Token::Punctuation('(')));
    let everything =
        tokens(before).iter().any(|token| matches!(token, Token::Word("DISTINCT" | "UNION" | "INTERSECT" | "EXCEPT")));
    let list_ends = rest.trim_start().starts_with("FROM ") || rest.trim_start().is_empty();
    new_tokens.first() == Some(&Token::Punctuation(',')) && depth == 0 && list_ends && !calls && !everything
}

/// Whether what begins at the token `i` is known to succeed.
fn succeeds(tokens: &[Token<'_>], i: usize) -> bool {
    const TOTAL_FUNCTIONS: [&str; 14] = [
        "lower",
        "upper",
        "coalesce",
        "btrim",
        "ltrim",
        "rtrim",
        "length",
        "char_length",
        "md5",
        "nullif",
        "initcap",
        "octet_length",
        "reverse",
        "jsonb_typeof",
    ];
    const TOTAL_KEYWORDS: [&str; 20] = [
        "AND", "OR", "NOT", "IS", "NULL", "TRUE", "FALSE", "ANY", "ALL", "ARRAY", "IN", "COALESCE", "GREATEST",
        "LEAST", "CASE", "WHEN", "THEN", "ELSE", "END", "DISTINCT",
    ];
    // Comparison and logic, JSON access, concatenation of texts. Not `||`: it also concatenates arrays and jsonb, which can fail.
    const TOTAL_OPERATORS: [&str; 12] = ["=", "<>", "<", ">", "<=", ">=", "->", "->>", "?", "@>", "<@", "#>>"];
    // What a cast can be to without failing: the server prints constants and relabelled columns so.
    const TOTAL_CASTS: [&str; 2] = ["text", "bpchar"];
    match &tokens[i] {
        Token::Literal(_) | Token::Punctuation('(' | ')' | ',') => true,
        Token::Operator(operator) => TOTAL_OPERATORS.contains(operator),
        Token::Word(word) if word.starts_with(|c: char| c.is_ascii_uppercase()) => TOTAL_KEYWORDS.contains(word),
        Token::Word(word) => match tokens.get(i + 1) {
            Some(Token::Punctuation('(')) => TOTAL_FUNCTIONS.contains(word) || cast_target(tokens, i),
            Some(Token::Punctuation('.')) => cast_target(tokens, i),
            _ => true,
        },
        Token::Cast => {
            let target = tokens.get(i + 1);
            let constant = i > 0 && matches!(tokens[i - 1], Token::Literal(_));
            constant || matches!(target, Some(Token::Word(name)) if TOTAL_CASTS.contains(name))
        }
        Token::Punctuation('[' | ']') => true,
        Token::Punctuation('.') => i > 0 && cast_target(tokens, i - 1),
        Token::Punctuation(_) => false,
    }
}

/// Whether the word at `i` begins the name of a type that something is cast to.
fn cast_target(tokens: &[Token<'_>], i: usize) -> bool {
    i > 0 && tokens[i - 1] == Token::Cast
}

/// The expression so that parsing it gives what was printed.
///
/// `v IN ('a', 'b')` over a `varchar` is kept as a cast of a whole array, and printed as `(ARRAY['a'::character varying])::text[]`; but the
/// parser pushes a cast that stands right behind `ARRAY[…]` down into its elements, which is printed in another way. Between them, a cast to
/// the type that the array has anyway keeps them apart.
pub fn reparsable(sql: &str) -> Cow<'_, str> {
    let spans = spans(sql);
    let token = |i: usize| spans.get(i).map(|(_, token)| token);
    let mut insertions: Vec<(usize, String)> = Vec::new();
    for i in 1..spans.len() {
        let Some(close) = begins_array(&spans, i).then(|| closing(&spans, i + 1)).flatten() else { continue };
        let cast = token(close + 1) == Some(&Token::Punctuation(')')) && token(close + 2) == Some(&Token::Cast);
        if let (true, Some(element)) = (cast, element_type(sql, &spans, i + 2, close)) {
            insertions.push((spans[close].0, format!("::{element}[]")));
        }
    }
    if insertions.is_empty() {
        return Cow::Borrowed(sql);
    }
    let mut out = String::with_capacity(sql.len() + 32);
    let mut from = 0;
    insertions.sort();
    for (at, cast) in insertions {
        out.push_str(&sql[from..at]);
        out.push_str(&cast);
        from = at;
    }
    out.push_str(&sql[from..]);
    Cow::Owned(out)
}

/// The index of the bracket that closes the one at `open`.
fn closing(spans: &[(usize, Token<'_>)], open: usize) -> Option<usize> {
    let mut depth = 0_usize;
    for (i, (_, token)) in spans.iter().enumerate().skip(open) {
        match token {
            Token::Punctuation('(' | '[') => depth += 1,
            Token::Punctuation(')' | ']') => depth = depth.checked_sub(1)?,
            _ => {}
        }
        if depth == 0 {
            return Some(i);
        }
    }
    None
}

/// The type of an array's elements, where its first one, at `first`, tells: by a cast, or by being a plain integer.
fn element_type<'a>(sql: &'a str, spans: &[(usize, Token<'_>)], first: usize, close: usize) -> Option<&'a str> {
    let mut depth = 0_usize;
    let mut end = close;
    let mut cast = None;
    for (i, (_, token)) in spans.iter().enumerate().take(close).skip(first) {
        match token {
            Token::Punctuation('(' | '[') => depth += 1,
            Token::Punctuation(')' | ']') => depth = depth.checked_sub(1)?,
            Token::Punctuation(',') if depth == 0 => {
                end = i;
                break;
            }
            Token::Cast if depth == 0 => cast = Some(i),
            _ => {}
        }
    }
    match (cast, &spans.get(first)?.1) {
        (Some(cast), _) => Some(sql.get(spans[cast].0..spans[end.checked_sub(1)?].0)?.trim()),
        (None, Token::Literal(number)) if end == first + 1 && number.bytes().all(|b| b.is_ascii_digit()) => {
            Some("integer")
        }
        _ => None,
    }
}

/// The expression as it is printed once it has been parsed again, which a restored dump has been: the cast of a whole array is then one of
/// each element. `(ARRAY['a'::character varying, v])::text[]` becomes `ARRAY[('a'::character varying)::text, (v)::text]`.
pub fn settled(sql: &str) -> Cow<'_, str> {
    if !may_settle(sql.as_bytes()) {
        return Cow::Borrowed(sql);
    }
    let mut text = sql.to_owned();
    // From the last to the first: those within others are settled before them.
    let mut from = spans(&text).len();
    while let Some(at) = (1..from).rev().find(|i| begins_array(&spans(&text), *i)) {
        from = at;
        if let Some(pushed) = pushed_down(&text, at) {
            text = pushed;
        }
    }
    Cow::Owned(text)
}

/// Whether there is anything to be settled in a text, or in its JSON form.
pub fn may_settle(sql: &[u8]) -> bool {
    const BEGIN: &[u8] = b"(ARRAY[";
    sql.windows(BEGIN.len()).any(|window| window == BEGIN)
}

/// The same, in place.
pub fn settle(text: &mut String) {
    if let Cow::Owned(settled) = settled(text) {
        *text = settled;
    }
}

/// Whether `(ARRAY[` stands before and at `i`.
fn begins_array(spans: &[(usize, Token<'_>)], i: usize) -> bool {
    let token = |i: usize| spans.get(i).map(|(_, token)| token);
    token(i) == Some(&Token::Word("ARRAY"))
        && token(i - 1) == Some(&Token::Punctuation('('))
        && token(i + 1) == Some(&Token::Punctuation('['))
}

/// The cast of the array at `i`, in its elements.
fn pushed_down(sql: &str, i: usize) -> Option<String> {
    let spans = spans(sql);
    let close = closing(&spans, i + 1)?;
    let end = |i: usize| spans.get(i).map(|(end, _)| *end);
    let is = |i: usize, token: Token<'_>| spans.get(i).is_some_and(|(_, t)| *t == token);
    if !(is(close + 1, Token::Punctuation(')')) && is(close + 2, Token::Cast)) {
        return None;
    }
    // Up to the brackets that make the type an array's.
    let open = (close + 3..spans.len()).find(|i| is(*i, Token::Punctuation('[')))?;
    let in_name = |token: &Token<'_>| {
        matches!(token, Token::Word(_) | Token::Literal(_) | Token::Punctuation('.' | ',' | '(' | ')'))
    };
    if !is(open + 1, Token::Punctuation(']')) || !spans[close + 3..open].iter().all(|(_, token)| in_name(token)) {
        return None;
    }
    let element = sql.get(end(close + 2)?..end(open - 1)?)?.trim();
    let mut elements = Vec::new();
    let (mut depth, mut start) = (0_usize, end(i + 1)?);
    for at in i + 2..=close {
        match spans.get(at)?.1 {
            Token::Punctuation(',' | ']') if depth == 0 => {
                elements.push(format!("({})::{element}", sql.get(start..end(at - 1)?)?.trim()));
                start = end(at)?;
            }
            Token::Punctuation('(' | '[') => depth += 1,
            Token::Punctuation(')' | ']') => depth = depth.checked_sub(1)?,
            _ => {}
        }
    }
    let (before, rest) = (sql.get(..end(i - 1)? - 1)?, sql.get(end(open + 1)?..)?);
    Some(format!("{before}ARRAY[{}]{rest}", elements.join(", ")))
}

/// The expression without casts and parentheses: what stays the same when a column's type is widened under it.
pub fn without_casts(sql: &str) -> Vec<Token<'_>> {
    let mut rest = tokens(sql).into_iter().peekable();
    let mut kept = Vec::new();
    while let Some(token) = rest.next() {
        match token {
            Token::Cast => skip_type(&mut rest),
            Token::Punctuation('(' | ')') => {}
            other => kept.push(other),
        }
    }
    kept
}

/// Skips a type's name behind `::`: words, dots, a modifier in parentheses, brackets.
fn skip_type<'a>(rest: &mut std::iter::Peekable<impl Iterator<Item = Token<'a>>>) {
    const TYPE_WORDS: [&str; 8] = ["varying", "precision", "without", "with", "time", "zone", "double", "character"];
    rest.next();
    loop {
        match rest.peek() {
            Some(Token::Punctuation('.')) => {
                rest.next();
                rest.next();
            }
            Some(Token::Word(word)) if TYPE_WORDS.contains(word) => {
                rest.next();
            }
            Some(Token::Punctuation('[' | ']')) => {
                rest.next();
            }
            Some(Token::Punctuation('(')) => while !matches!(rest.next(), None | Some(Token::Punctuation(')'))) {},
            _ => return,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As PostgreSQL 15 to 18 print the first when it has been parsed again.
    #[test]
    fn a_cast_of_an_array_is_pushed_down() {
        for (printed, again) in [
            (
                "((s)::text = ANY ((ARRAY['a'::character varying, 'b, c'::character varying])::text[]))",
                "((s)::text = ANY (ARRAY[('a'::character varying)::text, ('b, c'::character varying)::text]))",
            ),
            ("(n = ANY ((ARRAY[1, n])::numeric(6,2)[]))", "(n = ANY (ARRAY[(1)::numeric(6,2), (n)::numeric(6,2)]))"),
            ("(a <> ALL (ARRAY['x'::text]))", "(a <> ALL (ARRAY['x'::text]))"),
            ("('(ARRAY[1])::text[]'::text = a)", "('(ARRAY[1])::text[]'::text = a)"),
        ] {
            assert_eq!(settled(printed), again);
            assert_eq!(settled(again), again);
        }
    }

    #[test]
    fn what_cannot_fail() {
        for sql in [
            "lower(email)",
            "lower((email)::text)",
            "(deleted_at IS NULL)",
            "((status = 'open'::text) AND (NOT archived))",
            "((kind)::text = ANY ((ARRAY['a'::character varying, 'b'::character varying])::text[]))",
            "(state = 'done'::public.state)",
            "COALESCE(a, b)",
            "(data ->> 'key'::text)",
        ] {
            assert!(cannot_fail(sql), "{sql}");
        }
        for sql in [
            "((data ->> 'n'::text))::integer",
            "(1 / n)",
            "(a + b)",
            "sqrt(x)",
            "public.mine(x)",
            "(a OPERATOR(public.=) b)",
            "CAST(a AS integer)",
            "(a)::integer",
        ] {
            assert!(!cannot_fail(sql), "{sql}");
        }
    }

    #[test]
    fn queries_that_cannot_fail() {
        for sql in [
            "SELECT t.id,\n    t.\"A b\"\n   FROM public.t\n  WHERE (t.n > 0)",
            "SELECT o.id FROM ( SELECT t.id FROM app.\"t\" t WHERE (t.s = 'x'::text)) o",
            "SELECT t.id, count(*) AS n FROM (t LEFT JOIN u ON ((t.id = u.id))) GROUP BY t.id",
            "SELECT t.id FROM t WHERE (t.id IN ( SELECT u.id FROM u))",
        ] {
            assert!(query_cannot_fail(sql), "{sql}");
        }
        for sql in [
            "SELECT t.id FROM t WHERE ((100 / t.n) > 1)",
            "SELECT ( SELECT u.id FROM u) AS one FROM t",
            "SELECT public.lower(t.a) AS made FROM t",
            "SELECT (t.a)::integer AS a FROM t",
        ] {
            assert!(!query_cannot_fail(sql), "{sql}");
        }
    }

    #[test]
    fn columns_that_are_only_appended() {
        let before = "SELECT t.id,\n    (100 / t.n) AS part\n   FROM public.t";
        assert!(only_appends(
            before,
            "SELECT t.id,\n    (100 / t.n) AS part,\n    (1 / t.n) AS more\n   FROM public.t"
        ));
        assert!(!only_appends(
            before,
            "SELECT t.id,\n    (100 / t.n) AS part\n   FROM public.t\n  WHERE ((1 / t.n) > 0)"
        ));
        assert!(!only_appends(before, "SELECT t.id,\n    (100 / t.n) AS part,\n    f(t.n) AS more\n   FROM public.t"));
        assert!(!only_appends("SELECT f(a) FROM t", "SELECT f(a, (1 / b)) FROM t"));
        assert!(!only_appends("SELECT DISTINCT a FROM t", "SELECT DISTINCT a, (1 / b) AS c FROM t"));
    }

    #[test]
    fn casts_do_not_count() {
        assert_eq!(without_casts("((status)::text = 'a'::text)"), without_casts("(status = 'a'::text)"));
        assert_eq!(
            without_casts("((k)::text = ANY ((ARRAY['a'::character varying(3), 'b'::character varying])::text[]))"),
            without_casts("(k = ANY (ARRAY['a'::text, 'b'::text]))")
        );
        assert_ne!(without_casts("(a = 'x'::text)"), without_casts("(a = 'y'::text)"));
    }

    #[test]
    fn a_cast_of_a_whole_array_stays_one() {
        assert_eq!(
            reparsable("((v)::text = ANY ((ARRAY['a'::character varying, 'b]'::character varying])::text[]))"),
            "((v)::text = ANY ((ARRAY['a'::character varying, 'b]'::character varying]::character varying[])::text[]))"
        );
        assert_eq!(reparsable("(k = ANY ((ARRAY[1, 2])::bigint[]))"), "(k = ANY ((ARRAY[1, 2]::integer[])::bigint[]))");
        for same in
            ["(k = ANY (ARRAY['a'::text, 'b'::text]))", "(v = 'ARRAY['::text)", "(ARRAY[a, b])::text[]", "((ARRAY["]
        {
            assert_eq!(reparsable(same), same);
        }
    }

    #[test]
    fn quotes_are_one_token() {
        assert_eq!(tokens("'it''s'"), [Token::Literal("'it''s'")]);
        assert_eq!(tokens(r"E'a\'b'"), [Token::Literal(r"E'a\'b'")]);
        assert_eq!(tokens("\"a \"\"b\"::\"T\""), [Token::Word("\"a \"\"b\""), Token::Cast, Token::Word("\"T\"")]);
    }
}
