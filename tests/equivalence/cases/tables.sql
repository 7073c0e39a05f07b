-- CASE a table with all that it can have: additive
CREATE TYPE app.mood AS ENUM ('ok', 'bad'); CREATE TABLE app.r (id int PRIMARY KEY, k text UNIQUE);
-- CHANGE
CREATE TABLE app.t (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, s serial, r int NOT NULL REFERENCES app.r ON DELETE SET NULL,
  k text COLLATE "C" DEFAULT 'x' REFERENCES app.r (k) DEFERRABLE INITIALLY DEFERRED, m app.mood[] DEFAULT '{ok}', n numeric(10,2),
  g text GENERATED ALWAYS AS (k || 'y') STORED, at timestamptz DEFAULT now(), parent bigint REFERENCES app.t,
  CONSTRAINT positive CHECK (n > 0 AND k <> ''), UNIQUE (r, k) INCLUDE (n), UNIQUE NULLS NOT DISTINCT (at));
CREATE INDEX ON app.t (r) WHERE n IS NOT NULL;

-- CASE IF NOT EXISTS of a table that exists: nothing
CREATE TABLE app.t (id int);
-- CHANGE
CREATE TABLE IF NOT EXISTS app.t (id int, more text);

-- CASE a table that comes and goes: nothing
-- CHANGE
CREATE TABLE app.t (id serial PRIMARY KEY);
CREATE INDEX ON app.t (id);
DROP TABLE app.t;

-- CASE a table that others hold goes: destructive
CREATE TABLE app.t (id int PRIMARY KEY); CREATE TABLE app.u (t int REFERENCES app.t);
-- CHANGE
DROP TABLE app.t CASCADE;

-- CASE tables go: destructive
CREATE TABLE app.t (id serial PRIMARY KEY); CREATE TABLE app.u (t int REFERENCES app.t); CREATE TABLE app.v (a int);
-- CHANGE
DROP TABLE app.u, app.t;

-- CASE a table that is not there goes: nothing
CREATE TABLE app.t (id int);
-- CHANGE
DROP TABLE IF EXISTS app.missing;

-- CASE a table dropped and made again: destructive
CREATE TABLE app.t (id int PRIMARY KEY, a text);
-- CHANGE
DROP TABLE app.t;
CREATE TABLE app.t (id int PRIMARY KEY, a text);

-- CASE a table replaced by a copy with rows: destructive
CREATE TABLE app.t (id int PRIMARY KEY, a text); INSERT INTO app.t VALUES (1, 'x');
-- CHANGE
CREATE TABLE app.new AS TABLE app.t;
DROP TABLE app.t;
ALTER TABLE app.new RENAME TO t;

-- CASE tables that refer to each other: additive
-- CHANGE
CREATE TABLE app.a (id int PRIMARY KEY, b int);
CREATE TABLE app.b (id int PRIMARY KEY, a int REFERENCES app.a);
ALTER TABLE app.a ADD FOREIGN KEY (b) REFERENCES app.b;

-- CASE a table made in steps: additive
-- CHANGE
CREATE TABLE app.t (a int);
ALTER TABLE app.t ADD COLUMN b text NOT NULL DEFAULT 'x';
ALTER TABLE app.t ADD PRIMARY KEY (a);
ALTER TABLE app.t RENAME a TO id;
ALTER TABLE app.t ALTER b TYPE varchar(5) USING left(b, 5);
CREATE UNIQUE INDEX t_b ON app.t (lower(b));
ALTER TABLE app.t RENAME TO u;

-- CASE a table renamed: destructive
CREATE TABLE app.t (id serial PRIMARY KEY); CREATE TABLE app.u (t int REFERENCES app.t);
-- CHANGE
ALTER TABLE app.t RENAME TO z;

-- CASE two tables swap names: destructive
CREATE TABLE app.a (id int PRIMARY KEY); CREATE TABLE app.b (id int PRIMARY KEY, a int REFERENCES app.a);
-- CHANGE
ALTER TABLE app.a RENAME TO tmp;
ALTER TABLE app.b RENAME TO a;
ALTER TABLE app.tmp RENAME TO b;

-- CASE a table renamed there and back: nothing
CREATE TABLE app.t (id int);
-- CHANGE
ALTER TABLE app.t RENAME TO u;
ALTER TABLE app.u RENAME TO t;

-- CASE a table takes the name of one that goes: destructive
CREATE TABLE app.t (id int); CREATE TABLE app.u (id int, x text);
-- CHANGE
DROP TABLE app.t;
ALTER TABLE app.u RENAME TO t;

-- CASE a table moves to another schema: destructive
CREATE SCHEMA app2; CREATE TYPE app.mood AS ENUM ('ok');
CREATE TABLE app.t (id serial PRIMARY KEY, m app.mood DEFAULT 'ok'); CREATE INDEX t_m ON app.t (m);
-- CHANGE
ALTER TABLE app.t SET SCHEMA app2;

-- CASE a table moves there and back: nothing
CREATE SCHEMA app2; CREATE TABLE app.t (id serial PRIMARY KEY);
-- CHANGE
ALTER TABLE app.t SET SCHEMA app2;
ALTER TABLE app2.t SET SCHEMA app;

-- CASE a schema renamed: destructive
CREATE SCHEMA app2; CREATE TYPE app2.mood AS ENUM ('ok'); CREATE SEQUENCE app2.s;
CREATE TABLE app2.t (id int PRIMARY KEY DEFAULT nextval('app2.s'), m app2.mood DEFAULT 'ok'); CREATE TABLE app.u (t int REFERENCES app2.t);
-- CHANGE
ALTER SCHEMA app2 RENAME TO app3;

-- CASE two schemas swap names: destructive
CREATE SCHEMA one; CREATE SCHEMA two; CREATE TABLE one.t (id int); CREATE TABLE two.t (id text);
-- CHANGE
ALTER SCHEMA one RENAME TO tmp;
ALTER SCHEMA two RENAME TO one;
ALTER SCHEMA tmp RENAME TO two;

-- CASE a schema with what it holds: additive
-- CHANGE
CREATE SCHEMA app2 CREATE TABLE u (id int PRIMARY KEY) CREATE TABLE t (id int PRIMARY KEY, u int REFERENCES u) CREATE INDEX t_u ON t (u) CREATE SEQUENCE s;

-- CASE CREATE SCHEMA IF NOT EXISTS: nothing
CREATE SCHEMA app2;
-- CHANGE
CREATE SCHEMA IF NOT EXISTS app2;

-- CASE a schema goes with what it holds: destructive
CREATE SCHEMA app2; CREATE TYPE app2.mood AS ENUM ('ok'); CREATE TABLE app2.t (id serial PRIMARY KEY); CREATE TABLE app.u (t int REFERENCES app2.t, m app2.mood);
-- CHANGE
DROP SCHEMA app2 CASCADE;

-- CASE CREATE TABLE AS: additive
CREATE TABLE app.t (id int, v varchar(5)); INSERT INTO app.t VALUES (1, 'x');
-- CHANGE
CREATE TABLE app.copy (a, b) AS SELECT id, v FROM app.t;

-- CASE CREATE TABLE AS, WITH NO DATA: additive
CREATE TABLE app.t (id int, v varchar(5)); INSERT INTO app.t VALUES (1, 'x');
-- CHANGE
CREATE TABLE app.copy AS SELECT * FROM app.t WITH NO DATA;

-- CASE CREATE TABLE AS EXECUTE: additive [not in PL/pgSQL]
-- CHANGE
PREPARE equivalence_rows AS SELECT 1 AS a, 'x'::text AS b;
CREATE TABLE app.copy AS EXECUTE equivalence_rows;
DEALLOCATE equivalence_rows;

-- CASE CREATE TABLE IF NOT EXISTS AS: nothing
CREATE TABLE app.t (id int);
-- CHANGE
CREATE TABLE IF NOT EXISTS app.t AS SELECT 1 AS other;

-- CASE SELECT INTO: additive [not in PL/pgSQL]
CREATE TABLE app.t (id int, v varchar(5)); INSERT INTO app.t VALUES (1, 'x');
-- CHANGE
SELECT id, v INTO app.copy FROM app.t;

-- CASE LIKE INCLUDING ALL: additive
CREATE TABLE app.t (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, s serial, v varchar(5) DEFAULT 'x' COLLATE "C", g text GENERATED ALWAYS AS (v || 'y') STORED,
  n int NOT NULL, CHECK (n > 0), UNIQUE (n, v), EXCLUDE USING btree (n WITH =));
CREATE INDEX t_lower ON app.t (lower(v)) WHERE n > 1; CREATE STATISTICS app.stat ON n, v FROM app.t;
-- CHANGE
CREATE TABLE app.copy (LIKE app.t INCLUDING ALL, more int);

-- CASE what a role owns goes: destructive [superuser]
CREATE SCHEMA guest AUTHORIZATION equivalence_guest; CREATE TABLE guest.t (id serial PRIMARY KEY); ALTER TABLE guest.t OWNER TO equivalence_guest;
CREATE TABLE app.u (t int REFERENCES guest.t); CREATE TABLE app.mine (id int); ALTER TABLE app.mine OWNER TO equivalence_guest;
-- CHANGE
DROP OWNED BY equivalence_guest CASCADE;

-- CASE what a role owns gets another owner: nothing [superuser]
CREATE TABLE app.t (id int); ALTER TABLE app.t OWNER TO equivalence_guest;
-- CHANGE
REASSIGN OWNED BY equivalence_guest TO CURRENT_USER;

-- CASE an unlogged table: additive
-- CHANGE
CREATE UNLOGGED TABLE app.t (id serial PRIMARY KEY, i int GENERATED ALWAYS AS IDENTITY);

-- CASE LOGGED to UNLOGGED: destructive
CREATE TABLE app.t (id serial PRIMARY KEY, i int GENERATED ALWAYS AS IDENTITY); INSERT INTO app.t DEFAULT VALUES;
-- CHANGE
ALTER TABLE app.t SET UNLOGGED;

-- CASE UNLOGGED to LOGGED: destructive
CREATE UNLOGGED TABLE app.t (id serial PRIMARY KEY); INSERT INTO app.t DEFAULT VALUES;
-- CHANGE
ALTER TABLE app.t SET LOGGED;

-- CASE what stays on the server: nothing
CREATE TABLE app.t (id int PRIMARY KEY, a text); INSERT INTO app.t VALUES (1, 'x');
-- CHANGE
COMMENT ON TABLE app.t IS 'x';
COMMENT ON COLUMN app.t.a IS 'y';
GRANT SELECT ON app.t TO PUBLIC;
ALTER TABLE app.t ENABLE ROW LEVEL SECURITY;
CREATE POLICY p ON app.t USING (a <> '');
CREATE RULE r AS ON DELETE TO app.t DO INSTEAD NOTHING;
CREATE STATISTICS app.s ON id, a FROM app.t;
ALTER TABLE app.t SET (fillfactor = 70, autovacuum_enabled = off);
ALTER TABLE app.t REPLICA IDENTITY FULL;
ALTER TABLE app.t CLUSTER ON t_pkey;
CLUSTER app.t;
TRUNCATE app.t;
REINDEX TABLE app.t;
DROP RULE r ON app.t;
DROP POLICY p ON app.t;
CREATE PUBLICATION equivalence FOR TABLE app.t;
DROP PUBLICATION equivalence;
REVOKE ALL ON app.t FROM PUBLIC;

-- CASE triggers: nothing
CREATE TABLE app.t (id int); CREATE FUNCTION app.f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
-- CHANGE
CREATE TRIGGER tr BEFORE INSERT ON app.t FOR EACH ROW EXECUTE FUNCTION app.f();
CREATE CONSTRAINT TRIGGER ct AFTER INSERT ON app.t DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION app.f();
ALTER TABLE app.t DISABLE TRIGGER tr;
ALTER TRIGGER tr ON app.t RENAME TO tr2;
DROP TRIGGER ct ON app.t;

-- CASE another tablespace: nothing [superuser]
CREATE TABLE app.t (id int PRIMARY KEY); INSERT INTO app.t VALUES (1); CREATE TABLE app.u (id int) TABLESPACE equivalence;
-- CHANGE
ALTER TABLE app.t SET TABLESPACE equivalence;
ALTER INDEX app.t_pkey SET TABLESPACE equivalence;
ALTER TABLE ALL IN TABLESPACE equivalence SET TABLESPACE pg_default;

-- CASE a temporary table: nothing [temporary]
CREATE TABLE app.t (id int);
-- CHANGE
CREATE TEMPORARY TABLE scratch (id serial PRIMARY KEY, a text);
ALTER TABLE scratch ALTER a TYPE int USING 1;
CREATE INDEX ON scratch (a);
DROP TABLE scratch;

-- CASE a temporary table in the midst: additive [temporary]
-- CHANGE
CREATE TEMPORARY TABLE scratch ON COMMIT DROP AS SELECT 1 AS a;
CREATE TABLE app.t AS TABLE scratch;
DROP TABLE scratch;

-- CASE rows and tables: additive [rows]
CREATE TABLE app.t (id int PRIMARY KEY); INSERT INTO app.t VALUES (1);
-- CHANGE
ALTER TABLE app.t ADD COLUMN a int DEFAULT 3;
UPDATE app.t SET id = id + 1;
INSERT INTO app.t VALUES (10, 20);
ALTER TABLE app.t ADD COLUMN b int DEFAULT 4;
DELETE FROM app.t WHERE id = 2;

-- CASE bookkeeping of a migration tool: nothing
-- CHANGE
CREATE TABLE app._prisma_migrations (id varchar(36) PRIMARY KEY);
ALTER TABLE app._prisma_migrations ADD COLUMN n int;
DROP TABLE app._prisma_migrations;

-- CASE a DO block in the change: additive
-- CHANGE
DO $$ BEGIN
  FOR i IN 1..3 LOOP EXECUTE format('CREATE TABLE app.t%s (id int)', i); END LOOP;
  BEGIN CREATE TABLE app.t4 (id int); RAISE EXCEPTION 'x'; EXCEPTION WHEN raise_exception THEN CREATE TABLE app.t5 (id int); END;
END $$;
