// All that an extension made, as text: what each of its members is, who may do what with it, and what a dump takes along.

const MEMBERS = `
  WITH members AS (
    SELECT d.classid, d.objid, i.type, i.identity
    FROM pg_catalog.pg_depend d, pg_catalog.pg_identify_object(d.classid, d.objid, 0) i
    WHERE d.deptype = 'e' AND d.refclassid = 'pg_catalog.pg_extension'::regclass
      AND d.refobjid = (SELECT oid FROM pg_catalog.pg_extension WHERE extname = 'electric_schema')
  ),
  -- What is in its schemas, a member or not: a script that forgets a schema makes what no dump will have.
  relations AS (
    SELECT c.* FROM pg_catalog.pg_class c
    WHERE c.relnamespace IN (SELECT n.oid FROM pg_catalog.pg_namespace n WHERE n.nspname IN ('electric_schema', '_electric_meta'))
  ),
  lines (what, how) AS (
    SELECT m.type || ' ' || m.identity, 'member' FROM members m
    UNION ALL
    SELECT 'extension', concat_ws(' ', e.extversion, e.extrelocatable, e.extnamespace::regnamespace, e.extowner::regrole)
    FROM pg_catalog.pg_extension e WHERE e.extname = 'electric_schema'
    UNION ALL
    SELECT 'dump of ' || c.relation::regclass, c.condition
    FROM pg_catalog.pg_extension e, unnest(e.extconfig, e.extcondition) WITH ORDINALITY AS c (relation, condition, place)
    WHERE e.extname = 'electric_schema'
    UNION ALL
    SELECT 'comment on ' || i.type || ' ' || i.identity, d.description
    FROM pg_catalog.pg_description d, pg_catalog.pg_identify_object(d.classoid, d.objoid, d.objsubid) i
    WHERE (d.classoid, d.objoid) IN (SELECT m.classid, m.objid FROM members m)
      OR d.classoid = 'pg_catalog.pg_class'::regclass AND d.objoid IN (SELECT r.oid FROM relations r)
    UNION ALL
    SELECT 'schema ' || n.nspname, concat_ws(' ', n.nspowner::regrole, n.nspacl::text)
    FROM pg_catalog.pg_namespace n WHERE n.nspname IN ('electric_schema', '_electric_meta')
    UNION ALL
    SELECT 'routine ' || p.oid::regprocedure, concat_ws(' ', p.proowner::regrole, p.proacl::text, pg_get_functiondef(p.oid))
    FROM pg_catalog.pg_proc p
    WHERE p.pronamespace IN (SELECT n.oid FROM pg_catalog.pg_namespace n WHERE n.nspname IN ('electric_schema', '_electric_meta')) AND p.prokind <> 'a'
    UNION ALL
    SELECT 'relation ' || r.oid::regclass,
           concat_ws(' ', r.relkind, r.relpersistence, r.relowner::regrole, r.relacl::text, r.reloptions::text, r.relrowsecurity, r.relreplident,
                     CASE WHEN r.relkind IN ('v', 'm') THEN pg_get_viewdef(r.oid) END, CASE WHEN r.relkind = 'i' THEN pg_get_indexdef(r.oid) END)
    FROM relations r
    UNION ALL
    SELECT format('column %s %s.%s', row_number() OVER (PARTITION BY a.attrelid ORDER BY a.attnum), r.oid::regclass, a.attname),
           concat_ws(' ', format_type(a.atttypid, a.atttypmod), a.attcollation, a.attnotnull, a.attidentity, a.attgenerated, a.attacl::text, a.attstorage,
                     pg_get_expr(d.adbin, d.adrelid))
    FROM relations r
    JOIN pg_catalog.pg_attribute a ON a.attrelid = r.oid AND a.attnum > 0 AND NOT a.attisdropped
    LEFT JOIN pg_catalog.pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
    UNION ALL
    SELECT format('constraint %s of %s', k.conname, r.oid::regclass), concat_ws(' ', k.convalidated, pg_get_constraintdef(k.oid))
    FROM relations r JOIN pg_catalog.pg_constraint k ON k.conrelid = r.oid
    UNION ALL
    SELECT format('trigger %s of %s', t.tgname, r.oid::regclass), concat_ws(' ', t.tgenabled, pg_get_triggerdef(t.oid))
    FROM relations r JOIN pg_catalog.pg_trigger t ON t.tgrelid = r.oid WHERE NOT t.tgisinternal
    UNION ALL
    SELECT 'event trigger ' || t.evtname, concat_ws(' ', t.evtevent, t.evtowner::regrole, t.evtfoid::regprocedure, t.evtenabled, t.evttags::text)
    FROM pg_catalog.pg_event_trigger t WHERE t.evtname LIKE 'electric\\_schema%'
  )
  SELECT l.line FROM (SELECT concat(what, ': ', how) AS line FROM lines) l ORDER BY l.line COLLATE "C"`

/** One line for each thing. */
export async function members(db) {
  return (await db.query(MEMBERS)).rows.map((row) => row.line)
}
