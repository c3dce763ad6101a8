-- Access mode lists for people in psql: by names of tables, with rows as JSON.
-- Called by: put, change and remove of a tenant's schema.
-- Privileges: rowhouse_tenant; the writing is that of 83-list-writes.sql.

create or replace function rowhouse.lists_sent(
  "read" text[], edit text[], "full" text[], "delete" text[], deny text[])
returns jsonb
language sql immutable
set search_path = pg_catalog, pg_temp
as $$
  select jsonb_strip_nulls(jsonb_build_object('read', to_jsonb("read"), 'edit', to_jsonb(edit), 'full', to_jsonb("full"),
    'delete', to_jsonb("delete"), 'deny', to_jsonb(deny)))
$$;
comment on function rowhouse.lists_sent(text[], text[], text[], text[], text[]) is 'Lists by name; null ones are not named.';

create or replace function rowhouse.put(
  tenant text, logical text, "row" jsonb, "read" text[], edit text[], "full" text[], "delete" text[], deny text[])
returns jsonb
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
declare
  place record := rowhouse.place_of(tenant, logical);
begin
  return (select l.after from rowhouse.put_listed(place.id, jsonb_build_array(jsonb_build_object(
    'values', "row", 'lists', rowhouse.lists_sent("read", edit, "full", "delete", deny)))) as l);
end
$$;
comment on function rowhouse.put(text, text, jsonb, text[], text[], text[], text[], text[]) is
  'Makes or changes one row in mode lists.';

create or replace function rowhouse.change(
  tenant text, logical text, key text, "row" jsonb, "read" text[], edit text[], "full" text[], "delete" text[], deny text[])
returns boolean
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
declare
  place record := rowhouse.place_of(tenant, logical);
begin
  return rowhouse.change_listed(place.id,
    jsonb_build_object('keys', jsonb_build_array(key), 'test', '{"op": "true"}'::jsonb),
    jsonb_build_object('values', coalesce("row", '{}'), 'lists', rowhouse.lists_sent("read", edit, "full", "delete", deny)),
    false) > 0;
end
$$;
comment on function rowhouse.change(text, text, text, jsonb, text[], text[], text[], text[], text[]) is
  'Changes one row in mode lists, readable or not.';

create or replace function rowhouse.remove(tenant text, logical text, key text)
returns boolean
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
declare
  place record := rowhouse.place_of(tenant, logical);
begin
  return rowhouse.remove_listed(place.id,
    jsonb_build_object('keys', jsonb_build_array(key), 'test', '{"op": "true"}'::jsonb), false) > 0;
end
$$;
comment on function rowhouse.remove(text, text, text) is 'Deletes one row in mode lists, readable or not.';

revoke all on function
  rowhouse.lists_sent(text[], text[], text[], text[], text[]),
  rowhouse.put(text, text, jsonb, text[], text[], text[], text[], text[]),
  rowhouse.change(text, text, text, jsonb, text[], text[], text[], text[], text[]), rowhouse.remove(text, text, text)
from public;

grant execute on function
  rowhouse.lists_sent(text[], text[], text[], text[], text[]),
  rowhouse.put(text, text, jsonb, text[], text[], text[], text[], text[]),
  rowhouse.change(text, text, text, jsonb, text[], text[], text[], text[], text[]), rowhouse.remove(text, text, text)
to rowhouse_tenant;
