CREATE DOMAIN email AS text CHECK (VALUE LIKE '%@%');
CREATE TABLE person (id int PRIMARY KEY, mail email);
CREATE TABLE person_note (person int REFERENCES person, note text);
