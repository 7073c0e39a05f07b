ALTER TABLE mail ADD COLUMN n int;
CREATE UNIQUE INDEX mail_n ON mail (n);
ALTER TABLE mail ADD CONSTRAINT mail_n_key UNIQUE USING INDEX mail_n;
ALTER TABLE mail RENAME CONSTRAINT mail_n_key TO mail_n_unique;
ALTER INDEX mail_pkey RENAME TO mail_pk;
