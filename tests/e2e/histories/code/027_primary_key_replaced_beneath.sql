BEGIN;
DROP VIEW grouped;
ALTER TABLE "Shop 2".notes_base DROP CONSTRAINT notes_pkey;
ALTER TABLE "Shop 2".notes_base ADD CONSTRAINT notes_pk PRIMARY KEY (id, x);
CREATE VIEW grouped AS SELECT id, x, count(*) FROM "Shop 2".notes_base GROUP BY id, x;
COMMIT;
