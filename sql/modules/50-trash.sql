-- Trash: DELETE as a mark, and what trashing a parent does to its children.
-- Called by: generated triggers of soft-delete tables.
-- Privileges: none to anyone (trigger functions). Both run as rowhouse_owner: the right was decided on the row that
-- fired them, and the rows they mark may be hidden from the writer. rowhouse.intent is put back afterwards; an error
-- undoes it with the (sub)transaction. No SET clause on the function: for a parameter of ours that takes a superuser.

-- security definer: the writer holds the delete right, which the UPDATE policy asks for only under another intent.
-- extra_float_digits: the row is found by its key's text, which must be exact whatever the writer has set.
create or replace function rowhouse.trash_instead()
returns trigger
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
set extra_float_digits = 1
as $$
declare
  row_old jsonb;
  intent text := coalesce(current_setting('rowhouse.intent', true), '');
begin
  if old.trashed_at is null and old.deleted_at is null then
    row_old := to_jsonb(old);
    set local rowhouse.intent = 'delete';
    execute format('update %I.%I set trashed_at = $1 where %s', tg_table_schema, tg_table_name,
      (select string_agg(format('%I = %L', c, row_old ->> c), ' and ') from unnest(tg_argv[1:]) as c))
      using rowhouse.present();
    execute format('set local rowhouse.intent = %L', intent);
  end if;
  return null;
end
$$;
comment on function rowhouse.trash_instead() is
  'before delete, row. Arguments: logical table name, then the key columns. Marks the row and keeps it.';

-- security definer: as trash_instead.
create or replace function rowhouse.mark_instead()
returns trigger
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
set extra_float_digits = 1
as $$
declare
  row_old jsonb := to_jsonb(old);
  intent text := coalesce(current_setting('rowhouse.intent', true), '');
begin
  if row_old -> tg_argv[1] is distinct from 'true' then
    set local rowhouse.intent = 'delete';
    execute format('update %I.%I set %I = true where %s', tg_table_schema, tg_table_name, tg_argv[1],
      (select string_agg(format('%I = %L', c, row_old ->> c), ' and ') from unnest(tg_argv[2:]) as c));
    execute format('set local rowhouse.intent = %L', intent);
  end if;
  return null;
end
$$;
comment on function rowhouse.mark_instead() is
  'before delete, row. Arguments: logical table name, the boolean column that is the mark, then the key columns. Sets the mark and keeps the row.';

-- security definer: children may be hidden from the writer of the parent.
create or replace function rowhouse.cascade_trash()
returns trigger
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  child text := format('%I.%I', tg_table_schema, tg_argv[0]);
  -- A parent goes when its first mark is set; it returns when the trash mark is taken off.
  gone text := format('from old_rows as o join new_rows as n on n.%1$I = o.%1$I
    join %2$s as c on c.%3$I = n.%1$I
    where o.trashed_at is null and o.deleted_at is null
      and coalesce(n.trashed_at, n.deleted_at) is not null
      and c.trashed_at is null and c.deleted_at is null', tg_argv[2], child, tg_argv[1]);
  back text := format('from old_rows as o join new_rows as n on n.%1$I = o.%1$I
    join %2$s as c on c.%3$I = n.%1$I
    where o.trashed_at is not null and n.trashed_at is null and n.deleted_at is null
      and c.trashed_at = o.trashed_at and c.deleted_at is null', tg_argv[2], child, tg_argv[1]);
  mark text := 'update %1$s as child set trashed_at = %2$s
    from (select c.ctid as place, n.trashed_at as t, n.deleted_at as d %3$s) as found where child.ctid = found.place';
  affected boolean;
  intent text := coalesce(current_setting('rowhouse.intent', true), '');
begin
  if tg_argv[3] = 'required' then
    execute 'select exists (select ' || gone || ')' into affected;
    if affected then
      perform rowhouse.refuse('RH408', 'Cannot delete record: existing relationships found',
        jsonb_build_object('reason', 'required_relationship'));
    end if;
    return null;
  end if;
  set local rowhouse.intent = 'delete';
  -- Looked for first: an UPDATE of no rows would still fire the statement guards of a frozen child.
  execute 'select exists (select ' || gone || ')' into affected;
  if affected then
    execute format(mark, child, 'coalesce(found.t, found.d)', gone);
  end if;
  execute 'select exists (select ' || back || ')' into affected;
  if affected then
    execute format(mark, child, 'null', back);
  end if;
  execute format('set local rowhouse.intent = %L', intent);
  return null;
end
$$;
comment on function rowhouse.cascade_trash() is
  'after update of the parent, statement, old_rows and new_rows. Arguments: child table, child column, parent column, cascade or required.';

revoke all on function rowhouse.trash_instead(), rowhouse.mark_instead(), rowhouse.cascade_trash() from public;
