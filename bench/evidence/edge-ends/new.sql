-- Where the nodes' condition is one for all rows, it is asked itself, once a statement.
create policy _select on t_bench.power_edges for select to t_bench using (
  _xact = (select pg_current_xact_id_if_assigned())
  or (select rowhouse.allowed_anyway('bench', 'default', true))
  and (_xact = (select pg_current_xact_id_if_assigned()) or (select rowhouse.allowed_anyway('bench', 'default', true))));
