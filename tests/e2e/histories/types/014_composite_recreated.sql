BEGIN;
ALTER TABLE sent DROP COLUMN parcel, DROP COLUMN all_of;
DROP TYPE kinds.parcel;
CREATE TYPE kinds.parcel AS (weight int, mood kinds.mood);
ALTER TABLE sent ADD COLUMN parcel kinds.parcel DEFAULT ROW(1, 'sad');
COMMIT;
