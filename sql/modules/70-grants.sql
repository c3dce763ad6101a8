-- Verbs by role, for access mode grants.
-- Called by: policies of tables in mode grants that were made before their tenant had _rowhouse_may; may_view.
-- Privileges: anyone who may use schema rowhouse; it speaks of the caller only.

-- security definer: reads _rowhouse_grants of the caller's tenant.
create or replace function rowhouse.may(relation integer, verb text)
returns boolean
language plpgsql stable parallel restricted security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  p rowhouse.principal := rowhouse.principal();
  held boolean;
begin
  if p.tenant is null then
    return false;
  end if;
  if p.level >= 4 then
    return true;
  end if;
  execute format(
    'select exists (select from %I._rowhouse_grants as g
       where g.role = any ($1) and g.verb = $2 and (g.relation = $3 or g.relation is null))', 't_' || p.tenant)
    into held using p.roles, verb, relation;
  return held;
end
$$;
comment on function rowhouse.may(integer, text) is
  'Whether a role of the caller holds select, insert, update or delete on the relation, or on all. Level root holds all.';

revoke all on function rowhouse.may(integer, text) from public;
grant execute on function rowhouse.may(integer, text) to rowhouse_tenant;

-- security definer: reads the control schema and the tenant's grants.
create or replace function rowhouse.require_verb(tenant text, version bigint, claims text, verb text)
returns void
language plpgsql stable security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  c jsonb := rowhouse.admit(tenant, version, claims)::jsonb;
  held boolean := coalesce((c ->> 'level')::integer, 0) >= 4;
begin
  if not held then
    execute format('select exists (select from %I._rowhouse_grants as g
      where g.relation is null and g.verb = $1 and $2 ? g.role)', 't_' || tenant)
      into held using verb, c -> 'roles';
  end if;
  if not held then
    perform rowhouse.refuse('RH309', 'A role that may do this is required', jsonb_build_object('reason', verb));
  end if;
end
$$;
comment on function rowhouse.require_verb(text, bigint, text, text) is
  'As _rowhouse_require(verb) of the tenant, for claims that have not entered: before definitions and before refusals of other kinds. Gateway and owner only.';

create or replace function rowhouse.holds_all(tenant text, roles text[])
returns boolean
language sql stable
set search_path = pg_catalog, pg_temp
as $$
  select p.sub is not null
    and (p.roles || case when p.level >= 4 then '{PGREST_ADMIN}'::text[] end) @> holds_all.roles
  from rowhouse.principal_in(holds_all.tenant) as p
$$;
comment on function rowhouse.holds_all(text, text[]) is
  'Whether the caller is a principal of the tenant and holds every one of the roles. Level root counts as PGREST_ADMIN.';

-- security definer: reads the control schema.
create or replace function rowhouse.may_view(tenant text, relation integer)
returns boolean
language sql stable security definer
set search_path = pg_catalog, pg_temp
as $$
  select coalesce(rowhouse.may(null, 'view') and rowhouse.holds_all(may_view.tenant, array(
      select jsonb_array_elements_text(r.view -> 'rules'))), false)
  from control.relations as r join control.tenants as t on t.id = r.tenant_id
  where t.slug = may_view.tenant and r.id = may_view.relation
$$;
comment on function rowhouse.may_view(text, integer) is
  'Whether the caller may read views, and holds every role that the rules of this one name at this moment.';

create or replace function rowhouse.require_view(tenant text, relation integer)
returns void
language plpgsql stable
set search_path = pg_catalog, pg_temp
as $$
begin
  if not coalesce(rowhouse.may_view(tenant, relation), false) then
    perform rowhouse.refuse('RH310', 'A view needs roles that are not held');
  end if;
end
$$;
comment on function rowhouse.require_view(text, integer) is 'Refuses unless the caller may read the view.';

revoke all on function
  rowhouse.require_verb(text, bigint, text, text), rowhouse.holds_all(text, text[]),
  rowhouse.may_view(text, integer), rowhouse.require_view(text, integer)
from public;
grant execute on function
  rowhouse.holds_all(text, text[]), rowhouse.may_view(text, integer), rowhouse.require_view(text, integer)
to rowhouse_tenant;
grant execute on function rowhouse.require_verb(text, bigint, text, text) to rowhouse_gateway;
