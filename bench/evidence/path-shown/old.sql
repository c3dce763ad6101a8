-- Graph of the scenario `graph`, as a caller under a policy whose rule asks for a column of the nodes.
-- As it was: both ends are shown, and every node met from either end is, before it counts; then the path is printed, whose ends are shown again.
select rowhouse.visible_nodes(g.told, array[15839, 9472]), rowhouse.shortest(g.told, array[7920, 104743], 'ancestors', 100, null, 10000000)
from (select '{"nodes": "\"t_bench\".power", "key": "id", "edges": "\"t_bench\".power_edges", "node_condition": "name is distinct from ''nobody''", "edge_condition": "true"}'::jsonb as told) as g;
