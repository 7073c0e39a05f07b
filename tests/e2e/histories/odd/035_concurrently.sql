CREATE INDEX CONCURRENTLY mail_tags ON mail USING gin (tags);
