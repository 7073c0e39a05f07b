CREATE VIEW shop.notes AS SELECT id, since AS x FROM shop.customer;
