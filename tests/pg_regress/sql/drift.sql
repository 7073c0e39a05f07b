-- What the catalogs have and the ledger does not, object by object.
CREATE EXTENSION electric_schema;
CREATE SCHEMA app;
CREATE TYPE app.state AS ENUM ('open');
CREATE TABLE app.tasks (id serial PRIMARY KEY, state app.state, title text CHECK (title <> ''));
CREATE TABLE gone (id int PRIMARY KEY);
CREATE VIEW v AS SELECT * FROM gone;
SELECT * FROM electric_schema.drift();
-- own DDL that is not committed yet differs from the ledger; nothing that is committed does
BEGIN; ALTER TABLE app.tasks ADD mine int; SELECT kind, identity, statements FROM electric_schema.drift(); ROLLBACK;
-- an edit of the catalogs
SET allow_system_table_mods = on;
UPDATE pg_attribute SET attnotnull = true WHERE attrelid = 'app.tasks'::regclass AND attname = 'title';
RESET allow_system_table_mods;
SELECT kind, identity, difference ->> 'change' AS change, statements FROM electric_schema.drift();
-- DDL that no event trigger saw
ALTER EVENT TRIGGER electric_schema_ddl DISABLE;
ALTER EVENT TRIGGER electric_schema_drop DISABLE;
DROP TABLE gone CASCADE;
CREATE TABLE new (a int);
ALTER TABLE app.tasks RENAME state TO "State";
ALTER TABLE app.tasks ADD UNIQUE (title);
CREATE INDEX by_title ON app.tasks (title);
ALTER TYPE app.state ADD VALUE 'done';
ALTER EVENT TRIGGER electric_schema_ddl ENABLE ALWAYS;
ALTER EVENT TRIGGER electric_schema_drop ENABLE ALWAYS;
SELECT kind, identity, difference ->> 'change' AS change, statements FROM electric_schema.drift() ORDER BY 1, 2, 3;
SELECT v ->> 'ok' AS ok, jsonb_array_length(v -> 'schema') AS differences FROM electric_schema.verify() v;
-- a table that the next entry reads again is listed as that, not as drift
ALTER TABLE _electric_meta.ledgers DISABLE TRIGGER ALL;
UPDATE _electric_meta.ledgers SET unread = ARRAY['app.tasks'::regclass::oid];
SELECT kind, identity, difference, statements FROM electric_schema.drift() WHERE identity LIKE 'app.tasks%' ORDER BY 1, 2;
SELECT unread, drift FROM electric_schema.status;
-- names that are gone, and strange ones
UPDATE _electric_meta.ledgers SET unread = ARRAY[4294967295::oid];
SELECT identity FROM electric_schema.drift() WHERE difference ->> 'change' = 'unread';
UPDATE _electric_meta.ledgers SET unread = '{}';
CREATE TABLE "My ""table"" '" ("a b" int);
ALTER TABLE _electric_meta.objects DISABLE TRIGGER ALL;
DELETE FROM _electric_meta.objects WHERE definition::text LIKE '%My%';
SELECT kind, identity, statements FROM electric_schema.drift() WHERE identity LIKE '%My%';
