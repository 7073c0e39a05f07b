ALTER FUNCTION fold(text) COST 3 STRICT PARALLEL SAFE;
ALTER FUNCTION rows_of ROWS 7 SET search_path = '';
ALTER FUNCTION "Vue d'été"."Tagged ""f""" RESET ALL;
