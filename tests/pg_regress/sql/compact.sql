-- Old entries go, what clients that old need to know stays.
CREATE EXTENSION electric_schema;
SELECT hash AS genesis FROM electric_schema.head() \gset
CREATE TABLE kept (id int PRIMARY KEY, "no""te" text);
CREATE TABLE renamed_later (id int PRIMARY KEY, kept int REFERENCES kept);
SELECT hash AS second FROM electric_schema.head() \gset
-- of two things: newer servers print the columns of one without its name
CREATE VIEW v AS SELECT id FROM renamed_later, generate_series(1, 1);
CREATE TABLE gone_later (id int);
SELECT hash AS fourth FROM electric_schema.head() \gset
ALTER TABLE renamed_later RENAME TO renamed;
DROP TABLE gone_later;
CREATE TABLE new (id int PRIMARY KEY, renamed int REFERENCES renamed);
SELECT hash AS seventh FROM electric_schema.head() \gset
ALTER TABLE kept ADD COLUMN later int;
CALL electric_schema.compact(:'seventh');
SELECT seq FROM electric_schema.diff(:'seventh');
SELECT electric_schema.verify() - 'head' AS verify;
SELECT object_id, kind, schema, name, since, until, changed, filled FROM _electric_meta.traces ORDER BY ordinal;
CREATE FUNCTION pg_temp.statements(plan jsonb) RETURNS SETOF text LANGUAGE sql
  AS $$ SELECT regexp_replace(s, 'DECLARE.*END', '…') FROM jsonb_array_elements(plan -> 'transactions') t,
          jsonb_array_elements_text(t -> 'statements') s $$;
CREATE FUNCTION pg_temp.answer(plan jsonb) RETURNS TABLE (key text, value jsonb) LANGUAGE sql
  AS $$ SELECT key, value FROM jsonb_each(plan) WHERE key NOT IN ('head', 'transactions', 'requires', 'protocol') ORDER BY key $$;
-- a client that had all but the rename: one table is dropped by name, the other keeps its rows
SELECT * FROM pg_temp.answer(electric_schema.handshake(:'fourth'));
SELECT pg_temp.statements(electric_schema.handshake(:'fourth'));
-- from the beginning
SELECT electric_schema.handshake(:'genesis') ->> 'action' AS action;
-- one at the entry that is left as the checkpoint lacks nothing that was pruned
SELECT jsonb_array_length(electric_schema.handshake(parent_hash) -> 'transactions') AS recorded
  FROM electric_schema.snapshot(:'seventh'), _electric_meta.migrations WHERE hash = :'seventh';
-- what was pruned is gone
\set VERBOSITY sqlstate
SELECT seq FROM electric_schema.diff(:'second');
SELECT electric_schema.snapshot(:'second');
SELECT electric_schema.handshake(NULL, target_hash => :'second');
\set VERBOSITY default
SELECT electric_schema.verify(:'second') ->> 'ok' AS proven, electric_schema.verify(:'second') #>> '{first_broken,reason}' AS reason;
SELECT electric_schema.verify(:'seventh') ->> 'ok' AS proven;
-- again: already gone, further, unknown
CALL electric_schema.compact(:'second');
SELECT hash AS head FROM electric_schema.head() \gset
CALL electric_schema.compact(:'head');
SELECT seq, hash = :'head' AS head FROM _electric_meta.migrations;
SELECT electric_schema.verify() - 'head' AS verify;
SELECT electric_schema.handshake(:'fourth') -> 'refetch' AS refetch;
CALL electric_schema.compact(repeat('0', 64));
\echo :LAST_ERROR_SQLSTATE
CALL electric_schema.compact(NULL);
\echo :LAST_ERROR_SQLSTATE
-- entries go on
ALTER TABLE kept ADD COLUMN still int;
SELECT electric_schema.verify() ->> 'ok' AS ok, seq FROM electric_schema.head();
-- a checkpoint that was tampered with is found
ALTER TABLE _electric_meta.checkpoints DISABLE TRIGGER ALL;
UPDATE _electric_meta.checkpoints SET objects = objects - '1.1';
SELECT electric_schema.verify() #>> '{first_broken,reason}' AS reason;
SELECT hash AS head FROM electric_schema.head() \gset
CALL electric_schema.compact(:'head');
\echo :LAST_ERROR_SQLSTATE
