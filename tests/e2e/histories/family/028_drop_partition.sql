DROP TABLE ev_first_1;
DROP TABLE "Räume"."ev""2024";
