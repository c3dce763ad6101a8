-- Shortest and cheapest paths in graphs.
-- Called by: generated path statements; graph_path of a tenant's schema.
-- Privileges: rowhouse_tenant. All run as the caller: see 85-graph.sql, which also says how a graph is told.

create or replace function rowhouse.edge_weight(metadata jsonb, field text)
returns numeric
language plpgsql immutable
set search_path = pg_catalog, pg_temp
as $$
declare
  value jsonb := metadata -> field;
begin
  if coalesce(value, 'null') = 'null' then
    return 1;
  elsif jsonb_typeof(value) <> 'number' or value < '0' then
    perform rowhouse.refuse('RH105', format('The weight ''%s'' of an edge is not a number from 0', field),
      jsonb_build_object('field', 'weight', 'reason', 'weight'));
  end if;
  return value::numeric;
end
$$;
comment on function rowhouse.edge_weight(jsonb, text) is 'What an edge costs: a number of its metadata, 1 where it is missing.';

create or replace function rowhouse.shortest(
  graph jsonb, ends anyarray, direction text, depth integer, types text[], most integer)
returns anyarray
language plpgsql stable
set search_path = pg_catalog, pg_temp
set jit = off
as $$
declare
  back text := case direction when 'descendants' then 'ancestors' when 'ancestors' then 'descendants' else direction end;
  -- One level from one end. A side whose turn it is not has no frontier.
  step text :=
    '(select array_agg(x.far%5$s) as nodes, array_agg(x.near%5$s) as origins from (
       select distinct on (e.far) e.far, e.near from %1$s as e
       where e.near = any(%2$s) and ($3 is null or e.type = any($3))
         and not exists (select from unnest(%3$s) as v where v = e.far) offset 0) as x
     where %4$s)';
  -- Of the columns' own collation the recursion would not be.
  collated text := case when (select t.typcollation <> 0 from pg_type as t where t.oid = pg_typeof(ends[1])) then ' collate "default"' else '' end;
  shown text := case when graph ? 'node_condition'
    then format('exists (select from %s as n where n.%I = x.far)', rowhouse.nodes_text(graph), graph ->> 'key') else 'true' end;
  -- Nodes met from either end, with the node each was met from; the frontier is their last part. One statement for all levels: it is
  -- planned once, and what a policy asks of the caller is asked once.
  search text := format(
    'with recursive walk as (
       select 0 as level, $1 as forth, $1 as forth_from, $1 as forth_front, $2 as back, $2 as back_from, $2 as back_front, null::%1$s as met
       union all
       select w.level + 1,
         case when t.forwards then w.forth || s.nodes else w.forth end,
         case when t.forwards then w.forth_from || s.origins else w.forth_from end,
         case when t.forwards then s.nodes else w.forth_front end,
         case when t.forwards then w.back else w.back || s.nodes end,
         case when t.forwards then w.back_from else w.back_from || s.origins end,
         case when t.forwards then w.back_front else s.nodes end,
         (select n from unnest(s.nodes) as n join unnest(case when t.forwards then w.back else w.forth end) as o on o = n order by n limit 1)
       from walk as w
       cross join lateral (select cardinality(w.forth_front) <= cardinality(w.back_front) as forwards offset 0) as t
       cross join lateral (select case when t.forwards then w.forth_front else %2$L end as forth, case when t.forwards then %2$L else w.back_front end as back offset 0) as f
       cross join lateral %3$s as a
       cross join lateral %4$s as b
       cross join lateral (select coalesce(a.nodes, b.nodes) as nodes, coalesce(a.origins, b.origins) as origins offset 0) as s
       -- Whole levels: the first meeting lies on a shortest path.
       where w.level < $4 and w.met is null and cardinality(w.forth) + cardinality(w.back) <= $5
         and cardinality(w.forth_front) > 0 and cardinality(w.back_front) > 0)
     select w.forth, w.forth_from, w.back, w.back_from, w.met is not null, array[w.met] from walk as w order by w.level desc limit 1',
    pg_typeof(ends[1]), '{}',
    format(step, rowhouse.open_edges_text(graph, direction), 'f.forth', 'w.forth', shown, collated),
    format(step, rowhouse.open_edges_text(graph, back), 'f.back', 'w.back', shown, collated));
  forth ends%type;
  forth_from ends%type;
  back_nodes ends%type;
  back_from ends%type;
  found boolean;
  meeting ends%type;
  path ends%type;
  node ends%type;
begin
  if ends[1] = ends[2] then
    return ends[1:1];
  end if;
  execute search into forth, forth_from, back_nodes, back_from, found, meeting using ends[1:1], ends[2:2], types, depth, most;
  if not found then
    if cardinality(forth) + cardinality(back_nodes) > most then
      perform rowhouse.too_many('nodes', most);
    end if;
    return null;
  end if;
  path := meeting;
  while path[1] <> ends[1] loop
    node := forth_from[array_position(forth, path[1]):array_position(forth, path[1])];
    path := node || path;
  end loop;
  while path[cardinality(path)] <> ends[2] loop
    node := back_from[array_position(back_nodes, path[cardinality(path)]):array_position(back_nodes, path[cardinality(path)])];
    path := path || node;
  end loop;
  return path;
end
$$;
comment on function rowhouse.shortest(jsonb, anyarray, text, integer, text[], integer) is
  'The nodes of a shortest path between the two ends, null when there is none of at most depth edges. From both ends, the smaller frontier first.';

create or replace function rowhouse.cheapest(
  graph jsonb, ends anyarray, direction text, depth integer, types text[], weight text, most integer)
returns anyarray
language plpgsql stable
set search_path = pg_catalog, pg_temp
set jit = off
as $$
declare
  -- A label is a node, what the best way to it costs that has been found, and the number of the label it comes from. A round
  -- takes the labels of the round before one edge further and keeps what costs less than anything before; so after n rounds the
  -- labels are those of the cheapest ways of at most n edges.
  -- Weights are read without a call, and ends are shown once a round: a weight that is none is NULL, and refused when its end is seen.
  step text := format(
    'select array_agg(x.far), array_agg(coalesce(x.cost, rowhouse.edge_weight(jsonb_build_object($7, false), $7))), array_agg(x.origin)
     from (
       select distinct on (e.far) e.far, s.cost + e.weight as cost, s.label as origin
       from unnest($1, $2, $3) as s (node, cost, label)
       cross join lateral (
         select x.far, case coalesce(jsonb_typeof(x.metadata -> $7), ''null'') when ''null'' then 1
           when ''number'' then case when x.metadata -> $7 >= ''0'' then (x.metadata -> $7)::numeric end end as weight
         from %1$s as x where x.near = s.node and ($6 is null or x.type = any($6)) offset 0) as e
       order by e.far, s.cost + e.weight nulls first, s.label) as x
     left join (select l.node, min(l.cost) as cost from unnest($4, $5) as l (node, cost) group by l.node) as l on l.node = x.far
     where (x.cost is null or (l.cost is null or x.cost < l.cost) and ($8 is null or x.cost < $8)) and %2$s',
    rowhouse.open_edges_text(graph, direction),
    case when graph ? 'node_condition'
      then format('exists (select from %s as n where n.%I = x.far)', rowhouse.nodes_text(graph), graph ->> 'key') else 'true' end);
  nodes ends%type := ends[1:1];
  costs numeric[] := '{0}';
  origins integer[] := '{0}';
  front ends%type := nodes;
  front_costs numeric[] := costs;
  front_labels integer[] := '{1}';
  new_origins integer[];
  -- A shortest path is found from both ends within milliseconds. Where there is none there is no other; what it costs bounds the search.
  shortest ends%type := rowhouse.shortest(graph, ends, direction, depth, types, most);
  best numeric;
  last integer;
  path ends%type := '{}';
begin
  if shortest is null or cardinality(shortest) = 1 then
    return shortest;
  end if;
  execute format(
    'select sum(w.least) from (select n.node, lag(n.node) over (order by n.place) as before from unnest($1) with ordinality as n (node, place)) as s
     cross join lateral (
       select min(rowhouse.edge_weight(x.metadata, $3)) as least from %s as x
       where x.near = s.before and x.far = s.node and ($2 is null or x.type = any($2))) as w',
    rowhouse.open_edges_text(graph, direction)) into best using shortest, types, weight;
  for level in 1 .. depth loop
    execute step into front, front_costs, new_origins
      using front, front_costs, front_labels, nodes, costs, types, weight, best;
    exit when front is null;
    front_labels := array(select generate_series(cardinality(nodes) + 1, cardinality(nodes) + cardinality(front)));
    nodes := nodes || front;
    costs := costs || front_costs;
    origins := origins || new_origins;
    if ends[2] = any (front) then
      last := front_labels[array_position(front, ends[2])];
      best := costs[last];
    end if;
    if cardinality(nodes) > most then
      perform rowhouse.too_many('nodes', most);
    end if;
  end loop;
  if last is null then
    return shortest;
  end if;
  while last > 0 loop
    path := nodes[last:last] || path;
    last := origins[last];
  end loop;
  return path;
end
$$;
comment on function rowhouse.cheapest(jsonb, anyarray, text, integer, text[], text, integer) is
  'As shortest, by the sum of a number in the metadata of the edges. Weights are never negative: no way to a node is better through a dearer one, and none that costs as much as a shortest path is followed.';

create or replace function rowhouse.path(
  graph jsonb, ends anyarray, direction text, depth integer, types text[], weight text, most integer)
returns table (place integer, node anyelement, edge json, cost numeric)
language plpgsql stable
set search_path = pg_catalog, pg_temp
set jit = off
as $$
declare
  nodes ends%type;
  seen ends%type;
begin
  if rowhouse.looks_ends_up(graph) then
    return query select p.place, p.node, p.edge, p.cost
      from rowhouse.shown_path(graph, ends, direction, depth, types, weight, most) as p;
    return;
  end if;
  if weight is null and graph ? 'node_condition' then
    -- A shortest path all of whose nodes are seen is one among the nodes that are seen too. So it is looked for past their condition,
    -- and its nodes and ends are shown in one statement; only where one is hidden every node on the way is (13.0 ms before, 5.4 now, 3.8 past
    -- policies).
    begin
      nodes := rowhouse.shortest(graph - 'node_condition', ends, direction, depth, types, most);
      if nodes is null then
        return;
      end if;
    exception when sqlstate 'RH107' then
      -- Too many with those that are hidden: they don't count.
      nodes := null;
    end;
    seen := rowhouse.visible_nodes(graph, coalesce(nodes, ends));
    if not ends <@ seen then
      return;
    elsif nodes is null or not nodes <@ seen then
      nodes := rowhouse.shortest(graph, ends, direction, depth, types, most);
    end if;
  elsif not ends <@ rowhouse.visible_nodes(graph, ends) then
    return;
  elsif weight is null then
    nodes := rowhouse.shortest(graph, ends, direction, depth, types, most);
  else
    nodes := rowhouse.cheapest(graph, ends, direction, depth, types, weight, most);
  end if;
  return query execute format(
    'select s.place::integer, s.node, e.edge, coalesce(sum(e.cost) over (order by s.place), 0)
     from (select n.node, n.place, lag(n.node) over (order by n.place) as before from unnest($1) with ordinality as n (node, place)) as s
     left join lateral (
       select %1$s as edge, case when $3 is null then 1 else rowhouse.edge_weight(x.metadata, $3) end as cost
       from %2$s as x where x.near = s.before and x.far = s.node and ($2 is null or x.type = any($2))
       order by 2, x.type, x.outgoing limit 1) as e on true
     order by s.place',
    -- The nodes have been shown.
    rowhouse.edge_json(graph, 'x'), rowhouse.open_edges_text(graph, direction))
    using nodes, types, weight;
end
$$;
comment on function rowhouse.path(jsonb, anyarray, text, integer, text[], text, integer) is
  'A path between the two ends, node by node, with the edge that leads to each and what it has cost so far; no row where there is none. weight null: a shortest path.';

revoke all on function
  rowhouse.edge_weight(jsonb, text),
  rowhouse.shortest(jsonb, anyarray, text, integer, text[], integer),
  rowhouse.cheapest(jsonb, anyarray, text, integer, text[], text, integer),
  rowhouse.path(jsonb, anyarray, text, integer, text[], text, integer)
from public;
grant execute on function
  rowhouse.edge_weight(jsonb, text),
  rowhouse.shortest(jsonb, anyarray, text, integer, text[], integer),
  rowhouse.cheapest(jsonb, anyarray, text, integer, text[], text, integer),
  rowhouse.path(jsonb, anyarray, text, integer, text[], text, integer)
to rowhouse_tenant;
