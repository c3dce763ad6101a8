-- safe: column a: set default
alter table "t_acme"."people" alter column "a" set default 'it''s'::text;
-- back
-- safe: column a: drop default
alter table "t_acme"."people" alter column "a" drop default;
