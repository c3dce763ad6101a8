-- One level: the policy of the edges looks both ends of each up; what has been visited goes by EXCEPT.
select array(select e.from_id from t_bench.power_edges as e where e.to_id = any((select $1)::integer[])
  except select v from unnest($2::integer[]) as v);
