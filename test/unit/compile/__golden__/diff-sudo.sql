-- safe: create trigger _200_sudo_columns
create trigger "_200_sudo_columns" before insert or update on "t_acme"."people" for each row execute function "rowhouse"."guard_sudo_columns"('people', 'a');
-- back
-- safe: drop trigger _200_sudo_columns
drop trigger "_200_sudo_columns" on "t_acme"."people";
