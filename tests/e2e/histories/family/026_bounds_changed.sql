BEGIN;
ALTER TABLE sale_archive DETACH PARTITION sale_africa;
ALTER TABLE sale_archive ATTACH PARTITION sale_africa FOR VALUES IN ('za', 'ke', 'ng');
COMMIT;
