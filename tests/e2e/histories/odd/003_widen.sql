ALTER TABLE t ADD CONSTRAINT v_ok CHECK (v IN ('a', 'b', 'x', 'a long one') AND length(v) < 20);
CREATE INDEX t_v ON t (v) WHERE v <> 'zz';
CREATE INDEX t_lower ON t (lower(v));
