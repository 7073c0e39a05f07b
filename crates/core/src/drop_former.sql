DECLARE
  item record;
BEGIN
  IF NOT EXISTS (SELECT FROM _electric_meta.applied) THEN RETURN; END IF;
  CREATE TEMPORARY TABLE electric_schema_former ON COMMIT DROP AS
    SELECT f.kind, c.oid AS relation, t.oid AS type, pg_catalog.format('%I.%I', f.schema, f.name) AS name
    FROM (VALUES @FORMER@) f (kind, schema, name)
    JOIN pg_catalog.pg_namespace n ON n.nspname = f.schema
    LEFT JOIN pg_catalog.pg_class c ON c.relnamespace = n.oid AND c.relname = f.name
      AND c.relkind = CASE f.kind WHEN 'table' THEN 'r' WHEN 'sequence' THEN 'S' END
    LEFT JOIN pg_catalog.pg_type t ON t.typnamespace = n.oid AND t.typname = f.name
      AND t.typtype = CASE f.kind WHEN 'enum' THEN 'e' WHEN 'domain' THEN 'd' END
    WHERE c.oid IS NOT NULL OR t.oid IS NOT NULL;
  FOR item IN
    SELECT k.conrelid::pg_catalog.regclass AS relation, k.conname FROM pg_catalog.pg_constraint k
    WHERE k.contype = 'f' AND k.conparentid = 0
      AND (k.confrelid IN (SELECT relation FROM pg_temp.electric_schema_former WHERE kind = 'table'))
  LOOP
    EXECUTE pg_catalog.format('ALTER TABLE %s DROP CONSTRAINT %I', item.relation, item.conname);
  END LOOP;
  -- A sequence that another table draws from, too, must not go with its owner.
  FOR item IN
    SELECT name FROM pg_temp.electric_schema_former f WHERE f.kind = 'sequence'
      AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend d WHERE d.objid = f.relation AND d.deptype = 'i')
  LOOP
    EXECUTE pg_catalog.format('ALTER SEQUENCE %s OWNED BY NONE', item.name);
  END LOOP;
  FOR item IN SELECT kind, name FROM pg_temp.electric_schema_former ORDER BY kind = 'enum', kind = 'sequence', kind = 'domain', type DESC LOOP
    EXECUTE 'DROP ' || CASE item.kind WHEN 'enum' THEN 'TYPE' ELSE pg_catalog.upper(item.kind) END || ' IF EXISTS ' || item.name;
  END LOOP;
  FOR item IN SELECT f.schema FROM (VALUES @FORMER@) f (kind, schema, name) WHERE f.kind = 'schema' LOOP
    BEGIN
      EXECUTE pg_catalog.format('DROP SCHEMA IF EXISTS %I', item.schema);
    EXCEPTION WHEN dependent_objects_still_exist THEN
      -- What is left there is the client's own.
      NULL;
    END;
  END LOOP;
END
