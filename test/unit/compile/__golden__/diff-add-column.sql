-- safe: add column b
alter table "t_acme"."people" add column "b" text not null;
-- safe: create index b_key_2
create unique index "b_key_2" on "t_acme"."people" ("b") where trashed_at is null and deleted_at is null;
-- back
-- safe: drop index b_key_2
drop index "t_acme"."b_key_2";
-- destructive: drop column b
alter table "t_acme"."people" drop column "b";
