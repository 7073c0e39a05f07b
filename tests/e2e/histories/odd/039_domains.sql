CREATE DOMAIN other.mailaddr AS citext CHECK (VALUE LIKE '%@%') DEFAULT 'a@b';
CREATE DOMAIN other.corp AS other.mailaddr CONSTRAINT short CHECK (length(VALUE) < 50);
ALTER TABLE person ADD COLUMN m1 other.corp, ADD COLUMN m2 other.mailaddr[], ADD COLUMN m3 other.corp NOT NULL DEFAULT 'x@y';
ALTER DOMAIN other.corp DROP CONSTRAINT short;
ALTER DOMAIN other.mailaddr RENAME TO address;
