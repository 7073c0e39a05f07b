-- Which tables reach clients: all of them, or those in the publication electric.
CREATE EXTENSION electric_schema;
-- since the last look
CREATE TABLE _prisma_migrations (seen bigint PRIMARY KEY);
INSERT INTO _prisma_migrations VALUES (0);
CREATE FUNCTION news() RETURNS TABLE (seq bigint, class text, source text[], statement text) LANGUAGE sql AS $$
  WITH last AS (SELECT seen FROM _prisma_migrations), next AS (UPDATE _prisma_migrations SET seen = h.seq FROM electric_schema.head() h)
  SELECT seq, class, source, unnest(statements) FROM _electric_meta.migrations, last WHERE seq > last.seen ORDER BY seq
$$;
CREATE SCHEMA app;
CREATE TYPE mood AS ENUM ('sad', 'happy');
CREATE TYPE severity AS ENUM ('a');
CREATE TABLE app.people (id int PRIMARY KEY, name text, mail text);
CREATE TABLE tasks (id serial PRIMARY KEY, title text, mood mood, owner int REFERENCES app.people);
CREATE TABLE audit_log (id int PRIMARY KEY, what severity);
-- of two things: newer servers print the columns of one without its name
CREATE VIEW titles AS SELECT title FROM tasks, generate_series(1, 1);
CREATE VIEW logged AS SELECT what FROM audit_log;
INSERT INTO tasks (title) VALUES ('sleep');
SELECT * FROM news() \g /dev/null
SELECT seq, scope, excluded FROM electric_schema.status;
-- membership is nothing to clients that get everything
CALL electric_schema.electrify('tasks');
SELECT pubname, pubowner::regrole = extowner::regrole AS of_the_extensions_owner, puballtables FROM pg_publication, pg_extension
WHERE extname = 'electric_schema';
SELECT schemaname, tablename FROM pg_publication_tables ORDER BY 1, 2;
CALL electric_schema.electrify('tasks');
CALL electric_schema.unelectrify('audit_log');
SELECT * FROM news();
-- from here on it decides
CALL electric_schema.set_scope('electrified');
SELECT * FROM news();
SELECT jsonb_array_elements(not_distributed), scope FROM electric_schema.status;
SELECT electric_schema.verify() ->> 'ok' AS ok, (SELECT count(*) FROM electric_schema.drift()) AS drift;
CALL electric_schema.set_scope('electrified');
-- what stays on the server is nothing to clients
ALTER TABLE audit_log ADD COLUMN at timestamptz;
ALTER TYPE severity ADD VALUE 'b';
CREATE TYPE more AS ENUM ('x');
CREATE SEQUENCE numbers;
CREATE SCHEMA empty;
CREATE TABLE empty.t (id int PRIMARY KEY);
CREATE VIEW logged_too AS SELECT what FROM logged;
DROP VIEW logged_too, logged;
DROP TABLE empty.t;
SELECT * FROM news();
-- what a table needs comes along
ALTER TABLE tasks ADD COLUMN more more;
ALTER TABLE tasks ALTER COLUMN owner SET DEFAULT nextval('numbers');
CREATE VIEW empty.done AS SELECT id FROM tasks, generate_series(1, 1);
SELECT * FROM news();
-- a table that comes later is created as it is, and with rows it is to be fetched
INSERT INTO app.people VALUES (1, 'Ada', 'a@example.org');
CALL electric_schema.electrify('app.people');
SELECT * FROM news();
SELECT p -> 'fetch' AS fetch, p -> 'refetch' AS refetch, p -> 'action' AS action
FROM electric_schema.handshake((SELECT parent_hash FROM _electric_meta.migrations ORDER BY seq DESC LIMIT 1)) p;
CALL electric_schema.electrify('audit_log');
SELECT p -> 'fetch' AS fetch
FROM electric_schema.handshake((SELECT parent_hash FROM _electric_meta.migrations ORDER BY seq DESC LIMIT 1)) p;
CALL electric_schema.unelectrify('audit_log');
SELECT * FROM news();
-- column lists
ALTER PUBLICATION electric SET TABLE tasks (id, title, owner), app.people (id, mail);
SELECT * FROM news();
ALTER TABLE app.people ADD COLUMN shown int, ADD COLUMN hidden int, ADD CHECK (hidden > 0), ADD UNIQUE (name, mail);
CREATE INDEX ON app.people (lower(name));
CREATE VIEW names AS SELECT id, name FROM app.people, generate_series(1, 1);
CREATE VIEW whole AS SELECT count(p) FROM app.people p;
CREATE VIEW renamed AS SELECT a.x FROM app.people a (x), generate_series(1, 1);
CREATE INDEX whole_idx ON app.people (hash_record(people));
SELECT jsonb_array_elements(not_distributed) FROM electric_schema.status;
SELECT * FROM news();
ALTER PUBLICATION electric SET TABLE tasks, app.people (id, name, shown, mail);
SELECT * FROM news();
SELECT c ->> 'change' AS change, c #>> '{part,name}' AS part, c -> 'reasons' AS reasons
FROM (SELECT changes FROM _electric_meta.migrations ORDER BY seq DESC LIMIT 1) m, jsonb_array_elements(changes) c ORDER BY 1, 2;
SELECT jsonb_array_elements(not_distributed) FROM electric_schema.status;
-- whoever starts now gets the columns in the order in which the others have them
SELECT s FROM electric_schema.snapshot() p, jsonb_array_elements_text(p #> '{transactions,0,statements}') s WHERE s LIKE 'CREATE TABLE app.people%';
SELECT electric_schema.verify() ->> 'ok' AS ok, (SELECT count(*) FROM electric_schema.drift()) AS drift;
-- a column that is listed can go only with its table's membership
ALTER TABLE app.people DROP COLUMN shown CASCADE;
SELECT * FROM news();
-- a publication of another name is another one
CREATE PUBLICATION other FOR TABLE app.people;
ALTER PUBLICATION other SET (publish = 'insert');
ALTER PUBLICATION electric OWNER TO CURRENT_USER;
COMMENT ON PUBLICATION electric IS 'x';
SELECT * FROM news();
ALTER PUBLICATION electric RENAME TO former;
ALTER PUBLICATION other RENAME TO electric;
SELECT * FROM news();
DROP PUBLICATION former;
-- in one transaction everything is one step, and what cancels out is none
BEGIN;
DROP PUBLICATION electric;
CREATE PUBLICATION electric FOR TABLE app.people;
COMMIT;
BEGIN;
SAVEPOINT s;
CALL electric_schema.set_scope('all');
CALL electric_schema.exclude('*');
ROLLBACK TO s;
COMMIT;
BEGIN;
ALTER TABLE tasks ADD COLUMN late int;
CALL electric_schema.electrify('tasks');
DROP TABLE app.people CASCADE;
COMMIT;
SELECT * FROM news();
-- whole schemas
DROP PUBLICATION electric;
CREATE PUBLICATION electric FOR TABLES IN SCHEMA app;
CREATE TABLE app.first (id int PRIMARY KEY);
CREATE UNLOGGED TABLE app.unlogged (id int PRIMARY KEY);
ALTER TABLE audit_log SET SCHEMA app;
ALTER TABLE app.first SET SCHEMA public;
SELECT * FROM news();
CALL electric_schema.unelectrify('app.audit_log');
-- excluded all the same
CALL electric_schema.exclude('App.*_LOG');
CALL electric_schema.exclude('"app".*_log');
SELECT excluded FROM electric_schema.status;
SELECT * FROM news();
CALL electric_schema.include('app.*_log');
CALL electric_schema.include('app.*_log');
SELECT * FROM news();
-- all tables
DROP PUBLICATION electric;
CREATE PUBLICATION electric FOR ALL TABLES;
CALL electric_schema.electrify('tasks');
CALL electric_schema.unelectrify('tasks');
CREATE TABLE another (id int PRIMARY KEY);
SELECT seq, class, left(statement, 60) AS statement FROM news();
SELECT electric_schema.verify() ->> 'ok' AS ok, (SELECT count(*) FROM electric_schema.drift()) AS drift;
-- partitions go where their partitioned table goes
DROP PUBLICATION electric;
CREATE TABLE p (id int, body text, PRIMARY KEY (id)) PARTITION BY LIST (id);
CREATE TABLE p1 PARTITION OF p FOR VALUES IN (1);
CALL electric_schema.electrify('p');
CREATE TABLE p2 PARTITION OF p FOR VALUES IN (2) PARTITION BY LIST (id);
CREATE TABLE p2_1 PARTITION OF p2 FOR VALUES IN (2);
SELECT * FROM news();
CALL electric_schema.exclude('p1');
SELECT * FROM news();
CALL electric_schema.exclude('p');
SELECT * FROM news();
-- before it runs, and not at all
CALL electric_schema.include('p');
SELECT p -> 'class' AS class, p -> 'statements' AS statements FROM electric_schema.preview('CALL electric_schema.unelectrify(''p'')') p;
SELECT p -> 'class' AS class FROM electric_schema.preview('CALL electric_schema.set_scope(''all'')') p;
SET electric_schema.destructive = 'forbid';
CALL electric_schema.exclude('p');
\set VERBOSITY terse
CALL electric_schema.unelectrify('p');
\set VERBOSITY default
DROP PUBLICATION electric;
CALL electric_schema.set_scope('all');
RESET electric_schema.destructive;
SELECT scope, excluded FROM electric_schema.status;
-- what is refused
CREATE TEMP TABLE scratch (id int);
CREATE FOREIGN DATA WRAPPER wrapper;
CREATE SERVER elsewhere FOREIGN DATA WRAPPER wrapper;
CREATE FOREIGN TABLE far (id int) SERVER elsewhere;
CALL electric_schema.electrify(NULL);
CALL electric_schema.electrify('nowhere');
CALL electric_schema.electrify(1::oid);
CALL electric_schema.electrify('titles');
CALL electric_schema.electrify('far');
CALL electric_schema.electrify('tasks_id_seq');
CALL electric_schema.electrify('tasks_pkey');
CALL electric_schema.electrify('p1');
CALL electric_schema.unelectrify('p2_1');
DO $$
DECLARE more text; hint text;
BEGIN
    CALL electric_schema.electrify('scratch');
EXCEPTION WHEN OTHERS THEN
    GET STACKED DIAGNOSTICS more = PG_EXCEPTION_DETAIL, hint = PG_EXCEPTION_HINT;
    -- the number is the session's
    RAISE '%', regexp_replace(SQLERRM, 'pg_temp_\d+', 'pg_temp') USING DETAIL = more, HINT = hint;
END $$;
CALL electric_schema.electrify('pg_class');
CALL electric_schema.electrify('information_schema.sql_features');
CALL electric_schema.electrify('_electric_meta.migrations');
CALL electric_schema.electrify('app.unlogged');
CALL electric_schema.set_scope('some');
CALL electric_schema.set_scope(NULL);
CALL electric_schema.exclude(NULL);
CALL electric_schema.exclude('');
CALL electric_schema.exclude('a.b.c');
CALL electric_schema.include('"a');
CALL electric_schema.include('nothing');
BEGIN TRANSACTION READ ONLY;
\set VERBOSITY terse
CALL electric_schema.exclude('a');
\set VERBOSITY default
ROLLBACK;
SELECT electric_schema.verify() ->> 'ok' AS ok, (SELECT count(*) FROM electric_schema.drift()) AS drift;
-- who may
CREATE ROLE regress_owner;
CREATE ROLE regress_other;
GRANT USAGE ON SCHEMA electric_schema TO regress_owner, regress_other;
GRANT CREATE ON SCHEMA public TO regress_owner, regress_other;
SET ROLE regress_owner;
CREATE TABLE mine (id int PRIMARY KEY);
CREATE TABLE "Odd ""name" (id int PRIMARY KEY);
CALL electric_schema.electrify('mine');
RESET ROLE;
GRANT EXECUTE ON PROCEDURE electric_schema.electrify(regclass), electric_schema.unelectrify(regclass) TO regress_owner, regress_other;
SET ROLE regress_owner;
CALL electric_schema.electrify('mine');
CALL electric_schema.electrify('"Odd ""name"');
CALL electric_schema.electrify('tasks');
CALL electric_schema.exclude('tasks');
SET ROLE regress_other;
CALL electric_schema.electrify('mine');
CALL electric_schema.unelectrify('mine');
-- not with the rights of whoever calls what somebody else wrote
CREATE FUNCTION trap() RETURNS void LANGUAGE plpgsql SECURITY DEFINER AS $$ BEGIN CALL electric_schema.electrify('tasks'); END $$;
RESET ROLE;
SELECT trap();
SELECT schemaname, tablename FROM pg_publication_tables WHERE pubname = 'electric' ORDER BY 1, 2;
SELECT recorded_by, source FROM _electric_meta.migrations ORDER BY seq DESC LIMIT 1;
DROP OWNED BY regress_owner, regress_other;
DROP ROLE regress_owner, regress_other;
-- the publication is not part of the extension
DROP EXTENSION electric_schema;
SELECT pubname FROM pg_publication;
CREATE EXTENSION electric_schema;
SELECT scope, excluded FROM electric_schema.status;
