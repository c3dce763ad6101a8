-- Indexes that carry the other end, and _xact, at which the policy looks: (to_id, type) include (from_id, _xact) and the other way round.
reset enable_indexonlyscan;
select count(*) from rowhouse.reach('{"nodes": "\"t_bench\".power", "key": "id", "edges": "\"t_bench\".power_edges"}', array[1], 'descendants', 6, null, 10000000);
