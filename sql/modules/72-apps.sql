-- Apps: who holds which of their roles, and the app every tenant has.
-- Called by: policies of tables in mode policy, definitions (service/define.ts), tenants being made.
-- Privileges: app_roles and administers to rowhouse_tenant, for they speak of the caller only; the rest to the owner.
-- app_roles and administers are meant for sub-selects, evaluated once a statement.

create or replace function rowhouse.app_roles_of(tenant text, app text, sub text, held text[])
returns text[]
language sql stable
set search_path = pg_catalog, pg_temp
as $$
  with recursive mine (name) as (
    select unnest(app_roles_of.held)
    union
    select m.role
    from control.app_members as m join control.tenants as t on t.id = m.tenant_id
    where t.slug = app_roles_of.tenant and m.app = app_roles_of.app and m.sub = app_roles_of.sub
    union
    select r.parent
    from mine
    join control.tenants as t on t.slug = app_roles_of.tenant
    join control.app_roles as r on r.tenant_id = t.id and r.app = app_roles_of.app and r.name = mine.name
    where r.parent is not null
  )
  select coalesce(array_agg(name order by name collate "C"), '{}') from mine
$$;
comment on function rowhouse.app_roles_of(text, text, text, text[]) is
  'The roles a sub has in an app: those held besides, those recorded, and the parents of all of them.';

-- security definer: reads the control schema.
create or replace function rowhouse.app_roles(tenant text, app text)
returns text[]
language plpgsql stable parallel restricted security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  p rowhouse.principal := rowhouse.principal_in(tenant);
begin
  return rowhouse.app_roles_of(tenant, app, p.sub, coalesce(p.roles, '{}'));
end
$$;
comment on function rowhouse.app_roles(text, text) is
  'The roles of the caller in an app, by token, by recorded membership, and their parents; none for a principal of another tenant.';

-- security definer: reads the control schema.
create or replace function rowhouse.administers(tenant text, app text)
returns boolean
language plpgsql stable parallel restricted security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  p rowhouse.principal := rowhouse.principal_in(tenant);
begin
  -- Roles of a token are words of its issuer: only recorded ones make an administrator. A policy asks this for a page and for its total,
  -- and few callers are members of an app: one probe first takes .042 ms a question where following roles took .065.
  return p.level >= 4
    or exists (
      select from control.app_members as m join control.tenants as t on t.id = m.tenant_id
      where t.slug = administers.tenant and m.app = administers.app and m.sub = p.sub)
    and rowhouse.app_roles_of(tenant, app, p.sub, '{}') && '{owner,admin}';
end
$$;
comment on function rowhouse.administers(text, text) is
  'Whether the caller administers the app: a principal of the tenant with level root, or a member of its roles owner or admin.';

create or replace function rowhouse.administers(tenant text, app text, claims jsonb)
returns boolean
language sql stable
set search_path = pg_catalog, pg_temp
as $$
  select coalesce((claims ->> 'level')::integer >= 4, false)
    or rowhouse.app_roles_of(tenant, app, claims ->> 'sub', '{}') && '{owner,admin}'
$$;
comment on function rowhouse.administers(text, text, jsonb) is
  'As administers(tenant, app), for claims that have been admitted but not entered.';

-- security definer: reads the control schema.
create or replace function rowhouse.allowed_anyway(tenant text, app text, unspoken boolean)
returns boolean
language plpgsql stable parallel restricted security definer
set search_path = pg_catalog, pg_temp
as $$
begin
  return rowhouse.administers(tenant, app)
    or unspoken and (rowhouse.principal_in(tenant)).sub <> '' and exists (
      select from control.apps as a join control.tenants as t on t.id = a.tenant_id
      where t.slug = allowed_anyway.tenant and a.slug = allowed_anyway.app and a.settings ->> 'default_policy' = 'authenticated');
end
$$;
comment on function rowhouse.allowed_anyway(text, text, boolean) is
  'Mode policy: whether the caller is allowed without a rule: administrators of the app, and, where no policy speaks of the table, every principal of the tenant if the app is set so.';

create or replace function rowhouse.create_default_app(tenant text)
returns void
language sql volatile
set search_path = pg_catalog, pg_temp
as $$
  insert into control.apps (tenant_id, slug, id, name, created_by)
    select t.id, 'default', 1, 'default', 'rowhouse' from control.tenants as t where t.slug = create_default_app.tenant;
  insert into control.datasources (tenant_id, app, slug, id, name)
    select t.id, 'default', v.slug, v.id, v.slug
    from control.tenants as t cross join (values (1, 'default'), (2, 'objects')) as v (id, slug)
    where t.slug = create_default_app.tenant;
  insert into control.app_roles (tenant_id, app, name, created_by)
    select t.id, 'default', v.name, 'rowhouse'
    from control.tenants as t cross join (values ('owner'), ('admin')) as v (name)
    where t.slug = create_default_app.tenant;
  update control.tenants as t set last_app = 1, last_datasource = 2 where t.slug = create_default_app.tenant
$$;
comment on function rowhouse.create_default_app(text) is 'Gives a new tenant the app and the datasources that every tenant has.';

revoke all on function
  rowhouse.app_roles_of(text, text, text, text[]), rowhouse.app_roles(text, text), rowhouse.administers(text, text),
  rowhouse.administers(text, text, jsonb), rowhouse.allowed_anyway(text, text, boolean), rowhouse.create_default_app(text)
from public;
grant execute on function
  rowhouse.app_roles(text, text), rowhouse.administers(text, text), rowhouse.allowed_anyway(text, text, boolean)
to rowhouse_tenant;
