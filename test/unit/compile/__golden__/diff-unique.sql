-- safe: create index a_key_2
create unique index "a_key_2" on "t_acme"."people" ("a") where trashed_at is null and deleted_at is null;
-- back
-- safe: drop index a_key_2
drop index "t_acme"."a_key_2";
