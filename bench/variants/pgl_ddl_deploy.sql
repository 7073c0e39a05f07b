-- DDL of every schema into the queue of a publication, as its own documentation sets it up.
CREATE EXTENSION pgl_ddl_deploy;
CREATE PUBLICATION deployed;
INSERT INTO pgl_ddl_deploy.set_configs (set_name, include_schema_regex, driver) VALUES ('deployed', '.*', 'native');
SELECT pgl_ddl_deploy.deploy('deployed');
