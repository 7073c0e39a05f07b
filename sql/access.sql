-- PUBLIC gets EXECUTE on every new function and procedure unless it is taken away.
REVOKE ALL ON ALL ROUTINES IN SCHEMA electric_schema FROM PUBLIC;
REVOKE ALL ON ALL ROUTINES IN SCHEMA _electric_meta FROM PUBLIC;
-- And whatever ALTER DEFAULT PRIVILEGES says.
REVOKE ALL ON ALL TABLES IN SCHEMA electric_schema FROM PUBLIC;
REVOKE ALL ON ALL TABLES IN SCHEMA _electric_meta FROM PUBLIC;
REVOKE ALL ON SCHEMA electric_schema, _electric_meta FROM PUBLIC;

COMMENT ON FUNCTION electric_schema.head() IS
  'Where the ledger is: seq, hash, reset_version and time of the newest entry; seq 0 and the genesis hash for an empty ledger';
COMMENT ON FUNCTION electric_schema.diff(text, integer) IS
  'The entries after a hash, in order, at most so many; without their private part. An error for a hash that the ledger does not know';
COMMENT ON FUNCTION electric_schema.handshake(text, bigint, boolean, text) IS
  'What a client must do to get from its hash to head, or to target_hash: ready, migrate, reset, bootstrap or abort, with the SQL to run; squash gives the net of the entries. A client without rows may come with a schema hash';
COMMENT ON FUNCTION electric_schema.snapshot(text) IS
  'What builds the whole schema on a client that holds nothing, at head or at the entry with this hash; with the schema hash';
COMMENT ON PROCEDURE electric_schema.compact(text) IS
  'Prunes the entries before the one with this hash. Clients older than what is left get a reset; verify() proves the rest from the checkpoint left behind';
COMMENT ON PROCEDURE electric_schema.electrify(regclass) IS
  'Puts a table into the publication electric, which is made when it is not there. For the table''s owner';
COMMENT ON PROCEDURE electric_schema.unelectrify(regclass) IS 'Takes a table out of the publication electric. For the table''s owner';
COMMENT ON PROCEDURE electric_schema.set_scope(text) IS
  'Which tables reach clients: all, or electrified, those in the publication electric alone';
COMMENT ON PROCEDURE electric_schema.exclude(text) IS
  'Leaves tables, views and sequences out whose names match a pattern: schema.name or name, with * and ?';
COMMENT ON PROCEDURE electric_schema.include(text) IS 'Takes a pattern back that was given to electric_schema.exclude()';
COMMENT ON FUNCTION electric_schema.verify(text) IS
  'Recomputes the whole chain, and compares head with the catalogs; with a hash, or a line of checkpoint(), that was kept elsewhere, whether the chain still has it';
COMMENT ON FUNCTION electric_schema.preview(text) IS
  'What DDL would do: it is run as the caller and rolled back. Class, changes, reasons and replay SQL of its entry, or the error it fails with';
COMMENT ON FUNCTION electric_schema.drift() IS
  'What the catalogs have and the ledger does not, and the other way round: DDL that no event trigger saw. Nothing on a healthy database; reads all tables'' definitions';
COMMENT ON PROCEDURE electric_schema.label(text) IS
  'Names the entry of the transaction that calls it; the last call counts, NULL takes the name back. The label is private, as source is';
COMMENT ON FUNCTION electric_schema.checkpoint() IS
  'One line, origin, seq and hash of head, to be kept elsewhere: electric_schema.verify() takes it, and catches whoever writes the whole ledger anew';
COMMENT ON PROCEDURE electric_schema.adopt(uuid) IS
  'Goes on with a ledger that came with a dump. It does so by itself when the schema is the one that the ledger says; else what differs becomes an entry';
COMMENT ON PROCEDURE electric_schema.discard(uuid) IS 'Throws away a ledger that came with a dump and that this database does not go on with';
COMMENT ON PROCEDURE electric_schema.reconcile() IS
  'Appends what electric_schema.drift() lists as an entry, which is labelled so, when the transaction commits';
COMMENT ON FUNCTION _electric_meta.restoring() IS 'For electric_schema.status: ledgers that came with a dump, and what is missing';
COMMENT ON FUNCTION _electric_meta.guard() IS 'Trigger: nobody changes the ledger by hand';
COMMENT ON FUNCTION _electric_meta.guard_row() IS 'Trigger: nobody adds to the ledger by hand, and no subscription brings another one';
COMMENT ON FUNCTION _electric_meta.landed() IS 'Trigger: looks at the ledger that comes with a dump';
COMMENT ON FUNCTION _electric_meta.not_distributed() IS 'For electric_schema.status: what is there and clients cannot have';
COMMENT ON FUNCTION _electric_meta.judge_concurrent() IS
  'Event trigger: refuses destructive commands with CONCURRENTLY before they run, if electric_schema.destructive forbids them';
COMMENT ON FUNCTION _electric_meta.baseline() IS 'Called once, at the end of installation: makes what is there already entry 1';
COMMENT ON FUNCTION _electric_meta.capture_ddl() IS 'Event trigger: remembers what DDL touched, until the commit';
COMMENT ON FUNCTION _electric_meta.capture_drop() IS 'Event trigger: remembers what was dropped, until the commit';
COMMENT ON FUNCTION _electric_meta.capture_rewrite() IS 'Event trigger: remembers whose rows got other values, until the commit';

SELECT _electric_meta.baseline();
