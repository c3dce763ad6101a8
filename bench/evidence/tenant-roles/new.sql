-- The group roles are made when a login of the tenant first needs one (mirror_grants does so already): one role a tenant.
-- rowhouse.create_tenant_role without its last statement, perform rowhouse.create_group_roles(tenant).
begin;
set local role rowhouse_owner;
create role t_bench_probe nologin;
grant rowhouse_tenant to t_bench_probe;
grant t_bench_probe to rowhouse_gateway;
rollback;
