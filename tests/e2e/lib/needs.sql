-- The functions and procedures that something stored needs: those that clients must have.
SELECT DISTINCT 'needs ' || CASE p.prokind WHEN 'p' THEN 'procedure' ELSE 'function' END AS kind,
       format('%I.%I(%s)', n.nspname, p.proname, pg_get_function_identity_arguments(p.oid)) AS name,
       NULL AS part_of, NULL AS place, '' AS definition
FROM pg_catalog.pg_proc p
JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace
JOIN pg_catalog.pg_depend d ON d.refclassid = 'pg_catalog.pg_proc'::regclass AND d.refobjid = p.oid
WHERE p.prokind IN ('f', 'p')
  AND n.nspname !~ '^pg_' AND n.nspname NOT IN ('information_schema', '_electric_meta', 'electric_schema', 'drizzle')
  AND d.classid IN ('pg_catalog.pg_attrdef'::regclass, 'pg_catalog.pg_constraint'::regclass, 'pg_catalog.pg_class'::regclass,
                    'pg_catalog.pg_rewrite'::regclass, 'pg_catalog.pg_type'::regclass)
  -- Neither an extension's nor a range type's own.
  AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend m
                  WHERE m.classid = 'pg_catalog.pg_proc'::regclass AND m.objid = p.oid AND m.deptype IN ('e', 'i'))
