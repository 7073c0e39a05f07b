//! A database for one test, and sessions in it.

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use postgres::error::DbError;
use postgres::fallible_iterator::FallibleIterator;
use postgres::types::FromSql;
use postgres::{Client, Config, NoTls, Row};

static NUMBER: AtomicU32 = AtomicU32::new(1);

/// A database of its own, dropped when the test ends.
pub struct Database {
    name: String,
    server: Config,
}

/// One connection.
pub struct Session {
    client: Client,
    notices: Arc<Mutex<Vec<String>>>,
}

/// What the tests look at in an entry.
#[derive(Debug)]
pub struct Entry {
    pub seq: i64,
    pub hash: String,
    pub class: String,
    pub statements: Vec<String>,
    pub source: Vec<String>,
    pub recorded_by: String,
}

impl Database {
    /// With the extension in it.
    pub fn new() -> Database {
        let database = Database::plain("ENCODING 'UTF8'");
        database.session().run("CREATE EXTENSION electric_schema");
        database
    }

    /// Without it.
    pub fn plain(options: &str) -> Database {
        let (mut first, _) = client();
        let setting = |client: &mut Client, name: &str| -> String {
            client.query_one(&format!("SELECT current_setting('{name}')"), &[]).expect("a setting").get(0)
        };
        let port = setting(&mut first, "port").parse().expect("a port");
        let host = setting(&mut first, "listen_addresses");
        let mut server = Config::new();
        server.host(&host).port(port).user(&pgrx_tests::get_pg_user());
        let name = unique("test");
        let create = format!("CREATE DATABASE {name} TEMPLATE template0 LC_COLLATE 'C' LC_CTYPE 'C' {options}");
        first.batch_execute(&create).expect("a database");
        Database { name, server }
    }

    pub fn session(&self) -> Session {
        self.connect(&self.server)
    }

    /// For whoever connects from elsewhere: a subscription.
    pub fn connection_string(&self) -> String {
        let host = self.server.get_hosts().iter().find_map(|host| match host {
            postgres::config::Host::Tcp(name) => Some(name.clone()),
            #[cfg(unix)]
            postgres::config::Host::Unix(path) => path.to_str().map(str::to_owned),
        });
        let port = self.server.get_ports().first().copied().unwrap_or_default();
        let user = self.server.get_user().unwrap_or_default();
        format!("host={} port={port} user={user} dbname={}", host.unwrap_or_default(), self.name)
    }

    /// A session that began as this role, and cannot become another one.
    pub fn session_as(&self, role: &str) -> Session {
        self.connect(self.server.clone().user(role))
    }

    /// A session with further settings, which only the start of one can make.
    pub fn session_with(&self, options: &str) -> Session {
        self.connect(self.server.clone().options(options))
    }

    fn connect(&self, server: &Config) -> Session {
        let notices = Arc::new(Mutex::new(vec![]));
        let heard = notices.clone();
        let mut config = server.clone();
        config.dbname(&self.name).application_name("tests");
        // A test that waits in vain fails.
        let options = server.get_options().unwrap_or_default();
        config.options(&format!("-c lock_timeout=20s -c electric_schema.seal_timeout=20s {options}"));
        config.notice_callback(move |notice| heard.lock().expect("no panic").push(notice.message().to_owned()));
        Session { client: config.connect(NoTls).expect("a session"), notices }
    }

    pub fn entries(&self) -> Vec<Entry> {
        let query =
            "SELECT seq, hash, class, statements, source, recorded_by FROM _electric_meta.migrations ORDER BY seq";
        let entry = |row: &Row| Entry {
            seq: row.get(0),
            hash: row.get(1),
            class: row.get(2),
            statements: row.get(3),
            source: row.get(4),
            recorded_by: row.get(5),
        };
        self.session().rows(query).iter().map(entry).collect()
    }

    /// The chain has no gap and no fork, and the ledger is what the catalogs are.
    pub fn assert_sound(&self) {
        let mut session = self.session();
        let links: i64 = session.value(
            "SELECT count(*) FROM (
               SELECT seq, parent_hash, lag(hash) OVER (ORDER BY seq) AS before, row_number() OVER (ORDER BY seq) AS place
               FROM _electric_meta.migrations) m
             WHERE seq <> place OR parent_hash <> before",
        );
        assert_eq!(links, 0, "the chain is not linear");
        let verdict: String = session.value("SELECT electric_schema.verify()::text");
        let ok: bool = session.value("SELECT (electric_schema.verify() ->> 'ok')::boolean");
        assert!(ok, "{verdict}");
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        let remove = || -> Result<(), postgres::Error> {
            let mut admin = self.server.clone().dbname("postgres").connect(NoTls)?;
            // A prepared transaction outlives its session and keeps its database.
            let mut prepared = self.server.clone().dbname(&self.name).connect(NoTls)?;
            for row in prepared.query("SELECT gid FROM pg_prepared_xacts WHERE database = current_database()", &[])? {
                prepared.batch_execute(&format!("ROLLBACK PREPARED '{}'", row.get::<_, String>(0)))?;
            }
            drop(prepared);
            admin.batch_execute(&format!("DROP DATABASE {} WITH (FORCE)", self.name))
        };
        if let Err(error) = remove() {
            eprintln!("{} stays behind: {error}", self.name);
        }
    }
}

impl Session {
    /// Runs one or more statements, as one simple query.
    #[track_caller]
    pub fn run(&mut self, sql: &str) {
        if let Err(error) = self.client.batch_execute(sql) {
            panic!("{sql}\n{error:?}");
        }
    }

    /// Writes to the ledger as only a superuser can, who disables what keeps hands off it.
    #[track_caller]
    pub fn tamper(&mut self, table: &str, sql: &str) {
        let triggers = |what: &str| {
            let one = |name: &str| format!("ALTER TABLE _electric_meta.{table} {what} TRIGGER {name}");
            format!("{}; {}", one("guard"), one("guard_row"))
        };
        self.run(&format!("{}; {sql}; {}", triggers("DISABLE"), triggers("ENABLE ALWAYS")));
    }

    /// What the server says to statements that must fail.
    #[track_caller]
    pub fn fails(&mut self, sql: &str) -> DbError {
        let error = self.client.batch_execute(sql).expect_err(sql);
        error.as_db_error().unwrap_or_else(|| panic!("{sql}\n{error:?}")).clone()
    }

    #[track_caller]
    pub fn rows(&mut self, query: &str) -> Vec<Row> {
        self.client.query(query, &[]).unwrap_or_else(|error| panic!("{query}\n{error:?}"))
    }

    #[track_caller]
    pub fn value<T: for<'a> FromSql<'a>>(&mut self, query: &str) -> T {
        match self.rows(query).as_slice() {
            [row] => row.get(0),
            rows => panic!("{query}\n{} rows", rows.len()),
        }
    }

    /// The NOTICEs since the last call.
    pub fn notices(&mut self) -> Vec<String> {
        std::mem::take(&mut *self.notices.lock().expect("no panic"))
    }

    /// The next NOTIFY's payload.
    pub fn notification(&mut self) -> Option<(String, String)> {
        let mut notifications = self.client.notifications();
        let next = notifications.timeout_iter(Duration::from_secs(5)).next().expect("a connection");
        next.map(|notification| (notification.channel().to_owned(), notification.payload().to_owned()))
    }

    pub fn pid(&mut self) -> i32 {
        self.value("SELECT pg_backend_pid()")
    }

    /// Returns when the backend waits for a lock.
    pub fn await_waiting(&mut self, pid: i32) {
        let start = Instant::now();
        while !self.value::<bool>(&format!("SELECT EXISTS (SELECT FROM pg_locks WHERE pid = {pid} AND NOT granted)")) {
            assert!(start.elapsed() < Duration::from_secs(10), "backend {pid} does not wait");
            std::thread::sleep(Duration::from_millis(10));
        }
    }
}

/// A name that no other test has.
pub fn unique(prefix: &str) -> String {
    format!("{prefix}_{}", NUMBER.fetch_add(1, Ordering::Relaxed))
}

/// A session in the harness's own database; starts the server when no `#[pg_test]` has.
fn client() -> (Client, String) {
    pgrx_tests::run_test("ready", None, crate::pg_test::postgresql_conf_options()).expect("the server starts");
    pgrx_tests::client().expect("a session")
}
