DROP SCHEMA farther CASCADE;
DROP TABLE sale, sale_archive, "Ev""ent" CASCADE;
