CREATE EXTENSION electric_schema;
