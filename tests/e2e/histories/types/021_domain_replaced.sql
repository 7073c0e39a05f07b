BEGIN;
CREATE DOMAIN kinds.name2 AS text CHECK (VALUE <> '');
ALTER TABLE holds ALTER COLUMN n TYPE kinds.name2, DROP COLUMN ps;
DROP TYPE kinds.pair;
DROP DOMAIN kinds.name;
ALTER DOMAIN kinds.name2 RENAME TO name;
COMMIT;
