-- Access mode acl: record access lists, else the caller's level. What compile/policy.ts makes of it, for a table with all
-- features; a test holds the two together. {slug}, {schema} and {table} stand for the tenant and its table.
-- Everything that depends only on the caller is in a sub-select, evaluated once a statement and only when a row needs it.
-- One mention of each bit function a policy: every mention would compute the bits again.

-- Definer functions of ours (triggers, sharing, history) pass; people never hold this role.
create policy _owner on {schema}.{table} to rowhouse_owner using (true) with check (true);

-- RETURNING meets this policy too, so a create, trashing or change of lists by which the caller loses the row would fail
-- with 42501. Hence _xact: a row is visible to the very transaction that wrote it. It comes before get_bit, because a row of
-- this very statement may carry an ACL that the statement's snapshot has no bit for, and get_bit raises beyond the end.
create policy _select on {schema}.{table} for select to {schema} using (
  (_xact = (select pg_current_xact_id_if_assigned()) or get_bit((select {schema}._rowhouse_readable()), _acl) = 1)
  and (trashed_at is null or (select rowhouse.shows('trashed')))
  and (deleted_at is null or (select rowhouse.shows('deleted'))
    or (_xact = (select pg_current_xact_id_if_assigned()) and (select rowhouse.shows('trashed')))));

-- Any lists may be given at creation.
create policy _insert on {schema}.{table} for insert to {schema} with check ((select rowhouse.may_create('{slug}')));

-- The right asked for follows rowhouse.intent: edit, delete (trashing and restoring) or manage (sharing). The trigger
-- guard_intent holds the update to what the intent names, so an intent opens nothing its right does not. The marks again: an
-- UPDATE that reads no column asks no SELECT policy.
create policy _update on {schema}.{table} for update to {schema}
  using (get_bit((select {schema}._rowhouse_changeable()), _acl) = 1
    and (trashed_at is null or (select rowhouse.shows('trashed')))
    and (deleted_at is null or (select rowhouse.shows('deleted')))) with check (true);

-- On soft-delete tables the trigger trash_instead marks the row and keeps it.
create policy _delete on {schema}.{table} for delete to {schema}
  using (get_bit((select {schema}._rowhouse_deletable()), _acl) = 1);
