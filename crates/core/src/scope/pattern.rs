//! Patterns for the names of relations, as psql's `\d` takes them.

use std::fmt;
use std::str::FromStr;

use crate::error::Error;
use crate::model::QualifiedName;
use crate::quote::ident;

/// The longest pattern: longer than any two names.
const MAX_LENGTH: usize = 300;

/// `schema.table` or, for every schema, `table`. `*` stands for any characters, `?` for one, and letters are folded to lower case, but not within
/// double quotes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pattern {
    schema: Option<Vec<Piece>>,
    name: Vec<Piece>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Piece {
    Character(char),
    AnyOne,
    Any,
}

impl Pattern {
    /// Whether a relation of this name is meant.
    pub fn matches(&self, name: &QualifiedName) -> bool {
        self.schema.as_ref().is_none_or(|schema| matches(schema, &name.schema)) && matches(&self.name, &name.name)
    }
}

fn matches(pieces: &[Piece], text: &str) -> bool {
    let text: Vec<char> = text.chars().collect();
    let (mut piece, mut at) = (0, 0);
    // Where to go on after the last `*` when what follows it does not match: it takes one character more.
    let mut retry: Option<(usize, usize)> = None;
    loop {
        let matched = match (pieces.get(piece), text.get(at)) {
            (None, None) => return true,
            (Some(Piece::Any), _) => {
                retry = Some((piece, at));
                piece += 1;
                continue;
            }
            (Some(Piece::AnyOne), Some(_)) => true,
            (Some(Piece::Character(expected)), Some(found)) => expected == found,
            _ => false,
        };
        if matched {
            (piece, at) = (piece + 1, at + 1);
            continue;
        }
        match retry {
            Some((star, from)) if from < text.len() => {
                retry = Some((star, from + 1));
                (piece, at) = (star + 1, from + 1);
            }
            _ => return false,
        }
    }
}

impl FromStr for Pattern {
    type Err = Error;

    fn from_str(text: &str) -> Result<Pattern, Error> {
        let malformed = |why: &str| Error::MalformedPattern { given: text.to_owned(), why: why.to_owned() };
        if text.chars().count() > MAX_LENGTH {
            return Err(malformed("it is longer than any name"));
        }
        let mut parts: Vec<Vec<Piece>> = vec![vec![]];
        let mut quoted = false;
        let mut rest = text.chars().peekable();
        while let Some(c) = rest.next() {
            let piece = match c {
                '\0' => return Err(malformed("no name has a NUL")),
                '"' if quoted && rest.peek() == Some(&'"') => {
                    rest.next();
                    Piece::Character('"')
                }
                '"' => {
                    quoted = !quoted;
                    continue;
                }
                '.' if !quoted => {
                    parts.push(vec![]);
                    continue;
                }
                '*' if !quoted => Piece::Any,
                '?' if !quoted => Piece::AnyOne,
                c if quoted => Piece::Character(c),
                // As the server folds names.
                c => Piece::Character(c.to_ascii_lowercase()),
            };
            if let Some(part) = parts.last_mut() {
                part.push(piece);
            }
        }
        if quoted {
            return Err(malformed("a double quote is not closed"));
        }
        if parts.iter().any(Vec::is_empty) {
            return Err(malformed("a name is missing"));
        }
        let mut parts = parts.into_iter();
        match (parts.next(), parts.next(), parts.next()) {
            (Some(schema), Some(name), None) => Ok(Pattern { schema: Some(schema), name }),
            (Some(name), None, None) => Ok(Pattern { schema: None, name }),
            _ => Err(malformed("it has more than a schema and a name")),
        }
    }
}

/// The one way to write it: what reads the same is the same pattern.
impl fmt::Display for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(schema) = &self.schema {
            write(schema, f)?;
            f.write_str(".")?;
        }
        write(&self.name, f)
    }
}

fn write(pieces: &[Piece], f: &mut fmt::Formatter<'_>) -> fmt::Result {
    let mut literal = String::new();
    let flush = |literal: &mut String, f: &mut fmt::Formatter<'_>| {
        let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
        match literal.chars().all(plain) {
            true => f.write_str(literal)?,
            false => f.write_str(&ident(literal))?,
        }
        literal.clear();
        Ok(())
    };
    for piece in pieces {
        match piece {
            Piece::Character(c) => literal.push(*c),
            Piece::AnyOne | Piece::Any => {
                flush(&mut literal, f)?;
                f.write_str(if *piece == Piece::Any { "*" } else { "?" })?;
            }
        }
    }
    flush(&mut literal, f)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn matches(pattern: &str, schema: &str, name: &str) -> bool {
        let name = QualifiedName { schema: schema.to_owned(), name: name.to_owned() };
        pattern.parse::<Pattern>().is_ok_and(|pattern| pattern.matches(&name))
    }

    #[test]
    fn a_name_alone_is_meant_in_every_schema() {
        assert!(matches("audit", "public", "audit"));
        assert!(matches("audit", "app", "audit"));
        assert!(!matches("audit", "audit", "tasks"));
        assert!(!matches("audit", "public", "audit_log"));
        assert!(matches("app.audit", "app", "audit"));
        assert!(!matches("app.audit", "public", "audit"));
    }

    #[test]
    fn wildcards() {
        assert!(matches("audit.*", "audit", "anything at all"));
        assert!(!matches("audit.*", "public", "audit.x"));
        assert!(matches("*", "public", "größe"));
        assert!(matches("*_log", "public", "task_log"));
        assert!(matches("*_log", "public", "_log_log"));
        assert!(!matches("*_log", "public", "task_logs"));
        assert!(matches("t?sk*", "public", "tusks"));
        assert!(!matches("t?sk", "public", "tsk"));
        assert!(matches("gr?ße", "public", "größe"));
        assert!(matches("a*b*c", "public", "aXbXbXc"));
        assert!(!matches("a*b*c", "public", "aXcXb"));
        assert!(matches("a**", "public", "a"));
        // As LIKE would not have it.
        assert!(!matches("a_b", "public", "axb"));
        assert!(!matches("a%", "public", "axb"));
    }

    #[test]
    fn quotes_keep_what_is_in_them() {
        assert!(matches("Tasks", "public", "tasks"));
        assert!(!matches("Tasks", "public", "Tasks"));
        assert!(matches("\"Tasks\"", "public", "Tasks"));
        assert!(matches("\"My\"*", "public", "MyTasks"));
        assert!(matches("\"a.b\".c", "a.b", "c"));
        assert!(matches("\"*\"", "public", "*"));
        assert!(!matches("\"*\"", "public", "tasks"));
        assert!(matches("\"we\"\"ird\"", "public", "we\"ird"));
        // Not a letter that the server would fold.
        assert!(matches("GRÖSSE", "public", "grÖsse"));
    }

    #[test]
    fn the_same_pattern_reads_the_same() {
        for (given, canonical) in [
            ("Audit.*", "audit.*"),
            ("\"audit\".*", "audit.*"),
            ("\"Audit\".*_log", "\"Audit\".*_log"),
            ("\"My\"*Tasks?", "\"My\"*tasks?"),
            ("\"we\"\"ird\"", "\"we\"\"ird\""),
            ("\"a*\".\"?\"", "\"a*\".\"?\""),
            ("\"a b\"", "\"a b\""),
            ("a b", "\"a b\""),
            ("2020*", "2020*"),
        ] {
            let pattern: Pattern = given.parse().unwrap();
            assert_eq!(pattern.to_string(), canonical);
            assert_eq!(canonical.parse::<Pattern>().unwrap(), pattern);
        }
    }

    #[test]
    fn what_is_no_pattern() {
        let why = |text: &str| match text.parse::<Pattern>() {
            Err(Error::MalformedPattern { why, .. }) => why,
            other => panic!("{other:?}"),
        };
        assert_eq!(why(""), "a name is missing");
        assert_eq!(why("audit."), "a name is missing");
        assert_eq!(why(".t"), "a name is missing");
        assert_eq!(why("\"\".t"), "a name is missing");
        assert_eq!(why("\"a"), "a double quote is not closed");
        assert_eq!(why("db.public.t"), "it has more than a schema and a name");
        assert_eq!(why(&"a".repeat(301)), "it is longer than any name");
        assert_eq!(why("a\0"), "no name has a NUL");
    }
}
