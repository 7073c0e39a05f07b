ALTER TABLE sale RENAME COLUMN amount TO total;
ALTER TABLE "Ev""ent" RENAME COLUMN kind TO "Ki nd";
ALTER TABLE far.sale_us RENAME TO sale_america;
ALTER SCHEMA far RENAME TO farther;
