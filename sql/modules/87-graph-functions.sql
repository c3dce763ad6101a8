-- Graphs for people in psql: by names of tables, with keys as text.
-- Called by: graph_reach, graph_path, tree_descendants and tree_ancestors of a tenant's schema.
-- Privileges: rowhouse_tenant. All but graph_of run as the caller.

-- security definer: reads the control schema. It tells nothing of rows.
create or replace function rowhouse.graph_of(tenant text, logical text)
returns jsonb
language plpgsql stable security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  r control.relations;
  edges text;
begin
  if (rowhouse.principal_in(tenant)).sub is null then
    perform rowhouse.refuse('RH302', 'Access denied');
  end if;
  r := rowhouse.relation_of(tenant, logical);
  if r.graph is null or (r.graph ->> 'edges')::boolean then
    perform rowhouse.refuse('RH204', format('The rows of ''%s'' are not nodes of a graph', logical),
      jsonb_build_object('table', logical, 'reason', 'graph'));
  elsif r.graph ? 'selfReference' then
    return jsonb_build_object('nodes', format('%I.%I', 't_' || tenant, r.physical), 'key', r.key[1],
      'parent', r.graph -> 'selfReference', 'type', r.graph #> '{types,0,name}');
  end if;
  select e.physical into edges
    from control.relations as e
    join control.refs as f on f.tenant_id = e.tenant_id and f.relation_id = e.id
    where e.tenant_id = r.tenant_id and (e.graph ->> 'edges')::boolean
      and f.definition -> 'target' = jsonb_build_object('app', r.app, 'name', r.name)
    limit 1;
  return jsonb_build_object('nodes', format('%I.%I', 't_' || tenant, r.physical), 'key', r.key[1],
    'edges', format('%I.%I', 't_' || tenant, edges));
end
$$;
comment on function rowhouse.graph_of(text, text) is 'The graph of a table, as 85-graph.sql takes it.';

create or replace function rowhouse.key_type(graph jsonb)
returns text
language sql stable
set search_path = pg_catalog, pg_temp
as $$
  select format_type(a.atttypid, null) from pg_attribute as a
  where a.attrelid = (graph ->> 'nodes')::regclass and a.attname = graph ->> 'key'
$$;
comment on function rowhouse.key_type(jsonb) is 'The type of the key of the nodes.';

create or replace function rowhouse.graph_reach(
  tenant text, logical text, node text, direction text, depth integer, types text[])
returns table (key text, distance integer)
language plpgsql stable
set search_path = pg_catalog, pg_temp
as $$
declare
  graph jsonb := rowhouse.graph_of(tenant, logical);
begin
  return query execute format(
    'select r.node::text, r.distance from rowhouse.reach($1, array[$2::%1$s], $3, $4, $5, 1000000) as r order by r.distance, r.node',
    rowhouse.key_type(graph)) using graph, node, direction, depth, types;
end
$$;
comment on function rowhouse.graph_reach(text, text, text, text, integer, text[]) is
  'The nodes reached from one, nearest first, itself included.';

create or replace function rowhouse.graph_path(
  tenant text, logical text, source text, target text, direction text, types text[], weight text, depth integer)
returns table (place integer, key text, edge json, cost numeric)
language plpgsql stable
set search_path = pg_catalog, pg_temp
as $$
declare
  graph jsonb := rowhouse.graph_of(tenant, logical);
begin
  return query execute format(
    'select p.place, p.node::text, p.edge, p.cost from rowhouse.path($1, array[$2, $3]::%1$s[], $4, $5, $6, $7, 1000000) as p order by p.place',
    rowhouse.key_type(graph)) using graph, source, target, direction, depth, types, weight;
end
$$;
comment on function rowhouse.graph_path(text, text, text, text, text, text[], text, integer) is
  'A shortest path, or the cheapest by a number of the metadata of edges.';

revoke all on function
  rowhouse.graph_of(text, text), rowhouse.key_type(jsonb),
  rowhouse.graph_reach(text, text, text, text, integer, text[]),
  rowhouse.graph_path(text, text, text, text, text, text[], text, integer)
from public;
grant execute on function
  rowhouse.graph_of(text, text), rowhouse.key_type(jsonb),
  rowhouse.graph_reach(text, text, text, text, integer, text[]),
  rowhouse.graph_path(text, text, text, text, text, text[], text, integer)
to rowhouse_tenant;
