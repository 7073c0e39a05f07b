CREATE VIEW checked WITH (security_barrier) AS SELECT id, amount FROM "Shop 2".purchase WHERE amount > 0 WITH LOCAL CHECK OPTION;
CREATE VIEW invoked WITH (security_invoker = true, security_barrier = false) AS SELECT id FROM checked;
CREATE VIEW cascaded AS SELECT id FROM checked WHERE id > 5 WITH CASCADED CHECK OPTION;
