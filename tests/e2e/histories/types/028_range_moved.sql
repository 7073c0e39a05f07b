ALTER TYPE "time span" SET SCHEMA sizes;
ALTER TYPE sizes."many Texts" RENAME TO texts;
