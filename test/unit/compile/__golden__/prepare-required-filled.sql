-- fill, ROW EXCLUSIVE: fill column a
update "t_acme"."people" set "a" = 'it''s'::text where ctid >= $1::tid and ctid < $2::tid and "a" is null and true;
-- transaction, ACCESS EXCLUSIVE: require column a of new rows
alter table "t_acme"."people" add constraint "_rowhouse_next_2_e76ffffef12e" check ("a" is not null) not valid;
--   undo: alter table "t_acme"."people" drop constraint if exists "_rowhouse_next_2_e76ffffef12e";
-- fill, ROW EXCLUSIVE: fill column a
update "t_acme"."people" set "a" = 'it''s'::text where ctid >= $1::tid and ctid < $2::tid and "a" is null and true;
-- transaction, SHARE UPDATE EXCLUSIVE: look at column a of all rows
alter table "t_acme"."people" validate constraint "_rowhouse_next_2_e76ffffef12e";
-- last
alter table "t_acme"."people" alter column "a" set default 'it''s'::text;
alter table "t_acme"."people" alter column "a" set not null;
alter table "t_acme"."people" drop constraint "_rowhouse_next_2_e76ffffef12e";
