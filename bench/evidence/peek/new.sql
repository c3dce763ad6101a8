with matching as not materialized (
  select t.* from t_bench.items as t where t.trashed_at is null and t.deleted_at is null),
page as materialized (
  select t.id, t.name from (select t.* from matching as t order by t.id desc limit 21) as t order by t.id desc)
select rowhouse.bounded(coalesce('[' || string_agg(row_to_json(r.*)::text, ',') || ']', '[]')) as rows, count(*)::int as count,
  (select greatest(count(*) - 20, 0)::int from page) as matched
from (select p.* from page as p limit 20) as r;
