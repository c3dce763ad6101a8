-- safe: column n: type
alter table "t_acme"."people" alter column "n" type numeric using ("n"::text)::numeric;
-- back
-- destructive: column n: type
alter table "t_acme"."people" alter column "n" type bigint using case when "n" = trunc("n") then "n"::bigint else ("n"::text)::bigint end;
