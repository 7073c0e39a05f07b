-- What clients cannot have is named, and leaves no entry; a table that needs it is left out with it.
CREATE EXTENSION electric_schema;
CREATE TABLE t (id int PRIMARY KEY, name text);
CREATE VIEW v AS SELECT * FROM t;
CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 1';
CREATE TYPE pair AS (a int, b int);
CREATE TABLE person (id int PRIMARY KEY, mail pair);
CREATE TABLE note (person int REFERENCES person, body text);
CREATE TABLE parts (a int) PARTITION BY LIST (a);
ALTER TABLE t ADD COLUMN n int DEFAULT f();
SELECT seq, class, statements FROM _electric_meta.migrations ORDER BY seq;
-- back in scope: the foreign key that waited for it comes, too
ALTER TABLE person DROP COLUMN mail;
ALTER TABLE t ALTER COLUMN n DROP DEFAULT;
SELECT seq, class, statements FROM _electric_meta.migrations WHERE seq > 3 ORDER BY seq;
-- server-side only: no entry, no notice
COMMENT ON TABLE t IS 'x';
GRANT SELECT ON t TO PUBLIC;
CREATE TEMP TABLE scratch (a int);
ALTER TABLE t ENABLE ROW LEVEL SECURITY;
CREATE POLICY p ON t USING (true);
CREATE SCHEMA drizzle CREATE TABLE __drizzle_migrations (id serial);
CREATE TABLE _prisma_migrations (id text);
ALTER TABLE t ALTER COLUMN name SET STORAGE EXTERNAL;
CREATE TABLE IF NOT EXISTS t (id int);
SELECT max(seq) FROM _electric_meta.migrations;
SELECT electric_schema.verify() ->> 'ok' AS ok;
