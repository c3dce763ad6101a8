-- History: who changed which tracked column, in the same transaction as the change.
-- Called by: generated triggers of tables with the history feature.
-- Privileges: none to anyone. Runs as rowhouse_owner, the only one who may write _rowhouse_history, so nobody forges entries.

create or replace function rowhouse.history_value(value jsonb, is_time boolean)
returns jsonb
language sql stable
set search_path = pg_catalog, pg_temp
as $$
  select case
    when jsonb_typeof(value) = 'null' then 'null'
    when is_time then rowhouse.json_time((value #>> '{}')::timestamptz)::jsonb
    when jsonb_typeof(value) = 'number' then rowhouse.json_number((value #>> '{}')::numeric)::jsonb
    else value
  end
$$;
comment on function rowhouse.history_value(jsonb, boolean) is 'A value as replies print it.';

create or replace function rowhouse.history_text(column_name name, type oid)
returns text
language sql stable
set search_path = pg_catalog, pg_temp
as $$
  select case
    when type = 'timestamptz'::regtype then format('rowhouse.json_time(r.%I)::text', column_name)
    -- What JSON prints as replies do.
    when type = any ('{boolean,smallint,integer,text,varchar,uuid,date,timestamp,time}'::regtype[])
      then format('to_json(r.%I)::text', column_name)
    -- A number of up to 15 characters is printed as it is.
    when type = any ('{bigint,numeric}'::regtype[]) then format(
      'case when length(r.%1$I::text) > 15 then rowhouse.history_value(to_jsonb(r.%1$I), false)::text else to_json(r.%1$I)::text end',
      column_name)
    else format(
      'nullif(case when jsonb_typeof(to_jsonb(r.%1$I)) = ''number'' and length(to_jsonb(r.%1$I)::text) > 15
         then rowhouse.history_value(to_jsonb(r.%1$I), false) else to_jsonb(r.%1$I) end, ''null'')::text', column_name)
  end
$$;
comment on function rowhouse.history_text(name, oid) is
  'An expression for a column of a row r as JSON text, printed as in replies; null for null.';

-- security definer: writes _rowhouse_history. Values are printed as in a request, whatever the writer has set.
create or replace function rowhouse.record_history()
returns trigger
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
set extra_float_digits = 1
set intervalstyle = postgres
set timezone = 'UTC'
as $$
declare
  p rowhouse.principal := rowhouse.principal();
  times text[] := array(
    select attname::text from pg_attribute
    where attrelid = tg_relid and atttypid = 'timestamptz'::regtype and attname = any (tg_argv[2:] || '{trashed_at,deleted_at}'));
  entry text := format(
    'insert into %I._rowhouse_history (relation, row_key, operation, changes, created_by, request_id, metadata) ',
    tg_table_schema);
  made_by text := coalesce(p.sub, session_user);
  metadata jsonb := jsonb_build_object('user_tenant', p.tenant,
    'user_role', (array['deny', 'read', 'edit', 'full', 'root'])[p.level + 1]);
  row_old jsonb;
  row_new jsonb;
  operation text := 'update';
  changes jsonb;
  told text[];
begin
  if rowhouse.is_maintenance() then
    return null;
  end if;
  if tg_level = 'STATEMENT' then
    -- An expression a column, put together once a statement: to take each row apart as JSON and build it up again cost twice as much.
    select array_agg(format('%L || %s || ''}''', format('%s:{%s:null,%s:', to_json(a.attname::text),
          case tg_op when 'INSERT' then '"old"' else '"new"' end, case tg_op when 'INSERT' then '"new"' else '"old"' end),
        rowhouse.history_text(a.attname, a.atttypid)))
      into told
      from pg_attribute as a where a.attrelid = tg_relid and a.attname = any (tg_argv[2:]) and not a.attisdropped;
    execute entry || format(
      'select $1, r.%I::text, %L, (''{'' || array_to_string(array[%s]::text[], '','') || ''}'')::jsonb, $2, $3, $4 from %I as r',
      tg_argv[1],
      case tg_op when 'INSERT' then 'create' else 'delete' end,
      array_to_string(told, ', '),
      case tg_op when 'INSERT' then 'new_rows' else 'old_rows' end)
      using tg_argv[0]::integer, made_by, p.rid, metadata;
    return null;
  end if;
  row_old := to_jsonb(old);
  row_new := to_jsonb(new);
  if exists (select from pg_trigger where tgrelid = tg_relid and tgname = '_100_insert') then
    -- Soft delete: a mark set is a delete, all tracked columns go; a mark taken off is an update of trashed_at.
    if row_old ->> 'trashed_at' is null and row_new ->> 'trashed_at' is not null
      or row_old ->> 'deleted_at' is null and row_new ->> 'deleted_at' is not null then
      operation := 'delete';
    end if;
  else
    times := array(select t from unnest(times) as t where t = any (tg_argv[2:]));
  end if;
  select jsonb_object_agg(c, jsonb_build_object(
      'old', rowhouse.history_value(row_old -> c, c = any (times)),
      'new', rowhouse.history_value(
        case when operation = 'delete' and c <> all ('{trashed_at,deleted_at}') then 'null' else row_new -> c end,
        c = any (times))))
    into changes
    from unnest(tg_argv[2:] || array(select t from unnest(times) as t where t in ('trashed_at', 'deleted_at'))) as c
    where row_new -> c is distinct from row_old -> c
      or operation = 'delete' and row_old ->> c is not null and c = any (tg_argv[2:]);
  if changes is null then
    return null;
  end if;
  execute entry || 'values ($1, $2, $3, $4, $5, $6, $7)'
    using tg_argv[0]::integer, row_new ->> tg_argv[1], operation, changes, made_by, p.rid, metadata;
  return null;
end
$$;
comment on function rowhouse.record_history() is
  'after insert (new_rows) or delete (old_rows), statement; after update, row. Arguments: relation id, key column, then the tracked columns.';

-- security definer: looks at rows that may be hidden from the caller, and tells administrators only.
create or replace function rowhouse.is_gone(relation integer, row_key text)
returns boolean
language plpgsql stable parallel restricted security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  tenant text := (rowhouse.principal()).tenant;
  r control.relations;
  gone boolean;
begin
  select rel.* into r
    from control.relations as rel join control.tenants as t on t.id = rel.tenant_id
    where t.slug = tenant and rel.id = is_gone.relation;
  if r.id is null or cardinality(r.key) <> 1 or not rowhouse.administers(tenant, r.app) then
    return false;
  end if;
  execute format('select not exists (select from %I.%I where %I = %L)', 't_' || tenant, r.physical, r.key[1], is_gone.row_key)
    into gone;
  return gone;
end
$$;
comment on function rowhouse.is_gone(integer, text) is
  'Whether no row of the table has this key any more; false for callers who do not administer its app.';

revoke all on function
  rowhouse.history_value(jsonb, boolean), rowhouse.history_text(name, oid), rowhouse.record_history(), rowhouse.is_gone(integer, text)
from public;
-- Called from the policy of the history.
grant execute on function rowhouse.is_gone(integer, text) to rowhouse_tenant;
