-- GET /api/data/items?limit=20&order=id desc: the page size is a bound value.
-- The generic plan has to assume a tenth of the table and never beats a custom one: planned anew each time.
-- Inside: begin; select rowhouse.enter(…); then this, and execute seven times: the sixth shows whether it is planned anew.
prepare page as with matching as not materialized (select t.* from "t_bench"."items" as t
 where t."trashed_at" is null and t."deleted_at" is null), gate as materialized (select "t_bench"."_rowhouse_sparse"('"t_bench"."items"'::regclass, $1::int) as sparse) select replace(coalesce('[' || string_agg(row_to_json(r)::text, ',') || ']', '[]'), $2::text, '') as rows, count(*)::int as count, null::bigint as total, null::int as matched, null::int as changed
 from ((select t."id" as "id", coalesce(a."read", '{}'::text[]) as "access_read", coalesce(a."edit", '{}'::text[]) as "access_edit", coalesce(a."full", '{}'::text[]) as "access_full", coalesce(a."deny", '{}'::text[]) as "access_deny", nullif(coalesce(a."delete", '{}'::text[]), '{}'::text[]) as "access_delete", rowhouse.json_time(t."created_at", 'millis') as "created_at", rowhouse.json_time(t."updated_at", 'millis') as "updated_at", rowhouse.json_time(t."trashed_at", 'millis') as "trashed_at", rowhouse.json_time(t."deleted_at", 'millis') as "deleted_at", t."name" as "name", t."category" as "category", rowhouse.json_number(t."price") as "price", rowhouse.json_number(t."stock") as "stock", t."note" as "note"
 from matching as t
 left join "t_bench"."_rowhouse_acls" as a on a.id = nullif(t."_acl", 0)
 where not (select g.sparse from gate as g)
 order by t."id" desc limit $3::bigint)
 union all (select t."id" as "id", coalesce(a."read", '{}'::text[]) as "access_read", coalesce(a."edit", '{}'::text[]) as "access_edit", coalesce(a."full", '{}'::text[]) as "access_full", coalesce(a."deny", '{}'::text[]) as "access_deny", nullif(coalesce(a."delete", '{}'::text[]), '{}'::text[]) as "access_delete", rowhouse.json_time(t."created_at", 'millis') as "created_at", rowhouse.json_time(t."updated_at", 'millis') as "updated_at", rowhouse.json_time(t."trashed_at", 'millis') as "trashed_at", rowhouse.json_time(t."deleted_at", 'millis') as "deleted_at", t."name" as "name", t."category" as "category", rowhouse.json_number(t."price") as "price", rowhouse.json_number(t."stock") as "stock", t."note" as "note"
 from matching as t
 left join "t_bench"."_rowhouse_acls" as a on a.id = nullif(t."_acl", 0)
 where (select g.sparse from gate as g) and t."_acl" = any((select "t_bench"."_rowhouse_sparse_acls"())::int[])
 order by t."id" desc limit $4::bigint)) as r;
explain (analyze, buffers) execute page ('20', ',"access_delete":null', '20', '20');
