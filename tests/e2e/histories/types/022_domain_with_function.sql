CREATE FUNCTION kinds.is_code(text) RETURNS boolean LANGUAGE sql IMMUTABLE AS $$ SELECT $1 = upper($1) $$;
CREATE FUNCTION kinds.next_code() RETURNS text LANGUAGE plpgsql AS $$ BEGIN RETURN 'ABC'; END $$;
CREATE DOMAIN kinds.code AS text DEFAULT kinds.next_code() CHECK (kinds.is_code(VALUE));
CREATE TABLE coded (c kinds.code, cs kinds.code[] DEFAULT '{A}');
INSERT INTO coded DEFAULT VALUES;
