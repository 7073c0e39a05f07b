ALTER TYPE st RENAME VALUE 'b' TO 'bee';
ALTER TYPE st RENAME TO state;
ALTER SCHEMA "we""ird schéma" RENAME TO plain;
