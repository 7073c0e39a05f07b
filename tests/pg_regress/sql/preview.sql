-- What DDL would do, without doing it.
CREATE EXTENSION electric_schema;
CREATE TABLE tasks (id int PRIMARY KEY, title varchar(80) NOT NULL);
CREATE FUNCTION pg_temp.short(preview jsonb) RETURNS TABLE (key text, value text) LANGUAGE sql AS $$
  SELECT k, CASE k WHEN 'changes' THEN (SELECT string_agg(c ->> 'change', ', ') FROM jsonb_array_elements(v) c) ELSE regexp_replace(v::text, '''\d{4}-\d\d-\d\d''', '''…''') END
  FROM jsonb_each(preview) j (k, v) ORDER BY k $$;
-- additive, destructive, several statements, nothing
SELECT * FROM pg_temp.short(electric_schema.preview('ALTER TABLE tasks ADD COLUMN due date'));
SELECT * FROM pg_temp.short(electric_schema.preview('ALTER TABLE tasks DROP COLUMN title; CREATE TABLE b (id int PRIMARY KEY)'));
SELECT * FROM pg_temp.short(electric_schema.preview('SELECT 1; COMMENT ON TABLE tasks IS ''x'';'));
SELECT * FROM pg_temp.short(electric_schema.preview(''));
SELECT electric_schema.preview(NULL) IS NULL AS strict;
-- the changes are those that the ledger gets
SELECT electric_schema.preview('ALTER TABLE tasks ALTER title TYPE text; ALTER TABLE tasks ADD due date DEFAULT now()::date') AS preview \gset
BEGIN; ALTER TABLE tasks ALTER title TYPE text; ALTER TABLE tasks ADD due date DEFAULT now()::date; COMMIT;
SELECT class = :'preview'::jsonb ->> 'class' AS class, jsonb_array_length(changes) = jsonb_array_length(:'preview'::jsonb -> 'changes') AS changes,
  to_jsonb(statements) = :'preview'::jsonb -> 'statements' AS statements FROM _electric_meta.migrations ORDER BY seq DESC LIMIT 1;
-- what clients cannot have is said
SELECT electric_schema.preview('CREATE VIEW part AS SELECT relname FROM pg_class') -> 'not_distributed';
-- it fails: at once, half-way, by its own RAISE, by its syntax
SELECT electric_schema.preview('ALTER TABLE nowhere ADD COLUMN a int') -> 'error';
SELECT electric_schema.preview('CREATE TABLE c (a int); ALTER TABLE tasks ADD COLUMN title int');
SELECT electric_schema.preview($p$DO $$ BEGIN RAISE 'no' USING DETAIL = 'why', HINT = 'how', ERRCODE = '42P16'; END $$$p$) -> 'error';
SELECT electric_schema.preview('CREATE TABEL c ()') -> 'error';
-- what cannot run in a transaction, and transaction control
SELECT electric_schema.preview('CREATE UNIQUE INDEX CONCURRENTLY ON tasks (title)') -> 'error';
SELECT electric_schema.preview('VACUUM tasks') -> 'error' ->> 'sqlstate';
SELECT electric_schema.preview('CREATE DATABASE other') -> 'error' ->> 'sqlstate';
SELECT electric_schema.preview('CREATE TABLE c (a int); COMMIT') -> 'error';
SELECT electric_schema.preview('SAVEPOINT a') -> 'error' ->> 'message';
SELECT electric_schema.preview('DO $$ BEGIN COMMIT; END $$') -> 'error' ->> 'sqlstate';
SELECT electric_schema.preview('COPY tasks TO STDOUT') -> 'error' ->> 'message';
-- strange names
SELECT electric_schema.preview($$CREATE TABLE "a ""b"" '" ("ü %s" int PRIMARY KEY)$$) -> 'statements';
SELECT electric_schema.preview($$ALTER TABLE tasks RENAME title TO "select"$$) -> 'reasons';
-- the caller's search_path counts
CREATE SCHEMA app;
SET search_path = app, public;
SELECT electric_schema.preview('CREATE TABLE c (a int)') -> 'statements';
RESET search_path;
-- in itself, and in a function's exception block
SELECT electric_schema.preview($$SELECT electric_schema.preview('DROP TABLE tasks'); ALTER TABLE tasks ADD a int$$) -> 'statements';
DO $$ BEGIN PERFORM electric_schema.preview('DROP TABLE tasks'); RAISE 'x'; EXCEPTION WHEN raise_exception THEN RAISE NOTICE '%', electric_schema.preview('DROP TABLE tasks') ->> 'class'; END $$;
-- the extension itself
SELECT electric_schema.preview('DROP EXTENSION electric_schema') -> 'error';
SELECT electric_schema.preview('DROP EXTENSION electric_schema; CREATE EXTENSION electric_schema') -> 'error' ->> 'sqlstate';
-- what the transaction did before is not part of it, and is recorded as if nothing had been previewed
SELECT max(seq) AS before FROM _electric_meta.migrations \gset
BEGIN;
CREATE TABLE early (id int PRIMARY KEY);
ALTER TABLE tasks DROP COLUMN due;
SELECT * FROM pg_temp.short(electric_schema.preview('ALTER TABLE early ADD COLUMN a int'));
SELECT * FROM pg_temp.short(electric_schema.preview('ALTER TABLE tasks ADD COLUMN due date DEFAULT now()::date'));
SELECT * FROM pg_temp.short(electric_schema.preview('DROP TABLE early'));
SELECT * FROM pg_temp.short(electric_schema.preview('ALTER TABLE early ALTER id TYPE bigint; DROP SCHEMA app'));
SAVEPOINT s;
ALTER TABLE tasks ADD lost int;
SELECT electric_schema.preview('ALTER TABLE tasks ADD found int') -> 'statements';
ROLLBACK TO s;
COMMIT;
SELECT class, statements, source FROM _electric_meta.migrations WHERE seq > :before;
-- isolation levels, read-only transactions
BEGIN ISOLATION LEVEL REPEATABLE READ;
SELECT electric_schema.preview('ALTER TABLE tasks ADD COLUMN rr int; DROP TABLE early') -> 'statements';
COMMIT;
BEGIN ISOLATION LEVEL SERIALIZABLE;
SELECT electric_schema.preview('ALTER TABLE tasks ADD COLUMN rr int') -> 'statements';
COMMIT;
BEGIN READ ONLY;
SELECT electric_schema.preview('SELECT 1');
\echo :LAST_ERROR_SQLSTATE
ROLLBACK;
-- nothing remains of any of it
SELECT max(seq) - :before AS entries FROM _electric_meta.migrations;
SELECT relname FROM pg_class WHERE relnamespace IN ('public'::regnamespace, 'app'::regnamespace) AND relkind = 'r' ORDER BY 1;
SELECT electric_schema.verify() ->> 'ok' AS ok;
-- rights: the DDL runs with the caller's, and no more
CREATE ROLE regress_ci;
GRANT USAGE ON SCHEMA electric_schema TO regress_ci;
SET ROLE regress_ci;
SELECT electric_schema.preview('DROP TABLE tasks');
RESET ROLE;
GRANT EXECUTE ON FUNCTION electric_schema.preview(text) TO regress_ci;
SET ROLE regress_ci;
SELECT electric_schema.preview('DROP TABLE tasks') -> 'error' ->> 'message' AS refused;
SELECT electric_schema.preview('DELETE FROM _electric_meta.migrations') -> 'error' ->> 'message' AS refused;
SELECT electric_schema.preview('SET ROLE postgres; DROP TABLE tasks') -> 'error' ->> 'message' AS set_role;
SELECT electric_schema.preview($$CREATE FUNCTION pg_temp.f() RETURNS name LANGUAGE sql SECURITY DEFINER AS 'SELECT current_user'; SELECT pg_temp.f()$$) -> 'error' AS definer;
SELECT electric_schema.preview($$CREATE TEMP TABLE t (a int); ALTER TABLE pg_temp.t ADD b int$$) ->> 'class' AS temporary;
SELECT current_user;
RESET ROLE;
GRANT CREATE ON SCHEMA app TO regress_ci;
SET ROLE regress_ci;
SELECT electric_schema.preview('CREATE TABLE app.mine (a int)') -> 'statements';
RESET ROLE;
DROP OWNED BY regress_ci;
DROP ROLE regress_ci;
