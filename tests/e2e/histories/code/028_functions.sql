CREATE FUNCTION fold(text) RETURNS text LANGUAGE sql IMMUTABLE AS 'SELECT lower($1 COLLATE "C")';
CREATE FUNCTION slug(t text, sep text DEFAULT '-', VARIADIC more int[] DEFAULT '{}') RETURNS text LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE COST 7 AS $$
  SELECT regexp_replace(public.fold(t), '[^a-z]+', sep, 'g') -- it's a "comment" with $1 and \ in it
$$;
CREATE FUNCTION slug(int) RETURNS text LANGUAGE sql IMMUTABLE AS $f$ SELECT public.slug($1::text || $$x$$) $f$;
CREATE FUNCTION "Vue d'été"."Tagged ""f"""(INOUT a int, OUT b text, "c d" "Shop 2".status DEFAULT 'paid') LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = public, "Vue d'été" SET "work_mem" = '4MB' AS $$
BEGIN b := slug(a); a := a + 1; END $$;
CREATE FUNCTION rows_of(n int) RETURNS SETOF int ROWS 5 LANGUAGE sql IMMUTABLE AS 'SELECT generate_series(1, n)';
CREATE FUNCTION table_of(n int) RETURNS TABLE (x int, y text) LANGUAGE plpgsql AS $$ BEGIN RETURN QUERY SELECT i, slug(i) FROM rows_of(n) AS r (i); END $$;
CREATE PROCEDURE nobody_calls(INOUT x int) LANGUAGE plpgsql AS 'BEGIN x := 1; END';
CREATE FUNCTION nobody_needs() RETURNS int LANGUAGE sql AS 'SELECT 1';
CREATE FUNCTION touch() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN NEW.x := CURRENT_DATE; RETURN NEW; END';
CREATE TRIGGER touch BEFORE UPDATE ON "Shop 2".notes_base FOR EACH ROW EXECUTE FUNCTION touch();
