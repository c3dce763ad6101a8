-- Formats: what values must look like that their type alone doesn't tell.
-- Called by: checks of tenant tables (model/formats.ts), rowhouse.value_fault.
-- Privileges: anyone who may use schema rowhouse; nothing here reads a table.

create or replace function rowhouse.has_format(value text, format text)
returns boolean
language sql immutable parallel safe
set search_path = pg_catalog, pg_temp
as $$
  select value ~ case format
    when 'email' then '^[^@[:space:]]+@[^@[:space:].]+(\.[^@[:space:].]+)+$'
    when 'uri' then '^[A-Za-z][A-Za-z0-9+.-]*:[^[:space:]]+$'
    when 'base64' then '^([A-Za-z0-9+/]{4})*([A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$'
    when 'year_month' then '^-?[0-9]{4}-(0[1-9]|1[0-2])$'
  end
$$;
comment on function rowhouse.has_format(text, text) is 'Whether a text has a format: email, uri, base64, year_month.';

create or replace function rowhouse.has_format(value jsonb, format text)
returns boolean
language sql immutable parallel safe
set search_path = pg_catalog, pg_temp
as $$
  select jsonb_typeof(value) = case format when 'json_object' then 'object' when 'json_array' then 'array' end
$$;
comment on function rowhouse.has_format(jsonb, text) is 'Whether a JSON value has a format: json_object, json_array.';

create or replace function rowhouse.has_format(value point, format text)
returns boolean
language sql immutable parallel safe
set search_path = pg_catalog, pg_temp
as $$
  select case format when 'lon_lat' then value[0] between -180 and 180 and value[1] between -90 and 90 end
$$;
comment on function rowhouse.has_format(point, text) is 'Whether a point has a format: lon_lat, degrees of longitude and latitude.';

revoke all on function
  rowhouse.has_format(text, text), rowhouse.has_format(jsonb, text), rowhouse.has_format(point, text)
from public;
grant execute on function
  rowhouse.has_format(text, text), rowhouse.has_format(jsonb, text), rowhouse.has_format(point, text)
to rowhouse_tenant;
