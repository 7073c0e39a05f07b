DO $$ BEGIN
  -- Where it is a constraint on the server, too, it goes by another name there.
  IF current_setting('server_version_num')::int >= 180000 THEN ALTER TABLE named RENAME CONSTRAINT named_a_not_null TO other; END IF;
END $$;
ALTER TABLE named ADD CONSTRAINT named_a_not_null CHECK (a IS NOT NULL) NOT VALID;
