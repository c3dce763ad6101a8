-- create;
create table "t_acme"."Plain table" (
  "id" uuid default rowhouse.uuid_v7() not null,
  "a" varchar(10),
  constraint "pkey_7" primary key ("id"),
  constraint "a_key_7" unique ("a")
);
alter table "t_acme"."Plain table" enable row level security;
alter table "t_acme"."Plain table" force row level security;
create policy "_owner" on "t_acme"."Plain table" to rowhouse_owner using (true) with check (true);
create policy "_select" on "t_acme"."Plain table" for select to "t_acme" using ((select "t_acme"."_rowhouse_may"('7'::integer, 'select')));
create policy "_insert" on "t_acme"."Plain table" for insert to "t_acme" with check ((select "t_acme"."_rowhouse_may"('7'::integer, 'insert')));
create policy "_update" on "t_acme"."Plain table" for update to "t_acme" using ((select "t_acme"."_rowhouse_may"('7'::integer, 'update'))) with check (true);
create policy "_delete" on "t_acme"."Plain table" for delete to "t_acme" using ((select "t_acme"."_rowhouse_may"('7'::integer, 'delete')));
grant select, insert, update, delete on "t_acme"."Plain table" to "t_acme";
-- undo;
drop table "t_acme"."Plain table";
-- retire;
revoke all on "t_acme"."Plain table" from "t_acme";
alter table "t_acme"."Plain table" rename to "_rowhouse_retired_7";
-- undo;
alter table "t_acme"."_rowhouse_retired_7" rename to "Plain table";
grant select, insert, update, delete on "t_acme"."Plain table" to "t_acme";
