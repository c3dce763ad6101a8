-- safe: rename in table people
alter table "t_acme"."people" rename column "a" to "alpha";
-- back
-- safe: rename in table people
alter table "t_acme"."people" rename column "alpha" to "a";
