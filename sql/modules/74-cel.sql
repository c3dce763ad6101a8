-- Functions of the conditions of policies, as policy/cel/ compiles them.
-- Called by: row policies of tables in mode policy, and statements that ask what a policy says.
-- Privileges: anyone who may use schema rowhouse; they speak of their operands only.
-- None of them raises, whatever the operand: a condition that failed on a row would tell of a row that is hidden. What has no result is
-- NULL, which makes a condition false. Those in language sql have no SET clause, so that the planner can inline them.

create or replace function rowhouse.cel_string(value jsonb)
returns text
language sql immutable parallel safe
as $$ select case when pg_catalog.jsonb_typeof(value) = 'string' then value #>> '{}' end $$;
comment on function rowhouse.cel_string(jsonb) is 'The text that a JSON string is; NULL for anything else.';

create or replace function rowhouse.cel_real(value numeric)
returns numeric
language sql immutable parallel safe
as $$ select case when pg_catalog.abs(value) <= 1.8e308 then value end $$;
comment on function rowhouse.cel_real(numeric) is 'The number, unless it is beyond what a double can be.';

create or replace function rowhouse.cel_whole(value numeric)
returns numeric
language sql immutable parallel safe
as $$ select case when value between -9223372036854775808 and 9223372036854775807 then value end $$;
comment on function rowhouse.cel_whole(numeric) is 'The whole number, unless it has more than 64 bits.';

create or replace function rowhouse.cel_number(value jsonb)
returns numeric
language sql immutable parallel safe
as $$
  select case when pg_catalog.jsonb_typeof(value) = 'number' then rowhouse.cel_real(value::pg_catalog.numeric) end
$$;
comment on function rowhouse.cel_number(jsonb) is 'The number that a JSON number is; NULL for anything else.';

create or replace function rowhouse.cel_integer(value jsonb)
returns bigint
language plpgsql immutable parallel safe
set search_path = pg_catalog, pg_temp
as $$
declare
  number numeric := rowhouse.cel_whole(rowhouse.cel_number(value));
begin
  return case when number = trunc(number) then number::bigint end;
end
$$;
comment on function rowhouse.cel_integer(jsonb) is
  'The whole number that a JSON number is, of a type that indexes on whole numbers know; NULL for anything else.';

create or replace function rowhouse.cel_boolean(value jsonb)
returns boolean
language sql immutable parallel safe
as $$ select case value when 'true'::pg_catalog.jsonb then true when 'false'::pg_catalog.jsonb then false end $$;
comment on function rowhouse.cel_boolean(jsonb) is 'The truth that a JSON boolean is; NULL for anything else.';

create or replace function rowhouse.cel_strings(value jsonb)
returns text[]
language plpgsql immutable parallel safe
set search_path = pg_catalog, pg_temp
as $$
begin
  return case jsonb_typeof(value)
    when 'array' then array(select e #>> '{}' from jsonb_array_elements(value) as e where jsonb_typeof(e) = 'string')
    when 'object' then array(select jsonb_object_keys(value))
  end;
end
$$;
comment on function rowhouse.cel_strings(jsonb) is 'The strings of a JSON list, or the keys of an object; NULL for anything else.';

create or replace function rowhouse.cel_size(value jsonb)
returns integer
language plpgsql immutable parallel safe
set search_path = pg_catalog, pg_temp
as $$
begin
  return case jsonb_typeof(value)
    when 'array' then jsonb_array_length(value)
    when 'object' then (select count(*) from jsonb_object_keys(value))
    when 'string' then char_length(value #>> '{}')
  end;
end
$$;
comment on function rowhouse.cel_size(jsonb) is 'Elements of a list, keys of an object, characters of a string; NULL for anything else.';

create or replace function rowhouse.cel_in(item jsonb, list jsonb)
returns boolean
language plpgsql immutable parallel safe
set search_path = pg_catalog, pg_temp
as $$
begin
  return case
    when item is null or item = 'null' then null
    when jsonb_typeof(list) = 'array' then exists (select from jsonb_array_elements(list) as e where e = item)
    when jsonb_typeof(list) = 'object' then jsonb_typeof(item) = 'string' and list ? (item #>> '{}')
  end;
end
$$;
comment on function rowhouse.cel_in(jsonb, jsonb) is 'Whether the item is an element of a list or a key of an object; NULL for anything else.';

create or replace function rowhouse.cel_compare(a jsonb, b jsonb)
returns integer
language plpgsql immutable parallel safe
set search_path = pg_catalog, pg_temp
as $$
begin
  if jsonb_typeof(a) = 'number' and jsonb_typeof(b) = 'number' then
    -- No difference: that of two very large numbers is none.
    return case when a::numeric = b::numeric then 0 when a::numeric < b::numeric then -1 else 1 end;
  elsif jsonb_typeof(a) = 'string' and jsonb_typeof(b) = 'string' then
    return case
      when a #>> '{}' = b #>> '{}' then 0
      when (a #>> '{}') collate "C" < (b #>> '{}') collate "C" then -1
      else 1 end;
  end if;
  return null;
end
$$;
comment on function rowhouse.cel_compare(jsonb, jsonb) is 'Order of two JSON numbers or two JSON strings: -1, 0, 1; NULL for anything else.';

create or replace function rowhouse.cel_plus(a jsonb, b jsonb)
returns jsonb
language plpgsql immutable parallel safe
set search_path = pg_catalog, pg_temp
as $$
begin
  return case
    when jsonb_typeof(a) = 'string' and jsonb_typeof(b) = 'string' then to_jsonb((a #>> '{}') || (b #>> '{}'))
    else to_jsonb(rowhouse.cel_real(rowhouse.cel_number(a) + rowhouse.cel_number(b)))
  end;
end
$$;
comment on function rowhouse.cel_plus(jsonb, jsonb) is 'Sum of two JSON numbers, or two JSON strings joined; NULL for anything else.';

create or replace function rowhouse.cel_uuid(value text)
returns uuid
language sql immutable parallel safe
as $$
  select case when value ~ '^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$' then value::pg_catalog.uuid end
$$;
comment on function rowhouse.cel_uuid(text) is 'The uuid whose text this is, letter by letter; NULL for any other text.';

create or replace function rowhouse.cel_moment(value timestamptz)
returns timestamptz
language sql immutable parallel safe
as $$
  select case when value >= '0001-01-01T00:00:00Z'::pg_catalog.timestamptz
    and value < '10000-01-01T00:00:00Z'::pg_catalog.timestamptz then value end
$$;
comment on function rowhouse.cel_moment(timestamptz) is 'The time, unless it is before year 1 or after year 9999.';

create or replace function rowhouse.cel_day(value date)
returns timestamptz
language sql immutable parallel safe
as $$
  select case when value < '10000-01-01'::pg_catalog.date or value = 'infinity'::pg_catalog.date
    then value::pg_catalog.timestamp at time zone 'UTC' end
$$;
comment on function rowhouse.cel_day(date) is 'The time at which a day begins, as UTC has it; NULL for one after year 9999, which may be beyond what a time can be.';

create or replace function rowhouse.cel_duration(value interval)
returns interval
language plpgsql immutable parallel safe
set search_path = pg_catalog, pg_temp
as $$
declare
  seconds numeric := extract(epoch from value);
begin
  -- In seconds alone: days and months would follow the session's time zone and calendar.
  return case when abs(seconds) <= 9000000000 then make_interval(secs => seconds::double precision) end;
end
$$;
comment on function rowhouse.cel_duration(interval) is 'The duration in seconds, unless it is longer than 285 years.';

create or replace function rowhouse.cel_between(a timestamptz, b timestamptz)
returns interval
language plpgsql immutable parallel safe
set search_path = pg_catalog, pg_temp
as $$
begin
  return rowhouse.cel_duration(rowhouse.cel_moment(b) - rowhouse.cel_moment(a));
end
$$;
comment on function rowhouse.cel_between(timestamptz, timestamptz) is 'From a to b.';

create or replace function rowhouse.cel_later(value timestamptz, by interval)
returns timestamptz
language plpgsql immutable parallel safe
set search_path = pg_catalog, pg_temp
as $$
begin
  return rowhouse.cel_moment(rowhouse.cel_moment(value) + rowhouse.cel_duration(by));
end
$$;
comment on function rowhouse.cel_later(timestamptz, interval) is 'The time so much later; NULL beyond the years 1 to 9999.';

create or replace function rowhouse.cel_timestamp(value text)
returns timestamptz
language plpgsql immutable parallel safe
set search_path = pg_catalog, pg_temp
as $$
declare
  parts text[] := regexp_match(value,
    '^(\d{4})-(\d\d)-(\d\d)(T([01]\d|2[0-3]):[0-5]\d:[0-5]\d(\.\d{1,9})?(Z|[+-](0\d|1[0-4]):[0-5]\d))$');
  years integer := parts[1]::integer;
  months integer := parts[2]::integer;
  days integer := parts[3]::integer;
begin
  if (years > 0 and months between 1 and 12 and days between 1 and 31) is not true then
    return null;
  end if;
  if days > extract(day from make_date(years, months, 1) + interval '1 month - 1 day') then
    return null;
  end if;
  return value::timestamptz;
end
$$;
comment on function rowhouse.cel_timestamp(text) is 'The time that a text of RFC 3339 names; NULL for any other text.';

revoke all on function
  rowhouse.cel_string(jsonb), rowhouse.cel_number(jsonb), rowhouse.cel_real(numeric), rowhouse.cel_whole(numeric),
  rowhouse.cel_integer(jsonb), rowhouse.cel_boolean(jsonb), rowhouse.cel_strings(jsonb), rowhouse.cel_size(jsonb),
  rowhouse.cel_in(jsonb, jsonb), rowhouse.cel_compare(jsonb, jsonb), rowhouse.cel_plus(jsonb, jsonb), rowhouse.cel_uuid(text),
  rowhouse.cel_moment(timestamptz), rowhouse.cel_day(date), rowhouse.cel_duration(interval), rowhouse.cel_between(timestamptz, timestamptz),
  rowhouse.cel_later(timestamptz, interval), rowhouse.cel_timestamp(text)
from public;
grant execute on function
  rowhouse.cel_string(jsonb), rowhouse.cel_number(jsonb), rowhouse.cel_real(numeric), rowhouse.cel_whole(numeric),
  rowhouse.cel_integer(jsonb), rowhouse.cel_boolean(jsonb), rowhouse.cel_strings(jsonb), rowhouse.cel_size(jsonb),
  rowhouse.cel_in(jsonb, jsonb), rowhouse.cel_compare(jsonb, jsonb), rowhouse.cel_plus(jsonb, jsonb), rowhouse.cel_uuid(text),
  rowhouse.cel_moment(timestamptz), rowhouse.cel_day(date), rowhouse.cel_duration(interval), rowhouse.cel_between(timestamptz, timestamptz),
  rowhouse.cel_later(timestamptz, interval), rowhouse.cel_timestamp(text)
to rowhouse_tenant;
