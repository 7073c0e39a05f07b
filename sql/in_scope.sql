-- The tables among these objects, or all objects that clients can have: what has to be locked, and read. `parts` are those of the objects that
-- stand for a table: reading them would read the table, whether or not it could be locked.
SELECT pg_catalog.json_build_object(
  'tables', (
    SELECT coalesce(pg_catalog.json_agg(t.oid::bigint), '[]') FROM (
      SELECT c.oid FROM pg_catalog.pg_class c
      WHERE $1 IS NULL AND c.relkind = 'r' AND c.relpersistence <> 't' AND c.oid >= 16384
      UNION
      SELECT c.oid FROM pg_catalog.pg_class c WHERE c.oid = ANY ($1) AND c.relkind = 'r'
      UNION
      SELECT i.indrelid FROM pg_catalog.pg_index i WHERE i.indexrelid = ANY ($1)
      UNION
      SELECT k.conrelid FROM pg_catalog.pg_constraint k WHERE k.oid = ANY ($1) AND k.conrelid <> 0
      UNION
      SELECT d.refobjid FROM pg_catalog.pg_depend d
      WHERE d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass AND d.objid = ANY ($1) AND d.deptype = 'i'
        AND d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass
    ) t),
  'others', (
    SELECT coalesce(pg_catalog.json_agg(o.oid::bigint), '[]') FROM (
      SELECT c.oid FROM pg_catalog.pg_class c
      WHERE c.relkind = 'S' AND c.oid >= 16384
        -- An identity column's sequence is part of its table.
        AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend d
                        WHERE d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass AND d.objid = c.oid AND d.deptype = 'i')
      UNION ALL
      SELECT t.oid FROM pg_catalog.pg_type t WHERE t.typtype IN ('d', 'e') AND t.oid >= 16384
      UNION ALL
      SELECT n.oid FROM pg_catalog.pg_namespace n WHERE n.oid >= 16384
    ) o
    WHERE $1 IS NULL),
  'parts', (
    SELECT coalesce(pg_catalog.json_agg(p.oid::bigint), '[]') FROM (
      SELECT i.indexrelid FROM pg_catalog.pg_index i WHERE i.indexrelid = ANY ($1)
      UNION ALL
      SELECT k.oid FROM pg_catalog.pg_constraint k WHERE k.oid = ANY ($1) AND k.conrelid <> 0
      UNION ALL
      SELECT d.objid FROM pg_catalog.pg_depend d
      WHERE d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass AND d.objid = ANY ($1) AND d.deptype = 'i'
        AND d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass AND d.refobjsubid > 0
    ) p (oid))
)
