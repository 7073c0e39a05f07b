CREATE TABLE article (id int PRIMARY KEY, title text NOT NULL, slug text GENERATED ALWAYS AS (slug(title)) STORED, n int CONSTRAINT tame CHECK (slug(n) <> 'q'), d text DEFAULT slug('A B', '+'));
CREATE INDEX article_slug ON article (slug(title, '_'), (fold(d))) WHERE fold(title) <> '';
CREATE VIEW tagged AS SELECT f.*, x, y FROM "Vue d'été"."Tagged ""f"""(1) f, table_of(3);
CREATE DOMAIN folded AS text DEFAULT fold('X') CHECK (VALUE = fold(VALUE));
