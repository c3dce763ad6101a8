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

create or replace function rowhouse.administers_as(tenant text, app text, level integer, sub text)
returns boolean
language sql stable
set search_path = pg_catalog, pg_temp
as $$
  -- Roles of a token are words of its issuer: only recorded ones make an administrator.
  select administers_as.level >= 4
    or rowhouse.app_roles_of(administers_as.tenant, administers_as.app, administers_as.sub, '{}') && '{owner,admin}'
$$;
comment on function rowhouse.administers_as(text, text, integer, text) is 'As administers, for a sub of this level.';

-- security definer: reads the control schema.
create or replace function rowhouse.administers(tenant text, app text)
returns boolean
language plpgsql stable parallel restricted security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  p rowhouse.principal := rowhouse.principal_in(tenant);
begin
  return rowhouse.administers_as(tenant, app, p.level, p.sub);
end
$$;
comment on function rowhouse.administers(text, text) is
  'Whether the caller administers the app: a principal of the tenant with level root, or a member of its roles owner or admin.';

create or replace function rowhouse.require_app_right(held boolean, "right" text)
returns void
language plpgsql stable
set search_path = pg_catalog, pg_temp
as $$
begin
  if not coalesce(held, false) then
    perform rowhouse.refuse('RH303', case "right"
        when 'inspect' then 'Insufficient permissions to read definitions'
        when 'found' then 'Making an app needs access level full'
        else 'Only an administrator of the app may do this' end,
      jsonb_build_object('reason', "right"));
  end if;
end
$$;
comment on function rowhouse.require_app_right(boolean, text) is 'Words the refusal of a right that is about apps.';

create or replace function rowhouse.require_right("right" text, app text)
returns void
language plpgsql stable
set search_path = pg_catalog, pg_temp
as $$
declare
  p rowhouse.principal := rowhouse.principal();
begin
  case "right"
    when 'inspect' then perform rowhouse.require_app_right(p.level >= 1, "right");
    when 'found' then perform rowhouse.require_app_right(p.level >= 3, "right");
    when 'administer' then perform rowhouse.require_app_right(rowhouse.administers(p.tenant, app), "right");
    else perform rowhouse.require_verb("right");
  end case;
end
$$;
comment on function rowhouse.require_right(text, text) is
  'Refuses unless the caller has the right of model/role.ts; app is the one addressed, if any. First in the transaction of a request that asks for it.';

-- security definer: reads the control schema.
create or replace function rowhouse.require_right(tenant text, version bigint, claims text, "right" text, app text)
returns void
language plpgsql stable security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  c jsonb := rowhouse.admit(tenant, version, claims)::jsonb;
  level integer := coalesce((c ->> 'level')::integer, 0);
begin
  case "right"
    when 'inspect' then perform rowhouse.require_app_right(level >= 1, "right");
    when 'found' then perform rowhouse.require_app_right(level >= 3, "right");
    when 'administer' then
      perform rowhouse.require_app_right(rowhouse.administers_as(tenant, app, level, c ->> 'sub'), "right");
    else perform rowhouse.require_verb(tenant, version, claims, "right");
  end case;
end
$$;
comment on function rowhouse.require_right(text, bigint, text, text, text) is
  'As require_right(right, app), for claims that have not entered: before definitions and before refusals of other kinds. Gateway and owner only.';

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
  rowhouse.administers_as(text, text, integer, text), rowhouse.require_app_right(boolean, text),
  rowhouse.require_right(text, text), rowhouse.require_right(text, bigint, text, text, text),
  rowhouse.create_default_app(text)
from public;
grant execute on function
  rowhouse.app_roles(text, text), rowhouse.administers(text, text), rowhouse.require_app_right(boolean, text),
  rowhouse.require_right(text, text)
to rowhouse_tenant;
grant execute on function rowhouse.require_right(text, bigint, text, text, text) to rowhouse_gateway;
