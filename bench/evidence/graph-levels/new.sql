-- One level: the arrays reach it through sub-selects, so that neither is weighed element by element.
select array(select e.from_id from t_bench.power_edges as e where e.to_id = any((select $1)::integer[])
  except select v from unnest($2::integer[]) as v);
