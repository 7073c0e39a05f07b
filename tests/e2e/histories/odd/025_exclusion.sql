CREATE EXTENSION IF NOT EXISTS btree_gist;
CREATE TABLE booking (room int, during tstzrange, EXCLUDE USING gist (room WITH =, during WITH &&) WHERE (room > 0));
CREATE UNIQUE INDEX booking_u ON booking (room) NULLS NOT DISTINCT WHERE during IS NULL;
ALTER TABLE booking ADD CONSTRAINT u2 UNIQUE NULLS NOT DISTINCT (during) INCLUDE (room);
