-- safe: create trigger _300_immutable
create trigger "_300_immutable" before update on "t_acme"."people" for each row when (old."a" is distinct from new."a") execute function "rowhouse"."guard_immutable"('people', 'id', 'a');
-- back
-- safe: drop trigger _300_immutable
drop trigger "_300_immutable" on "t_acme"."people";
