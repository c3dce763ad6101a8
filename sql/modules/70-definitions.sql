-- Definitions: reading the model, and who may change it.
-- Called by: catalog/load.ts on gateway connections (catalog); service/define.ts as rowhouse_owner (require_definer).
-- Privileges: catalog to rowhouse_gateway; require_definer to nobody but its owner.

create or replace function rowhouse.policies(tenant_id integer)
returns json
language sql stable
set search_path = pg_catalog, pg_temp
as $$
  select coalesce(json_agg(p.body || jsonb_build_object('app', p.app, 'id', p.id, 'enabled', p.enabled,
      'createdAt', rowhouse.json_time(p.created_at), 'createdBy', p.created_by,
      'updatedAt', rowhouse.json_time(p.updated_at), 'updatedBy', p.updated_by)
    order by p.app, p.id collate "C"), '[]')
  from control.policies as p
  where p.tenant_id = policies.tenant_id
$$;
comment on function rowhouse.policies(integer) is 'The policies of a tenant as in model/policy.ts.';

create or replace function rowhouse.apps(tenant_id integer)
returns json
language sql stable
set search_path = pg_catalog, pg_temp
as $$
  select coalesce(json_agg(json_build_object(
      'id', a.id, 'slug', a.slug, 'name', a.name, 'description', a.description, 'settings', a.settings,
      'active', a.active, 'createdBy', a.created_by, 'modifiedBy', a.modified_by,
      'createdAt', rowhouse.json_time(a.created_at), 'updatedAt', rowhouse.json_time(a.updated_at),
      'datasources', coalesce((
        select json_agg(json_build_object('id', d.id, 'slug', d.slug, 'name', d.name, 'provider', d.provider,
          'config', d.config, 'description', d.description, 'active', d.active, 'deactivatedWith', d.deactivated_with,
          'createdAt', rowhouse.json_time(d.created_at), 'updatedAt', rowhouse.json_time(d.updated_at)) order by d.id)
        from control.datasources as d
        where d.tenant_id = a.tenant_id and d.app = a.slug), '[]'),
      'roles', coalesce((
        select json_agg(json_build_object('name', r.name, 'parent', r.parent,
          'members', coalesce((
            select json_agg(m.sub order by m.sub collate "C") from control.app_members as m
            where m.tenant_id = r.tenant_id and m.app = r.app and m.role = r.name), '[]'))
          order by r.created_at, r.name collate "C")
        from control.app_roles as r
        where r.tenant_id = a.tenant_id and r.app = a.slug), '[]')) order by a.id), '[]')
  from control.apps as a
  where a.tenant_id = apps.tenant_id
$$;
comment on function rowhouse.apps(integer) is 'The apps of a tenant as in model/app.ts.';

-- security definer: reads the control schema.
create or replace function rowhouse.catalog(tenant text)
returns json
language sql stable security definer
set search_path = pg_catalog, pg_temp
as $$
  select json_build_object(
    'tenant', t.slug,
    'schema', 't_' || t.slug,
    'version', t.version,
    'tables', coalesce((
      select json_agg(json_build_object(
        'id', r.id, 'uuid', r.uuid, 'app', r.app, 'datasource', r.datasource, 'name', r.name,
        'schema', 't_' || t.slug, 'physical', r.physical, 'kind', r.kind, 'provider', r.provider,
        'access', r.access, 'status', r.status, 'features', r.features, 'freeze', r.freeze, 'sudo', r.sudo,
        'key', r.key, 'description', r.description, 'extra', r.extra,
        'uniques', r.uniques, 'endpoints', r.endpoints, 'path', r.path, 'view', r.view,
        'active', nullif(r.active, true), 'deactivatedWith', r.deactivated_with, 'suspended', r.suspended,
        'materialized', nullif(r.materialized, true), 'indexes', r.indexes, 'search', r.search, 'graph', r.graph,
        'document', r.document, 'holder', r.holder, 'policy', r.policy,
        'createdAt', rowhouse.json_time(r.created_at), 'updatedAt', rowhouse.json_time(r.updated_at),
        'columns', coalesce((
          select json_agg(c.definition || jsonb_build_object(
            'id', c.id, 'name', c.name,
            'createdAt', rowhouse.json_time(c.created_at), 'updatedAt', rowhouse.json_time(c.updated_at))
            order by c.position)
          from control.columns as c
          where c.tenant_id = r.tenant_id and c.relation_id = r.id), '[]'),
        'references', coalesce((
          select json_agg(f.definition || jsonb_build_object('name', f.name) order by f.position)
          from control.refs as f
          where f.tenant_id = r.tenant_id and f.relation_id = r.id), '[]'))
        order by r.id)
      from control.relations as r
      where r.tenant_id = t.id), '[]'),
    'enums', coalesce((
      select json_agg(json_build_object('name', e.name, 'values', e.values) order by e.name)
      from control.enums as e where e.tenant_id = t.id), '[]'),
    'roles', coalesce((
      select json_agg(json_build_object('id', o.id, 'name', o.name, 'description', o.description,
        'createdAt', rowhouse.json_time(o.created_at), 'createdBy', o.created_by,
        'updatedAt', rowhouse.json_time(o.updated_at), 'updatedBy', o.updated_by,
        'members', coalesce((
          select json_agg(m.sub order by m.sub collate "C") from control.role_members as m
          where m.tenant_id = o.tenant_id and m.role = o.name), '[]')) order by o.created_at, o.name collate "C")
      from control.roles as o where o.tenant_id = t.id), '[]'),
    'apps', rowhouse.apps(t.id),
    'policies', rowhouse.policies(t.id))
  from control.tenants as t
  where t.slug = catalog.tenant and t.status = 'active'
$$;
comment on function rowhouse.catalog(text) is
  'All definitions of an active tenant as a Catalog of model/catalog.ts; null when there is no such tenant.';

create or replace function rowhouse.require_definer(
  tenant text, version bigint, claims text, relation integer, access text, switches_only boolean, force boolean,
  app text)
returns void
language plpgsql stable
set search_path = pg_catalog, pg_temp
as $$
declare
  c jsonb := rowhouse.admit(tenant, version, claims)::jsonb;
  level integer := coalesce((c ->> 'level')::integer, 0);
  sudo boolean := coalesce((c ->> 'sudo')::boolean, false);
  frozen boolean := false;
  guarded boolean := false;
  label text;
begin
  select r.freeze, r.sudo, r.name into frozen, guarded, label
    from control.relations as r
    join control.tenants as t on t.id = r.tenant_id
    where t.slug = require_definer.tenant and r.id = require_definer.relation;
  if not (case require_definer.access
      when 'grants' then level >= 4 or c -> 'roles' ? 'PGREST_ADMIN'
      -- Tables of objects come into being by their first row: whoever may make a row may make one.
      when 'lists' then level >= case when require_definer.relation is null then 2 else 3 end
      when 'policy' then rowhouse.administers(tenant, app, c)
      else level >= 3 end) then
    perform rowhouse.refuse('RH303', 'Insufficient permissions to change definitions',
      jsonb_build_object('reason', 'define'));
  end if;
  if (frozen or guarded or force) and not sudo then
    perform rowhouse.refuse('RH304', 'This change of a definition needs a sudo token',
      jsonb_build_object('table', label, 'reason', 'define'));
  end if;
  if frozen and not switches_only then
    perform rowhouse.refuse('RH403', format('Table ''%s'' is frozen', label),
      jsonb_build_object('table', label, 'reason', 'define'));
  end if;
end
$$;
comment on function rowhouse.require_definer(text, bigint, text, integer, text, boolean, boolean, text) is
  'Refuses unless the claims may make this change: level full (mode grants: PGREST_ADMIN or root; mode policy: administrators of the app), sudo where asked.';

revoke all on function rowhouse.policies(integer), rowhouse.apps(integer), rowhouse.catalog(text),
  rowhouse.require_definer(text, bigint, text, integer, text, boolean, boolean, text) from public;
grant execute on function rowhouse.catalog(text) to rowhouse_gateway;
