-- pgaudit.log = ddl comes with the session.
CREATE EXTENSION pgaudit;
