-- safe: create check a_pattern_check
alter table "t_acme"."people" add constraint "a_pattern_check" check ("a" ~ E'^\\d+$') not valid;
alter table "t_acme"."people" validate constraint "a_pattern_check";
-- back
-- safe: drop check a_pattern_check
alter table "t_acme"."people" drop constraint "a_pattern_check";
