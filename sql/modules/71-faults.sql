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
    else (array['text', 'smallint', 'integer', 'bigint', 'numeric', 'real', 'double precision', 'boolean', 'date',
      'interval', 'uuid', 'jsonb'])[array_position(array['text', 'smallint', 'integer', 'bigint', 'numeric', 'real',
      'double precision', 'boolean', 'date', 'interval', 'uuid', 'jsonb'], definition #>> '{type,base}')]
  end
$$;
comment on function rowhouse.type_of(jsonb) is 'SQL name of a column definition''s element type; null for one that is not served.';

create or replace function rowhouse.value_fault(definition jsonb, value jsonb)
returns text[]
language plpgsql stable
set search_path = pg_catalog, pg_temp
as $$
declare
  base text := definition #>> '{type,base}';
  type text := rowhouse.type_of(definition);
  kind text := jsonb_typeof(value);
  plain text := value #>> '{}';
  size numeric;
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
      else 'a valid ' || base end];
  end if;
  if base = 'enum' and not definition #> '{type,enumeration,values}' ? plain then
    return array['enum', 'must be one of '
      || (select string_agg(e, ', ') from jsonb_array_elements_text(definition #> '{type,enumeration,values}') as e)];
  end if;
  if base in ('text', 'varchar') then
    size := length(plain);
    if size > (definition #>> '{type,length}')::numeric then
      return array['maximum', format('must have at most %s characters', definition #>> '{type,length}')];
    end if;
    if size < (definition ->> 'minimum')::numeric then
      return array['minimum', format('must have at least %s characters', definition ->> 'minimum')];
    elsif size > (definition ->> 'maximum')::numeric then
      return array['maximum', format('must have at most %s characters', definition ->> 'maximum')];
    elsif plain !~ (definition ->> 'pattern') then
      return array['pattern', 'does not match the pattern of the column'];
    end if;
  elsif base in ('smallint', 'integer', 'bigint', 'numeric', 'real', 'double precision') then
    size := plain::numeric;
    if size < (definition ->> 'minimum')::numeric then
      return array['minimum', format('must be at least %s', definition ->> 'minimum')];
    elsif size > (definition ->> 'maximum')::numeric then
      return array['maximum', format('must be at most %s', definition ->> 'maximum')];
    end if;
  end if;
  if jsonb_typeof(definition -> 'enum') = 'array' and definition -> 'enum' <> '[]'
    and not definition -> 'enum' ? plain then
    return array['enum', 'must be one of '
      || (select string_agg(e, ', ') from jsonb_array_elements_text(definition -> 'enum') as e)];
  end if;
  return null;
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
      fault := rowhouse.value_fault(definition - '{minimum,maximum,pattern}'::text[], item);
      if fault is not null then
        return array[fault[1], 'each item ' || fault[2]];
      end if;
    elsif listed then
      return array['enum', 'each item must be one of those listed, and none may be null'];
    end if;
  end loop;
  return null;
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
    where k <> all (engine)
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
  rowhouse.castable(text, text), rowhouse.type_of(jsonb), rowhouse.value_fault(jsonb, jsonb),
  rowhouse.column_fault(jsonb, jsonb), rowhouse.faults(integer, jsonb, text)
from public;
grant execute on function rowhouse.faults(integer, jsonb, text) to rowhouse_tenant;
