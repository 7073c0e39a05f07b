CREATE EXTENSION IF NOT EXISTS btree_gist;
CREATE TABLE room (id int, during daterange, name text, PRIMARY KEY (id, during WITHOUT OVERLAPS));
CREATE TABLE stay (room int, during daterange, guest text, CONSTRAINT in_a_room FOREIGN KEY (room, PERIOD during) REFERENCES room (id, PERIOD during));
INSERT INTO room VALUES (1, '[2026-01-01,2027-01-01)', 'blue');
INSERT INTO stay VALUES (1, '[2026-03-01,2026-04-01)', 'x');
