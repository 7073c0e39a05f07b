CREATE RECURSIVE VIEW tree (id, path) AS
  SELECT id, ARRAY[id] FROM "Vue d'été"."Artikel ""x""" WHERE parent IS NULL
  UNION ALL SELECT a.id, t.path || a.id FROM tree t JOIN "Vue d'été"."Artikel ""x""" a ON a.parent = t.id;
CREATE VIEW hard AS
  WITH x AS MATERIALIZED (SELECT generate_series(1, 3) AS n)
  SELECT x.n, (SELECT count(*) FROM "Shop 2".customer c WHERE c.id = x.n) AS c, l.v, CASE WHEN x.n IS DISTINCT FROM 2 THEN 'a' ELSE NULL END AS k,
         ROW(x.n, 'q')::text AS r, ARRAY(SELECT 1 UNION SELECT 2) AS arr, x.n = ANY ('{1,2}'::int[]) AS "any", extract(epoch FROM now()) AS e,
         grouping(x.n) AS g, percentile_cont(0.5) WITHIN GROUP (ORDER BY x.n) AS p, now() AT TIME ZONE 'UTC' AS z
  FROM x CROSS JOIN LATERAL (VALUES (x.n, 1), (2, 2)) AS l (v, w) GROUP BY ROLLUP (x.n), l.v HAVING count(*) > 0;
