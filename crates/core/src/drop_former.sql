DECLARE
  item record;
  remaining bigint;
  stuck text;
  path text := pg_catalog.current_setting('search_path');
BEGIN
  IF NOT EXISTS (SELECT FROM _electric_meta.applied) THEN RETURN; END IF;
  -- The types of arguments are printed as the ledger has them.
  PERFORM pg_catalog.set_config('search_path', '', true);
  CREATE TEMPORARY TABLE electric_schema_former ON COMMIT DROP AS
    WITH f (kind, schema, name, arguments) AS (VALUES @FORMER@)
    SELECT f.kind, c.oid, 1 AS turn,
      CASE c.relkind WHEN 'v' THEN 'VIEW' WHEN 'm' THEN 'MATERIALIZED VIEW' WHEN 'S' THEN 'SEQUENCE' ELSE 'TABLE' END AS type,
      pg_catalog.format('%I.%I', f.schema, f.name) AS name
    FROM f
    JOIN pg_catalog.pg_namespace n ON n.nspname = f.schema
    JOIN pg_catalog.pg_class c ON c.relnamespace = n.oid AND c.relname = f.name
      AND (f.kind, c.relkind::text) IN (('table', 'r'), ('table', 'p'), ('view', 'v'), ('view', 'm'), ('sequence', 'S'))
    UNION ALL
    SELECT f.kind, t.oid, 2, CASE f.kind WHEN 'domain' THEN 'DOMAIN' ELSE 'TYPE' END, pg_catalog.format('%I.%I', f.schema, f.name)
    FROM f
    JOIN pg_catalog.pg_namespace n ON n.nspname = f.schema
    JOIN pg_catalog.pg_type t ON t.typnamespace = n.oid AND t.typname = f.name
      AND (f.kind, t.typtype::text) IN (('enum', 'e'), ('domain', 'd'), ('range', 'r'), ('composite', 'c'))
    LEFT JOIN pg_catalog.pg_class c ON c.oid = t.typrelid
    WHERE c.relkind IS NULL OR c.relkind = 'c'
    UNION ALL
    SELECT f.kind, p.oid, 2, CASE p.prokind WHEN 'p' THEN 'PROCEDURE' ELSE 'FUNCTION' END,
      pg_catalog.format('%I.%I(%s)', f.schema, f.name, f.arguments)
    FROM f
    JOIN pg_catalog.pg_namespace n ON n.nspname = f.schema
    JOIN pg_catalog.pg_proc p ON p.pronamespace = n.oid AND p.proname = f.name AND f.kind = 'routine'
      AND pg_catalog.pg_get_function_identity_arguments(p.oid) = f.arguments;
  FOR item IN
    SELECT k.conrelid::pg_catalog.regclass AS relation, k.conname FROM pg_catalog.pg_constraint k
    WHERE k.contype = 'f' AND k.conparentid = 0
      AND k.confrelid IN (SELECT oid FROM pg_temp.electric_schema_former WHERE kind = 'table')
  LOOP
    EXECUTE pg_catalog.format('ALTER TABLE %s DROP CONSTRAINT %I', item.relation, item.conname);
  END LOOP;
  -- A sequence that another table draws from, too, must not go with its owner.
  FOR item IN
    SELECT name FROM pg_temp.electric_schema_former f WHERE f.kind = 'sequence'
      AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend d WHERE d.objid = f.oid AND d.deptype = 'i')
  LOOP
    EXECUTE pg_catalog.format('ALTER SEQUENCE %s OWNED BY NONE', item.name);
  END LOOP;
  -- In the order of creation backwards, which mostly does; what something else still needs waits for the next round.
  LOOP
    SELECT pg_catalog.count(*) INTO remaining FROM pg_temp.electric_schema_former;
    EXIT WHEN remaining = 0;
    FOR item IN SELECT f.kind, f.oid, f.type, f.name FROM pg_temp.electric_schema_former f ORDER BY f.turn, f.kind = 'sequence', f.oid DESC LOOP
      BEGIN
        EXECUTE 'DROP ' || item.type || ' IF EXISTS ' || item.name;
        DELETE FROM pg_temp.electric_schema_former f WHERE (f.kind, f.oid) = (item.kind, item.oid);
      EXCEPTION WHEN dependent_objects_still_exist THEN
        stuck := 'DROP ' || item.type || ' ' || item.name;
      END;
    END LOOP;
    IF remaining = (SELECT pg_catalog.count(*) FROM pg_temp.electric_schema_former) THEN
      -- What hangs on it is the client's own: this says what.
      EXECUTE stuck;
    END IF;
  END LOOP;
  FOR item IN SELECT f.schema FROM (VALUES @FORMER@) f (kind, schema, name, arguments) WHERE f.kind = 'schema' LOOP
    BEGIN
      EXECUTE pg_catalog.format('DROP SCHEMA IF EXISTS %I', item.schema);
    EXCEPTION WHEN dependent_objects_still_exist THEN
      -- What is left there is the client's own.
      NULL;
    END;
  END LOOP;
  PERFORM pg_catalog.set_config('search_path', path, true);
END
