CREATE TABLE refund (id int PRIMARY KEY, sale int, region text, CONSTRAINT refund_sale FOREIGN KEY (sale, region) REFERENCES sale (id, region) ON DELETE CASCADE DEFERRABLE);
CREATE TABLE refund_2 (id int, sale int, region text, FOREIGN KEY (sale, region) REFERENCES sale) PARTITION BY HASH (id);
CREATE TABLE refund_2_a PARTITION OF refund_2 FOR VALUES WITH (MODULUS 3, REMAINDER 0);
