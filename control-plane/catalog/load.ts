import { ServiceError } from '../base/errors.ts';
import type { App } from '../model/app.ts';
import { type Catalog, parted } from '../model/catalog.ts';
import type { Column, Table } from '../model/table.ts';
import { type Connection, rowsOf } from './connection.ts';

/** A tenant's definitions in one query: the cost follows the tenant, never the number of tenants. @throws ServiceError tenant_not_found */
export async function loadCatalog(connection: Connection, tenant: string): Promise<Catalog> {
  const [row] = await rowsOf<{ catalog: string | null }>(
    connection,
    'select rowhouse.catalog($1)::text as catalog',
    [tenant],
  );
  if (!row?.catalog) throw new ServiceError('tenant_not_found');
  const catalog = JSON.parse(row.catalog) as Catalog;
  const tables = catalog.tables.map(present);
  return parted({ ...catalog, tables, apps: (catalog.apps ?? []).map(presentApp) });
}

/** null from Postgres is absence here. */
function present(table: Table): Table {
  return {
    ...withoutNulls(table),
    columns: table.columns.map((column) => withoutNulls<Column>(column)),
  };
}

function presentApp(app: App): App {
  return {
    ...withoutNulls(app),
    datasources: app.datasources.map(withoutNulls),
    roles: app.roles.map(withoutNulls),
  };
}

function withoutNulls<T extends object>(value: T): T {
  return Object.fromEntries(Object.entries(value).filter(([, part]) => part !== null)) as T;
}
