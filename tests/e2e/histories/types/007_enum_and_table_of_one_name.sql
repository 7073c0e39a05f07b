CREATE TYPE "Größen".thing AS ENUM ('a');
CREATE TABLE thing (thing "Größen".thing, things "Größen".thing[][]);
