-- Every answer of the handshake.
CREATE EXTENSION electric_schema;
SELECT hash AS genesis FROM electric_schema.head() \gset
CREATE TABLE a (id int PRIMARY KEY);
SELECT hash AS first FROM electric_schema.head() \gset
CREATE TABLE b (id int PRIMARY KEY, a int REFERENCES a);
CREATE TABLE c AS SELECT 1 AS one;
SELECT hash AS third FROM electric_schema.head() \gset
CREATE FUNCTION pg_temp.answer(plan jsonb) RETURNS TABLE (key text, value jsonb) LANGUAGE sql
  AS $$ SELECT key, value FROM jsonb_each(plan) WHERE key NOT IN ('head', 'transactions', 'requires') ORDER BY key $$;
CREATE FUNCTION pg_temp.statements(plan jsonb) RETURNS SETOF text LANGUAGE sql
  AS $$ SELECT s FROM jsonb_array_elements(plan -> 'transactions') t, jsonb_array_elements_text(t -> 'statements') s $$;
-- at head
SELECT * FROM pg_temp.answer(electric_schema.handshake(:'third'));
-- behind, additive: from the genesis, and from the first entry
SELECT * FROM pg_temp.answer(electric_schema.handshake(:'first'));
SELECT pg_temp.statements(electric_schema.handshake(:'genesis'));
SELECT jsonb_object_keys(t) FROM jsonb_array_elements(electric_schema.handshake(:'first') -> 'transactions') t LIMIT 10;
-- behind a destructive entry
ALTER TABLE a RENAME TO renamed;
SELECT * FROM pg_temp.answer(electric_schema.handshake(:'first'));
SELECT pg_temp.statements(electric_schema.handshake(:'first'));
-- new
SELECT * FROM pg_temp.answer(electric_schema.handshake(NULL));
SELECT electric_schema.handshake(NULL) = electric_schema.snapshot() - 'schema_hash' AS same;
-- unknown
SELECT * FROM pg_temp.answer(electric_schema.handshake(repeat('0', 64)));
SELECT * FROM pg_temp.answer(electric_schema.handshake(repeat('0', 64), 4));
SELECT * FROM pg_temp.answer(electric_schema.handshake(repeat('0', 64), 5));
-- undone: nothing is left to do but to remember where one is
SELECT hash AS fourth FROM electric_schema.head() \gset
ALTER TABLE c ADD COLUMN extra text;
ALTER TABLE c DROP COLUMN extra;
ALTER TABLE renamed RENAME TO a;
SELECT * FROM pg_temp.answer(electric_schema.handshake(:'third'));
SELECT pg_temp.statements(electric_schema.handshake(:'third'));
-- the net of additive entries; values of enums come first
CREATE TYPE mood AS ENUM ('sad');
SELECT hash AS typed FROM electric_schema.head() \gset
ALTER TYPE mood ADD VALUE 'happy';
ALTER TABLE c ADD COLUMN mood mood DEFAULT 'happy';
SELECT jsonb_array_length(electric_schema.handshake(:'typed', squash => false) -> 'transactions') AS recorded;
SELECT t -> 'statements' AS statements, t ? 'record' AS has_record
  FROM jsonb_array_elements(electric_schema.handshake(:'typed', squash => true) -> 'transactions') t;
-- to another entry than head
SELECT electric_schema.handshake(:'first', target_hash => :'fourth') #>> '{head,hash}' = :'fourth' AS arrived;
SELECT electric_schema.handshake(:'fourth', target_hash => :'first') ->> 'reason' AS reason;
SELECT electric_schema.handshake(:'first', target_hash => repeat('0', 64));
\echo :LAST_ERROR_SQLSTATE
-- by the hash of a schema: the first entry's is that of no other
SELECT schema_hash AS schema FROM _electric_meta.migrations WHERE seq = 1 \gset
SELECT answer ->> 'action' AS action, answer #>> '{transactions,0,record}' LIKE '%' || :'schema' || '%' AS from_there
  FROM electric_schema.handshake(:'schema') answer;
SELECT schema_hash AS schema FROM electric_schema.snapshot() s, jsonb_to_record(s) r (schema_hash text) \gset
SELECT pg_temp.statements(electric_schema.handshake(:'schema')) AS nothing;
-- the schema at an older entry
SELECT pg_temp.statements(electric_schema.snapshot(:'first')) AS statement OFFSET 6;
-- malformed
SELECT electric_schema.handshake('123');
\echo :LAST_ERROR_SQLSTATE
SELECT electric_schema.handshake(upper(repeat('ab', 32)));
\echo :LAST_ERROR_SQLSTATE
SELECT count(*) FROM electric_schema.diff('');
\echo :LAST_ERROR_SQLSTATE
SELECT count(*) FROM electric_schema.diff(repeat('0', 64));
\echo :LAST_ERROR_SQLSTATE
SELECT seq, class, reset_version, statements FROM electric_schema.diff(:'first');
-- a page of them
SELECT seq FROM electric_schema.diff(:'first', 2);
SELECT seq FROM electric_schema.diff(:'first', 0);
\echo :LAST_ERROR_SQLSTATE
SELECT seq FROM electric_schema.diff(NULL);
\echo :LAST_ERROR_SQLSTATE
