-- Rights that a route asks of its caller, whatever it does then: verbs over all relations, and what is about apps.
-- Called by: statements of the service (require_right).
-- Privileges: what speaks of the caller to rowhouse_tenant; what is told the claims to rowhouse_gateway.

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
  end case;
end
$$;
comment on function rowhouse.require_right(text, text) is
  'Refuses unless the caller has the right of model/role.ts that no grant gives; app is the one addressed, if any. First in the transaction of a request that asks for it.';

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
      perform rowhouse.require_app_right(rowhouse.administers(tenant, app, c), "right");
    else perform rowhouse.require_verb(tenant, version, claims, "right");
  end case;
end
$$;
comment on function rowhouse.require_right(text, bigint, text, text, text) is
  'As require_right(right, app), for claims that have not entered: before definitions and before refusals of other kinds. Gateway and owner only.';

revoke all on function
  rowhouse.require_app_right(boolean, text), rowhouse.require_right(text, text),
  rowhouse.require_right(text, bigint, text, text, text)
from public;
grant execute on function rowhouse.require_app_right(boolean, text), rowhouse.require_right(text, text) to rowhouse_tenant;
grant execute on function rowhouse.require_right(text, bigint, text, text, text) to rowhouse_gateway;
