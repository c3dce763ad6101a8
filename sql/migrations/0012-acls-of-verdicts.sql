-- Verdicts on few ACLs are stored by number too. Tenants made before get the column here.
-- Run by the installer as rowhouse_owner, who owns these tables.

do $$
declare
  tenant text;
begin
  for tenant in
    select slug from control.tenants where to_regclass(format('%I._rowhouse_verdicts', 't_' || slug)) is not null
  loop
    execute format('alter table %I._rowhouse_verdicts add column if not exists acls integer[]', 't_' || tenant);
    execute format('alter table %I._rowhouse_verdicts alter column acls set storage external', 't_' || tenant);
  end loop;
end
$$;
