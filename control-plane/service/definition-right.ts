import { ServiceError } from '../base/errors.ts';
import type { Connection } from '../catalog/connection.ts';
import { meaning } from '../compile/settle.ts';
import { isOfApp, type LifeCycle } from '../model/app-definition.ts';
import { type Catalog, findTable, whole } from '../model/catalog.ts';
import type { Definition } from '../model/definition.ts';
import { claimsOf } from '../model/principal.ts';
import type { Table, TableDraft } from '../model/table.ts';
import type { Caller } from './call.ts';
import { appOf, nameOf } from './definition-scope.ts';
import { isOfView } from './view.ts';

/** Asks Postgres for what the route asks of the caller: before anything is said of the definition. */
export async function requireRight(
  connection: Connection,
  catalog: Catalog,
  { principal, requestId, right, app }: Caller,
): Promise<void> {
  if (right === undefined) return;
  const claims = JSON.stringify(claimsOf(principal, requestId));
  await connection.query('select rowhouse.require_right($1, $2, $3, $4, $5)', [
    catalog.tenant,
    catalog.version,
    claims,
    right,
    app ?? null,
  ]);
}

/** Asks Postgres whether the claims may make this change. */
export async function requireDefiner(
  connection: Connection,
  definition: Definition,
  catalog: Catalog,
  caller: Caller,
): Promise<void> {
  // Roles and views have no rule of their own beyond the right that Postgres has just confirmed.
  if (isOfView(definition) || isOfRole(definition)) {
    const needed = isOfView(definition) ? 'define' : 'grant';
    if (caller.right !== needed) throw new ServiceError('forbidden');
    return;
  }
  if (isOfApp(definition)) {
    const right = definition.kind === 'create_app' ? 'found' : 'administer';
    const app = appOf(definition);
    await requireRight(connection, catalog, { ...caller, right, app });
    if ('part' in definition) await requireParts(connection, definition, catalog, caller);
    return;
  }
  if (definition.kind === 'define_tables') {
    for (const each of definition.tables) {
      const part: Definition = findTable(catalog, each)
        ? { kind: 'change_table', from: each, to: each }
        : { kind: 'create_table', table: each };
      await requireDefiner(connection, part, catalog, caller);
    }
    return;
  }
  const name = nameOf(definition);
  const table = findTable(catalog, name);
  const makes = definition.kind === 'create_table' || definition.kind === 'ensure_table';
  const access = table?.access ?? (makes ? definition.table.access : 'acl');
  const switches =
    definition.kind === 'change_table' && table !== undefined && onlySwitches(table, definition.to);
  const replaces = definition.kind === 'create_table' && definition.replace === true;
  const what = [table?.id ?? null, access, switches, replaces, name.app];
  await askDefiner(connection, catalog, caller, what);
}

/** Of the tables that go or come: the one that is named, and else those that not everybody may change. */
async function requireParts(
  connection: Connection,
  { part }: LifeCycle,
  catalog: Catalog,
  caller: Caller,
): Promise<void> {
  const { app, datasource, table: name } = part;
  const inside = whole(catalog).tables.filter(
    (table) => table.app === app && (datasource === undefined || table.datasource === datasource),
  );
  const asked = inside.filter((table) =>
    name === undefined ? table.freeze || table.sudo : table.name === name,
  );
  for (const { id, access } of asked) {
    await askDefiner(connection, catalog, caller, [id, access, false, false, app]);
  }
}

/** `what`: id of the table, its access mode, whether only switches change, whether a table is replaced, the app. */
async function askDefiner(
  connection: Connection,
  catalog: Catalog,
  { principal, requestId }: Caller,
  what: readonly unknown[],
): Promise<void> {
  const claims = JSON.stringify(claimsOf(principal, requestId));
  await connection.query('select rowhouse.require_definer($1, $2, $3, $4, $5, $6, $7, $8)', [
    catalog.tenant,
    catalog.version,
    claims,
    ...what,
  ]);
}

function isOfRole(
  definition: Definition,
): definition is Extract<Definition, { kind: 'create_role' | 'grant_role' | 'revoke_role' }> {
  return ['create_role', 'grant_role', 'revoke_role'].includes(definition.kind);
}

/** Whether nothing but freeze, sudo and status differs: all that may change on a frozen table. */
function onlySwitches(table: Table, to: TableDraft): boolean {
  return (Object.keys(to) as (keyof TableDraft)[])
    .filter((key) => !['freeze', 'sudo', 'status', 'updatedAt'].includes(key))
    .every((key) => meaning(to[key]) === meaning(table[key]));
}
