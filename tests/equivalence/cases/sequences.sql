-- CASE sequences: additive
-- CHANGE
CREATE SEQUENCE app.s START 5 INCREMENT -1 MINVALUE -100 MAXVALUE 50 CACHE 10 CYCLE;
CREATE SEQUENCE app.small AS smallint;
CREATE TABLE app.t (a int DEFAULT nextval('app.s'), b bigint DEFAULT nextval('app.small') + 1);
ALTER SEQUENCE app.small OWNED BY app.t.b;

-- CASE a sequence widens: additive
CREATE SEQUENCE app.s AS int MAXVALUE 100; CREATE TABLE app.t (id serial);
-- CHANGE
ALTER SEQUENCE app.s AS bigint MAXVALUE 1000 CYCLE CACHE 5;
ALTER SEQUENCE app.t_id_seq AS bigint;
ALTER TABLE app.t ALTER id TYPE bigint;

-- CASE a sequence narrows: destructive
CREATE SEQUENCE app.s;
-- CHANGE
ALTER SEQUENCE app.s MAXVALUE 100;

-- CASE a sequence ends: destructive
CREATE SEQUENCE app.s CYCLE;
-- CHANGE
ALTER SEQUENCE app.s NO CYCLE;

-- CASE another increment and start: additive
CREATE SEQUENCE app.s;
-- CHANGE
ALTER SEQUENCE app.s INCREMENT 10 START 3;

-- CASE where a sequence stands: nothing
CREATE SEQUENCE app.s; CREATE TABLE app.t (id serial);
-- CHANGE
ALTER SEQUENCE app.s RESTART WITH 100;
ALTER SEQUENCE app.t_id_seq RESTART;

-- CASE a sequence is bound: additive
CREATE SEQUENCE app.s; CREATE TABLE app.t (a int);
-- CHANGE
ALTER SEQUENCE app.s OWNED BY app.t.a;

-- CASE a sequence is unbound: additive
CREATE TABLE app.t (id serial);
-- CHANGE
ALTER SEQUENCE app.t_id_seq OWNED BY NONE;

-- CASE a sequence renamed: destructive
CREATE SEQUENCE app.s; CREATE TABLE app.t (a int DEFAULT nextval('app.s'));
-- CHANGE
ALTER SEQUENCE app.s RENAME TO "S s";

-- CASE a sequence moves to another schema: destructive
CREATE SCHEMA app2; CREATE SEQUENCE app.s; CREATE TABLE app.t (a int DEFAULT nextval('app.s'));
-- CHANGE
ALTER SEQUENCE app.s SET SCHEMA app2;

-- CASE the sequence of an identity renamed: destructive
CREATE TABLE app.t (id int GENERATED ALWAYS AS IDENTITY);
-- CHANGE
ALTER SEQUENCE app.t_id_seq RENAME TO ids;

-- CASE a sequence goes: destructive
CREATE SEQUENCE app.s;
-- CHANGE
DROP SEQUENCE app.s;

-- CASE a sequence goes, and a default with it: destructive
CREATE TABLE app.t (id serial, a int);
-- CHANGE
DROP SEQUENCE app.t_id_seq CASCADE;

-- CASE a sequence goes with its column: destructive
CREATE TABLE app.t (id serial, a int);
-- CHANGE
ALTER TABLE app.t DROP COLUMN id;

-- CASE a column becomes serial: additive
CREATE TABLE app.t (id int PRIMARY KEY);
-- CHANGE
CREATE SEQUENCE app.t_id_seq AS int OWNED BY app.t.id;
ALTER TABLE app.t ALTER id SET DEFAULT nextval('app.t_id_seq');

-- CASE serial becomes identity: destructive
CREATE TABLE app.t (id serial PRIMARY KEY);
-- CHANGE
ALTER TABLE app.t ALTER id DROP DEFAULT;
DROP SEQUENCE app.t_id_seq;
ALTER TABLE app.t ALTER id ADD GENERATED ALWAYS AS IDENTITY;

-- CASE an unlogged sequence: destructive
CREATE SEQUENCE app.s;
-- CHANGE
ALTER SEQUENCE app.s SET UNLOGGED;
