-- pg_current_xact_id_if_assigned() is marked PARALLEL UNSAFE: a policy that mentions it keeps every scan of its table on one process.
-- Inside: begin; select rowhouse.enter(…).
explain (analyze) select count(*) from "t_bench".items;
