BEGIN;
ALTER INDEX m_a RENAME TO m;
ALTER INDEX m_b RENAME TO m_a;
ALTER INDEX m RENAME TO m_b;
ALTER TABLE moving SET SCHEMA other;
ALTER TABLE other.moving RENAME TO moved;
ALTER SEQUENCE other.moving_id_seq RENAME TO moved_id;
ALTER INDEX other.moving_pkey RENAME TO moved_pk;
COMMIT;
