DROP INDEX sale_total;
CREATE INDEX only_this ON ONLY sale (total);
CREATE INDEX eu_total ON sale_eu (total);
