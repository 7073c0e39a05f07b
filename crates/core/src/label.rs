//! What an entry is called: the label that somebody gave it, or what a migration tool's bookkeeping says.

use std::fmt;

/// How many characters a label may have: as many as Prisma's names.
pub const LONGEST: usize = 255;

/// The advisory lock that a session holds while Prisma migrates in it.
pub const PRISMA_LOCK: i64 = 72_707_369;

/// Why a text is no label.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unfit {
    /// There is nothing to see.
    Empty,
    /// It has more characters than [`LONGEST`]: how many.
    TooLong(usize),
    /// Line breaks, tabulators and the like.
    ControlCharacter(char),
}

impl fmt::Display for Unfit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Unfit::Empty => write!(f, "a label cannot be empty"),
            Unfit::TooLong(_) => write!(f, "a label cannot be longer than {LONGEST} characters"),
            Unfit::ControlCharacter(_) => write!(f, "a label cannot have control characters"),
        }
    }
}

/// Whether a text is a label.
pub fn check(label: &str) -> Result<(), Unfit> {
    let length = label.chars().count();
    if let Some(control) = label.chars().find(|c| c.is_control()) {
        return Err(Unfit::ControlCharacter(control));
    }
    match length {
        _ if label.trim().is_empty() => Err(Unfit::Empty),
        _ if length > LONGEST => Err(Unfit::TooLong(length)),
        _ => Ok(()),
    }
}

/// A table in which a migration tool writes down what it has applied.
#[derive(Debug, PartialEq, Eq)]
pub struct Bookkeeping {
    /// Its name, in whatever schema.
    pub table: &'static str,
    /// What is read of it.
    pub columns: &'static [&'static str],
    form: Form,
}

#[derive(Debug, PartialEq, Eq)]
enum Form {
    /// The first column names what was applied.
    Name,
    /// `name` in newer versions; before that only the file's hash, and the time in the journal.
    Drizzle,
    /// A row is written before the script runs, in a transaction of its own.
    Prisma,
}

const fn named(table: &'static str, columns: &'static [&'static str]) -> Bookkeeping {
    Bookkeeping { table, columns, form: Form::Name }
}

/// The tables that name entries; where several have been written to, the first of them does.
pub const BOOKKEEPING: [Bookkeeping; 15] = [
    Bookkeeping { table: "__drizzle_migrations", columns: &["name", "hash", "created_at"], form: Form::Drizzle },
    Bookkeeping {
        table: "_prisma_migrations",
        columns: &["migration_name", "started_at", "finished_at", "rolled_back_at"],
        form: Form::Prisma,
    },
    named("__EFMigrationsHistory", &["MigrationId"]),
    named("__diesel_schema_migrations", &["version"]),
    named("_sqlx_migrations", &["description"]),
    named("alembic_version", &["version_num"]),
    named("flyway_schema_history", &["script"]),
    named("goose_db_version", &["version_id"]),
    named("knex_migrations", &["name"]),
    named("kysely_migration", &["name"]),
    named("mikro_orm_migrations", &["name"]),
    named("pgmigrations", &["name"]),
    named("refinery_schema_history", &["name"]),
    named("schema_migrations", &["version"]),
    named("seaql_migrations", &["version"]),
];

impl Bookkeeping {
    /// Whether rows count that other transactions have written, while the tool runs.
    pub fn announces(&self) -> bool {
        self.form == Form::Prisma
    }
}

/// What a row holds in one of the columns that are read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Cell {
    /// The table has no such column, or one of another type than expected.
    Unreadable,
    /// NULL.
    Null,
    /// A text.
    Text(String),
    /// A number, or a point in time.
    Number(i64),
}

/// A row of a bookkeeping table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// This transaction has written it.
    pub own: bool,
    /// One cell for each of the table's `columns`.
    pub cells: Vec<Cell>,
}

/// What was read of one bookkeeping table, in the order in which it was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Records {
    /// Which one it is.
    pub bookkeeping: &'static Bookkeeping,
    /// Its rows.
    pub rows: Vec<Row>,
}

/// The label that bookkeeping gives: all that this transaction wrote down as applied, else the migration that Prisma is running.
pub fn from_bookkeeping(records: &[Records]) -> Option<String> {
    let own = |records: &Records| {
        let names = records.rows.iter().filter(|row| row.own).filter_map(|row| name(records.bookkeeping, row));
        summary(&names.collect::<Vec<_>>())
    };
    records.iter().find_map(own).or_else(|| {
        let rows = records.iter().flat_map(|records| records.rows.iter().map(|row| (records.bookkeeping, row)));
        let (_, name) = rows.filter_map(|(of, row)| Some((unfinished_since(of, row)?, name(of, row)?))).max()?;
        Some(name)
    })
}

fn name(bookkeeping: &Bookkeeping, row: &Row) -> Option<String> {
    let name = match (&bookkeeping.form, row.cells.as_slice()) {
        (Form::Drizzle, [Cell::Unreadable | Cell::Null, Cell::Text(hash), created_at]) => {
            let hash: String = hash.chars().take(12).collect();
            match created_at {
                Cell::Number(created_at) => format!("drizzle:{created_at}:{hash}"),
                Cell::Unreadable | Cell::Null | Cell::Text(_) => format!("drizzle:{hash}"),
            }
        }
        (Form::Name | Form::Drizzle | Form::Prisma, [Cell::Text(name), ..]) => name.clone(),
        (Form::Name | Form::Drizzle | Form::Prisma, [Cell::Number(name), ..]) => name.to_string(),
        (Form::Name | Form::Drizzle | Form::Prisma, _) => return None,
    };
    let name: String = name.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    Some(name.trim().to_owned()).filter(|name| !name.is_empty())
}

/// When Prisma started the migration of this row, if it has neither finished nor been given up.
fn unfinished_since(bookkeeping: &Bookkeeping, row: &Row) -> Option<i64> {
    match (&bookkeeping.form, row.cells.as_slice()) {
        (Form::Prisma, [_, Cell::Number(started_at), Cell::Null, Cell::Null]) => Some(*started_at),
        (Form::Name | Form::Drizzle | Form::Prisma, _) => None,
    }
}

/// All of them, or the first and the last where they are too many.
fn summary(names: &[String]) -> Option<String> {
    let (first, last) = (names.first()?, names.last()?);
    let all = names.join(", ");
    if all.chars().count() <= LONGEST {
        return Some(all);
    }
    if names.len() == 1 {
        return Some(cut(first, LONGEST));
    }
    let count = format!(" ({})", names.len());
    let each = (LONGEST - " … ".chars().count() - count.len()) / 2;
    Some(format!("{} … {}{count}", cut(first, each), cut(last, each)))
}

fn cut(text: &str, length: usize) -> String {
    if text.chars().count() <= length {
        return text.to_owned();
    }
    text.chars().take(length - 1).chain(['…']).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(text: &str) -> Cell {
        Cell::Text(text.to_owned())
    }

    fn row(own: bool, cells: &[Cell]) -> Row {
        Row { own, cells: cells.to_vec() }
    }

    fn records(table: &str, rows: &[Row]) -> Records {
        let bookkeeping = BOOKKEEPING.iter().find(|bookkeeping| bookkeeping.table == table).expect("a tool");
        Records { bookkeeping, rows: rows.to_vec() }
    }

    fn label(table: &str, rows: &[Row]) -> Option<String> {
        from_bookkeeping(&[records(table, rows)])
    }

    fn drizzle(created_at: i64, hash: &str) -> Row {
        row(true, &[Cell::Unreadable, text(hash), Cell::Number(created_at)])
    }

    fn prisma(own: bool, name: &str, started_at: i64, finished_at: Cell, rolled_back_at: Cell) -> Row {
        row(own, &[text(name), Cell::Number(started_at), finished_at, rolled_back_at])
    }

    #[test]
    fn what_is_a_label() {
        assert_eq!(check("0007_add_due_date"), Ok(()));
        assert_eq!(check("  \"ß\" '; DROP 🗓️ "), Ok(()));
        assert_eq!(check(&"ä".repeat(LONGEST)), Ok(()));
        assert_eq!(check(&"ä".repeat(LONGEST + 1)), Err(Unfit::TooLong(LONGEST + 1)));
        assert_eq!(check(""), Err(Unfit::Empty));
        assert_eq!(check(" \u{a0}"), Err(Unfit::Empty));
        assert_eq!(check("\n"), Err(Unfit::ControlCharacter('\n')));
        assert_eq!(check("a\u{85}b"), Err(Unfit::ControlCharacter('\u{85}')));
    }

    #[test]
    fn every_bookkeeping_table_is_out_of_scope() {
        for bookkeeping in &BOOKKEEPING {
            let name = crate::model::QualifiedName { schema: "public".to_owned(), name: bookkeeping.table.to_owned() };
            assert!(crate::scope::is_bookkeeping(&name), "{bookkeeping:?}");
        }
    }

    #[test]
    fn drizzle_without_names_gives_time_and_hash() {
        let hash = "0123456789abcdef".repeat(4);
        assert_eq!(label("__drizzle_migrations", &[drizzle(17, &hash)]).as_deref(), Some("drizzle:17:0123456789ab"));
        let no_time = row(true, &[Cell::Null, text("äöü"), Cell::Null]);
        assert_eq!(label("__drizzle_migrations", &[no_time]).as_deref(), Some("drizzle:äöü"));
        let named = row(true, &[text("0007_add_due_date"), text(&hash), Cell::Number(17)]);
        assert_eq!(label("__drizzle_migrations", &[named]).as_deref(), Some("0007_add_due_date"));
        assert_eq!(label("__drizzle_migrations", &[row(true, &[Cell::Unreadable, Cell::Null, Cell::Null])]), None);
    }

    #[test]
    fn several_in_one_transaction_are_all_named_as_long_as_they_fit() {
        let some = [drizzle(3, "c"), drizzle(1, "a"), drizzle(2, "b")];
        assert_eq!(label("__drizzle_migrations", &some).as_deref(), Some("drizzle:3:c, drizzle:1:a, drizzle:2:b"));
        let many: Vec<Row> = (1..=100).map(|n| drizzle(n, "abc")).collect();
        assert_eq!(label("__drizzle_migrations", &many).as_deref(), Some("drizzle:1:abc … drizzle:100:abc (100)"));
    }

    #[test]
    fn a_label_of_bookkeeping_is_one_that_could_have_been_given() {
        let long = text(&"ä".repeat(1000));
        for rows in [vec![long.clone()], vec![long.clone(); 2], vec![long; 12345]] {
            let rows: Vec<Row> = rows.into_iter().map(|name| row(true, &[name])).collect();
            let label = label("flyway_schema_history", &rows).expect("a label");
            assert_eq!(check(&label), Ok(()), "{label}");
            assert!(label.chars().count() > LONGEST - 3 && label.contains('…'), "{label}");
        }
        let odd = [row(true, &[text(" a\nb\0\t ")]), row(true, &[text("\r\n")]), row(true, &[Cell::Number(-1)])];
        assert_eq!(label("knex_migrations", &odd).as_deref(), Some("a b, -1"));
    }

    #[test]
    fn rows_of_other_transactions_do_not_count() {
        assert_eq!(label("schema_migrations", &[row(false, &[text("20240101")])]), None);
        let one = [row(false, &[text("20240101")]), row(true, &[text("20240102")])];
        assert_eq!(label("schema_migrations", &one).as_deref(), Some("20240102"));
        assert_eq!(from_bookkeeping(&[]), None);
    }

    #[test]
    fn prisma_names_what_it_is_running() {
        let (never, then) = (Cell::Null, Cell::Number(9));
        let finished = prisma(false, "done", 5, then.clone(), never.clone());
        let failed = prisma(false, "failed", 6, never.clone(), then.clone());
        let old = prisma(false, "old", 1, never.clone(), never.clone());
        let running = prisma(false, "running", 4, never.clone(), never.clone());
        let rows = [finished.clone(), running, failed.clone(), old];
        assert_eq!(label("_prisma_migrations", &rows).as_deref(), Some("running"));
        assert_eq!(label("_prisma_migrations", &[finished, failed]), None);
        // Who cannot tell whether it has finished does not guess.
        assert_eq!(label("_prisma_migrations", &[prisma(false, "x", 4, never.clone(), Cell::Unreadable)]), None);
        assert_eq!(label("_prisma_migrations", &[prisma(false, "x", 4, Cell::Unreadable, never)]), None);
    }

    #[test]
    fn what_the_transaction_wrote_itself_comes_before_what_is_running() {
        let running = prisma(false, "running", 4, Cell::Null, Cell::Null);
        let own = prisma(true, "own", 3, Cell::Number(3), Cell::Null);
        assert_eq!(label("_prisma_migrations", &[running.clone(), own]).as_deref(), Some("own"));
        let both = [records("_prisma_migrations", &[running]), records("knex_migrations", &[row(true, &[text("k")])])];
        assert_eq!(from_bookkeeping(&both).as_deref(), Some("k"));
    }

    #[test]
    fn only_prisma_announces() {
        let unfinished = row(false, &[text("x"), Cell::Number(4), Cell::Null, Cell::Null]);
        for bookkeeping in &BOOKKEEPING {
            let announced = from_bookkeeping(&[Records { bookkeeping, rows: vec![unfinished.clone()] }]);
            assert_eq!(announced.is_some(), bookkeeping.announces(), "{bookkeeping:?}");
            assert_eq!(bookkeeping.announces(), bookkeeping.table == "_prisma_migrations");
        }
    }
}
