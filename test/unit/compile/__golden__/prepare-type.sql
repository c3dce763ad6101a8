-- transaction, ACCESS EXCLUSIVE: add columns n
alter table "t_acme"."people" add column "_rowhouse_next_2_3cebb90992b3" bigint;
create function "t_acme"."_990_rowhouse_next_2_a956c1ed580b"() returns trigger language plpgsql set search_path = pg_catalog, pg_temp as 'begin new."_rowhouse_next_2_3cebb90992b3" := (new."n"::text)::bigint; return new; end';
revoke all on function "t_acme"."_990_rowhouse_next_2_a956c1ed580b"() from public;
create trigger "_990_rowhouse_next_2_a956c1ed580b" before insert or update on "t_acme"."people" for each row execute function "t_acme"."_990_rowhouse_next_2_a956c1ed580b"();
--   undo: drop trigger if exists "_990_rowhouse_next_2_a956c1ed580b" on "t_acme"."people";
--   undo: drop function if exists "t_acme"."_990_rowhouse_next_2_a956c1ed580b"();
--   undo: alter table "t_acme"."people" drop column if exists "_rowhouse_next_2_3cebb90992b3";
-- fill, ROW EXCLUSIVE: fill column n
update "t_acme"."people" set "_rowhouse_next_2_3cebb90992b3" = ("n"::text)::bigint where ctid >= $1::tid and ctid < $2::tid and "_rowhouse_next_2_3cebb90992b3" is null and "n" is not null;
-- concurrent, SHARE UPDATE EXCLUSIVE: build index n_key_2
create unique index concurrently "_rowhouse_next_2_cbf576b7f8b6" on "t_acme"."people" ("_rowhouse_next_2_3cebb90992b3") where trashed_at is null and deleted_at is null;
--   undo: drop index concurrently if exists "t_acme"."_rowhouse_next_2_cbf576b7f8b6";
-- transaction, ACCESS EXCLUSIVE: make check n_minimum_check for new rows
alter table "t_acme"."people" add constraint "_rowhouse_next_2_ffb947b1813b" check ("_rowhouse_next_2_3cebb90992b3" >= '0'::numeric) not valid;
--   undo: alter table "t_acme"."people" drop constraint if exists "_rowhouse_next_2_ffb947b1813b";
-- transaction, SHARE UPDATE EXCLUSIVE: look at all rows for check n_minimum_check
alter table "t_acme"."people" validate constraint "_rowhouse_next_2_ffb947b1813b";
-- last
drop index "t_acme"."n_key_2";
alter table "t_acme"."people" drop constraint "n_minimum_check";
drop trigger "_990_rowhouse_next_2_a956c1ed580b" on "t_acme"."people";
drop function "t_acme"."_990_rowhouse_next_2_a956c1ed580b"();
alter table "t_acme"."people" drop column "n";
alter table "t_acme"."people" rename column "_rowhouse_next_2_3cebb90992b3" to "n";
alter table "t_acme"."people" rename constraint "_rowhouse_next_2_ffb947b1813b" to "n_minimum_check";
alter index "t_acme"."_rowhouse_next_2_cbf576b7f8b6" rename to "n_key_2";
