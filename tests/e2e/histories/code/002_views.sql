CREATE VIEW shop.open_order AS SELECT * FROM shop."order" WHERE state = 'open';
CREATE VIEW shop.customer_total AS
  SELECT c.id, c.name, sum(o.total) AS total, count(*) FILTER (WHERE o.state = 'paid') AS paid, max(o.placed) OVER () AS last_placed
  FROM shop.customer c LEFT JOIN shop.open_order o ON o.customer = c.id GROUP BY c.id, o.placed;
CREATE VIEW best AS SELECT name, total::int AS total FROM shop.customer_total ORDER BY total DESC LIMIT 3;
