-- electric_schema.destructive: allow, warn, forbid.
CREATE EXTENSION electric_schema;
CREATE TABLE t (id int PRIMARY KEY, a text, b text);
SHOW electric_schema.destructive;
ALTER TABLE t ADD gone int;
ALTER TABLE t DROP gone;
SET electric_schema.destructive = warn;
ALTER TABLE t ADD c int;
ALTER TABLE t RENAME c TO d;
BEGIN; ALTER TABLE t DROP d; ALTER TABLE t ADD e int; CREATE UNIQUE INDEX t_a ON t (a); COMMIT;
SET electric_schema.destructive = forbid;
-- additive, irrelevant
ALTER TABLE t ADD f int;
CREATE TABLE u (id int PRIMARY KEY, t int REFERENCES t);
CREATE TEMP TABLE scratch (a int); DROP TABLE scratch;
COMMENT ON TABLE t IS 'x';
BEGIN; CREATE VIEW v AS SELECT 1; DROP VIEW v; COMMIT;
-- destructive
ALTER TABLE t DROP COLUMN f, ALTER a SET NOT NULL;
\echo :LAST_ERROR_SQLSTATE
DROP TABLE u;
ALTER TABLE t ALTER b TYPE int USING length(b);
DROP SCHEMA public CASCADE;
DO $$ BEGIN EXECUTE 'ALTER TABLE t RENAME TO s'; END $$;
DO $$ BEGIN EXECUTE 'ALTER TABLE t RENAME TO s'; EXCEPTION WHEN insufficient_privilege THEN RAISE NOTICE 'caught: %', SQLERRM; END $$;
-- over all that the transaction did: what it made itself, and what undoes itself, passes
BEGIN; CREATE TABLE mine (a int); ALTER TABLE mine RENAME TO ours; ALTER TABLE ours ADD b int NOT NULL DEFAULT random(); DROP TABLE ours; COMMIT;
-- the way out
BEGIN; SET LOCAL electric_schema.destructive = allow; DROP TABLE u; COMMIT;
DROP TABLE t;
-- a preview tells all the same
SELECT p ->> 'class' AS class, p -> 'error' AS error FROM electric_schema.preview('DROP TABLE t') p;
-- CONCURRENTLY is judged before it runs, so nothing is left half done
CREATE INDEX CONCURRENTLY t_b ON t (b);
CREATE UNIQUE INDEX CONCURRENTLY t_b_key ON t (b);
CREATE UNIQUE INDEX CONCURRENTLY IF NOT EXISTS t_a ON t (a);
CREATE INDEX CONCURRENTLY t_lower ON t (lower(b));
DROP INDEX CONCURRENTLY t_b;
DROP INDEX CONCURRENTLY t_a;
DROP INDEX CONCURRENTLY IF EXISTS nowhere;
REINDEX TABLE CONCURRENTLY t;
CREATE TABLE parted (a int) PARTITION BY LIST (a);
CREATE TABLE parted_1 PARTITION OF parted FOR VALUES IN (1);
ALTER TABLE parted DETACH PARTITION parted_1 CONCURRENTLY;
SELECT inhrelid::regclass, inhdetachpending FROM pg_inherits WHERE inhparent = 'parted'::regclass;
CREATE VIEW shown AS SELECT id, a FROM t;
CREATE OR REPLACE VIEW shown AS SELECT id, a, b FROM t;
ALTER VIEW shown RENAME COLUMN b TO c;
CREATE FUNCTION answer() RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT 42';
ALTER TABLE t ADD answer int DEFAULT answer();
CREATE OR REPLACE FUNCTION answer() RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT 43';
SELECT indexrelid::regclass, indisvalid FROM pg_index WHERE indrelid = 't'::regclass ORDER BY 1;
SET electric_schema.destructive = warn;
-- after REINDEX CONCURRENTLY it has another OID
DROP INDEX CONCURRENTLY t_a;
SELECT class, statements FROM _electric_meta.migrations ORDER BY seq DESC LIMIT 1;
CREATE UNIQUE INDEX CONCURRENTLY t_b_key ON t (b);
SELECT indexrelid::regclass, indisvalid FROM pg_index WHERE indrelid = 't'::regclass ORDER BY 1;
-- only who may set it can get around it, even in a session that has not loaded the library yet
RESET electric_schema.destructive;
SELECT current_database() AS db \gset
ALTER DATABASE :"db" SET electric_schema.destructive = forbid;
CREATE ROLE regress_dev;
GRANT ALL ON SCHEMA public TO regress_dev;
\c
SET ROLE regress_dev;
SET electric_schema.destructive = allow;
CREATE TABLE dev (id int PRIMARY KEY, a int);
SHOW electric_schema.destructive;
ALTER TABLE dev DROP a;
SET electric_schema.destructive = allow;
RESET ROLE;
SELECT electric_schema.verify() ->> 'ok' AS ok;
SET electric_schema.destructive = allow;
DROP OWNED BY regress_dev;
DROP ROLE regress_dev;
