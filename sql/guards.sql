-- Nobody writes to the ledger by hand. What writes for the extension goes around triggers, or says so to the guard.
-- A dump that is restored does: its rows are those of another chain, which is checked, and taken over when the schema is there.

DO $$
DECLARE
  relation text;
BEGIN
  FOREACH relation IN ARRAY ARRAY['ledgers', 'migrations', 'objects', 'seal', 'scope', 'checkpoints', 'pruned', 'traces', 'unsealed'] LOOP
    EXECUTE pg_catalog.format('CREATE TRIGGER guard BEFORE UPDATE OR DELETE OR TRUNCATE ON _electric_meta.%I
      FOR EACH STATEMENT EXECUTE FUNCTION _electric_meta.guard()', relation);
    EXECUTE pg_catalog.format('ALTER TABLE _electric_meta.%I ENABLE ALWAYS TRIGGER guard', relation);
    EXECUTE pg_catalog.format('CREATE TRIGGER guard_row BEFORE INSERT OR UPDATE OR DELETE ON _electric_meta.%I
      FOR EACH ROW EXECUTE FUNCTION _electric_meta.guard_row()', relation);
    EXECUTE pg_catalog.format('ALTER TABLE _electric_meta.%I ENABLE ALWAYS TRIGGER guard_row', relation);
  END LOOP;
  FOREACH relation IN ARRAY ARRAY['objects', 'seal', 'unsealed'] LOOP
    EXECUTE pg_catalog.format('CREATE TRIGGER guard_insert BEFORE INSERT ON _electric_meta.%I
      FOR EACH STATEMENT EXECUTE FUNCTION _electric_meta.guard()', relation);
    EXECUTE pg_catalog.format('ALTER TABLE _electric_meta.%I ENABLE ALWAYS TRIGGER guard_insert', relation);
  END LOOP;
  FOREACH relation IN ARRAY ARRAY['ledgers', 'migrations', 'scope', 'checkpoints', 'pruned', 'traces'] LOOP
    EXECUTE pg_catalog.format('CREATE TRIGGER landed AFTER INSERT ON _electric_meta.%I
      FOR EACH STATEMENT EXECUTE FUNCTION _electric_meta.landed()', relation);
    EXECUTE pg_catalog.format('ALTER TABLE _electric_meta.%I ENABLE ALWAYS TRIGGER landed', relation);
  END LOOP;
END
$$;

-- What a dump takes along: the chain, and not where things are in the catalogs of this cluster. In order, so that each row of a dump made with
-- INSERTs follows from the one before.
SELECT pg_catalog.pg_extension_config_dump('_electric_meta.ledgers',
  'WHERE ledger_id = (SELECT s.ledger_id FROM _electric_meta.seal s)');
SELECT pg_catalog.pg_extension_config_dump('_electric_meta.migrations',
  'WHERE ledger_id = (SELECT s.ledger_id FROM _electric_meta.seal s) ORDER BY seq');
SELECT pg_catalog.pg_extension_config_dump('_electric_meta.checkpoints',
  'WHERE ledger_id = (SELECT s.ledger_id FROM _electric_meta.seal s)');
SELECT pg_catalog.pg_extension_config_dump('_electric_meta.pruned',
  'WHERE ledger_id = (SELECT s.ledger_id FROM _electric_meta.seal s) ORDER BY seq');
SELECT pg_catalog.pg_extension_config_dump('_electric_meta.traces',
  'WHERE ledger_id = (SELECT s.ledger_id FROM _electric_meta.seal s) ORDER BY ordinal');
SELECT pg_catalog.pg_extension_config_dump('_electric_meta.scope', 'ORDER BY setting, value');
