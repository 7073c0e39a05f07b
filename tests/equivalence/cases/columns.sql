-- CASE a nullable column: additive
CREATE TABLE app.t (id int PRIMARY KEY); INSERT INTO app.t VALUES (1);
-- CHANGE
ALTER TABLE app.t ADD COLUMN x text;

-- CASE a column with a constant default: additive
CREATE TABLE app.t (id int PRIMARY KEY); INSERT INTO app.t VALUES (1);
-- CHANGE
ALTER TABLE app.t ADD COLUMN n int NOT NULL DEFAULT 7, ADD COLUMN s text NOT NULL DEFAULT 'it''s';

-- CASE a column with a stable default: additive
CREATE TABLE app.t (id int PRIMARY KEY); INSERT INTO app.t VALUES (1);
-- CHANGE
ALTER TABLE app.t ADD COLUMN created_at timestamptz NOT NULL DEFAULT now();

-- CASE constants that settings print in many ways: additive
CREATE TABLE app.t (id int PRIMARY KEY); INSERT INTO app.t VALUES (1);
-- CHANGE
ALTER TABLE app.t ADD COLUMN at timestamptz DEFAULT '2024-02-03 04:05:06.789+00', ADD COLUMN d date DEFAULT '2024-02-03',
  ADD COLUMN i interval DEFAULT '1 year 2 mons 3 days 04:05:06.7', ADD COLUMN b bytea DEFAULT E'\\xdeadbeef',
  ADD COLUMN f float8 DEFAULT 0.1::float8, ADD COLUMN r real DEFAULT '1.1', ADD COLUMN m money DEFAULT 12.34::numeric::money,
  ADD COLUMN ts timestamp DEFAULT '2024-02-03 04:05:06', ADD COLUMN tz timetz DEFAULT '04:05:06+02',
  ADD COLUMN range tstzrange DEFAULT '[2024-02-03 04:05:06+00,2024-03-03 04:05:06+00)', ADD COLUMN a text[] DEFAULT '{a,"b c",NULL}',
  ADD COLUMN j jsonb DEFAULT '{"a": [1.50, null, "x"]}', ADD COLUMN p point DEFAULT '(0.1,1e-7)', ADD COLUMN bits bit varying DEFAULT B'1011';

-- CASE a table with defaults that settings print in many ways: additive
-- CHANGE
CREATE TABLE app.t (at timestamptz DEFAULT '2024-02-03 04:05:06.789+00', d date DEFAULT '2024-02-03', "select" int DEFAULT 1,
  i interval DEFAULT '1 year 2 mons 3 days 04:05:06.7', b bytea DEFAULT E'\\x00ff', f float8 DEFAULT 0.1::float8 * 3,
  m money DEFAULT 12.34::numeric::money, CHECK (at > '2000-01-01 00:00:00+00'), CHECK (i < '-1 days'::interval + interval '3 hours'));
CREATE INDEX t_b ON app.t (b) WHERE f <> 0.1::float8 AND b <> E'\\xdead' AND at < '2030-01-01 00:00:00+00';

-- CASE a column with a volatile default: destructive
CREATE TABLE app.t (id int PRIMARY KEY);
-- CHANGE
ALTER TABLE app.t ADD COLUMN u uuid DEFAULT gen_random_uuid();

-- CASE a serial column: destructive
CREATE TABLE app.t (a int);
-- CHANGE
ALTER TABLE app.t ADD COLUMN id bigserial;

-- CASE an identity column: destructive
CREATE TABLE app.t (a int);
-- CHANGE
ALTER TABLE app.t ADD COLUMN id bigint GENERATED ALWAYS AS IDENTITY (START WITH 5);

-- CASE a generated column: destructive
CREATE TABLE app.t (a int, b text);
-- CHANGE
ALTER TABLE app.t ADD COLUMN c text GENERATED ALWAYS AS (b || '-' || a::text) STORED;

-- CASE a column that is NOT NULL without default: destructive
CREATE TABLE app.t (a int);
-- CHANGE
ALTER TABLE app.t ADD COLUMN b int NOT NULL;

-- CASE a nullable column with UNIQUE: additive
CREATE TABLE app.t (a int);
-- CHANGE
ALTER TABLE app.t ADD COLUMN b int UNIQUE;

-- CASE a nullable column with a foreign key: additive
CREATE TABLE app.r (id int PRIMARY KEY); CREATE TABLE app.t (a int);
-- CHANGE
ALTER TABLE app.t ADD COLUMN r int REFERENCES app.r ON DELETE CASCADE;

-- CASE a column with a CHECK: destructive
CREATE TABLE app.t (a int);
-- CHANGE
ALTER TABLE app.t ADD COLUMN b int CHECK (b > 0);

-- CASE a column, then its default: additive
CREATE TABLE app.t (id int); INSERT INTO app.t VALUES (1);
-- CHANGE
ALTER TABLE app.t ADD COLUMN x int;
ALTER TABLE app.t ALTER COLUMN x SET DEFAULT 9;

-- CASE a column with a default, then another: additive
CREATE TABLE app.t (id int); INSERT INTO app.t VALUES (1);
-- CHANGE
ALTER TABLE app.t ADD COLUMN x int DEFAULT 1;
ALTER TABLE app.t ALTER COLUMN x SET DEFAULT 2;

-- CASE a nullable column with a default that goes at once: additive
CREATE TABLE app.t (id int); INSERT INTO app.t VALUES (1);
-- CHANGE
ALTER TABLE app.t ADD COLUMN x int DEFAULT 1;
ALTER TABLE app.t ALTER COLUMN x DROP DEFAULT;

-- CASE a NOT NULL column with a default that goes at once: destructive
CREATE TABLE app.t (id int); INSERT INTO app.t VALUES (1);
-- CHANGE
ALTER TABLE app.t ADD COLUMN x int NOT NULL DEFAULT 1;
ALTER TABLE app.t ALTER COLUMN x DROP DEFAULT;

-- CASE a column that comes and goes: nothing
CREATE TABLE app.t (id int);
-- CHANGE
ALTER TABLE app.t ADD COLUMN x int DEFAULT 1;
ALTER TABLE app.t DROP COLUMN x;

-- CASE a column added to a table that is rewritten, too: destructive
CREATE TABLE app.t (id int, a int); INSERT INTO app.t VALUES (1, 1);
-- CHANGE
ALTER TABLE app.t ADD COLUMN x int DEFAULT 1;
ALTER TABLE app.t ALTER COLUMN a TYPE text USING a::text;

-- CASE ADD COLUMN IF NOT EXISTS of one that exists: nothing
CREATE TABLE app.t (id int);
-- CHANGE
ALTER TABLE app.t ADD COLUMN IF NOT EXISTS id text;

-- CASE a column goes: destructive
CREATE TABLE app.t (a int, b int CHECK (b > 0), c int UNIQUE);
CREATE INDEX t_ab ON app.t (a, b);
-- CHANGE
ALTER TABLE app.t DROP COLUMN b;

-- CASE a column goes, and what depends on it: destructive
CREATE TABLE app.t (a int PRIMARY KEY, b int); CREATE TABLE app.u (t int REFERENCES app.t);
-- CHANGE
ALTER TABLE app.t DROP COLUMN a CASCADE;

-- CASE a column dropped and added again: destructive
CREATE TABLE app.t (a int, b int);
-- CHANGE
ALTER TABLE app.t DROP COLUMN a;
ALTER TABLE app.t ADD COLUMN a int;

-- CASE a column renamed: destructive
CREATE TABLE app.t (a int PRIMARY KEY, b int GENERATED ALWAYS AS (a + 1) STORED, CHECK (a > 0));
CREATE INDEX t_a ON app.t ((a * 2));
-- CHANGE
ALTER TABLE app.t RENAME COLUMN a TO "A";

-- CASE two columns swap names: destructive
CREATE TABLE app.t (a int, b int DEFAULT 2, CHECK (a < b));
-- CHANGE
ALTER TABLE app.t RENAME a TO tmp;
ALTER TABLE app.t RENAME b TO a;
ALTER TABLE app.t RENAME tmp TO b;

-- CASE three columns rotate names: destructive
CREATE TABLE app.t (a int, b text, c date);
-- CHANGE
ALTER TABLE app.t RENAME a TO tmp;
ALTER TABLE app.t RENAME b TO a;
ALTER TABLE app.t RENAME c TO b;
ALTER TABLE app.t RENAME tmp TO c;

-- CASE a column renamed again and again: destructive
CREATE TABLE app.t (a int);
-- CHANGE
ALTER TABLE app.t RENAME a TO b;
ALTER TABLE app.t RENAME b TO c;
ALTER TABLE app.t RENAME c TO d;

-- CASE a column renamed there and back: nothing
CREATE TABLE app.t (a int);
-- CHANGE
ALTER TABLE app.t RENAME a TO b;
ALTER TABLE app.t RENAME b TO a;

-- CASE a column renamed, its old name taken by a new one: destructive
CREATE TABLE app.t (a int, k int);
-- CHANGE
ALTER TABLE app.t RENAME a TO b;
ALTER TABLE app.t ADD COLUMN a int DEFAULT 3;

-- CASE a default comes: additive
CREATE TABLE app.t (a int, b text DEFAULT 'old');
-- CHANGE
ALTER TABLE app.t ALTER a SET DEFAULT 5, ALTER b SET DEFAULT 'new';

-- CASE a default comes to a column under a CHECK: destructive
CREATE TABLE app.t (a int CHECK (a < 5));
-- CHANGE
ALTER TABLE app.t ALTER a SET DEFAULT 4;

-- CASE a default that can fail: destructive
CREATE TABLE app.t (a int);
-- CHANGE
ALTER TABLE app.t ALTER a SET DEFAULT 1 / length(current_user::text);

-- CASE the same default again: nothing
CREATE TABLE app.t (a int DEFAULT 1, b timestamptz DEFAULT now());
-- CHANGE
ALTER TABLE app.t ALTER a SET DEFAULT 1, ALTER b SET DEFAULT now();

-- CASE the default of a nullable column goes: additive
CREATE TABLE app.t (a int DEFAULT 1);
-- CHANGE
ALTER TABLE app.t ALTER a DROP DEFAULT;

-- CASE the default of a NOT NULL column goes: destructive
CREATE TABLE app.t (a int NOT NULL DEFAULT 1);
-- CHANGE
ALTER TABLE app.t ALTER a DROP DEFAULT;

-- CASE NOT NULL comes: destructive
CREATE TABLE app.t (a int);
-- CHANGE
ALTER TABLE app.t ALTER a SET NOT NULL;

-- CASE NOT NULL goes: additive
CREATE TABLE app.t (a int NOT NULL);
-- CHANGE
ALTER TABLE app.t ALTER a DROP NOT NULL;

-- CASE NOT NULL is there already: nothing
CREATE TABLE app.t (a int NOT NULL);
-- CHANGE
ALTER TABLE app.t ALTER a SET NOT NULL;

-- CASE types widen: additive
CREATE TABLE app.t (v varchar(10), w varchar(3), n numeric(6,2), s smallint, i int); INSERT INTO app.t VALUES ('a', 'b', 1.5, 2, 3);
-- CHANGE
ALTER TABLE app.t ALTER v TYPE varchar(20), ALTER w TYPE text, ALTER n TYPE numeric(10,2), ALTER s TYPE int, ALTER i TYPE bigint;

-- CASE a type widens under defaults, constraints and indexes: additive
CREATE TABLE app.t (v varchar(10) DEFAULT 'a' CHECK (v <> 'b' AND v IN ('a', 'c')), i int DEFAULT 1 UNIQUE);
CREATE INDEX t_v ON app.t (v, lower(v)) WHERE v <> 'q';
-- CHANGE
ALTER TABLE app.t ALTER v TYPE text, ALTER i TYPE bigint;

-- CASE a type narrows: destructive
CREATE TABLE app.t (v varchar(20));
-- CHANGE
ALTER TABLE app.t ALTER v TYPE varchar(10);

-- CASE another scale: destructive
CREATE TABLE app.t (n numeric(6,2));
-- CHANGE
ALTER TABLE app.t ALTER n TYPE numeric(10,3);

-- CASE another type, with USING: destructive
CREATE TABLE app.t (a text DEFAULT '1'); INSERT INTO app.t VALUES ('7');
-- CHANGE
ALTER TABLE app.t ALTER a DROP DEFAULT, ALTER a TYPE int USING a::int + 1, ALTER a SET DEFAULT 2;

-- CASE the same type, with USING: destructive
CREATE TABLE app.t (id int, c text); INSERT INTO app.t VALUES (1, 'x');
-- CHANGE
ALTER TABLE app.t ALTER c TYPE text USING upper(c);

-- CASE a type there and back: destructive
CREATE TABLE app.t (at timestamptz); INSERT INTO app.t VALUES (now());
-- CHANGE
ALTER TABLE app.t ALTER at TYPE date;
ALTER TABLE app.t ALTER at TYPE timestamptz;

-- CASE another collation: destructive
CREATE TABLE app.t (a text);
-- CHANGE
ALTER TABLE app.t ALTER a TYPE text COLLATE "C";

-- CASE a column becomes an array of itself: destructive
CREATE TABLE app.t (a int);
-- CHANGE
ALTER TABLE app.t ALTER a TYPE int[] USING ARRAY[a];

-- CASE a generated column becomes a plain one: destructive
CREATE TABLE app.t (a int, b int GENERATED ALWAYS AS (a * 2) STORED);
-- CHANGE
ALTER TABLE app.t ALTER b DROP EXPRESSION;

-- CASE identity comes: destructive
CREATE TABLE app.t (id int NOT NULL);
-- CHANGE
ALTER TABLE app.t ALTER id ADD GENERATED BY DEFAULT AS IDENTITY;

-- CASE identity from ALWAYS to BY DEFAULT: additive
CREATE TABLE app.t (id int GENERATED ALWAYS AS IDENTITY);
-- CHANGE
ALTER TABLE app.t ALTER id SET GENERATED BY DEFAULT;

-- CASE identity from BY DEFAULT to ALWAYS: destructive
CREATE TABLE app.t (id int GENERATED BY DEFAULT AS IDENTITY);
-- CHANGE
ALTER TABLE app.t ALTER id SET GENERATED ALWAYS;

-- CASE identity with wider bounds: additive
CREATE TABLE app.t (id int GENERATED ALWAYS AS IDENTITY (MAXVALUE 100));
-- CHANGE
ALTER TABLE app.t ALTER id SET MAXVALUE 1000 SET CYCLE;

-- CASE identity starts again: nothing
CREATE TABLE app.t (id int GENERATED ALWAYS AS IDENTITY);
-- CHANGE
ALTER TABLE app.t ALTER id RESTART WITH 100;

-- CASE identity goes: destructive
CREATE TABLE app.t (id int GENERATED ALWAYS AS IDENTITY);
-- CHANGE
ALTER TABLE app.t ALTER id DROP IDENTITY;

-- CASE storage, statistics and options of a column: nothing
CREATE TABLE app.t (a text, b int);
-- CHANGE
ALTER TABLE app.t ALTER a SET STORAGE EXTERNAL, ALTER a SET COMPRESSION pglz, ALTER b SET STATISTICS 50, ALTER b SET (n_distinct = 5);

-- CASE many things in one command: destructive
CREATE TABLE app.t (id int PRIMARY KEY, a varchar(5), b int, c int DEFAULT 1, d text); INSERT INTO app.t VALUES (1, 'x', 2, 3, 'y');
-- CHANGE
ALTER TABLE app.t ADD COLUMN e int DEFAULT 4, DROP COLUMN b, ALTER a TYPE varchar(50), ALTER c SET DEFAULT 2, ALTER d SET NOT NULL,
  ADD CONSTRAINT t_c CHECK (c > 0) NOT VALID, ADD UNIQUE (d, c);
