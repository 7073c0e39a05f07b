ALTER FUNCTION twice RENAME TO "two times";
