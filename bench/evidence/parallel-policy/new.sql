-- The leader asks once, in an InitPlan; a wrapper may say so. plpgsql, because an inlined body would show the unsafe function again.
create or replace function rowhouse.own_transaction()
returns xid8
language plpgsql stable parallel restricted
set search_path = pg_catalog, pg_temp
as $$ begin return pg_current_xact_id_if_assigned(); end $$;
grant execute on function rowhouse.own_transaction() to rowhouse_tenant;
-- In the policy _select of compile/policy.ts: (select rowhouse.own_transaction()) in place of (select pg_current_xact_id_if_assigned()).
explain (analyze) select count(*) from "t_bench".items;
