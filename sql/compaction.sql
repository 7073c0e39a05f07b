-- What entries leave behind when they are pruned: a place to verify the rest from, their hashes, and who was who.

CREATE TABLE _electric_meta.checkpoints (
  ledger_id     uuid   NOT NULL PRIMARY KEY,
  seq           bigint NOT NULL CHECK (seq >= 1),
  hash          text   NOT NULL,
  reset_version bigint NOT NULL,
  schema_hash   text   NOT NULL,
  objects       jsonb  NOT NULL
);
COMMENT ON TABLE _electric_meta.checkpoints IS 'The newest pruned entry of a ledger, and the schema after it: the entries that are left follow from here';
COMMENT ON COLUMN _electric_meta.checkpoints.ledger_id IS 'The chain';
COMMENT ON COLUMN _electric_meta.checkpoints.seq IS 'seq of the newest pruned entry';
COMMENT ON COLUMN _electric_meta.checkpoints.hash IS 'Its hash: the parent of the oldest entry that is left';
COMMENT ON COLUMN _electric_meta.checkpoints.reset_version IS 'How many destructive entries there had been';
COMMENT ON COLUMN _electric_meta.checkpoints.schema_hash IS 'Hash of all definitions after it';
COMMENT ON COLUMN _electric_meta.checkpoints.objects IS 'The model after it, by object_id';

CREATE TABLE _electric_meta.pruned (
  ledger_id   uuid   NOT NULL,
  seq         bigint NOT NULL,
  hash        text   NOT NULL UNIQUE,
  schema_hash text   NOT NULL,
  PRIMARY KEY (ledger_id, seq)
);
CREATE INDEX pruned_schema_hash_idx ON _electric_meta.pruned (schema_hash, seq);
COMMENT ON TABLE _electric_meta.pruned IS 'The hashes of pruned entries, by which clients that old are known';
COMMENT ON COLUMN _electric_meta.pruned.ledger_id IS 'The chain';
COMMENT ON COLUMN _electric_meta.pruned.seq IS 'Its place there';
COMMENT ON COLUMN _electric_meta.pruned.hash IS 'The entry''s hash';
COMMENT ON COLUMN _electric_meta.pruned.schema_hash IS 'Hash of all definitions after it';

CREATE TABLE _electric_meta.traces (
  ledger_id uuid    NOT NULL,
  ordinal   bigint  NOT NULL,
  object_id text    NOT NULL,
  kind      text    NOT NULL,
  schema    text    NOT NULL,
  name      text    NOT NULL,
  arguments text,
  since     bigint  NOT NULL,
  until     bigint,
  changed   bigint  NOT NULL,
  filled    boolean NOT NULL,
  PRIMARY KEY (ledger_id, ordinal)
);
COMMENT ON TABLE _electric_meta.traces IS 'The names of objects in pruned entries, and when each changed last: what a client that old still has in common with the ledger';
COMMENT ON COLUMN _electric_meta.traces.ledger_id IS 'The chain';
COMMENT ON COLUMN _electric_meta.traces.ordinal IS 'In the order in which names were given';
COMMENT ON COLUMN _electric_meta.traces.object_id IS 'The object';
COMMENT ON COLUMN _electric_meta.traces.kind IS 'schema, table, enum, …';
COMMENT ON COLUMN _electric_meta.traces.schema IS 'The schema that it was in, or that it was';
COMMENT ON COLUMN _electric_meta.traces.name IS 'Its name there';
COMMENT ON COLUMN _electric_meta.traces.arguments IS 'The arguments of a routine';
COMMENT ON COLUMN _electric_meta.traces.since IS 'seq of the entry that gave it the name';
COMMENT ON COLUMN _electric_meta.traces.until IS 'seq of the entry that took the name, or the object, away';
COMMENT ON COLUMN _electric_meta.traces.changed IS 'seq of the newest pruned entry that changed it under this name';
COMMENT ON COLUMN _electric_meta.traces.filled IS 'A table that came with rows in it';
