BEGIN;
ALTER TYPE sizes.texts RENAME TO t;
ALTER TYPE kinds.floats_multirange RENAME TO floats_many;
ALTER TYPE kinds.floats RENAME TO t;
ALTER TYPE kinds.floats_many RENAME TO floats;
ALTER TYPE kinds.t RENAME TO floats_multirange;
COMMIT;
