CREATE VIEW constants (a, b) AS VALUES (1, 'x'), (2, NULL);
CREATE VIEW nothing AS SELECT;
CREATE VIEW windows AS SELECT row_number() OVER w AS n, lag(id) OVER (w ROWS BETWEEN 1 PRECEDING AND CURRENT ROW) AS l FROM "Shop 2".customer WINDOW w AS (PARTITION BY email ORDER BY id);
CREATE VIEW sampled AS SELECT email, id::text COLLATE "C" AS id FROM "Shop 2".customer TABLESAMPLE bernoulli (10) REPEATABLE (1) ORDER BY email, customer.id FOR UPDATE OF customer SKIP LOCKED;
CREATE VIEW distinctly AS SELECT DISTINCT ON (email) email, id FROM "Shop 2".customer ORDER BY email, id DESC NULLS LAST FETCH FIRST 3 ROWS WITH TIES;
