BEGIN;
DROP VIEW four;
DROP FUNCTION four_times;
CREATE OR REPLACE FUNCTION "two times"(n int) RETURNS int LANGUAGE sql IMMUTABLE RETURN n + n;
CREATE FUNCTION four_times(n int) RETURNS int LANGUAGE sql IMMUTABLE RETURN "two times"("two times"(n));
CREATE VIEW four AS SELECT four_times(1);
COMMIT;
