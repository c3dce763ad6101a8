-- Identity: who asks, and how the gateway says so.
-- Called by: policies, triggers and generated functions (principal and its kin), the gateway (enter).
-- Privileges: readers to rowhouse_tenant and rowhouse_gateway; enter and admit to rowhouse_gateway only.
-- The one rule: a claim in a setting counts only in a session that authenticated as rowhouse_gateway. Any role can
-- SET rowhouse.claims; session_user cannot be changed by SET ROLE, and SET SESSION AUTHORIZATION needs a superuser.
-- parallel restricted: asked once, by the leader; unmarked functions would keep whole scans from running in parallel.

create or replace function rowhouse.names_of(sub text, roles text[], orgs text[])
returns text[]
language sql immutable parallel safe
set search_path = pg_catalog, pg_temp
as $$
  select coalesce(array_agg(distinct n collate "C" order by n collate "C"), '{}')
  from (
    select n from unnest(array_append(roles || orgs, sub)) as n
    union all
    -- A role held in one org names that org: user-svc:org:{ID}:role.
    select substring(r from '^user-svc:org:\{([^{}]+)\}:') from unnest(roles) as r
  ) as named
  where n <> ''
$$;
comment on function rowhouse.names_of(text, text[], text[]) is
  'The names a principal goes by in access lists: sub, roles and orgs, sorted and distinct.';

-- No SET clause: inlined.
create or replace function rowhouse.verdict_key(level text, sudo text, names jsonb, sub text)
returns text
language sql immutable parallel safe
as $$
  -- 32 bytes of sha256, because names come from tokens and md5 collisions can be made to order.
  select pg_catalog.encode(pg_catalog.sha256(pg_catalog.convert_to(
    coalesce(level, '0') operator(pg_catalog.||) coalesce(sudo, 'false') operator(pg_catalog.||)
    coalesce(names, '[]')::pg_catalog.text operator(pg_catalog.||) coalesce(sub, ''), 'UTF8')), 'hex')
$$;
comment on function rowhouse.verdict_key(text, text, jsonb, text) is
  'By what stored verdicts are found: all that they depend on. Made in the database and never taken from a claim.';

-- security definer: reads control.logins and control.tenants.
create or replace function rowhouse.principal()
returns rowhouse.principal
language plpgsql stable parallel restricted security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  claims text;
  p rowhouse.principal;
begin
  if session_user = 'rowhouse_gateway' then
    claims := current_setting('rowhouse.claims', true);
    if claims <> '' then
      p := jsonb_populate_record(null::rowhouse.principal, claims::jsonb);
    end if;
  else
    select t.slug, l.sub, l.names, l.roles || m.granted, l.orgs, l.access, false
      into p.tenant, p.sub, p.names, p.roles, p.orgs, p.level, p.sudo
      from control.logins as l
      join control.tenants as t on t.id = l.tenant_id and t.status = 'active'
      -- Recorded grants, and group roles of the tenant that the login is a member of.
      cross join lateral (
        select array(
          select r.role from control.role_members as r where r.tenant_id = t.id and r.sub = l.sub
          union
          select substr(g.rolname, length(t.slug) + 4) from pg_auth_members as a join pg_roles as g on g.oid = a.roleid
          where a.member = session_user::regrole and starts_with(g.rolname, 't_' || t.slug || '_PGREST_')) as granted
      ) as m
      where l.rolname = session_user;
    if not p.names @> p.roles then
      p.names := rowhouse.names_of(p.sub, p.roles, p.orgs);
    end if;
  end if;
  p.names := coalesce(p.names, '{}');
  p.level := coalesce(p.level, 0);
  p.sudo := coalesce(p.sudo, false);
  p.key := rowhouse.verdict_key(p.level::text, p.sudo::text, to_jsonb(p.names), p.sub);
  return p;
end
$$;
comment on function rowhouse.principal() is
  'Who asks: the claims in gateway sessions, the binding of the login role in all others, else nobody (level deny).';

create or replace function rowhouse.principal_in(tenant text)
returns rowhouse.principal
language plpgsql stable parallel restricted
set search_path = pg_catalog, pg_temp
as $$
declare
  p rowhouse.principal := rowhouse.principal();
begin
  if p.tenant is distinct from tenant then
    -- Nobody: no name, no level, no sudo. Every verdict on it is no.
    p := row(tenant, null, '{}', '{}', '{}', 0, false, 'nobody', p.rid)::rowhouse.principal;
  end if;
  return p;
end
$$;
comment on function rowhouse.principal_in(text) is
  'The principal if it belongs to this tenant, else nobody. Generated functions pass their own tenant.';

create or replace function rowhouse.claims_in(tenant text)
returns jsonb
language plpgsql stable parallel restricted
set search_path = pg_catalog, pg_temp
as $$
declare
  c jsonb;
  p rowhouse.principal;
begin
  if session_user = 'rowhouse_gateway' then
    c := nullif(current_setting('rowhouse.claims', true), '')::jsonb;
    if c ->> 'tenant' = tenant then
      return c;
    end if;
  end if;
  p := rowhouse.principal_in(tenant);
  return jsonb_build_object('sub', p.sub, 'level', p.level, 'sudo', p.sudo, 'names', p.names, 'roles', coalesce(p.roles, '{}'));
end
$$;
comment on function rowhouse.claims_in(text) is
  'The principal of this tenant, else nobody, as claims: who asks for one of them in a request need not make the whole principal (3 µs, not 15).';

create or replace function rowhouse.key_in(tenant text)
returns text
language plpgsql stable parallel restricted
set search_path = pg_catalog, pg_temp
as $$
declare
  c jsonb := rowhouse.claims_in(tenant);
begin
  -- Nobody has no key of his own: no verdict is stored for one.
  return case when c ->> 'sub' is null then 'nobody'
    else rowhouse.verdict_key(c ->> 'level', c ->> 'sudo', c -> 'names', c ->> 'sub') end;
end
$$;
comment on function rowhouse.key_in(text) is 'The key of the principal if it belongs to this tenant, else of nobody.';

create or replace function rowhouse.active_org(tenant text)
returns text
language plpgsql stable
set search_path = pg_catalog, pg_temp
as $$
declare
  p rowhouse.principal := rowhouse.principal_in(tenant);
  claimed text;
begin
  if session_user = 'rowhouse_gateway' and p.sub is not null then
    claimed := current_setting('rowhouse.claims', true)::jsonb ->> 'org';
  end if;
  return coalesce(claimed, p.orgs[1]);
end
$$;
comment on function rowhouse.active_org(text) is
  'The org the caller acts for: that of the token, else the first of its orgs; null without any.';

create or replace function rowhouse.belongs(tenant text)
returns boolean
language plpgsql stable parallel restricted
set search_path = pg_catalog, pg_temp
as $$
begin
  return rowhouse.claims_in(tenant) ->> 'sub' is not null;
end
$$;
comment on function rowhouse.belongs(text) is 'Whether the caller is a principal of this tenant.';

create or replace function rowhouse.level()
returns integer
language sql stable parallel restricted
set search_path = pg_catalog, pg_temp
as $$ select (p).level from rowhouse.principal() as p $$;
comment on function rowhouse.level() is 'Access level of the caller: 0 deny, 1 read, 2 edit, 3 full, 4 root.';

create or replace function rowhouse.is_sudo()
returns boolean
language sql stable parallel restricted
set search_path = pg_catalog, pg_temp
as $$ select (p).sudo from rowhouse.principal() as p $$;
comment on function rowhouse.is_sudo() is 'Whether the caller holds a sudo token. Login roles never do.';

create or replace function rowhouse.shows(what text)
returns boolean
language plpgsql stable parallel restricted
set search_path = pg_catalog, pg_temp
as $$
begin
  return case what
    when 'trashed' then coalesce(current_setting('rowhouse.show', true) in ('trashed', 'deleted'), false)
    when 'deleted' then coalesce(current_setting('rowhouse.show', true) = 'deleted', false) and rowhouse.is_sudo()
    else false
  end;
end
$$;
comment on function rowhouse.shows(text) is
  'Whether trashed or deleted rows take part. SET rowhouse.show = trashed is anyone''s; deleted counts with sudo only.';

create or replace function rowhouse.may_create()
returns boolean
language sql stable parallel restricted
set search_path = pg_catalog, pg_temp
as $$ select (p).sudo or (p).level >= 2 from rowhouse.principal() as p $$;
comment on function rowhouse.may_create() is 'Whether the caller may create rows in mode acl: level edit, or sudo.';

create or replace function rowhouse.may_create(tenant text)
returns boolean
language plpgsql stable parallel restricted
set search_path = pg_catalog, pg_temp
as $$
declare
  c jsonb := rowhouse.claims_in(tenant);
begin
  return coalesce((c ->> 'sudo')::boolean, false) or coalesce((c ->> 'level')::integer, 0) >= 2;
end
$$;
comment on function rowhouse.may_create(text) is 'As may_create(), and the caller belongs to this tenant.';

-- security definer: reads control.tenants, control.accounts and control.deleted_accounts.
create or replace function rowhouse.admit(tenant text, version bigint, claims text)
returns text
language plpgsql stable security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  found_tenant control.tenants;
  account_level integer;
  granted text[];
  c jsonb := claims::jsonb;
begin
  select t.* into found_tenant from control.tenants as t where t.slug = admit.tenant;
  if found_tenant.id is null or found_tenant.status <> 'active' then
    perform rowhouse.refuse('RH302', 'Access denied');
  end if;
  if found_tenant.version is distinct from admit.version then
    perform rowhouse.refuse('RH603', 'The definition changed meanwhile',
      jsonb_build_object('data', jsonb_build_object('version', found_tenant.version)));
  end if;
  -- A token older than the tenant was issued for a former one of the same name. Five seconds: clocks of issuers differ.
  if c ->> 'tenant' is distinct from admit.tenant
    or (c ->> 'iat')::numeric + 5 < extract(epoch from found_tenant.created_at) then
    perform rowhouse.refuse('RH302', 'Access denied');
  end if;
  granted := array(
    select m.role from control.role_members as m
    where m.tenant_id = found_tenant.id and m.sub = c ->> 'sub' and not coalesce(c -> 'roles' ? m.role, false));
  if granted <> '{}' then
    -- Roles held by a recorded grant count as those of the token do, here and in access lists.
    c := c || jsonb_build_object('roles', coalesce(c -> 'roles', '[]') || to_jsonb(granted),
      'names', to_jsonb(rowhouse.names_of(null, array(select jsonb_array_elements_text(c -> 'names')), granted)));
    claims := c::text;
  end if;
  select a.access into account_level
    from control.accounts as a
    where a.tenant_id = found_tenant.id and a.id::text = c ->> 'sub';
  if not found and exists (
    select from control.deleted_accounts as d where d.tenant_id = found_tenant.id and d.sub = c ->> 'sub') then
    perform rowhouse.refuse('RH302', 'Access denied');
  end if;
  if account_level < (c ->> 'level')::integer then
    -- Sudo is given to level full and root only, so an account lowered below that loses it at once.
    c := c || jsonb_build_object('level', account_level,
      'sudo', account_level >= 3 and coalesce((c ->> 'sudo')::boolean, false));
    return c::text;
  end if;
  return claims;
end
$$;
comment on function rowhouse.admit(text, bigint, text) is
  'Checks tenant, catalog version and that neither tenant nor account is a former one; the claims, with recorded roles and the level lowered to that of the account, if there is one.';

create or replace function rowhouse.enter(tenant text, version bigint, claims text, show text, intent text)
returns void
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
begin
  -- Settings first, role last: after the role is taken set_config is no longer ours to call.
  perform set_config('rowhouse.claims', rowhouse.admit(tenant, version, claims), true),
    set_config('rowhouse.show', coalesce(show, 'live'), true),
    set_config('rowhouse.intent', coalesce(intent, 'edit'), true);
  perform set_config('role', 't_' || tenant, true);
end
$$;
comment on function rowhouse.enter(text, bigint, text, text, text) is
  'Opens a request: claims, show, intent and the tenant''s role, all until the end of the transaction. Gateway only.';

revoke all on function
  rowhouse.names_of(text, text[], text[]), rowhouse.verdict_key(text, text, jsonb, text), rowhouse.principal(),
  rowhouse.principal_in(text), rowhouse.claims_in(text), rowhouse.key_in(text), rowhouse.active_org(text),
  rowhouse.belongs(text), rowhouse.level(), rowhouse.is_sudo(), rowhouse.shows(text), rowhouse.may_create(), rowhouse.may_create(text),
  rowhouse.admit(text, bigint, text), rowhouse.enter(text, bigint, text, text, text)
from public;
grant execute on function
  rowhouse.principal(), rowhouse.principal_in(text), rowhouse.claims_in(text), rowhouse.belongs(text), rowhouse.level(),
  rowhouse.is_sudo(), rowhouse.shows(text),
  rowhouse.may_create(), rowhouse.may_create(text)
to rowhouse_tenant, rowhouse_gateway;
grant execute on function
  rowhouse.admit(text, bigint, text), rowhouse.enter(text, bigint, text, text, text)
to rowhouse_gateway;
