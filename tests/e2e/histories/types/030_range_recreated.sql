BEGIN;
DROP TABLE shift, shifts;
DROP DOMAIN morning;
DROP TYPE sizes."time span";
CREATE TYPE sizes."time span" AS RANGE (SUBTYPE = timetz);
CREATE TABLE shift (during sizes."time span");
COMMIT;
