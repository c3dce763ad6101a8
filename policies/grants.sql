-- Access mode grants: table verbs by role; no row is hidden from who holds the verb. What compile/policy.ts makes of it; a test
-- holds the two together. {schema}, {table} and {id} stand for the tenant's schema, its table and the table's number.
-- Each condition is a one-time filter: without the verb the table is not read at all.

create policy _owner on {schema}.{table} to rowhouse_owner using (true) with check (true);

create policy _select on {schema}.{table} for select to {schema}
  using ((select {schema}._rowhouse_may('{id}'::integer, 'select')));

create policy _insert on {schema}.{table} for insert to {schema}
  with check ((select {schema}._rowhouse_may('{id}'::integer, 'insert')));

create policy _update on {schema}.{table} for update to {schema}
  using ((select {schema}._rowhouse_may('{id}'::integer, 'update'))) with check (true);

create policy _delete on {schema}.{table} for delete to {schema}
  using ((select {schema}._rowhouse_may('{id}'::integer, 'delete')));
