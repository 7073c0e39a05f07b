ALTER TABLE mail ADD COLUMN z int;
ALTER INDEX mail_tags RENAME TO mail_tags2;
