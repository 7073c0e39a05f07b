CREATE SEQUENCE free START 5 INCREMENT -1 MINVALUE -100 MAXVALUE 50 CACHE 10 CYCLE;
CREATE TABLE uses_free (a int DEFAULT nextval('free'), b int DEFAULT nextval('free'::regclass) + 1);
ALTER SEQUENCE free RENAME TO free2;
ALTER SEQUENCE free2 OWNED BY uses_free.a;
