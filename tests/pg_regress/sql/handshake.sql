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
SELECT electric_schema.handshake(NULL) = electric_schema.snapshot() AS same;
-- unknown
SELECT * FROM pg_temp.answer(electric_schema.handshake(repeat('0', 64)));
SELECT * FROM pg_temp.answer(electric_schema.handshake(repeat('0', 64), 4));
SELECT * FROM pg_temp.answer(electric_schema.handshake(repeat('0', 64), 5));
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
