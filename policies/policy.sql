-- Access mode policy: rules of the app's policies. What compile/policy.ts makes of it for a table of which no policy speaks; a test
-- holds the two together. {slug}, {schema}, {app} and {table} stand for the tenant, its schema, the app and its table.
-- Rules come in as conditions beside that function: roles of the caller as sub-selects, what they say of the row in line.
-- Refused by default; administrators of the app are allowed, and every principal of the tenant if the app is set so.

-- Definer functions of ours (triggers, history) pass; people never hold this role.
create policy _owner on {schema}.{table} to rowhouse_owner using (true) with check (true);

-- As in mode acl: what a transaction has written itself is readable to it, or RETURNING would fail.
create policy _select on {schema}.{table} for select to {schema} using (
  (_xact = (select pg_current_xact_id_if_assigned()) or (select rowhouse.allowed_anyway('{slug}', '{app}', true))));

create policy _insert on {schema}.{table} for insert to {schema} with check ((select rowhouse.allowed_anyway('{slug}', '{app}', true)));

-- The old row by USING, the new one by WITH CHECK.
create policy _update on {schema}.{table} for update to {schema}
  using ((select rowhouse.allowed_anyway('{slug}', '{app}', true))) with check ((select rowhouse.allowed_anyway('{slug}', '{app}', true)));

create policy _delete on {schema}.{table} for delete to {schema}
  using ((select rowhouse.allowed_anyway('{slug}', '{app}', true)));
