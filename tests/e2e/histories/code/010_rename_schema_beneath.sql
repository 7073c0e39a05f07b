ALTER SCHEMA shop RENAME TO "Shop 2";
ALTER TYPE "Shop 2".state RENAME TO status;
ALTER TYPE "Shop 2".status RENAME VALUE 'open' TO 'still open';
