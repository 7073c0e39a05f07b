ALTER TABLE article DROP CONSTRAINT even;
DROP FUNCTION is_even, is_odd;
