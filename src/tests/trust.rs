//! What nobody may do to the ledger, and what shows when it was done all the same.

use super::database::{unique, Database, Session};

const TABLES: [&str; 8] = ["checkpoints", "ledgers", "migrations", "objects", "pruned", "scope", "seal", "traces"];

/// Five entries, the third of them destructive.
fn five(session: &mut Session) {
    for sql in [
        "CREATE TABLE a (id int PRIMARY KEY, t text)",
        "ALTER TABLE a ADD COLUMN n int",
        "ALTER TABLE a DROP COLUMN t",
        "CREATE TABLE b (id int REFERENCES a)",
        "CREATE INDEX ON b (id)",
    ] {
        session.run(sql);
    }
}

fn broken(session: &mut Session) -> (Option<i64>, String) {
    let row = session.rows(
        "SELECT (v #>> '{first_broken,seq}')::bigint, v #>> '{first_broken,reason}', (v ->> 'ok')::boolean FROM electric_schema.verify() v",
    );
    assert!(!row[0].get::<_, bool>(2), "it says that all is well");
    (row[0].get(0), row[0].get::<_, Option<String>>(1).unwrap_or_default())
}

#[test]
fn nobody_writes_to_the_ledger_by_hand() {
    let database = Database::new();
    let mut session = database.session();
    five(&mut session);
    let before: String = session.value("SELECT electric_schema.checkpoint()");
    session.run("SET session_replication_role = replica");
    for table in TABLES {
        let set = match table {
            "scope" => "value = value",
            _ => "ledger_id = gen_random_uuid()",
        };
        let set = if table == "objects" { "oid = oid" } else { set };
        for sql in [
            format!("UPDATE _electric_meta.{table} SET {set}"),
            format!("DELETE FROM _electric_meta.{table}"),
            format!("TRUNCATE _electric_meta.{table}"),
            format!("TRUNCATE _electric_meta.{table} CASCADE"),
            format!("WITH gone AS (DELETE FROM _electric_meta.{table} RETURNING 1) SELECT count(*) FROM gone"),
        ] {
            let error = session.fails(&sql);
            assert_eq!(error.code().code(), "42501", "{sql}: {error:?}");
            assert!(error.hint().is_some() && error.detail().is_some(), "{sql}: {error:?}");
        }
    }
    // An entry more, one of another chain, and one of a chain that is not whole.
    session.run("CREATE TEMP TABLE m AS SELECT * FROM _electric_meta.migrations");
    let insert = |which: &str| format!("INSERT INTO _electric_meta.migrations SELECT * FROM m WHERE {which}");
    session.run("UPDATE m SET seq = seq + 5, hash = reverse(hash), parent_hash = reverse(parent_hash)");
    assert_eq!(session.fails(&insert("seq = 6")).code().code(), "42501");
    session.run("UPDATE m SET seq = seq - 5, ledger_id = '00000000-0000-4000-8000-000000000000'");
    for which in ["seq = 1", "seq = 2", "seq IN (1, 2)", "true"] {
        let error = session.fails(&insert(which));
        assert_eq!(error.code().code(), "23000", "{which}: {error:?}");
    }
    for sql in [
        "INSERT INTO _electric_meta.checkpoints SELECT ledger_id, 3, hash, 1, '', '{}' FROM _electric_meta.ledgers",
        "INSERT INTO _electric_meta.pruned SELECT ledger_id, 0, 'x', 'y' FROM _electric_meta.ledgers",
        "INSERT INTO _electric_meta.seal SELECT gen_random_uuid()",
        "INSERT INTO _electric_meta.objects SELECT 'x', oid, definition, identity FROM _electric_meta.objects",
    ] {
        assert_eq!(session.fails(sql).code().code(), "42501", "{sql}");
    }
    let after: String = session.value("SELECT electric_schema.checkpoint()");
    assert_eq!(before, after);
    database.assert_sound();
}

#[test]
fn verify_names_the_first_broken_entry() {
    let edits = [
        "hash = repeat('a', 64)",
        "parent_hash = repeat('a', 64)",
        "schema_hash = repeat('a', 64)",
        "class = CASE class WHEN 'additive' THEN 'destructive' ELSE 'additive' END",
        "reset_version = reset_version + 1",
        "statements = statements || 'DROP TABLE a'::text",
        "statements = '{}'",
        "changes = '[]'",
        "changes = changes || changes",
        "changes_digest = repeat('a', 64)",
        "private_digest = repeat('a', 64)",
        "source = '{nothing}'",
        "recorded_by = 'nobody'",
        "recorded_at = recorded_at + interval '1 microsecond'",
        "application_name = 'x'",
        "xid = '7'",
        "lsn = lsn + 1",
        "label = 'x'",
        "salt = salt || '\\x00'",
        "hash = 'nonsense'",
        "changes_digest = ''",
        // What means the same to some, and is not what was written.
        "statements = array_append(statements, NULL)",
        "source = array_append(source, NULL)",
        "source = ARRAY[source]",
        "changes = jsonb_set(changes, '{0,more}', 'null')",
        "changes = jsonb_set(changes, '{0,table,more}', '1')",
        "changes = jsonb_set(changes, '{0,part,id}', ((changes #>> '{0,part,id}') || '.0')::jsonb)",
        "changes = jsonb_set(changes, '{0,part,id}', to_jsonb(changes #>> '{0,part,id}'))",
        "changes = changes #- '{0,effects}'",
        "changes = (repeat('[', 500) || repeat(']', 500))::jsonb",
        "changes = '\"nothing\"'",
        "recorded_at = 'infinity'",
        "label = ''",
    ];
    let database = Database::new();
    let mut session = database.session();
    five(&mut session);
    for edit in edits {
        session.run("BEGIN");
        session.tamper("migrations", &format!("UPDATE _electric_meta.migrations SET {edit} WHERE seq = 3"));
        assert_eq!(broken(&mut session).0, Some(3), "{edit}");
        session.run("ROLLBACK");
    }
    let others = [
        ("UPDATE _electric_meta.migrations SET ledger_id = gen_random_uuid() WHERE seq = 3", Some(4)),
        ("UPDATE _electric_meta.migrations SET seq = 9 WHERE seq = 3", Some(4)),
        ("DELETE FROM _electric_meta.migrations WHERE seq = 3", Some(4)),
        ("DELETE FROM _electric_meta.migrations WHERE seq = 1", Some(2)),
        ("DELETE FROM _electric_meta.migrations WHERE seq > 3", Some(4)),
        ("DELETE FROM _electric_meta.migrations", Some(1)),
        // Two change places.
        (
            "UPDATE _electric_meta.migrations SET seq = seq + 100 WHERE seq IN (2, 3); \
             UPDATE _electric_meta.migrations SET seq = 105 - seq WHERE seq > 100",
            Some(2),
        ),
    ];
    for (sql, first) in others {
        session.run("BEGIN");
        session.tamper("migrations", sql);
        assert_eq!(broken(&mut session).0, first, "{sql}");
        session.run("ROLLBACK");
    }
    // One that is put in at the end, with a hash of its own that is right.
    session.run("BEGIN");
    session.run("ALTER TABLE _electric_meta.migrations DISABLE TRIGGER ALL");
    session.run(
        "INSERT INTO _electric_meta.migrations SELECT ledger_id, 6, repeat('b', 64), (SELECT hash FROM _electric_meta.migrations WHERE seq = 5), \
           schema_hash, class, reset_version, statements, changes, changes_digest, private_digest, source, recorded_by, recorded_at, \
           application_name, xid, lsn, label, salt FROM _electric_meta.migrations WHERE seq = 5",
    );
    assert_eq!(broken(&mut session).0, Some(6));
    session.run("ROLLBACK");
    // What clients are told comes from the model, too.
    session.run("BEGIN");
    session.tamper("objects", "DELETE FROM _electric_meta.objects WHERE definition ->> 'kind' = 'table'");
    assert!(broken(&mut session).1.contains("the model at head"));
    session.run("ROLLBACK");
    database.assert_sound();
}

#[test]
fn a_line_kept_elsewhere_catches_a_ledger_written_anew() {
    let database = Database::new();
    let mut session = database.session();
    five(&mut session);
    let line: String = session.value("SELECT electric_schema.checkpoint()");
    session.run("CREATE TABLE later (id int)");
    let ok = |session: &mut Session, given: &str| -> bool {
        session.value(&format!("SELECT (electric_schema.verify('{given}') ->> 'ok')::boolean"))
    };
    let hash = line.split(' ').nth(2).expect("a hash").to_owned();
    assert!(ok(&mut session, &line) && ok(&mut session, &hash));
    // A ledger that says the same, and is sound, is another one.
    session.run("DROP EXTENSION electric_schema CASCADE; CREATE EXTENSION electric_schema");
    assert!(session.value::<bool>("SELECT (electric_schema.verify() ->> 'ok')::boolean"));
    assert!(!ok(&mut session, &hash));
    let error = session.fails(&format!("SELECT electric_schema.verify('{line}')"));
    assert_eq!(error.code().code(), "22023", "{error:?}");
    assert_eq!(session.fails("SELECT electric_schema.verify('a b')").code().code(), "22023");
}

#[test]
fn what_no_trigger_saw_is_reconciled() {
    let database = Database::new();
    let mut session = database.session();
    five(&mut session);
    session.run("ALTER EVENT TRIGGER electric_schema_ddl DISABLE; ALTER EVENT TRIGGER electric_schema_drop DISABLE");
    session.run("ALTER TABLE b ADD COLUMN unseen text; DROP TABLE a CASCADE; CREATE TABLE c (id int)");
    session.run(
        "ALTER EVENT TRIGGER electric_schema_ddl ENABLE ALWAYS; ALTER EVENT TRIGGER electric_schema_drop ENABLE ALWAYS",
    );
    assert!(session.value::<i64>("SELECT count(*) FROM electric_schema.drift()") >= 3);
    session.run("CALL electric_schema.reconcile()");
    assert_eq!(session.value::<i64>("SELECT count(*) FROM electric_schema.drift()"), 0);
    let newest = database.entries().pop().expect("an entry");
    assert_eq!((newest.seq, newest.class.as_str()), (6, "destructive"));
    assert_eq!(newest.source, ["CALL electric_schema.reconcile()"]);
    let label: String = session.value("SELECT label FROM _electric_meta.migrations WHERE seq = 6");
    assert_eq!(label, "electric_schema.reconcile()");
    database.assert_sound();
    // With nothing to do it does nothing.
    session.run("CALL electric_schema.reconcile()");
    assert_eq!(database.entries().len(), 6);
    assert_eq!(session.notices().iter().filter(|notice| notice.contains("label")).count(), 0);
}

/// Everything that a role without rights can think of.
#[test]
fn a_role_without_rights_gets_nothing() {
    let database = Database::new();
    let mut session = database.session();
    five(&mut session);
    let role = unique("mallory");
    session.run(&format!("CREATE ROLE {role} LOGIN; GRANT ALL ON SCHEMA public TO {role}"));
    let mut mallory = database.session_as(&role);
    let routines: Vec<String> = session.value(
            "SELECT array_agg(format('%I.%I(%s)', n.nspname, p.proname,
                       (SELECT string_agg(format(CASE p.prokind WHEN 'p' THEN 'NULL::%s' ELSE '(SELECT NULL::%s)' END, format_type(t, NULL)), ', ')
                        FROM unnest(p.proargtypes) t)) || ' ' || p.prokind::text)
             FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
             WHERE n.nspname IN ('electric_schema', '_electric_meta')",
    );
    assert!(routines.len() > 20);
    for routine in &routines {
        let (call, kind) = routine.rsplit_once(' ').expect("a kind");
        let sql = if kind == "p" { format!("CALL {call}") } else { format!("SELECT {call}") };
        assert_eq!(mallory.fails(&sql).code().code(), "42501", "{sql}");
    }
    for table in TABLES {
        for sql in [
            format!("SELECT * FROM _electric_meta.{table}"),
            format!("BEGIN; LOCK TABLE _electric_meta.{table} IN ACCESS SHARE MODE"),
            format!("BEGIN; LOCK TABLE _electric_meta.{table}"),
            format!("CREATE TABLE mine (LIKE _electric_meta.{table})"),
            format!("COPY _electric_meta.{table} FROM STDIN"),
            format!("CREATE TRIGGER t AFTER INSERT ON _electric_meta.{table} EXECUTE FUNCTION _electric_meta.guard()"),
        ] {
            assert_eq!(mallory.fails(&sql).code().code(), "42501", "{sql}");
            mallory.run("ROLLBACK");
        }
    }
    assert_eq!(mallory.fails("SELECT * FROM electric_schema.status").code().code(), "42501");
    assert_eq!(mallory.fails("CREATE TABLE electric_schema.mine (id int)").code().code(), "42501");
    // Even with the right to use the schemas.
    session.run(&format!("GRANT USAGE ON SCHEMA electric_schema, _electric_meta TO {role}"));
    for routine in &routines {
        let (call, kind) = routine.rsplit_once(' ').expect("a kind");
        let sql = if kind == "p" { format!("CALL {call}") } else { format!("SELECT {call}") };
        assert_eq!(mallory.fails(&sql).code().code(), "42501", "{sql}");
    }
    assert_eq!(
        mallory
            .fails("CREATE EVENT TRIGGER t ON ddl_command_end EXECUTE FUNCTION _electric_meta.capture_ddl()")
            .code()
            .code(),
        "42501"
    );
    session.run(&format!("DROP OWNED BY {role}; DROP ROLE {role}"));
    database.assert_sound();
}

/// Functions, operators, casts and types of the attacker's own, before those of pg_catalog in every path; objects with hostile names; and none of it
/// is ever run as somebody else.
#[test]
fn what_an_attacker_defines_is_never_run() {
    let database = Database::new();
    let mut session = database.session();
    let role = unique("mallory");
    session.run(&format!(
        "CREATE ROLE {role}; CREATE SCHEMA evil AUTHORIZATION {role}; GRANT CREATE ON SCHEMA public TO {role};
         CREATE TABLE caught (who text); GRANT INSERT ON caught TO PUBLIC"
    ));
    session.run(&format!(
        "SET ROLE {role};
         CREATE FUNCTION evil.caught() RETURNS void LANGUAGE plpgsql AS
           $f$ BEGIN IF current_user <> '{role}' THEN INSERT INTO public.caught VALUES (current_user); END IF; END $f$;"
    ));
    let function = |name: &str, arguments: &str, returns: &str, value: &str| {
        format!(
            "CREATE FUNCTION evil.{name}({arguments}) RETURNS {returns} LANGUAGE plpgsql AS \
             $f$ BEGIN PERFORM evil.caught(); RETURN {value}; END $f$;"
        )
    };
    for sql in [
        function("now", "", "timestamptz", "NULL"),
        function("format", "text, VARIADIC text[]", "text", "'x'"),
        function("count", "text", "bigint", "0"),
        function("coalesce", "text, text", "text", "'x'"),
        function("pg_get_expr", "pg_node_tree, oid", "text", "'x'"),
        function("pg_get_indexdef", "oid", "text", "'x'"),
        function("pg_get_constraintdef", "oid", "text", "'x'"),
        function("format_type", "oid, integer", "text", "'x'"),
        function("json_build_object", "VARIADIC text[]", "json", "'{}'"),
        function("jsonb_array_elements", "jsonb", "jsonb", "'{}'"),
        function("sha256", "bytea", "bytea", "''"),
        function("quote_ident", "text", "text", "'x'"),
        function("same", "text, text", "boolean", "true"),
        function("same", "oid, oid", "boolean", "true"),
        function("same", "name, name", "boolean", "true"),
        function("joined", "text, text", "text", "''"),
        "CREATE OPERATOR evil.= (FUNCTION = evil.same, LEFTARG = text, RIGHTARG = text);".to_owned(),
        "CREATE OPERATOR evil.= (FUNCTION = evil.same, LEFTARG = oid, RIGHTARG = oid);".to_owned(),
        "CREATE OPERATOR evil.= (FUNCTION = evil.same, LEFTARG = name, RIGHTARG = name);".to_owned(),
        "CREATE OPERATOR evil.<> (FUNCTION = evil.same, LEFTARG = text, RIGHTARG = text);".to_owned(),
        "CREATE OPERATOR evil.|| (FUNCTION = evil.joined, LEFTARG = text, RIGHTARG = text);".to_owned(),
        "CREATE TYPE evil.jsonb AS (a int); CREATE DOMAIN evil.text AS int; CREATE DOMAIN evil.oid AS pg_catalog.text;".to_owned(),
        "CREATE VIEW evil.pg_class AS SELECT evil.now() AS oid; CREATE VIEW evil.pg_attribute AS SELECT evil.now() AS attrelid;".to_owned(),
    ] {
        session.run(&sql);
    }
    session.run("SET search_path = evil, pg_catalog, public");
    // DDL of its own, with names that would end a string, and expressions that call what it made.
    for sql in [
        r#"CREATE TABLE public."x'); DROP TABLE caught; --" (id int PRIMARY KEY, "a""b; SELECT evil.caught()" pg_catalog.text DEFAULT 'x')"#,
        r#"CREATE TABLE public."$f$; SELECT 1; $f$" (id int CHECK (evil.same('a', 'b')), "%s %I {} \ \n" pg_catalog.text)"#,
        r#"CREATE INDEX "i' ""x" ON public."x'); DROP TABLE caught; --" ("a""b; SELECT evil.caught()")"#,
        r#"CREATE VIEW public.looks AS SELECT evil.now() AS c, pg_catalog.now() AS n"#,
        r#"CREATE TYPE public."e'" AS ENUM ('it''s', 'a"b', '\')"#,
        r#"CREATE FUNCTION public.uses() RETURNS int LANGUAGE sql AS $$ SELECT 1 FROM (SELECT evil.caught()) s $$"#,
        r#"CREATE TABLE public.calls (id int DEFAULT public.uses(), v pg_catalog.text GENERATED ALWAYS AS ('a') STORED)"#,
        r##"ALTER TABLE public.calls RENAME TO "calls'""##,
    ] {
        session.run(sql);
    }
    session.run("RESET ROLE");
    // A superuser whose path leads through the attacker's schema, too.
    session.run("SET search_path = evil, pg_catalog, public");
    session.run("CREATE TABLE public.mine (id int)");
    for sql in [
        "SELECT pg_catalog.count(*) FROM electric_schema.drift()",
        "SELECT electric_schema.verify()::pg_catalog.text",
        "SELECT electric_schema.snapshot()::pg_catalog.text",
        "SELECT electric_schema.handshake(NULL)::pg_catalog.text",
        "SELECT pg_catalog.count(*) FROM electric_schema.head()",
        "SELECT pg_catalog.row_to_json(s)::pg_catalog.text FROM electric_schema.status s",
        "SELECT electric_schema.checkpoint()",
    ] {
        session.rows(sql);
    }
    session.run("CALL electric_schema.reconcile(); CALL electric_schema.exclude('nothing'); CALL electric_schema.include('nothing')");
    session.run("RESET search_path");
    let caught: i64 = session.value("SELECT count(*) FROM public.caught");
    assert_eq!(caught, 0, "something of the attacker's ran as somebody else");
    database.assert_sound();
    session.run(&format!("DROP OWNED BY {role} CASCADE; DROP ROLE {role}"));
    database.assert_sound();
}

/// `preview` runs what it is given as its caller.
#[test]
fn preview_gives_nobody_rights() {
    let database = Database::new();
    let mut session = database.session();
    five(&mut session);
    let role = unique("mallory");
    session.run(&format!(
        "CREATE ROLE {role} LOGIN; GRANT USAGE ON SCHEMA electric_schema TO {role};
         GRANT EXECUTE ON FUNCTION electric_schema.preview(text) TO {role}; CREATE TABLE secret (id int)"
    ));
    let mut mallory = database.session_as(&role);
    for ddl in [
        "DROP TABLE secret",
        "ALTER TABLE secret OWNER TO CURRENT_USER",
        "SELECT * FROM secret",
        "DELETE FROM _electric_meta.migrations",
        "SELECT * FROM _electric_meta.migrations",
        "ALTER EVENT TRIGGER electric_schema_ddl DISABLE",
        "SET ROLE pg_read_all_data; SELECT * FROM secret",
        "SET SESSION AUTHORIZATION pg_monitor",
        "CREATE FUNCTION pg_temp.f() RETURNS int LANGUAGE sql SECURITY DEFINER AS 'SELECT 1 FROM public.secret'; SELECT pg_temp.f()",
        "DO $$ BEGIN EXECUTE 'DROP TABLE secret'; END $$",
        "CREATE EXTENSION pgcrypto SCHEMA _electric_meta",
    ] {
        let query = format!("SELECT electric_schema.preview($p${ddl}$p$) #>> '{{error,sqlstate}}'");
        let code: Option<String> = mallory.value(&query);
        assert!(code.as_deref().is_some_and(|code| ["42501", "22023"].contains(&code)), "{ddl}: {code:?}");
    }
    session.run(&format!("DROP OWNED BY {role}; DROP ROLE {role}"));
    database.assert_sound();
}

/// What is wrong with the ledger must not keep DDL from happening, where the administrator says so; nothing of it is lost.
#[test]
fn when_the_seal_fails() {
    let database = Database::new();
    let mut session = database.session();
    five(&mut session);
    session.run("CREATE TABLE v (id int PRIMARY KEY, t text); CREATE TABLE keeps (sum bytea)");
    session.run("INSERT INTO keeps SELECT schema_sum FROM _electric_meta.ledgers");
    let damage = "UPDATE _electric_meta.ledgers SET schema_sum = '\\x00'";
    session.tamper("ledgers", damage);
    let error = session.fails("ALTER TABLE a ADD COLUMN x int");
    assert_eq!(error.code().code(), "55000", "{error:?}");
    assert!(error.hint().is_some_and(|hint| hint.contains("on_error")), "{error:?}");
    session.run("SET electric_schema.on_error = 'suspend'");
    session.notices();
    session.run("ALTER TABLE a ADD COLUMN x int");
    assert!(session.notices().iter().any(|notice| notice.contains("is not recorded yet")));
    session.run("BEGIN; ALTER TABLE v ALTER COLUMN t TYPE text USING upper(t); ALTER TABLE v ADD COLUMN n int; COMMIT; DROP TABLE b");
    assert_eq!(database.entries().len(), 6);
    let told: String = session.value("SELECT suspended::text FROM electric_schema.status");
    assert!(told.contains("chain cannot be read") && told.contains("\"transactions\": 3"), "{told}");
    // Repaired, the next DDL takes along what was missed.
    session.tamper("ledgers", "UPDATE _electric_meta.ledgers SET schema_sum = (SELECT sum FROM keeps)");
    session.run("CALL electric_schema.reconcile()");
    assert!(session.value::<bool>("SELECT suspended IS NULL FROM electric_schema.status"));
    let newest = database.entries().pop().expect("an entry");
    assert_eq!((newest.seq, newest.class.as_str()), (7, "destructive"), "{newest:?}");
    let changes: String = session.value("SELECT changes::text FROM _electric_meta.migrations WHERE seq = 7");
    assert!(changes.contains("rewrite_values") && changes.contains("unknown_fill"), "{changes}");
    database.assert_sound();
    // Waiting in vain is no failure of ours.
    let mut other = database.session();
    other.run("BEGIN; CREATE TABLE held (id int); PREPARE TRANSACTION 'kept'");
    session.run("SET electric_schema.seal_timeout = 50");
    assert_eq!(session.fails("CREATE TABLE waits (id int)").code().code(), "55P03");
    other.run("COMMIT PREPARED 'kept'");
    database.assert_sound();
}
