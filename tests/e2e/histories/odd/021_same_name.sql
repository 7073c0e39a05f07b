BEGIN;
DROP TABLE other.i;
CREATE TABLE other.i (x int PRIMARY KEY, y text);
ALTER TABLE other.e DROP COLUMN id;
ALTER TABLE other.e ADD COLUMN id text;
COMMIT;
