ALTER TABLE shop."order" RENAME COLUMN total TO amount;
ALTER TABLE shop."order" RENAME TO purchase;
ALTER TABLE shop.customer RENAME COLUMN name TO "full name";
