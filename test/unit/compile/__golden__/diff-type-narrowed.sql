-- destructive: column a: type
alter table "t_acme"."people" alter column "a" type bigint using ("a"::text)::bigint;
-- safe: column a: set default
alter table "t_acme"."people" alter column "a" set default '1'::bigint;
-- back
-- safe: column a: drop default
alter table "t_acme"."people" alter column "a" drop default;
-- safe: column a: type
alter table "t_acme"."people" alter column "a" type text using ("a"::text);
