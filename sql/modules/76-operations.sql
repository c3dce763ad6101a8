-- Schema operations for those who manage tables.
-- Called by: the gateway (services.ts). Privileges: rowhouse_gateway; it is told the claims.

-- security definer: reads the control schema.
create or replace function rowhouse.operations(
  tenant text, version bigint, claims text, relation integer, operation text, most integer)
returns json
language plpgsql stable security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  c jsonb := rowhouse.admit(tenant, version, claims)::jsonb;
  shown boolean;
begin
  perform rowhouse.require_app_right(coalesce((c ->> 'level')::integer, 0) >= 1, 'inspect');
  select rowhouse.administers(tenant, r.app, c) into shown
    from control.relations as r join control.tenants as t on t.id = r.tenant_id
    where t.slug = operations.tenant and r.id = operations.relation;
  return (
    select coalesce(json_agg(json_build_object(
      'id', o.uuid, 'kind', o.kind, 'principal', o.principal, 'status', o.status, 'changes', o.changes,
      'phase', o.position, 'phases', jsonb_array_length(o.phases),
      'forward', case when shown then o.forward_sql end, 'reverse', case when shown then o.rollback_sql end,
      'error', o.error, 'createdAt', rowhouse.json_time(o.created_at), 'finishedAt', rowhouse.json_time(o.finished_at))
      order by o.id desc), '[]')
    from (
      select q.* from control.operations as q join control.tenants as t on t.id = q.tenant_id
      where t.slug = operations.tenant and q.relation_id = operations.relation
        and (operations.operation is null or q.uuid::text = lower(operations.operation))
      order by q.id desc limit operations.most) as o);
end
$$;
comment on function rowhouse.operations(text, bigint, text, integer, text, integer) is
  'Operations on a table, newest first, as SchemaOperation of model/operation.ts; one by its id where that is given. The SQL is for administrators of its app.';

revoke all on function rowhouse.operations(text, bigint, text, integer, text, integer) from public;
grant execute on function rowhouse.operations(text, bigint, text, integer, text, integer) to rowhouse_gateway;
