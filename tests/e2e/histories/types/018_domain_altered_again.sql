ALTER DOMAIN kinds.name SET DEFAULT 'x';
ALTER DOMAIN kinds.name VALIDATE CONSTRAINT short;
ALTER DOMAIN kinds.evens ADD CHECK (VALUE IS NOT NULL);
CREATE TYPE kinds.pair AS (a kinds.even, b kinds.name, c kinds.place, d kinds.evens);
ALTER TABLE holds ADD COLUMN ps kinds.pair[];
