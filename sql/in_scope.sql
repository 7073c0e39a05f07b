-- What has to be locked and read of these objects, or of all that clients can have.
WITH RECURSIVE asked (oid) AS (
  SELECT c.oid FROM pg_catalog.pg_class c
  WHERE $1 IS NULL AND c.relkind IN ('r', 'p', 'v', 'm') AND c.relpersistence <> 't' AND c.oid >= 16384
  UNION
  SELECT c.oid FROM pg_catalog.pg_class c WHERE c.oid = ANY ($1) AND c.relkind IN ('r', 'p', 'v', 'm')
  UNION
  SELECT i.indrelid FROM pg_catalog.pg_index i WHERE i.indexrelid = ANY ($1)
  UNION
  SELECT k.conrelid FROM pg_catalog.pg_constraint k WHERE k.oid = ANY ($1) AND k.conrelid <> 0
  UNION
  SELECT d.refobjid FROM pg_catalog.pg_depend d
  WHERE d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass AND d.objid = ANY ($1) AND d.deptype = 'i'
    AND d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass
),
-- A view's text follows what it reads.
relations (oid) AS (
  SELECT a.oid FROM asked a
  UNION
  SELECT r.ev_class
  FROM relations b
  JOIN pg_catalog.pg_depend d ON d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass AND d.refobjid = b.oid
    AND d.classid = 'pg_catalog.pg_rewrite'::pg_catalog.regclass
  JOIN pg_catalog.pg_rewrite r ON r.oid = d.objid AND r.rulename = '_RETURN'
)
SELECT pg_catalog.json_build_object(
  -- Printing a view locks what it reads.
  'relations', (
    SELECT coalesce(pg_catalog.json_agg(pg_catalog.json_build_object(
      'oid', r.oid::bigint,
      'locks', (
        SELECT pg_catalog.json_agg(l.oid::bigint ORDER BY l.oid) FROM (
          SELECT r.oid
          UNION
          SELECT d.refobjid
          FROM pg_catalog.pg_rewrite w
          JOIN pg_catalog.pg_depend d ON d.classid = 'pg_catalog.pg_rewrite'::pg_catalog.regclass AND d.objid = w.oid
            AND d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass
          WHERE w.ev_class = r.oid AND w.rulename = '_RETURN'
        ) l)) ORDER BY r.oid), '[]')
    FROM relations r),
  'others', (
    SELECT coalesce(pg_catalog.json_agg(o.oid::bigint), '[]') FROM (
      SELECT c.oid FROM pg_catalog.pg_class c
      WHERE c.relkind = 'S' AND c.oid >= 16384
        -- An identity column's sequence is part of its table.
        AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend d
                        WHERE d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass AND d.objid = c.oid AND d.deptype = 'i')
      UNION ALL
      -- Not for clients, but to be told of.
      SELECT c.oid FROM pg_catalog.pg_class c WHERE c.relkind = 'f' AND c.oid >= 16384
      UNION ALL
      SELECT t.oid FROM pg_catalog.pg_type t WHERE t.typtype IN ('d', 'e', 'r') AND t.oid >= 16384
      UNION ALL
      SELECT t.oid FROM pg_catalog.pg_class c JOIN pg_catalog.pg_type t ON t.oid = c.reltype
      WHERE c.relkind = 'c' AND c.oid >= 16384
      UNION ALL
      SELECT n.oid FROM pg_catalog.pg_namespace n WHERE n.oid >= 16384
    ) o
    WHERE $1 IS NULL),
  -- Those of the objects that stand for a relation: reading them would read the relation, whether or not it could be locked.
  'parts', (
    SELECT coalesce(pg_catalog.json_agg(p.oid::bigint), '[]') FROM (
      SELECT i.indexrelid FROM pg_catalog.pg_index i WHERE i.indexrelid = ANY ($1)
      UNION ALL
      SELECT k.oid FROM pg_catalog.pg_constraint k WHERE k.oid = ANY ($1) AND k.conrelid <> 0
      UNION ALL
      SELECT d.objid FROM pg_catalog.pg_depend d
      WHERE d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass AND d.objid = ANY ($1) AND d.deptype = 'i'
        AND d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass AND d.refobjsubid > 0
    ) p (oid)),
  -- Routines of languages that clients have: they get those alone that something needs.
  'routines', (
    SELECT coalesce(pg_catalog.json_agg(p.oid::bigint), '[]')
    FROM pg_catalog.pg_proc p
    JOIN pg_catalog.pg_language l ON l.oid = p.prolang
    WHERE p.oid = ANY ($1) AND l.lanname IN ('sql', 'plpgsql'))
)
