-- Roles and what the public loses. Run by the installer as the connecting role, which holds CREATEROLE and CREATE on the
-- database, or is a superuser. Roles are cluster-wide: another database may have made them, another installer may be
-- making them now. Statements that only a superuser or the database's owner can carry out are tried and reported by
-- rowhouse doctor, not fatal.

do $$
declare
  wanted record;
  existing pg_roles;
begin
  for wanted in select * from (values
    ('rowhouse_owner', 'nologin createrole', false),
    ('rowhouse_gateway', 'login noinherit', true),
    ('rowhouse_tenant', 'nologin', false)) as w (name, options, logs_in)
  loop
    begin
      execute format('create role %I %s', wanted.name, wanted.options);
    exception
      when duplicate_object or unique_violation then null;
    end;
    select * into existing from pg_roles where rolname = wanted.name;
    if existing.rolsuper or existing.rolbypassrls then
      raise exception 'role "%" exists and passes by row security', wanted.name
        using hint = 'Rowhouse needs it as an ordinary role: alter role … nosuperuser nobypassrls.';
    end if;
  end loop;
end
$$;

do $$
begin
  -- Who made a role may grant it; a superuser needs no grant.
  if not pg_has_role(current_user, 'rowhouse_owner', 'usage') then
    execute format('grant rowhouse_owner to %I', current_user);
  end if;
  -- rowhouse_owner grants the group to every tenant's role it makes.
  if not exists (
    select from pg_auth_members where roleid = 'rowhouse_tenant'::regrole
      and member = 'rowhouse_owner'::regrole and admin_option) then
    execute 'grant rowhouse_tenant to rowhouse_owner with admin option';
  end if;
exception
  when insufficient_privilege then
    raise insufficient_privilege using
      message = format('%s is no member of rowhouse_owner, which another role made', current_user),
      hint = format('As that role or a superuser: grant rowhouse_owner, rowhouse_gateway, rowhouse_tenant to %I with admin option;',
        current_user);
end
$$;

do $$
begin
  -- A role that can make a temporary table, domain or function can shadow ours by name. Functions of ours name
  -- pg_temp last besides, for databases whose owner will not revoke this.
  execute format('revoke temporary on database %I from public', current_database());
  -- Imports COPY into a temporary table before they take a tenant's role.
  execute format('grant connect, temporary on database %I to rowhouse_gateway', current_database());
  execute format('grant create on database %I to rowhouse_owner', current_database());
exception
  when insufficient_privilege then null;
end
$$;

do $$
begin
  execute 'revoke create on schema public from public';
exception
  when insufficient_privilege or invalid_schema_name then null;
end
$$;

do $$
begin
  if to_regnamespace('control') is null then
    execute 'create schema control authorization rowhouse_owner';
  end if;
  if to_regnamespace('rowhouse') is null then
    execute 'create schema rowhouse authorization rowhouse_owner';
  end if;
end
$$;

do $$
begin
  -- Trigram indexes, where the server has them: in a schema that nobody else can use, for an index needs no more than their operator classes.
  if exists (select from pg_available_extensions where name = 'pg_trgm')
    and not exists (select from pg_extension where extname = 'pg_trgm') then
    create schema if not exists rowhouse_trigrams authorization rowhouse_owner;
    create extension pg_trgm with schema rowhouse_trigrams;
  end if;
exception
  when insufficient_privilege then null;
end
$$;

do $$
begin
  -- Claims are believed in gateway sessions only, and those run no caller's SQL; this is the second line. Superuser only.
  if (select rolsuper from pg_roles where rolname = current_user) then
    if exists (
      select from pg_proc as p, aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) as a
      where p.oid = 'pg_catalog.set_config(text, text, boolean)'::regprocedure and a.grantee = 0) then
      revoke execute on function pg_catalog.set_config(text, text, boolean) from public;
    end if;
    if not has_function_privilege('rowhouse_gateway', 'pg_catalog.set_config(text, text, boolean)', 'execute') then
      grant execute on function pg_catalog.set_config(text, text, boolean) to rowhouse_gateway;
    end if;
  end if;
end
$$;

do $$
declare
  function_name text;
begin
  -- Advisory locks and large objects belong to no tenant: a login role could hold the installer's lock, fill the lock table, or hand
  -- data to another tenant. Superuser only.
  if (select rolsuper from pg_roles where rolname = current_user) then
    for function_name in
      select p.oid::regprocedure::text
      from pg_proc as p
      where p.pronamespace = 'pg_catalog'::regnamespace
        and (p.proname ~ '^pg_(try_)?advisory_' or p.proname in ('lo_creat', 'lo_create', 'lo_from_bytea'))
        and exists (
          select from aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) as a where a.grantee = 0)
    loop
      execute format('revoke execute on function %s from public', function_name);
      execute format('grant execute on function %s to rowhouse_owner', function_name);
    end loop;
  end if;
end
$$;
