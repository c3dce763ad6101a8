-- safe: create trigger _000_frozen
create trigger "_000_frozen" before insert or update or delete on "t_acme"."people" for each statement execute function "rowhouse"."guard_frozen"('people');
-- back
-- safe: drop trigger _000_frozen
drop trigger "_000_frozen" on "t_acme"."people";
