-- What tables hold, as Postgres itself estimates it.
-- Called by: the gateway, for replies about an app (services.ts).
-- Privileges: rowhouse_gateway; it is told the claims.

-- security definer: reads the control schema.
create or replace function rowhouse.measure(tenant text, version bigint, claims text, app text)
returns json
language plpgsql stable security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  c jsonb := rowhouse.admit(tenant, version, claims)::jsonb;
  shown boolean := rowhouse.administers(tenant, app, c);
begin
  perform rowhouse.require_app_right(coalesce((c ->> 'level')::integer, 0) >= 1, 'inspect');
  return (
    select json_build_object(
      'full', shown,
      'tables', coalesce((
        select json_agg(json_build_object('id', r.id,
          -- Live tuples are counted as they are written; a server that crashed has lost the count.
          'rows', case when shown then
            coalesce(nullif(pg_stat_get_live_tuples(p.oid), 0), greatest(p.reltuples, 0)::bigint, 0) end,
          'bytes', case when shown then coalesce(pg_total_relation_size(p.oid), 0) end,
          'indexes', (select count(*) from pg_index as i where i.indrelid = p.oid)) order by r.id)
        from control.relations as r
        left join pg_class as p on p.oid = to_regclass(format('%I.%I', 't_' || t.slug, r.physical))
        where r.tenant_id = t.id and r.app = measure.app and r.active), '[]'),
      'lastOperations', coalesce((
        select json_object_agg(o.datasource, o.last) from (
          select c.datasource, rowhouse.json_time(max(c.changed_at)) as last
          from (
            select r.datasource, r.updated_at as changed_at from control.relations as r
              where r.tenant_id = t.id and r.app = measure.app
            union all
            -- Of tables that are gone this is all there is.
            select coalesce(o.datasource, ''), o.created_at from control.operations as o
              where o.tenant_id = t.id and o.app = measure.app and o.status = 'done' and o.forward_sql <> '{}') as c
          group by 1) as o), '{}'))
    from control.tenants as t
    where t.slug = measure.tenant);
end
$$;
comment on function rowhouse.measure(text, bigint, text, text) is
  'Rows, bytes and indexes of the tables of an app, and when each of its datasources last changed, as an AppMeasures of model/app.ts. Rows and bytes are null for whoever does not administer the app.';

revoke all on function rowhouse.measure(text, bigint, text, text) from public;
grant execute on function rowhouse.measure(text, bigint, text, text) to rowhouse_gateway;
