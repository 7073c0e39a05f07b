CREATE TYPE deep AS (a int[], r kinds.texts, m sizes.t, d kinds.positive);
CREATE TYPE deeper AS (d deep, ds deep[]);
CREATE DOMAIN deepest AS deeper[] CHECK (VALUE IS NULL OR (VALUE[1]).d IS NOT NULL);
CREATE TABLE well (d deepest DEFAULT NULL, x deeper DEFAULT ROW(ROW(ARRAY[1], '[a,b]', '{[a,b]}', 1), NULL));
