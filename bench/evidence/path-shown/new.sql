-- Graph of the scenario `graph`, as a caller under a policy whose rule asks for a column of the nodes.
-- The search goes past the nodes' condition; the nodes it gives are shown in one statement. Superuser: the told conditions stand for the policies'.
select p.nodes <@ rowhouse.visible_nodes(g.told, p.nodes)
from (select '{"nodes": "\"t_bench\".power", "key": "id", "edges": "\"t_bench\".power_edges", "node_condition": "name is distinct from ''nobody''", "edge_condition": "true"}'::jsonb as told) as g,
  lateral (select rowhouse.shortest(g.told - 'node_condition', array[15839, 9472], 'ancestors', 100, null, 10000000) as nodes) as p;
