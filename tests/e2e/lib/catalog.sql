-- What a database holds, as (object, definition) pairs. Written for the tests alone, from the catalogs' documentation:
-- a mistake that it shared with the extension would be invisible.
WITH member AS (
  SELECT d.classid, d.objid
  FROM pg_catalog.pg_depend d
  WHERE d.deptype = 'e'
),
namespace AS (
  SELECT n.oid, n.nspname
  FROM pg_catalog.pg_namespace n
  WHERE n.nspname !~ '^pg_'
    AND n.nspname NOT IN ('information_schema', '_electric_meta', 'electric_schema', 'drizzle')
    AND NOT EXISTS (SELECT FROM member m WHERE m.classid = 'pg_catalog.pg_namespace'::regclass AND m.objid = n.oid)
),
relation AS (
  SELECT c.*, format('%I.%I', n.nspname, c.relname) AS name
  FROM pg_catalog.pg_class c
  JOIN namespace n ON n.oid = c.relnamespace
  WHERE c.relkind IN ('r', 'p', 'f', 'c', 'S', 'v', 'm')
    AND c.relpersistence <> 't'
    AND c.relname <> '_prisma_migrations'
    AND NOT EXISTS (SELECT FROM member m WHERE m.classid = 'pg_catalog.pg_class'::regclass AND m.objid = c.oid)
),
sequence AS (
  SELECT s.seqrelid,
         format('as %s start %s increment %s min %s max %s cache %s%s', format_type(s.seqtypid, NULL), s.seqstart,
                s.seqincrement, s.seqmin, s.seqmax, s.seqcache, CASE WHEN s.seqcycle THEN ' cycle' END) AS options,
         owner.refobjid AS owner_relation, owner.refobjsubid AS owner_column, owner.deptype AS owned_how
  FROM pg_catalog.pg_sequence s
  LEFT JOIN pg_catalog.pg_depend owner
    ON owner.classid = 'pg_catalog.pg_class'::regclass AND owner.objid = s.seqrelid AND owner.objsubid = 0
    AND owner.refclassid = 'pg_catalog.pg_class'::regclass AND owner.refobjsubid > 0 AND owner.deptype IN ('a', 'i')
),
attribute AS (
  SELECT r.name AS relation, r.relkind, a.*, t.typcollation,
         row_number() OVER (PARTITION BY a.attrelid ORDER BY a.attnum) AS position
  FROM relation r
  JOIN pg_catalog.pg_attribute a ON a.attrelid = r.oid AND a.attnum > 0 AND NOT a.attisdropped
  JOIN pg_catalog.pg_type t ON t.oid = a.atttypid
  WHERE r.relkind <> 'S'
),
-- Functions and procedures that somebody wrote: not a range type's constructors, which come with the type.
routine AS (
  SELECT p.oid, p.prokind,
         format('%s %I.%I(%s)', CASE p.prokind WHEN 'p' THEN 'procedure' ELSE 'function' END, n.nspname, p.proname,
                pg_get_function_identity_arguments(p.oid)) AS name
  FROM pg_catalog.pg_proc p
  JOIN namespace n ON n.oid = p.pronamespace
  WHERE p.prokind IN ('f', 'p')
    AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend d
                    WHERE d.classid = 'pg_catalog.pg_proc'::regclass AND d.objid = p.oid AND d.deptype IN ('e', 'i'))
)
SELECT 'schema ' || quote_ident(nspname) AS object, '' AS definition
FROM namespace

UNION ALL
SELECT CASE relkind WHEN 'c' THEN 'type ' WHEN 'f' THEN 'foreign table ' ELSE 'table ' END || name,
       concat_ws(' ',
         CASE WHEN relpersistence = 'u' THEN 'unlogged' END,
         'of ' || NULLIF(reloftype, 0)::regtype,
         CASE WHEN relkind = 'p' THEN 'partition by ' || pg_get_partkeydef(oid) END,
         (SELECT 'inherits ' || string_agg(i.inhparent::regclass::text, ', ' ORDER BY i.inhseqno)
          FROM pg_catalog.pg_inherits i WHERE i.inhrelid = relation.oid),
         pg_get_expr(relpartbound, oid))
FROM relation
WHERE relkind NOT IN ('S', 'v', 'm')

UNION ALL
SELECT CASE relkind WHEN 'm' THEN 'materialized view ' ELSE 'view ' END || name,
       concat_ws(' ',
         (SELECT 'with (' || string_agg(o, ', ' ORDER BY o COLLATE "C") || ')' FROM unnest(relation.reloptions) o),
         pg_get_viewdef(oid))
FROM relation
WHERE relkind IN ('v', 'm')

UNION ALL
SELECT format('column %s.%I', a.relation, a.attname),
       concat_ws(' ',
         '#' || a.position, format_type(a.atttypid, a.atttypmod),
         CASE WHEN a.attcollation <> a.typcollation THEN 'collate ' || a.attcollation::regcollation END,
         CASE WHEN a.attnotnull THEN 'not null' END,
         CASE a.attgenerated WHEN '' THEN 'default ' WHEN 's' THEN 'generated stored ' ELSE 'generated virtual ' END
           || pg_get_expr(d.adbin, d.adrelid),
         CASE a.attidentity WHEN 'a' THEN 'identity always' WHEN 'd' THEN 'identity by default' END)
FROM attribute a
LEFT JOIN pg_catalog.pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum

UNION ALL
SELECT 'sequence ' || r.name,
       concat_ws(' ',
         CASE WHEN r.relpersistence = 'u' THEN 'unlogged' END,
         s.options,
         (SELECT format('%s %s.%I', CASE s.owned_how WHEN 'i' THEN 'identity of' ELSE 'owned by' END, a.attrelid::regclass, a.attname)
          FROM pg_catalog.pg_attribute a
          WHERE a.attrelid = s.owner_relation AND a.attnum = s.owner_column))
FROM relation r
JOIN sequence s ON s.seqrelid = r.oid

-- Not-null constraints have names since PostgreSQL 18, and rows here: the column says it on every version.
-- Triggers are the server's own business. pg_get_constraintdef tells deferrability and NOT VALID. A foreign key to a
-- partitioned table has a row for each partition there, beside its own: they do what it says.
UNION ALL
SELECT format('constraint %s.%I', r.name, CASE WHEN c.contype = 'f' THEN coalesce(parent.conname, c.conname) ELSE c.conname END),
       concat_ws(' ', pg_get_constraintdef(c.oid), CASE WHEN c.connoinherit AND c.contype = 'c' THEN 'not inherited' END,
         'as ' || quote_ident(parent.conname) || ' of ' || parent.conrelid::regclass)
FROM relation r
JOIN pg_catalog.pg_constraint c ON c.conrelid = r.oid AND c.contype NOT IN ('n', 't')
LEFT JOIN pg_catalog.pg_constraint parent ON parent.oid = c.conparentid
WHERE parent.oid IS NULL OR parent.conrelid <> c.conrelid

-- An invalid index is one that is not there yet, or never will be.
UNION ALL
SELECT format('index %s.%I', r.name, x.relname),
       concat_ws(' ', pg_get_indexdef(i.indexrelid),
         (SELECT 'part of ' || h.inhparent::regclass
          FROM pg_catalog.pg_inherits h
          JOIN pg_catalog.pg_index p ON p.indexrelid = h.inhparent AND p.indisvalid
          WHERE h.inhrelid = i.indexrelid))
FROM relation r
JOIN pg_catalog.pg_index i ON i.indrelid = r.oid AND i.indisvalid
JOIN pg_catalog.pg_class x ON x.oid = i.indexrelid

-- The server may have more of them than clients need: `functions` of catalog.js.
UNION ALL
SELECT name, pg_get_functiondef(oid)
FROM routine

UNION ALL
SELECT DISTINCT 'needs ' || routine.name, ''
FROM routine
JOIN pg_catalog.pg_depend d ON d.refclassid = 'pg_catalog.pg_proc'::regclass AND d.refobjid = routine.oid
WHERE d.classid IN ('pg_catalog.pg_attrdef'::regclass, 'pg_catalog.pg_constraint'::regclass, 'pg_catalog.pg_class'::regclass,
                    'pg_catalog.pg_rewrite'::regclass, 'pg_catalog.pg_type'::regclass)

UNION ALL
SELECT format('enum %I.%I', n.nspname, t.typname),
       (SELECT string_agg(quote_literal(e.enumlabel), ', ' ORDER BY e.enumsortorder)
        FROM pg_catalog.pg_enum e WHERE e.enumtypid = t.oid)
FROM pg_catalog.pg_type t
JOIN namespace n ON n.oid = t.typnamespace
WHERE t.typtype = 'e'
  AND NOT EXISTS (SELECT FROM member m WHERE m.classid = 'pg_catalog.pg_type'::regclass AND m.objid = t.oid)

UNION ALL
SELECT format('domain %I.%I', n.nspname, t.typname),
       concat_ws(' ', format_type(t.typbasetype, t.typtypmod), 'collate ' || NULLIF(t.typcollation, 0)::regcollation,
         'default ' || pg_get_expr(t.typdefaultbin, 0), CASE WHEN t.typnotnull THEN 'not null' END,
         (SELECT string_agg(format('%I %s', k.conname, pg_get_constraintdef(k.oid)), ' ' ORDER BY k.conname COLLATE "C")
          FROM pg_catalog.pg_constraint k WHERE k.contypid = t.oid AND k.contype = 'c'))
FROM pg_catalog.pg_type t
JOIN namespace n ON n.oid = t.typnamespace
WHERE t.typtype = 'd'
  AND NOT EXISTS (SELECT FROM member m WHERE m.classid = 'pg_catalog.pg_type'::regclass AND m.objid = t.oid)

UNION ALL
SELECT format('range %I.%I', n.nspname, t.typname),
       concat_ws(' ', 'of ' || format_type(r.rngsubtype, NULL), 'collate ' || NULLIF(r.rngcollation, 0)::regcollation,
         (SELECT 'opclass ' || o.opcname FROM pg_catalog.pg_opclass o WHERE o.oid = r.rngsubopc),
         'difference ' || NULLIF(r.rngsubdiff, 0)::regproc, 'canonical ' || NULLIF(r.rngcanonical, 0)::regproc,
         -- There are none before PostgreSQL 14.
         'multirange ' || format_type((to_jsonb(r) ->> 'rngmultitypid')::oid, NULL))
FROM pg_catalog.pg_type t
JOIN namespace n ON n.oid = t.typnamespace
JOIN pg_catalog.pg_range r ON r.rngtypid = t.oid
WHERE NOT EXISTS (SELECT FROM member m WHERE m.classid = 'pg_catalog.pg_type'::regclass AND m.objid = t.oid)

ORDER BY object
