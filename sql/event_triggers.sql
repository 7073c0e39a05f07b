-- What listens to DDL. No WHEN TAG filter: which commands matter is one closed match, in src/capture.rs.

CREATE EVENT TRIGGER electric_schema_ddl ON ddl_command_end
    EXECUTE FUNCTION _electric_meta.capture_ddl();

-- Drops are taken from here alone: only sql_drop lists what a CASCADE took along.
CREATE EVENT TRIGGER electric_schema_drop ON sql_drop
    EXECUTE FUNCTION _electric_meta.capture_drop();

-- USING can change every value of a column and leave the catalogs as they were.
CREATE EVENT TRIGGER electric_schema_rewrite ON table_rewrite
    EXECUTE FUNCTION _electric_meta.capture_rewrite();

-- session_replication_role = replica must not hide DDL.
ALTER EVENT TRIGGER electric_schema_ddl ENABLE ALWAYS;
ALTER EVENT TRIGGER electric_schema_drop ENABLE ALWAYS;
ALTER EVENT TRIGGER electric_schema_rewrite ENABLE ALWAYS;

COMMENT ON EVENT TRIGGER electric_schema_ddl IS 'electric_schema: remembers what DDL touched, until the commit';
COMMENT ON EVENT TRIGGER electric_schema_drop IS 'electric_schema: remembers what was dropped, until the commit';
COMMENT ON EVENT TRIGGER electric_schema_rewrite IS 'electric_schema: remembers whose rows got other values, until the commit';
