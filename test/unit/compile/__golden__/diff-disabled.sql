-- safe: drop privilege verbs
revoke all on "t_acme"."people" from "t_acme";
-- back
-- safe: create privilege verbs
grant select, insert, update, delete on "t_acme"."people" to "t_acme";
