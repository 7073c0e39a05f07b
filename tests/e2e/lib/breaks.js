// What somebody does to a client's schema by hand. Each finds its victim in the catalogs, and says how check() has to name it.
const victims = `
  WITH victim AS (
    SELECT c.oid, format('%I.%I', n.nspname, c.relname) AS name
    FROM pg_catalog.pg_class c
    JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
    WHERE c.relkind = 'r' AND c.relpersistence = 'p' AND n.nspname !~ '^pg_' AND n.nspname NOT IN ('information_schema', '_electric_meta')
      AND c.reloftype = 0
      -- What is done to one of a family is done to others.
      AND NOT EXISTS (SELECT FROM pg_catalog.pg_inherits i WHERE c.oid IN (i.inhrelid, i.inhparent))
  )`

const breaks = [
  `SELECT format('DROP INDEX %s', i.indexrelid::regclass) AS sql, format('- index %s.%I', t.name, c.relname) AS named
   FROM victim t JOIN pg_catalog.pg_index i ON i.indrelid = t.oid AND NOT i.indisunique JOIN pg_catalog.pg_class c ON c.oid = i.indexrelid
   WHERE NOT EXISTS (SELECT FROM pg_catalog.pg_constraint k WHERE k.conindid = i.indexrelid)`,
  `SELECT format('ALTER TABLE %s ALTER %I DROP DEFAULT', t.name, a.attname) AS sql, format('! column %s.%I', t.name, a.attname) AS named
   FROM victim t JOIN pg_catalog.pg_attrdef d ON d.adrelid = t.oid
   JOIN pg_catalog.pg_attribute a ON a.attrelid = t.oid AND a.attnum = d.adnum AND a.attgenerated = ''`,
  `SELECT format('ALTER TABLE %s ADD COLUMN "an ""odd"" one" integer DEFAULT 1', t.name) AS sql, format('+ column %s."an ""odd"" one"', t.name) AS named
   FROM victim t`,
  `SELECT format('ALTER TABLE %s DROP CONSTRAINT %I, ADD CONSTRAINT %I CHECK (1 < 2)', t.name, k.conname, k.conname) AS sql,
          format('! constraint %s.%I', t.name, k.conname) AS named
   FROM victim t JOIN pg_catalog.pg_constraint k ON k.conrelid = t.oid AND k.contype = 'c'`,
  `SELECT format('ALTER TABLE %s ADD CONSTRAINT own CHECK (1 < 2)', t.name) AS sql, format('+ constraint %s.own', t.name) AS named
   FROM victim t`,
  // Nobody's business.
  `SELECT format('CREATE SCHEMA own; CREATE TABLE own.own (LIKE %s, FOREIGN KEY (%I) REFERENCES %s)', t.name, a.attname, t.name) AS sql, NULL AS named
   FROM victim t JOIN pg_catalog.pg_constraint k ON k.conrelid = t.oid AND k.contype = 'p' AND cardinality(k.conkey) = 1
   JOIN pg_catalog.pg_attribute a ON a.attrelid = t.oid AND a.attnum = k.conkey[1]`,
  `SELECT 'CREATE TABLE public.own (id serial PRIMARY KEY, x text UNIQUE)' AS sql, '+ table public.own' AS named`,
]

/**
 * Breaks a client's schema; gives what was done and what check() has to find.
 * @param {(sql: string) => Promise<{ rows: object[] }[]>} run  sends several statements as one simple query
 */
export async function breakSchema(run) {
  const done = []
  const expected = []
  for (const found of breaks) {
    const results = await run(`BEGIN; SET LOCAL search_path = ''; ${victims} SELECT * FROM (${found}) found ORDER BY sql COLLATE "C" LIMIT 1; COMMIT`)
    const [{ sql, named } = {}] = results.flatMap(({ rows }) => rows ?? [])
    if (!sql) continue
    await run(sql)
    done.push(sql)
    if (named) expected.push(named)
  }
  return { done, expected: expected.sort() }
}
