DROP TYPE sizes."Anschrift" CASCADE;
