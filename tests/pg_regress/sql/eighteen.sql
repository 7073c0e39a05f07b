-- What 18 has and older servers do not.
SELECT current_setting('server_version_num')::int < 180000 AS older \gset
\if :older
\echo An older server.
\quit
\endif
CREATE EXTENSION electric_schema;
CREATE EXTENSION btree_gist;
-- NOT NULL that is NOT VALID: there may be rows that do not meet it, so clients have it when it has been validated
CREATE TABLE tasks (id int PRIMARY KEY, title text, CONSTRAINT id_is_there NOT NULL id);
INSERT INTO tasks VALUES (1, NULL);
ALTER TABLE tasks ADD CONSTRAINT titled NOT NULL title NOT VALID;
CREATE TABLE sub (more int) INHERITS (tasks);
SELECT * FROM electric_schema.drift();
SELECT max(seq) FROM _electric_meta.migrations;
UPDATE tasks SET title = 'x';
ALTER TABLE tasks VALIDATE CONSTRAINT titled;
ALTER TABLE tasks RENAME CONSTRAINT titled TO has_title;
ALTER TABLE tasks DROP CONSTRAINT has_title;
-- and one that children do not have
CREATE TABLE base (a int CONSTRAINT here NOT NULL NO INHERIT);
CREATE TABLE child () INHERITS (base);
ALTER TABLE base ALTER CONSTRAINT here INHERIT;
ALTER TABLE base ALTER CONSTRAINT here NO INHERIT;
ALTER TABLE child ALTER a DROP NOT NULL;
-- keys over time
CREATE TABLE rooms (id int, during daterange, PRIMARY KEY (id, during WITHOUT OVERLAPS));
CREATE TABLE stays (room int, during daterange, guest text,
  FOREIGN KEY (room, PERIOD during) REFERENCES rooms (id, PERIOD during), UNIQUE (guest, during WITHOUT OVERLAPS));
ALTER TABLE stays DROP CONSTRAINT stays_guest_during_key;
-- constraints that need not hold are not distributed, until they do
CREATE TABLE loose (id int CONSTRAINT positive CHECK (id > 0) NOT ENFORCED, task int CONSTRAINT of_task REFERENCES tasks NOT ENFORCED);
ALTER TABLE loose DROP CONSTRAINT positive;
ALTER TABLE loose ALTER CONSTRAINT of_task ENFORCED;
ALTER TABLE loose ALTER CONSTRAINT of_task NOT ENFORCED;
ALTER TABLE loose DROP CONSTRAINT of_task;
-- generated columns: another expression, and those that are not stored
CREATE TABLE sums (a int, twice int GENERATED ALWAYS AS (a * 2) STORED);
ALTER TABLE sums ALTER twice SET EXPRESSION AS (a * 3);
ALTER TABLE sums ADD COLUMN thrice int GENERATED ALWAYS AS (a * 3);
ALTER TABLE sums DROP COLUMN thrice;
SELECT seq, class, statement FROM _electric_meta.migrations, unnest(statements) WITH ORDINALITY s (statement, n) ORDER BY seq, n;
SELECT thing ->> 'kind' AS kind, thing ->> 'identity' AS identity, thing ->> 'reason' AS reason
FROM electric_schema.status, jsonb_array_elements(not_distributed) thing;
SELECT electric_schema.verify() ->> 'ok' AS ok;
