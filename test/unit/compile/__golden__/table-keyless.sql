-- create;
create table "t_acme"."log" (
  "id" uuid default rowhouse.uuid_v7() not null,
  "line" text
);
alter table "t_acme"."log" enable row level security;
alter table "t_acme"."log" force row level security;
create policy "_owner" on "t_acme"."log" to rowhouse_owner using (true) with check (true);
create policy "_select" on "t_acme"."log" for select to "t_acme" using ((select "t_acme"."_rowhouse_may"('7'::integer, 'select')));
create policy "_insert" on "t_acme"."log" for insert to "t_acme" with check ((select "t_acme"."_rowhouse_may"('7'::integer, 'insert')));
create policy "_update" on "t_acme"."log" for update to "t_acme" using ((select "t_acme"."_rowhouse_may"('7'::integer, 'update'))) with check (true);
create policy "_delete" on "t_acme"."log" for delete to "t_acme" using ((select "t_acme"."_rowhouse_may"('7'::integer, 'delete')));
grant select, insert, update, delete on "t_acme"."log" to "t_acme";
-- undo;
drop table "t_acme"."log";
-- retire;
revoke all on "t_acme"."log" from "t_acme";
alter table "t_acme"."log" rename to "_rowhouse_retired_7";
-- undo;
alter table "t_acme"."_rowhouse_retired_7" rename to "log";
grant select, insert, update, delete on "t_acme"."log" to "t_acme";
