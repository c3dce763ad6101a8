-- Access mode lists: independent lists of readers, writers and deleters, and authors that the database assigns.
-- Called by: the generated trigger _240_lists, and what writes rows of this mode (83-list-writes.sql).
-- Privileges: authorship and relisted to rowhouse_tenant: they answer about the caller's own lists.

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
  if new is not distinct from old then
    return new;
  end if;
  -- The verdicts are worked out here rather than by rowhouse.allows: this runs for every row of a write.
  execute lookup into stored using old._acl;
  meant := new;
  if new._acl is distinct from old._acl then
    execute lookup into given using new._acl;
    perform rowhouse.require_acl(given.id);
    if known and not coalesce(stored.mode = 'lists' and rowhouse.list_verdict('manage', p.names, p.sub, 'any'::text,
        stored."read", stored.edit, stored."full", stored."delete", stored.deny, stored.authors), false) then
      perform rowhouse.refuse('RH303', 'Insufficient permissions to change the access lists of the row',
        jsonb_build_object('table', tg_argv[1], 'field', '_acl', 'reason', 'share'));
    end if;
    if given.mode <> 'lists' or given.authors <> stored.authors then
      new._acl := rowhouse.intern_acl(tenant, 'lists', given."read", given.edit, given."full", given."delete", given.deny, stored.authors);
    end if;
    meant._acl := old._acl;
  end if;
  if known and meant is distinct from old and coalesce(current_setting('rowhouse.intent', true), '') <> 'delete'
    and not coalesce(stored.mode = 'lists' and rowhouse.list_verdict('edit', p.names, p.sub, 'any'::text,
      stored."read", stored.edit, stored."full", stored."delete", stored.deny, stored.authors), false) then
    -- Generated columns are not computed yet here and so never equal.
    generated := array(select attname::text from pg_attribute where attrelid = tg_relid and attgenerated <> '');
    if generated = '{}' or to_jsonb(meant) - generated <> to_jsonb(old) - generated then
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

revoke all on function
  rowhouse.authorship(text, text[]), rowhouse.allows(text, text, integer), rowhouse.guard_lists(),
  rowhouse.relisted(text, integer, jsonb)
from public;

grant execute on function
  rowhouse.authorship(text, text[]), rowhouse.relisted(text, integer, jsonb)
to rowhouse_tenant;
