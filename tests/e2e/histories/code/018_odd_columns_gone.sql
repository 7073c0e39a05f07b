DROP VIEW sampled;
