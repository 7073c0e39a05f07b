BEGIN;
ALTER TYPE kinds.address RENAME ATTRIBUTE street TO t;
ALTER TYPE kinds.address RENAME ATTRIBUTE city TO street;
ALTER TYPE kinds.address RENAME ATTRIBUTE t TO city;
COMMIT;
