BEGIN;
CREATE OR REPLACE VIEW shop.open_order AS SELECT id, total, customer FROM shop."order" WHERE placed IS NOT NULL;
ALTER TABLE shop."order" DROP COLUMN note;
COMMIT;
