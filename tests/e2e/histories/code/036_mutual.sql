CREATE FUNCTION is_even(n int) RETURNS boolean LANGUAGE plpgsql IMMUTABLE AS 'BEGIN RETURN n = 0 OR public.is_odd(n - 1); END';
CREATE FUNCTION is_odd(n int) RETURNS boolean LANGUAGE plpgsql IMMUTABLE AS 'BEGIN RETURN n <> 0 AND public.is_even(n - 1); END';
ALTER TABLE article ADD CONSTRAINT even CHECK (is_even(id));
