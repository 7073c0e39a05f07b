ALTER TABLE stay ADD CONSTRAINT one_at_a_time UNIQUE (guest, during WITHOUT OVERLAPS);
ALTER TABLE room RENAME COLUMN during TO "open for";
