CREATE TABLE aside (id int PRIMARY KEY, n int);
CREATE VIEW over_aside AS SELECT id FROM aside WHERE n > 0;
CREATE VIEW over_over_aside AS SELECT id FROM over_aside;
