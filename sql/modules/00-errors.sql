-- Errors: one way to refuse, for triggers, functions and statements of the service.
-- Called by: every module, generated statements (refuse in a select list), trigger functions.
-- Privileges: anyone who may use schema rowhouse; it only raises.

create or replace function rowhouse.refuse(
  code text, message text, detail jsonb default '{}', hint text default null)
returns void
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
begin
  if hint is null then
    raise exception using errcode = code, message = message, detail = detail::text;
  end if;
  raise exception using errcode = code, message = message, detail = detail::text, hint = hint;
end
$$;
comment on function rowhouse.refuse(text, text, jsonb, text) is
  'Raises SQLSTATE code (RHnnn of base/errors.ts). detail has the shape of ErrorDetail: only keys the caller named, never values of rows.';

revoke all on function rowhouse.refuse(text, text, jsonb, text) from public;
grant execute on function rowhouse.refuse(text, text, jsonb, text) to rowhouse_tenant, rowhouse_gateway;
