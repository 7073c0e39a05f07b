-- One row for monitoring. What costs something is a subquery of its own: who asks for seq and hash alone does not pay for drift.
CREATE VIEW electric_schema.status AS
SELECT
  l.ledger_id,
  l.seq,
  l.hash,
  l.reset_version,
  (SELECT m.recorded_at FROM _electric_meta.migrations m WHERE (m.ledger_id, m.seq) = (l.ledger_id, l.seq)) AS recorded_at,
  (SELECT pg_catalog.count(*) FROM _electric_meta.migrations m
   WHERE m.ledger_id = l.ledger_id AND m.class = 'additive') AS additive,
  (SELECT pg_catalog.count(*) FROM _electric_meta.migrations m
   WHERE m.ledger_id = l.ledger_id AND m.class = 'destructive') AS destructive,
  CASE WHEN EXISTS (SELECT FROM _electric_meta.scope s WHERE s.setting = 'scope') THEN 'electrified' ELSE 'all' END AS scope,
  ARRAY(SELECT s.value FROM _electric_meta.scope s WHERE s.setting = 'exclude' ORDER BY s.value COLLATE "C") AS excluded,
  pg_catalog.pg_total_relation_size('_electric_meta.ledgers'::pg_catalog.regclass)
    + pg_catalog.pg_total_relation_size('_electric_meta.migrations'::pg_catalog.regclass)
    + pg_catalog.pg_total_relation_size('_electric_meta.objects'::pg_catalog.regclass) AS bytes,
  CASE WHEN EXISTS (
    SELECT FROM (VALUES ('electric_schema_ddl'), ('electric_schema_drop'), ('electric_schema_rewrite')) needed (name)
    LEFT JOIN pg_catalog.pg_event_trigger t ON t.evtname = needed.name
    -- A trigger that fires for some replication roles only hides the DDL of the others.
    WHERE t.evtenabled IS DISTINCT FROM 'A') THEN 'off' ELSE 'on' END AS capture,
  ARRAY(
    SELECT needed.name
    FROM (VALUES ('electric_schema_ddl'), ('electric_schema_drop'), ('electric_schema_rewrite'), ('electric_schema_start')) needed (name)
    LEFT JOIN pg_catalog.pg_event_trigger t ON t.evtname = needed.name
    WHERE t.evtenabled IS DISTINCT FROM 'A'
    UNION ALL
    SELECT 'guard on _electric_meta.' || needed.name
    FROM (VALUES ('checkpoints'), ('ledgers'), ('migrations'), ('objects'), ('pruned'), ('scope'), ('seal'), ('traces'), ('unsealed')) needed (name)
    LEFT JOIN pg_catalog.pg_trigger t
      ON t.tgname = 'guard' AND t.tgrelid = ('_electric_meta.' || needed.name)::pg_catalog.regclass
    -- pg_restore --disable-triggers leaves them enabled, but not always.
    WHERE t.tgenabled IS NULL OR t.tgenabled NOT IN ('A', 'O')
    ORDER BY 1) AS disabled_triggers,
  ARRAY(SELECT coalesce(u.oid::pg_catalog.regclass::text, u.oid::text) FROM pg_catalog.unnest(l.unread) u (oid) ORDER BY 1) AS unread,
  (SELECT pg_catalog.jsonb_agg(pg_catalog.jsonb_build_object(
            'gid', p.gid, 'owner', p.owner, 'prepared', p.prepared,
            'way_out', pg_catalog.format('COMMIT PREPARED %L or ROLLBACK PREPARED %L, in database %I', p.gid, p.gid, p.database))
          ORDER BY p.prepared)
   FROM pg_catalog.pg_prepared_xacts p
   -- A prepared transaction keeps the virtual id of the session that it came from: its own id is found among its locks.
   JOIN pg_catalog.pg_locks x ON x.locktype = 'transactionid' AND x.transactionid = p.transaction AND x.granted AND x.pid IS NULL
   JOIN pg_catalog.pg_locks k ON k.virtualtransaction = x.virtualtransaction AND k.pid IS NULL
   WHERE k.locktype = 'relation' AND k.granted AND k.mode = 'ShareUpdateExclusiveLock'
     AND k.relation = '_electric_meta.seal'::pg_catalog.regclass
     AND k.database = (SELECT d.oid FROM pg_catalog.pg_database d WHERE d.datname = pg_catalog.current_database())) AS blocked_by,
  (SELECT pg_catalog.count(*) FROM electric_schema.drift() d WHERE d.difference ->> 'change' <> 'unread') AS drift,
  (SELECT _electric_meta.not_distributed()) AS not_distributed,
  (SELECT _electric_meta.restoring()) AS restoring,
  (SELECT pg_catalog.jsonb_build_object('transactions', pg_catalog.count(*), 'since', pg_catalog.min(u.committed_at),
            'error', (pg_catalog.array_agg(u.error ORDER BY u.committed_at))[1])
   FROM _electric_meta.unsealed u HAVING pg_catalog.count(*) > 0) AS suspended
FROM _electric_meta.ledgers l
JOIN _electric_meta.seal USING (ledger_id);

COMMENT ON VIEW electric_schema.status IS
  'One row for monitoring. drift and not_distributed read the whole catalogs: leave them out of what is asked every few seconds';
COMMENT ON COLUMN electric_schema.status.ledger_id IS 'Random; tells one ledger from another';
COMMENT ON COLUMN electric_schema.status.seq IS 'seq of the newest entry, 0 for none';
COMMENT ON COLUMN electric_schema.status.hash IS 'Hash of the newest entry, or the genesis hash';
COMMENT ON COLUMN electric_schema.status.reset_version IS 'How many destructive entries there have been';
COMMENT ON COLUMN electric_schema.status.recorded_at IS 'When the newest entry was made';
COMMENT ON COLUMN electric_schema.status.additive IS 'Additive entries that the ledger holds';
COMMENT ON COLUMN electric_schema.status.destructive IS 'Destructive entries that the ledger holds';
COMMENT ON COLUMN electric_schema.status.scope IS 'all, or electrified: only what is in the publication electric is distributed';
COMMENT ON COLUMN electric_schema.status.excluded IS 'Patterns of tables that are not distributed all the same';
COMMENT ON COLUMN electric_schema.status.bytes IS 'Size of the ledger on disk, indexes and TOAST included';
COMMENT ON COLUMN electric_schema.status.capture IS 'on, or off: some DDL is not noticed because an event trigger is disabled or gone';
COMMENT ON COLUMN electric_schema.status.disabled_triggers IS 'Event triggers of the extension, and guards of the ledger''s tables, that are not enabled';
COMMENT ON COLUMN electric_schema.status.unread IS 'Tables that another session held when they should have been read again; the next entry reads them';
COMMENT ON COLUMN electric_schema.status.blocked_by IS
  'Prepared transactions that keep every other commit of DDL waiting, and the way out; NULL for none';
COMMENT ON COLUMN electric_schema.status.drift IS
  'How many differences electric_schema.drift() finds. It reads all tables'' definitions: seconds on thousands of tables';
COMMENT ON COLUMN electric_schema.status.not_distributed IS 'What is there and clients cannot have: kind, identity and reason of each';
COMMENT ON COLUMN electric_schema.status.restoring IS
  'Ledgers that came with a dump and that this database does not go on with yet: what is missing, and how to go on; NULL for none';
COMMENT ON COLUMN electric_schema.status.suspended IS
  'Transactions whose DDL is not recorded yet because that failed, since when, and what the first of them failed with; NULL for none. The next entry takes them along';
REVOKE ALL ON electric_schema.status FROM PUBLIC;
