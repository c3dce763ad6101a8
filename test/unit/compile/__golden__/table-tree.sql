-- create;
create table "t_acme"."parts" (
  "id" uuid default rowhouse.uuid_v7() not null,
  "parent_id" uuid,
  "created_at" timestamptz(3) default rowhouse.present() not null,
  "updated_at" timestamptz(3) default rowhouse.present() not null,
  "trashed_at" timestamptz(3),
  "deleted_at" timestamptz(3),
  "_acl" integer default 0 not null,
  "_xact" xid8 default pg_current_xact_id() not null,
  constraint "pkey_7" primary key ("id"),
  constraint "parent_id_fkey" foreign key ("parent_id") references "t_acme"."parts" ("id") on delete no action on update no action
);
alter table "t_acme"."parts" enable row level security;
alter table "t_acme"."parts" force row level security;
create index "parent_id_ref_7" on "t_acme"."parts" ("parent_id");
create index "_acl_idx_7" on "t_acme"."parts" ("_acl", "id");
create trigger "0600_reference__parent_id_fkey_insert" after insert on "t_acme"."parts" referencing new table as new_rows for each row execute function "rowhouse"."check_reference"('parent_id_fkey', 'parts', '["parent_id"]', '["id"]');
create trigger "0600_reference__parent_id_fkey_update" after update on "t_acme"."parts" referencing old table as old_rows new table as new_rows for each row execute function "rowhouse"."check_reference"('parent_id_fkey', 'parts', '["parent_id"]', '["id"]');
create trigger "_700_children__parent_id_fkey" after update on "t_acme"."parts" referencing old table as old_rows new table as new_rows for each statement execute function "rowhouse"."cascade_trash"('parts', 'parent_id', 'id', 'cascade');
create trigger "_100_intent" before update on "t_acme"."parts" for each row execute function "rowhouse"."guard_intent"('parts', 'soft_delete', 'acl');
create trigger "_100_insert" before insert on "t_acme"."parts" for each row execute function "rowhouse"."guard_insert"('parts');
create trigger "_250_acl" before insert or update of _acl on "t_acme"."parts" for each row when (new._acl <> 0) execute function "t_acme"."_rowhouse_known_acl"();
create trigger "_400_trash" before delete on "t_acme"."parts" for each row execute function "rowhouse"."trash_instead"('parts', 'id');
create trigger "_500_stamp" before update on "t_acme"."parts" for each row execute function "rowhouse"."stamp"('timestamps', 'xact');
create trigger "_500_stamp_insert" before insert on "t_acme"."parts" for each row when (new.created_at is null or new.updated_at is distinct from pg_catalog.date_trunc('milliseconds', pg_catalog.now()) or new._xact is distinct from pg_current_xact_id()) execute function "rowhouse"."stamp"('timestamps', 'xact');
create policy "_owner" on "t_acme"."parts" to rowhouse_owner using (true) with check (true);
create policy "_select" on "t_acme"."parts" for select to "t_acme" using ((_xact = (select pg_current_xact_id_if_assigned()) or get_bit((select "t_acme"."_rowhouse_readable"()), _acl) = 1) and (trashed_at is null or (select rowhouse.shows('trashed'))) and (deleted_at is null or (select rowhouse.shows('deleted')) or (_xact = (select pg_current_xact_id_if_assigned()) and (select rowhouse.shows('trashed')))));
create policy "_insert" on "t_acme"."parts" for insert to "t_acme" with check ((select rowhouse.may_create('acme')));
create policy "_update" on "t_acme"."parts" for update to "t_acme" using (get_bit((select "t_acme"."_rowhouse_changeable"()), _acl) = 1 and (trashed_at is null or (select rowhouse.shows('trashed'))) and (deleted_at is null or (select rowhouse.shows('deleted')))) with check (true);
create policy "_delete" on "t_acme"."parts" for delete to "t_acme" using (get_bit((select "t_acme"."_rowhouse_deletable"()), _acl) = 1);
grant select, insert, update, delete on "t_acme"."parts" to "t_acme";
-- undo;
drop table "t_acme"."parts";
-- retire;
revoke all on "t_acme"."parts" from "t_acme";
drop trigger "_700_children__parent_id_fkey" on "t_acme"."parts";
drop trigger "0600_reference__parent_id_fkey_update" on "t_acme"."parts";
drop trigger "0600_reference__parent_id_fkey_insert" on "t_acme"."parts";
alter table "t_acme"."parts" drop constraint "parent_id_fkey";
alter table "t_acme"."parts" rename to "_rowhouse_retired_7";
-- undo;
alter table "t_acme"."_rowhouse_retired_7" rename to "parts";
alter table "t_acme"."parts" add constraint "parent_id_fkey" foreign key ("parent_id") references "t_acme"."parts" ("id") on delete no action on update no action not valid;
alter table "t_acme"."parts" validate constraint "parent_id_fkey";
create trigger "0600_reference__parent_id_fkey_insert" after insert on "t_acme"."parts" referencing new table as new_rows for each row execute function "rowhouse"."check_reference"('parent_id_fkey', 'parts', '["parent_id"]', '["id"]');
create trigger "0600_reference__parent_id_fkey_update" after update on "t_acme"."parts" referencing old table as old_rows new table as new_rows for each row execute function "rowhouse"."check_reference"('parent_id_fkey', 'parts', '["parent_id"]', '["id"]');
create trigger "_700_children__parent_id_fkey" after update on "t_acme"."parts" referencing old table as old_rows new table as new_rows for each statement execute function "rowhouse"."cascade_trash"('parts', 'parent_id', 'id', 'cascade');
grant select, insert, update, delete on "t_acme"."parts" to "t_acme";
