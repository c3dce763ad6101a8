-- Guards: the rules of a table, as trigger functions. REST and SQL meet the same ones.
-- Called by: generated triggers of tenant tables; arguments are names (see each comment).
-- Privileges: none to anyone: a trigger function needs none to fire, and calling one directly is an error.
-- All run as the writer (invoker), so they decide nothing by privilege, only by rowhouse.principal() and the row.
-- Those that compare rows as JSON set extra_float_digits: a writer who lowers it could make unequal numbers print alike.

-- Inlined into the guards' conditions: no SET clause, no definer.
create or replace function rowhouse.is_maintenance()
returns boolean
language sql stable
as $$
  select coalesce(pg_catalog.current_setting('rowhouse.maintenance', true), '') operator(pg_catalog.=) 'on'
    and pg_catalog.pg_has_role(session_user, 'rowhouse_owner', 'member')
$$;
comment on function rowhouse.is_maintenance() is
  'Whether rows are written for a change of the definition alone: no write of anybody''s. Anyone can set the setting; only sessions that own the tables mean it.';

create or replace function rowhouse.guard_frozen()
returns trigger
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
begin
  if rowhouse.is_maintenance() then
    return null;
  end if;
  perform rowhouse.refuse('RH403',
    format('Table ''%s'' is frozen: it can be read, but no write is taken until it is unfrozen', tg_argv[0]),
    jsonb_build_object('table', tg_argv[0]));
  return null;
end
$$;
comment on function rowhouse.guard_frozen() is
  'before insert or update or delete, statement. Arguments: logical table name.';

create or replace function rowhouse.guard_sudo()
returns trigger
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
begin
  if not rowhouse.is_sudo() and not rowhouse.is_maintenance() then
    perform rowhouse.refuse('RH304', format('Writing table ''%s'' needs a sudo token', tg_argv[0]),
      jsonb_build_object('table', tg_argv[0]), 'Login roles never hold one: write through the API.');
  end if;
  return null;
end
$$;
comment on function rowhouse.guard_sudo() is
  'before insert or update or delete, statement. Arguments: logical table name.';

create or replace function rowhouse.guard_insert()
returns trigger
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
begin
  if new.trashed_at is not null or new.deleted_at is not null then
    perform rowhouse.refuse('RH409', 'trashed_at and deleted_at are set by deleting a row',
      jsonb_build_object('table', tg_argv[0],
        'field', case when new.trashed_at is not null then 'trashed_at' else 'deleted_at' end));
  end if;
  return new;
end
$$;
comment on function rowhouse.guard_insert() is
  'before insert, row, on soft-delete tables. Arguments: logical table name.';

create or replace function rowhouse.guard_intent()
returns trigger
language plpgsql volatile
set search_path = pg_catalog, pg_temp
set extra_float_digits = 1
as $$
declare
  soft boolean := tg_argv[1] = 'soft_delete';
  acl boolean := tg_argv[2] in ('acl', 'lists');
  mark text := tg_argv[3];
  intent text := coalesce(nullif(current_setting('rowhouse.intent', true), ''), 'edit');
  about jsonb := jsonb_build_object('table', tg_argv[0]);
  meant record := new;
  engine text[];
  manages boolean;
begin
  if rowhouse.is_maintenance() then
    return new;
  end if;
  if soft then
    if old.deleted_at is not null then
      perform rowhouse.refuse('RH400', 'The row is permanently deleted', about);
    end if;
    if intent <> 'delete' then
      if new.trashed_at is distinct from old.trashed_at or new.deleted_at is distinct from old.deleted_at then
        perform rowhouse.refuse('RH409', 'trashed_at and deleted_at are not set by an update',
          about || jsonb_build_object('field',
            case when new.trashed_at is distinct from old.trashed_at then 'trashed_at' else 'deleted_at' end),
          'Use DELETE to trash a row, restore(table, key) to take it back.');
      end if;
      if old.trashed_at is not null then
        perform rowhouse.refuse('RH401', 'The row is in the trash', about, 'restore(table, key) takes it back.');
      end if;
    end if;
  end if;
  if intent = 'edit' or intent not in ('delete', 'share') then
    -- Mode lists: guard_lists asks, by the row as it is this moment.
    -- Two conditions: an expression names only columns that the table has.
    if acl then
      if new._acl is distinct from old._acl and tg_argv[2] <> 'lists' then
        execute format('select get_bit(%I._rowhouse_manageable(), $1) = 1', tg_table_schema)
          into manages using old._acl;
        if not manages then
          perform rowhouse.refuse('RH303', 'Insufficient permissions to change the access lists of the row',
            about || '{"field": "_acl", "reason": "share"}');
        end if;
      end if;
    end if;
    return new;
  end if;
  -- Intents delete and share: the UPDATE was let in by another right, so it may change nothing else.
  if intent = 'delete' and soft then
    meant.trashed_at := old.trashed_at;
    meant.deleted_at := old.deleted_at;
  elsif intent = 'delete' and mark is not null then
    meant := jsonb_populate_record(meant, jsonb_build_object(mark, to_jsonb(old) -> mark));
  elsif intent = 'share' and acl then
    meant._acl := old._acl;
  end if;
  if meant *<> old then
    -- Generated columns are not computed yet here and so never equal; compare without them.
    engine := array(select attname::text from pg_attribute where attrelid = tg_relid and attgenerated <> '');
    if engine = '{}' or to_jsonb(meant) - engine <> to_jsonb(old) - engine then
      perform rowhouse.refuse('RH303', format('With rowhouse.intent = %s an update changes only %s', intent,
        case intent when 'delete' then coalesce(mark, 'trashed_at and deleted_at') else '_acl' end),
        about || jsonb_build_object('reason', 'intent'), 'RESET rowhouse.intent to edit rows.');
    end if;
  end if;
  if intent = 'delete' and soft then
    if new.deleted_at is not null then
      if rowhouse.level() < 4 then
        perform rowhouse.refuse('RH308', 'Deleting a row permanently needs access level root', about);
      end if;
      new.deleted_at := rowhouse.present();
    end if;
    if new.trashed_at is not null and old.trashed_at is null then
      new.trashed_at := rowhouse.present();
    elsif new.trashed_at is distinct from old.trashed_at and new.trashed_at is not null then
      perform rowhouse.refuse('RH401', 'The row is in the trash', about);
    end if;
  end if;
  return new;
end
$$;
comment on function rowhouse.guard_intent() is
  'before update, row. Arguments: logical table name, soft_delete or empty, acl or lists or empty, the column that marks deleted rows if there is one. Holds an UPDATE to rowhouse.intent: edit, delete or share.';

create or replace function rowhouse.guard_sudo_columns()
returns trigger
language plpgsql volatile
set search_path = pg_catalog, pg_temp
set extra_float_digits = 1
as $$
declare
  row_old jsonb := '{}';
  row_new jsonb;
  touched text[];
begin
  if rowhouse.is_sudo() or rowhouse.is_maintenance() then
    return new;
  end if;
  row_new := to_jsonb(new);
  if tg_op = 'UPDATE' then
    row_old := to_jsonb(old);
  end if;
  touched := array(
    select c from unnest(tg_argv[1:]) as c
    where row_new -> c is distinct from coalesce(row_old -> c, 'null')
      -- An insert that leaves the column to its default does not set it.
      and not (tg_op = 'INSERT' and row_new -> c is not distinct from rowhouse.default_of(tg_relid, c)));
  if touched <> '{}' then
    perform rowhouse.refuse('RH305',
      format('Cannot modify sudo-protected fields [%s] without sudo access', array_to_string(touched, ', ')),
      jsonb_build_object('table', tg_argv[0], 'field', touched[1], 'data', jsonb_build_object('fields', touched)));
  end if;
  return new;
end
$$;
comment on function rowhouse.guard_sudo_columns() is
  'before insert or update, row. Arguments: logical table name, then the protected columns.';

create or replace function rowhouse.default_of(relation oid, column_name text)
returns jsonb
language plpgsql stable
set search_path = pg_catalog, pg_temp
as $$
declare
  expression text;
  type text;
  value jsonb;
begin
  select pg_get_expr(d.adbin, d.adrelid), format_type(a.atttypid, a.atttypmod) into expression, type
    from pg_attrdef as d join pg_attribute as a on a.attrelid = d.adrelid and a.attnum = d.adnum
    where d.adrelid = relation and a.attname = column_name;
  if expression is null then
    return 'null';
  end if;
  execute format('select to_jsonb((%s)::%s)', expression, type) into value;
  return coalesce(value, 'null');
end
$$;
comment on function rowhouse.default_of(oid, text) is
  'Value of a column''s default now. A generated uuid is another each time, so a sudo column should not have one.';

create or replace function rowhouse.guard_immutable()
returns trigger
language plpgsql volatile
set search_path = pg_catalog, pg_temp
set extra_float_digits = 1
as $$
declare
  row_old jsonb := to_jsonb(old);
  row_new jsonb := to_jsonb(new);
  faults jsonb;
begin
  select jsonb_agg(jsonb_build_object('row', 0, 'field', c, 'code', 'immutable', 'message',
      format('%s on record %s (was: %s, attempted: %s)', c, row_old ->> tg_argv[1],
        row_old ->> c, coalesce(row_new ->> c, 'null'))) order by place)
    into faults
    from unnest(tg_argv[2:]) with ordinality as u (c, place)
    where row_old ->> c is not null and row_new -> c is distinct from row_old -> c;
  if faults is not null and current_user = 'rowhouse_owner' then
    -- The action of a foreign key, on a row that may be hidden from the writer.
    perform rowhouse.refuse('RH404', 'Cannot modify immutable fields of rows that refer to this one');
  elsif faults is not null then
    perform rowhouse.refuse('RH404',
      'Cannot modify immutable fields: '
        || (select string_agg(f ->> 'message', ', ') from jsonb_array_elements(faults) as f),
      jsonb_build_object('table', tg_argv[0], 'keys', jsonb_build_array(row_old ->> tg_argv[1]),
        'field', faults #> '{0,field}', 'faults', faults));
  end if;
  return new;
end
$$;
comment on function rowhouse.guard_immutable() is
  'before update, row. Arguments: logical table name, key column, then the immutable columns. null to a value is allowed, once.';

create or replace function rowhouse.stamp()
returns trigger
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
begin
  if rowhouse.is_maintenance() then
    return new;
  end if;
  if tg_argv[0] = 'timestamps' then
    if tg_op = 'INSERT' then
      new.created_at := coalesce(new.created_at, rowhouse.present());
    elsif new.created_at is distinct from old.created_at then
      perform rowhouse.refuse('RH409', 'created_at is set once, when the row is made', '{"field": "created_at"}');
    end if;
    new.updated_at := rowhouse.present();
  end if;
  -- Visible to the writing transaction whatever the lists say, and the row's version for everyone. Updates by our own
  -- definer functions and by foreign key actions reach rows hidden from the writer: stamped, those would show themselves
  -- to the rest of the transaction.
  if (tg_nargs < 2 or tg_argv[1] = 'xact') and (tg_op = 'INSERT' or current_user <> 'rowhouse_owner') then
    new._xact := pg_current_xact_id();
  end if;
  return new;
end
$$;
comment on function rowhouse.stamp() is
  'before insert or update, row, last. Arguments: timestamps or empty; xact or empty where the table has no _xact.';

create or replace function rowhouse.touch()
returns trigger
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
declare
  -- The Z is what makes one text do for times with and without zone: both read it as UTC.
  present text := to_char(now() at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"');
  row_old jsonb := to_jsonb(old);
  row_new jsonb := to_jsonb(new);
begin
  if rowhouse.is_maintenance() then
    return new;
  end if;
  return jsonb_populate_record(new, coalesce((
    select jsonb_object_agg(c, present) from unnest(tg_argv) as c
    where row_new -> c is not distinct from row_old -> c), '{}'));
end
$$;
comment on function rowhouse.touch() is
  'before update, row. Arguments: columns that take the present time (UTC) unless the update changes them itself.';

revoke all on function
  rowhouse.guard_frozen(), rowhouse.guard_sudo(), rowhouse.guard_insert(), rowhouse.guard_intent(),
  rowhouse.guard_sudo_columns(), rowhouse.guard_immutable(), rowhouse.stamp(), rowhouse.default_of(oid, text),
  rowhouse.is_maintenance(), rowhouse.touch()
from public;
-- Called from trigger functions that run as the writer. Both speak of nothing the writer could not ask the catalog.
grant execute on function rowhouse.default_of(oid, text), rowhouse.is_maintenance() to rowhouse_tenant;
