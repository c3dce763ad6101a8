-- create;
create table "t_acme"."marked" (
  "id" uuid default rowhouse.uuid_v7() not null,
  "gone" boolean,
  "_acl" integer default 0 not null,
  "_xact" xid8 default pg_current_xact_id() not null,
  constraint "pkey_7" primary key ("id")
);
alter table "t_acme"."marked" enable row level security;
alter table "t_acme"."marked" force row level security;
create index "_acl_idx_7" on "t_acme"."marked" ("_acl", "id");
create trigger "_100_intent" before update on "t_acme"."marked" for each row execute function "rowhouse"."guard_intent"('marked', '', 'acl', 'gone');
create trigger "_250_acl" before insert or update of _acl on "t_acme"."marked" for each row when (new._acl <> 0) execute function "t_acme"."_rowhouse_known_acl"();
create trigger "_400_mark" before delete on "t_acme"."marked" for each row execute function "rowhouse"."mark_instead"('marked', 'gone', 'id');
create trigger "_500_stamp" before update on "t_acme"."marked" for each row execute function "rowhouse"."stamp"('', 'xact');
create trigger "_500_stamp_insert" before insert on "t_acme"."marked" for each row when (new._xact is distinct from pg_current_xact_id()) execute function "rowhouse"."stamp"('', 'xact');
create policy "_owner" on "t_acme"."marked" to rowhouse_owner using (true) with check (true);
create policy "_select" on "t_acme"."marked" for select to "t_acme" using ((_xact = (select pg_current_xact_id_if_assigned()) or get_bit((select "t_acme"."_rowhouse_readable"()), _acl) = 1) and ("gone" is not true or (select rowhouse.shows('trashed')) or _xact = (select pg_current_xact_id_if_assigned())));
create policy "_insert" on "t_acme"."marked" for insert to "t_acme" with check ((select rowhouse.may_create('acme')));
create policy "_update" on "t_acme"."marked" for update to "t_acme" using (get_bit((select "t_acme"."_rowhouse_changeable"()), _acl) = 1 and ("gone" is not true or (select rowhouse.shows('trashed')))) with check (true);
create policy "_delete" on "t_acme"."marked" for delete to "t_acme" using (get_bit((select "t_acme"."_rowhouse_deletable"()), _acl) = 1);
grant select, insert, update, delete on "t_acme"."marked" to "t_acme";
-- undo;
drop table "t_acme"."marked";
-- retire;
revoke all on "t_acme"."marked" from "t_acme";
alter table "t_acme"."marked" rename to "_rowhouse_retired_7";
-- undo;
alter table "t_acme"."_rowhouse_retired_7" rename to "marked";
grant select, insert, update, delete on "t_acme"."marked" to "t_acme";
