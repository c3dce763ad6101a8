-- Allowances of callers, counted once for all processes on this database.
-- Called by: service/turns.ts on gateway connections, before a request is performed.
-- Privileges: rowhouse_gateway only.

-- security definer: writes the control schema.
create or replace function rowhouse.take_turn(limits jsonb)
returns jsonb
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  here double precision := extract(epoch from clock_timestamp());
  entry record;
  kept control.turns;
  -- How long a sixtieth of the window is, and which one it is now.
  width double precision;
  part bigint;
  used integer;
  oldest bigint;
  room double precision;
  wait double precision;
  state jsonb;
  states jsonb := '[]';
  allowed boolean := true;
begin
  -- In the order of the keys: two requests of one caller never wait for each other in a circle.
  for entry in
    select sha256(convert_to(l.key, 'UTF8')) as key, l.most, l.seconds, l.refill
    from jsonb_to_recordset(limits) as l (key text, most integer, seconds double precision, refill double precision)
    order by 1
  loop
    insert into control.turns as t (key, level, looked_at) values (entry.key, entry.most, here)
      on conflict (key) do update set seen = now()
      returning * into kept;
    if entry.refill is null then
      width := entry.seconds / 60;
      part := floor(here / width);
      -- The part that is leaving counts in full, so that no window of this length ever holds more.
      select coalesce(sum(value::integer), 0), min(key::bigint), coalesce(jsonb_object_agg(key, value::integer), '{}')
        into used, oldest, kept.parts
        from jsonb_each_text(kept.parts) where key::bigint >= part - 60;
      room := entry.most - used;
      wait := (coalesce(oldest, part) + 61) * width - here;
      kept.parts := kept.parts || jsonb_build_object(part::text, coalesce((kept.parts ->> part::text)::integer, 0) + 1);
    else
      kept.level := least(entry.most, kept.level + greatest(here - kept.looked_at, 0) * entry.refill);
      room := floor(kept.level);
      wait := case when room < 1 then (1 - kept.level) / entry.refill else (entry.most - kept.level + 1) / entry.refill end;
      kept.level := kept.level - 1;
    end if;
    allowed := allowed and room >= 1;
    states := states || jsonb_build_object('key', encode(entry.key, 'hex'), 'parts', kept.parts, 'level', kept.level,
      'limit', entry.most, 'remaining', greatest(room - 1, 0), 'reset', greatest(ceil(wait), 1), 'room', room);
  end loop;
  if allowed then
    -- A request that is refused uses nothing.
    update control.turns as t set parts = s.parts, level = s.level, looked_at = here
      from jsonb_to_recordset(states) as s (key text, parts jsonb, level double precision)
      where t.key = decode(s.key, 'hex');
  end if;
  if random() < 0.001 then
    delete from control.turns where key in (
      select t.key from control.turns as t where t.seen < now() - interval '2 hours' limit 1000 for update skip locked);
  end if;
  select s into state from jsonb_array_elements(states) as s
    order by (s ->> 'room')::double precision < 1 desc, (s ->> 'remaining')::double precision, (s ->> 'reset')::double precision desc limit 1;
  return jsonb_build_object('allowed', allowed, 'limit', state -> 'limit',
    'remaining', case when allowed then state -> 'remaining' else '0' end, 'reset', state -> 'reset');
end
$$;
comment on function rowhouse.take_turn(jsonb) is
  'Takes one turn off each of [{"key","most","seconds"} a rolling window | {"key","most","refill"} a bucket refilled at so many a second], or off none; answers {"allowed","limit","remaining","reset"} of the tightest.';

revoke all on function rowhouse.take_turn(jsonb) from public;
grant execute on function rowhouse.take_turn(jsonb) to rowhouse_gateway;
