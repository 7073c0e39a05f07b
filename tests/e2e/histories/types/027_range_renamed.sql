ALTER TYPE timerange RENAME TO "time span";
ALTER TYPE timemultirange RENAME TO "time spans";
ALTER FUNCTION minutes RENAME TO minutes_between;
