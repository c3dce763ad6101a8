-- destructive: drop column a
alter table "t_acme"."people" drop column "a";
-- back
-- safe: add column a
alter table "t_acme"."people" add column "a" text;
