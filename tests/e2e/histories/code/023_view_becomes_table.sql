BEGIN;
DROP VIEW "Shop 2".notes;
CREATE TABLE "Shop 2".notes (id int PRIMARY KEY, x date);
CREATE VIEW over_notes AS SELECT x FROM "Shop 2".notes;
COMMIT;
