-- Access mode lists: independent lists of readers, writers and deleters on every row; no level, role or sudo token passes
-- them. What compile/policy.ts makes of it, for a table with all features; a test holds the two together. {slug}, {schema}
-- and {table} stand for the tenant and its table. The bits are those of mode acl: an ACL belongs to one mode, and the
-- verdict on it follows that mode's rules.

-- Definer functions of ours (put_listed, change_listed, remove_listed, sharing) pass; people never hold this role.
create policy _owner on {schema}.{table} to rowhouse_owner using (true) with check (true);

-- As in mode acl: what a transaction has written itself is readable to it, or RETURNING would fail.
create policy _select on {schema}.{table} for select to {schema} using (
  (_xact = (select pg_current_xact_id_if_assigned()) or get_bit((select {schema}._rowhouse_readable()), _acl) = 1)
  and (trashed_at is null or (select rowhouse.shows('trashed')))
  and (deleted_at is null or (select rowhouse.shows('deleted'))
    or (_xact = (select pg_current_xact_id_if_assigned()) and (select rowhouse.shows('trashed')))));

-- Level edit or more, and no sudo token in its place. guard_lists assigns the authors.
create policy _insert on {schema}.{table} for insert to {schema} with check (
  (select p.level >= 2 from rowhouse.principal_in('{slug}') as p));

-- Writers and authors; guard_lists passes over what an author who is no writer may not change.
create policy _update on {schema}.{table} for update to {schema}
  using (get_bit((select {schema}._rowhouse_relistable()), _acl) = 1
    and (trashed_at is null or (select rowhouse.shows('trashed')))
    and (deleted_at is null or (select rowhouse.shows('deleted')))) with check (true);

create policy _delete on {schema}.{table} for delete to {schema}
  using (get_bit((select {schema}._rowhouse_deletable()), _acl) = 1);
