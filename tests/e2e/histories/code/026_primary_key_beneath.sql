CREATE VIEW grouped AS SELECT id, x, count(*) FROM "Shop 2".notes_base GROUP BY id;
