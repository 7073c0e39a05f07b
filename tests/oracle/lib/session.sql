-- What a session of the oracle brings along, for this session only.

-- Schema and rows in one answer. The key of a row is its table's first column, whatever its present name.
CREATE FUNCTION pg_temp.oracle_state() RETURNS json LANGUAGE plpgsql SET search_path = '' AS $f$
DECLARE
  tables jsonb;
  result jsonb;
  one jsonb;
  rows jsonb := '{}';
  t jsonb;
BEGIN
  WITH namespace AS (
    SELECT oid, nspname FROM pg_catalog.pg_namespace
    WHERE nspname !~ '^pg_' AND nspname NOT IN ('information_schema', '_electric_meta', 'electric_schema')
  ), relation AS (
    SELECT c.*, n.nspname, format('%I.%I', n.nspname, c.relname) AS q
    FROM pg_catalog.pg_class c JOIN namespace n ON n.oid = c.relnamespace
    WHERE c.relkind IN ('r', 'p') AND c.relpersistence <> 't'
  )
  SELECT coalesce(jsonb_agg(jsonb_build_object(
      'oid', r.oid::bigint, 'schema', r.nspname, 'name', r.relname, 'q', r.q, 'unlogged', r.relpersistence = 'u', 'kind', r.relkind,
      'keydef', CASE r.relkind WHEN 'p' THEN pg_get_partkeydef(r.oid) END, 'bound', pg_get_expr(r.relpartbound, r.oid),
      'parents', (SELECT coalesce(jsonb_agg(i.inhparent::bigint ORDER BY i.inhseqno), '[]') FROM pg_catalog.pg_inherits i WHERE i.inhrelid = r.oid),
      'children', (SELECT count(*) FROM pg_catalog.pg_inherits i WHERE i.inhparent = r.oid),
      'of', CASE WHEN r.reloftype <> 0 THEN format_type(r.reloftype, NULL) END,
      'cols', (
        SELECT coalesce(jsonb_agg(jsonb_build_object(
          'n', a.attname, 'q', quote_ident(a.attname), 'num', a.attnum, 'type', format_type(a.atttypid, a.atttypmod),
          'nn', a.attnotnull, 'def', pg_get_expr(d.adbin, d.adrelid), 'id', a.attidentity, 'gen', a.attgenerated = 's',
          'labels', (SELECT jsonb_agg(e.enumlabel ORDER BY e.enumsortorder) FROM pg_catalog.pg_enum e
                     WHERE e.enumtypid IN (a.atttypid, ty.typelem)),
          'labelOids', (SELECT jsonb_agg(e.oid::bigint ORDER BY e.enumsortorder) FROM pg_catalog.pg_enum e
                        WHERE e.enumtypid IN (a.atttypid, ty.typelem)),
          'base', CASE ty.typtype WHEN 'd' THEN format_type(ty.typbasetype, ty.typtypmod) END,
          'range', ty.typtype IN ('r', 'm'), 'composite', ty.typtype = 'c',
          'seq', pg_get_serial_sequence(r.q, a.attname)) ORDER BY a.attnum), '[]')
        FROM pg_catalog.pg_attribute a
        JOIN pg_catalog.pg_type ty ON ty.oid = a.atttypid
        LEFT JOIN pg_catalog.pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
        WHERE a.attrelid = r.oid AND a.attnum > 0 AND NOT a.attisdropped),
      'cons', (
        SELECT coalesce(jsonb_agg(jsonb_build_object(
          'n', c.conname, 'q', quote_ident(c.conname), 'type', c.contype, 'cols', c.conkey, 'def', pg_get_constraintdef(c.oid),
          'valid', c.convalidated, 'inherited', c.conparentid <> 0, 'deferrable', c.condeferrable, 'deferred', c.condeferred,
          'ref', c.confrelid::bigint, 'refcols', c.confkey) ORDER BY c.conname), '[]')
        FROM pg_catalog.pg_constraint c WHERE c.conrelid = r.oid AND c.contype IN ('p', 'u', 'c', 'f', 'x')),
      'idx', (
        SELECT coalesce(jsonb_agg(jsonb_build_object(
          'n', x.relname, 'q', quote_ident(x.relname), 'unique', i.indisunique, 'cols', i.indkey::int2[]::int[],
          'expr', i.indexprs IS NOT NULL, 'pred', pg_get_expr(i.indpred, i.indrelid), 'options', x.reloptions,
          'nodefer', i.indimmediate) ORDER BY x.relname), '[]')
        FROM pg_catalog.pg_index i JOIN pg_catalog.pg_class x ON x.oid = i.indexrelid
        WHERE i.indrelid = r.oid
          AND NOT EXISTS (SELECT FROM pg_catalog.pg_constraint c WHERE c.conindid = x.oid AND c.contype IN ('p', 'u', 'x')))
    ) ORDER BY r.q), '[]') INTO tables
  FROM relation r;

  SELECT jsonb_build_object(
    'tables', tables,
    'schemas', (SELECT jsonb_agg(nspname ORDER BY nspname) FROM pg_catalog.pg_namespace
                WHERE nspname !~ '^pg_' AND nspname NOT IN ('information_schema', '_electric_meta', 'electric_schema')),
    'enums', (SELECT coalesce(jsonb_agg(jsonb_build_object('schema', n.nspname, 'n', t.typname, 'q', format('%I.%I', n.nspname, t.typname),
                'labels', (SELECT jsonb_agg(e.enumlabel ORDER BY e.enumsortorder) FROM pg_catalog.pg_enum e WHERE e.enumtypid = t.oid))
                ORDER BY n.nspname, t.typname), '[]')
              FROM pg_catalog.pg_type t JOIN pg_catalog.pg_namespace n ON n.oid = t.typnamespace WHERE t.typtype = 'e'),
    'domains', (SELECT coalesce(jsonb_agg(jsonb_build_object('schema', n.nspname, 'n', t.typname, 'q', format('%I.%I', n.nspname, t.typname),
                'base', format_type(t.typbasetype, t.typtypmod), 'nn', t.typnotnull, 'def', t.typdefault,
                'cons', (SELECT coalesce(jsonb_agg(jsonb_build_object('q', quote_ident(c.conname), 'valid', c.convalidated) ORDER BY c.conname), '[]')
                         FROM pg_catalog.pg_constraint c WHERE c.contypid = t.oid AND c.contype = 'c'))
                ORDER BY n.nspname, t.typname), '[]')
              FROM pg_catalog.pg_type t JOIN pg_catalog.pg_namespace n ON n.oid = t.typnamespace
              WHERE t.typtype = 'd' AND n.nspname NOT IN ('pg_catalog', 'information_schema', '_electric_meta', 'electric_schema')),
    'composites', (SELECT coalesce(jsonb_agg(jsonb_build_object('schema', n.nspname, 'n', t.typname, 'q', format('%I.%I', n.nspname, t.typname),
                'attrs', (SELECT coalesce(jsonb_agg(jsonb_build_object('n', a.attname, 'q', quote_ident(a.attname), 'type', format_type(a.atttypid, a.atttypmod))
                          ORDER BY a.attnum), '[]')
                          FROM pg_catalog.pg_attribute a WHERE a.attrelid = t.typrelid AND a.attnum > 0 AND NOT a.attisdropped))
                ORDER BY n.nspname, t.typname), '[]')
              FROM pg_catalog.pg_type t JOIN pg_catalog.pg_class c ON c.oid = t.typrelid AND c.relkind = 'c'
              JOIN pg_catalog.pg_namespace n ON n.oid = t.typnamespace
              WHERE n.nspname !~ '^pg_' AND n.nspname NOT IN ('information_schema', '_electric_meta', 'electric_schema')),
    'ranges', (SELECT coalesce(jsonb_agg(jsonb_build_object('schema', n.nspname, 'n', t.typname, 'q', format('%I.%I', n.nspname, t.typname),
                'sub', format_type(g.rngsubtype, NULL), 'names', ARRAY[format_type(g.rngtypid, NULL), format_type(g.rngmultitypid, NULL)])
                ORDER BY n.nspname, t.typname), '[]')
              FROM pg_catalog.pg_range g JOIN pg_catalog.pg_type t ON t.oid = g.rngtypid
              JOIN pg_catalog.pg_namespace n ON n.oid = t.typnamespace WHERE n.nspname !~ '^pg_'),
    'routines', (SELECT coalesce(jsonb_agg(jsonb_build_object('schema', n.nspname, 'n', p.proname, 'q', format('%I.%I', n.nspname, p.proname),
                'kind', p.prokind, 'args', pg_get_function_identity_arguments(p.oid), 'result', format_type(p.prorettype, NULL),
                'types', (SELECT coalesce(jsonb_agg(format_type(a.type, NULL) ORDER BY a.place), '[]')
                          FROM unnest(p.proargtypes) WITH ORDINALITY a (type, place)))
                ORDER BY n.nspname, p.proname, p.proargtypes::text), '[]')
              FROM pg_catalog.pg_proc p JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace
              -- A range type's own functions are part of it.
              WHERE n.nspname !~ '^pg_' AND n.nspname NOT IN ('information_schema', '_electric_meta', 'electric_schema')
                AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend d WHERE d.classid = 'pg_catalog.pg_proc'::regclass AND d.objid = p.oid AND d.deptype IN ('i', 'e'))),
    'views', (SELECT coalesce(jsonb_agg(jsonb_build_object('schema', n.nspname, 'n', c.relname, 'q', format('%I.%I', n.nspname, c.relname),
                'mat', c.relkind = 'm', 'def', pg_get_viewdef(c.oid), 'options', array_to_string(c.reloptions, ', '),
                'cols', (SELECT coalesce(jsonb_agg(jsonb_build_object('n', a.attname, 'q', quote_ident(a.attname), 'num', a.attnum,
                           'type', format_type(a.atttypid, a.atttypmod)) ORDER BY a.attnum), '[]')
                         FROM pg_catalog.pg_attribute a WHERE a.attrelid = c.oid AND a.attnum > 0),
                'idx', (SELECT coalesce(jsonb_agg(jsonb_build_object('n', x.relname) ORDER BY x.relname), '[]')
                        FROM pg_catalog.pg_index i JOIN pg_catalog.pg_class x ON x.oid = i.indexrelid WHERE i.indrelid = c.oid),
                'reads', (SELECT coalesce(jsonb_agg(DISTINCT d.refobjid::bigint), '[]')
                          FROM pg_catalog.pg_rewrite w JOIN pg_catalog.pg_depend d ON d.classid = 'pg_catalog.pg_rewrite'::regclass AND d.objid = w.oid
                            AND d.refclassid = 'pg_catalog.pg_class'::regclass
                          WHERE w.ev_class = c.oid))
                ORDER BY n.nspname, c.relname), '[]')
              FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
              WHERE c.relkind IN ('v', 'm') AND n.nspname !~ '^pg_' AND n.nspname NOT IN ('information_schema', '_electric_meta', 'electric_schema')),
    'sequences', (SELECT coalesce(jsonb_agg(jsonb_build_object('oid', c.oid::bigint, 'schema', n.nspname, 'n', c.relname, 'q', format('%I.%I', n.nspname, c.relname),
                'unlogged', c.relpersistence = 'u', 'min', s.seqmin, 'max', s.seqmax::text, 'inc', s.seqincrement, 'cycle', s.seqcycle,
                'type', format_type(s.seqtypid, NULL), 'last', pg_sequence_last_value(c.oid)::text, 'owned', d.deptype, 'owner', d.refobjid::bigint)
                ORDER BY n.nspname, c.relname), '[]')
              FROM pg_catalog.pg_sequence s JOIN pg_catalog.pg_class c ON c.oid = s.seqrelid
              JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
              LEFT JOIN pg_catalog.pg_depend d ON d.classid = 'pg_catalog.pg_class'::regclass AND d.objid = c.oid
                AND d.refobjsubid > 0 AND d.deptype IN ('a', 'i')
              WHERE n.nspname !~ '^pg_' AND n.nspname NOT IN ('_electric_meta', 'electric_schema'))
  ) INTO result;

  FOR t IN SELECT * FROM jsonb_array_elements(tables) LOOP
    -- A parent's rows are its own, not its children's; what is partitioned has none.
    IF jsonb_array_length(t -> 'cols') > 0 AND t ->> 'kind' = 'r' THEN
      EXECUTE format('SELECT coalesce(jsonb_object_agg(%1$s::text, ARRAY[%2$s]) FILTER (WHERE %1$s IS NOT NULL), ''{}'') FROM ONLY %3$s',
        t #>> '{cols,0,q}',
        (SELECT string_agg((c ->> 'q') || '::text', ', ' ORDER BY (c ->> 'num')::int) FROM jsonb_array_elements(t -> 'cols') c),
        t ->> 'q') INTO one;
      rows := rows || jsonb_build_object(t ->> 'oid', one);
    END IF;
  END LOOP;
  RETURN result || jsonb_build_object('rows', rows);
END $f$;

-- Runs each statement by itself; gives what it failed with, or NULL. Undoes them all unless `keep`, sequences too.
CREATE FUNCTION pg_temp.oracle_try(statements text[], keep boolean) RETURNS text[] LANGUAGE plpgsql AS $f$
DECLARE
  failures text[] := '{}';
  statement text;
  places text[] := '{}';
  place text;
  r record;
BEGIN
  IF NOT keep THEN
    FOR r IN SELECT format('%I.%I', n.nspname, c.relname) AS q FROM pg_catalog.pg_class c
             JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
             WHERE c.relkind = 'S' AND n.nspname !~ '^pg_' AND n.nspname NOT IN ('_electric_meta', 'electric_schema') LOOP
      EXECUTE format('SELECT format(''SELECT setval(%%L, %%s, %%L)'', %L, last_value, is_called) FROM %s', r.q, r.q) INTO place;
      places := array_append(places, place);
    END LOOP;
  END IF;
  FOREACH statement IN ARRAY statements LOOP
    BEGIN
      EXECUTE statement;
      SET CONSTRAINTS ALL IMMEDIATE;
      IF NOT keep THEN
        RAISE EXCEPTION USING ERRCODE = 'OR000', MESSAGE = 'undo';
      END IF;
      failures := array_append(failures, NULL);
    EXCEPTION
      WHEN SQLSTATE 'OR000' THEN failures := array_append(failures, NULL);
      WHEN OTHERS THEN failures := array_append(failures, SQLSTATE || ' ' || SQLERRM);
    END;
    IF NOT keep THEN
      FOREACH place IN ARRAY places LOOP EXECUTE place; END LOOP;
    END IF;
  END LOOP;
  RETURN failures;
END $f$;
