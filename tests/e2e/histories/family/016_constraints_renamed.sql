ALTER TABLE sale RENAME CONSTRAINT small TO "sm all";
ALTER TABLE sale RENAME CONSTRAINT sale_account_fkey TO to_account;
ALTER TABLE sale RENAME CONSTRAINT sale_pkey TO sale_pk;
ALTER TABLE sale_eu RENAME CONSTRAINT sale_eu_pkey TO eu_pk;
ALTER INDEX sale_amount RENAME TO sale_total;
