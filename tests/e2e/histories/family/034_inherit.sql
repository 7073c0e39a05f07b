CREATE TABLE base (id int PRIMARY KEY, name text DEFAULT 'n' CHECK (name <> ''), CONSTRAINT here CHECK (id > 0) NO INHERIT);
CREATE TABLE extra (tag text NOT NULL, name text DEFAULT 'n');
CREATE TABLE child (own int, id int DEFAULT 5, PRIMARY KEY (id)) INHERITS (base, extra);
CREATE TABLE grandchild (more int) INHERITS (child);
CREATE TABLE loner (tag text NOT NULL, name text, own int);
INSERT INTO child (id, tag) VALUES (1, 'x');
