CREATE FUNCTION twice(n int) RETURNS int LANGUAGE sql IMMUTABLE RETURN n * 2;
CREATE FUNCTION four_times(n int, OUT r int, OUT s text) LANGUAGE sql IMMUTABLE BEGIN ATOMIC; SELECT twice(twice(n)) AS r, CASE WHEN n > 0 THEN slug(n) ELSE 'it''s' END AS s; END;
CREATE VIEW four AS SELECT (four_times(1)).r AS one, (four_times(2)).*;
ALTER TABLE article ADD COLUMN doubled int DEFAULT twice(3);
