-- What statement logs and event triggers get wrong: DDL that names no table, does more than it says, or nothing at all.
CREATE EXTENSION electric_schema;
CREATE TEMP TABLE shown (seq bigint);
INSERT INTO shown VALUES (0);
CREATE FUNCTION pg_temp.news() RETURNS TABLE (seq bigint, class text, statement text) LANGUAGE plpgsql AS $$
BEGIN
  RETURN QUERY SELECT m.seq, m.class, s.statement FROM _electric_meta.migrations m, unnest(m.statements) WITH ORDINALITY s (statement, n)
    WHERE m.seq > (SELECT max(shown.seq) FROM shown) ORDER BY m.seq, n;
  INSERT INTO shown SELECT max(m.seq) FROM _electric_meta.migrations m;
END $$;
CREATE FUNCTION pg_temp.seen() RETURNS void LANGUAGE sql AS 'INSERT INTO shown SELECT max(seq) FROM _electric_meta.migrations';
\pset format unaligned
-- DROP TYPE … CASCADE takes a column along, and the index on it
CREATE TYPE mood AS ENUM ('ok', 'bad');
BEGIN; CREATE TABLE t (id int PRIMARY KEY, m mood, x int); CREATE INDEX t_m ON t (m, x); COMMIT;
DROP TYPE mood CASCADE;
SELECT * FROM pg_temp.news();
-- ALTER SCHEMA … RENAME names no table
BEGIN; CREATE SCHEMA a; CREATE TYPE a.mood AS ENUM ('ok'); CREATE TABLE a.t (id serial PRIMARY KEY, m a.mood DEFAULT 'ok'); COMMIT;
CREATE TABLE u (t int REFERENCES a.t);
SELECT count(*) > 0 AS there FROM pg_temp.news();
ALTER SCHEMA a RENAME TO b;
SELECT * FROM pg_temp.news();
-- nor does ALTER TYPE … RENAME: a default, a CHECK and an index read differently, but are the same
ALTER TABLE b.t ADD COLUMN more b.mood CHECK (more <> 'ok');
CREATE INDEX t_more ON b.t (m) WHERE m = 'ok';
SELECT count(*) > 0 AS there FROM pg_temp.news();
ALTER TYPE b.mood RENAME TO humour;
ALTER TYPE b.humour RENAME VALUE 'ok' TO 'fine';
ALTER TYPE b.humour SET SCHEMA public;
SELECT * FROM pg_temp.news();
-- DROP OWNED: a schema, a table in another one, and the foreign key of a table that stays
CREATE ROLE regress_leaver;
BEGIN;
CREATE SCHEMA theirs AUTHORIZATION regress_leaver;
CREATE TABLE theirs.t (id int PRIMARY KEY);
CREATE TABLE left_behind (id int);
CREATE TABLE stays (t int CONSTRAINT to_theirs REFERENCES theirs.t);
ALTER TABLE theirs.t OWNER TO regress_leaver;
ALTER TABLE left_behind OWNER TO regress_leaver;
COMMIT;
SELECT count(*) > 0 AS there FROM pg_temp.news();
SET client_min_messages = warning;
DROP OWNED BY regress_leaver CASCADE;
RESET client_min_messages;
DROP ROLE regress_leaver;
SELECT * FROM pg_temp.news();
-- CREATE SCHEMA with elements
CREATE SCHEMA el CREATE TABLE inside (id int PRIMARY KEY, n int) CREATE INDEX inside_n ON inside (n) CREATE SEQUENCE counter;
SELECT * FROM pg_temp.news();
-- CREATE TABLE AS and SELECT INTO, under tags of their own; the rows are to be fetched
CREATE TABLE made AS SELECT 1 AS id, 'x'::varchar(5) AS name;
SELECT 2 AS id, now() AS at INTO selected;
CREATE TABLE IF NOT EXISTS made AS SELECT 3 AS other;
SELECT * FROM pg_temp.news();
SELECT seq, changes -> 0 -> 'filled' AS filled FROM _electric_meta.migrations WHERE changes -> 0 ->> 'change' = 'create' ORDER BY seq DESC LIMIT 2;
-- LIKE INCLUDING ALL
CREATE TABLE model (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, s serial, name varchar(5) COLLATE "C" NOT NULL DEFAULT 'x',
  up text GENERATED ALWAYS AS (name || '!') STORED, CONSTRAINT named CHECK (name <> ''), UNIQUE (name));
CREATE INDEX model_lower ON model (lower(name)) WHERE id > 0;
SELECT count(*) > 0 AS there FROM pg_temp.news();
CREATE TABLE alike (LIKE model INCLUDING ALL, own int);
SELECT * FROM pg_temp.news();
-- ALTER TABLE ALL IN TABLESPACE moves files, not schemas
SET allow_in_place_tablespaces = on;
CREATE TABLESPACE regress_traps LOCATION '';
CREATE TABLE far (id int PRIMARY KEY) TABLESPACE regress_traps;
ALTER TABLE ALL IN TABLESPACE regress_traps SET TABLESPACE pg_default;
ALTER INDEX ALL IN TABLESPACE regress_traps SET TABLESPACE pg_default;
ALTER TABLE far SET TABLESPACE regress_traps;
ALTER TABLE far SET TABLESPACE pg_default;
DROP TABLESPACE regress_traps;
SELECT * FROM pg_temp.news();
-- REFRESH MATERIALIZED VIEW CONCURRENTLY makes and drops tables of its own
SET client_min_messages = warning;
CREATE MATERIALIZED VIEW mat AS SELECT id FROM made;
CREATE UNIQUE INDEX ON mat (id);
SELECT pg_temp.seen();
INSERT INTO made VALUES (7, 'y');
REFRESH MATERIALIZED VIEW CONCURRENTLY mat;
REFRESH MATERIALIZED VIEW mat;
SELECT * FROM pg_temp.news();
DROP MATERIALIZED VIEW mat;
RESET client_min_messages;
SELECT pg_temp.seen();
-- temporary tables
CREATE TEMP TABLE scratch (id serial PRIMARY KEY, a text);
ALTER TABLE scratch ALTER a TYPE int USING 1, ADD UNIQUE (a);
CREATE TEMP TABLE scratch_2 AS SELECT 1 AS x;
ALTER TABLE scratch_2 RENAME TO scratch_3;
DROP TABLE scratch, scratch_3;
SELECT * FROM pg_temp.news();
-- the script of an extension, its update, and its types, functions and domains
CREATE EXTENSION hstore VERSION '1.4';
ALTER EXTENSION hstore UPDATE;
CREATE EXTENSION earthdistance CASCADE;
SELECT * FROM pg_temp.news();
DROP EXTENSION earthdistance;
DROP EXTENSION hstore;
DROP EXTENSION cube;
SELECT * FROM pg_temp.news();
-- what is there already
CREATE TABLE IF NOT EXISTS made (other text);
CREATE SCHEMA IF NOT EXISTS el;
CREATE INDEX IF NOT EXISTS inside_n ON el.inside (id);
CREATE SEQUENCE IF NOT EXISTS el.counter;
ALTER TABLE made ADD COLUMN IF NOT EXISTS id text;
ALTER TYPE humour ADD VALUE IF NOT EXISTS 'fine';
ALTER TABLE el.inside ALTER id SET NOT NULL;
DROP TABLE IF EXISTS missing;
ALTER TABLE IF EXISTS missing ADD COLUMN x int;
SELECT * FROM pg_temp.news();
-- a column dropped and added again under the same name is another one
CREATE TABLE again (id int PRIMARY KEY, a int, b int);
SELECT count(*) AS there FROM pg_temp.news();
BEGIN; ALTER TABLE again DROP COLUMN a; ALTER TABLE again ADD COLUMN a int; COMMIT;
ALTER TABLE again DROP COLUMN b, ADD COLUMN b text DEFAULT 'x';
SELECT * FROM pg_temp.news();
-- two columns swap names
CREATE TABLE swap (a int PRIMARY KEY, b text DEFAULT 'x', CHECK (b <> ''));
SELECT count(*) AS there FROM pg_temp.news();
BEGIN; ALTER TABLE swap RENAME a TO tmp; ALTER TABLE swap RENAME b TO a; ALTER TABLE swap RENAME tmp TO b; COMMIT;
SELECT * FROM pg_temp.news();
-- a table dropped and made again in one transaction is another one
CREATE TABLE phoenix (id int PRIMARY KEY);
SELECT count(*) AS there FROM pg_temp.news();
BEGIN; DROP TABLE phoenix; CREATE TABLE phoenix (id int PRIMARY KEY); COMMIT;
SELECT * FROM pg_temp.news();
-- renames that follow each other: one, none, and a name that changes hands
CREATE TABLE one (id int); CREATE TABLE two (n text);
SELECT count(*) AS there FROM pg_temp.news();
BEGIN; ALTER TABLE one RENAME TO one_2; ALTER TABLE one_2 RENAME TO one_3; ALTER TABLE one_3 RENAME id TO x; ALTER TABLE one_3 RENAME x TO y; COMMIT;
BEGIN; ALTER TABLE one_3 RENAME TO somewhere; ALTER TABLE somewhere RENAME TO one_3; COMMIT;
BEGIN; ALTER TABLE two RENAME TO three; ALTER TABLE one_3 RENAME TO two; COMMIT;
SELECT * FROM pg_temp.news();
-- names with quotes, dots, letters of all kinds, and 63 bytes
BEGIN;
CREATE SCHEMA "a.b""c";
CREATE TYPE "a.b""c"."tÿpe" AS ENUM ('it''s', 'a"b', E'back\\slash', '表');
CREATE TABLE "a.b""c"."ta.ble ""x""" ("co""l" int PRIMARY KEY, "Çol" "a.b""c"."tÿpe" DEFAULT 'it''s', CONSTRAINT "che.ck'" CHECK ("co""l" > 0));
CREATE INDEX "in""dex" ON "a.b""c"."ta.ble ""x""" ("Çol");
COMMIT;
CREATE TABLE t23456789012345678901234567890123456789012345678901234567890123 (c23456789012345678901234567890123456789012345678901234567890123 int UNIQUE);
SELECT * FROM pg_temp.news();
ALTER TABLE "a.b""c"."ta.ble ""x""" RENAME "Çol" TO "select";
ALTER SCHEMA "a.b""c" RENAME TO "from";
ALTER TABLE t23456789012345678901234567890123456789012345678901234567890123 RENAME TO u23456789012345678901234567890123456789012345678901234567890123;
SELECT * FROM pg_temp.news();
-- What rows hold when a default was set, changed or dropped in the transaction that added the column: the statements are run on a table
-- with the same rows, and give the same.
CREATE TABLE filled (id int);
INSERT INTO filled VALUES (1);
CREATE TEMP TABLE replayed (id int);
INSERT INTO replayed VALUES (1);
SELECT count(*) AS there FROM pg_temp.news();
BEGIN;
ALTER TABLE filled ADD COLUMN later int;
ALTER TABLE filled ALTER later SET DEFAULT 9;
ALTER TABLE filled ADD COLUMN changed int DEFAULT 1;
ALTER TABLE filled ALTER changed SET DEFAULT 2;
ALTER TABLE filled ADD COLUMN taken text DEFAULT 'x';
ALTER TABLE filled ALTER taken DROP DEFAULT;
ALTER TABLE filled ADD COLUMN required int NOT NULL DEFAULT 5;
ALTER TABLE filled ALTER required SET DEFAULT 6;
ALTER TABLE filled ADD COLUMN at timestamptz NOT NULL DEFAULT '2024-02-03 04:05:06+00';
ALTER TABLE filled ALTER at SET DEFAULT now();
COMMIT;
ALTER TABLE filled ADD COLUMN zone text DEFAULT current_setting('TimeZone');
SELECT * FROM pg_temp.news();
SELECT replace(statement, 'public.filled', 'pg_temp.replayed') FROM _electric_meta.migrations, unnest(statements) WITH ORDINALITY s (statement, n)
  WHERE statement LIKE 'ALTER TABLE public.filled %' ORDER BY seq, n \gexec
SELECT count(*) AS "rows", count(*) FILTER (WHERE f = r) AS equal FROM (SELECT to_jsonb(filled) AS f FROM filled) f, (SELECT to_jsonb(replayed) AS r FROM replayed) r;
SELECT to_jsonb(filled) FROM filled;
-- values that only a rewrite changed: the catalogs are as before
ALTER TABLE filled ALTER taken TYPE text USING upper(taken);
BEGIN; ALTER TABLE filled ALTER at TYPE date; ALTER TABLE filled ALTER at TYPE timestamptz; COMMIT;
SELECT m.seq, m.class, c ->> 'change' AS change, c -> 'reasons' AS reasons, m.statements
  FROM _electric_meta.migrations m, jsonb_array_elements(changes) c WHERE m.seq > (SELECT max(seq) FROM shown) ORDER BY m.seq;
SELECT pg_temp.seen();
-- an index that could not be made is not there; the next entry has the next number
INSERT INTO filled (id) VALUES (2), (2);
CREATE UNIQUE INDEX CONCURRENTLY filled_id ON filled (id);
BEGIN; CREATE TABLE never (id int); ROLLBACK;
SELECT * FROM pg_temp.news();
CREATE INDEX CONCURRENTLY filled_later ON filled (later);
DROP INDEX CONCURRENTLY filled_later;
DROP INDEX filled_id;
SELECT * FROM pg_temp.news();
-- after all that
SELECT electric_schema.verify() ->> 'ok' AS ok;
SELECT * FROM electric_schema.drift();
SELECT count(*) = max(seq) AS without_gaps FROM _electric_meta.migrations;
