CREATE FUNCTION minutes(a time, b time) RETURNS float8 LANGUAGE sql IMMUTABLE STRICT AS 'SELECT extract(epoch FROM a - b)::float8 / 60';
CREATE TYPE timerange AS RANGE (SUBTYPE = time, SUBTYPE_DIFF = minutes);
CREATE TABLE shift (during timerange DEFAULT '[08:00,12:00)', EXCLUDE USING gist (during WITH &&));
CREATE DOMAIN morning AS timerange CHECK (upper(VALUE) <= '12:00');
CREATE TABLE shifts (m morning, ms timemultirange, CHECK (m && ANY (ARRAY['[01:00,02:00)'::timerange])));
