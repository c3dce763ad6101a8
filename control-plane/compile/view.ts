import { ident, join, literal, raw, type Sql, sql, toText } from '../base/sql.ts';
import type { Catalog } from '../model/catalog.ts';
import type { Table } from '../model/table.ts';
import { tableName } from './object.ts';
import { viewCondition } from './policy.ts';
import type { Step } from './step.ts';

/** The role that owns a tenant's views. No tenant's own role has capitals in its name. */
export function viewOwner(schema: string): string {
  return `${schema}_VIEWS`;
}

/** Where a materialized view keeps its rows. */
export function storeName(view: Table): { readonly schema: string; readonly physical: string } {
  return { schema: view.schema, physical: `_rowhouse_view_${view.id}` };
}

/**
 * Makes a view that is owned by the tenant's view owner, so that readers need no right on what it reads, and shows rows only to those
 * who meet its rules as they stand at that moment. `reads` are the tables and views it may meet.
 */
export function createView(view: Table, catalog: Catalog, reads: readonly Table[]): Step {
  const { schema } = view;
  const slug = literal(catalog.tenant);
  const owner = ident(viewOwner(schema));
  const name = tableName(view);
  const store = tableName(storeName(view));
  const { query = '', materialized = false, narrows = true } = view.view ?? {};
  // A refresh reads as the owner, whom no one else can become.
  const refreshing = sql`current_user = ${literal(viewOwner(schema))}`;
  const may = sql`(select ${refreshing} or rowhouse.may_view(${slug}, ${literal(view.id)}::integer))`;
  const rows = materialized ? store : sql`(${raw(query)})`;
  const shown = sql`select q.* from ${rows} as q where ${may}`;
  // Where no row is left out, all that is to be kept from a reader is kept by the one-time condition: without the barrier the table's
  // indexes serve order and limit (newest 20 of 10,000 in a quarter of the time).
  const barrier = narrows && !materialized;
  const options = raw(`security_barrier = ${String(barrier)}, security_invoker = false`);
  const forward = [
    sql`select rowhouse.create_view_owner(${slug})`,
    ...reads
      .filter(({ kind }) => kind === 'table')
      .flatMap((table) => opened(table, catalog, owner)),
    sql`set local search_path = pg_catalog`,
    ...(materialized
      ? [
          sql`create materialized view ${store} as ${raw(query)} with no data`,
          sql`alter materialized view ${store} owner to ${owner}`,
        ]
      : []),
    sql`create view ${name} with (${options}) as ${shown}`,
    sql`alter view ${name} owner to ${owner}`,
    ...(materialized ? [sql`refresh materialized view ${store}`] : []),
    sql`select rowhouse.close_view_owner(${slug})`,
    sql`select rowhouse.create_group_roles(${slug})`,
    sql`grant select on ${name} to ${viewReaders(schema)}`,
  ];
  return {
    class: 'safe',
    description: `create view ${view.name}`,
    forward: forward.map(toText),
    reverse: dropped(view),
  };
}

/** Roles that read views, and the one under which the gateway asks for them; the condition of the view tells who may. */
function viewReaders(schema: string): Sql {
  const groups = ['PGREST_ADMIN', 'PGREST_WRITE', 'PGREST_READ', 'PGREST_USER'];
  return join([ident(schema), ...groups.map((group) => ident(`${schema}_${group}`))]);
}

/** What the view owner may see of a table: everything in mode grants, else what the reader may. */
function opened(table: Table, catalog: Catalog, owner: Sql): readonly Sql[] {
  const on = tableName(table);
  const policy = ident('_views');
  return [
    sql`drop policy if exists ${policy} on ${on}`,
    sql`create policy ${policy} on ${on} for select to ${owner} using (${viewCondition(table, catalog)})`,
    sql`grant select on ${on} to ${owner}`,
  ];
}

/** Takes a view away. */
export function dropView(view: Table): Step {
  return {
    class: 'destructive',
    description: `drop view ${view.name}`,
    forward: dropped(view),
    reverse: [],
  };
}

function dropped(view: Table): readonly string[] {
  const store = tableName(storeName(view));
  return [
    toText(sql`drop view ${tableName(view)}`),
    ...(view.view?.materialized ? [toText(sql`drop materialized view ${store}`)] : []),
  ];
}

/** Fills a materialized view anew, as its owner. Readers go on meanwhile where a unique index allows it. */
export function refreshView(view: Table, indexed: boolean): Step {
  const how = raw(indexed ? ' concurrently' : '');
  const store = tableName(storeName(view));
  return {
    class: 'safe',
    description: `refresh view ${view.name}`,
    forward: [toText(sql`refresh materialized view${how} ${store}`)],
    reverse: [],
  };
}
