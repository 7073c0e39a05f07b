CREATE TYPE kinds.address AS (street text, "Häuser Nr." int, city varchar(40) COLLATE "C");
CREATE TYPE kinds.parcel AS (target kinds.address, back kinds.address[], mood kinds.mood, weight numeric(6,3));
CREATE TABLE sent (id int PRIMARY KEY, parcel kinds.parcel, all_of kinds.parcel[], home kinds.address DEFAULT '(a,1,b)');
CREATE VIEW streets AS SELECT (s.parcel).target, ((s.parcel).target).street, (s.home)."Häuser Nr." FROM sent s;
CREATE INDEX sent_city ON sent (((home).city));
