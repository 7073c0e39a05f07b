CREATE TYPE kinds.floats AS RANGE (SUBTYPE = float8, SUBTYPE_DIFF = float8mi);
CREATE TYPE kinds.texts AS RANGE (SUBTYPE = text, COLLATION = "C", SUBTYPE_OPCLASS = text_pattern_ops, MULTIRANGE_TYPE_NAME = sizes."many Texts");
CREATE FUNCTION kinds.apart(kinds.positive, kinds.positive) RETURNS float8 LANGUAGE sql IMMUTABLE AS 'SELECT ($1 - $2)::float8';
CREATE TYPE kinds.positives AS RANGE (SUBTYPE = kinds.positive);
CREATE TABLE spans (f kinds.floats, t kinds.texts DEFAULT '[a,b)', ts sizes."many Texts", fs kinds.floats_multirange[], p kinds.positives, EXCLUDE USING gist (f WITH &&));
CREATE INDEX spans_t ON spans (lower(t)) WHERE NOT isempty(t);
CREATE VIEW spread AS SELECT lower(f) AS l, range_merge(ts) AS m FROM spans;
