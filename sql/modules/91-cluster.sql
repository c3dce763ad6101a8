-- Restored from a dump: the numbers in _xact are of another cluster's transactions. A transaction that gets such a number would be
-- taken for the writer of those rows, and see them whatever their lists say.
-- Called by: the installer, once in every cluster, before anyone is let in.
-- Privileges: rowhouse_owner only.

create or replace function rowhouse.settle_stamps()
returns boolean
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
declare
  here bigint := (select system_identifier from pg_control_system());
  stamped text;
begin
  if exists (select from control.cluster where system_identifier = here) then
    return false;
  end if;
  for stamped in
    select a.attrelid::regclass::text
    from pg_attribute as a
    join pg_class as c on c.oid = a.attrelid and c.relkind = 'r'
    join pg_namespace as n on n.oid = c.relnamespace
    where a.attname = '_xact' and not a.attisdropped
      and n.nspname in (select 't_' || t.slug from control.tenants as t)
  loop
    -- Not a write of anyone: no guard, no history, no new time of change.
    execute format('alter table %s disable trigger user', stamped);
    execute format('update %s set _xact = ''0'' where _xact >= pg_current_xact_id()', stamped);
    execute format('alter table %s enable trigger user', stamped);
  end loop;
  delete from control.cluster;
  insert into control.cluster (system_identifier) values (here);
  return true;
end
$$;
comment on function rowhouse.settle_stamps() is
  'Takes away the stamps of transactions yet to come, where this database has been restored in another cluster.';

revoke all on function rowhouse.settle_stamps() from public;
