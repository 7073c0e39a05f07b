CREATE EXTENSION pgcrypto;
CREATE FUNCTION nanoid_optimized(size int, alphabet text) RETURNS text LANGUAGE plpgsql VOLATILE PARALLEL SAFE AS $$
DECLARE id text := ''; bytes bytea := gen_random_bytes(size);
BEGIN
  FOR i IN 0 .. size - 1 LOOP id := id || substr(alphabet, 1 + get_byte(bytes, i) % length(alphabet), 1); END LOOP;
  RETURN id;
END $$;
CREATE FUNCTION nanoid(size int DEFAULT 21, alphabet text DEFAULT '_-0123456789abcdefghijklmnopqrstuvwxyz') RETURNS text LANGUAGE plpgsql VOLATILE AS $$
BEGIN RETURN nanoid_optimized(size, alphabet); END $$;
CREATE TABLE token (id text PRIMARY KEY DEFAULT nanoid(), hash bytea DEFAULT digest('x', 'sha256'));
