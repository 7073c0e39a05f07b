-- The catalogs as they are, as one json value: `Catalog` of catalog.rs.
--
-- Runs on PostgreSQL 13 to 18 under an empty search_path. Even then a temporary type or table is found by its bare name
-- before one of pg_catalog, so every type and relation here is qualified; functions and operators are never looked up there.
--
-- Every list of candidates is an array that is unnested: the planner then expects few of them whatever $1 is, and goes by
-- index from each. An OR with `$1 IS NULL` would read whole catalogs for one touched table.
WITH
-- What differs between versions, unless a condition is simply never true where there is no such thing (multiranges before 14).
-- Each of these spares the others a look at every row.
server AS MATERIALIZED (
    SELECT v.version >= 150000 AS has_persistent_sequences,
           -- NOT NULL is a constraint of a table; constraints need not be enforced.
           v.version >= 180000 AS has_not_null_constraints
    FROM (SELECT pg_catalog.current_setting('server_version_num')::integer AS version) AS v
),

-- NOT NULL constraints that rows need not meet: NOT VALID. attnotnull is true for them, too.
unmet AS NOT MATERIALIZED (
    SELECT k.conrelid, k.conkey[1] AS attnum
    FROM pg_catalog.pg_constraint AS k
    WHERE k.contype = 'n' AND NOT k.convalidated
),

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

-- Storage parameters and options, each as `name=value` in SQL.
relation_options AS NOT MATERIALIZED (
    SELECT c.oid,
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
    FROM pg_catalog.pg_class AS c
),

-- What an index's text ends with, as Postgres prints it: `WITH (…)`, then the predicate.
index_ends AS NOT MATERIALIZED (
    SELECT e.*,
           CASE WHEN e.options = '{}' THEN '' ELSE ' WITH (' || pg_catalog.array_to_string(e.options, ', ') || ')' END AS storage
    FROM (
        SELECT x.indexrelid, pg_catalog.pg_get_expr(x.indpred, x.indrelid) AS predicate, o.options
        FROM pg_catalog.pg_index AS x
        JOIN relation_options AS o ON o.oid = x.indexrelid
    ) AS e
),

-- Indexes over whole rows, on which pg_depend is silent: they need every column.
whole_rows AS NOT MATERIALIZED (
    SELECT x.indexrelid
    FROM pg_catalog.pg_index AS x
    WHERE (x.indexprs IS NOT NULL OR x.indpred IS NOT NULL)
      AND pg_catalog.concat(x.indexprs::pg_catalog.text, x.indpred::pg_catalog.text) ~ ':varattno 0 '
),

-- Multirange types, and the range types that they came with.
multiranges AS NOT MATERIALIZED (
    SELECT d.objid AS oid, d.refobjid AS range
    FROM pg_catalog.pg_depend AS d
    JOIN pg_catalog.pg_type AS t ON t.oid = d.objid
    WHERE d.classid = 'pg_catalog.pg_type'::pg_catalog.regclass
      AND d.refclassid = 'pg_catalog.pg_type'::pg_catalog.regclass
      AND d.deptype = 'i' AND t.typtype = 'm'
),

-- What a type is called, and which type of the user's own is behind it: an array's element, a multirange's range.
type_names AS NOT MATERIALIZED (
    SELECT t.oid, t.typcollation,
           coalesce(m.range, element.oid, t.oid) AS object,
           element.oid IS NOT NULL AS array,
           m.range IS NOT NULL AS multirange
    FROM pg_catalog.pg_type AS t
    LEFT JOIN pg_catalog.pg_type AS element ON element.oid = t.typelem AND element.typarray = t.oid
    LEFT JOIN multiranges AS m ON m.oid = coalesce(element.oid, t.oid)
),

-- Functions that came with a range type, and will again: they keep their name and schema when the type gets others, and clients
-- create it as it is called now.
constructors AS NOT MATERIALIZED (
    SELECT d.objid AS oid, d.refclassid AS made_class, d.refobjid AS made
    FROM pg_catalog.pg_depend AS d
    JOIN pg_catalog.pg_proc AS p ON p.oid = d.objid
    JOIN pg_catalog.pg_type AS t ON t.oid = d.refobjid AND t.typname = p.proname AND t.typnamespace = p.pronamespace
    WHERE d.classid = 'pg_catalog.pg_proc'::pg_catalog.regclass
      AND d.refclassid = 'pg_catalog.pg_type'::pg_catalog.regclass AND d.deptype = 'i'
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
    SELECT c.oid, n.nspname, c.relname, c.relnamespace, c.relpersistence, c.relkind, c.relispartition, c.relnatts,
           CASE
               WHEN c.relkind = 'v' THEN 'view'
               WHEN c.relkind = 'm' THEN 'materialized view'
               WHEN c.relkind = 'f' THEN 'foreign table'
               WHEN c.relispartition THEN 'partition'
               WHEN c.relkind = 'p' THEN 'partitioned table'
               ELSE 'table'
           END AS kind,
           CASE WHEN c.relkind = 'f' THEN 'foreign tables are not distributed' END AS reason
    FROM relation_oids AS o
    JOIN pg_catalog.pg_class AS c ON c.oid = o.oid
    JOIN spaces AS n ON n.oid = c.relnamespace
    WHERE c.relkind IN ('r', 'v', 'm', 'f', 'p')
      AND c.relpersistence <> 't'
      AND NOT EXISTS (SELECT FROM members AS m
                      WHERE m.classid = 'pg_catalog.pg_class'::pg_catalog.regclass AND m.objid = c.oid)
),

-- What anything needs of what not every server has: extensions' objects and the user's own.
dependencies AS NOT MATERIALIZED (
    SELECT depend.classid, depend.objid, depend.objsubid, depend.refclassid, depend.refobjid
    FROM pg_catalog.pg_depend AS depend
    -- Below are the objects of initdb, information_schema's among them, which no pin keeps out of pg_depend.
    WHERE depend.refobjid >= 16384
      AND depend.refclassid IN (
          'pg_catalog.pg_type'::pg_catalog.regclass,
          'pg_catalog.pg_proc'::pg_catalog.regclass,
          'pg_catalog.pg_operator'::pg_catalog.regclass,
          'pg_catalog.pg_collation'::pg_catalog.regclass,
          'pg_catalog.pg_opclass'::pg_catalog.regclass,
          'pg_catalog.pg_ts_config'::pg_catalog.regclass,
          'pg_catalog.pg_ts_dict'::pg_catalog.regclass)
),

-- What each relation's parts use beyond what every server has: extensions' objects and the user's own.
uses AS MATERIALIZED (
    SELECT t.oid AS relid, part.classid, part.objid, part.rank, part.label, part.name,
           d.objsubid,
           coalesce(range.made_class, d.refclassid) AS refclassid,
           coalesce(range.made, d.refobjid) AS refobjid,
           coalesce(type.object, d.refobjid) AS object,
           coalesce(type.array, false) AS array,
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
        UNION ALL
        SELECT 'pg_catalog.pg_rewrite'::pg_catalog.regclass, r.oid, 5, 'query', NULL
        FROM pg_catalog.pg_rewrite AS r
        WHERE r.ev_class = t.oid AND r.rulename = '_RETURN'
    ) AS part
    -- By what depends, never by what it depends on, however few the planner takes those to be.
    CROSS JOIN LATERAL (
        SELECT depend.objsubid, depend.refclassid, depend.refobjid
        FROM dependencies AS depend
        WHERE depend.classid = part.classid AND depend.objid = part.objid
        OFFSET 0
    ) AS d
    LEFT JOIN constructors AS range
        ON d.refclassid = 'pg_catalog.pg_proc'::pg_catalog.regclass AND range.oid = d.refobjid
    -- An array belongs to no extension: its element's type does.
    LEFT JOIN type_names AS type
        ON coalesce(range.made_class, d.refclassid) = 'pg_catalog.pg_type'::pg_catalog.regclass
           AND type.oid = coalesce(range.made, d.refobjid)
    LEFT JOIN members AS m
        ON m.classid = coalesce(range.made_class, d.refclassid) AND m.objid = coalesce(type.object, d.refobjid)
    WHERE t.reason IS NULL
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

-- Routines that were asked for.
asked_routines AS MATERIALIZED (
    SELECT p.oid
    FROM (SELECT DISTINCT pg_catalog.unnest($1::pg_catalog.oid[]) AS oid) AS o
    JOIN pg_catalog.pg_proc AS p ON p.oid = o.oid
    JOIN spaces AS n ON n.oid = p.pronamespace
    WHERE NOT EXISTS (SELECT FROM pg_catalog.pg_depend AS d
                      -- A range type's constructors are internal to it.
                      WHERE d.classid = 'pg_catalog.pg_proc'::pg_catalog.regclass AND d.objid = p.oid
                        AND d.deptype IN ('e', 'i'))
),

-- Why a routine is nothing for clients.
routine_problems AS NOT MATERIALIZED (
    SELECT r.*
    FROM (
        SELECT p.oid,
               CASE
                   WHEN p.prokind = 'a' THEN 'an aggregate'
                   WHEN p.prokind = 'w' THEN 'a window function'
                   WHEN EXISTS (SELECT FROM pg_catalog.pg_depend AS d
                                WHERE d.classid = 'pg_catalog.pg_proc'::pg_catalog.regclass AND d.objid = p.oid
                                  AND d.refclassid = 'pg_catalog.pg_type'::pg_catalog.regclass AND d.deptype = 'i')
                   THEN 'named as its range type once was'
                   WHEN l.lanname NOT IN ('sql', 'plpgsql') THEN 'written in ' || l.lanname
                   WHEN EXISTS (SELECT FROM pg_catalog.pg_depend AS d
                                WHERE d.classid = 'pg_catalog.pg_proc'::pg_catalog.regclass AND d.objid = p.oid
                                  AND d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass)
                   THEN 'its body is bound to relations'
               END AS reason
        FROM pg_catalog.pg_proc AS p
        JOIN pg_catalog.pg_language AS l ON l.oid = p.prolang
    ) AS r
    WHERE r.reason IS NOT NULL
),

-- Each type and routine that a relation uses or that was asked for (the root), with all that it needs in turn, from one to the next.
-- The text of a routine shows what it calls; pg_depend does not.
needs AS MATERIALIZED (
    WITH RECURSIVE reach (root_class, root, from_class, from_oid, classid, oid) AS (
        SELECT r.classid, r.oid, NULL::pg_catalog.oid, NULL::pg_catalog.oid, r.classid, r.oid
        FROM (
            SELECT u.refclassid AS classid, u.object AS oid FROM uses AS u WHERE u.extension IS NULL
            UNION
            SELECT 'pg_catalog.pg_type'::pg_catalog.regclass, t.oid FROM types AS t
            UNION
            SELECT 'pg_catalog.pg_proc'::pg_catalog.regclass, p.oid FROM asked_routines AS p
        ) AS r
        UNION
        SELECT r.root_class, r.root, r.classid, r.oid, e.classid, e.oid
        FROM reach AS r
        CROSS JOIN LATERAL (
            SELECT coalesce(range.made_class, d.refclassid) AS classid, coalesce(type.object, d.refobjid) AS oid
            FROM (
                SELECT r.classid AS classid, r.oid AS objid
                UNION ALL
                SELECT 'pg_catalog.pg_class'::pg_catalog.regclass, c.oid
                FROM pg_catalog.pg_type AS t
                JOIN pg_catalog.pg_class AS c ON c.oid = t.typrelid
                WHERE r.classid = 'pg_catalog.pg_type'::pg_catalog.regclass AND t.oid = r.oid AND c.relkind = 'c'
                UNION ALL
                SELECT 'pg_catalog.pg_constraint'::pg_catalog.regclass, k.oid
                FROM pg_catalog.pg_constraint AS k
                WHERE r.classid = 'pg_catalog.pg_type'::pg_catalog.regclass AND k.contypid = r.oid
            ) AS part
            CROSS JOIN LATERAL (
                SELECT depend.refclassid, depend.refobjid
                FROM dependencies AS depend
                WHERE depend.classid = part.classid AND depend.objid = part.objid
                OFFSET 0
            ) AS d
            LEFT JOIN constructors AS range
                ON d.refclassid = 'pg_catalog.pg_proc'::pg_catalog.regclass AND range.oid = d.refobjid
            LEFT JOIN type_names AS type
                ON coalesce(range.made_class, d.refclassid) = 'pg_catalog.pg_type'::pg_catalog.regclass
                   AND type.oid = coalesce(range.made, d.refobjid)
            UNION ALL
            SELECT coalesce(range.made_class, 'pg_catalog.pg_proc'::pg_catalog.regclass), coalesce(type.object, callee.oid)
            FROM pg_catalog.pg_proc AS caller
            JOIN pg_catalog.pg_language AS l ON l.oid = caller.prolang
            CROSS JOIN LATERAL (
                SELECT CASE WHEN pg_catalog.starts_with(m.match[1], '"')
                            THEN pg_catalog.replace(pg_catalog.substr(m.match[1], 2, pg_catalog.length(m.match[1]) - 2), '""', '"')
                            ELSE pg_catalog.lower(m.match[1]) END AS schema,
                       CASE WHEN pg_catalog.starts_with(m.match[2], '"')
                            THEN pg_catalog.replace(pg_catalog.substr(m.match[2], 2, pg_catalog.length(m.match[2]) - 2), '""', '"')
                            ELSE pg_catalog.lower(m.match[2]) END AS name
                FROM pg_catalog.regexp_matches(
                    caller.prosrc,
                    '(?:("(?:[^"]|"")+"|[[:alpha:]_][[:alnum:]_$]*)\s*[.]\s*)?("(?:[^"]|"")+"|[[:alpha:]_][[:alnum:]_$]*)\s*[(]',
                    'g') AS m (match)
            ) AS called
            JOIN pg_catalog.pg_proc AS callee ON callee.proname = called.name::pg_catalog.name
            JOIN pg_catalog.pg_namespace AS n ON n.oid = callee.pronamespace
            LEFT JOIN constructors AS range ON range.oid = callee.oid
            LEFT JOIN type_names AS type ON type.oid = range.made
            WHERE r.classid = 'pg_catalog.pg_proc'::pg_catalog.regclass AND caller.oid = r.oid
              AND l.lanname IN ('sql', 'plpgsql')
              AND callee.oid >= 16384 AND callee.oid <> caller.oid
              AND (called.schema IS NULL OR n.nspname = called.schema)
        ) AS e
        WHERE NOT EXISTS (SELECT FROM members AS m WHERE m.classid = r.classid AND m.objid = r.oid)
    )
    SELECT r.* FROM reach AS r
),

-- What of these clients cannot have, and why.
problems AS MATERIALIZED (
    SELECT n.classid, n.oid, p.reason, pg_catalog.concat(i.type, ' ', i.identity) AS identity
    FROM (SELECT DISTINCT needed.classid, needed.oid FROM needs AS needed) AS n
    CROSS JOIN LATERAL (
        SELECT CASE t.typtype
                   WHEN 'c' THEN 'the row type of a relation'
                   WHEN 'r' THEN 'a range type with a canonical function'
                   WHEN 'p' THEN 'a shell type'
                   ELSE 'a base type'
               END AS reason
        FROM pg_catalog.pg_type AS t
        WHERE n.classid = 'pg_catalog.pg_type'::pg_catalog.regclass AND t.oid = n.oid
          AND CASE t.typtype
                  WHEN 'd' THEN false
                  WHEN 'e' THEN false
                  WHEN 'c' THEN NOT EXISTS (SELECT FROM pg_catalog.pg_class AS c WHERE c.oid = t.typrelid AND c.relkind = 'c')
                  WHEN 'r' THEN EXISTS (SELECT FROM pg_catalog.pg_range AS r WHERE r.rngtypid = t.oid AND r.rngcanonical <> 0)
                  ELSE true
              END
        UNION ALL
        SELECT r.reason FROM routine_problems AS r WHERE n.classid = 'pg_catalog.pg_proc'::pg_catalog.regclass AND r.oid = n.oid
        UNION ALL
        SELECT NULL
        WHERE n.classid NOT IN ('pg_catalog.pg_type'::pg_catalog.regclass, 'pg_catalog.pg_proc'::pg_catalog.regclass)
    ) AS p
    CROSS JOIN LATERAL pg_catalog.pg_identify_object(n.classid, n.oid, 0) AS i
    WHERE NOT EXISTS (SELECT FROM members AS m WHERE m.classid = n.classid AND m.objid = n.oid)
),

-- The roots that clients cannot have: for what they are, or for what they need.
blocked_things AS MATERIALIZED (
    SELECT DISTINCT ON (n.root_class, n.root)
           n.root_class AS classid, n.root AS oid, n.oid = n.root AND n.classid = n.root_class AS itself,
           CASE WHEN n.oid = n.root AND n.classid = n.root_class THEN p.reason
                ELSE pg_catalog.concat('which needs ', p.identity, ', ' || p.reason) END AS reason
    FROM needs AS n
    JOIN problems AS p ON p.classid = n.classid AND p.oid = n.oid
    ORDER BY n.root_class, n.root, n.oid = n.root DESC, p.identity COLLATE "C"
),

culprits AS (
    SELECT u.relid, u.rank, u.objsubid, u.name, u.object,
           pg_catalog.concat(
               CASE
                   WHEN u.rank = 1 AND u.objsubid = 0 THEN 'it'
                   WHEN u.rank = 5 THEN 'its query'
                   ELSE pg_catalog.concat(
                       u.label, ' "', pg_catalog.replace(coalesce(a.attname, u.name)::pg_catalog.text, '"', '""'), '"')
               END,
               CASE
                   WHEN u.refclassid <> 'pg_catalog.pg_type'::pg_catalog.regclass THEN
                       (SELECT pg_catalog.concat(' uses ', i.type, ' ', i.identity)
                        FROM pg_catalog.pg_identify_object(u.refclassid, u.refobjid, 0) AS i)
                   ELSE pg_catalog.concat(
                       CASE WHEN u.rank = 1 AND u.objsubid > 0 THEN ' has type ' ELSE ' uses type ' END,
                       pg_catalog.format_type(u.refobjid, NULL))
               END,
               CASE WHEN u.array AND b.itself THEN ', an array of ' || b.reason ELSE ', ' || b.reason END) AS reason
    FROM uses AS u
    JOIN blocked_things AS b ON b.classid = u.refclassid AND b.oid = u.object
    LEFT JOIN pg_catalog.pg_attribute AS a ON u.rank = 1 AND a.attrelid = u.relid AND a.attnum = u.objsubid
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
    WHERE (SELECT s.has_not_null_constraints FROM server AS s)
      AND t.reason IS NULL AND k.contype IN ('c', 'f')
      AND pg_catalog.to_jsonb(k) ->> 'conenforced' = 'false'
    UNION ALL
    -- Newer versions do not let a child accept what its parent refuses.
    SELECT t.oid, 1, a.attnum, a.attname, 0,
           pg_catalog.concat('column "', pg_catalog.replace(a.attname::pg_catalog.text, '"', '""'), '" is nullable, and NOT NULL in ',
                             pg_catalog.quote_ident(space.nspname), '.', pg_catalog.quote_ident(parent.relname))
    FROM relations AS t
    JOIN pg_catalog.pg_inherits AS i ON i.inhrelid = t.oid
    JOIN pg_catalog.pg_class AS parent ON parent.oid = i.inhparent
    JOIN pg_catalog.pg_namespace AS space ON space.oid = parent.relnamespace
    JOIN pg_catalog.pg_attribute AS theirs ON theirs.attrelid = i.inhparent AND theirs.attnum > 0 AND theirs.attnotnull
    JOIN pg_catalog.pg_attribute AS a ON a.attrelid = t.oid AND a.attname = theirs.attname AND NOT a.attisdropped
    WHERE t.reason IS NULL AND t.relkind IN ('r', 'p') AND NOT a.attnotnull
      AND NOT EXISTS (SELECT FROM unmet AS u WHERE u.conrelid = i.inhparent AND u.attnum = theirs.attnum)
    UNION ALL
    -- Newer versions give a partition the identity of its parent, and let it have none of its own.
    SELECT t.oid, 1, a.attnum, a.attname, 0,
           pg_catalog.concat('column "', pg_catalog.replace(a.attname::pg_catalog.text, '"', '""'), '" of a partition is an identity column')
    FROM relations AS t
    JOIN pg_catalog.pg_attribute AS a ON a.attrelid = t.oid AND a.attnum > 0 AND a.attidentity <> '' AND NOT a.attisdropped
    WHERE t.reason IS NULL AND t.relispartition
      AND EXISTS (SELECT FROM pg_catalog.pg_depend AS d
                  WHERE d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass
                    AND d.refobjid = a.attrelid AND d.refobjsubid = a.attnum
                    AND d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass AND d.deptype = 'i')
    UNION ALL
    -- Every version has other columns there.
    SELECT t.oid, 5, 0, NULL, 0, 'its query reads system catalogs'
    FROM relations AS t
    JOIN pg_catalog.pg_rewrite AS r ON r.ev_class = t.oid AND r.rulename = '_RETURN'
    WHERE t.reason IS NULL AND t.relkind IN ('v', 'm')
      AND EXISTS (SELECT FROM pg_catalog.regexp_matches(r.ev_action::pg_catalog.text, ':relid (\d+)', 'g') AS m (match)
                  WHERE m.match[1]::pg_catalog.oid BETWEEN 1 AND 16383)
),

blocked AS MATERIALIZED (
    SELECT DISTINCT ON (c.relid) c.relid, c.reason
    FROM culprits AS c
    ORDER BY c.relid, c.rank, c.objsubid, c.name, c.reason COLLATE "C"
),

-- What clients can have of the relations, and the composite types, whose attributes are columns.
subjects AS MATERIALIZED (
    SELECT r.oid, r.nspname, r.relname, r.relnamespace, r.relpersistence, r.relkind, r.relnatts
    FROM relations AS r
    WHERE r.reason IS NULL AND NOT EXISTS (SELECT FROM blocked AS b WHERE b.relid = r.oid)
    UNION ALL
    SELECT type.typrelid, t.nspname, t.typname, type.typnamespace, 'p', 'c', 0
    FROM types AS t
    JOIN pg_catalog.pg_type AS type ON type.oid = t.oid
    WHERE t.typtype = 'c'
      AND NOT EXISTS (SELECT FROM blocked_things AS b
                      WHERE b.classid = 'pg_catalog.pg_type'::pg_catalog.regclass AND b.oid = t.oid)
),

-- The user's own routines that a part calls.
part_routines AS MATERIALIZED (
    SELECT u.classid, u.objid, pg_catalog.to_json(pg_catalog.array_agg(DISTINCT u.object::bigint ORDER BY u.object::bigint)) AS list
    FROM uses AS u
    WHERE u.refclassid = 'pg_catalog.pg_proc'::pg_catalog.regclass AND u.extension IS NULL
    GROUP BY u.classid, u.objid
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
    SELECT t.nspname, t.typname, t.oid,
           CASE t.typtype
               WHEN 'd' THEN 'domain'
               WHEN 'c' THEN 'composite type'
               WHEN 'r' THEN 'range type'
               ELSE 'base type'
           END,
           pg_catalog.concat(pg_catalog.quote_ident(t.nspname), '.', pg_catalog.quote_ident(t.typname)),
           CASE WHEN b.itself THEN 'it is ' || b.reason
                ELSE 'it ' || pg_catalog.substr(b.reason, 1 + pg_catalog.length('which ')) END
    FROM types AS t
    JOIN blocked_things AS b ON b.classid = 'pg_catalog.pg_type'::pg_catalog.regclass AND b.oid = t.oid
    UNION ALL
    SELECT n.nspname, p.proname, p.oid,
           CASE p.prokind WHEN 'p' THEN 'procedure' WHEN 'a' THEN 'aggregate' ELSE 'function' END,
           (pg_catalog.pg_identify_object('pg_catalog.pg_proc'::pg_catalog.regclass, p.oid, 0)).identity,
           'it is ' || r.reason
    FROM asked_routines AS asked
    JOIN routine_problems AS r ON r.oid = asked.oid
    JOIN pg_catalog.pg_proc AS p ON p.oid = asked.oid
    JOIN pg_catalog.pg_namespace AS n ON n.oid = p.pronamespace
),

-- What clients get of the types and routines.
given AS MATERIALIZED (
    SELECT DISTINCT n.classid, n.oid
    FROM needs AS n
    WHERE NOT EXISTS (SELECT FROM blocked_things AS b WHERE b.classid = n.root_class AND b.oid = n.root)
      AND (n.root_class = 'pg_catalog.pg_type'::pg_catalog.regclass
           OR EXISTS (SELECT FROM asked_routines AS a WHERE a.oid = n.root)
           OR EXISTS (SELECT FROM uses AS u JOIN subjects AS t ON t.oid = u.relid
                      WHERE u.refclassid = n.root_class AND u.object = n.root))
),

needed_extensions AS (
    SELECT u.extension, u.relid AS needed_by
    FROM uses AS u
    JOIN subjects AS t ON t.oid = u.relid
    UNION
    SELECT m.extension, n.from_oid
    FROM given AS g
    JOIN members AS m ON m.classid = g.classid AND m.objid = g.oid
    JOIN needs AS n ON n.classid = g.classid AND n.oid = g.oid
    WHERE n.from_oid IS NOT NULL
    UNION
    -- A table in an extension's own schema: nothing else creates that.
    SELECT m.extension, t.oid
    FROM subjects AS t
    JOIN members AS m ON m.classid = 'pg_catalog.pg_namespace'::pg_catalog.regclass AND m.objid = t.relnamespace
),

-- Columns, constraints and indexes.
described AS MATERIALIZED (
    SELECT t.*, columns.list AS columns, constraints.list AS constraints, indexes.list AS indexes
    FROM subjects AS t
    CROSS JOIN LATERAL (
        SELECT pg_catalog.json_agg(
                   pg_catalog.json_build_object(
                       'attnum', a.attnum,
                       'name', a.attname,
                       'type_name', pg_catalog.format_type(a.atttypid, a.atttypmod),
                       'type_oid', type.object::bigint,
                       'array', type.array,
                       'multirange', type.multirange,
                       'constrained', EXISTS (
                           SELECT FROM domain_chain AS c
                           JOIN pg_catalog.pg_type AS d ON d.oid = c.oid
                           WHERE c.root = type.object
                             AND (d.typnotnull OR EXISTS (SELECT FROM pg_catalog.pg_constraint AS k WHERE k.contypid = d.oid))),
                       'collation', CASE WHEN a.attcollation NOT IN (0, type.typcollation) THEN (
                           SELECT pg_catalog.concat(pg_catalog.quote_ident(n.nspname), '.', pg_catalog.quote_ident(c.collname))
                           FROM pg_catalog.pg_collation AS c
                           JOIN pg_catalog.pg_namespace AS n ON n.oid = c.collnamespace
                           WHERE c.oid = a.attcollation) END,
                       'not_null', CASE WHEN a.attnotnull AND (SELECT s.has_not_null_constraints FROM server AS s)
                                        THEN NOT EXISTS (SELECT FROM unmet AS u WHERE u.conrelid = a.attrelid AND u.attnum = a.attnum)
                                        ELSE a.attnotnull END,
                       'default', CASE WHEN ad.oid IS NOT NULL THEN pg_catalog.json_build_object(
                           'oid', ad.oid::bigint,
                           'sql', pg_catalog.pg_get_expr(ad.adbin, ad.adrelid),
                           'generated', a.attgenerated <> '',
                           'columns', CASE WHEN a.attgenerated <> '' THEN (
                               SELECT coalesce(pg_catalog.json_agg(DISTINCT d.refobjsubid), '[]')
                               FROM pg_catalog.pg_depend AS d
                               -- Before PostgreSQL 15 it is the column that depends, not its expression.
                               WHERE (d.classid = 'pg_catalog.pg_attrdef'::pg_catalog.regclass AND d.objid = ad.oid
                                      OR d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass AND d.objid = t.oid AND d.objsubid = a.attnum)
                                 AND d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass AND d.refobjid = t.oid
                                 AND d.refobjsubid > 0 AND d.refobjsubid <> a.attnum) ELSE '[]' END,
                           'sequences', CASE WHEN ad.adbin::pg_catalog.text ~ ':consttype 2205 ' THEN (
                               SELECT coalesce(pg_catalog.json_agg(DISTINCT d.refobjid::bigint), '[]')
                               FROM pg_catalog.pg_depend AS d
                               JOIN pg_catalog.pg_class AS s ON s.oid = d.refobjid
                               WHERE d.classid = 'pg_catalog.pg_attrdef'::pg_catalog.regclass AND d.objid = ad.oid
                                 AND d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass AND s.relkind = 'S') ELSE '[]' END,
                           'uses', coalesce((
                               SELECT r.list FROM part_routines AS r
                               WHERE r.classid = 'pg_catalog.pg_attrdef'::pg_catalog.regclass AND r.objid = ad.oid), '[]'),
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
                                      'options', (SELECT s.options FROM sequence_options AS s WHERE s.seqrelid = c.oid),
                                      -- Older sequences know no other way.
                                      'unlogged', CASE WHEN c.relpersistence <> t.relpersistence
                                                        AND (SELECT v.has_persistent_sequences FROM server AS v)
                                                       THEN c.relpersistence = 'u' END)
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
        JOIN type_names AS type ON type.oid = a.atttypid
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
                                   UNION
                                   SELECT 0 FROM whole_rows AS w WHERE w.indexrelid = k.conindid
                               ) AS mentioned (attnum)
                           ), '[]'::pg_catalog.json)
                           ELSE coalesce(pg_catalog.to_json(k.conkey), '[]'::pg_catalog.json)
                       END,
                       'references', CASE k.contype WHEN 'f' THEN k.confrelid::bigint END,
                       'refers_to', CASE k.contype WHEN 'f' THEN k.confrelid::pg_catalog.regclass::pg_catalog.text END,
                       'index_columns', CASE WHEN k.contype IN ('p', 'u', 'f') THEN (
                           SELECT pg_catalog.to_json(x.indkey::pg_catalog.int2[])
                           FROM pg_catalog.pg_index AS x
                           WHERE x.indexrelid = k.conindid) ELSE '[]' END,
                       'timing', CASE
                           WHEN k.condeferred THEN 'deferred'
                           WHEN k.condeferrable THEN 'deferrable'
                           ELSE 'immediate'
                       END,
                       'validated', k.convalidated,
                       'uses', coalesce((
                           SELECT r.list FROM part_routines AS r
                           WHERE r.classid = 'pg_catalog.pg_constraint'::pg_catalog.regclass AND r.objid = k.oid
                             OR k.conindid <> 0 AND r.classid = 'pg_catalog.pg_class'::pg_catalog.regclass
                                AND r.objid = k.conindid), '[]'))
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
              -- A foreign key to a partitioned table brings those to its partitions.
              AND NOT (k.contype = 'f' AND EXISTS (SELECT FROM pg_catalog.pg_constraint AS whole
                                                   WHERE whole.oid = k.conparentid AND whole.conrelid = k.conrelid))
              -- ADD … ON ONLY a partitioned table is not there before its partitions have it.
              AND NOT (k.contype IN ('p', 'u', 'x') AND EXISTS (SELECT FROM pg_catalog.pg_index AS x
                                                                WHERE x.indexrelid = k.conindid AND NOT x.indisvalid))
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
                               UNION
                               SELECT 0 FROM whole_rows AS w WHERE w.indexrelid = i.oid
                           ) AS mentioned (attnum)
                       ), '[]'::pg_catalog.json),
                       'expressions', pg_catalog.to_json(
                           ARRAY(
                               SELECT pg_catalog.pg_get_indexdef(i.oid, key.place::integer, false)
                               FROM pg_catalog.unnest(i.indkey) WITH ORDINALITY AS key (attnum, place)
                               WHERE key.attnum = 0
                               ORDER BY key.place)
                           || CASE WHEN i.predicate IS NULL THEN '{}'::pg_catalog.text[] ELSE ARRAY[i.predicate] END),
                       'uses', coalesce((
                           SELECT r.list FROM part_routines AS r
                           WHERE r.classid = 'pg_catalog.pg_class'::pg_catalog.regclass AND r.objid = i.oid), '[]'),
                       'parent', (SELECT h.inhparent::bigint FROM pg_catalog.pg_inherits AS h WHERE h.inhrelid = i.oid))
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
                       pg_catalog.concat(' ON ', CASE WHEN c.relkind = 'I' THEN 'ONLY ' END, pg_catalog.quote_ident(t.nspname), '.',
                                         pg_catalog.quote_ident(t.relname), ' USING ') AS place
                OFFSET 0
            ) AS printed
            WHERE x.indrelid = t.oid AND x.indisvalid AND x.indisready AND x.indislive
              AND NOT EXISTS (SELECT FROM pg_catalog.pg_constraint AS k
                              WHERE k.conrelid = t.oid AND k.conindid = x.indexrelid AND k.contype IN ('p', 'u', 'x'))
            OFFSET 0
        ) AS i
    ) AS indexes
),

edges AS MATERIALIZED (
    SELECT DISTINCT n.from_class, n.from_oid, n.classid, n.oid
    FROM needs AS n
    WHERE n.from_oid IS NOT NULL
      AND NOT EXISTS (SELECT FROM members AS m WHERE m.classid = n.classid AND m.objid = n.oid)
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
                   pg_catalog.json_build_object(
                       'oid', e.oid::bigint, 'name', e.extname, 'schema', n.nspname, 'needed_by', needed.needed_by)
                   ORDER BY n.nspname COLLATE "C", e.extname COLLATE "C")
        FROM (
            SELECT needed.extension, pg_catalog.json_agg(needed.needed_by::bigint ORDER BY needed.needed_by) AS needed_by
            FROM needed_extensions AS needed
            GROUP BY needed.extension
        ) AS needed
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
                       'type_oid', base.object::bigint,
                       'array', base.array,
                       'multirange', base.multirange,
                       'uses', (
                           SELECT coalesce(pg_catalog.json_agg(e.oid::bigint ORDER BY e.oid), '[]')
                           FROM edges AS e
                           WHERE e.from_class = 'pg_catalog.pg_type'::pg_catalog.regclass AND e.from_oid = t.oid
                             AND e.classid = 'pg_catalog.pg_proc'::pg_catalog.regclass),
                       'types', (
                           SELECT coalesce(pg_catalog.json_agg(e.oid::bigint ORDER BY e.oid), '[]')
                           FROM edges AS e
                           WHERE e.from_class = 'pg_catalog.pg_type'::pg_catalog.regclass AND e.from_oid = t.oid
                             AND e.classid = 'pg_catalog.pg_type'::pg_catalog.regclass),
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
        JOIN type_names AS base ON base.oid = type.typbasetype
        WHERE t.typtype = 'd'
          AND NOT EXISTS (SELECT FROM blocked_things AS b
                          WHERE b.classid = 'pg_catalog.pg_type'::pg_catalog.regclass AND b.oid = t.oid)
    ), '[]'::pg_catalog.json),

    'composites', coalesce((
        SELECT pg_catalog.json_agg(
                   pg_catalog.json_build_object(
                       'oid', t.oid::bigint,
                       'name', pg_catalog.json_build_object('schema', t.nspname, 'name', t.typname),
                       'attributes', coalesce(d.columns, '[]'::pg_catalog.json))
                   ORDER BY t.nspname COLLATE "C", t.typname COLLATE "C")
        FROM types AS t
        JOIN pg_catalog.pg_type AS type ON type.oid = t.oid
        JOIN described AS d ON d.oid = type.typrelid
        WHERE t.typtype = 'c'
    ), '[]'::pg_catalog.json),

    'ranges', coalesce((
        SELECT pg_catalog.json_agg(
                   pg_catalog.json_build_object(
                       'oid', t.oid::bigint,
                       'name', pg_catalog.json_build_object('schema', t.nspname, 'name', t.typname),
                       'subtype', pg_catalog.json_build_object(
                           'type_name', pg_catalog.format_type(r.rngsubtype, NULL),
                           'type_oid', subtype.object::bigint,
                           'array', subtype.array,
                           'multirange', subtype.multirange),
                       'opclass', (
                           SELECT pg_catalog.concat(pg_catalog.quote_ident(n.nspname), '.', pg_catalog.quote_ident(c.opcname))
                           FROM pg_catalog.pg_opclass AS c
                           JOIN pg_catalog.pg_namespace AS n ON n.oid = c.opcnamespace
                           WHERE c.oid = r.rngsubopc),
                       'collation', CASE WHEN r.rngcollation NOT IN (0, subtype.typcollation) THEN (
                           SELECT pg_catalog.concat(pg_catalog.quote_ident(n.nspname), '.', pg_catalog.quote_ident(c.collname))
                           FROM pg_catalog.pg_collation AS c
                           JOIN pg_catalog.pg_namespace AS n ON n.oid = c.collnamespace
                           WHERE c.oid = r.rngcollation) END,
                       'difference', (
                           SELECT pg_catalog.concat(pg_catalog.quote_ident(n.nspname), '.', pg_catalog.quote_ident(p.proname))
                           FROM pg_catalog.pg_proc AS p
                           JOIN pg_catalog.pg_namespace AS n ON n.oid = p.pronamespace
                           WHERE p.oid = r.rngsubdiff),
                       'multirange_name', (
                           SELECT pg_catalog.json_build_object('schema', n.nspname, 'name', multi.typname)
                           FROM multiranges AS m
                           JOIN pg_catalog.pg_type AS multi ON multi.oid = m.oid
                           JOIN pg_catalog.pg_namespace AS n ON n.oid = multi.typnamespace
                           WHERE m.range = t.oid),
                       'uses', (
                           SELECT coalesce(pg_catalog.json_agg(e.oid::bigint ORDER BY e.oid), '[]')
                           FROM edges AS e
                           WHERE e.from_class = 'pg_catalog.pg_type'::pg_catalog.regclass AND e.from_oid = t.oid
                             AND e.classid = 'pg_catalog.pg_proc'::pg_catalog.regclass))
                   ORDER BY t.nspname COLLATE "C", t.typname COLLATE "C")
        FROM types AS t
        JOIN pg_catalog.pg_range AS r ON r.rngtypid = t.oid
        JOIN type_names AS subtype ON subtype.oid = r.rngsubtype
        WHERE t.typtype = 'r'
          AND NOT EXISTS (SELECT FROM blocked_things AS b
                          WHERE b.classid = 'pg_catalog.pg_type'::pg_catalog.regclass AND b.oid = t.oid)
    ), '[]'::pg_catalog.json),

    'routines', coalesce((
        SELECT pg_catalog.json_agg(
                   pg_catalog.json_build_object(
                       'oid', p.oid::bigint,
                       'name', pg_catalog.json_build_object('schema', n.nspname, 'name', p.proname),
                       'routine', CASE p.prokind WHEN 'p' THEN 'procedure' ELSE 'function' END,
                       'arguments', pg_catalog.pg_get_function_identity_arguments(p.oid),
                       'definition', pg_catalog.rtrim(pg_catalog.substr(
                           pg_catalog.pg_get_functiondef(p.oid),
                           1 + pg_catalog.length(pg_catalog.concat(
                               'CREATE OR REPLACE ', CASE p.prokind WHEN 'p' THEN 'PROCEDURE ' ELSE 'FUNCTION ' END,
                               pg_catalog.quote_ident(n.nspname), '.', pg_catalog.quote_ident(p.proname)))), E'\n'),
                       'written', p.xmin::pg_catalog.text,
                       'uses', (
                           SELECT coalesce(pg_catalog.json_agg(e.oid::bigint ORDER BY e.oid), '[]')
                           FROM edges AS e
                           WHERE e.from_class = 'pg_catalog.pg_proc'::pg_catalog.regclass AND e.from_oid = p.oid))
                   ORDER BY n.nspname COLLATE "C", p.proname COLLATE "C", p.oid)
        FROM given AS g
        JOIN pg_catalog.pg_proc AS p ON p.oid = g.oid
        JOIN spaces AS n ON n.oid = p.pronamespace
        WHERE g.classid = 'pg_catalog.pg_proc'::pg_catalog.regclass
          AND NOT EXISTS (SELECT FROM members AS m WHERE m.classid = g.classid AND m.objid = g.oid)
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
                       'natts', t.relnatts,
                       'unlogged', t.relpersistence = 'u' AND t.relkind = 'r',
                       'partition_key', CASE WHEN t.relkind = 'p' THEN pg_catalog.json_build_object(
                           'definition', pg_catalog.pg_get_partkeydef(t.oid),
                           'columns', (
                               SELECT coalesce(pg_catalog.json_agg(d.objsubid ORDER BY d.objsubid), '[]')
                               FROM pg_catalog.pg_depend AS d
                               -- A column of the key cannot go without the table.
                               WHERE d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass AND d.objid = t.oid AND d.objsubid > 0
                                 AND d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass AND d.refobjid = t.oid
                                 AND d.refobjsubid = 0 AND d.deptype = 'i'),
                           'uses', coalesce((
                               SELECT r.list FROM part_routines AS r
                               WHERE r.classid = 'pg_catalog.pg_class'::pg_catalog.regclass AND r.objid = t.oid), '[]')) END,
                       'partitions', CASE WHEN t.relkind = 'p' THEN (
                           SELECT coalesce(pg_catalog.json_agg(pg_catalog.json_build_object(
                               'oid', c.oid::bigint, 'kind', 'partition',
                               'identity', pg_catalog.concat(pg_catalog.quote_ident(n.nspname), '.', pg_catalog.quote_ident(c.relname)))
                               ORDER BY c.oid), '[]')
                           FROM pg_catalog.pg_inherits AS i
                           JOIN pg_catalog.pg_class AS c ON c.oid = i.inhrelid
                           JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
                           WHERE i.inhparent = t.oid) ELSE '[]' END,
                       'parents', (
                           SELECT coalesce(pg_catalog.json_agg(pg_catalog.json_build_object(
                               'oid', parent.oid::bigint,
                               'name', pg_catalog.json_build_object('schema', n.nspname, 'name', parent.relname),
                               'bound', pg_catalog.pg_get_expr(child.relpartbound, child.oid),
                               'beside_default', EXISTS (
                                   SELECT FROM pg_catalog.pg_partitioned_table AS p
                                   WHERE p.partrelid = parent.oid AND p.partdefid NOT IN (0, t.oid)))
                               ORDER BY i.inhseqno), '[]')
                           FROM pg_catalog.pg_inherits AS i
                           JOIN pg_catalog.pg_class AS child ON child.oid = i.inhrelid
                           JOIN pg_catalog.pg_class AS parent ON parent.oid = i.inhparent
                           JOIN pg_catalog.pg_namespace AS n ON n.oid = parent.relnamespace
                           WHERE i.inhrelid = t.oid),
                       'of_type', (
                           SELECT pg_catalog.json_build_object(
                               'type_name', pg_catalog.format_type(c.reloftype, NULL),
                               'type_oid', c.reloftype::bigint, 'array', false, 'multirange', false)
                           FROM pg_catalog.pg_class AS c
                           WHERE c.oid = t.oid AND c.reloftype <> 0),
                       'uses', (
                           SELECT coalesce(pg_catalog.json_agg(
                                      pg_catalog.json_build_object('oid', named.object::bigint, 'attnum', named.attnum)
                                      ORDER BY named.object, named.attnum), '[]')
                           FROM (
                               SELECT DISTINCT u.object, CASE u.rank WHEN 1 THEN u.objsubid ELSE 0 END AS attnum
                               FROM uses AS u
                               WHERE u.relid = t.oid AND u.refclassid = 'pg_catalog.pg_type'::pg_catalog.regclass
                                 AND u.extension IS NULL
                           ) AS named),
                       'columns', coalesce(t.columns, '[]'::pg_catalog.json),
                       'constraints', coalesce(t.constraints, '[]'::pg_catalog.json),
                       'indexes', coalesce(t.indexes, '[]'::pg_catalog.json),
                       'leaving', (
                           SELECT coalesce(pg_catalog.json_agg(x.indexrelid::bigint), '[]')
                           FROM pg_catalog.pg_index AS x
                           WHERE x.indrelid = t.oid AND NOT (x.indisvalid AND x.indisready AND x.indislive)))
                   ORDER BY t.nspname COLLATE "C", t.relname COLLATE "C")
        FROM described AS t
        WHERE t.relkind IN ('r', 'p')
    ), '[]'::pg_catalog.json),

    'views', coalesce((
        SELECT pg_catalog.json_agg(
                   pg_catalog.json_build_object(
                       'oid', t.oid::bigint,
                       'name', pg_catalog.json_build_object('schema', t.nspname, 'name', t.relname),
                       'materialized', t.relkind = 'm',
                       'columns', coalesce(t.columns, '[]'::pg_catalog.json),
                       'query', q.text,
                       'by_position', q.by_position,
                       'written', r.xmin::pg_catalog.text,
                       'options', o.options,
                       'indexes', coalesce(t.indexes, '[]'::pg_catalog.json),
                       'uses', (
                           SELECT coalesce(pg_catalog.json_agg(
                                      pg_catalog.json_build_object(
                                          'oid', u.oid::bigint, 'kind', i.type, 'identity', i.identity,
                                          'columns', (
                                              SELECT coalesce(pg_catalog.json_agg(
                                                         pg_catalog.json_build_object('attnum', a.attnum, 'name', a.attname)
                                                         ORDER BY a.attnum), '[]')
                                              FROM (
                                                  SELECT d.refobjsubid
                                                  FROM pg_catalog.pg_depend AS d
                                                  WHERE d.classid = 'pg_catalog.pg_rewrite'::pg_catalog.regclass AND d.objid = r.oid
                                                    AND d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass
                                                    AND d.refobjid = u.oid AND d.refobjsubid > 0
                                                  UNION
                                                  SELECT a.attnum
                                                  FROM pg_catalog.pg_attribute AS a
                                                  WHERE q.by_position AND a.attrelid = u.oid AND a.attnum > 0 AND NOT a.attisdropped
                                              ) AS mentioned (attnum)
                                              JOIN pg_catalog.pg_attribute AS a ON a.attrelid = u.oid AND a.attnum = mentioned.attnum
                                              WHERE u.classid = 'pg_catalog.pg_class'::pg_catalog.regclass))
                                      ORDER BY i.type COLLATE "C", i.identity COLLATE "C"), '[]')
                           FROM (
                               SELECT DISTINCT CASE c.relkind WHEN 'c' THEN 'pg_catalog.pg_type'::pg_catalog.regclass
                                                              ELSE d.refclassid END AS classid,
                                               CASE c.relkind WHEN 'c' THEN c.reltype ELSE d.refobjid END AS oid
                               FROM pg_catalog.pg_depend AS d
                               JOIN pg_catalog.pg_class AS c ON c.oid = d.refobjid
                               WHERE d.classid = 'pg_catalog.pg_rewrite'::pg_catalog.regclass AND d.objid = r.oid
                                 AND d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass
                                 AND d.refobjid >= 16384 AND d.refobjid <> t.oid
                               UNION
                               SELECT used.refclassid, used.object
                               FROM uses AS used
                               WHERE used.relid = t.oid AND used.extension IS NULL
                           ) AS u
                           CROSS JOIN LATERAL pg_catalog.pg_identify_object(u.classid, u.oid, 0) AS i))
                   ORDER BY t.nspname COLLATE "C", t.relname COLLATE "C")
        FROM described AS t
        JOIN pg_catalog.pg_rewrite AS r ON r.ev_class = t.oid AND r.rulename = '_RETURN'
        JOIN relation_options AS o ON o.oid = t.oid
        CROSS JOIN LATERAL (
            SELECT p.text,
                   -- It reads whole rows, or gives a table's columns other names, all of them: `FROM public.t t(a, b)`.
                   r.ev_action::pg_catalog.text ~ ':varattno 0 '
                   OR p.text ~ '[.]("([^"]|"")+"|[[:alnum:]_$]+) ("([^"]|"")+"|[[:alnum:]_$]+)[(]' AS by_position
            FROM (SELECT pg_catalog.btrim(pg_catalog.pg_get_viewdef(t.oid), ' ;') AS text OFFSET 0) AS p
            OFFSET 0
        ) AS q
        WHERE t.relkind IN ('v', 'm')
    ), '[]'::pg_catalog.json),

    'unsupported', coalesce((
        SELECT pg_catalog.json_agg(
                   pg_catalog.json_build_object(
                       'oid', u.oid::bigint, 'kind', u.kind, 'identity', u.identity, 'reason', u.reason,
                       'name', pg_catalog.json_build_object('schema', u.nspname, 'name', u.name))
                   ORDER BY u.nspname COLLATE "C", u.name COLLATE "C", u.identity COLLATE "C", u.kind COLLATE "C")
        FROM unsupported AS u
    ), '[]'::pg_catalog.json)
)
