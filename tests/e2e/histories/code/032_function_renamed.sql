ALTER FUNCTION rows_of RENAME TO "rows ' of";
CREATE OR REPLACE FUNCTION table_of(n int) RETURNS TABLE (x int, y text) LANGUAGE plpgsql AS $$ BEGIN RETURN QUERY SELECT i, slug(i) FROM "rows ' of"(n) AS r (i); END $$;
ALTER FUNCTION "Vue d'été"."Tagged ""f""" SET SCHEMA "Shop 2";
