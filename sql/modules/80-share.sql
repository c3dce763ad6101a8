-- Sharing and restoring by key: for the share statement and for people in psql.
-- Called by: generated share statements (change_access), the functions share, restore, access_of of a tenant's schema.
-- Privileges: change_access to rowhouse_tenant, the rest through the tenant's functions. Each looks up the table in the
-- caller's own tenant and decides by the caller's verdict bits, computed from rowhouse.principal() alone.

create or replace function rowhouse.relation_of(tenant text, logical text)
returns control.relations
language plpgsql stable
set search_path = pg_catalog, pg_temp
as $$
declare
  r control.relations;
begin
  select rel.* into r
    from control.relations as rel join control.tenants as t on t.id = rel.tenant_id
    where t.slug = relation_of.tenant and rel.active and rel.status <> 'disabled'
      and (rel.app = 'default' and rel.name = logical or rel.app || '.' || rel.name = logical)
    order by rel.app = 'default' desc limit 1;
  if r.id is null then
    perform rowhouse.refuse('RH201', format('No table ''%s''', logical), jsonb_build_object('table', logical));
  end if;
  return r;
end
$$;
comment on function rowhouse.relation_of(text, text) is 'A tenant''s table by name, or app.name.';

create or replace function rowhouse.strings(value jsonb)
returns text[]
language sql immutable
set search_path = pg_catalog, pg_temp
as $$
  select case when jsonb_typeof(value) = 'array' then array(select jsonb_array_elements_text(value)) else '{}' end
$$;
comment on function rowhouse.strings(jsonb) is 'A JSON array of strings as text[]; anything else as empty.';

create or replace function rowhouse.merged(mode text, before text[], lists jsonb, list text)
returns text[]
language sql immutable
set search_path = pg_catalog, pg_temp
as $$
  select rowhouse.members(case mode
    when 'merge' then before || sent.named
    when 'patch' then array(
      select m from unnest(before || rowhouse.strings(lists -> 'add' -> list)) with ordinality as u (m, place)
      where m <> all (rowhouse.strings(lists -> 'remove' -> list)) order by place)
    -- replace empties what is not named, except authors: who wrote a row is not a permission.
    when 'replace' then case when lists ? list then sent.named when list = 'authors' then before else '{}' end
    else case when lists ? list then sent.named else before end
  end)
  from (select rowhouse.strings(lists -> list) as named) as sent
$$;
comment on function rowhouse.merged(text, text[], jsonb, text) is 'One list after a change: merge, patch, replace or set.';

-- security definer: reaches rows that explicit lists hide from a manager, and writes _acl as one UPDATE by key.
-- rowhouse.intent is share only inside, so guard_intent holds the UPDATE to _acl.
create or replace function rowhouse.change_access(
  relation integer, keys text[], mode text, lists jsonb, strict boolean default true)
returns table (key text, acl integer, lists_after jsonb, after jsonb)
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  p rowhouse.principal := rowhouse.principal();
  schema_name text := 't_' || p.tenant;
  r control.relations;
  about jsonb;
  type text;
  manages varbit;
  reads varbit;
  wanted text;
  gone text[];
  hidden text[];
  refused text[];
  trashed text[];
  look text;
  matched constant text := ') as found on found.row ->> ''deleted_at'' is null';
  found_rows jsonb;
  mine jsonb;
  intent text := coalesce(current_setting('rowhouse.intent', true), '');
begin
  select rel.* into r
    from control.relations as rel join control.tenants as t on t.id = rel.tenant_id
    where t.slug = p.tenant and rel.id = change_access.relation;
  about := jsonb_build_object('table', r.name);
  if r.id is null or not r.active or r.status = 'disabled' then
    perform rowhouse.refuse('RH201', 'No such table');
  elsif r.access not in ('acl', 'lists') or not (r.features ->> 'acl')::boolean then
    perform rowhouse.refuse('RH204', format('Table ''%s'' has no access lists', r.name), about);
  elsif cardinality(r.key) <> 1 then
    perform rowhouse.refuse('RH205', format('Table ''%s'' has no single-column primary key', r.name), about);
  end if;
  select format_type(a.atttypid, null) into type from pg_attribute as a
    where a.attrelid = format('%I.%I', schema_name, r.physical)::regclass and a.attname = r.key[1];
  -- A text that is no key value names no row.
  keys := array(select k from unnest(keys) with ordinality as u (k, place)
    group by k order by min(place));
  hidden := array(select k from unnest(keys) as k where k is null or not rowhouse.castable(k, type));
  look := format(
    'select coalesce(jsonb_agg(jsonb_build_object(''key'', k.k, ''acl'', found._acl, ''trashed'', found.row ->> ''trashed_at'')
       order by k.place), ''[]'')
     from unnest($1::text[]) with ordinality as k (k, place)
     join lateral (select t._acl, to_jsonb(t.*) as row from %1$I.%2$I as t where t.%3$I = k.k::%4$s',
    schema_name, r.physical, r.key[1], type);
  execute look || matched into found_rows using array(select k from unnest(keys) as k where k <> all (hidden));
  execute format('select %1$I._rowhouse_bits(''manage''), %1$I._rowhouse_bits(''read'')', schema_name)
    into manages, reads;
  -- Locked are only rows the caller manages: a lock on a hidden one would tell of it, and stop those it belongs to. Lists
  -- changed meanwhile to ones newer than the bits raise 2202E, as everywhere.
  execute look || ' for update' || matched into mine using array(
    select f ->> 'key' from jsonb_array_elements(found_rows) with ordinality as u (f, f_place)
    where get_bit(manages, (f ->> 'acl')::integer) = 1 order by f_place);
  found_rows := mine || coalesce((
    select jsonb_agg(f) from jsonb_array_elements(found_rows) as f
    where get_bit(manages, (f ->> 'acl')::integer) = 0), '[]');
  select array_agg(f ->> 'key') filter (where get_bit(manages, i) = 0 and get_bit(reads, i) = 1),
      array_agg(f ->> 'key') filter (where f ->> 'trashed' is not null
        and (get_bit(manages, i) = 1 or get_bit(reads, i) = 1)),
      array_agg(f ->> 'key') filter (where get_bit(manages, i) = 0 and get_bit(reads, i) = 0)
    into refused, trashed, gone
    from jsonb_array_elements(found_rows) as f, lateral (select (f ->> 'acl')::integer as i) as n;
  if strict then
    gone := array(select k from unnest(keys) as k
      where k = any (gone) or not exists (select from jsonb_array_elements(found_rows) as f where f ->> 'key' = k));
    if gone <> '{}' then
      perform rowhouse.refuse('RH400', format('No row %s in ''%s''', array_to_string(gone, ', '), r.name),
        about || jsonb_build_object('keys', gone));
    elsif trashed <> '{}' then
      perform rowhouse.refuse('RH401', 'The row is in the trash', about || jsonb_build_object('keys', trashed));
    elsif refused <> '{}' then
      perform rowhouse.refuse('RH303', 'Insufficient permissions to change the access lists of the row',
        about || jsonb_build_object('keys', refused, 'reason', 'share'));
    end if;
  end if;
  set local rowhouse.intent = 'share';
  return query execute format(
    'with meant as materialized (
       select f ->> ''key'' as key, (f ->> ''acl'')::integer as before, f_place as place
       from jsonb_array_elements($1) with ordinality as u (f, f_place)
       where get_bit($2, (f ->> ''acl'')::integer) = 1 and f ->> ''trashed'' is null
     ), made as materialized (
       select a.id as before, %1$I._rowhouse_acl(
         rowhouse.merged($3, a."read", $4, ''read''), rowhouse.merged($3, a.edit, $4, ''edit''),
         rowhouse.merged($3, a."full", $4, ''full''), rowhouse.merged($3, a."delete", $4, ''delete''),
         rowhouse.merged($3, a.deny, $4, ''deny''), rowhouse.merged($3, a.authors, $4, ''authors'')) as id
       from %1$I._rowhouse_acls as a where a.id in (select before from meant)
     ), changed as (
       update %1$I.%2$I as t set _acl = made.id
       from meant join made on made.before = meant.before
       where t.%3$I = meant.key::%4$s
       returning meant.place, meant.key, meant.before, t._acl, to_jsonb(t.*) as row
     )
     select c.key, c._acl, jsonb_build_object(
         ''read'', rowhouse.merged($3, a."read", $4, ''read''), ''edit'', rowhouse.merged($3, a.edit, $4, ''edit''),
         ''full'', rowhouse.merged($3, a."full", $4, ''full''), ''delete'', rowhouse.merged($3, a."delete", $4, ''delete''),
         ''deny'', rowhouse.merged($3, a.deny, $4, ''deny''), ''authors'', rowhouse.merged($3, a.authors, $4, ''authors'')),
       case when get_bit($5, c.before) = 1 then c.row end
     from changed as c join %1$I._rowhouse_acls as a on a.id = c.before order by c.place',
    schema_name, r.physical, r.key[1], type)
    using found_rows, manages, mode, lists, reads;
  execute format('set local rowhouse.intent = %L', intent);
end
$$;
comment on function rowhouse.change_access(integer, text[], text, jsonb, boolean) is
  'Changes access lists by key. mode merge, replace, set: lists {"read":[…],…}; patch: {"add":{…},"remove":{…}}. strict: any key missing, trashed or not manageable refuses all; else it is skipped. after: the row, when the caller could read it before.';

-- Runs as the caller; change_access decides.
create or replace function rowhouse.share(
  tenant text, logical text, key text,
  "read" text[], edit text[], "full" text[], "delete" text[], deny text[], authors text[], mode text)
returns jsonb
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
declare
  place record := rowhouse.place_of(tenant, logical);
  lists jsonb := jsonb_strip_nulls(jsonb_build_object('read', to_jsonb("read"), 'edit', to_jsonb(edit),
    'full', to_jsonb("full"), 'delete', to_jsonb("delete"), 'deny', to_jsonb(deny), 'authors', to_jsonb(authors)));
begin
  if mode not in ('set', 'replace', 'merge') then
    perform rowhouse.refuse('RH100', 'mode is set, replace or merge', '{"field": "mode"}');
  end if;
  return (select c.lists_after from rowhouse.change_access(place.id, array[key], mode, lists) as c);
end
$$;
comment on function rowhouse.share(text, text, text, text[], text[], text[], text[], text[], text[], text) is
  'Changes the access lists of one row; null lists are not named.';

-- security definer: reads rows by key; answers only for rows the caller may read or manage.
create or replace function rowhouse.access_of(tenant text, logical text, key text)
returns jsonb
language plpgsql stable security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  r control.relations := rowhouse.relation_of(tenant, logical);
  schema_name text := 't_' || tenant;
  type text;
  answer jsonb;
begin
  if not (r.features ->> 'acl')::boolean or cardinality(r.key) <> 1 then
    perform rowhouse.refuse('RH204', format('Table ''%s'' has no access lists', r.name),
      jsonb_build_object('table', r.name));
  end if;
  select format_type(a.atttypid, null) into type from pg_attribute as a
    where a.attrelid = format('%I.%I', schema_name, r.physical)::regclass and a.attname = r.key[1];
  if rowhouse.castable(key, type) then
    execute format(
      'select jsonb_build_object(
         ''read'', a."read", ''edit'', a.edit, ''full'', a."full", ''delete'', a."delete", ''deny'', a.deny,
         ''may'', jsonb_build_object(''read'', get_bit(b.r, a.id) = 1, ''edit'', get_bit(b.e, a.id) = 1,
           ''delete'', get_bit(b.d, a.id) = 1, ''share'', get_bit(b.m, a.id) = 1))
       from %1$I.%2$I as t
       join %1$I._rowhouse_acls as a on a.id = t._acl
       cross join (select %1$I._rowhouse_bits(''read'') as r, %1$I._rowhouse_bits(''edit'') as e,
         %1$I._rowhouse_bits(''delete'') as d, %1$I._rowhouse_bits(''manage'') as m) as b
       where t.%3$I = %4$L::%5$s and (get_bit(b.r, a.id) = 1 or get_bit(b.m, a.id) = 1)
         and to_jsonb(t.*) ->> ''deleted_at'' is null',
      schema_name, r.physical, r.key[1], key, type) into answer;
  end if;
  if answer is null then
    perform rowhouse.refuse('RH400', format('No row %s in ''%s''', key, r.name),
      jsonb_build_object('table', r.name, 'keys', jsonb_build_array(key)));
  end if;
  return answer;
end
$$;
comment on function rowhouse.access_of(text, text, text) is
  'Access lists of a row and the caller''s rights on it; a row neither readable nor manageable is not there.';

-- security definer: reads control.relations for restore, which speaks as its caller.
create or replace function rowhouse.mark_of(tenant text, logical text)
returns text
language plpgsql stable security definer
set search_path = pg_catalog, pg_temp
as $$
begin
  if (rowhouse.principal_in(tenant)).sub is null then
    return null;
  end if;
  return (rowhouse.relation_of(tenant, logical)).features ->> 'mark';
end
$$;
comment on function rowhouse.mark_of(text, text) is 'The column that marks deleted rows of a table of the caller''s tenant; null where there is none.';

-- Runs as the caller: the UPDATE policy under intent delete asks for the delete right, guard_intent does the rest. A declared mark is a
-- column like others: taking it off is an edit.
create or replace function rowhouse.restore(tenant text, logical text, key text)
returns boolean
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
declare
  place record := rowhouse.place_of(tenant, logical);
  mark text := rowhouse.mark_of(tenant, logical);
  gone text := case when mark is null then 'trashed_at is not null' else format('%I is true', mark) end;
  seen boolean := false;
  restored boolean;
  intent text := coalesce(current_setting('rowhouse.intent', true), '');
  shown text := coalesce(current_setting('rowhouse.show', true), '');
begin
  if not place.soft and mark is null then
    perform rowhouse.refuse('RH204', format('Table ''%s'' has no trash', logical), jsonb_build_object('table', logical));
  end if;
  if rowhouse.castable(key, place.type) then
    execute format('set local rowhouse.intent = %L', case when mark is null then 'delete' else 'edit' end);
    set local rowhouse.show = 'trashed';
    execute format('select true from %I.%I where %I = %L::%s and %s',
      place.schema_name, place.physical, place.key, key, place.type, gone) into seen;
    execute format('update %I.%I set %s where %I = %L::%s and %s returning true',
      place.schema_name, place.physical, case when mark is null then 'trashed_at = null' else format('%I = false', mark) end,
      place.key, key, place.type, gone) into restored;
    execute format('set local rowhouse.intent = %L', intent);
    execute format('set local rowhouse.show = %L', shown);
  end if;
  if restored is null then
    perform rowhouse.refuse(case when seen then 'RH402' else 'RH400' end,
      case when seen then 'The row may be read but not restored' else format('No row %s in the trash of ''%s''', key, logical) end,
      jsonb_build_object('table', logical, 'keys', jsonb_build_array(key)));
  end if;
  return true;
end
$$;
comment on function rowhouse.restore(text, text, text) is
  'Takes a deleted row back: out of the trash with the right to delete it, or its mark off with the right to change it.';

-- security definer: reads control.relations for restore and share, which speak as their caller.
create or replace function rowhouse.place_of(
  tenant text, logical text, out id integer, out schema_name text, out physical text, out key text, out type text, out soft boolean)
returns record
language plpgsql stable security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  r control.relations;
begin
  if (rowhouse.principal_in(tenant)).sub is null then
    perform rowhouse.refuse('RH302', 'Access denied');
  end if;
  r := rowhouse.relation_of(tenant, logical);
  id := r.id;
  schema_name := 't_' || tenant;
  physical := r.physical;
  key := r.key[1];
  soft := coalesce((r.features ->> 'softDelete')::boolean, false);
  if cardinality(r.key) <> 1 then
    perform rowhouse.refuse('RH205', format('Table ''%s'' has no single-column primary key', r.name),
      jsonb_build_object('table', r.name));
  end if;
  select format_type(a.atttypid, null) into type from pg_attribute as a
    where a.attrelid = format('%I.%I', schema_name, physical)::regclass and a.attname = r.key[1];
end
$$;
comment on function rowhouse.place_of(text, text) is 'Where a table of the caller''s tenant is stored, and its key.';

revoke all on function
  rowhouse.relation_of(text, text), rowhouse.merged(text, text[], jsonb, text), rowhouse.strings(jsonb),
  rowhouse.change_access(integer, text[], text, jsonb, boolean), rowhouse.access_of(text, text, text),
  rowhouse.restore(text, text, text), rowhouse.place_of(text, text), rowhouse.mark_of(text, text),
  rowhouse.share(text, text, text, text[], text[], text[], text[], text[], text[], text)
from public;
grant execute on function
  rowhouse.change_access(integer, text[], text, jsonb, boolean), rowhouse.restore(text, text, text),
  rowhouse.share(text, text, text, text[], text[], text[], text[], text[], text[], text),
  rowhouse.place_of(text, text), rowhouse.mark_of(text, text), rowhouse.castable(text, text)
to rowhouse_tenant;
