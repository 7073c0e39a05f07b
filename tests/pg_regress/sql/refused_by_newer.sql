-- What newer servers refuse, a client among them, is not distributed.
CREATE EXTENSION electric_schema;
-- until 17: a child that accepts what its parent refuses
CREATE TABLE strict (a int NOT NULL);
CREATE TABLE lax () INHERITS (strict);
ALTER TABLE lax ALTER COLUMN a DROP NOT NULL;
-- until 16: a partition with an identity column of its own
CREATE TABLE parts (id int NOT NULL, k int) PARTITION BY LIST (k);
CREATE TABLE part (id int NOT NULL GENERATED ALWAYS AS IDENTITY, k int);
ALTER TABLE parts ATTACH PARTITION part FOR VALUES IN (1);
SELECT seq, class, statements FROM _electric_meta.migrations ORDER BY seq;
SELECT thing ->> 'kind' AS kind, thing ->> 'identity' AS identity, thing ->> 'reason' AS reason
FROM electric_schema.status, jsonb_array_elements(not_distributed) thing;
SELECT electric_schema.verify() ->> 'ok' AS ok;
