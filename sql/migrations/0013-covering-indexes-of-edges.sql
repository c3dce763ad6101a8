-- The indexes of edge tables carry the other end and _xact, so that a traversal reads them alone. Tables made before get theirs anew
-- here; writers of a graph wait while its two indexes are built.
-- Run by the installer as rowhouse_owner, who owns these tables.

do $$
declare
  e record;
  stamp text;
begin
  for e in
    select 't_' || t.slug as schema_name, r.physical, r.id
    from control.relations as r join control.tenants as t on t.id = r.tenant_id
    where (r.graph ->> 'edges')::boolean and to_regclass(format('%I.%I', 't_' || t.slug, r.physical)) is not null
  loop
    execute format('drop index if exists %I.%I', e.schema_name, 'from_id_edge_' || e.id);
    execute format('drop index if exists %I.%I', e.schema_name, 'to_id_edge_' || e.id);
    -- Only where a policy looks at it.
    stamp := coalesce((select ', _xact' from pg_attribute
      where attrelid = format('%I.%I', e.schema_name, e.physical)::regclass and attname = '_xact' and not attisdropped), '');
    execute format('create index %I on %I.%I (from_id, type) include (to_id%s)', 'from_id_edge_' || e.id, e.schema_name, e.physical, stamp);
    execute format('create index %I on %I.%I (to_id, type) include (from_id%s)', 'to_id_edge_' || e.id, e.schema_name, e.physical, stamp);
  end loop;
end
$$;
