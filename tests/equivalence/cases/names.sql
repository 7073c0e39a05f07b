-- CASE names with quotes: additive
-- CHANGE
CREATE SCHEMA "a""b.c";
CREATE TYPE "a""b.c"."t'y""pe" AS ENUM ('l"''1', E'b\\s');
CREATE TABLE "a""b.c"."ta""b.le" ("co""l.umn" int PRIMARY KEY, "it's" "a""b.c"."t'y""pe" DEFAULT 'l"''1', "$$" text DEFAULT '$$',
  CONSTRAINT "co""n.straint" CHECK ("co""l.umn" > 0 AND "$$" <> E'\\'));
CREATE INDEX "in""dex USING btree (x)" ON "a""b.c"."ta""b.le" ("it's") WHERE "$$" <> ' WHERE (x)';
CREATE SEQUENCE "a""b.c"."se""q" OWNED BY "a""b.c"."ta""b.le"."co""l.umn";

-- CASE names in unicode: additive
-- CHANGE
CREATE SCHEMA "schéma 表";
CREATE TYPE "schéma 表"."Tÿpe" AS ENUM ('日本', 'ß', '🐘');
CREATE TABLE "schéma 表"."Täble 🐘" ("Çölumn" int, "naïve" "schéma 表"."Tÿpe" DEFAULT '🐘', CONSTRAINT "Überprüfung" CHECK ("Çölumn" > 0));
CREATE INDEX "índice" ON "schéma 表"."Täble 🐘" ("Çölumn");
ALTER TYPE "schéma 表"."Tÿpe" ADD VALUE '中' BEFORE 'ß';

-- CASE names of 63 bytes: additive
-- CHANGE
CREATE SCHEMA s23456789012345678901234567890123456789012345678901234567890123;
CREATE TABLE s23456789012345678901234567890123456789012345678901234567890123.t23456789012345678901234567890123456789012345678901234567890123
  (c23456789012345678901234567890123456789012345678901234567890123 serial PRIMARY KEY,
   ééééééééééééééééééééééééééééééé int UNIQUE CHECK (ééééééééééééééééééééééééééééééé > 0));
CREATE INDEX ON s23456789012345678901234567890123456789012345678901234567890123.t23456789012345678901234567890123456789012345678901234567890123
  (ééééééééééééééééééééééééééééééé, c23456789012345678901234567890123456789012345678901234567890123);

-- CASE names that are too long: additive
-- CHANGE
CREATE TABLE app.t234567890123456789012345678901234567890123456789012345678901234567890 (id int PRIMARY KEY);
ALTER TABLE app.t234567890123456789012345678901234567890123456789012345678901234567890
  ADD COLUMN c234567890123456789012345678901234567890123456789012345678901234567890 int;

-- CASE words that are reserved: additive
-- CHANGE
CREATE TABLE app."select" ("table" int PRIMARY KEY, "user" text DEFAULT CURRENT_USER, "default" int DEFAULT 1, "end" int, "offset" int,
  CONSTRAINT "check" CHECK ("default" > "offset"));
CREATE INDEX "index" ON app."select" ("user", "end");
ALTER TABLE app."select" ADD COLUMN "primary" int REFERENCES app."select";

-- CASE names that differ in case and blanks only: additive
-- CHANGE
CREATE TABLE app.t (a int, "A" int, " a" int, "a " int);
CREATE TABLE app."T" (LIKE app.t INCLUDING ALL);
CREATE TABLE app." t" (LIKE app.t INCLUDING ALL);
CREATE INDEX "I" ON app.t (a);
CREATE INDEX i ON app.t ("A");

-- CASE names like types and functions: additive [qualified]
-- CHANGE
CREATE TYPE app.text AS ENUM ('text');
CREATE TYPE app."int" AS ENUM ('int');
CREATE DOMAIN app.now AS pg_catalog.timestamptz DEFAULT pg_catalog.now();
CREATE TABLE app.pg_class (text app.text DEFAULT 'text', "int" app."int", "integer" pg_catalog.int4, now app.now DEFAULT pg_catalog.now(),
  "timestamp" pg_catalog.text DEFAULT pg_catalog.upper('a'::pg_catalog.text));

-- CASE strange names renamed: destructive
CREATE SCHEMA "o.ne"; CREATE TABLE "o.ne"."t""1" ("c.1" int PRIMARY KEY); CREATE TABLE app.u ("t""1" int REFERENCES "o.ne"."t""1");
-- CHANGE
ALTER TABLE "o.ne"."t""1" RENAME "c.1" TO "c""2";
ALTER TABLE "o.ne"."t""1" RENAME TO "t.2";
ALTER SCHEMA "o.ne" RENAME TO "t""wo";
ALTER TABLE app.u RENAME CONSTRAINT "u_t""1_fkey" TO "f'k";

-- CASE the same names in two schemas: additive
CREATE SCHEMA app2;
-- CHANGE
CREATE TYPE app.mood AS ENUM ('a');
CREATE TYPE app2.mood AS ENUM ('b');
CREATE TABLE app.t (id serial PRIMARY KEY, m app2.mood DEFAULT 'b');
CREATE TABLE app2.t (id serial PRIMARY KEY, m app.mood DEFAULT 'a', t int REFERENCES app.t);
CREATE INDEX t_m ON app.t (m);
CREATE INDEX t_m ON app2.t (m);
