BEGIN;
DROP VIEW best, shop.customer_total, shop.open_order;
ALTER TABLE shop."order" ALTER COLUMN total TYPE double precision, ALTER COLUMN note TYPE text;
CREATE VIEW shop.open_order AS SELECT id, total, customer FROM shop."order" WHERE state = 'open';
CREATE VIEW shop.customer_total AS SELECT c.id, sum(o.total) AS total FROM shop.customer c LEFT JOIN shop.open_order o ON o.customer = c.id GROUP BY c.id;
CREATE VIEW best AS SELECT total FROM shop.customer_total WHERE total > 1;
COMMIT;
