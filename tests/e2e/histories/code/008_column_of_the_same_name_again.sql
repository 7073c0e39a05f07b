BEGIN;
CREATE OR REPLACE VIEW shop.notes AS SELECT id, NULL::date AS x, name AS appended FROM shop.customer;
ALTER TABLE shop.customer DROP COLUMN since;
ALTER TABLE shop.customer ADD COLUMN since timestamptz DEFAULT now();
CREATE VIEW shop.newer AS SELECT since FROM shop.customer;
COMMIT;
