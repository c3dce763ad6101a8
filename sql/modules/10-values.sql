-- Values: generated keys and the printing of numbers and times as JSON.
-- Called by: column defaults, generated read statements, history.
-- Privileges: anyone who may use schema rowhouse; nothing here reads a table.

create or replace function rowhouse.uuid_v7()
returns uuid
language plpgsql volatile parallel safe
set search_path = pg_catalog, pg_temp
as $$
declare
  us bigint := extract(epoch from clock_timestamp()) * 1000000;
begin
  -- 48 bits of milliseconds, version 7, 12 bits of fraction, then the random half of a v4 (variant included):
  -- keys made one after the other sort so within a microsecond, as Postgres 18's own uuidv7() does.
  return encode(
    substring(int8send(us / 1000) from 3)
      || int2send((28672 + (us % 1000) * 4096 / 1000)::int2)
      || substring(uuid_send(gen_random_uuid()) from 9), 'hex')::uuid;
end
$$;
comment on function rowhouse.uuid_v7() is 'A time-ordered uuid (RFC 9562 version 7).';

-- No SET clause and stable, as to_json is: both are needed to be inlined into the select lists of reads.
create or replace function rowhouse.json_number(value bigint)
returns json
language sql stable parallel safe
as $$
  select case
    when value between -9007199254740991 and 9007199254740991 then pg_catalog.to_json(value)
    else pg_catalog.to_json(value::pg_catalog.text)
  end
$$;
comment on function rowhouse.json_number(bigint) is 'A JSON number, or a string beyond what doubles hold exactly.';

-- As above.
create or replace function rowhouse.json_number(value numeric)
returns json
language sql stable parallel safe
as $$
  select case
    when value = pg_catalog.trunc(value) and pg_catalog.abs(value) <= 9007199254740991 then pg_catalog.to_json(value)
    when pg_catalog.length(pg_catalog.ltrim(
      pg_catalog.translate(pg_catalog.trim_scale(value)::pg_catalog.text, '-.', ''), '0')) <= 15
      and value <> 'NaN' and pg_catalog.abs(value) <> 'Infinity' and value <> pg_catalog.trunc(value)
      then pg_catalog.to_json(value)
    else pg_catalog.to_json(value::pg_catalog.text)
  end
$$;
comment on function rowhouse.json_number(numeric) is
  'A JSON number: integers within 2^53-1, decimals of at most 15 significant digits; else a string.';

-- No SET clause: inlined into the select lists of reads.
create or replace function rowhouse.json_time(value timestamptz, style text default 'millis')
returns json
language sql stable parallel safe
as $$
  select pg_catalog.to_json(case
    when not pg_catalog.isfinite(value) then value::pg_catalog.text
    when style = 'millis'
      then pg_catalog.to_char(value at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')
    when style = 'micros'
      then pg_catalog.to_char(value at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS')
        || case when pg_catalog.date_trunc('second', value) = value then ''
          else pg_catalog.to_char(value at time zone 'UTC', '.US') end
    else pg_catalog.to_char(value at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS')
      || pg_catalog.rtrim(pg_catalog.rtrim(pg_catalog.to_char(value at time zone 'UTC', '.US'), '0'), '.')
      || case when style = 'local' then '' else 'Z' end
  end)
$$;
comment on function rowhouse.json_time(timestamptz, text) is
  'A time as a JSON string in UTC. millis: three digits and Z. trimmed: fraction only when not zero. local: trimmed, no zone. micros: six digits when not zero, no zone.';

create or replace function rowhouse.json_duration(value interval)
returns text
language sql stable parallel safe
set search_path = pg_catalog, pg_temp
set intervalstyle = iso_8601
as $$ select value::text $$;
comment on function rowhouse.json_duration(interval) is 'An interval as an ISO 8601 duration, whatever the session prints.';

-- No SET clause: inlined into defaults and the conditions of triggers.
create or replace function rowhouse.present()
returns timestamptz
language sql stable parallel safe
as $$ select pg_catalog.date_trunc('milliseconds', pg_catalog.now()) $$;
comment on function rowhouse.present() is 'Time of the transaction at the precision system times are stored in.';

create or replace function rowhouse.bounded(reply text)
returns text
language plpgsql stable parallel safe
set search_path = pg_catalog, pg_temp
as $$
begin
  -- A reply is one piece of text in the server too: of half a gigabyte it would be the end of the process.
  if octet_length(reply) > 67108864 then
    perform rowhouse.refuse('RH107', 'The reply is larger than 64 MiB: ask for fewer rows or columns', '{"reason": "reply_size"}');
  end if;
  return reply;
end
$$;
comment on function rowhouse.bounded(text) is 'The text of a reply, unless it is too large to send.';

revoke all on function
  rowhouse.uuid_v7(), rowhouse.json_number(bigint), rowhouse.json_number(numeric),
  rowhouse.json_time(timestamptz, text), rowhouse.json_duration(interval), rowhouse.present(), rowhouse.bounded(text)
from public;
grant execute on function
  rowhouse.uuid_v7(), rowhouse.json_number(bigint), rowhouse.json_number(numeric),
  rowhouse.json_time(timestamptz, text), rowhouse.json_duration(interval), rowhouse.present(), rowhouse.bounded(text)
to rowhouse_tenant, rowhouse_gateway;
