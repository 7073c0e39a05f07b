DROP FUNCTION slug(text, text, int[]) CASCADE;
