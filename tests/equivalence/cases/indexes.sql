-- CASE plain indexes of many kinds: additive
CREATE TABLE app.t (a int, b text, c text COLLATE "C", j jsonb, r int4range, d date);
-- CHANGE
CREATE INDEX ON app.t (a, b DESC NULLS LAST) INCLUDE (d);
CREATE INDEX t_lower ON app.t (lower(b), (a IS NULL)) WHERE b IS NOT NULL AND c <> 'x';
CREATE INDEX t_pattern ON app.t (b text_pattern_ops, c COLLATE "POSIX");
CREATE INDEX t_json ON app.t USING gin (j jsonb_path_ops) WITH (fastupdate = off);
CREATE INDEX t_range ON app.t USING gist (r) WITH (fillfactor = 60, buffering = on);
CREATE INDEX t_brin ON app.t USING brin (d, a int4_minmax_multi_ops (values_per_range = 16)) WITH (pages_per_range = 8);
CREATE INDEX t_hash ON app.t USING hash (c);

-- CASE an index of an operator class of an extension: additive
CREATE SCHEMA app2; CREATE EXTENSION hstore SCHEMA app; CREATE EXTENSION pg_trgm SCHEMA app2; CREATE EXTENSION btree_gist SCHEMA app2;
CREATE TABLE app.t (a text, b int, h app.hstore);
-- CHANGE
CREATE INDEX t_a ON app.t USING gin (a app2.gin_trgm_ops);
CREATE INDEX t_b ON app.t USING gist (b app2.gist_int4_ops, h app.gist_hstore_ops (siglen = 32));

-- CASE a unique index comes: destructive
CREATE TABLE app.t (a int, b text);
-- CHANGE
CREATE UNIQUE INDEX t_u ON app.t (a, lower(b)) WHERE a > 0;

-- CASE a unique index on a new column alone: additive
CREATE TABLE app.t (a int);
-- CHANGE
ALTER TABLE app.t ADD COLUMN b text;
CREATE UNIQUE INDEX t_b ON app.t (b);

-- CASE an index that can fail: destructive
CREATE TABLE app.t (a int);
-- CHANGE
CREATE INDEX t_a ON app.t ((100 / a));

-- CASE a plain index goes: additive
CREATE TABLE app.t (a int); CREATE INDEX t_a ON app.t (a);
-- CHANGE
DROP INDEX app.t_a;

-- CASE a unique index goes: destructive
CREATE TABLE app.t (a int); CREATE UNIQUE INDEX t_a ON app.t (a);
-- CHANGE
DROP INDEX app.t_a;

-- CASE a plain index renamed: additive
CREATE TABLE app.t (a int); CREATE INDEX t_a ON app.t (a);
-- CHANGE
ALTER INDEX app.t_a RENAME TO "t.a";

-- CASE an index renamed as if it were a table: additive
CREATE TABLE app.t (a int); CREATE INDEX t_a ON app.t (a);
-- CHANGE
ALTER TABLE app.t_a RENAME TO t_b;

-- CASE a table renamed as if it were an index: destructive
CREATE TABLE app.t (a int DEFAULT 1); CREATE TABLE app.u (a int);
-- CHANGE
ALTER INDEX app.t RENAME TO z;

-- A statement infers a unique index by its columns and cannot name it, so that its name is nobody's business.
-- CASE a unique index renamed: additive
CREATE TABLE app.t (a int); CREATE UNIQUE INDEX t_a ON app.t (a);
-- CHANGE
ALTER INDEX app.t_a RENAME TO t_b;

-- CASE two indexes swap names: additive
CREATE TABLE app.t (a int, b int); CREATE INDEX one ON app.t (a); CREATE INDEX two ON app.t (b);
-- CHANGE
ALTER INDEX app.one RENAME TO tmp;
ALTER INDEX app.two RENAME TO one;
ALTER INDEX app.tmp RENAME TO two;

-- CASE storage parameters of an index: additive
CREATE TABLE app.t (a int); CREATE INDEX t_a ON app.t (a) WITH (fillfactor = 60);
-- CHANGE
ALTER INDEX app.t_a SET (fillfactor = 70, deduplicate_items = off);

-- CASE IF NOT EXISTS of an index that exists: nothing
CREATE TABLE app.t (a int, b int); CREATE INDEX t_a ON app.t (a);
-- CHANGE
CREATE INDEX IF NOT EXISTS t_a ON app.t (b);

-- CASE an index replaced by itself: nothing
CREATE TABLE app.t (a int); CREATE INDEX t_a ON app.t (a) WHERE a > 1;
-- CHANGE
DROP INDEX app.t_a;
CREATE INDEX t_a ON app.t (a) WHERE a > 1;

-- CASE an index replaced by another: additive
CREATE TABLE app.t (a int, b int); CREATE INDEX t_a ON app.t (a);
-- CHANGE
DROP INDEX app.t_a;
CREATE INDEX t_a ON app.t (b);

-- CASE what only the server knows of an index: nothing
CREATE TABLE app.t (a int, b int); CREATE INDEX t_a ON app.t ((a + b));
-- CHANGE
ALTER INDEX app.t_a ALTER COLUMN 1 SET STATISTICS 100;
COMMENT ON INDEX app.t_a IS 'x';
REINDEX INDEX app.t_a;

-- CASE an index of a table that moves: destructive
CREATE SCHEMA app2; CREATE TABLE app.t (a int); CREATE INDEX t_a ON app.t (a);
-- CHANGE
ALTER TABLE app.t SET SCHEMA app2;
ALTER INDEX app2.t_a RENAME TO t_b;
DROP INDEX app2.t_b;
