-- transaction, ACCESS EXCLUSIVE: add columns mark
alter table "t_acme"."people" add column "mark" uuid;
alter table "t_acme"."people" alter column "mark" set default rowhouse.uuid_v7();
--   undo: alter table "t_acme"."people" drop column if exists "mark";
-- fill, ROW EXCLUSIVE: fill column mark
update "t_acme"."people" set "mark" = rowhouse.uuid_v7() where ctid >= $1::tid and ctid < $2::tid and "mark" is null and true;
-- transaction, ACCESS EXCLUSIVE: require column mark of new rows
alter table "t_acme"."people" add constraint "_rowhouse_next_2_e1eda6c302ea" check ("mark" is not null) not valid;
--   undo: alter table "t_acme"."people" drop constraint if exists "_rowhouse_next_2_e1eda6c302ea";
-- fill, ROW EXCLUSIVE: fill column mark
update "t_acme"."people" set "mark" = rowhouse.uuid_v7() where ctid >= $1::tid and ctid < $2::tid and "mark" is null and true;
-- transaction, SHARE UPDATE EXCLUSIVE: look at column mark of all rows
alter table "t_acme"."people" validate constraint "_rowhouse_next_2_e1eda6c302ea";
-- last
alter table "t_acme"."people" alter column "mark" set not null;
alter table "t_acme"."people" drop constraint "_rowhouse_next_2_e1eda6c302ea";
