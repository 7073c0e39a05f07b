DROP VIEW constructed;
DROP FUNCTION evening;
ALTER TABLE shift DROP COLUMN other;
