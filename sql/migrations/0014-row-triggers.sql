-- Tables made before: new rows are stamped by the defaults of their columns, and the numbers that a request brings are followed once a
-- statement. Their triggers get the conditions here under which a row still calls a function. Run by the installer as rowhouse_owner.

do $$
declare
  made record;
begin
  for made in
    select c.oid::regclass as relation, starts_with(g.said, 'timestamps') as timestamps, g.tgnargs < 2 or g.said like '%xact%' as xact
    from (select t.*, encode(t.tgargs, 'escape') as said from pg_trigger as t) as g
    join pg_proc as p on p.oid = g.tgfoid and p.pronamespace = 'rowhouse'::regnamespace
    join pg_class as c on c.oid = g.tgrelid
    where p.proname = 'stamp' and g.tgname = '_500_stamp'
  loop
    execute format('drop trigger _500_stamp on %s', made.relation);
    execute format('create trigger _500_stamp before update on %s for each row execute function rowhouse.stamp(%L, %L)',
      made.relation, case when made.timestamps then 'timestamps' else '' end, case when made.xact then 'xact' else '' end);
    execute format('create trigger _500_stamp_insert before insert on %s for each row when (%s) execute function rowhouse.stamp(%L, %L)',
      made.relation,
      concat_ws(' or ',
        case when made.timestamps then 'new.created_at is null or new.updated_at is distinct from rowhouse.present()' end,
        case when made.xact then 'new._xact is distinct from pg_current_xact_id()' end),
      case when made.timestamps then 'timestamps' else '' end, case when made.xact then 'xact' else '' end);
  end loop;
  for made in
    select c.oid::regclass as relation, a.attname as "column", g.tgname as follow, n.tgname as number
    from pg_trigger as g
    join pg_proc as p on p.oid = g.tgfoid and p.pronamespace = 'rowhouse'::regnamespace and p.proname = 'follow_number'
    join pg_class as c on c.oid = g.tgrelid
    join pg_attribute as a on a.attrelid = c.oid and g.tgargs = convert_to(a.attname, 'UTF8') || '\x00'::bytea
    join pg_trigger as n on n.tgrelid = c.oid and n.tgargs = g.tgargs
    join pg_proc as q on q.oid = n.tgfoid and q.pronamespace = 'rowhouse'::regnamespace and q.proname = 'next_number'
  loop
    execute format('drop trigger %I on %s', made.follow, made.relation);
    execute format('create trigger %1$I before insert or update of %2$I on %3$s for each row
      when (new.%2$I is not null and session_user <> %4$L) execute function rowhouse.follow_number(%2$L)',
      made.follow, made."column", made.relation, 'rowhouse_gateway');
    execute format('drop trigger %I on %s', made.number, made.relation);
    execute format('create trigger %1$I before insert on %3$s for each row when (new.%2$I is null) execute function rowhouse.next_number(%2$L, %4$L)',
      made.number, made."column", made.relation, 'follows');
  end loop;
end
$$;
