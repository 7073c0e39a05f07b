CREATE EXTENSION IF NOT EXISTS citext;
CREATE TABLE mail (addr citext PRIMARY KEY, tags text[]);
