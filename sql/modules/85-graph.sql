-- Traversal of graphs, level by level.
-- Called by: generated traverse, path and read statements; the functions graph_reach, graph_path, tree_descendants and
-- tree_ancestors of a tenant's schema.
-- Privileges: rowhouse_tenant. All run as the caller, so the policies of nodes and edges decide: what is hidden is not passed through.
-- A graph is told as {"nodes", "key", "edges"}: tables as quoted names; or {"nodes", "key", "parent", "type"} where a column refers
-- to the parent. An edge points from child to parent: 'descendants' follow it against, 'ancestors' along its direction.
-- Every level is one statement of known shape. Its arrays reach it through sub-selects, any((select $1)::integer[]): seen as
-- constants, the planner would weigh every element, and as unnest() it would join (0.6 s against 1.9 for 200,000 nodes over a
-- million edges). Only what has been visited is a constant, in an expression that is no condition: nothing is weighed there, and
-- Postgres hashes the array (0.48 s). jit off: the estimates invite it and it costs more than the levels.
-- Where the policy of edges looks both ends up, reach, walk, paths, followed and path hand over to 88-graph-shown.sql, which calls
-- them again with a graph that has "node_condition" and "edge_condition": see there.

create or replace function rowhouse.nodes_text(graph jsonb)
returns text
language plpgsql stable
set search_path = pg_catalog, pg_temp
as $$
begin
  return case when graph ? 'node_condition'
    then format('(select * from %s where %s)', (graph ->> 'nodes')::regclass, graph ->> 'node_condition')
    else format('%s', (graph ->> 'nodes')::regclass) end;
end
$$;
comment on function rowhouse.nodes_text(jsonb) is 'The nodes the caller sees: a table or a sub-select.';

create or replace function rowhouse.open_edges_text(graph jsonb, direction text)
returns text
language plpgsql stable
set search_path = pg_catalog, pg_temp
as $$
declare
  nodes text := (graph ->> 'nodes')::regclass;
  edges text := (graph ->> 'edges')::regclass;
begin
  if direction = 'both' then
    return format('(select * from %s as d union all select * from %s as a)',
      rowhouse.open_edges_text(graph, 'descendants'), rowhouse.open_edges_text(graph, 'ancestors'));
  elsif direction not in ('descendants', 'ancestors') or direction is null then
    perform rowhouse.refuse('RH100', 'A direction is descendants, ancestors or both', '{"field": "direction"}');
  end if;
  if edges is not null then
    if graph ? 'edge_condition' then
      edges := format('(select * from %s where %s)', edges, graph ->> 'edge_condition');
    end if;
    return format('(select %s as near, %s as far, e.type, %L::boolean as outgoing, e.id::text as id, e.metadata from %s as e)',
      case direction when 'ancestors' then 'e.from_id' else 'e.to_id' end,
      case direction when 'ancestors' then 'e.to_id' else 'e.from_id' end,
      direction = 'ancestors', edges);
  elsif direction = 'descendants' then
    -- Whoever asks has come from the parent, and so sees it.
    return format('(select e.%1$I as near, e.%2$I as far, %3$L::text as type, false as outgoing, e.%2$I::text as id, ''{}''::jsonb as metadata from %4$s as e)',
      graph ->> 'parent', graph ->> 'key', graph ->> 'type', nodes);
  end if;
  return format('(select e.%2$I as near, p.%2$I as far, %3$L::text as type, true as outgoing, e.%2$I::text as id, ''{}''::jsonb as metadata from %4$s as e join %4$s as p on p.%2$I = e.%1$I)',
    graph ->> 'parent', graph ->> 'key', graph ->> 'type', nodes);
end
$$;
comment on function rowhouse.open_edges_text(jsonb, text) is
  'As edges_text, of nodes the caller sees; whether it sees the far ends too is asked by who follows them, once a node.';

create or replace function rowhouse.edges_text(graph jsonb, direction text)
returns text
language plpgsql stable
set search_path = pg_catalog, pg_temp
as $$
declare
  edges text := rowhouse.open_edges_text(graph, direction);
begin
  return case when graph ? 'node_condition'
    then format('(select o.* from %s as o where exists (select from %s as n where n.%I = o.far))', edges, rowhouse.nodes_text(graph), graph ->> 'key')
    else edges end;
end
$$;
comment on function rowhouse.edges_text(jsonb, text) is
  'A sub-select of the edges that a direction follows: near, far, type, outgoing, id (as text), metadata.';

create or replace function rowhouse.edge_json(graph jsonb, edge text)
returns text
language plpgsql stable
set search_path = pg_catalog, pg_temp
as $$
begin
  return format('json_build_object(''id'', %1$s, ''from_id'', case when %2$s.outgoing then %2$s.near else %2$s.far end,
    ''to_id'', case when %2$s.outgoing then %2$s.far else %2$s.near end, ''type'', %2$s.type, ''metadata'', %2$s.metadata)',
    case when graph ? 'edges' then edge || '.id'
      else format('case when %1$s.outgoing then %1$s.near else %1$s.far end', edge) end, edge);
end
$$;
comment on function rowhouse.edge_json(jsonb, text) is 'An expression: the edge of this alias, of edges_text, as JSON.';

create or replace function rowhouse.too_many(what text, most integer)
returns void
language plpgsql stable
set search_path = pg_catalog, pg_temp
as $$
begin
  perform rowhouse.refuse('RH107', format('The traversal meets more than %s %s', most, what),
    jsonb_build_object('reason', what, 'data', jsonb_build_object('cap', most)),
    'Follow fewer levels or types, or begin further down.');
end
$$;
comment on function rowhouse.too_many(text, integer) is 'Refuses a traversal that grows beyond its limit; none is ever cut.';

create or replace function rowhouse.visible_nodes(graph jsonb, keys anyarray)
returns anyarray
language plpgsql stable
set search_path = pg_catalog, pg_temp
set jit = off
as $$
declare
  seen keys%type;
begin
  execute format('select array(select n.%1$I from %2$s as n where n.%1$I = any((select $1)::%3$s))',
    graph ->> 'key', rowhouse.nodes_text(graph), pg_typeof(keys))
    into seen using keys;
  return seen;
end
$$;
comment on function rowhouse.visible_nodes(jsonb, anyarray) is 'Those of the keys whose rows the caller sees.';

create or replace function rowhouse.reach(
  graph jsonb, roots anyarray, direction text, depth integer, types text[], most integer)
returns table (node anyelement, distance integer)
language plpgsql stable
set search_path = pg_catalog, pg_temp
set jit = off
as $$
declare
  step text := format(
    'select array(select m.far from (
       select case when e.far <> all ($2) then e.far end as far
       from %1$s as e where e.near = any((select $1)::%2$s) and ($3 is null or e.type = any($3)) offset 0) as m
     where m.far is not null group by m.far)',
    rowhouse.open_edges_text(graph, direction), pg_typeof(roots));
  frontier roots%type;
  visited roots%type;
  level integer := 0;
begin
  if rowhouse.looks_ends_up(graph) then
    return query select r.node, r.distance from rowhouse.shown_reach(graph, roots, direction, depth, types, most) as r;
    return;
  end if;
  frontier := rowhouse.visible_nodes(graph, roots);
  visited := frontier;
  loop
    if cardinality(visited) > most then
      perform rowhouse.too_many('nodes', most);
    end if;
    return query select f, level from unnest(frontier) as f;
    exit when level >= depth or cardinality(frontier) = 0;
    execute step into frontier using frontier, visited, types;
    if graph ? 'node_condition' then
      frontier := rowhouse.visible_nodes(graph, frontier);
    end if;
    visited := visited || frontier;
    level := level + 1;
  end loop;
end
$$;
comment on function rowhouse.reach(jsonb, anyarray, text, integer, text[], integer) is
  'Every node reached from the roots, once, with its distance from the nearest of them; roots included. depth null: as far as there are edges.';

create or replace function rowhouse.walk(
  graph jsonb, roots anyarray, direction text, depth integer, types text[], most integer, apart boolean)
returns table (root integer, node anyelement, distance integer, type text, outgoing boolean, trail text)
language plpgsql stable
set search_path = pg_catalog, pg_temp
set jit = off
as $$
declare
  -- offset 0: one probe of the edges for each node of the frontier, not a join with all of them.
  step text := format(
    'select array_agg(x.root), array_agg(x.far), array_agg(x.type), array_agg(x.outgoing),
       array_agg(x.before || to_char(x.rank, ''FM000000000'')), array_agg(x.first)
     from (
       select s.root, e.far, e.type, e.outgoing,
         min(min(s.trail collate "C")) over (partition by s.root, e.far) as before,
         dense_rank() over (order by e.far) as rank,
         row_number() over (partition by s.root, e.far) = 1 as first
       from unnest($1, $2, $3) as s (root, node, trail)
       cross join lateral (
         select x.far, x.type, x.outgoing from %1$s as x where x.near = s.node and ($6 is null or x.type = any($6)) offset 0) as e
       where not exists (select from unnest($4, $5) as v (root, node) where v.root = s.root and v.node = e.far)
       group by s.root, e.far, e.type, e.outgoing
       limit $7) as x',
    rowhouse.edges_text(graph, direction));
  shown roots%type;
  found_roots integer[];
  found_nodes roots%type;
  found_types text[];
  found_ways boolean[];
  found_trails text[];
  first boolean[];
  at_roots integer[];
  at_nodes roots%type;
  at_trails text[];
  seen_roots integer[];
  seen_nodes roots%type;
  level integer := 0;
begin
  if rowhouse.looks_ends_up(graph) then
    return query select w.root, w.node, w.distance, w.type, w.outgoing, w.trail
      from rowhouse.shown_walk(graph, roots, direction, depth, types, most, apart) as w;
    return;
  end if;
  shown := rowhouse.visible_nodes(graph, roots);
  select array_agg(case when apart then r.place else 1 end), array_agg(r.key), array_agg(to_char(r.place, 'FM000000000')) into at_roots, at_nodes, at_trails
    from unnest(roots) with ordinality as r (key, place) where r.key = any (shown);
  seen_roots := at_roots;
  seen_nodes := at_nodes;
  return query select r.root, r.node, 0, null::text, null::boolean, r.trail
    from unnest(at_roots, at_nodes, at_trails) as r (root, node, trail);
  while level < depth and cardinality(at_roots) > 0 loop
    execute step into found_roots, found_nodes, found_types, found_ways, found_trails, first
      using at_roots, at_nodes, at_trails, seen_roots, seen_nodes, types, most + 1;
    level := level + 1;
    select array_agg(f.root), array_agg(f.node), array_agg(f.trail) into at_roots, at_nodes, at_trails
      from unnest(found_roots, found_nodes, found_trails, first) as f (root, node, trail, first) where f.first;
    seen_roots := seen_roots || at_roots;
    seen_nodes := seen_nodes || at_nodes;
    if cardinality(seen_nodes) > most or cardinality(found_nodes) > most then
      perform rowhouse.too_many('nodes', most);
    end if;
    return query select f.root, f.node, level, f.type, f.outgoing, f.trail
      from unnest(found_roots, found_nodes, found_types, found_ways, found_trails) as f (root, node, type, outgoing, trail);
  end loop;
end
$$;
comment on function rowhouse.walk(jsonb, anyarray, text, integer, text[], integer, boolean) is
  'For each root, by its place (apart), or for all as one, the nodes reached at their least distance: a row for every type and way by which a node is reached there. trail sorts depth first: the first of the shortest ways by keys.';

create or replace function rowhouse.paths(
  graph jsonb, roots anyarray, direction text, depth integer, types text[], most integer)
returns table (place integer, node anyelement, distance integer, type text, outgoing boolean)
language plpgsql stable
set search_path = pg_catalog, pg_temp
set jit = off
as $$
declare
  places integer;
begin
  if rowhouse.looks_ends_up(graph) then
    return query select p.place, p.node, p.distance, p.type, p.outgoing
      from rowhouse.shown_paths(graph, roots, direction, depth, types, most) as p;
    return;
  end if;
  -- The limit stops the recursion itself: a path beyond it is never made.
  return query execute format(
    'with recursive walk (root, node, distance, type, outgoing, path) as (
       select r.place, n.%1$I, 0, null::text, null::boolean, array[n.%1$I]
       from unnest($1) with ordinality as r (key, place) join %2$s as n on n.%1$I = r.key
       union all
       select w.root, e.far, w.distance + 1, e.type, e.outgoing, w.path || e.far
       from walk as w
       cross join lateral (
         select x.far, x.type, x.outgoing from %3$s as x where x.near = w.node and ($3 is null or x.type = any($3)) offset 0) as e
       where w.distance < $2 and e.far <> all (w.path))
     search depth first by root, node, type, outgoing set trail
     select (row_number() over (order by f.trail))::integer, f.node, f.distance, f.type, f.outgoing
     from (select w.node, w.distance, w.type, w.outgoing, w.trail from walk as w limit $4) as f',
    graph ->> 'key', rowhouse.nodes_text(graph), rowhouse.edges_text(graph, direction))
    using roots, depth, types, most::bigint + 1;
  get diagnostics places = row_count;
  if places > most then
    perform rowhouse.too_many('nodes', most);
  end if;
end
$$;
comment on function rowhouse.paths(jsonb, anyarray, text, integer, text[], integer) is
  'Every path from each root that meets no node twice, by its last node, depth first by keys: the nodes of trees in the order they are written.';

create or replace function rowhouse.followed(
  graph jsonb, nodes anyarray, direction text, types text[], most integer)
returns table (edge json)
language plpgsql stable
set search_path = pg_catalog, pg_temp
set jit = off
as $$
declare
  edges integer;
begin
  if rowhouse.looks_ends_up(graph) then
    return query select f.edge from rowhouse.shown_followed(graph, nodes, direction, types, most) as f;
    return;
  end if;
  return query execute format(
    'select %1$s from (
       select distinct on (x.id) x.* from %2$s as x where x.near = any((select $1)::%3$s) and ($2 is null or x.type = any($2))
       order by x.id limit $3) as e
     order by case when e.outgoing then e.near else e.far end, case when e.outgoing then e.far else e.near end, e.type',
    rowhouse.edge_json(graph, 'e'), rowhouse.edges_text(graph, direction), pg_typeof(nodes))
    using nodes, types, most::bigint + 1;
  get diagnostics edges = row_count;
  if edges > most then
    perform rowhouse.too_many('edges', most);
  end if;
end
$$;
comment on function rowhouse.followed(jsonb, anyarray, text, text[], integer) is
  'The edges that are followed from these nodes, each once.';

revoke all on function
  rowhouse.nodes_text(jsonb), rowhouse.open_edges_text(jsonb, text), rowhouse.edges_text(jsonb, text), rowhouse.edge_json(jsonb, text), rowhouse.too_many(text, integer),
  rowhouse.visible_nodes(jsonb, anyarray),
  rowhouse.reach(jsonb, anyarray, text, integer, text[], integer),
  rowhouse.walk(jsonb, anyarray, text, integer, text[], integer, boolean),
  rowhouse.paths(jsonb, anyarray, text, integer, text[], integer),
  rowhouse.followed(jsonb, anyarray, text, text[], integer)
from public;
grant execute on function
  rowhouse.nodes_text(jsonb), rowhouse.open_edges_text(jsonb, text), rowhouse.edges_text(jsonb, text), rowhouse.edge_json(jsonb, text), rowhouse.too_many(text, integer),
  rowhouse.visible_nodes(jsonb, anyarray),
  rowhouse.reach(jsonb, anyarray, text, integer, text[], integer),
  rowhouse.walk(jsonb, anyarray, text, integer, text[], integer, boolean),
  rowhouse.paths(jsonb, anyarray, text, integer, text[], integer),
  rowhouse.followed(jsonb, anyarray, text, text[], integer)
to rowhouse_tenant;
