-- Access mode lists: independent lists of readers, writers and deleters, and authors that the database assigns.
-- Called by: the generated trigger _240_lists, generated statements, put, change and remove of a tenant's schema.
-- Privileges: what writes rows the caller may not read is for rowhouse_tenant and decides by rowhouse.principal() alone.

-- security definer: calls what callers may not.
create or replace function rowhouse.authorship(tenant text, sent text[])
returns text[]
language plpgsql stable security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  p rowhouse.principal := rowhouse.principal_in(tenant);
begin
  -- Nobody passes a policy: only the owner's own work gets here without a principal.
  if p.sub is null then
    return rowhouse.members(sent);
  elsif coalesce(sent, '{}') = '{}' then
    return rowhouse.members(array_remove(array[p.sub, rowhouse.active_org(tenant)], null));
  elsif not sent operator(pg_catalog.<@) p.names then
    perform rowhouse.refuse('RH303', 'authors may name only who the caller is',
      '{"field": "authors", "reason": "authors"}');
  end if;
  return rowhouse.members(array[p.sub] || sent);
end
$$;
comment on function rowhouse.authorship(text, text[]) is
  'The authors of a new row: the caller, with the active org or with those sent, all of which the caller must be.';

create or replace function rowhouse.allows(tenant text, wanted text, acl integer)
returns boolean
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
declare
  p rowhouse.principal := rowhouse.principal_in(tenant);
  allowed boolean;
begin
  -- Volatile: the list of a row that another transaction has just changed is newer than the statement's snapshot.
  execute format(
    'select rowhouse.list_verdict($1, $2, $3, ''any''::text, a."read", a.edit, a."full", a."delete", a.deny, a.authors)
     from %I._rowhouse_acls as a where a.id = $4 and a.mode = ''lists''', 't_' || tenant)
    into allowed using wanted, p.names, coalesce(p.sub, ''), acl;
  return coalesce(allowed, false);
end
$$;
comment on function rowhouse.allows(text, text, integer) is 'The verdict on one ACL of mode lists as it is this moment.';

-- security definer: looks at and makes ACLs that the writer may not see.
create or replace function rowhouse.guard_lists()
returns trigger
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  tenant text := tg_argv[0];
  lookup text := format('select id, mode, "read", edit, "full", "delete", deny, authors from %I._rowhouse_acls where id = $1',
    tg_table_schema);
  given record;
  stored record;
  authors text[];
  meant record;
  generated text[];
  -- Nobody passes a policy: without a principal it is the owner's own work.
  p rowhouse.principal := rowhouse.principal_in(tenant);
  known boolean := p.sub is not null;
begin
  if tg_op = 'INSERT' then
    execute lookup into given using new._acl;
    perform rowhouse.require_acl(given.id);
    -- As a statement of ours has made it: many rows at once share a few.
    if given.mode = 'lists' and given.authors[1] = p.sub and given.authors operator(pg_catalog.<@) p.names then
      return new;
    end if;
    authors := rowhouse.authorship(tenant, given.authors);
    if given.mode <> 'lists' or given.authors <> authors then
      new._acl := rowhouse.intern_acl(tenant, 'lists', given."read", given.edit, given."full", given."delete", given.deny, authors);
    end if;
    return new;
  end if;
  if new._acl is distinct from old._acl then
    execute lookup into given using new._acl;
    perform rowhouse.require_acl(given.id);
    execute lookup into stored using old._acl;
    if known and not rowhouse.allows(tenant, 'manage', old._acl) then
      perform rowhouse.refuse('RH303', 'Insufficient permissions to change the access lists of the row',
        jsonb_build_object('table', tg_argv[1], 'field', '_acl', 'reason', 'share'));
    end if;
    if given.mode <> 'lists' or given.authors <> stored.authors then
      new._acl := rowhouse.intern_acl(tenant, 'lists', given."read", given.edit, given."full", given."delete", given.deny, stored.authors);
    end if;
  end if;
  meant := new;
  meant._acl := old._acl;
  if meant is distinct from old and known then
    -- Generated columns are not computed yet here and so never equal.
    generated := array(select attname::text from pg_attribute where attrelid = tg_relid and attgenerated <> '');
    if (generated = '{}' or to_jsonb(meant) - generated <> to_jsonb(old) - generated)
      and coalesce(current_setting('rowhouse.intent', true), '') <> 'delete'
      and not rowhouse.allows(tenant, 'edit', old._acl) then
      -- An author who is no writer changes lists only: the row is passed over.
      return null;
    end if;
  end if;
  return new;
end
$$;
comment on function rowhouse.guard_lists() is
  'before insert or update, row, in mode lists. Arguments: tenant, logical table name. Assigns authors for ever, and passes over updates of more than the lists by who is no writer.';

-- security definer: reads and makes ACLs.
create or replace function rowhouse.relisted(tenant text, acl integer, lists jsonb)
returns integer
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  a record;
begin
  if coalesce(lists, '{}') = '{}' then
    return acl;
  elsif not rowhouse.allows(tenant, 'manage', acl) then
    -- Rows the caller may not relist never get here but through a statement of its own making.
    perform rowhouse.refuse('RH402', 'The lists of the row may not be changed');
  end if;
  execute format('select "read", edit, "full", "delete", deny, authors from %I._rowhouse_acls where id = $1', 't_' || tenant)
    into a using acl;
  return rowhouse.intern_acl(tenant, 'lists',
    rowhouse.merged('set', a."read", lists, 'read'), rowhouse.merged('set', a.edit, lists, 'edit'),
    rowhouse.merged('set', a."full", lists, 'full'), rowhouse.merged('set', a."delete", lists, 'delete'),
    rowhouse.merged('set', a.deny, lists, 'deny'), a.authors);
end
$$;
comment on function rowhouse.relisted(text, integer, jsonb) is
  'The ACL with some lists replaced ({"read": […]}), the others and the authors kept: of the row as it is this moment.';

create or replace function rowhouse.listed_relation(relation integer)
returns control.relations
language plpgsql stable
set search_path = pg_catalog, pg_temp
as $$
declare
  r control.relations;
begin
  select rel.* into r
    from control.relations as rel join control.tenants as t on t.id = rel.tenant_id
    where t.slug = (rowhouse.principal()).tenant and rel.id = listed_relation.relation;
  if r.id is null or not r.active or r.status = 'disabled' then
    perform rowhouse.refuse('RH201', 'No such table');
  elsif r.access <> 'lists' then
    perform rowhouse.refuse('RH204', format('Table ''%s'' is not in access mode lists', r.name),
      jsonb_build_object('table', r.name));
  elsif cardinality(r.key) <> 1 then
    perform rowhouse.refuse('RH205', format('Table ''%s'' has no single-column primary key', r.name),
      jsonb_build_object('table', r.name));
  end if;
  return r;
end
$$;
comment on function rowhouse.listed_relation(integer) is 'A table in mode lists of the caller''s tenant.';

create or replace function rowhouse.settable(r control.relations, fields jsonb)
returns text[]
language plpgsql stable
set search_path = pg_catalog, pg_temp
as $$
declare
  known text[] := array(
    select c.name from control.columns as c
    where c.tenant_id = r.tenant_id and c.relation_id = r.id and fields ? c.name order by c.position);
  other text;
begin
  select k into other from jsonb_object_keys(fields) as k where k <> all (known) limit 1;
  if other is not null then
    perform rowhouse.refuse('RH405', format('No column ''%s'' that could be set', other),
      jsonb_build_object('table', r.name, 'field', other));
  end if;
  return known;
end
$$;
comment on function rowhouse.settable(control.relations, jsonb) is 'The columns that a row object names, in order; refuses others.';

-- security definer: a writer need not be a reader, and ON CONFLICT asks the read policy of a row.
create or replace function rowhouse.put_listed(relation integer, rows jsonb)
returns table (n bigint, key text, shown boolean, acl integer, lists_after jsonb, after jsonb)
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_column
declare
  p rowhouse.principal := rowhouse.principal();
  schema_name text := 't_' || p.tenant;
  r control.relations := rowhouse.listed_relation(relation);
  fields jsonb := (select coalesce(jsonb_object_agg(k, true), '{}')
    from jsonb_array_elements(rows) as e, jsonb_object_keys(e -> 'values') as k);
  columns text[] := rowhouse.settable(r, fields || jsonb_build_object(r.key[1], true));
  place text := format('%I.%I', schema_name, r.physical);
  done jsonb;
  refused text[];
begin
  execute format(
    'with input as materialized (
       select u.n, u.e, t.typed from jsonb_array_elements($1) with ordinality as u (e, n)
       cross join lateral (select jsonb_populate_record(null::%1$s, u.e -> ''values'') as typed) as t
     ), made as materialized (
       select d.lists, rowhouse.intern_acl(%2$L, ''lists'',
         rowhouse.strings(d.lists -> ''read''), rowhouse.strings(d.lists -> ''edit''), rowhouse.strings(d.lists -> ''full''),
         rowhouse.strings(d.lists -> ''delete''), rowhouse.strings(d.lists -> ''deny''),
         -- Names the caller does not hold are refused below, if the row is new; of a row that is there the authors stay anyway.
         rowhouse.authorship(%2$L, array(select m from unnest(rowhouse.strings(d.lists -> ''authors'')) as m where m = any ($2)))) as id
       from (select distinct coalesce(i.e -> ''lists'', ''{}'') as lists from input as i) as d
     ), sent as materialized (
       select jsonb_object_agg((i.typed).%3$I::text, i.e) as rows from input as i
     ), done as (
       insert into %1$s as t (%4$s, _acl)
       select %5$s, m.id from input as i join made as m on m.lists = coalesce(i.e -> ''lists'', ''{}'')
       order by (i.typed).%3$I
       on conflict (%3$I) do update set %6$s
         -- The very lists that are there already: nothing to look up.
         _acl = case when excluded._acl = t._acl then t._acl else rowhouse.relisted(%2$L, t._acl,
           (select s.rows -> excluded.%3$I::text -> ''lists'' from sent as s) - ''authors'') end
       where rowhouse.allows(%2$L, ''manage'', t._acl)
       returning t.%3$I::text as key, t.xmax::text = ''0'' as created, t._acl as acl, to_jsonb(t.*) as row
     )
     select jsonb_agg(jsonb_build_object(''n'', i.n, ''key'', (i.typed).%3$I::text, ''created'', d.created,
       ''spoofed'', not rowhouse.strings(i.e -> ''lists'' -> ''authors'') operator(pg_catalog.<@) $2,
       ''acl'', d.acl, ''row'', d.row) order by i.n)
     from input as i left join done as d on d.key = (i.typed).%3$I::text',
    place, p.tenant, r.key[1],
    (select string_agg(format('%I', c), ', ') from unnest(columns) as c),
    (select string_agg(format('case when i.e -> ''values'' ? %1$L then (i.typed).%1$I else %2$s end', c,
        coalesce((select pg_get_expr(d.adbin, d.adrelid)
          from pg_attribute as a join pg_attrdef as d on d.adrelid = a.attrelid and d.adnum = a.attnum
          where a.attrelid = place::regclass and a.attname = c), 'null')), ', ')
      from unnest(columns) as c),
    coalesce((select string_agg(format(
        '%1$I = case when (select s.rows -> excluded.%2$I::text -> ''values'' ? %1$L from sent as s) then excluded.%1$I else t.%1$I end, ',
        c, r.key[1]), '') from unnest(columns) as c where c <> r.key[1]), ''))
    into done using rows, p.names;
  if p.level < 2 and exists (select from jsonb_array_elements(done) as d where (d ->> 'created')::boolean) then
    perform rowhouse.refuse('RH303', 'Insufficient permissions to create rows', jsonb_build_object('table', r.name));
  end if;
  if exists (select from jsonb_array_elements(done) as d where (d ->> 'created')::boolean and (d ->> 'spoofed')::boolean) then
    perform rowhouse.authorship(p.tenant, array['']);
  end if;
  refused := array(select d ->> 'key' from jsonb_array_elements(done) as d where d ->> 'acl' is null);
  if refused <> '{}' then
    perform rowhouse.refuse('RH402', 'The row may not be changed so',
      jsonb_build_object('table', r.name, 'keys', refused));
  end if;
  return query execute format(
    'select d.n, d.key, v.shown, d.acl, case when v.shown then jsonb_build_object(''read'', a."read", ''edit'', a.edit,
         ''full'', a."full", ''delete'', a."delete", ''deny'', a.deny, ''authors'', a.authors) end,
       case when v.shown then d.row
         else (select jsonb_object_agg(e.key, e.value) from jsonb_each(d.row) as e
           where e.key in (%2$L, ''created_at'', ''updated_at'')) end
     from jsonb_to_recordset($1) as d (n bigint, key text, created boolean, acl integer, "row" jsonb)
     join %1$I._rowhouse_acls as a on a.id = d.acl
     cross join lateral (select d.created
       or rowhouse.list_verdict(''read'', $2, $3, ''any''::text, a."read", a.edit, a."full", a."delete", a.deny, a.authors)
       or rowhouse.list_verdict(''edit'', $2, $3, ''any''::text, a."read", a.edit, a."full", a."delete", a.deny, a.authors)
       -- Whoever changed it and is no author was a writer.
       or not a.authors operator(pg_catalog.&&) array[$3] as shown) as v
     order by d.n', schema_name, r.key[1])
    using done, p.names, p.sub;
end
$$;
comment on function rowhouse.put_listed(integer, jsonb) is
  'Makes rows of a table in mode lists, or replaces what is named of those there: [{"values": {…}, "lists": {"read": […]}}]. All or none. Of a row that the caller changed as author and may not read only key and times come back.';

create or replace function rowhouse.key_matches(key text, test jsonb)
returns boolean
language plpgsql immutable parallel safe
set search_path = pg_catalog, pg_temp
as $$
declare
  operator text := test ->> 'op';
  operand text := test ->> 'value';
begin
  case operator
    when 'and' then return not exists (select from jsonb_array_elements(test -> 'of') as t where not rowhouse.key_matches(key, t));
    when 'or' then return exists (select from jsonb_array_elements(test -> 'of') as t where rowhouse.key_matches(key, t));
    when 'eq' then return key = operand;
    when 'in' then return (test -> 'value') ? key;
    when 'gt' then return key > operand;
    when 'gte' then return key >= operand;
    when 'lt' then return key < operand;
    when 'lte' then return key <= operand;
    when 'icontains' then return strpos(lower(key), lower(operand)) > 0;
    when 'istarts_with' then return starts_with(lower(key), lower(operand));
    when 'true' then return true;
    else return false;
  end case;
end
$$;
comment on function rowhouse.key_matches(text, jsonb) is
  'A condition on a key alone: {"op": "and"|"or", "of": […]} or {"op": "eq", "value": "…"} and the like.';

create or replace function rowhouse.wanted_rows(r control.relations, schema_name text, condition jsonb, only_unread boolean)
returns text
language sql stable
set search_path = pg_catalog, pg_temp
as $$
  select format('%s rowhouse.key_matches(t.%I::text, %L)%s',
    case when jsonb_typeof(condition -> 'keys') = 'array'
      then format('t.%I::text = any (%L::text[]) and', r.key[1], rowhouse.strings(condition -> 'keys')) end,
    r.key[1], condition -> 'test',
    -- Rows of this very transaction are readable to it.
    case when only_unread then format(
      ' and get_bit((select %I._rowhouse_bits(''read'')), t._acl) = 0 and t._xact is distinct from pg_current_xact_id_if_assigned()',
      schema_name) end)
$$;
comment on function rowhouse.wanted_rows(control.relations, text, jsonb, boolean) is
  'Condition on t: the rows that a condition on keys means. only_unread: of those the caller may not read.';

-- security definer: a writer need not be a reader.
create or replace function rowhouse.change_listed(relation integer, condition jsonb, change jsonb, only_unread boolean default true)
returns bigint
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  p rowhouse.principal := rowhouse.principal();
  schema_name text := 't_' || p.tenant;
  r control.relations := rowhouse.listed_relation(relation);
  fields jsonb := coalesce(change -> 'values', '{}');
  changed bigint;
begin
  execute format(
    'update %1$I.%2$I as t set %3$s _acl = rowhouse.relisted(%4$L, t._acl, $1 -> ''lists'')
     from (select jsonb_populate_record(null::%1$I.%2$I, $1 -> ''values'') as typed offset 0) as x
     where %5$s and get_bit((select %1$I._rowhouse_bits(''manage'')), t._acl) = 1',
    schema_name, r.physical,
    (select string_agg(case when rowhouse.strings(change -> 'merge') @> array[c]
        then format('%1$I = rowhouse.json_merge(t.%1$I, $1 -> ''values'' -> %1$L), ', c)
        else format('%1$I = (x.typed).%1$I, ', c) end, '')
      from unnest(rowhouse.settable(r, fields)) as c),
    p.tenant, rowhouse.wanted_rows(r, schema_name, condition, only_unread))
    using change;
  get diagnostics changed = row_count;
  return changed;
end
$$;
comment on function rowhouse.change_listed(integer, jsonb, jsonb, boolean) is
  'Changes rows in mode lists found by key alone. condition {"keys": […]|null, "test": key_matches}; change {"values": {…}, "merge": [columns], "lists": {…}}. Answers with their number.';

-- security definer: a deleter need not be a reader.
create or replace function rowhouse.remove_listed(relation integer, condition jsonb, only_unread boolean default true)
returns bigint
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  schema_name text := 't_' || (rowhouse.principal()).tenant;
  r control.relations := rowhouse.listed_relation(relation);
  removed bigint;
begin
  execute format('delete from %1$I.%2$I as t where %3$s and get_bit((select %1$I._rowhouse_bits(''delete'')), t._acl) = 1',
    schema_name, r.physical, rowhouse.wanted_rows(r, schema_name, condition, only_unread));
  get diagnostics removed = row_count;
  return removed;
end
$$;
comment on function rowhouse.remove_listed(integer, jsonb, boolean) is
  'Deletes rows in mode lists found by key alone; answers with their number.';

-- security definer: looks into tables for a key whether the caller may read its row or not, as put_listed would tell anyway.
create or replace function rowhouse.holder(relations integer[], key text)
returns text
language plpgsql stable security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  schema_name text := 't_' || (rowhouse.principal()).tenant;
  relation integer;
  r control.relations;
  found boolean;
begin
  foreach relation in array relations loop
    r := rowhouse.listed_relation(relation);
    execute format('select exists (select from %I.%I as t where t.%I::text = $1)', schema_name, r.physical, r.key[1])
      into found using key;
    if found then
      return r.name;
    end if;
  end loop;
  return null;
end
$$;
comment on function rowhouse.holder(integer[], text) is 'The first of some tables in mode lists that has a row of this key.';

create or replace function rowhouse.lists_sent(
  "read" text[], edit text[], "full" text[], "delete" text[], deny text[])
returns jsonb
language sql immutable
set search_path = pg_catalog, pg_temp
as $$
  select jsonb_strip_nulls(jsonb_build_object('read', to_jsonb("read"), 'edit', to_jsonb(edit), 'full', to_jsonb("full"),
    'delete', to_jsonb("delete"), 'deny', to_jsonb(deny)))
$$;
comment on function rowhouse.lists_sent(text[], text[], text[], text[], text[]) is 'Lists by name; null ones are not named.';

create or replace function rowhouse.put(
  tenant text, logical text, "row" jsonb, "read" text[], edit text[], "full" text[], "delete" text[], deny text[])
returns jsonb
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
declare
  place record := rowhouse.place_of(tenant, logical);
begin
  return (select l.after from rowhouse.put_listed(place.id, jsonb_build_array(jsonb_build_object(
    'values', "row", 'lists', rowhouse.lists_sent("read", edit, "full", "delete", deny)))) as l);
end
$$;
comment on function rowhouse.put(text, text, jsonb, text[], text[], text[], text[], text[]) is
  'Makes or changes one row in mode lists.';

create or replace function rowhouse.change(
  tenant text, logical text, key text, "row" jsonb, "read" text[], edit text[], "full" text[], "delete" text[], deny text[])
returns boolean
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
declare
  place record := rowhouse.place_of(tenant, logical);
begin
  return rowhouse.change_listed(place.id,
    jsonb_build_object('keys', jsonb_build_array(key), 'test', '{"op": "true"}'::jsonb),
    jsonb_build_object('values', coalesce("row", '{}'), 'lists', rowhouse.lists_sent("read", edit, "full", "delete", deny)),
    false) > 0;
end
$$;
comment on function rowhouse.change(text, text, text, jsonb, text[], text[], text[], text[], text[]) is
  'Changes one row in mode lists, readable or not.';

create or replace function rowhouse.remove(tenant text, logical text, key text)
returns boolean
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
declare
  place record := rowhouse.place_of(tenant, logical);
begin
  return rowhouse.remove_listed(place.id,
    jsonb_build_object('keys', jsonb_build_array(key), 'test', '{"op": "true"}'::jsonb), false) > 0;
end
$$;
comment on function rowhouse.remove(text, text, text) is 'Deletes one row in mode lists, readable or not.';

revoke all on function
  rowhouse.authorship(text, text[]), rowhouse.allows(text, text, integer), rowhouse.guard_lists(),
  rowhouse.relisted(text, integer, jsonb), rowhouse.listed_relation(integer),
  rowhouse.settable(control.relations, jsonb), rowhouse.put_listed(integer, jsonb),
  rowhouse.key_matches(text, jsonb), rowhouse.wanted_rows(control.relations, text, jsonb, boolean),
  rowhouse.change_listed(integer, jsonb, jsonb, boolean), rowhouse.remove_listed(integer, jsonb, boolean),
  rowhouse.holder(integer[], text), rowhouse.lists_sent(text[], text[], text[], text[], text[]),
  rowhouse.put(text, text, jsonb, text[], text[], text[], text[], text[]),
  rowhouse.change(text, text, text, jsonb, text[], text[], text[], text[], text[]),
  rowhouse.remove(text, text, text)
from public;
grant execute on function
  rowhouse.authorship(text, text[]), rowhouse.relisted(text, integer, jsonb),
  rowhouse.put_listed(integer, jsonb), rowhouse.change_listed(integer, jsonb, jsonb, boolean),
  rowhouse.remove_listed(integer, jsonb, boolean), rowhouse.holder(integer[], text),
  rowhouse.lists_sent(text[], text[], text[], text[], text[]),
  rowhouse.put(text, text, jsonb, text[], text[], text[], text[], text[]),
  rowhouse.change(text, text, text, jsonb, text[], text[], text[], text[], text[]),
  rowhouse.remove(text, text, text)
to rowhouse_tenant;
