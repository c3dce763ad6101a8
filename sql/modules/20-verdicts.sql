-- Verdicts: what a principal may do with the rows of one access list combination (an ACL), and the bits over all.
-- Called by: the generated functions of a tenant (_rowhouse_bits, _rowhouse_extend, _rowhouse_sparse).
-- Privileges: rowhouse_owner only, but intended_right; the generated functions are the door.
-- A change of verdict() makes stored bits wrong: the installer empties _rowhouse_verdicts with every new module.

-- No SET clause: inlined into the scan of _rowhouse_acls, 10,000 ACLs in ~10 ms instead of ~60.
create or replace function rowhouse.verdict(
  wanted text, level integer, sudo boolean, mine integer[],
  "read" integer[], edit integer[], "full" integer[], "delete" integer[], deny integer[])
returns boolean
language sql immutable parallel safe
as $$
  select case
    when sudo then true
    when deny operator(pg_catalog.&&) mine then false
    -- Managing: level full or root, also where explicit lists hide the row from its reader.
    when wanted = 'manage' then level >= 3 or "full" operator(pg_catalog.&&) mine
    when "read" <> '{}' or edit <> '{}' or "full" <> '{}' or "delete" <> '{}' or deny <> '{}' then
      case wanted
        when 'read' then "read" operator(pg_catalog.&&) mine or edit operator(pg_catalog.&&) mine
          or "full" operator(pg_catalog.&&) mine
        when 'edit' then edit operator(pg_catalog.&&) mine or "full" operator(pg_catalog.&&) mine
        -- The delete list speaks of rows one can read: a DELETE without a condition asks no policy but this.
        when 'delete' then "full" operator(pg_catalog.&&) mine or "delete" operator(pg_catalog.&&) mine
          and ("read" operator(pg_catalog.&&) mine or edit operator(pg_catalog.&&) mine)
        else false
      end
    when wanted = 'read' then level >= 1
    when wanted = 'edit' then level >= 2
    when wanted = 'delete' then level >= 3
    else false
  end
$$;
comment on function rowhouse.verdict(
  text, integer, boolean, integer[], integer[], integer[], integer[], integer[], integer[]) is
  'Mode acl, per ACL: sudo, then deny, then explicit lists, then the level. wanted: read, edit, delete, manage.';

-- Polymorphic: over numbers of names for the bits of all ACLs, over the names themselves for a single row.
-- No SET clause: inlined.
create or replace function rowhouse.list_verdict(
  wanted text, mine anyarray, me anyelement, anyone anyelement, "read" anyarray, edit anyarray, "full" anyarray,
  "delete" anyarray, deny anyarray, authors anyarray)
returns boolean
language sql immutable parallel safe
as $$
  select case
    when deny operator(pg_catalog.&&) mine then false
    when "full" operator(pg_catalog.&&) pg_catalog.array_remove(mine, anyone) then true
    when wanted = 'read' then "read" operator(pg_catalog.&&) pg_catalog.array_append(mine, anyone)
    when wanted = 'edit' then edit operator(pg_catalog.&&) pg_catalog.array_remove(mine, anyone)
    when wanted = 'delete' then "delete" operator(pg_catalog.&&) pg_catalog.array_remove(mine, anyone)
    when wanted = 'manage' then edit operator(pg_catalog.&&) pg_catalog.array_remove(mine, anyone)
      or authors operator(pg_catalog.&&) array[me]
    else false
  end
$$;
comment on function rowhouse.list_verdict(
  text, anyarray, anyelement, anyelement, anyarray, anyarray, anyarray, anyarray, anyarray, anyarray) is
  'Mode lists, per ACL: deny, then the full list, then the one list of the right; no level, role or sudo passes. anyone counts among readers only. manage (changing lists): writers, and the author by user id.';

create or replace function rowhouse.acl_verdict(
  mode text, wanted text, level integer, sudo boolean, mine integer[], me integer, anyone integer,
  "read" integer[], edit integer[], "full" integer[], "delete" integer[], deny integer[], authors integer[])
returns boolean
language sql immutable parallel safe
as $$
  select case when mode = 'lists'
    then rowhouse.list_verdict(wanted, mine, me, anyone, "read", edit, "full", "delete", deny, authors)
    else rowhouse.verdict(wanted, level, sudo, mine, "read", edit, "full", "delete", deny) end
$$;
comment on function rowhouse.acl_verdict(
  text, text, integer, boolean, integer[], integer, integer,
  integer[], integer[], integer[], integer[], integer[], integer[]) is
  'The verdict on an ACL by the rules of its own access mode.';

create or replace function rowhouse.intended_right()
returns text
language sql stable parallel restricted
set search_path = pg_catalog, pg_temp
as $$
  select case current_setting('rowhouse.intent', true)
    when 'delete' then 'delete' when 'share' then 'manage' else 'edit' end
$$;
comment on function rowhouse.intended_right() is
  'The right an UPDATE needs, by rowhouse.intent. Anyone may set it: guard_intent then holds the UPDATE to that intent.';

create or replace function rowhouse.extend(tenant text, lag integer default 1)
returns void
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
declare
  schema_name text := 't_' || tenant;
  p rowhouse.principal := rowhouse.principal_in(tenant);
  ready boolean := false;
  newest integer;
  stored integer;
  wanted text;
  bits varbit;
  all_bits varbit[] := '{}';
begin
  -- With an older snapshot an ACL committed meanwhile would be stored as "no" for ever.
  if p.sub is null or current_setting('transaction_isolation') <> 'read committed' then
    return;
  end if;
  execute format('select max(id) from %I._rowhouse_acls', schema_name) into newest;
  execute format('select min(covered) from %I._rowhouse_verdicts where key = $1 having count(*) = 4', schema_name)
    into stored using p.key;
  if newest < 1 or stored is not null and newest + 1 - stored < lag then
    return;
  end if;
  if not pg_try_advisory_xact_lock(hashtextextended(tenant || p.key, 7)) then
    return;
  end if;
  begin
    -- Creators of ACLs hold ROW EXCLUSIVE to their commit, so under this lock nothing is in flight, and the bits are
    -- read with the fresh snapshots of the statements below.
    execute format('lock table %I._rowhouse_acls in share mode nowait', schema_name);
    foreach wanted in array array['read', 'edit', 'delete', 'manage'] loop
      execute format('select %I._rowhouse_bits($1)', schema_name) into bits using wanted;
      all_bits := all_bits || bits;
    end loop;
    ready := true;
    -- Undo the lock, keep the variables: an open transaction of a login role must not stop others from creating ACLs.
    raise exception using errcode = 'RH000', message = 'release';
  exception
    when sqlstate 'RH000' then null;
    when lock_not_available then null;
  end;
  if ready then
    execute format(
      -- Few ACLs are stored by number too: told from 10,000 bits anew they took .1 of a page's .5 ms.
      'insert into %I._rowhouse_verdicts (key, "right", covered, bits, acls)
       select $1, r, length(b), b, case when r = ''read'' and bit_count(b) <= 2000 then rowhouse.ones(b) end
       from unnest($2::text[], $3::varbit[]) as u (r, b)
       on conflict (key, "right") do update set covered = excluded.covered, bits = excluded.bits, acls = excluded.acls
         where _rowhouse_verdicts.covered < excluded.covered', schema_name)
      using p.key, array['read', 'edit', 'delete', 'manage'], all_bits;
  end if;
end
$$;
comment on function rowhouse.extend(text, integer) is
  'Stores the caller''s verdict bits when they lag. Never needed for correctness.';

create or replace function rowhouse.sparse(schema_name text, bits varbit, relation regclass, page integer)
returns boolean
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
declare
  total real;
  plan json;
begin
  select c.reltuples into total from pg_class as c
    join pg_namespace as n on n.oid = c.relnamespace
    where c.oid = relation and n.nspname = schema_name and c.relkind = 'r';
  -- Never analysed, or so small that walking it costs less than the estimate below; or the lists themselves say that there is much to see.
  if total is null or total < 2000 or page < 1 or bit_count(bits) > 2000 or bit_count(bits) * 8 >= length(bits) then
    return false;
  end if;
  -- Volatile because of the EXPLAIN: pg_stats hides tables under forced row security even from their owner; the planner itself may look.
  execute format('explain (format json) select from %s where _acl = any (%L::integer[])',
    relation, rowhouse.ones(bits)) into plan;
  return (plan #>> '{0,Plan,Plan Rows}')::float8 / total < 0.4 * sqrt(page / total);
end
$$;
comment on function rowhouse.sparse(text, varbit, regclass, integer) is
  'Whether reading the caller''s rows by _acl beats walking the order: visible fraction f < 0.4 × sqrt(page / rows), measured.';

create or replace function rowhouse.ones(bits varbit)
returns integer[]
language sql immutable parallel safe
set search_path = pg_catalog, pg_temp
as $$
  -- Splits the text at the ones: work by their number and not by that of the bits (10,000 bits: .1 ms instead of 3).
  select coalesce(array_agg(at), '{}')
  from (
    select (sum(length(zeros) + 1) over (order by place) - 1)::integer as at
    from unnest(string_to_array(bits::text, '1')) with ordinality as u (zeros, place)
  ) as ends
  where at < length(bits)
$$;
comment on function rowhouse.ones(varbit) is 'Positions of the ones, ascending.';

revoke all on function
  rowhouse.verdict(text, integer, boolean, integer[], integer[], integer[], integer[], integer[], integer[]),
  rowhouse.list_verdict(
    text, anyarray, anyelement, anyelement, anyarray, anyarray, anyarray, anyarray, anyarray, anyarray),
  rowhouse.acl_verdict(
    text, text, integer, boolean, integer[], integer, integer,
    integer[], integer[], integer[], integer[], integer[], integer[]),
  rowhouse.intended_right(), rowhouse.extend(text, integer), rowhouse.sparse(text, varbit, regclass, integer),
  rowhouse.ones(varbit)
from public;
grant execute on function rowhouse.intended_right() to rowhouse_tenant;
