-- An expression a column, put together once a statement.
select $1, r.id::text, 'create', ('{' || array_to_string(array[
    '"id":{"old":null,"new":' || to_json(r.id)::text || '}',
    '"name":{"old":null,"new":' || to_json(r.name)::text || '}',
    '"price":{"old":null,"new":' || case when length(r.price::text) > 15 then rowhouse.history_value(to_jsonb(r.price), false)::text else to_json(r.price)::text end || '}',
    '"stock":{"old":null,"new":' || to_json(r.stock)::text || '}',
    '"day":{"old":null,"new":' || to_json(r.day)::text || '}',
    '"active":{"old":null,"new":' || to_json(r.active)::text || '}',
    '"note":{"old":null,"new":' || to_json(r.note)::text || '}'
  ]::text[], ',') || '}')::jsonb, $2, $3, $4
from new_rows as r;
