CREATE TYPE st AS ENUM ('a', 'b', 'c');
CREATE TABLE e (id int, s st DEFAULT 'a', ss st[] DEFAULT '{a,b}');
CREATE INDEX e_s ON e (s) WHERE s = 'a';
