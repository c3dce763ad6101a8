-- References: a row the writer cannot read must look like one that is not there.
-- Called by: generated triggers of tables with a foreign key to a table with row policies.
-- Privileges: none to anyone (trigger function). Runs as the writer, so the target's own policies decide.
-- A row in the trash can still be pointed at: rowhouse.show is set for the time of the check.
-- A row trigger that works once a statement: on the first row, before Postgres' own check of it (names sort), for all of new_rows.
-- So a hidden row and a missing one meet the same line, down to psql's CONTEXT, and the policy is evaluated once, not per row.

create or replace function rowhouse.check_reference()
returns trigger
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
declare
  own text[];
  target text[];
  values_of text;
  given text;
  matches text;
  names text;
  unchanged text := '';
  missing boolean;
  shown text;
begin
  if not coalesce((select r *= new from new_rows as r limit 1), true) then
    return null;
  end if;
  own := array(select jsonb_array_elements_text(tg_argv[2]::jsonb));
  target := array(select jsonb_array_elements_text(tg_argv[3]::jsonb));
  values_of := (select string_agg(format('r.%I', c), ', ') from unnest(own) as c);
  given := (select string_agg(format('r.%I is not null', c), ' and ') from unnest(own) as c);
  matches := (
    select string_agg(format('t.%I = k.c%s', c, place), ' and ')
    from unnest(target) with ordinality as u (c, place));
  names := (select string_agg(format('c%s', place), ', ') from generate_subscripts(own, 1) as place);
  shown := coalesce(current_setting('rowhouse.show', true), '');
  -- An update that leaves the key alone is no business of this check, as with the foreign key itself.
  if tg_op = 'UPDATE' then
    unchanged := format(' except select %s from old_rows as r', values_of);
  end if;
  set local rowhouse.show = 'trashed';
  execute format(
    'select exists (select from (select %1$s from new_rows as r where %2$s%3$s) as k (%4$s)
       where not exists (select from %5$I.%6$I as t where %7$s))',
    values_of, given, unchanged, names, tg_table_schema, tg_argv[1], matches) into missing;
  execute format('set local rowhouse.show = %L', shown);
  if missing then
    -- The words of Postgres itself, for a writer under row security.
    raise foreign_key_violation using
      message = format('insert or update on table "%s" violates foreign key constraint "%s"', tg_table_name, tg_argv[0]),
      detail = format('Key is not present in table "%s".', tg_argv[1]),
      schema = tg_table_schema, table = tg_table_name, constraint = tg_argv[0];
  end if;
  return null;
end
$$;
comment on function rowhouse.check_reference() is
  'after insert (new_rows) or after update (old_rows, new_rows), row, of a name that sorts before RI_. Arguments: constraint, target table, own columns and target columns as JSON arrays.';

revoke all on function rowhouse.check_reference() from public;
