CREATE TYPE kind AS ENUM ('a', 'b');
CREATE DOMAIN code AS int CHECK (VALUE > 0);
CREATE FUNCTION bucket(int) RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT $1 / 10';
CREATE TABLE parted (k kind, c code, t text COLLATE "C") PARTITION BY LIST (k);
CREATE TABLE parted_a PARTITION OF parted FOR VALUES IN ('a') PARTITION BY RANGE (bucket(c), t text_pattern_ops);
CREATE TABLE parted_a_1 PARTITION OF parted_a FOR VALUES FROM (MINVALUE, MINVALUE) TO (5, 'm');
CREATE TABLE parted_b PARTITION OF parted FOR VALUES IN ('b') WITH (fillfactor = 50);
