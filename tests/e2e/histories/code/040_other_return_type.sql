BEGIN;
DROP VIEW tagged;
DROP FUNCTION table_of(int);
CREATE FUNCTION table_of(n int) RETURNS SETOF text LANGUAGE sql AS 'SELECT slug(n)';
CREATE VIEW tagged AS SELECT * FROM table_of(3) AS t;
COMMIT;
