-- safe: rename in table people
drop trigger "_100_intent" on "t_acme"."people";
drop trigger "_100_insert" on "t_acme"."people";
drop trigger "_250_acl" on "t_acme"."people";
drop trigger "_400_trash" on "t_acme"."people";
drop trigger "_500_stamp" on "t_acme"."people";
drop trigger "_500_stamp_insert" on "t_acme"."people";
alter table "t_acme"."people" rename to "persons";
create trigger "_100_intent" before update on "t_acme"."persons" for each row execute function "rowhouse"."guard_intent"('persons', 'soft_delete', 'acl');
create trigger "_100_insert" before insert on "t_acme"."persons" for each row execute function "rowhouse"."guard_insert"('persons');
create trigger "_250_acl" before insert or update of _acl on "t_acme"."persons" for each row when (new._acl <> 0) execute function "t_acme"."_rowhouse_known_acl"();
create trigger "_400_trash" before delete on "t_acme"."persons" for each row execute function "rowhouse"."trash_instead"('persons', 'id');
create trigger "_500_stamp" before update on "t_acme"."persons" for each row execute function "rowhouse"."stamp"('timestamps', 'xact');
create trigger "_500_stamp_insert" before insert on "t_acme"."persons" for each row when (new.created_at is null or new.updated_at is distinct from pg_catalog.date_trunc('milliseconds', pg_catalog.now()) or new._xact is distinct from pg_current_xact_id()) execute function "rowhouse"."stamp"('timestamps', 'xact');
-- back
-- safe: rename in table persons
drop trigger "_100_intent" on "t_acme"."persons";
drop trigger "_100_insert" on "t_acme"."persons";
drop trigger "_250_acl" on "t_acme"."persons";
drop trigger "_400_trash" on "t_acme"."persons";
drop trigger "_500_stamp" on "t_acme"."persons";
drop trigger "_500_stamp_insert" on "t_acme"."persons";
alter table "t_acme"."persons" rename to "people";
create trigger "_100_intent" before update on "t_acme"."people" for each row execute function "rowhouse"."guard_intent"('people', 'soft_delete', 'acl');
create trigger "_100_insert" before insert on "t_acme"."people" for each row execute function "rowhouse"."guard_insert"('people');
create trigger "_250_acl" before insert or update of _acl on "t_acme"."people" for each row when (new._acl <> 0) execute function "t_acme"."_rowhouse_known_acl"();
create trigger "_400_trash" before delete on "t_acme"."people" for each row execute function "rowhouse"."trash_instead"('people', 'id');
create trigger "_500_stamp" before update on "t_acme"."people" for each row execute function "rowhouse"."stamp"('timestamps', 'xact');
create trigger "_500_stamp_insert" before insert on "t_acme"."people" for each row when (new.created_at is null or new.updated_at is distinct from pg_catalog.date_trunc('milliseconds', pg_catalog.now()) or new._xact is distinct from pg_current_xact_id()) execute function "rowhouse"."stamp"('timestamps', 'xact');
