BEGIN;
ALTER TABLE other.t ALTER COLUMN created_at TYPE date;
ALTER TABLE other.t ALTER COLUMN created_at TYPE timestamptz;
COMMIT;
