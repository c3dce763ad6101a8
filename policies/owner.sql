-- What rowhouse_owner makes is nobody else's until granted. Run by the installer as rowhouse_owner, before the modules.

alter default privileges for role rowhouse_owner revoke execute on functions from public;

revoke all on schema control, rowhouse from public;

grant usage on schema rowhouse to rowhouse_tenant, rowhouse_gateway;

