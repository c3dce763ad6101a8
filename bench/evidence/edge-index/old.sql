-- Graph of the scenario `graph`; indexes as they were: (from_id, type) and (to_id, type). Every edge is looked up in the table.
set enable_indexonlyscan = off;
select count(*) from rowhouse.reach('{"nodes": "\"t_bench\".power", "key": "id", "edges": "\"t_bench\".power_edges"}', array[1], 'descendants', 6, null, 10000000);
