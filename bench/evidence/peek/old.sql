with matching as not materialized (
  select t.* from t_bench.items as t where t.trashed_at is null and t.deleted_at is null)
select rowhouse.bounded(coalesce('[' || string_agg(row_to_json(r.*)::text, ',') || ']', '[]')) as rows, count(*)::int as count,
  (select count(*)::int from (select 1 from matching limit 1 offset 20) as m) as matched
from (select t.id, t.name from (select t.* from matching as t order by t.id desc limit 20) as t order by t.id desc) as r;
