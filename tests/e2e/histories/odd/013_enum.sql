ALTER TYPE "we""ird schéma"."Möod" ADD VALUE 'first' BEFORE 'it''s';
