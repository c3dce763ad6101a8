-- transaction, ACCESS EXCLUSIVE: require column a of new rows
alter table "t_acme"."people" add constraint "_rowhouse_next_2_e76ffffef12e" check ("a" is not null) not valid;
--   undo: alter table "t_acme"."people" drop constraint if exists "_rowhouse_next_2_e76ffffef12e";
-- transaction, SHARE UPDATE EXCLUSIVE: look at column a of all rows
alter table "t_acme"."people" validate constraint "_rowhouse_next_2_e76ffffef12e";
-- last
alter table "t_acme"."people" alter column "a" set not null;
alter table "t_acme"."people" drop constraint "_rowhouse_next_2_e76ffffef12e";
