BEGIN;
ALTER TABLE sale_africa ADD CONSTRAINT sale_amount_check CHECK (total > 0), ADD CONSTRAINT tiny CHECK (total < 2000), ADD CONSTRAINT sale_n_check CHECK (n > 1);
CREATE UNIQUE INDEX africa_key ON sale_africa (id, region);
ALTER TABLE sale ATTACH PARTITION sale_africa FOR VALUES IN ('za', 'ke');
COMMIT;
