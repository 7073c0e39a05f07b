CREATE SCHEMA "we""ird schéma";
CREATE TYPE "we""ird schéma"."Möod" AS ENUM ('it''s', 'a\b', 'c"d');
CREATE TABLE "we""ird schéma"."Täble.dot" ("sélect" int PRIMARY KEY, "a""b" "we""ird schéma"."Möod" NOT NULL DEFAULT 'a\b', "user" text DEFAULT E'x\\y\n''z', UNIQUE ("user", "a""b"));
CREATE INDEX "idx USING btree (x)" ON "we""ird schéma"."Täble.dot" USING btree (lower("user"), "a""b" DESC NULLS LAST) WITH (fillfactor = 70) WHERE "user" <> ' WITH (fillfactor=''70'')';
CREATE TABLE a23456789012345678901234567890123456789012345678901234567890123 (b23456789012345678901234567890123456789012345678901234567890123 serial);
