CREATE TABLE moving (id serial PRIMARY KEY, a int, b int);
CREATE INDEX m_a ON moving (a);
CREATE INDEX m_b ON moving (b);
