BEGIN;
DROP MATERIALIZED VIEW "Shop 2"."sum mary" CASCADE;
CREATE MATERIALIZED VIEW "Shop 2"."sum mary" AS SELECT customer FROM "Shop 2".purchase;
CREATE UNIQUE INDEX summary_customer ON "Shop 2"."sum mary" (customer) NULLS NOT DISTINCT;
COMMIT;
