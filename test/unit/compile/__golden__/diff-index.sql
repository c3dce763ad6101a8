-- safe: create index a_idx_2
create index "a_idx_2" on "t_acme"."people" ("a");
-- back
-- safe: drop index a_idx_2
drop index "t_acme"."a_idx_2";
