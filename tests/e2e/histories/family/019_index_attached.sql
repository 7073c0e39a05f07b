ALTER INDEX only_this ATTACH PARTITION eu_total;
CREATE INDEX on sale (note, total);
