-- concurrent, SHARE UPDATE EXCLUSIVE: build index company_id_ref_2
create index concurrently "_rowhouse_next_2_62d2eaa132b9" on "t_acme"."people" ("company_id");
--   undo: drop index concurrently if exists "t_acme"."_rowhouse_next_2_62d2eaa132b9";
-- transaction, SHARE ROW EXCLUSIVE: make reference company_id_fkey for new rows
alter table "t_acme"."people" add constraint "_rowhouse_next_2_43c44aa60620" foreign key ("company_id") references "t_acme"."companies" ("id") on delete no action on update no action not valid;
--   undo: alter table "t_acme"."people" drop constraint if exists "_rowhouse_next_2_43c44aa60620";
-- transaction, SHARE UPDATE EXCLUSIVE: look at all rows for reference company_id_fkey
alter table "t_acme"."people" validate constraint "_rowhouse_next_2_43c44aa60620";
-- last
alter index "t_acme"."_rowhouse_next_2_62d2eaa132b9" rename to "company_id_ref_2";
alter table "t_acme"."people" rename constraint "_rowhouse_next_2_43c44aa60620" to "company_id_fkey";
create trigger "0600_reference__company_id_fkey_insert" after insert on "t_acme"."people" referencing new table as new_rows for each row execute function "rowhouse"."check_reference"('company_id_fkey', 'companies', '["company_id"]', '["id"]');
create trigger "0600_reference__company_id_fkey_update" after update on "t_acme"."people" referencing old table as old_rows new table as new_rows for each row execute function "rowhouse"."check_reference"('company_id_fkey', 'companies', '["company_id"]', '["id"]');
