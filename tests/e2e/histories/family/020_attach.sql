CREATE TABLE sale_africa (n int, id bigint NOT NULL, extra int, note varchar(20), region text NOT NULL DEFAULT 'za', account bigint, total numeric(8,2));
ALTER TABLE sale_africa DROP COLUMN extra;
INSERT INTO sale_africa VALUES (2, 9, 'x', 'za', NULL, 3);
