CREATE MATERIALIZED VIEW "Shop 2".summary AS SELECT customer, count(*) AS n, sum(amount) AS amount FROM "Shop 2".purchase GROUP BY customer;
CREATE UNIQUE INDEX summary_customer ON "Shop 2".summary (customer);
CREATE INDEX summary_n ON "Shop 2".summary (n DESC, (amount + 1)) WHERE n > 0;
CREATE VIEW summed AS SELECT sum(n) FROM "Shop 2".summary;
CREATE MATERIALIZED VIEW summed_too WITH (fillfactor = 80) AS SELECT s.sum AS s FROM summed s WITH NO DATA;
