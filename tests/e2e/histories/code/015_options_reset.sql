ALTER VIEW checked SET (security_barrier = false);
ALTER VIEW checked RESET (check_option);
ALTER VIEW invoked RESET (security_invoker);
CREATE OR REPLACE VIEW cascaded AS SELECT id FROM checked WHERE id > 6;
