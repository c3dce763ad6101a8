-- safe: column a: set not null
alter table "t_acme"."people" alter column "a" set not null;
-- back
-- safe: column a: drop not null
alter table "t_acme"."people" alter column "a" drop not null;
