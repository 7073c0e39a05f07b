DO $$
BEGIN
  IF pg_catalog.current_setting('server_encoding') <> 'UTF8' THEN
    RAISE EXCEPTION 'electric_schema needs a database with encoding UTF8'
      USING ERRCODE = 'feature_not_supported',
            DETAIL = pg_catalog.format('This database has encoding %s, every client has UTF8.',
                                       pg_catalog.current_setting('server_encoding')),
            HINT = 'Create a database with ENCODING ''UTF8'' and move the schema there.';
  END IF;
END
$$;

CREATE SCHEMA _electric_meta;
COMMENT ON SCHEMA _electric_meta IS 'electric_schema: the ledger. Read it, but write to it only through the schema electric_schema';

CREATE SCHEMA electric_schema;
COMMENT ON SCHEMA electric_schema IS 'electric_schema: what clients, sync services and DBAs call';

CREATE TABLE _electric_meta.ledgers (
  ledger_id     uuid        NOT NULL PRIMARY KEY,
  created_at    timestamptz NOT NULL DEFAULT pg_catalog.now(),
  seq           bigint      NOT NULL CHECK (seq >= 0),
  hash          text        NOT NULL CHECK (hash ~ '^[0-9a-f]{64}$'),
  reset_version bigint      NOT NULL CHECK (reset_version >= 0),
  schema_sum    bytea       NOT NULL,
  unread        oid[]       NOT NULL DEFAULT '{}',
  rescoped      boolean     NOT NULL DEFAULT false
  -- Each entry replaces the row: with half a page free, in place.
) WITH (fillfactor = 50);
-- Written with every entry, and random enough that nothing compresses it. It makes the row so long that the hash would be moved out of it.
ALTER TABLE _electric_meta.ledgers ALTER COLUMN schema_sum SET STORAGE PLAIN, ALTER COLUMN hash SET STORAGE PLAIN;
COMMENT ON TABLE _electric_meta.ledgers IS 'The chain of this database and where its head is; while a dump is being restored, the chain that comes with it as well';
COMMENT ON COLUMN _electric_meta.ledgers.ledger_id IS 'Random; the genesis hash is derived from it';
COMMENT ON COLUMN _electric_meta.ledgers.created_at IS 'When it was begun';
COMMENT ON COLUMN _electric_meta.ledgers.seq IS 'seq of the newest entry, 0 for none';
COMMENT ON COLUMN _electric_meta.ledgers.hash IS 'Hash of the newest entry, or the genesis hash';
COMMENT ON COLUMN _electric_meta.ledgers.reset_version IS 'How many destructive entries there have been';
COMMENT ON COLUMN _electric_meta.ledgers.schema_sum IS 'Sum of all definitions at head, from which the schema hash is made';
COMMENT ON COLUMN _electric_meta.ledgers.unread IS 'Tables that another session held when they should have been read again; the next entry reads them';
COMMENT ON COLUMN _electric_meta.ledgers.rescoped IS 'The scope was changed while there were such tables: what nothing needs any more goes when they have been read';

CREATE TABLE _electric_meta.migrations (
  ledger_id        uuid        NOT NULL,
  seq              bigint      NOT NULL CHECK (seq >= 1),
  hash             text        NOT NULL UNIQUE,
  parent_hash      text        NOT NULL UNIQUE,
  schema_hash      text        NOT NULL,
  class            text        NOT NULL CHECK (class IN ('additive', 'destructive')),
  reset_version    bigint      NOT NULL,
  statements       text[]      NOT NULL,
  changes          jsonb       NOT NULL,
  changes_digest   text        NOT NULL,
  private_digest   text        NOT NULL,
  source           text[]      NOT NULL,
  recorded_by      text        NOT NULL,
  recorded_at      timestamptz NOT NULL,
  application_name text        NOT NULL,
  xid              xid8        NOT NULL,
  lsn              pg_lsn      NOT NULL,
  label            text,
  salt             bytea       NOT NULL,
  PRIMARY KEY (ledger_id, seq)
  -- Compressing takes longer than all the rest of the writing: only what does not fit into a page.
) WITH (toast_tuple_target = 8160);
-- By which a client without a ledger's hash is found: a seed, or one of a ledger that is gone.
CREATE INDEX migrations_schema_hash_idx ON _electric_meta.migrations (schema_hash, seq);
COMMENT ON TABLE _electric_meta.migrations IS 'The ledger: one entry for each committed transaction that changed the schema of clients';
COMMENT ON COLUMN _electric_meta.migrations.ledger_id IS 'The chain that the entry belongs to';
COMMENT ON COLUMN _electric_meta.migrations.seq IS '1, 2, 3 … without gaps, in commit order';
COMMENT ON COLUMN _electric_meta.migrations.hash IS 'SHA-256 over the entry and its parent''s hash (docs/ledger-format.md)';
COMMENT ON COLUMN _electric_meta.migrations.parent_hash IS 'Hash of the entry before; of the first entry the genesis hash. Unique: a chain cannot fork';
COMMENT ON COLUMN _electric_meta.migrations.schema_hash IS 'Hash of all definitions after this entry: equal schemas have equal schema hashes';
COMMENT ON COLUMN _electric_meta.migrations.class IS 'additive: holds for every client; destructive: clients behind it start over where it matters';
COMMENT ON COLUMN _electric_meta.migrations.reset_version IS 'How many destructive entries there have been, this one included';
COMMENT ON COLUMN _electric_meta.migrations.statements IS 'SQL that replays the entry: schema-qualified, in order';
COMMENT ON COLUMN _electric_meta.migrations.changes IS 'What changed, typed, with before, after, effects and reasons';
COMMENT ON COLUMN _electric_meta.migrations.changes_digest IS 'SHA-256 of changes';
COMMENT ON COLUMN _electric_meta.migrations.private_digest IS 'SHA-256 of the private columns that follow; clients see only this of them';
COMMENT ON COLUMN _electric_meta.migrations.source IS 'Private: the statements that were run, each as it was typed';
COMMENT ON COLUMN _electric_meta.migrations.recorded_by IS 'Private: the role that ran them';
COMMENT ON COLUMN _electric_meta.migrations.recorded_at IS 'Private: when the transaction committed';
COMMENT ON COLUMN _electric_meta.migrations.application_name IS 'Private: application_name of the session';
COMMENT ON COLUMN _electric_meta.migrations.xid IS 'Private: the transaction';
COMMENT ON COLUMN _electric_meta.migrations.lsn IS 'Private: position in the WAL when the entry was written';
COMMENT ON COLUMN _electric_meta.migrations.label IS 'Private: what the entry is called, by electric_schema.label() or by a migration tool''s bookkeeping';
COMMENT ON COLUMN _electric_meta.migrations.salt IS 'Private: random, keeps private_digest from being guessed';

CREATE TABLE _electric_meta.objects (
  object_id  text NOT NULL PRIMARY KEY,
  oid        oid  NOT NULL,
  definition json NOT NULL,
  identity   json NOT NULL
);
CREATE INDEX objects_oid_idx ON _electric_meta.objects (oid);
COMMENT ON TABLE _electric_meta.objects IS 'The model at head: one row for each object that clients have';
COMMENT ON COLUMN _electric_meta.objects.object_id IS 'The ledger''s own identity: the entry that created it and its place there';
COMMENT ON COLUMN _electric_meta.objects.oid IS 'Where it is in the catalogs of this cluster';
COMMENT ON COLUMN _electric_meta.objects.definition IS 'Its model';
COMMENT ON COLUMN _electric_meta.objects.identity IS 'Where its parts are in the catalogs of this cluster';

CREATE TABLE _electric_meta.unsealed (
  committed_at timestamptz NOT NULL,
  role         text        NOT NULL,
  error        text        NOT NULL,
  rewritten    oid[]       NOT NULL
);
COMMENT ON TABLE _electric_meta.unsealed IS 'Transactions whose DDL is not recorded yet, because that failed and electric_schema.on_error is suspend; the next entry takes it along';
COMMENT ON COLUMN _electric_meta.unsealed.committed_at IS 'When they committed';
COMMENT ON COLUMN _electric_meta.unsealed.role IS 'The role that ran the DDL';
COMMENT ON COLUMN _electric_meta.unsealed.error IS 'What recording it failed with';
COMMENT ON COLUMN _electric_meta.unsealed.rewritten IS 'Tables whose rows may have got other values';

-- Which chain grows here. Locked in a mode that conflicts with itself by whoever appends an entry, until that transaction ends. Being private, no
-- other role can take it, as any role could an advisory lock.
CREATE TABLE _electric_meta.seal (
  ledger_id uuid   NOT NULL,
  cluster   bigint NOT NULL DEFAULT (pg_catalog.pg_control_system()).system_identifier
);
COMMENT ON TABLE _electric_meta.seal IS 'One row, the chain that grows here. Its lock orders the entries';
COMMENT ON COLUMN _electric_meta.seal.ledger_id IS 'The chain; others are those of a dump that is being restored';
COMMENT ON COLUMN _electric_meta.seal.cluster IS 'The cluster whose OIDs _electric_meta.objects has: pg_upgrade makes another one';

WITH new AS (SELECT pg_catalog.gen_random_uuid() AS id)
INSERT INTO _electric_meta.ledgers (ledger_id, seq, hash, reset_version, schema_sum)
SELECT id, 0,
  pg_catalog.encode(pg_catalog.sha256(
    pg_catalog.int8send(25) || 'electric_schema/genesis/1'::bytea || pg_catalog.int8send(16) || pg_catalog.uuid_send(id)), 'hex'),
  0, pg_catalog.decode(pg_catalog.repeat('00', 2048), 'hex')
FROM new;

INSERT INTO _electric_meta.seal (ledger_id) SELECT ledger_id FROM _electric_meta.ledgers;
