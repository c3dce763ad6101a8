-- safe: create trigger _010_sudo
create trigger "_010_sudo" before insert or update or delete on "t_acme"."people" for each statement execute function "rowhouse"."guard_sudo"('people');
-- back
-- safe: drop trigger _010_sudo
drop trigger "_010_sudo" on "t_acme"."people";
