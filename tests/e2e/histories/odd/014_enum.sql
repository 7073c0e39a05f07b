ALTER TYPE "we""ird schéma"."Möod" ADD VALUE 'last';
ALTER TYPE "we""ird schéma"."Möod" ADD VALUE 'middle' AFTER 'first';
