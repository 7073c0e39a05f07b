-- Composite and range types, views, routines, partitions, inheritance.

-- CASE a composite type: additive
-- CHANGE
CREATE TYPE app.pair AS (a int, "b.c" text COLLATE "C");

-- CASE a table with composites: additive
-- CHANGE
CREATE TYPE app.pair AS (a int, b text);
CREATE TYPE app.pairs AS (one app.pair, many app.pair[]);
CREATE TABLE app.t (id int, p app.pair DEFAULT ROW(1, 'x'), ps app.pairs);

-- CASE an attribute comes: destructive
CREATE TYPE app.pair AS (a int); CREATE TABLE app.t (p app.pair);
-- CHANGE
ALTER TYPE app.pair ADD ATTRIBUTE b text CASCADE;

-- CASE an attribute goes: destructive
CREATE TYPE app.pair AS (a int, b text); CREATE TABLE app.t (p app.pair);
-- CHANGE
ALTER TYPE app.pair DROP ATTRIBUTE b;

-- CASE an attribute renamed: destructive
CREATE TYPE app.pair AS (a int, b text); CREATE TABLE app.t (p app.pair);
-- CHANGE
ALTER TYPE app.pair RENAME ATTRIBUTE b TO c;

-- CASE an attribute of another type: destructive
CREATE TYPE app.pair AS (a int, b text);
-- CHANGE
ALTER TYPE app.pair ALTER ATTRIBUTE a TYPE bigint;

-- CASE a composite type renamed and moved: destructive
CREATE SCHEMA app2; CREATE TYPE app.pair AS (a int); CREATE TABLE app.t (p app.pair);
-- CHANGE
ALTER TYPE app.pair RENAME TO single;
ALTER TYPE app.single SET SCHEMA app2;

-- CASE a composite type goes, and a column with it: destructive
CREATE TYPE app.pair AS (a int); CREATE TABLE app.t (id int); CREATE TABLE app.u (p app.pair, id int);
-- CHANGE
DROP TYPE app.pair CASCADE;
ALTER TABLE app.t DROP COLUMN id;

-- CASE a range type: additive
-- CHANGE
CREATE TYPE app.span AS RANGE (subtype = float8, subtype_diff = float8mi, multirange_type_name = app.spans);
CREATE TABLE app.t (s app.span DEFAULT '[0.1,1)', ss app.spans);

-- CASE a range type goes: destructive
CREATE TYPE app.span AS RANGE (subtype = text, collation = "C");
-- CHANGE
DROP TYPE app.span;

-- CASE a view: additive
CREATE TABLE app.t (id int PRIMARY KEY, a text, at timestamptz);
-- CHANGE
CREATE VIEW app.v AS SELECT id, upper(a) AS a, at AT TIME ZONE 'UTC' AS utc, interval '1 day 02:03:04' AS i, 0.1::float8 AS f FROM app.t WHERE at > '2024-02-03 04:05:06+00';

-- CASE a view of a view: additive
CREATE TABLE app.t (id int PRIMARY KEY, a text);
-- CHANGE
CREATE VIEW app.v AS SELECT * FROM app.t;
CREATE VIEW app.w (x) AS WITH RECURSIVE n AS (SELECT 1 AS i UNION ALL SELECT i + 1 FROM n WHERE i < 3) SELECT v.id + n.i FROM app.v, n;

-- CASE a view with more columns: additive
CREATE TABLE app.t (id int, a text); CREATE VIEW app.v AS SELECT id FROM app.t;
-- CHANGE
CREATE OR REPLACE VIEW app.v AS SELECT id, a FROM app.t;

-- CASE a view with fewer columns: destructive
CREATE TABLE app.t (id int, a text); CREATE VIEW app.v AS SELECT id, a FROM app.t;
-- CHANGE
DROP VIEW app.v;
CREATE VIEW app.v AS SELECT id FROM app.t;

-- CASE a view that checks: destructive
CREATE TABLE app.t (id int); CREATE VIEW app.v AS SELECT id FROM app.t WHERE id > 0;
-- CHANGE
CREATE OR REPLACE VIEW app.v AS SELECT id FROM app.t WHERE id > 0 WITH CASCADED CHECK OPTION;

-- CASE a view renamed: destructive
CREATE TABLE app.t (id int); CREATE VIEW app.v AS SELECT id FROM app.t;
-- CHANGE
ALTER VIEW app.v RENAME TO w;

-- CASE a column of a view renamed: destructive
CREATE TABLE app.t (id int); CREATE VIEW app.v AS SELECT id FROM app.t;
-- CHANGE
ALTER VIEW app.v RENAME COLUMN id TO key;

-- CASE a view goes: destructive
CREATE TABLE app.t (id int); CREATE VIEW app.v AS SELECT id FROM app.t;
-- CHANGE
DROP VIEW app.v;

-- CASE a view goes with its table: destructive
CREATE TABLE app.t (id int); CREATE VIEW app.v AS SELECT id FROM app.t;
-- CHANGE
DROP TABLE app.t CASCADE;

-- CASE a table under a view changes its names: destructive
CREATE TABLE app.t (id int, a text); CREATE VIEW app.v AS SELECT id, a FROM app.t;
-- CHANGE
ALTER TABLE app.t RENAME a TO b;
ALTER TABLE app.t RENAME TO u;

-- CASE a materialized view: additive
CREATE TABLE app.t (id int PRIMARY KEY); INSERT INTO app.t VALUES (1);
-- CHANGE
CREATE MATERIALIZED VIEW app.m AS SELECT id, id * 2 AS twice FROM app.t;
CREATE UNIQUE INDEX m_id ON app.m (id);

-- CASE a materialized view is filled again: nothing
CREATE TABLE app.t (id int PRIMARY KEY); INSERT INTO app.t VALUES (1);
CREATE MATERIALIZED VIEW app.m AS SELECT id FROM app.t; CREATE UNIQUE INDEX ON app.m (id);
-- CHANGE
REFRESH MATERIALIZED VIEW app.m;

-- CASE a materialized view is filled again concurrently: nothing [temporary, unquoted]
CREATE TABLE app.t (id int PRIMARY KEY); INSERT INTO app.t VALUES (1);
CREATE MATERIALIZED VIEW app.m AS SELECT id FROM app.t; CREATE UNIQUE INDEX ON app.m (id); INSERT INTO app.t VALUES (2);
-- CHANGE
REFRESH MATERIALIZED VIEW CONCURRENTLY app.m;

-- CASE a function in a default: additive
-- CHANGE
CREATE FUNCTION app.f(n int DEFAULT 1) RETURNS int LANGUAGE sql STABLE AS 'SELECT n';
CREATE TABLE app.t (id int DEFAULT app.f(), b int);

-- CASE a function in a CHECK and an index: additive
-- CHANGE
CREATE FUNCTION app.f(n int) RETURNS int LANGUAGE plpgsql IMMUTABLE STRICT AS $body$ BEGIN RETURN n; END $body$;
CREATE TABLE app.t (id int CHECK (app.f(id) > 0));
CREATE INDEX t_f ON app.t (app.f(id));

-- CASE a function that stored values depend on is replaced: destructive
CREATE FUNCTION app.f(n int) RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT n'; CREATE TABLE app.t (id int, g int GENERATED ALWAYS AS (app.f(id)) STORED);
-- CHANGE
CREATE OR REPLACE FUNCTION app.f(n int) RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT n + 1';

-- CASE a function renamed: destructive
CREATE FUNCTION app.f(n int) RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT n'; CREATE TABLE app.t (id int CHECK (app.f(id) > 0));
-- CHANGE
ALTER FUNCTION app.f(int) RENAME TO g;

-- CASE a function that nobody needs: nothing
-- CHANGE
CREATE FUNCTION app.f() RETURNS int LANGUAGE sql AS 'SELECT 1';

-- CASE a function goes, and what needs it: destructive
CREATE TABLE app.u (id int); CREATE FUNCTION app.f() RETURNS int LANGUAGE sql AS 'SELECT 1'; CREATE TABLE app.t (id int DEFAULT app.f());
-- CHANGE
DROP FUNCTION app.f CASCADE;
DROP TABLE app.u;

-- CASE a partitioned table: additive
-- CHANGE
CREATE TABLE app.t (id int, k text, PRIMARY KEY (id, k)) PARTITION BY LIST (k);
CREATE TABLE app.t_a PARTITION OF app.t FOR VALUES IN ('a');
CREATE TABLE app.t_b PARTITION OF app.t FOR VALUES IN ('b') PARTITION BY RANGE (id);
CREATE TABLE app.t_b1 PARTITION OF app.t_b FOR VALUES FROM (1) TO (10);
CREATE INDEX t_k ON app.t (k);

-- CASE a partition: additive
CREATE TABLE app.t (id int, at timestamptz) PARTITION BY RANGE (at);
-- CHANGE
CREATE TABLE app.t_1 PARTITION OF app.t FOR VALUES FROM ('2024-01-01 00:00:00+00') TO ('2024-02-01 00:00:00+00');

-- CASE a partition beside a default one: destructive
CREATE TABLE app.t (id int) PARTITION BY LIST (id); CREATE TABLE app.rest PARTITION OF app.t DEFAULT;
-- CHANGE
CREATE TABLE app.t_1 PARTITION OF app.t FOR VALUES IN (1);

-- CASE a default partition: additive
CREATE TABLE app.t (id int) PARTITION BY LIST (id); CREATE TABLE app.t_1 PARTITION OF app.t FOR VALUES IN (1);
-- CHANGE
CREATE TABLE app.rest PARTITION OF app.t DEFAULT;

-- CASE a table becomes a partition: destructive
CREATE TABLE app.t (id int NOT NULL) PARTITION BY RANGE (id); CREATE TABLE app.u (id int NOT NULL); INSERT INTO app.u VALUES (1);
-- CHANGE
ALTER TABLE app.t ATTACH PARTITION app.u FOR VALUES FROM (1) TO (9);

-- CASE a partition becomes a table: destructive
CREATE TABLE app.t (id int) PARTITION BY RANGE (id); CREATE TABLE app.t_1 PARTITION OF app.t FOR VALUES FROM (1) TO (9);
-- CHANGE
ALTER TABLE app.t DETACH PARTITION app.t_1;

-- CASE a partition goes: destructive
CREATE TABLE app.t (id int) PARTITION BY RANGE (id); CREATE TABLE app.t_1 PARTITION OF app.t FOR VALUES FROM (1) TO (9);
-- CHANGE
DROP TABLE app.t_1;

-- CASE a column of a partitioned table: additive
CREATE TABLE app.t (id int) PARTITION BY RANGE (id); CREATE TABLE app.t_1 PARTITION OF app.t FOR VALUES FROM (1) TO (9);
-- CHANGE
ALTER TABLE app.t ADD COLUMN a text DEFAULT 'x';

-- CASE a column of a partitioned table renamed: destructive
CREATE TABLE app.t (id int, a text) PARTITION BY RANGE (id); CREATE TABLE app.t_1 PARTITION OF app.t FOR VALUES FROM (1) TO (9);
-- CHANGE
ALTER TABLE app.t RENAME a TO b;

-- CASE a parent and its child: additive
-- CHANGE
CREATE TABLE app.parent (id int PRIMARY KEY, a text DEFAULT 'x', CHECK (id > 0));
CREATE TABLE app.child (b text, a text DEFAULT 'y') INHERITS (app.parent);

-- CASE a child of a table that is there: additive
CREATE TABLE app.parent (id int PRIMARY KEY, a text);
-- CHANGE
CREATE TABLE app.child (b text) INHERITS (app.parent);

-- CASE a table becomes a child: destructive
CREATE TABLE app.parent (id int, a text); CREATE TABLE app.child (id int, a text, b text);
-- CHANGE
ALTER TABLE app.child INHERIT app.parent;

-- CASE a child becomes a table: destructive
CREATE TABLE app.parent (id int, a text); CREATE TABLE app.child (b text) INHERITS (app.parent);
-- CHANGE
ALTER TABLE app.child NO INHERIT app.parent;

-- CASE a column of a parent: additive
CREATE TABLE app.parent (id int); CREATE TABLE app.child (b text) INHERITS (app.parent);
-- CHANGE
ALTER TABLE app.parent ADD COLUMN a text;

-- CASE a column of a parent goes: destructive
CREATE TABLE app.parent (id int, a text); CREATE TABLE app.child (b text) INHERITS (app.parent);
-- CHANGE
ALTER TABLE app.parent DROP COLUMN a;

-- CASE a typed table: additive
-- CHANGE
CREATE TYPE app.kind AS (id int, a text);
CREATE TABLE app.t OF app.kind (id WITH OPTIONS PRIMARY KEY, a DEFAULT 'x');

-- CASE a typed table gets an attribute: destructive
CREATE TYPE app.kind AS (id int); CREATE TABLE app.t OF app.kind;
-- CHANGE
ALTER TYPE app.kind ADD ATTRIBUTE a text CASCADE;

-- CASE a foreign key to what clients do not get: additive
CREATE TABLE app.r (id int PRIMARY KEY) PARTITION BY HASH (id); CREATE TABLE app.r_0 PARTITION OF app.r FOR VALUES WITH (MODULUS 1, REMAINDER 0);
-- CHANGE
CREATE TYPE app.pair AS (a int);
CREATE TABLE app.t (r int REFERENCES app.r, p app.pair);
