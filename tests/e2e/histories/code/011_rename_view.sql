ALTER VIEW best RENAME TO "the best";
ALTER VIEW "the best" RENAME COLUMN total TO grand_total;
ALTER VIEW "Shop 2".open_order SET SCHEMA public;
ALTER TABLE open_order RENAME TO opened;
