BEGIN;
ALTER TABLE token ALTER COLUMN id DROP DEFAULT;
DROP FUNCTION nanoid(int, text);
CREATE FUNCTION nanoid(size int DEFAULT 21, alphabet text DEFAULT 'abc') RETURNS varchar LANGUAGE sql VOLATILE AS 'SELECT nanoid_optimized(size, alphabet)::varchar';
ALTER TABLE token ALTER COLUMN id SET DEFAULT nanoid(12);
COMMIT;
