-- safe: create check n_minimum_check
alter table "t_acme"."people" add constraint "n_minimum_check" check ("n" >= '1'::numeric) not valid;
alter table "t_acme"."people" validate constraint "n_minimum_check";
-- safe: create check n_maximum_check
alter table "t_acme"."people" add constraint "n_maximum_check" check ("n" <= '10'::numeric) not valid;
alter table "t_acme"."people" validate constraint "n_maximum_check";
-- back
-- safe: drop check n_maximum_check
alter table "t_acme"."people" drop constraint "n_maximum_check";
-- safe: drop check n_minimum_check
alter table "t_acme"."people" drop constraint "n_minimum_check";
