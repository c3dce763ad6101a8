-- Both ends of every edge are looked up under the policy of their own table.
create policy _select on t_bench.power_edges for select to t_bench using (
  _xact = (select pg_current_xact_id_if_assigned())
  or (select rowhouse.allowed_anyway('bench', 'default', true))
  and exists (select 1 from t_bench.power as node where node.id = power_edges.from_id)
  and exists (select 1 from t_bench.power as node where node.id = power_edges.to_id));
