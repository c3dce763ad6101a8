-- Asks first whether the stored bits cover everything, which is the usual case, and computes only otherwise.
create or replace function "t_bench"._rowhouse_bits_stored_first(wanted text)
returns varbit
language plpgsql stable security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  p rowhouse.principal := rowhouse.principal_in('bench');
  found_bits varbit;
begin
  select v.bits || B'' into found_bits
    from "t_bench"._rowhouse_verdicts as v
    where v.key = p.key and v."right" = wanted
      and v.covered > (select max(id) from "t_bench"._rowhouse_acls);
  if found_bits is not null then
    return found_bits;
  end if;
  return "t_bench"._rowhouse_bits(wanted);
end
$$;
select length("t_bench"._rowhouse_bits_stored_first('read'));
