-- The shortest way through: install, change the schema, see the entry.
CREATE EXTENSION electric_schema;
CREATE TABLE public.tasks (id bigint PRIMARY KEY, title text NOT NULL);
ALTER TABLE public.tasks ADD COLUMN due timestamptz;
DROP TABLE public.tasks;
SELECT seq, class, statements FROM _electric_meta.migrations ORDER BY seq;
SELECT electric_schema.verify() ->> 'ok' AS ok;
