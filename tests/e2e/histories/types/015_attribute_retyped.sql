BEGIN;
ALTER TABLE sent DROP COLUMN parcel;
ALTER TYPE kinds.parcel ALTER ATTRIBUTE weight TYPE bigint;
ALTER TABLE sent ADD COLUMN parcel kinds.parcel[];
COMMIT;
