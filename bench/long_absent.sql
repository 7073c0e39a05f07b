-- How long a client waits for its plan that is 9,999 additive entries behind, and how long verify() takes on that ledger.
--   PROFILE=release scripts/cluster run -- psql -X -f bench/long_absent.sql
\set QUIET on
CREATE DATABASE long_absent TEMPLATE template0;
\c long_absent
CREATE EXTENSION electric_schema;
CREATE PROCEDURE fill(tables int, columns int) LANGUAGE plpgsql AS $$
BEGIN
  FOR t IN 1..tables LOOP
    EXECUTE format('CREATE TABLE t%s (id bigint PRIMARY KEY, a text NOT NULL DEFAULT %L, b timestamptz DEFAULT now())', t, 'x');
    COMMIT;
    FOR c IN 1..columns LOOP
      EXECUTE format('ALTER TABLE t%s ADD COLUMN c%s text', t, c);
      COMMIT;
    END LOOP;
  END LOOP;
END
$$;
CALL fill(1000, 9);
SELECT hash AS first FROM _electric_meta.migrations WHERE seq = 1 \gset
SELECT electric_schema.handshake(:'first') ->> 'action' AS warm \gset
SELECT count(*) AS entries FROM _electric_meta.migrations;
\timing on
\echo as recorded
SELECT pg_column_size(electric_schema.handshake(:'first')) AS bytes;
\echo squashed
SELECT pg_column_size(electric_schema.handshake(:'first', squash => true)) AS bytes;
\echo verify()
SELECT electric_schema.verify() -> 'ok' AS ok;
