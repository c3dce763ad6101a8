-- Tenants made before: a request that reads is not asked for its verdicts a second time for the lists of the rows it has been shown, and
-- the condition of stamping names what it compares with. Run by the installer as rowhouse_owner.

do $$
declare
  tenant_schema text;
  made record;
begin
  for tenant_schema in select 't_' || t.slug from control.tenants as t loop
    if to_regclass(format('%I._rowhouse_acls', tenant_schema)) is not null then
      execute format($policy$alter policy _select on %1$I._rowhouse_acls
        using ((select session_user = 'rowhouse_gateway' and pg_current_xact_id_if_assigned() is null)
          or get_bit((select %1$I._rowhouse_readable()), id) = 1)$policy$, tenant_schema);
    end if;
  end loop;
  for made in
    select c.oid::regclass as relation, pg_get_triggerdef(g.oid) as said
    from pg_trigger as g
    join pg_proc as p on p.oid = g.tgfoid and p.pronamespace = 'rowhouse'::regnamespace and p.proname = 'stamp'
    join pg_class as c on c.oid = g.tgrelid
    where g.tgname = '_500_stamp_insert' and pg_get_triggerdef(g.oid) like '%rowhouse.present()%'
  loop
    execute format('drop trigger _500_stamp_insert on %s', made.relation);
    execute replace(made.said, 'rowhouse.present()', 'pg_catalog.date_trunc(''milliseconds'', pg_catalog.now())');
  end loop;
end
$$;
