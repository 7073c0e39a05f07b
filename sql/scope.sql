-- Which tables reach clients. Without a row all do.

CREATE TABLE _electric_meta.scope (
  setting text NOT NULL CHECK (setting IN ('scope', 'exclude')),
  value   text NOT NULL CHECK (setting <> 'scope' OR value = 'electrified'),
  PRIMARY KEY (setting, value)
);
COMMENT ON TABLE _electric_meta.scope IS 'What electric_schema.set_scope() and exclude() said; all tables are distributed where it is empty';
COMMENT ON COLUMN _electric_meta.scope.setting IS 'scope or exclude';
COMMENT ON COLUMN _electric_meta.scope.value IS 'electrified, or a pattern for names';
