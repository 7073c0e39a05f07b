CREATE TABLE newer (id uuid DEFAULT uuidv7(), t text COLLATE pg_catalog.pg_unicode_fast DEFAULT casefold('X'), CHECK (casefold(t) <> ''));
