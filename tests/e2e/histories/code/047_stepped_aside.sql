-- The view reads afterwards as it read before, and would have stood in the way in between.
CREATE OR REPLACE VIEW over_aside AS SELECT id FROM aside;
ALTER TABLE aside ALTER COLUMN n TYPE bigint;
CREATE OR REPLACE VIEW over_aside AS SELECT id FROM aside WHERE n > 0;
