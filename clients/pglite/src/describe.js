/** What a database's schemas hold, object by object, as its own Postgres prints it. */

import { normalise } from './normalise.js'

/**
 * The query, for PostgreSQL 13 to 18. From the catalogs' documentation alone: the extension reads them with a query of its own, and a mistake
 * that both shared would be invisible. An object is part of another when it goes with that one.
 * @param {string} schemas  an array of their names, as SQL
 */
export const describing = (schemas) => `
WITH member AS (
  SELECT d.classid, d.objid
  FROM pg_catalog.pg_depend d
  WHERE d.deptype = 'e'
),
namespace AS (
  SELECT n.oid, n.nspname
  FROM pg_catalog.pg_namespace n
  WHERE n.nspname = ANY (${schemas})
    AND NOT EXISTS (SELECT FROM member m WHERE m.classid = 'pg_catalog.pg_namespace'::regclass AND m.objid = n.oid)
),
relation AS (
  SELECT c.*, format('%I.%I', n.nspname, c.relname) AS name, 'schema ' || quote_ident(n.nspname) AS schema,
         CASE c.relkind WHEN 'c' THEN 'type' WHEN 'f' THEN 'foreign table' WHEN 'S' THEN 'sequence'
           WHEN 'v' THEN 'view' WHEN 'm' THEN 'materialized view' ELSE 'table' END AS kind
  FROM pg_catalog.pg_class c
  JOIN namespace n ON n.oid = c.relnamespace
  WHERE c.relkind IN ('r', 'p', 'f', 'c', 'S', 'v', 'm')
    AND c.relpersistence <> 't'
    AND NOT EXISTS (SELECT FROM member m WHERE m.classid = 'pg_catalog.pg_class'::regclass AND m.objid = c.oid)
),
sequence AS (
  SELECT s.seqrelid,
         format('as %s start %s increment %s min %s max %s cache %s%s', format_type(s.seqtypid, NULL), s.seqstart,
                s.seqincrement, s.seqmin, s.seqmax, s.seqcache, CASE WHEN s.seqcycle THEN ' cycle' END) AS options,
         a.attrelid::regclass || '.' || quote_ident(a.attname) AS owner, owner.deptype AS owned_how
  FROM pg_catalog.pg_sequence s
  LEFT JOIN pg_catalog.pg_depend owner
    ON owner.classid = 'pg_catalog.pg_class'::regclass AND owner.objid = s.seqrelid AND owner.objsubid = 0
    AND owner.refclassid = 'pg_catalog.pg_class'::regclass AND owner.refobjsubid > 0 AND owner.deptype IN ('a', 'i')
  LEFT JOIN pg_catalog.pg_attribute a ON a.attrelid = owner.refobjid AND a.attnum = owner.refobjsubid
),
-- Functions and procedures that somebody wrote: not a range type's constructors, which come with the type.
routine AS (
  SELECT p.oid, 'schema ' || quote_ident(n.nspname) AS schema,
         CASE WHEN p.prokind = 'p' THEN 'procedure'
           WHEN p.prorettype IN ('pg_catalog.trigger'::regtype, 'pg_catalog.event_trigger'::regtype) THEN 'trigger function'
           ELSE 'function' END AS kind,
         format('%I.%I(%s)', n.nspname, p.proname, pg_get_function_identity_arguments(p.oid)) AS name
  FROM pg_catalog.pg_proc p
  JOIN namespace n ON n.oid = p.pronamespace
  WHERE p.prokind IN ('f', 'p')
    AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend d
                    WHERE d.classid = 'pg_catalog.pg_proc'::regclass AND d.objid = p.oid AND d.deptype IN ('e', 'i'))
),
type AS (
  SELECT t.*, format('%I.%I', n.nspname, t.typname) AS name, 'schema ' || quote_ident(n.nspname) AS schema
  FROM pg_catalog.pg_type t
  JOIN namespace n ON n.oid = t.typnamespace
  WHERE NOT EXISTS (SELECT FROM member m WHERE m.classid = 'pg_catalog.pg_type'::regclass AND m.objid = t.oid)
)
SELECT 'schema' AS kind, quote_ident(nspname) AS name, NULL AS part_of, NULL::bigint AS place, '' AS definition
FROM namespace

-- Of all schemas: what is described may need any.
UNION ALL
SELECT 'extension', quote_ident(extname), NULL, NULL, 'in ' || extnamespace::regnamespace
FROM pg_catalog.pg_extension

UNION ALL
SELECT kind, name, schema, NULL,
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
SELECT kind, name, schema, NULL,
       concat_ws(' ',
         (SELECT 'with (' || string_agg(o, ', ' ORDER BY o COLLATE "C") || ')' FROM unnest(relation.reloptions) o),
         pg_get_viewdef(oid))
FROM relation
WHERE relkind IN ('v', 'm')

UNION ALL
SELECT 'column', format('%s.%I', r.name, a.attname), r.kind || ' ' || r.name,
       row_number() OVER (PARTITION BY a.attrelid ORDER BY a.attnum),
       concat_ws(' ',
         format_type(a.atttypid, a.atttypmod),
         CASE WHEN a.attcollation <> t.typcollation THEN 'collate ' || a.attcollation::regcollation END,
         CASE WHEN a.attnotnull AND NOT EXISTS (
           SELECT FROM pg_catalog.pg_constraint k
           -- NOT VALID: rows need not meet it.
           WHERE k.conrelid = a.attrelid AND k.contype = 'n' AND NOT k.convalidated AND k.conkey[1] = a.attnum) THEN 'not null' END,
         CASE a.attgenerated WHEN '' THEN 'default ' WHEN 's' THEN 'generated stored ' ELSE 'generated virtual ' END
           || pg_get_expr(d.adbin, d.adrelid),
         CASE a.attidentity WHEN 'a' THEN 'identity always' WHEN 'd' THEN 'identity by default' END)
FROM relation r
JOIN pg_catalog.pg_attribute a ON a.attrelid = r.oid AND a.attnum > 0 AND NOT a.attisdropped
JOIN pg_catalog.pg_type t ON t.oid = a.atttypid
LEFT JOIN pg_catalog.pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
WHERE r.relkind <> 'S'

UNION ALL
SELECT r.kind, r.name, coalesce('column ' || s.owner, r.schema), NULL,
       concat_ws(' ',
         CASE WHEN r.relpersistence = 'u' THEN 'unlogged' END,
         s.options,
         CASE s.owned_how WHEN 'i' THEN 'identity of ' ELSE 'owned by ' END || s.owner)
FROM relation r
JOIN sequence s ON s.seqrelid = r.oid

-- Not-null constraints have names since PostgreSQL 18, and rows here: the column says it on every version.
-- Triggers are nobody's business but their owner's. pg_get_constraintdef tells deferrability and NOT VALID. A foreign key to a
-- partitioned table has a row for each partition there, beside its own: they do what it says.
UNION ALL
SELECT 'constraint', format('%s.%I', r.name, CASE WHEN c.contype = 'f' THEN coalesce(parent.conname, c.conname) ELSE c.conname END),
       r.kind || ' ' || r.name, NULL,
       concat_ws(' ', pg_get_constraintdef(c.oid), CASE WHEN c.connoinherit AND c.contype = 'c' THEN 'not inherited' END,
         'as ' || quote_ident(parent.conname) || ' of ' || parent.conrelid::regclass)
FROM relation r
JOIN pg_catalog.pg_constraint c ON c.conrelid = r.oid AND c.contype NOT IN ('n', 't')
LEFT JOIN pg_catalog.pg_constraint parent ON parent.oid = c.conparentid
WHERE parent.oid IS NULL OR parent.conrelid <> c.conrelid

-- An invalid index is one that is not there yet, or never will be.
UNION ALL
SELECT 'index', format('%s.%I', r.name, x.relname),
       coalesce((SELECT format('constraint %s.%I', r.name, k.conname)
                 FROM pg_catalog.pg_constraint k
                 WHERE k.conrelid = r.oid AND k.conindid = i.indexrelid AND k.contype IN ('p', 'u', 'x')),
                r.kind || ' ' || r.name),
       NULL,
       concat_ws(' ', pg_get_indexdef(i.indexrelid),
         (SELECT 'part of ' || h.inhparent::regclass
          FROM pg_catalog.pg_inherits h
          JOIN pg_catalog.pg_index p ON p.indexrelid = h.inhparent AND p.indisvalid
          WHERE h.inhrelid = i.indexrelid))
FROM relation r
JOIN pg_catalog.pg_index i ON i.indrelid = r.oid AND i.indisvalid
JOIN pg_catalog.pg_class x ON x.oid = i.indexrelid

UNION ALL
SELECT kind, name, schema, NULL, pg_get_functiondef(oid)
FROM routine

UNION ALL
SELECT 'enum', name, schema, NULL,
       (SELECT string_agg(quote_literal(e.enumlabel), ', ' ORDER BY e.enumsortorder)
        FROM pg_catalog.pg_enum e WHERE e.enumtypid = type.oid)
FROM type
WHERE typtype = 'e'

UNION ALL
SELECT 'domain', name, schema, NULL,
       concat_ws(' ', format_type(typbasetype, typtypmod), 'collate ' || NULLIF(typcollation, 0)::regcollation,
         'default ' || pg_get_expr(typdefaultbin, 0), CASE WHEN typnotnull THEN 'not null' END,
         (SELECT string_agg(format('%I %s', k.conname, pg_get_constraintdef(k.oid)), ' ' ORDER BY k.conname COLLATE "C")
          FROM pg_catalog.pg_constraint k WHERE k.contypid = type.oid AND k.contype = 'c'))
FROM type
WHERE typtype = 'd'

UNION ALL
SELECT 'range', name, schema, NULL,
       concat_ws(' ', 'of ' || format_type(r.rngsubtype, NULL), 'collate ' || NULLIF(r.rngcollation, 0)::regcollation,
         (SELECT 'opclass ' || o.opcname FROM pg_catalog.pg_opclass o WHERE o.oid = r.rngsubopc),
         'difference ' || NULLIF(r.rngsubdiff, 0)::regproc, 'canonical ' || NULLIF(r.rngcanonical, 0)::regproc,
         -- There are none before PostgreSQL 14.
         'multirange ' || format_type((to_jsonb(r) ->> 'rngmultitypid')::oid, NULL))
FROM type
JOIN pg_catalog.pg_range r ON r.rngtypid = type.oid
`

/** @typedef {{ kind: string, partOf: string | null, place: number | null, definition: string }} Described */

/**
 * The objects of these schemas, by kind and name: `table public.tasks`. What is printed depends on the session's settings.
 * @param {import('../index.d.ts').Queryable} tx
 * @param {string[]} schemas
 * @returns {Promise<Map<string, Described>>}
 */
export async function describe(tx, schemas) {
  const { rows } = await tx.query(describing('$1::text[]'), [schemas])
  return new Map(
    rows.map(({ kind, name, part_of, place, definition }) => [
      `${kind} ${name}`,
      { kind, partOf: part_of, place: place === null ? null : Number(place), definition: normalise(definition ?? '') },
    ]),
  )
}
