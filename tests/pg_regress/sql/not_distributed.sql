-- What clients cannot have is named, and leaves no entry; what needs it is left out with it.
CREATE EXTENSION electric_schema;
CREATE TABLE t (id int PRIMARY KEY, name text);
CREATE FOREIGN DATA WRAPPER wrapper;
CREATE SERVER elsewhere FOREIGN DATA WRAPPER wrapper;
CREATE FOREIGN TABLE far (id int) SERVER elsewhere;
CREATE VIEW catalogs AS SELECT relname FROM pg_class;
CREATE VIEW reads_far AS SELECT * FROM far;
CREATE VIEW reads_view AS SELECT * FROM reads_far;
CREATE FUNCTION pid() RETURNS int LANGUAGE internal AS 'pg_backend_pid';
CREATE FUNCTION calls_pid() RETURNS int LANGUAGE plpgsql AS $$ BEGIN RETURN pid(); END $$;
CREATE AGGREGATE total (int) (SFUNC = int4pl, STYPE = int);
CREATE DOMAIN mine AS int CHECK (VALUE <> pid());
CREATE TYPE pair AS (a mine, b text);
CREATE TYPE shell;
ALTER TABLE t ADD COLUMN n int DEFAULT calls_pid();
CREATE TABLE person (id int PRIMARY KEY, mail t[]);
CREATE TABLE owner (id int PRIMARY KEY, of pair);
CREATE TABLE note (person int REFERENCES person, body text);
CREATE TABLE parts (a int) PARTITION BY LIST (a);
CREATE FOREIGN TABLE parts_far PARTITION OF parts FOR VALUES IN (1) SERVER elsewhere;
CREATE TABLE parts_near PARTITION OF parts FOR VALUES IN (2);
SELECT seq, class, statements FROM _electric_meta.migrations ORDER BY seq;
SELECT thing ->> 'kind' AS kind, thing ->> 'identity' AS identity, thing ->> 'reason' AS reason
FROM electric_schema.status, jsonb_array_elements(not_distributed) thing;
-- what nobody needs is nobody's business: no entry, no notice
CREATE FUNCTION nobody_needs_it() RETURNS int LANGUAGE sql AS 'SELECT 1';
CREATE FUNCTION for_a_trigger() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NEW; END $$;
CREATE TRIGGER tr BEFORE INSERT ON note FOR EACH ROW EXECUTE FUNCTION for_a_trigger();
-- back in scope: what waited for it comes, too
ALTER TABLE person DROP COLUMN mail;
ALTER TABLE t ALTER COLUMN n DROP DEFAULT;
ALTER DOMAIN mine DROP CONSTRAINT mine_check;
DROP FOREIGN TABLE parts_far;
SELECT seq, class, statements FROM _electric_meta.migrations WHERE seq > 5 ORDER BY seq;
-- server-side only: no entry, no notice
COMMENT ON TABLE t IS 'x';
GRANT SELECT ON t TO PUBLIC;
CREATE TEMP TABLE scratch (a int);
CREATE TEMP VIEW scratched AS SELECT * FROM t;
ALTER TABLE t ENABLE ROW LEVEL SECURITY;
CREATE POLICY p ON t USING (true);
CREATE SCHEMA drizzle CREATE TABLE __drizzle_migrations (id serial);
CREATE TABLE _prisma_migrations (id text);
ALTER TABLE t ALTER COLUMN name SET STORAGE EXTERNAL;
CREATE TABLE IF NOT EXISTS t (id int);
SELECT max(seq) FROM _electric_meta.migrations;
SELECT electric_schema.verify() ->> 'ok' AS ok;
SELECT * FROM electric_schema.drift();
