-- create;
create table "t_acme"."notes" (
  "id" uuid default rowhouse.uuid_v7() not null,
  "created_at" timestamptz(3) default rowhouse.present() not null,
  "updated_at" timestamptz(3) default rowhouse.present() not null,
  "trashed_at" timestamptz(3),
  "deleted_at" timestamptz(3),
  "_acl" integer default 0 not null,
  "_xact" xid8 default pg_current_xact_id() not null,
  constraint "pkey_7" primary key ("id")
);
alter table "t_acme"."notes" enable row level security;
alter table "t_acme"."notes" force row level security;
create index "_acl_idx_7" on "t_acme"."notes" ("_acl", "id");
create trigger "_100_intent" before update on "t_acme"."notes" for each row execute function "rowhouse"."guard_intent"('notes', 'soft_delete', 'acl');
create trigger "_100_insert" before insert on "t_acme"."notes" for each row execute function "rowhouse"."guard_insert"('notes');
create trigger "_250_acl" before insert or update of _acl on "t_acme"."notes" for each row when (new._acl <> 0) execute function "t_acme"."_rowhouse_known_acl"();
create trigger "_400_trash" before delete on "t_acme"."notes" for each row execute function "rowhouse"."trash_instead"('notes', 'id');
create trigger "_500_stamp" before update on "t_acme"."notes" for each row execute function "rowhouse"."stamp"('timestamps', 'xact');
create trigger "_500_stamp_insert" before insert on "t_acme"."notes" for each row when (new.created_at is null or new.updated_at is distinct from pg_catalog.date_trunc('milliseconds', pg_catalog.now()) or new._xact is distinct from pg_current_xact_id()) execute function "rowhouse"."stamp"('timestamps', 'xact');
create policy "_owner" on "t_acme"."notes" to rowhouse_owner using (true) with check (true);
create policy "_select" on "t_acme"."notes" for select to "t_acme" using ((_xact = (select pg_current_xact_id_if_assigned()) or get_bit((select "t_acme"."_rowhouse_readable"()), _acl) = 1) and (trashed_at is null or (select rowhouse.shows('trashed'))) and (deleted_at is null or (select rowhouse.shows('deleted')) or (_xact = (select pg_current_xact_id_if_assigned()) and (select rowhouse.shows('trashed')))));
create policy "_insert" on "t_acme"."notes" for insert to "t_acme" with check ((select rowhouse.may_create('acme')));
create policy "_update" on "t_acme"."notes" for update to "t_acme" using (get_bit((select "t_acme"."_rowhouse_changeable"()), _acl) = 1 and (trashed_at is null or (select rowhouse.shows('trashed'))) and (deleted_at is null or (select rowhouse.shows('deleted')))) with check (true);
create policy "_delete" on "t_acme"."notes" for delete to "t_acme" using (get_bit((select "t_acme"."_rowhouse_deletable"()), _acl) = 1);
grant select, insert, update, delete on "t_acme"."notes" to "t_acme";
-- undo;
drop table "t_acme"."notes";
-- retire;
revoke all on "t_acme"."notes" from "t_acme";
alter table "t_acme"."notes" rename to "_rowhouse_retired_7";
-- undo;
alter table "t_acme"."_rowhouse_retired_7" rename to "notes";
grant select, insert, update, delete on "t_acme"."notes" to "t_acme";
