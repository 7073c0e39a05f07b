BEGIN;
DROP TYPE kinds.empty;
CREATE TABLE kinds.empty (id int);
COMMIT;
