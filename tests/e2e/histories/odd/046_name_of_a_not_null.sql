-- A client's NOT NULL may have been given the name that another constraint of the server's has.
CREATE TABLE named (a int NOT NULL, b int);
INSERT INTO named VALUES (1, 1);
