-- CASE a CHECK comes: destructive
CREATE TABLE app.t (a int, b text);
-- CHANGE
ALTER TABLE app.t ADD CONSTRAINT a_ok CHECK (a BETWEEN 1 AND 10 OR b ~ '^x' AND b IN ('x', 'xy'));

-- CASE a CHECK comes NOT VALID: destructive
CREATE TABLE app.t (a int);
-- CHANGE
ALTER TABLE app.t ADD CHECK (a > 0) NOT VALID;

-- CASE a CHECK is validated: destructive
CREATE TABLE app.t (a int); ALTER TABLE app.t ADD CONSTRAINT c CHECK (a > 0) NOT VALID;
-- CHANGE
ALTER TABLE app.t VALIDATE CONSTRAINT c;

-- CASE a CHECK comes NOT VALID and is validated: destructive
CREATE TABLE app.t (a int);
-- CHANGE
ALTER TABLE app.t ADD CONSTRAINT c CHECK (a > 0) NOT VALID;
ALTER TABLE app.t VALIDATE CONSTRAINT c;

-- CASE a CHECK goes: additive
CREATE TABLE app.t (a int CHECK (a > 0));
-- CHANGE
ALTER TABLE app.t DROP CONSTRAINT t_a_check;

-- CASE a CHECK renamed: additive
CREATE TABLE app.t (a int CHECK (a > 0));
-- CHANGE
ALTER TABLE app.t RENAME CONSTRAINT t_a_check TO positive;

-- CASE two CHECKs swap names: additive
CREATE TABLE app.t (a int, CONSTRAINT one CHECK (a > 0), CONSTRAINT two CHECK (a < 9));
-- CHANGE
ALTER TABLE app.t RENAME CONSTRAINT one TO tmp;
ALTER TABLE app.t RENAME CONSTRAINT two TO one;
ALTER TABLE app.t RENAME CONSTRAINT tmp TO two;

-- CASE a CHECK replaced by another: destructive
CREATE TABLE app.t (a int, CONSTRAINT c CHECK (a > 0));
-- CHANGE
ALTER TABLE app.t DROP CONSTRAINT c, ADD CONSTRAINT c CHECK (a > 1);

-- CASE a CHECK replaced by itself: nothing
CREATE TABLE app.t (a int, CONSTRAINT c CHECK (a > 0));
-- CHANGE
ALTER TABLE app.t DROP CONSTRAINT c;
ALTER TABLE app.t ADD CONSTRAINT c CHECK (a > 0);

-- CASE a foreign key comes: destructive
CREATE TABLE app.r (id int, k int, PRIMARY KEY (id, k)); CREATE TABLE app.t (r int, k int);
-- CHANGE
ALTER TABLE app.t ADD CONSTRAINT fk FOREIGN KEY (r, k) REFERENCES app.r MATCH FULL ON UPDATE CASCADE ON DELETE SET NULL DEFERRABLE;

-- CASE a foreign key that sets one column: destructive
CREATE TABLE app.r (id int, k int, PRIMARY KEY (id, k)); CREATE TABLE app.t (r int, k int);
-- CHANGE
ALTER TABLE app.t ADD FOREIGN KEY (r, k) REFERENCES app.r ON DELETE SET NULL (k) NOT VALID;

-- CASE a foreign key is validated: destructive
CREATE TABLE app.r (id int PRIMARY KEY); CREATE TABLE app.t (r int); ALTER TABLE app.t ADD CONSTRAINT fk FOREIGN KEY (r) REFERENCES app.r NOT VALID;
-- CHANGE
ALTER TABLE app.t VALIDATE CONSTRAINT fk;

-- CASE a foreign key goes: additive
CREATE TABLE app.r (id int PRIMARY KEY); CREATE TABLE app.t (r int REFERENCES app.r);
-- CHANGE
ALTER TABLE app.t DROP CONSTRAINT t_r_fkey;

-- CASE a foreign key renamed: additive
CREATE TABLE app.r (id int PRIMARY KEY); CREATE TABLE app.t (r int REFERENCES app.r);
-- CHANGE
ALTER TABLE app.t RENAME CONSTRAINT t_r_fkey TO "to r";

-- CASE a foreign key is checked later: additive
CREATE TABLE app.r (id int PRIMARY KEY); CREATE TABLE app.t (r int REFERENCES app.r);
-- CHANGE
ALTER TABLE app.t ALTER CONSTRAINT t_r_fkey DEFERRABLE INITIALLY DEFERRED;

-- CASE a foreign key is checked earlier: destructive
CREATE TABLE app.r (id int PRIMARY KEY); CREATE TABLE app.t (r int REFERENCES app.r DEFERRABLE INITIALLY DEFERRED);
-- CHANGE
ALTER TABLE app.t ALTER CONSTRAINT t_r_fkey NOT DEFERRABLE;

-- CASE a foreign key goes with the key that it needs: destructive
CREATE TABLE app.r (id int PRIMARY KEY, k int UNIQUE); CREATE TABLE app.t (k int REFERENCES app.r (k));
-- CHANGE
ALTER TABLE app.r DROP CONSTRAINT r_k_key CASCADE;

-- CASE a foreign key to the same table: destructive
CREATE TABLE app.t (id int PRIMARY KEY, parent int);
-- CHANGE
ALTER TABLE app.t ADD FOREIGN KEY (parent) REFERENCES app.t;

-- CASE a unique constraint comes: destructive
CREATE TABLE app.t (a int, b text, c int);
-- CHANGE
ALTER TABLE app.t ADD CONSTRAINT u UNIQUE NULLS NOT DISTINCT (b, a) INCLUDE (c) DEFERRABLE;

-- CASE a unique constraint goes: destructive
CREATE TABLE app.t (a int UNIQUE);
-- CHANGE
ALTER TABLE app.t DROP CONSTRAINT t_a_key;

-- CASE a unique constraint renamed: destructive
CREATE TABLE app.t (a int UNIQUE);
-- CHANGE
ALTER TABLE app.t RENAME CONSTRAINT t_a_key TO u;

-- CASE a unique constraint renamed by its index: destructive
CREATE TABLE app.t (a int UNIQUE);
-- CHANGE
ALTER INDEX app.t_a_key RENAME TO u;

-- CASE a unique constraint replaced by itself: nothing
CREATE TABLE app.t (a int UNIQUE);
-- CHANGE
ALTER TABLE app.t DROP CONSTRAINT t_a_key, ADD CONSTRAINT t_a_key UNIQUE (a);

-- CASE an index becomes a constraint: destructive
CREATE TABLE app.t (a int); CREATE UNIQUE INDEX t_u ON app.t (a);
-- CHANGE
ALTER TABLE app.t ADD CONSTRAINT u UNIQUE USING INDEX t_u;

-- CASE a primary key comes: destructive
CREATE TABLE app.t (a int, b int);
-- CHANGE
ALTER TABLE app.t ADD PRIMARY KEY (b, a);

-- CASE a primary key goes: destructive
CREATE TABLE app.t (a int PRIMARY KEY);
-- CHANGE
ALTER TABLE app.t DROP CONSTRAINT t_pkey;

-- CASE another primary key: destructive
CREATE TABLE app.t (a int PRIMARY KEY, b int NOT NULL);
-- CHANGE
ALTER TABLE app.t DROP CONSTRAINT t_pkey, ADD PRIMARY KEY (b);

-- CASE an exclusion constraint comes: destructive
CREATE EXTENSION btree_gist SCHEMA app; CREATE TABLE app.t (room int, during tstzrange);
-- CHANGE
ALTER TABLE app.t ADD CONSTRAINT free EXCLUDE USING gist (room WITH =, during WITH &&) WHERE (room > 0) DEFERRABLE INITIALLY DEFERRED;

-- CASE an exclusion constraint goes: destructive
CREATE TABLE app.t (during tstzrange, CONSTRAINT free EXCLUDE USING gist (during WITH &&));
-- CHANGE
ALTER TABLE app.t DROP CONSTRAINT free;

-- CASE a key that foreign keys need is made anew: destructive
CREATE TABLE app.r (id int PRIMARY KEY, k int); CREATE TABLE app.t (r int, CONSTRAINT fk FOREIGN KEY (r) REFERENCES app.r);
-- CHANGE
ALTER TABLE app.r DROP CONSTRAINT r_pkey CASCADE;
ALTER TABLE app.r ADD CONSTRAINT r_pkey PRIMARY KEY (id, k);
ALTER TABLE app.r ADD CONSTRAINT r_id UNIQUE (id);
ALTER TABLE app.t ADD CONSTRAINT fk FOREIGN KEY (r) REFERENCES app.r (id);
