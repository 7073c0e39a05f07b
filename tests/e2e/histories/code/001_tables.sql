CREATE SCHEMA shop;
CREATE SCHEMA "Vue d'été";
CREATE TYPE shop.state AS ENUM ('open', 'paid', 'gone');
CREATE TABLE shop.customer (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, name text NOT NULL, email varchar(100) UNIQUE, since date DEFAULT CURRENT_DATE);
CREATE TABLE shop."order" (id bigserial PRIMARY KEY, customer int REFERENCES shop.customer, state shop.state NOT NULL DEFAULT 'open', total numeric(10,2), note varchar(20), placed timestamptz DEFAULT now());
CREATE TABLE "Vue d'été"."Artikel ""x""" ("Größe" int, "sélect" text, parent int, id int PRIMARY KEY);
INSERT INTO shop.customer (name) VALUES ('Ann'), ('Bob');
INSERT INTO shop."order" (customer, total) VALUES (1, 5), (2, 7.5);
