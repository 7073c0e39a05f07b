ALTER DOMAIN kinds.even RENAME TO "even, you";
ALTER DOMAIN kinds."even, you" SET SCHEMA "Größen";
ALTER SCHEMA "Größen" RENAME TO sizes;
