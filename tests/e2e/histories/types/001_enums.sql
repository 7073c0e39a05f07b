CREATE SCHEMA kinds;
CREATE SCHEMA "Größen";
CREATE TYPE kinds.mood AS ENUM ('sad', 'ok', 'it''s "fine"');
CREATE TYPE kinds.empty AS ENUM ();
CREATE TABLE kinds.person (id int PRIMARY KEY, mood kinds.mood DEFAULT 'ok', moods kinds.mood[] DEFAULT '{sad}', CHECK (mood <> 'sad' OR id > 0));
INSERT INTO kinds.person VALUES (1), (2);
