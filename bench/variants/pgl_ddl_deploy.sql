-- DDL of every schema into the queue of a publication, as its own documentation sets it up.
CREATE EXTENSION pgl_ddl_deploy;
CREATE PUBLICATION deployed;
-- It refuses to begin while a table of these schemas is missing from the publication.
SELECT format('ALTER PUBLICATION deployed ADD TABLE %s', string_agg(oid::regclass::text, ', '))
FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace \gexec
INSERT INTO pgl_ddl_deploy.set_configs (set_name, include_schema_regex, driver) VALUES ('deployed', '.*', 'native');
SELECT pgl_ddl_deploy.deploy('deployed');
