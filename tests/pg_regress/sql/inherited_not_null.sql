-- A child can lose a NOT NULL that its parent has, until 17. A client is a newer server, where it cannot.
CREATE EXTENSION electric_schema;
CREATE TABLE strict (a int NOT NULL);
CREATE TABLE lax () INHERITS (strict);
ALTER TABLE lax ALTER COLUMN a DROP NOT NULL;
SELECT seq, class, statements FROM _electric_meta.migrations ORDER BY seq;
SELECT thing ->> 'kind' AS kind, thing ->> 'identity' AS identity, thing ->> 'reason' AS reason
FROM electric_schema.status, jsonb_array_elements(not_distributed) thing;
SELECT electric_schema.verify() ->> 'ok' AS ok;
