-- Each row taken apart as JSON and built up again, in a sub-select of its own.
select $1, r.id::text, 'create', (
  select coalesce(jsonb_object_agg(e.key, jsonb_build_object(
    'new', case when e.key = any ($3) or jsonb_typeof(e.value) = 'number' and length(e.value::text) > 15
      then rowhouse.history_value(e.value, e.key = any ($3)) else e.value end, 'old', null)), '{}')
  from jsonb_each(to_jsonb(r.*)) as e where e.key = any ($2) and jsonb_typeof(e.value) <> 'null'), $4, $5, $6
from new_rows as r;
