-- Breadth first to depth 6 by a recursive query: a node is met again at every depth that leads to it.
with recursive r (node, depth) as (
  select 1, 0
  union
  select e.from_id, r.depth + 1 from r join t_bench.power_edges as e on e.to_id = r.node where r.depth < 6)
select count(distinct node) from r;

-- One level as a join of two arrays: the planner knows how long they are and reads all edges.
select array(select distinct e.from_id from unnest($1::integer[]) as f (id) join t_bench.power_edges as e on e.to_id = f.id
  where not exists (select from unnest($2::integer[]) as v (id) where v.id = e.from_id));
