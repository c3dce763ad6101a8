-- concurrent, SHARE UPDATE EXCLUSIVE: build index a_key_2
create unique index concurrently "_rowhouse_next_2_106f5f488fcc" on "t_acme"."people" ("a") where trashed_at is null and deleted_at is null;
--   undo: drop index concurrently if exists "t_acme"."_rowhouse_next_2_106f5f488fcc";
-- last
alter index "t_acme"."_rowhouse_next_2_106f5f488fcc" rename to "a_key_2";
