CREATE DOMAIN kinds.positive AS int CONSTRAINT above CHECK (VALUE > 0);
CREATE DOMAIN kinds.even AS kinds.positive DEFAULT 2 NOT NULL CHECK (VALUE % 2 = 0);
CREATE DOMAIN kinds.name AS varchar(30) COLLATE "C" CHECK (VALUE ~ '^\w+$' AND VALUE <> $$it's$$);
CREATE DOMAIN kinds.evens AS kinds.even[] CHECK (cardinality(VALUE) < 5);
CREATE DOMAIN kinds.place AS "Größen"."Anschrift" CHECK ((VALUE).city IS NOT NULL);
CREATE TABLE holds (e kinds.even, n kinds.name, es kinds.evens, p kinds.place);
