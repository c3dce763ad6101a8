-- Columns held in a jsonb column: their rules, and their values as their types have them.
-- Called by: generated triggers, generated statements and expression indexes.
-- Privileges: the value functions to anyone who may use schema rowhouse; nothing here reads a table but require_held, the owner's.

create or replace function rowhouse.is_iso(definition jsonb, value jsonb)
returns boolean
language sql immutable parallel safe
set search_path = pg_catalog, pg_temp
as $$
  select definition #>> '{type,base}' not in ('date', 'timestamp', 'timestamptz') or not exists (
    select from jsonb_array_elements_text(case jsonb_typeof(value) when 'array' then value else jsonb_build_array(value) end) as e
    where e !~ '^\d{4,6}-\d\d-\d\d([T ]\d\d:\d\d(:\d\d(\.\d+)?)?( ?(Z|[+-]\d\d(:?\d\d){0,2}))?)?$')
$$;
comment on function rowhouse.is_iso(jsonb, jsonb) is
  'Whether a day or time, or each of an array of them, is told so that no session reads it otherwise or not at all. True of values of other types.';

-- security definer: what judges values is closed to writers; it reads no table.
create or replace function rowhouse.held_faults(definitions jsonb, held jsonb)
returns jsonb
language plpgsql stable security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  definition jsonb;
  value jsonb;
  fault text[];
  faults jsonb := '[]';
begin
  for definition in select jsonb_array_elements(definitions) loop
    value := held -> (definition ->> 'held');
    fault := case
      when coalesce(jsonb_typeof(value), 'null') <> 'null' then coalesce(
        case when not rowhouse.is_iso(definition, value) then array['type', 'must be told as in ISO 8601'] end,
        rowhouse.column_fault(definition, value))
      when (definition ->> 'required')::boolean then array['required', 'is required']
    end;
    if fault is not null then
      faults := faults || jsonb_build_object('row', 0, 'field', definition ->> 'name', 'code', fault[1],
        'message', format('%s %s', definition ->> 'name', fault[2]));
    end if;
  end loop;
  return faults;
end
$$;
comment on function rowhouse.held_faults(jsonb, jsonb) is
  'What is wrong with the values of declared columns in an object: array of Fault of base/errors.ts, row 0.';

create or replace function rowhouse.held_default(definition jsonb)
returns jsonb
language sql volatile
set search_path = pg_catalog, pg_temp
as $$
  select case definition #>> '{default,kind}'
    when 'value' then definition #> '{default,value}'
    when 'now' then to_jsonb(case definition #>> '{type,base}' when 'time' then to_char(now() at time zone 'UTC', 'HH24:MI:SS.MS')
      else to_char(now() at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') end)
    when 'today' then to_jsonb((now() at time zone 'UTC')::date)
    when 'random_uuid' then to_jsonb(gen_random_uuid())
    when 'uuid' then to_jsonb(coalesce(definition #>> '{default,prefix}', '') || rowhouse.uuid_v7())
  end
$$;
comment on function rowhouse.held_default(jsonb) is 'The value that a column definition gives a row which names none; null for none.';

create or replace function rowhouse.guard_held()
returns trigger
language plpgsql volatile
set search_path = pg_catalog, pg_temp
set extra_float_digits = 1
as $$
declare
  definitions jsonb := tg_argv[2];
  definition jsonb;
  held jsonb := to_jsonb(new) -> tg_argv[1];
  given jsonb := held;
  value jsonb;
  faults jsonb;
begin
  if jsonb_typeof(held) is distinct from 'object' then
    perform rowhouse.refuse('RH405', format('%s must be an object', tg_argv[1]), jsonb_build_object('table', tg_argv[0],
      'faults', jsonb_build_array(jsonb_build_object('row', 0, 'field', tg_argv[1], 'code', 'type', 'message', 'must be an object'))));
  end if;
  for definition in select jsonb_array_elements(definitions) loop
    if definition ? 'default' and not held ? (definition ->> 'held') then
      value := rowhouse.held_default(definition);
      if value is not null then
        held := held || jsonb_build_object(definition ->> 'held', value);
      end if;
    end if;
  end loop;
  faults := rowhouse.held_faults(definitions, held);
  if faults <> '[]' then
    perform rowhouse.refuse('RH405', faults #>> '{0,message}', jsonb_build_object('table', tg_argv[0], 'faults', faults));
  end if;
  if held <> given then
    new := jsonb_populate_record(new, jsonb_build_object(tg_argv[1], held));
  end if;
  return new;
end
$$;
comment on function rowhouse.guard_held() is
  'before insert or update, row. Arguments: logical table name, the holding column, definitions of the held columns as JSON. Fills in defaults of columns a row does not name.';

create or replace function rowhouse.require_held(relation text, holder text, definitions jsonb)
returns void
language plpgsql stable
set search_path = pg_catalog, pg_temp
as $$
declare
  misfits bigint;
begin
  -- relation is the engine's own.
  execute format('select count(*) from %s as t where rowhouse.held_faults($1, t.%I) <> ''[]''', relation, holder)
    into misfits using definitions;
  if misfits > 0 then
    raise check_violation using message = format('%s rows do not fit', misfits);
  end if;
end
$$;
comment on function rowhouse.require_held(text, text, jsonb) is
  'Refuses unless every row fits the declared columns. Owner only, as part of a definition.';

create or replace function rowhouse.held_date(value text)
returns date
language sql immutable parallel safe
set search_path = pg_catalog, pg_temp
set datestyle = 'ISO, YMD'
as $$ select value::date $$;
comment on function rowhouse.held_date(text) is 'A day held as text, in any session alike, so that an index can have it.';

create or replace function rowhouse.held_time(value text)
returns timestamptz
language sql immutable parallel safe
set search_path = pg_catalog, pg_temp
set datestyle = 'ISO, YMD'
set timezone = 'UTC'
as $$ select value::timestamptz $$;
comment on function rowhouse.held_time(text) is 'A time held as text; without an offset it is UTC.';

create or replace function rowhouse.held_items(value jsonb)
returns text[]
language sql immutable parallel safe
set search_path = pg_catalog, pg_temp
as $$
  select case when jsonb_typeof(value) = 'array' then array(
    select item from jsonb_array_elements_text(value) with ordinality as e (item, n) order by n) end
$$;
comment on function rowhouse.held_items(jsonb) is 'The members of an array as texts; null for anything else.';

revoke all on function
  rowhouse.guard_held(), rowhouse.is_iso(jsonb, jsonb), rowhouse.held_faults(jsonb, jsonb), rowhouse.held_default(jsonb), rowhouse.require_held(text, text, jsonb),
  rowhouse.held_date(text), rowhouse.held_time(text), rowhouse.held_items(jsonb)
from public;
grant execute on function
  rowhouse.held_faults(jsonb, jsonb), rowhouse.held_default(jsonb),
  rowhouse.held_date(text), rowhouse.held_time(text), rowhouse.held_items(jsonb)
to rowhouse_tenant;
