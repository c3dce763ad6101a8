-- Numbers: identity columns that take the next number where a row brings null, and whose sequence goes on behind the numbers rows bring.
-- Called by: generated triggers of tenant tables.
-- Privileges: none to anyone: a trigger function needs none to fire, and calling one directly is an error.

create or replace function rowhouse.draw(sequence regclass, last bigint, given bigint)
returns void
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
begin
  -- setval could take back numbers that others have drawn since we looked, nextval never does.
  while last < given loop
    last := nextval(sequence);
  end loop;
end
$$;
comment on function rowhouse.draw(regclass, bigint, bigint) is 'Draws numbers until none up to the one given is left.';

-- security definer: the sequence of an identity column is its owner's, and so is the look at rows that brought their numbers.
create or replace function rowhouse.next_number()
returns trigger
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  sequence regclass := pg_get_serial_sequence(tg_relid::regclass::text, tg_argv[0]);
  last bigint;
  given bigint;
begin
  -- Rows written before this one, by the same statement too, may have brought the numbers that are next. Such a row has met the
  -- rules, and a hundred are looked over at a time, so that one with a number far off uses none up.
  while tg_argv[1] = 'follows' loop
    last := coalesce(pg_sequence_last_value(sequence), 0);
    execute format('select max(%1$I) from %2$s where %1$I > $1 and %1$I <= $2', tg_argv[0], tg_relid::regclass)
      into given using last, least(last, 9223372036854775707) + 100;
    exit when given is null;
    perform rowhouse.draw(sequence, last, given);
  end loop;
  return jsonb_populate_record(new, jsonb_build_object(tg_argv[0], nextval(sequence)));
end
$$;
comment on function rowhouse.next_number() is
  'before insert, row, when the identity column named is null: an explicit null takes the next number, as an absent value does. Second argument: follows, or none.';

-- security definer: as above.
create or replace function rowhouse.follow_number()
returns trigger
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  sequence regclass := pg_get_serial_sequence(tg_relid::regclass::text, tg_argv[0]);
  last bigint := coalesce(pg_sequence_last_value(sequence), 0);
  -- For every row of a statement: one put together here would be planned for each.
  given bigint := (to_jsonb(new) ->> tg_argv[0])::bigint;
begin
  -- The row may yet be refused, and what is drawn stays drawn: only so near that nobody uses the numbers up this way.
  if given > last and given::numeric - last <= 100 then
    perform rowhouse.draw(sequence, last, given);
  end if;
  return new;
end
$$;
comment on function rowhouse.follow_number() is
  'before insert or update, row, in SQL, when the identity column named has a value: its sequence moves beyond one near by, for DEFAULT in the next row of the statement asks nobody.';

-- security definer: as above.
create or replace function rowhouse.follow_numbers()
returns trigger
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  sequence regclass := pg_get_serial_sequence(tg_relid::regclass::text, tg_argv[0]);
  last bigint := coalesce(pg_sequence_last_value(sequence), 0);
  given bigint;
begin
  if tg_level = 'STATEMENT' then
    execute format('select max(%I) from new_rows', tg_argv[0]) into given;
  else
    given := (to_jsonb(new) ->> tg_argv[0])::bigint;
  end if;
  if given > last is not true then
    return null;
  end if;
  -- A sixteenth is never jumped over: one row with the last number would leave none for anybody else's.
  select least(given, s.seqmax - s.seqmax / 16) into given from pg_sequence as s where s.seqrelid = sequence;
  -- A gap is drawn number by number, and jumped only where nobody draws as many in between; jumps wait for one another.
  if given::numeric - last > 10000 then
    perform pg_advisory_xact_lock(hashtextextended('follow_number', sequence::oid::bigint));
    last := coalesce(pg_sequence_last_value(sequence), 0);
    if given::numeric - last > 10000 then
      perform setval(sequence, given);
      return null;
    end if;
  end if;
  perform rowhouse.draw(sequence, last, given);
  return null;
end
$$;
comment on function rowhouse.follow_numbers() is
  'after insert (new_rows), statement, or after update, row: the sequence of the identity column named moves beyond the values that have been written.';

revoke all on function
  rowhouse.draw(regclass, bigint, bigint), rowhouse.next_number(), rowhouse.follow_number(), rowhouse.follow_numbers()
from public;
