-- safe: create check a_enum_check
alter table "t_acme"."people" add constraint "a_enum_check" check ("a" = any (array['x', 'y']::text[])) not valid;
alter table "t_acme"."people" validate constraint "a_enum_check";
-- back
-- safe: drop check a_enum_check
alter table "t_acme"."people" drop constraint "a_enum_check";
