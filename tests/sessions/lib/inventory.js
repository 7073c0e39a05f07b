/** What is there of all that the sessions made, straight from the catalogs: tables, columns, valid indexes, partitions, enum values. */
export async function inventory(db) {
  const { rows } = await db.query(`
    WITH relation AS (
      SELECT c.oid, c.relkind, c.relname, n.nspname || '.' || c.relname AS name
      FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
      WHERE n.nspname ~ '^(s\\d+|shared)$' AND c.relkind IN ('r', 'p', 'i')
    )
    SELECT name FROM relation r
    WHERE relname ~ '_m\\d+x\\d+$' AND NOT EXISTS (SELECT FROM pg_index WHERE indexrelid = r.oid AND NOT indisvalid)
    UNION ALL
    SELECT name || '.' || attname FROM relation JOIN pg_attribute ON attrelid = oid
    WHERE relkind = 'r' AND attname ~ '^c_m\\d+x\\d+$' AND NOT attisdropped
    UNION ALL
    SELECT p.name || '>' || r.name FROM pg_inherits JOIN relation r ON r.oid = inhrelid JOIN relation p ON p.oid = inhparent
    WHERE NOT inhdetachpending AND r.relkind = 'r'
    UNION ALL
    SELECT n.nspname || '.' || t.typname || '=' || enumlabel
    FROM pg_enum JOIN pg_type t ON t.oid = enumtypid JOIN pg_namespace n ON n.oid = t.typnamespace WHERE enumlabel ~ '^v_m'`)
  return new Set(rows.map(({ name }) => name))
}
