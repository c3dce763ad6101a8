-- An ACL belongs to an access mode: equal lists mean other rights in another. Tenants made before get the column here.
-- Run by the installer as rowhouse_owner, who owns these tables.

do $$
declare
  tenant text;
begin
  for tenant in select slug from control.tenants loop
    execute format('alter table %I._rowhouse_acls add column if not exists mode text not null default %L',
      't_' || tenant, 'acl');
  end loop;
end
$$;
