-- Traversals of graphs whose policy of edges looks both ends up: 2,000,000 look-ups for a million edges, 20 times the traversal.
-- Here edges are read past that, and the nodes a level leads to are shown first, each once, under their own condition.
-- Called by: reach, walk, paths, followed and path.
-- Privileges: rowhouse_tenant, who may call them in any way. So they trust nothing but the name of the edges' table: which table
-- has the nodes is told by the references, the conditions are those of the policies, whose stamp, lists and rules speak of the
-- caller here too, and tables that the caller may not select from are refused. Only nodes and edges are answered with that the
-- caller could have read itself: the roots are shown before their edges, and a far end before it counts.

create or replace function rowhouse.looks_ends_up(graph jsonb)
returns boolean
language plpgsql stable
set search_path = pg_catalog, pg_temp
as $$
begin
  return graph ? 'edges' and not graph ? 'node_condition'
    and row_security_active((graph ->> 'edges')::regclass)
    and exists (
      select from pg_policy as p
      join pg_depend as d on d.classid = 'pg_policy'::regclass and d.objid = p.oid
        and d.refclassid = 'pg_class'::regclass and d.refobjid = (graph ->> 'nodes')::regclass
      where p.polrelid = (graph ->> 'edges')::regclass and p.polname = '_select');
end
$$;
comment on function rowhouse.looks_ends_up(jsonb) is
  'Whether the policy of the edges, for this caller, reads the table of the nodes.';

create or replace function rowhouse.row_condition(relation regclass)
returns text
language plpgsql stable
set search_path = pg_catalog, pg_temp
as $$
begin
  return (
    -- Known here, and told as a constant: what stands behind it, a look at either end, need not be planned.
    select replace(pg_get_expr(p.polqual, p.polrelid), '( SELECT (CURRENT_USER = ''rowhouse_owner''::name))', 'true')
    from pg_policy as p join pg_class as c on c.oid = p.polrelid
    where p.polrelid = relation and p.polname = '_select' and c.relowner = 'rowhouse_owner'::regrole);
end
$$;
comment on function rowhouse.row_condition(regclass) is
  'The condition of a tenant''s table for reading a row, in names that hold where it stands in FROM without an alias.';

create or replace function rowhouse.shown_graph(graph jsonb, keys regtype)
returns jsonb
language plpgsql stable
set search_path = pg_catalog, pg_temp
as $$
declare
  edges regclass := (graph ->> 'edges')::regclass;
  -- Not current_user, which the function's owner is.
  caller name := coalesce(nullif(current_setting('role'), 'none'), session_user);
  nodes regclass;
  told jsonb;
begin
  -- Both ends refer to one table, and to no other.
  select min(f.confrelid::bigint)::oid::regclass,
      jsonb_build_object('edges', edges::text, 'nodes', min(f.confrelid::bigint)::oid::regclass::text, 'key', min(k.attname),
        'edge_condition', rowhouse.row_condition(edges), 'node_condition', rowhouse.row_condition(min(f.confrelid::bigint)::oid::regclass))
    into nodes, told
    from pg_constraint as f
    join pg_attribute as e on e.attrelid = f.conrelid and f.conkey = array[e.attnum] and e.attname in ('from_id', 'to_id')
    join pg_attribute as k on k.attrelid = f.confrelid and f.confkey = array[k.attnum]
    where f.conrelid = edges and f.contype = 'f'
    having count(*) = 2 and count(distinct e.attname) = 2 and count(distinct (f.confrelid, k.attname)) = 1
      -- A type of the caller's own making could bring casts of its own making.
      and min(k.atttypid::bigint) = (select t.typelem from pg_type as t where t.oid = keys and t.typcategory = 'A')::bigint;
  if told ->> 'edge_condition' is null or told ->> 'node_condition' is null
    or not has_schema_privilege(caller, (select c.relnamespace from pg_class as c where c.oid = edges), 'usage')
    or not has_table_privilege(caller, edges, 'select') or not has_table_privilege(caller, nodes, 'select')
    or not pg_has_role(caller, (select c.relnamespace::regnamespace::text from pg_class as c where c.oid = edges), 'usage') then
    perform rowhouse.refuse('RH302', 'Access denied');
  end if;
  return told;
end
$$;
comment on function rowhouse.shown_graph(jsonb, regtype) is
  'The graph of a table of edges with the conditions under which the caller sees edges, whose ends it sees, and nodes.';

-- security definer: reads edges whose ends have not been shown yet.
create or replace function rowhouse.shown_reach(
  graph jsonb, roots anyarray, direction text, depth integer, types text[], most integer)
returns table (node anyelement, distance integer)
language plpgsql stable security definer
set search_path = pg_catalog, pg_temp
as $$
begin
  return query select r.node, r.distance
    from rowhouse.reach(rowhouse.shown_graph(graph, pg_typeof(roots)), roots, direction, depth, types, most) as r;
end
$$;
comment on function rowhouse.shown_reach(jsonb, anyarray, text, integer, text[], integer) is 'As reach.';

-- security definer: reads edges whose ends have not been shown yet.
create or replace function rowhouse.shown_walk(
  graph jsonb, roots anyarray, direction text, depth integer, types text[], most integer, apart boolean)
returns table (root integer, node anyelement, distance integer, type text, outgoing boolean, trail text)
language plpgsql stable security definer
set search_path = pg_catalog, pg_temp
as $$
begin
  return query select w.root, w.node, w.distance, w.type, w.outgoing, w.trail
    from rowhouse.walk(rowhouse.shown_graph(graph, pg_typeof(roots)), roots, direction, depth, types, most, apart) as w;
end
$$;
comment on function rowhouse.shown_walk(jsonb, anyarray, text, integer, text[], integer, boolean) is 'As walk.';

-- security definer: reads edges whose ends have not been shown yet.
create or replace function rowhouse.shown_paths(
  graph jsonb, roots anyarray, direction text, depth integer, types text[], most integer)
returns table (place integer, node anyelement, distance integer, type text, outgoing boolean)
language plpgsql stable security definer
set search_path = pg_catalog, pg_temp
as $$
begin
  return query select p.place, p.node, p.distance, p.type, p.outgoing
    from rowhouse.paths(rowhouse.shown_graph(graph, pg_typeof(roots)), roots, direction, depth, types, most) as p;
end
$$;
comment on function rowhouse.shown_paths(jsonb, anyarray, text, integer, text[], integer) is 'As paths.';

-- security definer: reads edges whose ends have not been shown yet.
create or replace function rowhouse.shown_followed(
  graph jsonb, nodes anyarray, direction text, types text[], most integer)
returns table (edge json)
language plpgsql stable security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  shown jsonb := rowhouse.shown_graph(graph, pg_typeof(nodes));
begin
  return query select f.edge
    from rowhouse.followed(shown, rowhouse.visible_nodes(shown, nodes), direction, types, most) as f;
end
$$;
comment on function rowhouse.shown_followed(jsonb, anyarray, text, text[], integer) is 'As followed.';

-- security definer: reads edges whose ends have not been shown yet.
create or replace function rowhouse.shown_path(
  graph jsonb, ends anyarray, direction text, depth integer, types text[], weight text, most integer)
returns table (place integer, node anyelement, edge json, cost numeric)
language plpgsql stable security definer
set search_path = pg_catalog, pg_temp
as $$
begin
  return query select p.place, p.node, p.edge, p.cost
    from rowhouse.path(rowhouse.shown_graph(graph, pg_typeof(ends)), ends, direction, depth, types, weight, most) as p;
end
$$;
comment on function rowhouse.shown_path(jsonb, anyarray, text, integer, text[], text, integer) is 'As path.';

revoke all on function
  rowhouse.looks_ends_up(jsonb), rowhouse.row_condition(regclass), rowhouse.shown_graph(jsonb, regtype),
  rowhouse.shown_reach(jsonb, anyarray, text, integer, text[], integer),
  rowhouse.shown_walk(jsonb, anyarray, text, integer, text[], integer, boolean),
  rowhouse.shown_paths(jsonb, anyarray, text, integer, text[], integer),
  rowhouse.shown_followed(jsonb, anyarray, text, text[], integer),
  rowhouse.shown_path(jsonb, anyarray, text, integer, text[], text, integer)
from public;
grant execute on function
  rowhouse.looks_ends_up(jsonb),
  rowhouse.shown_reach(jsonb, anyarray, text, integer, text[], integer),
  rowhouse.shown_walk(jsonb, anyarray, text, integer, text[], integer, boolean),
  rowhouse.shown_paths(jsonb, anyarray, text, integer, text[], integer),
  rowhouse.shown_followed(jsonb, anyarray, text, text[], integer),
  rowhouse.shown_path(jsonb, anyarray, text, integer, text[], text, integer)
to rowhouse_tenant;
