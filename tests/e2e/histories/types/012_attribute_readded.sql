BEGIN;
ALTER TYPE kinds.address DROP ATTRIBUTE zip;
ALTER TYPE kinds.address ADD ATTRIBUTE zip int;
COMMIT;
