CREATE VIEW "Vue d'été"."Übersicht ""1""" ("Spalte eins", "dos.tres", x) AS
  SELECT a."Größe", a."sélect" || $q$ it's \ $q$, c.name FROM shop.customer AS "C d" JOIN shop.customer c USING (id), "Vue d'été"."Artikel ""x""" a;
