-- What listens to DDL. No WHEN TAG filter: which commands matter is one closed match, in src/capture.rs.

CREATE EVENT TRIGGER electric_schema_ddl ON ddl_command_end
    EXECUTE FUNCTION _electric_meta.capture_ddl();

-- Drops are taken from here alone: only sql_drop lists what a CASCADE took along.
CREATE EVENT TRIGGER electric_schema_drop ON sql_drop
    EXECUTE FUNCTION _electric_meta.capture_drop();

-- USING can change every value of a column and leave the catalogs as they were.
CREATE EVENT TRIGGER electric_schema_rewrite ON table_rewrite
    EXECUTE FUNCTION _electric_meta.capture_rewrite();

-- Judges what has CONCURRENTLY, before it runs, when electric_schema.destructive forbids; else it does nothing. The filter keeps it out of the way of
-- every other command.
CREATE EVENT TRIGGER electric_schema_start ON ddl_command_start
    WHEN TAG IN ('CREATE INDEX', 'DROP INDEX', 'ALTER TABLE')
    EXECUTE FUNCTION _electric_meta.judge_concurrent();

-- session_replication_role = replica must not hide DDL.
ALTER EVENT TRIGGER electric_schema_ddl ENABLE ALWAYS;
ALTER EVENT TRIGGER electric_schema_drop ENABLE ALWAYS;
ALTER EVENT TRIGGER electric_schema_rewrite ENABLE ALWAYS;
ALTER EVENT TRIGGER electric_schema_start ENABLE ALWAYS;

COMMENT ON EVENT TRIGGER electric_schema_ddl IS 'electric_schema: remembers what DDL touched, until the commit';
COMMENT ON EVENT TRIGGER electric_schema_drop IS 'electric_schema: remembers what was dropped, until the commit';
COMMENT ON EVENT TRIGGER electric_schema_rewrite IS 'electric_schema: remembers whose rows got other values, until the commit';
COMMENT ON EVENT TRIGGER electric_schema_start IS 'electric_schema: refuses destructive commands with CONCURRENTLY, if they are forbidden';
