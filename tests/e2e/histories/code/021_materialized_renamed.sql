ALTER MATERIALIZED VIEW "Shop 2".summary RENAME COLUMN n TO orders;
ALTER MATERIALIZED VIEW "Shop 2".summary RENAME TO "sum mary";
ALTER INDEX "Shop 2".summary_n RENAME TO "by n";
ALTER MATERIALIZED VIEW summed_too SET SCHEMA "Vue d'été";
CREATE INDEX on_too ON "Vue d'été".summed_too (s);
