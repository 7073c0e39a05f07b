-- What is there before the extension becomes entry 1; an empty database has none.
CREATE SCHEMA app;
CREATE TYPE app.state AS ENUM ('open', 'done');
CREATE TABLE app.users (id serial PRIMARY KEY, email text UNIQUE);
CREATE TABLE app.tasks (id uuid PRIMARY KEY DEFAULT gen_random_uuid(), state app.state NOT NULL DEFAULT 'open', owner int REFERENCES app.users);
CREATE TEMP TABLE scratch (a int);
CREATE EXTENSION electric_schema;
SELECT seq, class, reset_version, unnest(statements) AS statement, source FROM _electric_meta.migrations;
SELECT parent_hash = (SELECT encode(sha256(int8send(25) || 'electric_schema/genesis/1'::bytea || int8send(16) || uuid_send(ledger_id)), 'hex')
                      FROM _electric_meta.ledgers) AS follows_genesis FROM _electric_meta.migrations;
DROP EXTENSION electric_schema;
DROP SCHEMA app CASCADE;
CREATE EXTENSION electric_schema;
SELECT seq, length(hash), reset_version, recorded_at FROM electric_schema.head();
SELECT electric_schema.verify() ->> 'ok' AS ok;
