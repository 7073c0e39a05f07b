CREATE OR REPLACE VIEW shop.open_order AS SELECT *, total * 2 AS twice, 'x'::text AS tag FROM shop."order" WHERE state IN ('open', 'paid');
