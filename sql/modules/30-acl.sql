-- Interning of access lists: every distinct combination of a tenant is one row of _rowhouse_acls and never changes.
-- Called by: the generated _rowhouse_acl of a tenant, change_access.
-- Privileges: rowhouse_owner only; _rowhouse_acl is the door.

create or replace function rowhouse.members(list text[])
returns text[]
language plpgsql immutable
set search_path = pg_catalog, pg_temp
as $$
begin
  if list is null or list = '{}' then
    return '{}';
  end if;
  -- One or two names need neither of the questions below: they took 11 µs of each list of an object, and it has six.
  if array_ndims(list) = 1 and array_lower(list, 1) = 1
    and (cardinality(list) = 1 or cardinality(list) = 2 and list[1] <> list[2])
    and octet_length(list[1]) between 1 and 255 and coalesce(octet_length(list[2]) between 1 and 255, cardinality(list) = 1) then
    return list;
  end if;
  if exists (select from unnest(list) as m where m is null or m = '' or octet_length(m) > 255) then
    perform rowhouse.refuse('RH405', 'A member of an access list is a non-empty string of at most 255 bytes',
      '{"reason": "invalid_member"}');
  end if;
  return (
    select array_agg(m order by place)
    from (select m, min(place) as place from unnest(list) with ordinality as u (m, place) group by m) as distinct_members
  );
end
$$;
comment on function rowhouse.members(text[]) is 'A list as stored: order kept, duplicates dropped; refuses bad members.';

create or replace function rowhouse.acl_digest(
  "read" text[], edit text[], "full" text[], "delete" text[], deny text[], authors text[])
returns bytea
language plpgsql immutable
set search_path = pg_catalog, pg_temp
as $$
begin
  return sha256(convert_to(jsonb_build_array(
    rowhouse.members("read"), rowhouse.members(edit), rowhouse.members("full"),
    rowhouse.members("delete"), rowhouse.members(deny), rowhouse.members(authors))::text, 'UTF8'));
end
$$;
comment on function rowhouse.acl_digest(text[], text[], text[], text[], text[], text[]) is
  'Content address of an ACL.';

create or replace function rowhouse.acl_digest(
  mode text, "read" text[], edit text[], "full" text[], "delete" text[], deny text[], authors text[])
returns bytea
language plpgsql immutable
set search_path = pg_catalog, pg_temp
as $$
declare
  lists bytea := rowhouse.acl_digest("read", edit, "full", "delete", deny, authors);
begin
  return case mode when 'acl' then lists else sha256(convert_to(mode, 'UTF8') || lists) end;
end
$$;
comment on function rowhouse.acl_digest(text, text[], text[], text[], text[], text[], text[]) is
  'Content address of an ACL of an access mode: equal lists mean other rights in another mode.';

create or replace function rowhouse.ids_of(list text[], known jsonb)
returns integer[]
language sql immutable
set search_path = pg_catalog, pg_temp
as $$ select coalesce(array_agg((known ->> m)::integer order by (known ->> m)::integer), '{}') from unnest(list) as m $$;
comment on function rowhouse.ids_of(text[], jsonb) is 'Numbers of names, ascending; known: {"name": number}.';

create or replace function rowhouse.intern_acl(
  tenant text, mode text, "read" text[], edit text[], "full" text[], "delete" text[], deny text[], authors text[])
returns integer
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
declare
  schema_name text := 't_' || tenant;
  digest bytea := rowhouse.acl_digest(mode, "read", edit, "full", "delete", deny, authors);
  found_id integer;
  useful boolean;
  names text[];
  known jsonb;
  lookup text := format(
    'select coalesce(jsonb_object_agg(p.name, p.id), ''{}'') from %I._rowhouse_principals as p where p.name = any ($1)',
    schema_name);
begin
  if not rowhouse.belongs(tenant) and current_setting('role') <> 'rowhouse_owner' then
    perform rowhouse.refuse('RH303', 'Insufficient permissions');
  end if;
  -- Select first: an insert that meets a conflict burns an id, and every id lengthens every bit string.
  execute format('select id from %I._rowhouse_acls where digest = $1', schema_name) into found_id using digest;
  if found_id is not null then
    return found_id;
  end if;
  -- Every ACL lengthens the bits of everyone, so making one takes somewhere to put it.
  if current_setting('role') <> 'rowhouse_owner' and not rowhouse.may_create(tenant) then
    execute format('select bit_count(%I._rowhouse_bits(''manage'')) > 0', schema_name) into useful;
    if not useful then
      perform rowhouse.refuse('RH303', 'Insufficient permissions to make access lists', '{"reason": "share"}');
    end if;
  end if;
  "read" := rowhouse.members("read");
  edit := rowhouse.members(edit);
  "full" := rowhouse.members("full");
  "delete" := rowhouse.members("delete");
  deny := rowhouse.members(deny);
  authors := rowhouse.members(authors);
  -- In name order, so that two creators of the same names wait for each other and don't deadlock.
  names := array(
    select distinct m collate "C" from unnest("read" || edit || "full" || "delete" || deny || authors) as m order by 1);
  execute lookup into known using names;
  if (select count(*) from jsonb_object_keys(known)) < cardinality(names) then
    execute format(
      'insert into %I._rowhouse_principals (name)
       select m from unnest($1) with ordinality as u (m, place) where not $2 ? m order by place
       on conflict (name) do nothing', schema_name) using names, known;
    execute lookup into known using names;
    if (select count(*) from jsonb_object_keys(known)) < cardinality(names) then
      -- Repeatable read: the name was interned by a transaction this snapshot does not see.
      raise serialization_failure using message = 'could not serialize access due to concurrent update';
    end if;
  end if;
  execute format(
    'insert into %I._rowhouse_acls ("read", edit, "full", "delete", deny, authors,
       read_ids, edit_ids, full_ids, delete_ids, deny_ids, authors_ids, digest, mode)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)
     on conflict (digest) do nothing returning id', schema_name)
    into found_id
    using "read", edit, "full", "delete", deny, authors,
      rowhouse.ids_of("read", known), rowhouse.ids_of(edit, known), rowhouse.ids_of("full", known),
      rowhouse.ids_of("delete", known), rowhouse.ids_of(deny, known), rowhouse.ids_of(authors, known), digest, mode;
  if found_id is null then
    execute format('select id from %I._rowhouse_acls where digest = $1', schema_name) into found_id using digest;
  end if;
  if found_id is null then
    raise serialization_failure using message = 'could not serialize access due to concurrent update';
  end if;
  return found_id;
end
$$;
comment on function rowhouse.intern_acl(text, text, text[], text[], text[], text[], text[], text[]) is
  'Id of the ACL with these lists in an access mode; makes it when there is none.';

create or replace function rowhouse.intern_acl(
  tenant text, "read" text[], edit text[], "full" text[], "delete" text[], deny text[], authors text[])
returns integer
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
begin
  return rowhouse.intern_acl(tenant, 'acl', "read", edit, "full", "delete", deny, authors);
end
$$;
comment on function rowhouse.intern_acl(text, text[], text[], text[], text[], text[], text[]) is
  'Id of the ACL with these lists in access mode acl.';

create or replace function rowhouse.require_acl(known integer)
returns void
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
begin
  if known is null then
    perform rowhouse.refuse('RH409', 'No access list combination has this number', '{"field": "_acl"}',
      'Use acl(read => array[…], …) to get one.');
  end if;
end
$$;
comment on function rowhouse.require_acl(integer) is
  'Refuses an _acl that names no ACL: one such row would make every read of its table fail with 2202E.';

revoke all on function
  rowhouse.ids_of(text[], jsonb), rowhouse.members(text[]), rowhouse.acl_digest(text[], text[], text[], text[], text[], text[]),
  rowhouse.acl_digest(text, text[], text[], text[], text[], text[], text[]),
  rowhouse.intern_acl(text, text, text[], text[], text[], text[], text[], text[]),
  rowhouse.intern_acl(text, text[], text[], text[], text[], text[], text[]), rowhouse.require_acl(integer)
from public;
