-- create;
create table "t_acme"."people" (
  "id" uuid default rowhouse.uuid_v7() not null,
  "email" text not null,
  "age" bigint,
  "title" varchar(20),
  "tags" text[],
  "salary" numeric,
  "code" text,
  "notes" jsonb default '{}'::jsonb,
  "company_id" uuid,
  "joined" date default ((now() at time zone 'UTC')::date),
  "level" bigint default '3'::bigint,
  "created_at" timestamptz(3) default rowhouse.present() not null,
  "updated_at" timestamptz(3) default rowhouse.present() not null,
  "trashed_at" timestamptz(3),
  "deleted_at" timestamptz(3),
  "_acl" integer default 0 not null,
  "_xact" xid8 default pg_current_xact_id() not null,
  constraint "pkey_2" primary key ("id"),
  constraint "email_pattern_check" check ("email" ~ '^[^@]+@[^@]+$'),
  constraint "age_minimum_check" check ("age" >= '0'::numeric),
  constraint "age_maximum_check" check ("age" <= '150.5'::numeric),
  constraint "title_minimum_check" check (char_length("title") >= '2'::numeric),
  constraint "title_enum_check" check ("title" = any (array['Dr''s', 'Prof']::text[])),
  constraint "tags_enum_check" check ("tags"::text[] <@ array['a', 'b']::text[]),
  "_search" tsvector generated always as (to_tsvector('english', coalesce("code", '') || ' ' || coalesce("notes"::text, ''))) stored,
  constraint "company_id_fkey" foreign key ("company_id") references "t_acme"."companies" ("id") on delete no action on update no action
);
alter table "t_acme"."people" enable row level security;
alter table "t_acme"."people" force row level security;
create index "_search_idx_2" on "t_acme"."people" using gin ("_search");
create unique index "email_key_2" on "t_acme"."people" ("email") where trashed_at is null and deleted_at is null;
create index "age_idx_2" on "t_acme"."people" ("age");
create index "tags_idx_2" on "t_acme"."people" using gin ("tags");
create index "company_id_ref_2" on "t_acme"."people" ("company_id");
create index "_acl_idx_2" on "t_acme"."people" ("_acl", "id");
comment on table "t_acme"."people" is 'Everyone';
comment on column "t_acme"."people"."code" is 'It''s';
create trigger "0600_reference__company_id_fkey_insert" after insert on "t_acme"."people" referencing new table as new_rows for each row execute function "rowhouse"."check_reference"('company_id_fkey', 'companies', '["company_id"]', '["id"]');
create trigger "0600_reference__company_id_fkey_update" after update on "t_acme"."people" referencing old table as old_rows new table as new_rows for each row execute function "rowhouse"."check_reference"('company_id_fkey', 'companies', '["company_id"]', '["id"]');
create trigger "_700_children__company_id_fkey" after update on "t_acme"."companies" referencing old table as old_rows new table as new_rows for each statement execute function "rowhouse"."cascade_trash"('people', 'company_id', 'id', 'cascade');
create trigger "_000_frozen" before insert or update or delete on "t_acme"."people" for each statement execute function "rowhouse"."guard_frozen"('people');
create trigger "_010_sudo" before insert or update or delete on "t_acme"."people" for each statement execute function "rowhouse"."guard_sudo"('people');
create trigger "_100_intent" before update on "t_acme"."people" for each row execute function "rowhouse"."guard_intent"('people', 'soft_delete', 'acl');
create trigger "_100_insert" before insert on "t_acme"."people" for each row execute function "rowhouse"."guard_insert"('people');
create trigger "_200_sudo_columns" before insert or update on "t_acme"."people" for each row execute function "rowhouse"."guard_sudo_columns"('people', 'salary');
create trigger "_250_acl" before insert or update of _acl on "t_acme"."people" for each row when (new._acl <> 0) execute function "t_acme"."_rowhouse_known_acl"();
create trigger "_300_immutable" before update on "t_acme"."people" for each row when (old."code" is distinct from new."code") execute function "rowhouse"."guard_immutable"('people', 'id', 'code');
create trigger "_400_trash" before delete on "t_acme"."people" for each row execute function "rowhouse"."trash_instead"('people', 'id');
create trigger "_500_stamp" before update on "t_acme"."people" for each row execute function "rowhouse"."stamp"('timestamps', 'xact');
create trigger "_500_stamp_insert" before insert on "t_acme"."people" for each row when (new.created_at is null or new.updated_at is distinct from pg_catalog.date_trunc('milliseconds', pg_catalog.now()) or new._xact is distinct from pg_current_xact_id()) execute function "rowhouse"."stamp"('timestamps', 'xact');
create trigger "_900_history_insert" after insert on "t_acme"."people" referencing new table as new_rows for each statement execute function "rowhouse"."record_history"('2', 'id', 'salary');
create trigger "_900_history_delete" after delete on "t_acme"."people" referencing old table as old_rows for each statement execute function "rowhouse"."record_history"('2', 'id', 'salary');
create trigger "_900_history_update" after update on "t_acme"."people" for each row execute function "rowhouse"."record_history"('2', 'id', 'salary');
create policy "_owner" on "t_acme"."people" to rowhouse_owner using (true) with check (true);
create policy "_select" on "t_acme"."people" for select to "t_acme" using ((_xact = (select pg_current_xact_id_if_assigned()) or get_bit((select "t_acme"."_rowhouse_readable"()), _acl) = 1) and (trashed_at is null or (select rowhouse.shows('trashed'))) and (deleted_at is null or (select rowhouse.shows('deleted')) or (_xact = (select pg_current_xact_id_if_assigned()) and (select rowhouse.shows('trashed')))));
create policy "_insert" on "t_acme"."people" for insert to "t_acme" with check ((select rowhouse.may_create('acme')));
create policy "_update" on "t_acme"."people" for update to "t_acme" using (get_bit((select "t_acme"."_rowhouse_changeable"()), _acl) = 1 and (trashed_at is null or (select rowhouse.shows('trashed'))) and (deleted_at is null or (select rowhouse.shows('deleted')))) with check (true);
create policy "_delete" on "t_acme"."people" for delete to "t_acme" using (get_bit((select "t_acme"."_rowhouse_deletable"()), _acl) = 1);
create policy "_history_2" on "t_acme"."_rowhouse_history" for select to "t_acme" using (case when relation = '2'::integer then exists (select 1 from "t_acme"."people" as record where record."id" = "_rowhouse_history"."row_key"::uuid) else false end);
grant select, insert, update, delete on "t_acme"."people" to "t_acme";
-- undo;
drop policy "_history_2" on "t_acme"."_rowhouse_history";
drop trigger "_700_children__company_id_fkey" on "t_acme"."companies";
drop table "t_acme"."people";
-- retire;
revoke all on "t_acme"."people" from "t_acme";
drop policy "_history_2" on "t_acme"."_rowhouse_history";
drop trigger "_700_children__company_id_fkey" on "t_acme"."companies";
drop trigger "0600_reference__company_id_fkey_update" on "t_acme"."people";
drop trigger "0600_reference__company_id_fkey_insert" on "t_acme"."people";
alter table "t_acme"."people" drop constraint "company_id_fkey";
alter table "t_acme"."people" rename to "_rowhouse_retired_2";
-- undo;
alter table "t_acme"."_rowhouse_retired_2" rename to "people";
alter table "t_acme"."people" add constraint "company_id_fkey" foreign key ("company_id") references "t_acme"."companies" ("id") on delete no action on update no action not valid;
alter table "t_acme"."people" validate constraint "company_id_fkey";
create trigger "0600_reference__company_id_fkey_insert" after insert on "t_acme"."people" referencing new table as new_rows for each row execute function "rowhouse"."check_reference"('company_id_fkey', 'companies', '["company_id"]', '["id"]');
create trigger "0600_reference__company_id_fkey_update" after update on "t_acme"."people" referencing old table as old_rows new table as new_rows for each row execute function "rowhouse"."check_reference"('company_id_fkey', 'companies', '["company_id"]', '["id"]');
create trigger "_700_children__company_id_fkey" after update on "t_acme"."companies" referencing old table as old_rows new table as new_rows for each statement execute function "rowhouse"."cascade_trash"('people', 'company_id', 'id', 'cascade');
create policy "_history_2" on "t_acme"."_rowhouse_history" for select to "t_acme" using (case when relation = '2'::integer then exists (select 1 from "t_acme"."people" as record where record."id" = "_rowhouse_history"."row_key"::uuid) else false end);
grant select, insert, update, delete on "t_acme"."people" to "t_acme";
