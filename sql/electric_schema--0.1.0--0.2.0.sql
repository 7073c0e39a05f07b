-- In which cluster the OIDs of _electric_meta.objects are right.
ALTER TABLE _electric_meta.seal ADD COLUMN cluster bigint NOT NULL DEFAULT (pg_catalog.pg_control_system()).system_identifier;
COMMENT ON COLUMN _electric_meta.seal.cluster IS 'The cluster whose OIDs _electric_meta.objects has: pg_upgrade makes another one';

-- Compressing takes longer than all the rest of the writing: only what does not fit into a page.
ALTER TABLE _electric_meta.migrations SET (toast_tuple_target = 8160);

-- Each entry replaces its row: in place, uncompressed, and whole.
ALTER TABLE _electric_meta.ledgers SET (fillfactor = 50);
ALTER TABLE _electric_meta.ledgers ALTER COLUMN schema_sum SET STORAGE PLAIN, ALTER COLUMN hash SET STORAGE PLAIN;

-- It becomes the owner by itself, where it has to.
ALTER FUNCTION electric_schema.handshake(text, bigint, boolean, text) SECURITY INVOKER RESET ALL;

ALTER TABLE _electric_meta.ledgers ADD COLUMN rescoped boolean NOT NULL DEFAULT false;
COMMENT ON COLUMN _electric_meta.ledgers.rescoped IS 'The scope was changed while there were such tables: what nothing needs any more goes when they have been read';
