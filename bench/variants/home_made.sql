-- What a team writes in an afternoon: the text of each statement, in a table.
CREATE TABLE ddl_log (
  id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  tag         text NOT NULL,
  statement   text NOT NULL,
  recorded_by text NOT NULL DEFAULT session_user,
  recorded_at timestamptz NOT NULL DEFAULT now()
);
CREATE FUNCTION log_ddl() RETURNS event_trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO ddl_log (tag, statement) VALUES (tg_tag, current_query());
END
$$;
CREATE EVENT TRIGGER log_ddl ON ddl_command_end EXECUTE FUNCTION log_ddl();
