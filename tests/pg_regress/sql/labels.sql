-- What an entry is called.
CREATE EXTENSION electric_schema;
BEGIN;
CALL electric_schema.label('0001_tasks');
CREATE TABLE tasks (id int PRIMARY KEY, title text);
COMMIT;
-- the last one counts, before the DDL or after it
BEGIN;
CALL electric_schema.label('0002');
ALTER TABLE tasks ADD due date;
CALL electric_schema.label('0002_add "due" — später');
COMMIT;
-- a savepoint takes back what was said in it
BEGIN;
CALL electric_schema.label('0003_keep');
SAVEPOINT s;
CALL electric_schema.label('0003_lose');
ALTER TABLE tasks ADD lost int;
ROLLBACK TO s;
ALTER TABLE tasks ADD kept int;
COMMIT;
-- NULL takes it back
BEGIN;
CALL electric_schema.label('0004');
ALTER TABLE tasks ADD unnamed int;
CALL electric_schema.label(NULL);
COMMIT;
-- outside of a transaction block it can name nothing
CALL electric_schema.label('too early');
ALTER TABLE tasks ADD nameless int;
-- without an entry it is gone
BEGIN;
CALL electric_schema.label('nothing changes');
GRANT SELECT ON tasks TO PUBLIC;
COMMIT;
SELECT seq, label FROM _electric_meta.migrations ORDER BY seq;
-- what is no label
CALL electric_schema.label('');
CALL electric_schema.label(E'two\nlines');
CALL electric_schema.label(repeat('x', 256));
-- Drizzle
CREATE SCHEMA IF NOT EXISTS "drizzle";
CREATE TABLE IF NOT EXISTS "drizzle"."__drizzle_migrations" (id SERIAL PRIMARY KEY, hash text NOT NULL, created_at bigint);
BEGIN;
ALTER TABLE tasks ADD by_drizzle int;
insert into "drizzle"."__drizzle_migrations" ("hash", "created_at")
  values('9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08', '1712345678901');
ALTER TABLE tasks ADD by_drizzle_too int;
insert into "drizzle"."__drizzle_migrations" ("hash", "created_at")
  values('60303ae22b998861bce3b28f33eec1be758a213c86c93c076dbe9f558c11c752', '1712345678902');
COMMIT;
-- Prisma: the row comes first, in a transaction of its own
SELECT pg_advisory_lock(72707369);
CREATE TABLE _prisma_migrations (
    id                      VARCHAR(36) PRIMARY KEY NOT NULL,
    checksum                VARCHAR(64) NOT NULL,
    finished_at             TIMESTAMPTZ,
    migration_name          VARCHAR(255) NOT NULL,
    logs                    TEXT,
    rolled_back_at          TIMESTAMPTZ,
    started_at              TIMESTAMPTZ NOT NULL DEFAULT now(),
    applied_steps_count     INTEGER NOT NULL DEFAULT 0
);
INSERT INTO "_prisma_migrations" ("id", "checksum", "started_at", "migration_name") VALUES ('1', '', now(), '20240102030405_by_prisma');
ALTER TABLE tasks ADD by_prisma int;
UPDATE "_prisma_migrations" SET "finished_at" = now() WHERE "id" = '1';
SELECT pg_advisory_unlock(72707369);
ALTER TABLE tasks ADD by_hand int;
-- Rails
CREATE TABLE schema_migrations (version varchar PRIMARY KEY);
BEGIN;
ALTER TABLE tasks ADD by_rails int;
INSERT INTO schema_migrations (version) VALUES ('20240102030405');
COMMIT;
-- what somebody said comes before what bookkeeping says
BEGIN;
CALL electric_schema.label('said');
ALTER TABLE tasks ADD said int;
INSERT INTO schema_migrations (version) VALUES ('20240102030406');
COMMIT;
SELECT seq, label FROM _electric_meta.migrations WHERE seq > 5 ORDER BY seq;
SELECT electric_schema.verify() ->> 'ok' AS ok;
-- who may call it
CREATE ROLE regress_labeller;
GRANT USAGE ON SCHEMA electric_schema TO regress_labeller;
SET ROLE regress_labeller;
CALL electric_schema.label('not yet');
RESET ROLE;
GRANT EXECUTE ON PROCEDURE electric_schema.label(text) TO regress_labeller;
SET ROLE regress_labeller;
BEGIN;
CALL electric_schema.label('now');
COMMIT;
RESET ROLE;
DROP OWNED BY regress_labeller;
DROP ROLE regress_labeller;
