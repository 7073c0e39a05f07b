-- One row for monitoring.
CREATE EXTENSION electric_schema;
CREATE TABLE t (id int PRIMARY KEY, a int);
ALTER TABLE t ADD b int;
ALTER TABLE t DROP a;
CREATE VIEW part AS SELECT relname FROM pg_class;
CREATE TABLE of_part (a int REFERENCES t);
CREATE TABLE geometric (id int PRIMARY KEY, at int4range, span pg_catalog.xid);
SELECT s.seq, s.hash = h.hash AS head, s.reset_version, s.additive, s.destructive, s.bytes > 0 AS bytes, s.recorded_at = h.recorded_at AS at,
  s.capture, s.disabled_triggers, s.unread, s.blocked_by, s.drift FROM electric_schema.status s, electric_schema.head() h;
SELECT jsonb_array_elements(not_distributed) FROM electric_schema.status;
ALTER EVENT TRIGGER electric_schema_drop DISABLE;
ALTER EVENT TRIGGER electric_schema_start ENABLE;
SELECT capture, disabled_triggers FROM electric_schema.status;
ALTER EVENT TRIGGER electric_schema_drop ENABLE ALWAYS;
SELECT capture, disabled_triggers FROM electric_schema.status;
ALTER EVENT TRIGGER electric_schema_start ENABLE ALWAYS;
-- a prepared transaction holds up every other one
BEGIN;
CREATE TABLE two (id int PRIMARY KEY);
PREPARE TRANSACTION 'it''s in doubt';
SELECT jsonb_array_elements(blocked_by) - 'prepared' AS blocked_by FROM electric_schema.status;
SET electric_schema.seal_timeout = '100ms';
\set VERBOSITY terse
CREATE TABLE three (id int PRIMARY KEY);
\set VERBOSITY default
ROLLBACK PREPARED 'it''s in doubt';
SELECT blocked_by FROM electric_schema.status;
-- who may look; what is not asked for costs nothing and needs no right
CREATE ROLE regress_monitor;
GRANT USAGE ON SCHEMA electric_schema TO regress_monitor;
GRANT SELECT ON electric_schema.status TO regress_monitor;
SET ROLE regress_monitor;
SELECT seq, capture, additive, blocked_by FROM electric_schema.status;
SELECT drift FROM electric_schema.status;
RESET ROLE;
GRANT EXECUTE ON FUNCTION electric_schema.drift(), _electric_meta.not_distributed() TO regress_monitor;
SET ROLE regress_monitor;
SELECT drift, jsonb_typeof(not_distributed) FROM electric_schema.status;
RESET ROLE;
DROP OWNED BY regress_monitor;
DROP ROLE regress_monitor;
