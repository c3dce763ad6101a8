-- safe: create trigger _900_history_insert
create trigger "_900_history_insert" after insert on "t_acme"."people" referencing new table as new_rows for each statement execute function "rowhouse"."record_history"('2', 'id', 'a');
-- safe: create trigger _900_history_delete
create trigger "_900_history_delete" after delete on "t_acme"."people" referencing old table as old_rows for each statement execute function "rowhouse"."record_history"('2', 'id', 'a');
-- safe: create trigger _900_history_update
create trigger "_900_history_update" after update on "t_acme"."people" for each row execute function "rowhouse"."record_history"('2', 'id', 'a');
-- safe: create policy _history_2
create policy "_history_2" on "t_acme"."_rowhouse_history" for select to "t_acme" using (case when relation = '2'::integer then exists (select 1 from "t_acme"."people" as record where record."id" = "_rowhouse_history"."row_key"::uuid) else false end);
-- back
-- safe: drop policy _history_2
drop policy "_history_2" on "t_acme"."_rowhouse_history";
-- safe: drop trigger _900_history_update
drop trigger "_900_history_update" on "t_acme"."people";
-- safe: drop trigger _900_history_delete
drop trigger "_900_history_delete" on "t_acme"."people";
-- safe: drop trigger _900_history_insert
drop trigger "_900_history_insert" on "t_acme"."people";
