-- The catalogs as they are, as one json value: `Catalog` of catalog.rs.
--
-- Runs on PostgreSQL 13 to 18 under an empty search_path. Even then a temporary type or table is found by its bare name
-- before one of pg_catalog, so every type and relation here is qualified; functions and operators are never looked up there.
--
-- Every list of candidates is an array that is unnested: the planner then expects few of them whatever $1 is, and goes by
-- index from each. An OR with `$1 IS NULL` would read whole catalogs for one touched table.
WITH
spaces AS NOT MATERIALIZED (
    SELECT n.oid, n.nspname
    FROM pg_catalog.pg_namespace AS n
    WHERE n.nspname NOT LIKE 'pg\_%'
      AND n.nspname NOT IN ('information_schema', '_electric_meta', 'electric_schema')
),

members AS NOT MATERIALIZED (
    SELECT d.classid, d.objid, d.refobjid AS extension
    FROM pg_catalog.pg_depend AS d
    WHERE d.deptype = 'e' AND d.objsubid = 0
      AND d.refclassid = 'pg_catalog.pg_extension'::pg_catalog.regclass
),

sequence_options AS NOT MATERIALIZED (
    SELECT s.seqrelid,
           pg_catalog.json_build_object(
               'data_type', pg_catalog.format_type(s.seqtypid, NULL),
               'start', s.seqstart,
               'increment', s.seqincrement,
               'min', s.seqmin,
               'max', s.seqmax,
               'cache', s.seqcache,
               'cycle', s.seqcycle) AS options
    FROM pg_catalog.pg_sequence AS s
),

-- What an index's text ends with, as Postgres prints it: `WITH (…)`, then the predicate.
index_ends AS NOT MATERIALIZED (
    SELECT e.*,
           CASE WHEN e.options = '{}' THEN '' ELSE ' WITH (' || pg_catalog.array_to_string(e.options, ', ') || ')' END AS storage
    FROM (
        SELECT x.indexrelid,
               pg_catalog.pg_get_expr(x.indpred, x.indrelid) AS predicate,
               ARRAY(
                   SELECT pg_catalog.concat(
                              pg_catalog.quote_ident(o.name), '=',
                              CASE WHEN pg_catalog.quote_ident(o.value) = o.value THEN o.value
                                   ELSE '''' || pg_catalog.replace(o.value, '''', '''''') || '''' END)
                   FROM (
                       SELECT pg_catalog.split_part(r.option, '=', 1) AS name,
                              pg_catalog.substr(r.option, 2 + pg_catalog.length(pg_catalog.split_part(r.option, '=', 1))) AS value,
                              r.place
                       FROM pg_catalog.unnest(c.reloptions) WITH ORDINALITY AS r (option, place)
                   ) AS o
                   ORDER BY o.place) AS options
        FROM pg_catalog.pg_index AS x
        JOIN pg_catalog.pg_class AS c ON c.oid = x.indexrelid
    ) AS e
),

relation_oids (oid) AS MATERIALIZED (
    SELECT pg_catalog.unnest(coalesce($1::pg_catalog.oid[], ARRAY(
        SELECT c.oid FROM pg_catalog.pg_class AS c
        WHERE c.oid >= 16384 AND c.relkind IN ('r', 'v', 'm', 'f', 'p'))))
    UNION
    SELECT i.indrelid FROM pg_catalog.pg_index AS i WHERE i.indexrelid = ANY ($1::pg_catalog.oid[])
    UNION
    SELECT k.conrelid FROM pg_catalog.pg_constraint AS k WHERE k.oid = ANY ($1::pg_catalog.oid[])
    UNION
    SELECT d.refobjid
    FROM pg_catalog.pg_depend AS d
    WHERE d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass
      AND d.objid = ANY ($1::pg_catalog.oid[])
      AND d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass
      AND d.refobjsubid > 0 AND d.deptype = 'i'
),

relations AS MATERIALIZED (
    SELECT c.oid, n.nspname, c.relname, c.relnamespace, c.relpersistence,
           CASE
               WHEN c.relkind = 'v' THEN 'view'
               WHEN c.relkind = 'm' THEN 'materialized view'
               WHEN c.relkind = 'f' THEN 'foreign table'
               WHEN c.relkind = 'p' THEN 'partitioned table'
               WHEN c.relispartition THEN 'partition'
               ELSE 'table'
           END AS kind,
           CASE
               WHEN c.relkind = 'v' THEN 'views are not distributed yet'
               WHEN c.relkind = 'm' THEN 'materialized views are not distributed yet'
               WHEN c.relkind = 'f' THEN 'foreign tables are not distributed yet'
               WHEN c.relkind = 'p' THEN 'partitioned tables are not distributed yet'
               WHEN c.relispartition THEN 'partitions are not distributed yet'
               WHEN c.reloftype <> 0 THEN 'typed tables are not distributed yet'
               WHEN EXISTS (SELECT FROM pg_catalog.pg_inherits AS i WHERE i.inhrelid = c.oid)
               THEN 'tables that inherit are not distributed yet'
               -- Another session's temporary child is nobody else's business.
               WHEN EXISTS (SELECT FROM pg_catalog.pg_inherits AS i
                            JOIN pg_catalog.pg_class AS child ON child.oid = i.inhrelid
                            WHERE i.inhparent = c.oid AND child.relpersistence <> 't')
               THEN 'tables that others inherit from are not distributed yet'
           END AS reason
    FROM relation_oids AS o
    JOIN pg_catalog.pg_class AS c ON c.oid = o.oid
    JOIN spaces AS n ON n.oid = c.relnamespace
    WHERE c.relkind IN ('r', 'v', 'm', 'f', 'p')
      AND c.relpersistence <> 't'
      AND NOT EXISTS (SELECT FROM members AS m
                      WHERE m.classid = 'pg_catalog.pg_class'::pg_catalog.regclass AND m.objid = c.oid)
),

-- What each ordinary table's parts use beyond what every server has: extensions' objects and the user's own.
uses AS MATERIALIZED (
    SELECT t.oid AS relid, part.rank, part.label, part.name,
           d.objsubid, d.refclassid, d.refobjid,
           coalesce(element.oid, d.refobjid) AS object,
           coalesce(element.typtype, type.typtype) AS typtype,
           m.extension
    FROM relations AS t
    CROSS JOIN LATERAL (
        SELECT 'pg_catalog.pg_class'::pg_catalog.regclass AS classid, t.oid AS objid,
               1 AS rank, 'column' AS label, NULL::pg_catalog.name AS name
        UNION ALL
        SELECT 'pg_catalog.pg_attrdef'::pg_catalog.regclass, ad.oid,
               2, CASE a.attgenerated WHEN '' THEN 'default of column' ELSE 'generated column' END, a.attname
        FROM pg_catalog.pg_attrdef AS ad
        JOIN pg_catalog.pg_attribute AS a ON a.attrelid = ad.adrelid AND a.attnum = ad.adnum
        WHERE ad.adrelid = t.oid
        UNION ALL
        SELECT 'pg_catalog.pg_constraint'::pg_catalog.regclass, k.oid, 3, 'constraint', k.conname
        FROM pg_catalog.pg_constraint AS k
        WHERE k.conrelid = t.oid AND k.contype IN ('p', 'u', 'c', 'f', 'x')
        UNION ALL
        SELECT 'pg_catalog.pg_class'::pg_catalog.regclass, i.indexrelid, 4, 'index', c.relname
        FROM pg_catalog.pg_index AS i
        JOIN pg_catalog.pg_class AS c ON c.oid = i.indexrelid
        WHERE i.indrelid = t.oid AND i.indisvalid AND i.indisready AND i.indislive
    ) AS part
    JOIN pg_catalog.pg_depend AS d ON d.classid = part.classid AND d.objid = part.objid
    LEFT JOIN pg_catalog.pg_type AS type
        ON d.refclassid = 'pg_catalog.pg_type'::pg_catalog.regclass AND type.oid = d.refobjid
    -- An array belongs to no extension and is no enum: its element's type does and is.
    LEFT JOIN pg_catalog.pg_type AS element ON element.oid = type.typelem AND element.typarray = type.oid
    LEFT JOIN members AS m ON m.classid = d.refclassid AND m.objid = coalesce(element.oid, d.refobjid)
    WHERE t.reason IS NULL
      -- Below are the objects of initdb, information_schema's among them, which no pin keeps out of pg_depend.
      AND d.refobjid >= 16384
      AND d.refclassid IN (
          'pg_catalog.pg_type'::pg_catalog.regclass,
          'pg_catalog.pg_proc'::pg_catalog.regclass,
          'pg_catalog.pg_operator'::pg_catalog.regclass,
          'pg_catalog.pg_collation'::pg_catalog.regclass,
          'pg_catalog.pg_opclass'::pg_catalog.regclass,
          'pg_catalog.pg_ts_config'::pg_catalog.regclass,
          'pg_catalog.pg_ts_dict'::pg_catalog.regclass)
),

-- Domains and what they are made over, down to the type that is no domain.
domain_chain (root, oid, base, depth) AS MATERIALIZED (
    WITH RECURSIVE chain (root, oid, base, depth) AS (
        SELECT t.oid, t.oid, t.typbasetype, 1
        FROM pg_catalog.pg_type AS t
        WHERE t.typtype = 'd' AND t.oid >= 16384
          AND ($1::pg_catalog.oid[] IS NULL OR t.oid = ANY ($1::pg_catalog.oid[])
               OR EXISTS (SELECT FROM uses AS u WHERE u.object = t.oid))
        UNION ALL
        SELECT c.root, t.oid, t.typbasetype, c.depth + 1
        FROM chain AS c
        JOIN pg_catalog.pg_type AS t ON t.oid = c.base
        WHERE t.typtype = 'd'
    )
    SELECT c.root, c.oid, c.base, c.depth FROM chain AS c
),

-- Why a domain, or one that it is made over, cannot be distributed.
domain_blocked AS MATERIALIZED (
    SELECT DISTINCT ON (c.root) c.root AS oid, b.reason
    FROM domain_chain AS c
    CROSS JOIN LATERAL (
        SELECT pg_catalog.concat('it is made over ', pg_catalog.format_type(base.oid, NULL)) AS reason
        FROM pg_catalog.pg_type AS base
        LEFT JOIN pg_catalog.pg_type AS element ON element.oid = base.typelem AND element.typarray = base.oid
        WHERE base.oid = c.base AND base.oid >= 16384
          AND coalesce(element.typtype, base.typtype) NOT IN ('d', 'e')
          AND NOT EXISTS (SELECT FROM members AS m
                          WHERE m.classid = 'pg_catalog.pg_type'::pg_catalog.regclass
                            AND m.objid = coalesce(element.oid, base.oid))
        UNION ALL
        SELECT pg_catalog.concat('it uses ', i.type, ' ', i.identity)
        FROM (
            SELECT 'pg_catalog.pg_type'::pg_catalog.regclass::pg_catalog.oid AS classid, c.oid AS objid
            UNION ALL
            SELECT 'pg_catalog.pg_constraint'::pg_catalog.regclass, k.oid
            FROM pg_catalog.pg_constraint AS k
            WHERE k.contypid = c.oid
        ) AS part
        JOIN pg_catalog.pg_depend AS d ON d.classid = part.classid AND d.objid = part.objid
        CROSS JOIN LATERAL pg_catalog.pg_identify_object(d.refclassid, d.refobjid, 0) AS i
        WHERE d.refobjid >= 16384
          AND d.refclassid IN (
              'pg_catalog.pg_proc'::pg_catalog.regclass,
              'pg_catalog.pg_operator'::pg_catalog.regclass,
              'pg_catalog.pg_class'::pg_catalog.regclass)
          AND NOT (d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass
                   AND EXISTS (SELECT FROM pg_catalog.pg_class AS s WHERE s.oid = d.refobjid AND s.relkind = 'S'))
          AND NOT EXISTS (SELECT FROM members AS m WHERE m.classid = d.refclassid AND m.objid = d.refobjid)
    ) AS b
    ORDER BY c.root, c.depth, b.reason COLLATE "C"
),

culprits AS (
    SELECT u.relid, u.rank, u.objsubid, u.name, u.object,
           pg_catalog.concat(
               u.label, ' "', pg_catalog.replace(coalesce(a.attname, u.name)::pg_catalog.text, '"', '""'), '"',
               CASE WHEN u.rank = 1 AND u.typtype IS NOT NULL THEN ' has type ' ELSE ' uses ' END,
               CASE
                   WHEN u.typtype IS NULL THEN
                       (SELECT pg_catalog.concat(i.type, ' ', i.identity)
                        FROM pg_catalog.pg_identify_object(u.refclassid, u.refobjid, 0) AS i)
                   ELSE pg_catalog.concat(
                       CASE WHEN u.rank > 1 THEN 'type ' END,
                       pg_catalog.format_type(u.refobjid, NULL),
                       CASE WHEN u.object <> u.refobjid THEN ', an array of ' ELSE ', ' END,
                       CASE u.typtype
                           WHEN 'd' THEN 'a domain'
                           WHEN 'c' THEN 'a composite type'
                           WHEN 'r' THEN 'a range type'
                           WHEN 'm' THEN 'a multirange type'
                           ELSE 'a base type'
                       END)
               END) AS reason
    FROM uses AS u
    LEFT JOIN pg_catalog.pg_attribute AS a ON u.rank = 1 AND a.attrelid = u.relid AND a.attnum = u.objsubid
    WHERE u.extension IS NULL AND u.typtype IS DISTINCT FROM 'e'
      AND NOT (u.typtype IS NOT DISTINCT FROM 'd' AND NOT EXISTS (SELECT FROM domain_blocked AS b WHERE b.oid = u.object))
    UNION ALL
    SELECT a.attrelid, 1, a.attnum, a.attname, 0,
           pg_catalog.concat('column "', pg_catalog.replace(a.attname::pg_catalog.text, '"', '""'), '" is a virtual generated column')
    FROM relations AS t
    JOIN pg_catalog.pg_attribute AS a ON a.attrelid = t.oid
    WHERE t.reason IS NULL AND a.attnum > 0 AND a.attgenerated = 'v' AND NOT a.attisdropped
    UNION ALL
    SELECT k.conrelid, 3, 0, k.conname, 0,
           pg_catalog.concat('constraint "', pg_catalog.replace(k.conname::pg_catalog.text, '"', '""'), '" is not enforced')
    FROM relations AS t
    JOIN pg_catalog.pg_constraint AS k ON k.conrelid = t.oid
    -- The first condition is asked once, and spares older servers the second.
    WHERE pg_catalog.current_setting('server_version_num')::integer >= 180000
      AND t.reason IS NULL AND k.contype IN ('c', 'f')
      AND pg_catalog.to_jsonb(k) ->> 'conenforced' = 'false'
),

blocked AS MATERIALIZED (
    SELECT DISTINCT ON (c.relid) c.relid, c.reason
    FROM culprits AS c
    ORDER BY c.relid, c.rank, c.objsubid, c.name, c.reason COLLATE "C"
),

tables AS MATERIALIZED (
    SELECT r.oid, r.nspname, r.relname, r.relnamespace, r.relpersistence
    FROM relations AS r
    WHERE r.reason IS NULL AND NOT EXISTS (SELECT FROM blocked AS b WHERE b.relid = r.oid)
),

type_oids (oid) AS MATERIALIZED (
    SELECT pg_catalog.unnest(coalesce($1::pg_catalog.oid[], ARRAY(
        SELECT t.oid FROM pg_catalog.pg_type AS t
        WHERE t.oid >= 16384 AND t.typtype IN ('b', 'c', 'd', 'e', 'r'))))
    UNION
    -- ALTER TYPE names the relation of a composite type, not the type.
    SELECT c.reltype FROM pg_catalog.pg_class AS c WHERE c.oid = ANY ($1::pg_catalog.oid[]) AND c.relkind = 'c'
),

types AS MATERIALIZED (
    SELECT t.oid, n.nspname, t.typname, t.typtype
    FROM type_oids AS o
    JOIN pg_catalog.pg_type AS t ON t.oid = o.oid
    JOIN spaces AS n ON n.oid = t.typnamespace
    WHERE CASE t.typtype
              WHEN 'd' THEN true
              WHEN 'e' THEN true
              WHEN 'r' THEN true
              WHEN 'c' THEN EXISTS (SELECT FROM pg_catalog.pg_class AS c WHERE c.oid = t.typrelid AND c.relkind = 'c')
              WHEN 'b' THEN NOT EXISTS (SELECT FROM pg_catalog.pg_type AS element
                                        WHERE element.oid = t.typelem AND element.typarray = t.oid)
              ELSE false
          END
      AND NOT EXISTS (SELECT FROM members AS m
                      WHERE m.classid = 'pg_catalog.pg_type'::pg_catalog.regclass AND m.objid = t.oid)
),

routines AS (
    SELECT p.oid, n.nspname, p.proname,
           CASE p.prokind WHEN 'p' THEN 'procedure' WHEN 'a' THEN 'aggregate' ELSE 'function' END AS kind
    FROM (
        SELECT DISTINCT pg_catalog.unnest(coalesce($1::pg_catalog.oid[], ARRAY(
            SELECT p.oid FROM pg_catalog.pg_proc AS p WHERE p.oid >= 16384))) AS oid
    ) AS o
    JOIN pg_catalog.pg_proc AS p ON p.oid = o.oid
    JOIN spaces AS n ON n.oid = p.pronamespace
    WHERE NOT EXISTS (SELECT FROM pg_catalog.pg_depend AS d
                      -- A range type's constructors are internal to it.
                      WHERE d.classid = 'pg_catalog.pg_proc'::pg_catalog.regclass AND d.objid = p.oid
                        AND d.deptype IN ('e', 'i'))
),

sequences AS (
    SELECT n.nspname, c.relname,
           pg_catalog.json_build_object(
               'oid', c.oid::bigint,
               'name', pg_catalog.json_build_object('schema', n.nspname, 'name', c.relname),
               'options', (SELECT s.options FROM sequence_options AS s WHERE s.seqrelid = c.oid),
               'unlogged', c.relpersistence = 'u',
               'owned_by', (
                   SELECT pg_catalog.json_build_object(
                       'table', owner.oid::bigint,
                       'attnum', a.attnum,
                       'table_name', pg_catalog.json_build_object('schema', owner_space.nspname, 'name', owner.relname),
                       'column_name', a.attname)
                   FROM pg_catalog.pg_depend AS d
                   JOIN pg_catalog.pg_class AS owner ON owner.oid = d.refobjid
                   JOIN pg_catalog.pg_namespace AS owner_space ON owner_space.oid = owner.relnamespace
                   JOIN pg_catalog.pg_attribute AS a ON a.attrelid = d.refobjid AND a.attnum = d.refobjsubid
                   WHERE d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass AND d.objid = c.oid
                     AND d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass AND d.refobjsubid > 0
                     AND d.deptype = 'a')) AS value
    FROM (
        SELECT pg_catalog.unnest(coalesce($1::pg_catalog.oid[], ARRAY(
            SELECT s.seqrelid FROM pg_catalog.pg_sequence AS s))) AS oid
        UNION
        -- SET UNLOGGED reaches a table's own sequences without naming them.
        SELECT d.objid
        FROM pg_catalog.pg_depend AS d
        WHERE d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass AND d.refobjid = ANY ($1::pg_catalog.oid[])
          AND d.refobjsubid > 0 AND d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass AND d.deptype = 'a'
    ) AS o
    JOIN pg_catalog.pg_class AS c ON c.oid = o.oid
    JOIN spaces AS n ON n.oid = c.relnamespace
    WHERE c.relkind = 'S' AND c.relpersistence <> 't'
      AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend AS d
                      WHERE d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass AND d.objid = c.oid
                        AND d.deptype IN ('e', 'i'))
),

unsupported AS (
    SELECT r.nspname, r.relname AS name, r.oid, r.kind,
           pg_catalog.concat(pg_catalog.quote_ident(r.nspname), '.', pg_catalog.quote_ident(r.relname)) AS identity,
           coalesce(r.reason, b.reason) AS reason
    FROM relations AS r
    LEFT JOIN blocked AS b ON b.relid = r.oid
    WHERE coalesce(r.reason, b.reason) IS NOT NULL
    UNION ALL
    SELECT t.nspname, t.typname, t.oid, k.kind,
           pg_catalog.concat(pg_catalog.quote_ident(t.nspname), '.', pg_catalog.quote_ident(t.typname)),
           coalesce(b.reason, pg_catalog.concat(k.kind, 's are not distributed yet'))
    FROM types AS t
    LEFT JOIN domain_blocked AS b ON b.oid = t.oid
    CROSS JOIN LATERAL (
        SELECT CASE t.typtype
                   WHEN 'd' THEN 'domain'
                   WHEN 'c' THEN 'composite type'
                   WHEN 'r' THEN 'range type'
                   ELSE 'base type'
               END AS kind
    ) AS k
    WHERE t.typtype <> 'e' AND (t.typtype <> 'd' OR b.oid IS NOT NULL)
    UNION ALL
    SELECT p.nspname, p.proname, p.oid, p.kind,
           (pg_catalog.pg_identify_object('pg_catalog.pg_proc'::pg_catalog.regclass, p.oid, 0)).identity,
           pg_catalog.concat(p.kind, 's are not distributed yet')
    FROM routines AS p
),

needed_extensions AS (
    SELECT u.extension
    FROM uses AS u
    JOIN tables AS t ON t.oid = u.relid
    UNION
    SELECT m.extension
    FROM domain_chain AS c
    LEFT JOIN pg_catalog.pg_type AS element ON element.typarray = c.base
    JOIN members AS m ON m.classid = 'pg_catalog.pg_type'::pg_catalog.regclass AND m.objid = coalesce(element.oid, c.base)
    UNION
    -- A table in an extension's own schema: nothing else creates that.
    SELECT m.extension
    FROM tables AS t
    JOIN members AS m ON m.classid = 'pg_catalog.pg_namespace'::pg_catalog.regclass AND m.objid = t.relnamespace
)

SELECT pg_catalog.json_build_object(
    'schemas', coalesce((
        SELECT pg_catalog.json_agg(
                   pg_catalog.json_build_object('oid', n.oid::bigint, 'name', n.nspname)
                   ORDER BY n.nspname COLLATE "C")
        FROM (
            SELECT DISTINCT pg_catalog.unnest(coalesce($1::pg_catalog.oid[], ARRAY(
                SELECT n.oid FROM pg_catalog.pg_namespace AS n))) AS oid
        ) AS o
        JOIN spaces AS n ON n.oid = o.oid
        WHERE n.nspname <> 'public'
          AND NOT EXISTS (SELECT FROM members AS m
                          WHERE m.classid = 'pg_catalog.pg_namespace'::pg_catalog.regclass AND m.objid = n.oid)
    ), '[]'::pg_catalog.json),

    'extensions', coalesce((
        SELECT pg_catalog.json_agg(
                   pg_catalog.json_build_object('oid', e.oid::bigint, 'name', e.extname, 'schema', n.nspname)
                   ORDER BY n.nspname COLLATE "C", e.extname COLLATE "C")
        FROM needed_extensions AS needed
        JOIN pg_catalog.pg_extension AS e ON e.oid = needed.extension
        JOIN pg_catalog.pg_namespace AS n ON n.oid = e.extnamespace
        WHERE e.extname NOT IN ('plpgsql', 'electric_schema')
    ), '[]'::pg_catalog.json),

    'enums', coalesce((
        SELECT pg_catalog.json_agg(
                   pg_catalog.json_build_object(
                       'oid', t.oid::bigint,
                       'name', pg_catalog.json_build_object('schema', t.nspname, 'name', t.typname),
                       'labels', coalesce((
                           SELECT pg_catalog.json_agg(l.enumlabel ORDER BY l.enumsortorder)
                           FROM pg_catalog.pg_enum AS l
                           WHERE l.enumtypid = t.oid
                       ), '[]'::pg_catalog.json))
                   ORDER BY t.nspname COLLATE "C", t.typname COLLATE "C")
        FROM types AS t
        WHERE t.typtype = 'e'
    ), '[]'::pg_catalog.json),

    'domains', coalesce((
        SELECT pg_catalog.json_agg(
                   pg_catalog.json_build_object(
                       'oid', t.oid::bigint,
                       'name', pg_catalog.json_build_object('schema', t.nspname, 'name', t.typname),
                       'type_name', pg_catalog.format_type(type.typbasetype, type.typtypmod),
                       'type_oid', coalesce(element.oid, type.typbasetype)::bigint,
                       'array', element.oid IS NOT NULL,
                       'collation', CASE WHEN type.typcollation NOT IN (0, base.typcollation) THEN (
                           SELECT pg_catalog.concat(pg_catalog.quote_ident(n.nspname), '.', pg_catalog.quote_ident(c.collname))
                           FROM pg_catalog.pg_collation AS c
                           JOIN pg_catalog.pg_namespace AS n ON n.oid = c.collnamespace
                           WHERE c.oid = type.typcollation) END,
                       'not_null', type.typnotnull,
                       'default', pg_catalog.pg_get_expr(type.typdefaultbin, 0),
                       'constraints', coalesce((
                           SELECT pg_catalog.json_agg(
                                      pg_catalog.json_build_object(
                                          'oid', k.oid::bigint,
                                          'name', k.conname,
                                          'type', 'check',
                                          'definition', CASE WHEN k.convalidated THEN k.definition
                                                             ELSE pg_catalog.regexp_replace(k.definition, ' NOT VALID$', '') END,
                                          'columns', '[]'::pg_catalog.json,
                                          'references', NULL,
                                          'timing', 'immediate',
                                          'validated', k.convalidated)
                                      ORDER BY k.conname COLLATE "C")
                           FROM (
                               SELECT c.*, pg_catalog.pg_get_constraintdef(c.oid) AS definition
                               FROM pg_catalog.pg_constraint AS c
                               WHERE c.contypid = t.oid AND c.contype = 'c'
                           ) AS k
                       ), '[]'::pg_catalog.json))
                   ORDER BY t.nspname COLLATE "C", t.typname COLLATE "C")
        FROM types AS t
        JOIN pg_catalog.pg_type AS type ON type.oid = t.oid
        JOIN pg_catalog.pg_type AS base ON base.oid = type.typbasetype
        LEFT JOIN pg_catalog.pg_type AS element ON element.oid = base.typelem AND element.typarray = base.oid
        WHERE t.typtype = 'd' AND NOT EXISTS (SELECT FROM domain_blocked AS b WHERE b.oid = t.oid)
    ), '[]'::pg_catalog.json),

    'sequences', coalesce((
        SELECT pg_catalog.json_agg(s.value ORDER BY s.nspname COLLATE "C", s.relname COLLATE "C")
        FROM sequences AS s
    ), '[]'::pg_catalog.json),

    'tables', coalesce((
        SELECT pg_catalog.json_agg(
                   pg_catalog.json_build_object(
                       'oid', t.oid::bigint,
                       'name', pg_catalog.json_build_object('schema', t.nspname, 'name', t.relname),
                       'unlogged', t.relpersistence = 'u',
                       'columns', coalesce(columns.list, '[]'::pg_catalog.json),
                       'constraints', coalesce(constraints.list, '[]'::pg_catalog.json),
                       'indexes', coalesce(indexes.list, '[]'::pg_catalog.json))
                   ORDER BY t.nspname COLLATE "C", t.relname COLLATE "C")
        FROM tables AS t
        CROSS JOIN LATERAL (
            SELECT pg_catalog.json_agg(
                       pg_catalog.json_build_object(
                           'attnum', a.attnum,
                           'name', a.attname,
                           'type_name', pg_catalog.format_type(a.atttypid, a.atttypmod),
                           'type_oid', coalesce(element.oid, a.atttypid)::bigint,
                           'array', element.oid IS NOT NULL,
                           'constrained', EXISTS (
                               SELECT FROM domain_chain AS c
                               JOIN pg_catalog.pg_type AS d ON d.oid = c.oid
                               WHERE c.root = coalesce(element.oid, a.atttypid)
                                 AND (d.typnotnull OR EXISTS (SELECT FROM pg_catalog.pg_constraint AS k WHERE k.contypid = d.oid))),
                           'collation', CASE WHEN a.attcollation NOT IN (0, type.typcollation) THEN (
                               SELECT pg_catalog.concat(pg_catalog.quote_ident(n.nspname), '.', pg_catalog.quote_ident(c.collname))
                               FROM pg_catalog.pg_collation AS c
                               JOIN pg_catalog.pg_namespace AS n ON n.oid = c.collnamespace
                               WHERE c.oid = a.attcollation) END,
                           'not_null', a.attnotnull,
                           'default', CASE WHEN ad.oid IS NOT NULL THEN pg_catalog.json_build_object(
                               'oid', ad.oid::bigint,
                               'sql', pg_catalog.pg_get_expr(ad.adbin, ad.adrelid),
                               'generated', a.attgenerated <> '',
                               'volatility', CASE
                                   -- Postgres accepts nothing else in a generated column.
                                   WHEN a.attgenerated <> '' THEN 'immutable'
                                   WHEN ad.adbin::pg_catalog.text LIKE '{CONST %' THEN 'immutable'
                                   WHEN ad.adbin::pg_catalog.text ~ '\{NEXTVALUEEXPR ' THEN 'volatile'
                                   ELSE (
                                       -- pg_depend is silent on built-in functions, the stored tree is not.
                                       -- 'v' > 's' > 'i' as letters, too.
                                       SELECT CASE coalesce(pg_catalog.max(f.volatility COLLATE "C"), 'i')
                                                  WHEN 'v' THEN 'volatile'
                                                  WHEN 's' THEN 'stable'
                                                  -- Nodes that run functions without naming them.
                                                  ELSE CASE WHEN ad.adbin::pg_catalog.text ~
                                                      '\{(SQLVALUEFUNCTION|COERCEVIAIO|ROWCOMPAREEXPR|JSONCONSTRUCTOREXPR|JSONEXPR) '
                                                      THEN 'stable' ELSE 'immutable' END
                                              END
                                       FROM (
                                           SELECT (SELECT p.provolatile::pg_catalog.text
                                                   FROM pg_catalog.pg_proc AS p
                                                   WHERE p.oid = CASE m.match[1]
                                                       WHEN 'funcid' THEN m.match[2]::pg_catalog.oid
                                                       -- opfuncid may be 0 in a stored tree.
                                                       ELSE (SELECT op.oprcode::pg_catalog.oid
                                                             FROM pg_catalog.pg_operator AS op
                                                             WHERE op.oid = m.match[2]::pg_catalog.oid) END) AS volatility
                                           FROM pg_catalog.regexp_matches(
                                               ad.adbin::pg_catalog.text, ':(funcid|opno) (\d+)', 'g') AS m (match)
                                       ) AS f)
                               END) END,
                           'identity', CASE WHEN a.attidentity <> '' THEN (
                               SELECT pg_catalog.json_build_object(
                                          'always', a.attidentity = 'a',
                                          'sequence', pg_catalog.json_build_object('schema', n.nspname, 'name', c.relname),
                                          'options', (SELECT s.options FROM sequence_options AS s WHERE s.seqrelid = c.oid))
                               FROM pg_catalog.pg_depend AS d
                               JOIN pg_catalog.pg_class AS c ON c.oid = d.objid
                               JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
                               WHERE d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass
                                 AND d.refobjid = a.attrelid AND d.refobjsubid = a.attnum
                                 AND d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass AND d.deptype = 'i'
                                 AND c.relkind = 'S') END,
                           'missing', CASE WHEN a.atthasmissing THEN
                               -- Not quoted is not escaped, and then the comma may be part of the value (box separates by ;).
                               CASE WHEN a.attmissingval::pg_catalog.text LIKE '{"%'
                                    THEN (a.attmissingval::pg_catalog.text::pg_catalog.text[])[1]
                                    ELSE pg_catalog.substr(a.attmissingval::pg_catalog.text, 2,
                                                           pg_catalog.length(a.attmissingval::pg_catalog.text) - 2)
                               END END)
                       ORDER BY a.attnum) AS list
            FROM pg_catalog.pg_attribute AS a
            JOIN pg_catalog.pg_type AS type ON type.oid = a.atttypid
            LEFT JOIN pg_catalog.pg_type AS element ON element.oid = type.typelem AND element.typarray = type.oid
            LEFT JOIN pg_catalog.pg_attrdef AS ad ON a.atthasdef AND ad.adrelid = a.attrelid AND ad.adnum = a.attnum
            WHERE a.attrelid = t.oid AND a.attnum > 0 AND NOT a.attisdropped
        ) AS columns
        CROSS JOIN LATERAL (
            SELECT pg_catalog.json_agg(
                       pg_catalog.json_build_object(
                           'oid', k.oid::bigint,
                           'name', k.conname,
                           'type', CASE k.contype
                               WHEN 'p' THEN 'primary_key'
                               WHEN 'u' THEN 'unique'
                               WHEN 'c' THEN 'check'
                               WHEN 'f' THEN 'foreign_key'
                               WHEN 'x' THEN 'exclusion'
                           END,
                           'definition', CASE
                               WHEN k.tail <> '' AND pg_catalog.right(k.definition, pg_catalog.length(k.tail)) = k.tail
                               THEN pg_catalog.left(k.definition, -pg_catalog.length(k.tail)) || k.condition
                               ELSE k.definition
                           END,
                           'columns', CASE k.contype
                               -- Here conkey has a 0 for each expression, and nothing of the predicate.
                               WHEN 'x' THEN coalesce((
                                   SELECT pg_catalog.json_agg(mentioned.attnum ORDER BY mentioned.attnum)
                                   FROM (
                                       SELECT key.attnum::integer FROM pg_catalog.unnest(k.conkey) AS key (attnum) WHERE key.attnum > 0
                                       UNION
                                       SELECT d.refobjsubid
                                       FROM pg_catalog.pg_depend AS d
                                       WHERE d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass AND d.objid = k.conindid
                                         AND d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass
                                         AND d.refobjid = t.oid AND d.refobjsubid > 0
                                   ) AS mentioned (attnum)
                               ), '[]'::pg_catalog.json)
                               ELSE coalesce(pg_catalog.to_json(k.conkey), '[]'::pg_catalog.json)
                           END,
                           'references', CASE k.contype WHEN 'f' THEN k.confrelid::bigint END,
                           'timing', CASE
                               WHEN k.condeferred THEN 'deferred'
                               WHEN k.condeferrable THEN 'deferrable'
                               ELSE 'immediate'
                           END,
                           'validated', k.convalidated)
                       ORDER BY k.conname COLLATE "C") AS list
            FROM (
                SELECT k.oid, k.conname, k.contype, k.conkey, k.conindid, k.confrelid,
                       k.condeferrable, k.condeferred, k.convalidated,
                       pg_catalog.pg_get_constraintdef(k.oid) AS definition,
                       coalesce(index.condition, '') AS condition,
                       -- In the order in which Postgres appends them.
                       pg_catalog.concat(
                           index.storage, index.condition,
                           CASE WHEN k.condeferrable THEN ' DEFERRABLE' END,
                           CASE WHEN k.condeferred THEN ' INITIALLY DEFERRED' END,
                           CASE WHEN NOT k.convalidated THEN ' NOT VALID' END) AS tail
                FROM pg_catalog.pg_constraint AS k
                LEFT JOIN LATERAL (
                    SELECT e.storage, ' WHERE (' || e.predicate || ')' AS condition
                    FROM index_ends AS e
                    -- The others' text has no index in it.
                    WHERE k.contype = 'x' AND e.indexrelid = k.conindid
                ) AS index ON true
                WHERE k.conrelid = t.oid AND k.contype IN ('p', 'u', 'c', 'f', 'x')
                OFFSET 0
            ) AS k
        ) AS constraints
        CROSS JOIN LATERAL (
            SELECT pg_catalog.json_agg(
                       pg_catalog.json_build_object(
                           'oid', i.oid::bigint,
                           'name', i.relname,
                           'unique', i.indisunique,
                           'definition', pg_catalog.substr(
                               i.definition, 1, pg_catalog.length(i.definition) - pg_catalog.length(i.tail)),
                           'options', i.options,
                           'predicate', i.predicate,
                           'columns', coalesce((
                               SELECT pg_catalog.json_agg(mentioned.attnum ORDER BY mentioned.attnum)
                               FROM (
                                   SELECT key.attnum::integer FROM pg_catalog.unnest(i.indkey) AS key (attnum) WHERE key.attnum > 0
                                   UNION
                                   SELECT d.refobjsubid
                                   FROM pg_catalog.pg_depend AS d
                                   WHERE d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass AND d.objid = i.oid
                                     AND d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass
                                     AND d.refobjid = t.oid AND d.refobjsubid > 0
                               ) AS mentioned (attnum)
                           ), '[]'::pg_catalog.json),
                           'expressions', pg_catalog.to_json(
                               ARRAY(
                                   SELECT pg_catalog.pg_get_indexdef(i.oid, key.place::integer, false)
                                   FROM pg_catalog.unnest(i.indkey) WITH ORDINALITY AS key (attnum, place)
                                   WHERE key.attnum = 0
                                   ORDER BY key.place)
                               || CASE WHEN i.predicate IS NULL THEN '{}'::pg_catalog.text[] ELSE ARRAY[i.predicate] END))
                       ORDER BY i.relname COLLATE "C") AS list
            FROM (
                SELECT c.oid, c.relname, x.indisunique, x.indkey, e.predicate, e.options,
                       e.storage || coalesce(' WHERE ' || e.predicate, '') AS tail,
                       -- While REINDEX CONCURRENTLY swaps indexes, the text already has another name than pg_class has for this snapshot.
                       pg_catalog.substr(
                           printed.definition,
                           CASE WHEN pg_catalog.starts_with(printed.definition, printed.prefix || printed.place)
                                THEN pg_catalog.length(printed.prefix) + 1
                                ELSE pg_catalog.strpos(printed.definition, printed.place)
                           END + pg_catalog.length(printed.place))
                           AS definition
                FROM pg_catalog.pg_index AS x
                JOIN pg_catalog.pg_class AS c ON c.oid = x.indexrelid
                JOIN index_ends AS e ON e.indexrelid = x.indexrelid
                CROSS JOIN LATERAL (
                    SELECT pg_catalog.pg_get_indexdef(c.oid) AS definition,
                           pg_catalog.concat('CREATE ', CASE WHEN x.indisunique THEN 'UNIQUE ' END, 'INDEX ',
                                             pg_catalog.quote_ident(c.relname)) AS prefix,
                           pg_catalog.concat(' ON ', pg_catalog.quote_ident(t.nspname), '.',
                                             pg_catalog.quote_ident(t.relname), ' USING ') AS place
                    OFFSET 0
                ) AS printed
                WHERE x.indrelid = t.oid AND x.indisvalid AND x.indisready AND x.indislive
                  AND NOT EXISTS (SELECT FROM pg_catalog.pg_constraint AS k
                                  WHERE k.conrelid = t.oid AND k.conindid = x.indexrelid AND k.contype IN ('p', 'u', 'x'))
                OFFSET 0
            ) AS i
        ) AS indexes
    ), '[]'::pg_catalog.json),

    'unsupported', coalesce((
        SELECT pg_catalog.json_agg(
                   pg_catalog.json_build_object(
                       'oid', u.oid::bigint, 'kind', u.kind, 'identity', u.identity, 'reason', u.reason)
                   ORDER BY u.nspname COLLATE "C", u.name COLLATE "C", u.identity COLLATE "C", u.kind COLLATE "C")
        FROM unsupported AS u
    ), '[]'::pg_catalog.json)
)
