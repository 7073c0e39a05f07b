CREATE TYPE shape AS (a int, b text);
CREATE TABLE typed OF shape (a PRIMARY KEY, b DEFAULT 'x' NOT NULL);
CREATE TABLE typed_2 OF shape (CHECK (a > 0)) PARTITION BY LIST (a);
CREATE TABLE later (a int, b text);
INSERT INTO typed VALUES (1);
