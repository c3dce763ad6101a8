-- Who asks, as policies see it.
-- Called by: row policies of tables in mode policy, once a statement; statements that ask what a policy says.
-- Privileges: anyone who may use schema rowhouse; they speak of the caller only.

create or replace function rowhouse.caller_id(tenant text)
returns text
language plpgsql stable parallel restricted
set search_path = pg_catalog, pg_temp
as $$
begin
  return coalesce((rowhouse.principal_in(tenant)).sub, '');
end
$$;
comment on function rowhouse.caller_id(text) is 'The sub of the caller; empty for a principal of another tenant.';

-- security definer: reads control.logins.
create or replace function rowhouse.claim(tenant text, path text[])
returns jsonb
language plpgsql stable parallel restricted security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  p rowhouse.principal := rowhouse.principal_in(tenant);
  found jsonb;
begin
  if p.sub is null then
    return null;
  end if;
  found := case path[1]
    when 'sub' then jsonb_build_object('sub', p.sub)
    when 'tenant' then jsonb_build_object('tenant', p.tenant)
    when 'roles' then jsonb_build_object('roles', p.roles)
    when 'orgs' then jsonb_build_object('orgs', p.orgs)
    when 'access' then jsonb_build_object('access', ('{deny,read,edit,full,root}'::text[])[p.level + 1])
  end;
  if found is null and session_user = 'rowhouse_gateway' then
    found := current_setting('rowhouse.claims', true)::jsonb -> 'attr';
  elsif found is null then
    select l.attributes into found from control.logins as l where l.rolname = session_user;
  end if;
  return nullif(found #> path, 'null');
end
$$;
comment on function rowhouse.claim(text, text[]) is
  'A claim of the caller: of its verified token, or of the binding of its login. NULL where there is none, or null.';

-- security definer: reads control.apps.
create or replace function rowhouse.acting_roles(tenant text, app text, reading boolean)
returns text[]
language plpgsql stable parallel restricted security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  p rowhouse.principal := rowhouse.principal_in(tenant);
begin
  if p.sub is null then
    return '{}';
  end if;
  if p.sub <> '' then
    return rowhouse.app_roles_of(tenant, app, p.sub, coalesce(p.roles, '{}')) || '{*}'::text[];
  end if;
  return case when reading and exists (
    select from control.apps as a join control.tenants as t on t.id = a.tenant_id
    where t.slug = acting_roles.tenant and a.slug = acting_roles.app and a.settings -> 'allow_anonymous' = 'true')
    then '{anonymous}'::text[] else '{}' end;
end
$$;
comment on function rowhouse.acting_roles(text, text, boolean) is
  'The roles by which rules find the caller: those it has in the app, and * for any; anonymous alone for callers without a token, who only read, where the app lets them.';

create or replace function rowhouse.unrestricted(held text[], restricted text[])
returns boolean
language sql immutable parallel safe
set search_path = pg_catalog, pg_temp
as $$
  select '*' = any (held) and (cardinality(held) = 1
    or exists (select from unnest(held) as r where r <> '*' and r <> all (restricted)))
$$;
comment on function rowhouse.unrestricted(text[], text[]) is
  'Whether what any role gains is gained whole: some role held is not restricted, or none is held.';

create or replace function rowhouse.reading()
returns text
language plpgsql stable parallel restricted
set search_path = pg_catalog, pg_temp
as $$
begin
  return case when session_user = 'rowhouse_gateway' and current_setting('rowhouse.intent', true) in ('aggregate', 'export')
    then current_setting('rowhouse.intent', true) else 'read' end;
end
$$;
comment on function rowhouse.reading() is 'What rows are read for: read, aggregate or export. In SQL sessions always read.';

create or replace function rowhouse.require_reach(reaches boolean)
returns void
language plpgsql stable
set search_path = pg_catalog, pg_temp
as $$
begin
  if not reaches then
    perform rowhouse.refuse('RH303', 'No policy lets you read here', '{"reason": "policy"}');
  end if;
end
$$;
comment on function rowhouse.require_reach(boolean) is 'Refuses a caller for whom no rule can match, whatever the row.';

-- security definer: reads the control schema.
create or replace function rowhouse.roles_of(tenant text, app text, sub text, roles text[])
returns text[]
language plpgsql stable parallel restricted security definer
set search_path = pg_catalog, pg_temp
as $$
begin
  if not rowhouse.administers(tenant, app) then
    perform rowhouse.refuse('RH303', 'Only administrators of the app ask for others', '{"reason": "principal"}');
  end if;
  return rowhouse.app_roles_of(tenant, app, sub, roles) || '{*}'::text[];
end
$$;
comment on function rowhouse.roles_of(text, text, text, text[]) is
  'The roles by which rules would find somebody who holds these. Administrators of the app only.';

-- security definer: reads the control schema.
create or replace function rowhouse.allowed_anyway_of(tenant text, app text, sub text, unspoken boolean)
returns boolean
language plpgsql stable parallel restricted security definer
set search_path = pg_catalog, pg_temp
as $$
begin
  return rowhouse.roles_of(tenant, app, sub, '{}') && '{owner,admin}'
    or unspoken and sub <> '' and exists (
      select from control.apps as a join control.tenants as t on t.id = a.tenant_id
      where t.slug = allowed_anyway_of.tenant and a.slug = allowed_anyway_of.app
        and a.settings ->> 'default_policy' = 'authenticated');
end
$$;
comment on function rowhouse.allowed_anyway_of(text, text, text, boolean) is
  'As allowed_anyway, for somebody else. Administrators of the app only.';

revoke all on function
  rowhouse.caller_id(text), rowhouse.claim(text, text[]), rowhouse.acting_roles(text, text, boolean),
  rowhouse.unrestricted(text[], text[]), rowhouse.reading(), rowhouse.require_reach(boolean),
  rowhouse.roles_of(text, text, text, text[]), rowhouse.allowed_anyway_of(text, text, text, boolean)
from public;
grant execute on function
  rowhouse.caller_id(text), rowhouse.claim(text, text[]), rowhouse.acting_roles(text, text, boolean),
  rowhouse.unrestricted(text[], text[]), rowhouse.reading(), rowhouse.require_reach(boolean),
  rowhouse.roles_of(text, text, text, text[]), rowhouse.allowed_anyway_of(text, text, text, boolean)
to rowhouse_tenant;
