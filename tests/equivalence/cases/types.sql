-- CASE an enum: additive
-- CHANGE
CREATE TYPE app.mood AS ENUM ('ok', 'it''s', 'ünï', '');

-- CASE an enum and what uses it: additive
-- CHANGE
CREATE TYPE app.mood AS ENUM ('ok', 'bad');
CREATE TABLE app.t (m app.mood DEFAULT 'ok', ms app.mood[] DEFAULT '{ok,bad}' CHECK (ms <> '{}'));
CREATE INDEX t_m ON app.t (m) WHERE m <> 'bad';
ALTER TYPE app.mood ADD VALUE 'worse';

-- CASE enum values: additive
CREATE TYPE app.mood AS ENUM ('b', 'd'); CREATE TABLE app.t (m app.mood DEFAULT 'b');
-- CHANGE
ALTER TYPE app.mood ADD VALUE 'e';
ALTER TYPE app.mood ADD VALUE 'a' BEFORE 'b';
ALTER TYPE app.mood ADD VALUE 'c' AFTER 'b';
ALTER TYPE app.mood ADD VALUE 'c2' AFTER 'c';

-- CASE an enum value that is there: nothing
CREATE TYPE app.mood AS ENUM ('ok');
-- CHANGE
ALTER TYPE app.mood ADD VALUE IF NOT EXISTS 'ok';

-- CASE an enum value renamed: destructive
CREATE TYPE app.mood AS ENUM ('ok', 'bad'); CREATE TABLE app.t (m app.mood DEFAULT 'ok');
-- CHANGE
ALTER TYPE app.mood RENAME VALUE 'ok' TO 'fine';

-- CASE two enum values swap names: destructive
CREATE TYPE app.mood AS ENUM ('ok', 'bad'); CREATE TABLE app.t (m app.mood DEFAULT 'ok' CHECK (m < 'bad'));
-- CHANGE
ALTER TYPE app.mood RENAME VALUE 'ok' TO 'tmp';
ALTER TYPE app.mood RENAME VALUE 'bad' TO 'ok';
ALTER TYPE app.mood RENAME VALUE 'tmp' TO 'bad';

-- CASE an enum renamed: destructive
CREATE TYPE app.mood AS ENUM ('ok'); CREATE TABLE app.t (m app.mood DEFAULT 'ok', ms app.mood[], CHECK (m <> 'ok')); CREATE INDEX t_m ON app.t (m) WHERE m = 'ok';
-- CHANGE
ALTER TYPE app.mood RENAME TO "Humour";

-- CASE two enums swap names: destructive
CREATE TYPE app.a AS ENUM ('a'); CREATE TYPE app.b AS ENUM ('b'); CREATE TABLE app.t (a app.a DEFAULT 'a', b app.b DEFAULT 'b');
-- CHANGE
ALTER TYPE app.a RENAME TO tmp;
ALTER TYPE app.b RENAME TO a;
ALTER TYPE app.tmp RENAME TO b;

-- CASE an enum moves to another schema: destructive
CREATE SCHEMA app2; CREATE TYPE app.mood AS ENUM ('ok'); CREATE TABLE app.t (m app.mood DEFAULT 'ok');
-- CHANGE
ALTER TYPE app.mood SET SCHEMA app2;

-- CASE an enum made anew without a value: destructive
CREATE TYPE app.mood AS ENUM ('ok', 'bad', 'worse'); CREATE TABLE app.t (m app.mood DEFAULT 'ok', ms app.mood[] DEFAULT '{ok}');
-- CHANGE
ALTER TYPE app.mood RENAME TO mood_old;
CREATE TYPE app.mood AS ENUM ('ok', 'bad');
ALTER TABLE app.t ALTER m DROP DEFAULT, ALTER ms DROP DEFAULT;
ALTER TABLE app.t ALTER m TYPE app.mood USING m::text::app.mood, ALTER ms TYPE app.mood[] USING ms::text[]::app.mood[];
ALTER TABLE app.t ALTER m SET DEFAULT 'ok';
DROP TYPE app.mood_old;

-- CASE an enum goes: destructive
CREATE TYPE app.mood AS ENUM ('ok');
-- CHANGE
DROP TYPE app.mood;

-- CASE an enum goes, and columns with it: destructive
CREATE TYPE app.mood AS ENUM ('ok'); CREATE TABLE app.t (id int PRIMARY KEY, m app.mood, x int); CREATE TABLE app.u (ms app.mood[]); CREATE INDEX t_m ON app.t (m, x);
-- CHANGE
DROP TYPE app.mood CASCADE;

-- CASE the same enum again: destructive
CREATE TYPE app.mood AS ENUM ('ok');
-- CHANGE
DROP TYPE app.mood;
CREATE TYPE app.mood AS ENUM ('ok');

-- CASE domains: additive
-- CHANGE
CREATE DOMAIN app.email AS text COLLATE "C" DEFAULT 'a@b' CONSTRAINT at CHECK (VALUE LIKE '%@%') CHECK (length(VALUE) < 50);
CREATE DOMAIN app.corp AS app.email NOT NULL;
CREATE TABLE app.t (e app.email, c app.corp, many app.email[]);

-- CASE a constraint of a domain comes: destructive
CREATE DOMAIN app.d AS int; CREATE TABLE app.t (d app.d);
-- CHANGE
ALTER DOMAIN app.d ADD CONSTRAINT positive CHECK (VALUE > 0);

-- CASE a constraint of a domain comes NOT VALID: destructive
CREATE DOMAIN app.d AS int; CREATE TABLE app.t (d app.d);
-- CHANGE
ALTER DOMAIN app.d ADD CONSTRAINT positive CHECK (VALUE > 0) NOT VALID;

-- CASE a constraint of a domain is validated: destructive
CREATE DOMAIN app.d AS int; ALTER DOMAIN app.d ADD CONSTRAINT positive CHECK (VALUE > 0) NOT VALID;
-- CHANGE
ALTER DOMAIN app.d VALIDATE CONSTRAINT positive;

-- CASE a constraint of a domain goes: additive
CREATE DOMAIN app.d AS int CONSTRAINT positive CHECK (VALUE > 0);
-- CHANGE
ALTER DOMAIN app.d DROP CONSTRAINT positive;

-- CASE a constraint of a domain renamed: additive
CREATE DOMAIN app.d AS int CONSTRAINT positive CHECK (VALUE > 0);
-- CHANGE
ALTER DOMAIN app.d RENAME CONSTRAINT positive TO "more than 0";

-- CASE a domain refuses NULL: destructive
CREATE DOMAIN app.d AS int;
-- CHANGE
ALTER DOMAIN app.d SET NOT NULL;

-- CASE a domain accepts NULL: additive
CREATE DOMAIN app.d AS int NOT NULL;
-- CHANGE
ALTER DOMAIN app.d DROP NOT NULL;

-- CASE a default of a domain: destructive
CREATE DOMAIN app.d AS int CHECK (VALUE < 5); CREATE TABLE app.t (d app.d CHECK (d < 2));
-- CHANGE
ALTER DOMAIN app.d SET DEFAULT 3;

-- CASE a domain renamed and moved: destructive
CREATE SCHEMA app2; CREATE DOMAIN app.d AS int; CREATE TABLE app.t (d app.d DEFAULT 1, ds app.d[]);
-- CHANGE
ALTER DOMAIN app.d RENAME TO e;
ALTER DOMAIN app.e SET SCHEMA app2;

-- CASE a domain renamed as a type: destructive
CREATE DOMAIN app.d AS int; CREATE TABLE app.t (d app.d);
-- CHANGE
ALTER TYPE app.d RENAME TO e;

-- CASE a domain goes, and what uses it: destructive
CREATE DOMAIN app.d AS int; CREATE DOMAIN app.e AS app.d; CREATE TABLE app.t (id int, d app.d, e app.e[]);
-- CHANGE
DROP DOMAIN app.d CASCADE;

-- CASE a column of a domain that refuses NULL: destructive
CREATE DOMAIN app.d AS int NOT NULL; CREATE TABLE app.t (id int);
-- CHANGE
ALTER TABLE app.t ADD COLUMN d app.d DEFAULT 1, ADD COLUMN e app.d;

-- CASE types of extensions: additive
CREATE SCHEMA app2; CREATE EXTENSION citext SCHEMA app; CREATE EXTENSION hstore SCHEMA app2;
-- CHANGE
CREATE TABLE app.t (c app.citext PRIMARY KEY DEFAULT 'x', cs app.citext[], h app2.hstore DEFAULT 'a=>1', CHECK (c OPERATOR(app.<>) 'Y'));

-- CASE an extension that nobody needs: nothing
CREATE SCHEMA app2;
-- CHANGE
CREATE EXTENSION tablefunc SCHEMA app2;
DROP EXTENSION tablefunc;

-- CASE an extension goes, and columns with it: destructive
CREATE EXTENSION isn SCHEMA app; CREATE TABLE app.t (id int, n app.isbn);
-- CHANGE
DROP EXTENSION isn CASCADE;

-- CASE an extension moves: destructive [superuser]
CREATE SCHEMA app2; CREATE EXTENSION isn SCHEMA app; CREATE TABLE app.t (id int, n app.isbn DEFAULT '978-0-11-000533-1');
-- CHANGE
ALTER EXTENSION isn SET SCHEMA app2;
