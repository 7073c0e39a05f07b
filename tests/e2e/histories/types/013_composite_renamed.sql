ALTER TYPE kinds.address RENAME TO "Anschrift";
ALTER TYPE kinds."Anschrift" SET SCHEMA "Größen";
