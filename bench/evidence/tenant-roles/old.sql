-- Making a tenant makes six roles: t_<slug> and five group roles, each with an automatic membership (ADMIN) of rowhouse_owner.
-- Every change of a role makes Postgres read all memberships of the current role anew: the cost grows with the number of tenants.
begin;
set local role rowhouse_owner;
select rowhouse.create_tenant_role('bench_probe');
rollback;
