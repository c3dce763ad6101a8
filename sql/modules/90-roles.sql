-- Roles of tenants and logins. Roles are cluster-wide and outlive a database, so making one tolerates one that is there.
-- Called by: the generated statements that make or drop a tenant, rowhouse login create.
-- Privileges: rowhouse_owner only (it holds CREATEROLE; all run as their caller).

create or replace function rowhouse.group_roles()
returns text[]
language sql immutable parallel safe
set search_path = pg_catalog, pg_temp
as $$ select '{PGREST_ADMIN,PGREST_ROLE_ADMIN,PGREST_WRITE,PGREST_READ,PGREST_USER}'::text[] $$;
comment on function rowhouse.group_roles() is
  'Roles of every tenant that are also group roles t_<slug>_<role> of Postgres: a login that is a member holds the role.';

create or replace function rowhouse.create_group_roles(tenant text)
returns void
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
declare
  role_name text;
  r pg_roles;
begin
  foreach role_name in array rowhouse.group_roles() loop
    role_name := 't_' || tenant || '_' || role_name;
    if to_regrole(quote_ident(role_name)) is null then
      begin
        execute format('create role %I nologin', role_name);
      exception
        when duplicate_object or unique_violation then null;
      end;
    end if;
    select * into r from pg_roles where rolname = role_name;
    if r.rolcanlogin or r.rolsuper or r.rolbypassrls or r.rolcreaterole or r.rolcreatedb then
      raise invalid_role_specification using message = format('role "%s" exists and is not a group role', role_name);
    end if;
  end loop;
end
$$;
comment on function rowhouse.create_group_roles(text) is 'Makes the group roles of a tenant that are not there. They hold nothing: membership is what counts.';

create or replace function rowhouse.mirror_grants(tenant text, sub text)
returns void
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
declare
  entry record;
begin
  -- Made when a login needs them, or a view: every role slows the making of all later ones (202 ms a tenant among 1,000, now 56).
  if not exists (
    select from control.logins as l join control.tenants as t on t.id = l.tenant_id
    where t.slug = mirror_grants.tenant and l.sub = mirror_grants.sub) then
    return;
  end if;
  perform rowhouse.create_group_roles(tenant);
  for entry in
    select l.rolname, 't_' || t.slug || '_' || g as role_name,
      g = any (l.roles) or exists (
        select from control.role_members as m where m.tenant_id = t.id and m.sub = l.sub and m.role = g) as held
    from control.logins as l
    join control.tenants as t on t.id = l.tenant_id
    cross join unnest(rowhouse.group_roles()) as g
    where t.slug = mirror_grants.tenant and l.sub = mirror_grants.sub
  loop
    if entry.held is distinct from pg_has_role(entry.rolname, entry.role_name, 'member') then
      execute format(case when entry.held then 'grant %I to %I' else 'revoke %I from %I' end, entry.role_name, entry.rolname);
    end if;
  end loop;
end
$$;
comment on function rowhouse.mirror_grants(text, text) is 'Makes the logins of a sub members of the group roles it holds, and of no others.';

revoke all on function
  rowhouse.group_roles(), rowhouse.create_group_roles(text), rowhouse.mirror_grants(text, text)
from public;

create or replace function rowhouse.create_tenant_role(tenant text)
returns void
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
declare
  role_name text := 't_' || tenant;
  r pg_roles;
begin
  begin
    execute format('create role %I nologin', role_name);
  exception
    -- unique_violation: another database of the cluster is making it this moment.
    when duplicate_object or unique_violation then null;
  end;
  select * into r from pg_roles where rolname = role_name;
  if r.rolcanlogin or r.rolsuper or r.rolbypassrls or r.rolcreaterole or r.rolcreatedb then
    raise invalid_role_specification using message = format('role "%s" exists and is not a tenant''s role', role_name);
  end if;
  if not pg_has_role(role_name, 'rowhouse_tenant', 'usage') then
    execute format('grant rowhouse_tenant to %I', role_name);
  end if;
  -- The gateway is NOINHERIT: it may take the role, and has nothing from it until it does.
  if not pg_has_role('rowhouse_gateway', role_name, 'member') then
    execute format('grant %I to rowhouse_gateway', role_name);
  end if;
end
$$;
comment on function rowhouse.create_tenant_role(text) is 'Makes t_<slug>, or takes the one that is there.';

create or replace function rowhouse.create_view_owner(tenant text)
returns void
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
declare
  tenant_schema text := 't_' || tenant;
  role_name text := tenant_schema || '_VIEWS';
  r pg_roles;
begin
  begin
    execute format('create role %I nologin', role_name);
  exception
    when duplicate_object or unique_violation then null;
  end;
  select * into r from pg_roles where rolname = role_name;
  if r.rolcanlogin or r.rolsuper or r.rolbypassrls or r.rolcreaterole or r.rolcreatedb then
    raise invalid_role_specification using message = format('role "%s" exists and is not an owner of views', role_name);
  end if;
  if not pg_has_role(current_user, role_name, 'usage') then
    execute format('grant %I to %I', role_name, current_user);
  end if;
  if not pg_has_role(role_name, 'rowhouse_tenant', 'usage') then
    execute format('grant rowhouse_tenant to %I', role_name);
  end if;
  -- CREATE only until close_view_owner in the same transaction: an owner must hold it when it becomes one.
  execute format('grant usage, create on schema %I to %I', tenant_schema, role_name);
end
$$;
comment on function rowhouse.create_view_owner(text) is 'Makes the role that owns a tenant''s views, or takes the one that is there.';

create or replace function rowhouse.close_view_owner(tenant text)
returns void
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
begin
  execute format('revoke create on schema %I from %I', 't_' || tenant, 't_' || tenant || '_VIEWS');
end
$$;
comment on function rowhouse.close_view_owner(text) is 'The other half of create_view_owner.';

create or replace function rowhouse.disown(role_name name)
returns void
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
begin
  -- A login role can leave default privileges of its own and of its tenant's role, and temporary objects: each keeps a role from being dropped.
  if not pg_has_role(current_user, role_name, 'usage') then
    execute format('grant %I to %I', role_name, current_user);
  end if;
  execute format('drop owned by %I', role_name);
exception
  when insufficient_privilege or undefined_object then null;
end
$$;
comment on function rowhouse.disown(name) is 'Takes away in this database what a role has made for itself, so that it can be dropped.';

create or replace function rowhouse.drop_tenant_role(tenant text)
returns void
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
declare
  login name;
  group_role text;
begin
  for login in select l.rolname from control.logins as l join control.tenants as t on t.id = l.tenant_id
    where t.slug = drop_tenant_role.tenant loop
    perform rowhouse.drop_login(login);
  end loop;
  begin
    foreach group_role in array rowhouse.group_roles() || 'VIEWS'::text loop
      perform rowhouse.disown('t_' || tenant || '_' || group_role);
      execute format('drop role if exists %I', 't_' || tenant || '_' || group_role);
    end loop;
    perform rowhouse.disown('t_' || tenant);
    execute format('drop role if exists %I', 't_' || tenant);
  exception
    -- A tenant of the same name in another database of the cluster still uses it, or made it.
    when dependent_objects_still_exist or insufficient_privilege then null;
  end;
end
$$;
comment on function rowhouse.drop_tenant_role(text) is 'Drops the tenant''s login roles and its own role, unless another database uses it.';

create or replace function rowhouse.create_login(
  login text, password text, tenant text, sub text, roles text[] default '{}', orgs text[] default '{}',
  access text default 'edit')
returns void
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
declare
  t control.tenants;
  level integer := array_position(array['deny', 'read', 'edit', 'full', 'root'], access) - 1;
begin
  select * into t from control.tenants as found where found.slug = create_login.tenant;
  if t.id is null then
    perform rowhouse.refuse('RH200', 'No such tenant');
  elsif level is null or coalesce(sub, '') = '' then
    perform rowhouse.refuse('RH100', 'A login needs a sub and an access of deny, read, edit, full or root');
  elsif login ~ '^(pg_|rowhouse_|t_)' or octet_length(login) > 63 then
    perform rowhouse.refuse('RH501', 'A login role''s name has at most 63 bytes and begins with none of pg_, rowhouse_, t_');
  end if;
  -- Never a role that is there already: it may be someone's, or a member of more than this tenant's role.
  -- connection limit: one login role can't use up the connections of all.
  execute format('create role %I login nosuperuser nocreatedb nocreaterole nobypassrls connection limit 40 password %L in role %I',
    login, password, 't_' || tenant);
  execute format('alter role %I in database %I set search_path = %I, public', login, current_database(), 't_' || tenant);
  insert into control.logins (rolname, tenant_id, sub, roles, orgs, access, names)
    values (login, t.id, sub, roles, orgs, level, rowhouse.names_of(sub, roles, orgs));
  perform rowhouse.mirror_grants(tenant, sub);
end
$$;
comment on function rowhouse.create_login(text, text, text, text, text[], text[], text) is
  'Makes a Postgres login role bound to one principal. password may be a SCRAM verifier.';

create or replace function rowhouse.drop_login(login text)
returns void
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
begin
  delete from control.logins where rolname = login;
  if found and to_regrole(quote_ident(login)) is not null then
    perform rowhouse.disown(login);
    begin
      execute format('drop role %I', login);
    exception
      -- It has left something in another database of the cluster, where nobody can clean up from here.
      when dependent_objects_still_exist then
        execute format('alter role %I nologin password null', login);
    end;
  end if;
end
$$;
comment on function rowhouse.drop_login(text) is 'Drops a login role made by create_login and its binding; one that is held by another database is shut.';

revoke all on function rowhouse.create_view_owner(text), rowhouse.close_view_owner(text), rowhouse.disown(name) from public;
revoke all on function
  rowhouse.create_tenant_role(text), rowhouse.drop_tenant_role(text),
  rowhouse.create_login(text, text, text, text, text[], text[], text), rowhouse.drop_login(text)
from public;
