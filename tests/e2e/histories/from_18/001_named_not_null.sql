-- The names of NOT NULL stay on the server.
CREATE TABLE task (id int PRIMARY KEY, title text CONSTRAINT titled NOT NULL, due date, CONSTRAINT id_is_there NOT NULL id);
CREATE TABLE task_sub (more text) INHERITS (task);
INSERT INTO task VALUES (1, 'a', NULL), (2, 'b', '2026-01-01');
