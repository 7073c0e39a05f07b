BEGIN;
ALTER TYPE kinds.mood RENAME VALUE 'sad' TO 'x';
ALTER TYPE kinds.mood RENAME VALUE 'ok' TO 'sad';
ALTER TYPE kinds.mood RENAME VALUE 'x' TO 'ok';
COMMIT;
