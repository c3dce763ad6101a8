-- Who administers an app.
-- Called by: policies of tables in mode policy (administers); require_definer, with claims that have not entered.
-- Privileges: the form that speaks of the caller to anyone who may use schema rowhouse; the other to nobody but its owner.

create or replace function rowhouse.administers(tenant text, app text)
returns boolean
language plpgsql stable parallel restricted
set search_path = pg_catalog, pg_temp
as $$
begin
  return (rowhouse.principal_in(tenant)).level >= 4;
end
$$;
comment on function rowhouse.administers(text, text) is
  'Whether the caller is a principal of the tenant and administers the app: access level root.';

create or replace function rowhouse.administers(tenant text, app text, claims jsonb)
returns boolean
language plpgsql stable
set search_path = pg_catalog, pg_temp
as $$
begin
  return coalesce((claims ->> 'level')::integer, 0) >= 4;
end
$$;
comment on function rowhouse.administers(text, text, jsonb) is 'As administers(tenant, app), for claims that have been admitted.';

revoke all on function rowhouse.administers(text, text), rowhouse.administers(text, text, jsonb) from public;
grant execute on function rowhouse.administers(text, text) to rowhouse_tenant;
