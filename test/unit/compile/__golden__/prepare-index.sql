-- concurrent, SHARE UPDATE EXCLUSIVE: build index a_idx_2
create index concurrently "_rowhouse_next_2_e7d88694d95b" on "t_acme"."people" ("a");
--   undo: drop index concurrently if exists "t_acme"."_rowhouse_next_2_e7d88694d95b";
-- last
alter index "t_acme"."_rowhouse_next_2_e7d88694d95b" rename to "a_idx_2";
