BEGIN;
ALTER TABLE "Shop 2".notes RENAME TO notes_base;
CREATE VIEW "Shop 2".notes AS SELECT id, x FROM "Shop 2".notes_base WHERE x IS NOT NULL;
COMMIT;
