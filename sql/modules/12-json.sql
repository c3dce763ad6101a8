-- JSON values: merging, and how values of any type stand in an order of one sorting type.
-- Called by: generated statements, change_listed, expression indexes that back such an order (all are immutable).
-- Privileges: anyone who may use schema rowhouse; nothing here reads a table.

create or replace function rowhouse.json_merge(target jsonb, patch jsonb)
returns jsonb
language plpgsql immutable parallel safe
set search_path = pg_catalog, pg_temp
as $$
declare
  merged jsonb := case when jsonb_typeof(target) = 'object' then target else '{}' end;
  member record;
begin
  if jsonb_typeof(patch) is distinct from 'object' then
    return patch;
  end if;
  for member in select key, value from jsonb_each(patch) loop
    merged := case jsonb_typeof(member.value)
      when 'null' then merged - member.key
      when 'object' then merged
        || jsonb_build_object(member.key, rowhouse.json_merge(merged -> member.key, member.value))
      else merged || jsonb_build_object(member.key, member.value) end;
  end loop;
  return merged;
end
$$;
comment on function rowhouse.json_merge(jsonb, jsonb) is
  'Objects key by key at every depth, other values replaced, a null removes its key (RFC 7396).';

create or replace function rowhouse.sort_number(value jsonb)
returns numeric
language sql immutable parallel safe
set search_path = pg_catalog, pg_temp
as $$
  select case jsonb_typeof(value)
    when 'number' then value::text::numeric
    when 'string' then case
      when length(value #>> '{}') <= 1000
        and value #>> '{}' ~ '^\s*[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d{1,3})?\s*$'
      then (value #>> '{}')::numeric end
  end
$$;
comment on function rowhouse.sort_number(jsonb) is 'A number, or a string holding one; null for anything else.';

create or replace function rowhouse.sort_text(value jsonb)
returns text
language sql immutable parallel safe
set search_path = pg_catalog, pg_temp
as $$
  select case when jsonb_typeof(value) in ('string', 'number', 'boolean') then (value #>> '{}') collate "C" end
$$;
comment on function rowhouse.sort_text(jsonb) is 'The text of a scalar; null for anything else.';

create or replace function rowhouse.sort_time(value jsonb)
returns timestamptz
language plpgsql immutable parallel safe
set search_path = pg_catalog, pg_temp
as $$
declare
  -- year, month, day, hour, minute, second, sign, offset hours, offset minutes
  p text[];
  at timestamp;
begin
  if jsonb_typeof(value) is distinct from 'string' then
    return null;
  end if;
  p := regexp_match(value #>> '{}',
    '^(\d{4})-(\d\d)-(\d\d)(?:[Tt ](\d\d):(\d\d):(\d\d(?:\.\d{1,9})?)(?:[Zz]|([+-])(\d\d):(\d\d)))?$');
  if p is null or p[1]::int < 1 or p[2]::int not between 1 and 12 or p[3]::int < 1
    or coalesce(p[4]::int, 0) > 23 or coalesce(p[5]::int, 0) > 59 or coalesce(p[6]::numeric, 0) >= 60
    or coalesce(p[8]::int, 0) > 14 or coalesce(p[9]::int, 0) > 59 then
    return null;
  end if;
  at := make_date(p[1]::int, p[2]::int, 1)::timestamp;
  if p[3]::int > extract(day from at + interval '1 month' - interval '1 day') then
    return null;
  end if;
  at := at + make_interval(days => p[3]::int - 1, hours => coalesce(p[4]::int, 0),
    mins => coalesce(p[5]::int, 0), secs => coalesce(p[6]::float8, 0));
  if p[7] is not null then
    at := at - (p[7] || '1')::int * make_interval(hours => p[8]::int, mins => p[9]::int);
  end if;
  return at at time zone 'UTC';
end
$$;
comment on function rowhouse.sort_time(jsonb) is
  'The time of an RFC 3339 or YYYY-MM-DD string; null for anything else, days that no calendar has among them.';

revoke all on function
  rowhouse.json_merge(jsonb, jsonb), rowhouse.sort_number(jsonb), rowhouse.sort_text(jsonb), rowhouse.sort_time(jsonb)
from public;
grant execute on function
  rowhouse.json_merge(jsonb, jsonb), rowhouse.sort_number(jsonb), rowhouse.sort_text(jsonb), rowhouse.sort_time(jsonb)
to rowhouse_tenant, rowhouse_gateway;
