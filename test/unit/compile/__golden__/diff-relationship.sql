-- safe: create index company_id_ref_2
create index "company_id_ref_2" on "t_acme"."people" ("company_id");
-- safe: create reference company_id_fkey
alter table "t_acme"."people" add constraint "company_id_fkey" foreign key ("company_id") references "t_acme"."companies" ("id") on delete no action on update no action not valid;
alter table "t_acme"."people" validate constraint "company_id_fkey";
-- safe: create trigger 0600_reference__company_id_fkey_insert
create trigger "0600_reference__company_id_fkey_insert" after insert on "t_acme"."people" referencing new table as new_rows for each row execute function "rowhouse"."check_reference"('company_id_fkey', 'companies', '["company_id"]', '["id"]');
-- safe: create trigger 0600_reference__company_id_fkey_update
create trigger "0600_reference__company_id_fkey_update" after update on "t_acme"."people" referencing old table as old_rows new table as new_rows for each row execute function "rowhouse"."check_reference"('company_id_fkey', 'companies', '["company_id"]', '["id"]');
-- safe: create trigger _700_children__company_id_fkey
create trigger "_700_children__company_id_fkey" after update on "t_acme"."companies" referencing old table as old_rows new table as new_rows for each statement execute function "rowhouse"."cascade_trash"('people', 'company_id', 'id', 'cascade');
-- back
-- safe: drop trigger _700_children__company_id_fkey
drop trigger "_700_children__company_id_fkey" on "t_acme"."companies";
-- safe: drop trigger 0600_reference__company_id_fkey_update
drop trigger "0600_reference__company_id_fkey_update" on "t_acme"."people";
-- safe: drop trigger 0600_reference__company_id_fkey_insert
drop trigger "0600_reference__company_id_fkey_insert" on "t_acme"."people";
-- safe: drop reference company_id_fkey
alter table "t_acme"."people" drop constraint "company_id_fkey";
-- safe: drop index company_id_ref_2
drop index "t_acme"."company_id_ref_2";
