CREATE FUNCTION evening(h int) RETURNS timerange LANGUAGE sql IMMUTABLE AS $$ SELECT timerange(make_time(h, 0, 0), '23:00') $$;
CREATE VIEW constructed AS SELECT timerange('08:00', '12:00') AS a, timemultirange(timerange('08:00', '12:00', '[]')) AS b, evening(20);
ALTER TABLE shift ADD COLUMN other timerange DEFAULT timerange('08:00', '12:00');
