ALTER TYPE "Größen"."Anschrift" RENAME ATTRIBUTE city TO town;
