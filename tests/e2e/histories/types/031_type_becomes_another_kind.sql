BEGIN;
DROP TABLE coded;
DROP DOMAIN kinds.code;
CREATE TYPE kinds.code AS ENUM ('ABC', 'DEF');
CREATE TABLE coded (c kinds.code);
COMMIT;
