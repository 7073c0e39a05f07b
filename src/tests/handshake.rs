//! The answers that are read through the indexes are those that the queries would give, whoever asks and whatever the session is set to.

use super::database::{unique, Database, Session};

/// The answers to a client at each entry, and to one at the genesis, at a hash that nobody knows, and with nothing; as they are given, and for a
/// client that names head as its target, who is always answered by queries.
fn both(session: &mut Session, as_role: &str) -> (Vec<Option<String>>, Vec<Option<String>>) {
    let hashes: Vec<String> = session.value(
        "SELECT array_agg(hash ORDER BY seq) || (SELECT array_agg(DISTINCT schema_hash) FROM _electric_meta.migrations)
           || (SELECT parent_hash FROM _electric_meta.migrations ORDER BY seq LIMIT 1) || pg_catalog.repeat('0', 64)
         FROM _electric_meta.migrations",
    );
    let head: String = session.value("SELECT hash FROM electric_schema.head()");
    let mut answers = |target: Option<&str>| -> Vec<Option<String>> {
        session.run(as_role);
        let target = target.map_or("NULL".to_owned(), |hash| format!("'{hash}'"));
        let hashes = hashes.iter().map(|hash| format!("'{hash}'")).chain(["NULL".to_owned()]);
        let ask = |hash: String| {
            let call = |squash| format!("electric_schema.handshake({hash}, 7, {squash}, {target})");
            let (each, net) = (call(false), call(true));
            // As jsonb, too: keys that are out of order are not found.
            session.value(&format!(
                "SELECT CASE WHEN a OPERATOR(pg_catalog.=) a::pg_catalog.text::pg_catalog.jsonb
                              AND pg_catalog.pg_column_size(a) OPERATOR(pg_catalog.=) pg_catalog.pg_column_size(a::pg_catalog.text::pg_catalog.jsonb)
                        THEN pg_catalog.concat(a, b) END FROM {each} a, {net} b"
            ))
        };
        let answers = hashes.map(ask).collect();
        session.run("RESET ROLE");
        answers
    };
    (answers(None), answers(Some(&head)))
}

#[track_caller]
fn assert_same(session: &mut Session, as_role: &str) -> Vec<Option<String>> {
    let (given, by_queries) = both(session, as_role);
    assert!(given.iter().all(Option::is_some), "not as jsonb is: {given:#?}");
    for (given, by_queries) in given.iter().zip(&by_queries) {
        assert_eq!(given, by_queries);
    }
    given
}

/// Kinds of entries whose answers have something to say beside the statements, and destructive ones between them.
const HISTORY: [&str; 21] = [
    "CREATE SCHEMA app",
    "CREATE TABLE app.a (id bigint PRIMARY KEY, t text COLLATE \"C\")",
    "CREATE TABLE filled AS SELECT n, 'it''s'::text AS \"na\"\"me\" FROM generate_series(1, 3) n",
    "ALTER TABLE app.a ADD COLUMN plain text, ADD COLUMN sorted text COLLATE \"POSIX\"",
    "ALTER TABLE app.a DROP COLUMN plain",
    "CREATE TABLE b (id int REFERENCES app.a) PARTITION BY RANGE (id)",
    "CREATE TABLE b1 PARTITION OF b FOR VALUES FROM (1) TO (10)",
    "CREATE TYPE mood AS ENUM ('sad')",
    "ALTER TYPE mood ADD VALUE 'ok'",
    "ALTER TABLE app.a ADD COLUMN mood mood DEFAULT 'ok'",
    "ALTER TABLE app.a RENAME COLUMN t TO u",
    "ALTER TABLE app.a ADD COLUMN v varchar(10)",
    "ALTER TABLE app.a ALTER COLUMN v TYPE varchar(20) COLLATE \"C\"",
    "CREATE DOMAIN d AS text COLLATE \"C\" CHECK (value <> E'\\n\\t\\\\')",
    "CREATE VIEW v AS SELECT id FROM app.a",
    "CREATE INDEX ON app.a (v)",
    "CREATE TABLE again AS SELECT 1 AS one",
    "ALTER TABLE again ADD COLUMN \"ü\\\" jsonb DEFAULT '{\"a\": [1, null, \"\\u00e9\"]}'",
    "COMMENT ON TABLE again IS 'nothing'",
    "ALTER TABLE again ADD CHECK (one > 0) NOT VALID",
    "ALTER TABLE again ALTER COLUMN one SET DEFAULT 7",
];

#[test]
fn both_ways_give_the_same_answer() {
    let database = Database::new();
    let mut session = database.session();
    assert_same_when_empty(&mut session);
    for sql in HISTORY {
        session.run(sql);
    }
    let answers = assert_same(&mut session, "");
    let with = |text: &str| answers.iter().flatten().filter(|answer| answer.contains(text)).count();
    for kind in ["\"ready\"", "\"migrate\"", "\"reset\"", "\"abort\"", "\"bootstrap\"", "pg_catalog.\\\"C\\\""] {
        assert!(with(kind) > 0, "{kind}");
    }
    assert!(with("\"fetch\": [{\"table\": \"again\"") > 0);
    // The indexes of the ledger's tables are taken for those of a catalog.
    let mut without = database.session_with("-c ignore_system_indexes=on");
    assert_eq!(assert_same(&mut without, ""), answers);
    // Others than the chain that grows here.
    session.tamper(
        "ledgers",
        "INSERT INTO _electric_meta.ledgers SELECT gen_random_uuid(), created_at, seq, hash, reset_version, schema_sum FROM _electric_meta.ledgers",
    );
    assert_eq!(assert_same(&mut session, ""), answers);
    session.tamper(
        "ledgers",
        "DELETE FROM _electric_meta.ledgers WHERE ledger_id <> (SELECT ledger_id FROM _electric_meta.seal)",
    );
    database.assert_sound();
    // Pruned ones.
    let before: String = session.value("SELECT hash FROM _electric_meta.migrations WHERE seq = 12");
    session.run(&format!("CALL electric_schema.compact('{before}')"));
    assert_same(&mut session, "");
    // A gap, of a superuser's making.
    session.tamper("migrations", "DELETE FROM _electric_meta.migrations WHERE seq = 16");
    assert_same(&mut session, "");
}

fn assert_same_when_empty(session: &mut Session) {
    let genesis: String = session.value("SELECT hash FROM electric_schema.head()");
    let same = format!(
        "SELECT electric_schema.handshake('{genesis}') = electric_schema.handshake('{genesis}', target_hash => '{genesis}')"
    );
    assert_eq!(session.value::<Option<bool>>(&same), Some(true));
}

#[test]
fn who_is_nearly_there_is_answered_without_a_query() {
    let database = Database::new();
    let mut session = database.session();
    if session.value::<String>("SELECT current_setting('server_version_num')").as_str() < "140000" {
        // Nothing tells of a session's memory there.
        return;
    }
    session.run("CREATE TABLE t (id int PRIMARY KEY)");
    let first: String = session.value("SELECT hash FROM electric_schema.head()");
    for sql in ["CREATE TABLE u (id int, t text COLLATE \"C\")", "ALTER TABLE t ADD COLUMN a text"] {
        session.run(sql);
    }
    let head: String = session.value("SELECT hash FROM electric_schema.head()");
    let mut session = database.session();
    let mut plans_after = |call: &str| -> i64 {
        session.rows(&format!("SELECT electric_schema.handshake({call})"));
        session.value("SELECT count(*) FROM pg_backend_memory_contexts WHERE name = 'SPI Plan'")
    };
    assert_eq!(plans_after(&format!("'{head}'")), 0);
    assert_eq!(plans_after(&format!("'{first}', 1")), 0);
    // So that the test can fail.
    assert!(plans_after(&format!("'{first}', squash => true")) > 0);
}

#[test]
fn an_answer_is_of_the_moment_that_its_statement_sees() {
    let database = Database::new();
    let (mut session, mut reader) = (database.session(), database.session());
    session.run("CREATE TABLE t (id int PRIMARY KEY)");
    let first: String = session.value("SELECT hash FROM electric_schema.head()");
    session.run("ALTER TABLE t ADD COLUMN a text");
    let second: String = session.value("SELECT hash FROM electric_schema.head()");
    let ask = |session: &mut Session, hash: &str| -> (String, String, String) {
        let row = session.rows(&format!(
            "SELECT a ->> 'action', a #>> '{{head,hash}}', coalesce(a #>> '{{transactions,-1,hash}}', '')
             FROM electric_schema.handshake('{hash}', 1) a"
        ));
        (row[0].get(0), row[0].get(1), row[0].get(2))
    };
    let ready = |hash: &str| ("ready".to_owned(), hash.to_owned(), String::new());
    let migrate = |hash: &str| ("migrate".to_owned(), hash.to_owned(), hash.to_owned());
    for level in ["REPEATABLE READ", "SERIALIZABLE", "READ COMMITTED"] {
        let before: String = session.value("SELECT hash FROM electric_schema.head()");
        reader.run(&format!("BEGIN ISOLATION LEVEL {level}"));
        assert_eq!(ask(&mut reader, &before), ready(&before), "{level}");
        session.run("ALTER TABLE t ADD COLUMN b text; ALTER TABLE t ADD COLUMN c text");
        session.run(&format!(
            "ALTER TABLE t RENAME COLUMN b TO \"b {level}\"; ALTER TABLE t RENAME COLUMN c TO \"c {level}\""
        ));
        session.run(&format!("ALTER TABLE t ADD COLUMN \"d {level}\" text"));
        let kept = level != "READ COMMITTED";
        if kept {
            assert_eq!(ask(&mut reader, &before), ready(&before), "{level}");
            // A head that it does not see.
            let now: String = session.value("SELECT hash FROM electric_schema.head()");
            assert_eq!(ask(&mut reader, &now).0, "abort", "{level}");
        } else {
            assert_eq!(ask(&mut reader, &before).0, "migrate", "{level}");
        }
        reader.run("COMMIT");
    }
    // DDL of its own that is not recorded yet.
    let head: String = session.value("SELECT hash FROM electric_schema.head()");
    session.run("BEGIN; ALTER TABLE t ADD COLUMN own text");
    assert_eq!(ask(&mut session, &head), ready(&head));
    session.run("COMMIT");
    let now: String = session.value("SELECT hash FROM electric_schema.head()");
    assert_eq!(ask(&mut session, &head), migrate(&now));
    assert_ne!(first, second);
    database.assert_sound();
}

/// A role that may call the function gets its answer with everything in its way that it could have put there, and nothing of it runs as the owner.
#[test]
fn a_role_that_may_ask_gets_the_same_and_nothing_else() {
    let database = Database::new();
    let mut session = database.session();
    for sql in HISTORY {
        session.run(sql);
    }
    let answers = assert_same(&mut session, "");
    let role = unique("client");
    session.run(&format!(
        "CREATE ROLE {role}; CREATE SCHEMA evil AUTHORIZATION {role}; CREATE TABLE public.caught (who text); GRANT INSERT ON public.caught TO PUBLIC"
    ));
    let answers_before = answers.len();
    let refused = |session: &mut Session| {
        let head = "repeat('0', 64)";
        for sql in [
            format!("SELECT electric_schema.handshake({head})"),
            "SELECT electric_schema.handshake(NULL)".to_owned(),
            "SELECT salt FROM _electric_meta.migrations".to_owned(),
            "SELECT hash FROM _electric_meta.ledgers".to_owned(),
        ] {
            session.run(&format!("SET ROLE {role}"));
            assert_eq!(session.fails(&sql).code().code(), "42501", "{sql}");
            session.run("RESET ROLE");
        }
    };
    refused(&mut session);
    session.run(&format!("GRANT USAGE ON SCHEMA electric_schema TO {role}"));
    refused(&mut session);
    session.run(&format!("GRANT EXECUTE ON FUNCTION electric_schema.handshake TO {role}"));
    let as_role = format!("SET ROLE {role}");
    // What was made for the role is an entry, too.
    let answers = assert_same(&mut session, "");
    assert!(answers.len() > answers_before);
    assert_eq!(assert_same(&mut session, &as_role), answers);

    session.run(&as_role);
    session.run(&format!(
        "CREATE FUNCTION evil.caught() RETURNS boolean LANGUAGE plpgsql AS
           $f$ BEGIN IF current_user <> '{role}' THEN INSERT INTO public.caught VALUES (current_user); END IF; RETURN true; END $f$"
    ));
    for (name, of) in [
        ("text", "text"),
        ("jsonb", "jsonb"),
        ("uuid", "uuid"),
        ("int8", "bigint"),
        ("json", "json"),
        ("name", "name"),
        ("inet", "inet"),
    ] {
        session.run(&format!(
            "CREATE FUNCTION evil.same(pg_catalog.{name}, pg_catalog.{name}) RETURNS boolean LANGUAGE sql AS 'SELECT evil.caught()'"
        ));
        if name != "json" {
            session.run(&format!(
                "CREATE OPERATOR evil.= (FUNCTION = evil.same, LEFTARG = pg_catalog.{name}, RIGHTARG = pg_catalog.{name});
                 CREATE OPERATOR evil.> (FUNCTION = evil.same, LEFTARG = pg_catalog.{name}, RIGHTARG = pg_catalog.{name});
                 CREATE OPERATOR evil.<= (FUNCTION = evil.same, LEFTARG = pg_catalog.{name}, RIGHTARG = pg_catalog.{name})"
            ));
        }
        // Types of a temporary schema come before all others, in a search_path that does not say otherwise.
        session.run(&format!("CREATE DOMAIN pg_temp.{name} AS {of} CHECK (evil.caught())"));
    }
    session.run(
        "CREATE FUNCTION evil.json_array_elements(pg_catalog.json) RETURNS SETOF pg_catalog.json LANGUAGE sql AS 'SELECT $1 WHERE evil.caught()';
         CREATE TEMP TABLE migrations (hash pg_catalog.text); CREATE TEMP TABLE ledgers (hash pg_catalog.text); CREATE TEMP TABLE seal (ledger_id pg_catalog.uuid);
         SET search_path = evil, pg_temp, pg_catalog; SET row_security = off; SET DateStyle = 'German'; SET bytea_output = 'escape';
         SET quote_all_identifiers = on",
    );
    session.run("RESET ROLE");
    let hostile = format!("{as_role}; SET search_path = evil, pg_temp, pg_catalog");
    let hashes: Vec<String> = {
        session.run("RESET search_path");
        session.value("SELECT array_agg(hash ORDER BY seq) FROM _electric_meta.migrations")
    };
    for (hash, expected) in hashes.iter().zip(&answers) {
        session.run(&hostile);
        let row = session.rows(&format!(
            "SELECT pg_catalog.concat(electric_schema.handshake('{hash}', 7), electric_schema.handshake('{hash}', 7, true))"
        ));
        assert_eq!(&row[0].get::<_, Option<String>>(0), expected);
        session.run("RESET ROLE; RESET search_path");
    }
    let unknown = format!("{hostile}; SELECT electric_schema.handshake(pg_catalog.repeat('0', 64)); SELECT electric_schema.handshake(NULL)");
    session.run(&unknown);
    let path: String = session.value("SELECT pg_catalog.current_setting('search_path')");
    assert!(path.contains("evil"), "{path}");
    session.run("RESET ROLE; RESET search_path");
    // A dump's chain is there as well: each commit looks whether it is whole by now.
    session.run(
        "INSERT INTO _electric_meta.ledgers (ledger_id, seq, hash, reset_version, schema_sum)
         SELECT id, 0, encode(sha256(int8send(25) || 'electric_schema/genesis/1'::bytea || int8send(16) || uuid_send(id)), 'hex'), 0,
           decode(repeat('00', 2048), 'hex') FROM gen_random_uuid() id",
    );
    session.run(&format!("GRANT EXECUTE ON FUNCTION electric_schema.preview TO {role}"));
    session.run(&hostile);
    session.run("CREATE TABLE evil.done (id pg_catalog.int4 PRIMARY KEY, a pg_catalog.inet DEFAULT '::1')");
    session.run("DROP TABLE evil.done");
    session.run("SELECT electric_schema.preview('CREATE TABLE evil.foreseen (id pg_catalog.int4)')");
    session.run("RESET ROLE; RESET search_path");
    let inet = session
        .value::<String>("SELECT pg_catalog.array_to_string(statements, chr(10)) FROM _electric_meta.migrations ORDER BY seq DESC OFFSET 1 LIMIT 1");
    assert!(inet.contains("a inet"), "{inet}");
    assert_eq!(
        session.value::<i64>("SELECT pg_catalog.count(*) FROM public.caught"),
        0,
        "something of the role's ran as the owner"
    );
    session.run(&format!("DISCARD TEMP; DROP OWNED BY {role} CASCADE; DROP ROLE {role}"));
    database.assert_sound();
}
