-- safe: create search _search
alter table "t_acme"."people" add column "_search" tsvector generated always as (to_tsvector('english', coalesce("a", ''))) stored;
-- safe: create index _search_idx_2
create index "_search_idx_2" on "t_acme"."people" using gin ("_search");
-- back
-- safe: drop index _search_idx_2
drop index "t_acme"."_search_idx_2";
-- safe: drop search _search
alter table "t_acme"."people" drop column "_search";
