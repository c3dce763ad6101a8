-- Faults: everything that is wrong with rows sent, not just the first thing.
-- Called by: the service after a write failed, never on the way of one that works.
-- Privileges: anyone who may use schema rowhouse; it reads definitions of the caller's own tenant and no row.

create or replace function rowhouse.castable(value text, type text)
returns boolean
language plpgsql stable
set search_path = pg_catalog, pg_temp
as $$
begin
  -- The type comes back from the catalog, so nothing but a type can be in it.
  execute format('select %L::%s', value, to_regtype(type));
  return true;
exception
  when data_exception then return false;
end
$$;
comment on function rowhouse.castable(text, text) is 'Whether the text is a value of the type.';

create or replace function rowhouse.type_of(definition jsonb)
returns text
language sql immutable
set search_path = pg_catalog, pg_temp
as $$
  select case definition #>> '{type,base}'
    when 'varchar' then 'text'
    when 'timestamptz' then 'timestamp with time zone'
    when 'timestamp' then 'timestamp without time zone'
    when 'time' then 'time without time zone'
    else (
      select t from unnest('{text,smallint,integer,bigint,numeric,real,double precision,boolean,date,interval,uuid,jsonb,
        point,int4range,int8range,numrange,tsrange,tstzrange,daterange,int4multirange,int8multirange,nummultirange,
        tsmultirange,tstzmultirange,datemultirange}'::text[]) as t
      where t = definition #>> '{type,base}')
  end
$$;
comment on function rowhouse.type_of(jsonb) is 'SQL name of a column definition''s element type; null for one that is not served.';

create or replace function rowhouse.bound_fault(definition jsonb, plain text, type text)
returns text[]
language plpgsql stable
set search_path = pg_catalog, pg_temp
as $$
declare
  rule text;
  code text;
  words text;
  symbol text;
  bound jsonb;
  holds boolean;
begin
  for rule, code, words, symbol in
    select * from (values
      ('minimum', 'minimum', 'at least', '>='), ('maximum', 'maximum', 'at most', '<='),
      ('exclusiveMinimum', 'exclusive_minimum', 'more than', '>'),
      ('exclusiveMaximum', 'exclusive_maximum', 'less than', '<')) as r
  loop
    bound := definition -> rule;
    continue when bound is null or bound = 'null';
    if type = 'text' and jsonb_typeof(bound) = 'number' then
      execute format('select %s %s %s', length(plain), symbol, bound) into holds;
      words := 'have ' || words;
      if not holds then
        return array[code, format('must %s %s characters', words, bound #>> '{}')];
      end if;
    else
      execute format('select %L::%s %s %L::%s', plain,
        case when type in ('smallint', 'integer', 'bigint') then 'numeric' when type = 'text' then 'text collate "C"' else type end,
        symbol, bound #>> '{}',
        case when type in ('smallint', 'integer', 'bigint') then 'numeric' else type end) into holds;
      if not holds then
        return array[code, format('must be %s %s', words, bound #>> '{}')];
      end if;
    end if;
  end loop;
  return null;
end
$$;
comment on function rowhouse.bound_fault(jsonb, text, text) is
  'Which bound of its column a value breaks; a number bounds the length of text. type: of type_of.';

create or replace function rowhouse.length_fault(definition jsonb, value jsonb)
returns text[]
language sql immutable
set search_path = pg_catalog, pg_temp
as $$
  select case
    when s.size < (definition ->> 'minLength')::numeric
      then array['min_length', format('must have at least %s %s', definition ->> 'minLength', s.parts)]
    when s.size > (definition ->> 'maxLength')::numeric
      then array['max_length', format('must have at most %s %s', definition ->> 'maxLength', s.parts)]
  end
  from (
    select case jsonb_typeof(value) when 'array' then jsonb_array_length(value) else length(value #>> '{}') end as size,
      case jsonb_typeof(value) when 'array' then 'members' else 'characters' end as parts) as s
$$;
comment on function rowhouse.length_fault(jsonb, jsonb) is 'Whether a text or array is too short or too long for its column.';

create or replace function rowhouse.format_fault(definition jsonb, value jsonb)
returns text[]
language sql immutable
set search_path = pg_catalog, pg_temp
as $$
  select case when not (
      case when definition #>> '{type,base}' = 'point' then rowhouse.has_format((value #>> '{}')::point, definition ->> 'format')
        when definition #>> '{type,base}' = 'jsonb' then rowhouse.has_format(value, definition ->> 'format')
        else rowhouse.has_format(value #>> '{}', definition ->> 'format') end)
    then array['format', 'must be ' || case definition ->> 'format'
      when 'email' then 'an email address'
      when 'uri' then 'a URI'
      when 'base64' then 'base64'
      when 'year_month' then 'a year and month (YYYY-MM)'
      when 'lon_lat' then 'a longitude within 180 and a latitude within 90 degrees'
      when 'json_object' then 'an object'
      else 'an array' end]
  end
$$;
comment on function rowhouse.format_fault(jsonb, jsonb) is 'Whether a value lacks the format of its column.';

create or replace function rowhouse.choice_fault(definition jsonb, value jsonb)
returns text[]
language plpgsql stable
set search_path = pg_catalog, pg_temp
as $$
declare
  choices jsonb := definition -> 'oneOf';
  type text := rowhouse.type_of(definition);
  found boolean;
begin
  if coalesce(jsonb_typeof(choices), 'null') <> 'array' then
    return null;
  elsif type = 'jsonb' or jsonb_typeof(value) = 'array' then
    found := exists (select from jsonb_array_elements(choices) as c (choice) where c.choice = choice_fault.value);
  else
    execute format('select %L::%s in (select c::%s from jsonb_array_elements_text(%L) as c)',
      value #>> '{}', type, type, choices) into found;
  end if;
  return case when not found then array['enum', 'must be one of ' || (
    select string_agg(c, ', ') from jsonb_array_elements_text(choices) as c)] end;
end
$$;
comment on function rowhouse.choice_fault(jsonb, jsonb) is 'Whether a value, or an array as a whole, is none of those allowed.';

create or replace function rowhouse.value_fault(definition jsonb, value jsonb)
returns text[]
language plpgsql stable
set search_path = pg_catalog, pg_temp
as $$
declare
  base text := definition #>> '{type,base}';
  type text := rowhouse.type_of(definition);
  fault text[];
  kind text := jsonb_typeof(value);
  plain text := value #>> '{}';
  fits boolean;
begin
  fits := case
    when base = 'jsonb' then true
    when base in ('text', 'varchar') then kind = 'string'
    when base = 'boolean' then kind = 'boolean'
    when base in ('smallint', 'integer', 'bigint', 'numeric', 'real', 'double precision')
      then kind in ('number', 'string')
    else kind = 'string'
  end;
  if fits and type not in ('text', 'jsonb', 'boolean') then
    -- 3.0 is an integer as JSON has it.
    fits := rowhouse.castable(
      case when kind = 'number' and base in ('smallint', 'integer', 'bigint') and plain::numeric = trunc(plain::numeric)
        then trunc(plain::numeric)::text else plain end, type);
  end if;
  if not fits then
    return array['type', 'must be ' || case
      when base in ('text', 'varchar') then 'a string'
      when base = 'boolean' then 'true or false'
      when base in ('smallint', 'integer', 'bigint') then 'an integer within the range of its type'
      when base in ('numeric', 'real', 'double precision') then 'a number'
      when base in ('timestamptz', 'timestamp') then 'a time in ISO 8601'
      when base = 'date' then 'a date (YYYY-MM-DD)'
      when base = 'uuid' then 'a uuid'
      when base = 'interval' then 'an ISO 8601 duration'
      when base like '%multirange' then 'a list of ranges'
      when base like '%range' then 'a range'
      else 'a valid ' || base end];
  end if;
  if base = 'enum' and not definition #> '{type,enumeration,values}' ? plain then
    return array['enum', 'must be one of '
      || (select string_agg(e, ', ') from jsonb_array_elements_text(definition #> '{type,enumeration,values}') as e)];
  end if;
  if base in ('text', 'varchar') and length(plain) > (definition #>> '{type,length}')::numeric then
    return array['maximum', format('must have at most %s characters', definition #>> '{type,length}')];
  end if;
  fault := coalesce(rowhouse.bound_fault(definition, plain, type), rowhouse.length_fault(definition, value));
  if fault is not null then
    return fault;
  end if;
  if plain !~ (case when (definition ->> 'whole')::boolean then '\A(?:' || (definition ->> 'pattern') || ')\Z'
      else definition ->> 'pattern' end) then
    return array['pattern', 'does not match the pattern of the column'];
  end if;
  fault := rowhouse.format_fault(definition, value);
  if fault is not null then
    return fault;
  end if;
  if jsonb_typeof(definition -> 'enum') = 'array' and definition -> 'enum' <> '[]'
    and not definition -> 'enum' ? plain then
    return array['enum', 'must be one of '
      || (select string_agg(e, ', ') from jsonb_array_elements_text(definition -> 'enum') as e)];
  end if;
  return rowhouse.choice_fault(definition, value);
end
$$;
comment on function rowhouse.value_fault(jsonb, jsonb) is 'What is wrong with one value that is not null: {code, message}, or null.';

create or replace function rowhouse.column_fault(definition jsonb, value jsonb)
returns text[]
language plpgsql stable
set search_path = pg_catalog, pg_temp
as $$
declare
  item jsonb;
  fault text[];
  listed boolean := jsonb_typeof(definition -> 'enum') = 'array' and definition -> 'enum' <> '[]';
begin
  if not coalesce((definition #>> '{type,array}')::boolean, false) then
    return rowhouse.value_fault(definition, value);
  end if;
  if jsonb_typeof(value) <> 'array' then
    return array['type', 'must be an array'];
  end if;
  for item in select jsonb_array_elements(value) loop
    if jsonb_typeof(item) <> 'null' then
      fault := rowhouse.value_fault(definition - '{minimum,maximum,pattern,minLength,maxLength,oneOf,format}'::text[], item);
      if fault is not null then
        return array[fault[1], 'each item ' || fault[2]];
      end if;
    elsif listed then
      return array['enum', 'each item must be one of those listed, and none may be null'];
    end if;
  end loop;
  return coalesce(rowhouse.length_fault(definition, value), rowhouse.choice_fault(definition, value));
end
$$;
comment on function rowhouse.column_fault(jsonb, jsonb) is 'As value_fault, for a column that may hold an array.';

-- security definer: reads control.relations and control.columns.
create or replace function rowhouse.faults(relation integer, rows jsonb, mode text)
returns jsonb
language plpgsql stable security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  r control.relations;
  engine text[] := '{}';
  result jsonb;
begin
  select rel.* into r
    from control.relations as rel join control.tenants as t on t.id = rel.tenant_id
    where t.slug = (rowhouse.principal()).tenant and rel.id = faults.relation;
  if r.id is null or not r.active then
    return '[]';
  end if;
  -- Columns of the engine are the statement's business, not unknown.
  if (r.features ->> 'timestamps')::boolean then
    engine := engine || '{created_at,updated_at}'::text[];
  end if;
  if (r.features ->> 'softDelete')::boolean then
    engine := engine || '{trashed_at,deleted_at}'::text[];
  end if;
  if (r.features ->> 'acl')::boolean then
    engine := engine || '{_acl}'::text[];
  end if;
  with sent as (
    select place - 1 as place, value as fields
    from jsonb_array_elements(rows) with ordinality as u (value, place)
  ), found as (
    select s.place, c.position, c.name, f.fault
    from sent as s
    cross join control.columns as c
    cross join lateral (
      select case
        when coalesce(s.fields -> c.name, 'null') <> 'null' then rowhouse.column_fault(c.definition, s.fields -> c.name)
        when ((c.definition ->> 'required')::boolean or c.name = any (r.key)) and (s.fields ? c.name
            or mode = 'insert' and coalesce(c.definition -> 'default', 'null') = 'null')
          and not (mode = 'insert' and c.definition ? 'identity')
          then array['required', 'is required']
      end as fault
    ) as f
    where c.tenant_id = r.tenant_id and c.relation_id = r.id and f.fault is not null
    union all
    select s.place, 100000, k, array['unknown_field', 'is not a field of ' || r.name]
    from sent as s cross join lateral jsonb_object_keys(s.fields) as k
    where k <> all (engine) and r.holder is null
      and not exists (
        select from control.columns as c where c.tenant_id = r.tenant_id and c.relation_id = r.id and c.name = k)
  )
  select jsonb_agg(jsonb_build_object('row', place, 'field', name, 'code', fault[1],
      'message', format('%s %s', name, fault[2])) order by place, position, name)
    into result from found;
  return coalesce(result, '[]');
end
$$;
comment on function rowhouse.faults(integer, jsonb, text) is
  'All faults of rows (array of objects by column name) against the table''s definition: array of Fault of base/errors.ts. mode: insert, update.';

create or replace function rowhouse.count_misfits(relation text, expression text, longest integer)
returns bigint
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
declare
  place tid;
  size integer;
  misfits bigint := 0;
begin
  -- relation and expression are the engine's own, from the statement that failed; one try a row, and no more than 100,000.
  for place in execute format('select ctid from %s limit 100000', relation) loop
    begin
      execute format('select char_length((%s)::text) from %s where ctid = $1', expression, relation) into size using place;
      if longest > 0 and size > longest then
        misfits := misfits + 1;
      end if;
    exception
      when data_exception then misfits := misfits + 1;
    end;
  end loop;
  return misfits;
end
$$;
comment on function rowhouse.count_misfits(text, text, integer) is
  'How many rows an expression fails for, or gives more than so many characters (0: any). Owner only, after a failed change of type.';

revoke all on function rowhouse.count_misfits(text, text, integer) from public;
revoke all on function
  rowhouse.castable(text, text), rowhouse.type_of(jsonb), rowhouse.bound_fault(jsonb, text, text),
  rowhouse.length_fault(jsonb, jsonb), rowhouse.format_fault(jsonb, jsonb), rowhouse.choice_fault(jsonb, jsonb),
  rowhouse.value_fault(jsonb, jsonb),
  rowhouse.column_fault(jsonb, jsonb), rowhouse.faults(integer, jsonb, text)
from public;
grant execute on function rowhouse.faults(integer, jsonb, text) to rowhouse_tenant;
