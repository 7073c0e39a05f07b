-- A name that a client's NOT NULL may have been given.
CREATE TABLE named (a int CONSTRAINT other NOT NULL, b int);
ALTER TABLE named ADD CONSTRAINT named_a_not_null CHECK (a IS NOT NULL);
