-- Verbs by role, for access mode grants.
-- Called by: policies of tables in mode grants.
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
