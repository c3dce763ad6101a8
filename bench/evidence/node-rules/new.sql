-- One level, as rowhouse_owner with the policy's own condition; the ends are spared: (select current_user = 'rowhouse_owner').
-- $2 is a constant, hashed; in an expression that is no condition the planner does not weigh its elements.
select array(select m.far from (
    select case when e.from_id <> all ($2::integer[]) then e.from_id end as far
    from t_bench.power_edges as e
    where (_xact = (select pg_current_xact_id_if_assigned()) or (select rowhouse.allowed_anyway('bench', 'default', true)))
      and e.to_id = any((select $1)::integer[]) offset 0) as m
  where m.far is not null group by m.far);

-- Then those of them whose rows the caller sees.
select array(select n.id from (
    select * from t_bench.power
    where _xact = (select pg_current_xact_id_if_assigned())
      or (select rowhouse.administers('bench', 'default')) or name is distinct from 'nobody') as n
  where n.id = any((select $1)::integer[]));
