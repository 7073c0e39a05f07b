ALTER TYPE "Shop 2".status RENAME TO state;
ALTER TYPE "Shop 2".state SET SCHEMA public;
ALTER SCHEMA "Vue d'été" RENAME TO vue;
