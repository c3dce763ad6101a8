import { type App, administratorRoles, type DataSource, defaultApp } from '../model/app.ts';
import type { DataSourceChange } from '../model/app-definition.ts';
import type { Table } from '../model/table.ts';
import type { Connection } from './connection.ts';

type NewApp = Pick<App, 'slug' | 'name' | 'description' | 'settings'>;
type NewDataSource = Pick<DataSource, 'slug' | 'name' | 'provider' | 'description' | 'config'>;

/** A new app with the roles that administer it; whoever makes it is its owner. */
export async function storeNewApp(
  connection: Connection,
  tenantId: number,
  app: NewApp,
  by: string,
): Promise<void> {
  await connection.query(
    `with counted as (
       update control.tenants set last_app = last_app + 1 where id = $1 returning last_app)
     insert into control.apps (tenant_id, slug, id, name, description, settings, created_by)
     select $1, $2, last_app, $3, $4, $5, $6 from counted`,
    [tenantId, app.slug, app.name, app.description, JSON.stringify(app.settings), by],
  );
  await connection.query(
    `insert into control.app_roles (tenant_id, app, name, created_by) select $1, $2, unnest($3::text[]), $4`,
    [tenantId, app.slug, administratorRoles, by],
  );
  await connection.query(
    `insert into control.app_members (tenant_id, app, role, sub, granted_by) values ($1, $2, 'owner', $3, $3)`,
    [tenantId, app.slug, by],
  );
}

/** What an app says of itself, in place of what it said. */
export async function storeApp(
  connection: Connection,
  tenantId: number,
  app: NewApp,
  by: string,
): Promise<void> {
  await connection.query(
    `update control.apps set name = $3, description = $4, settings = $5, modified_by = $6, updated_at = now()
     where tenant_id = $1 and slug = $2`,
    [tenantId, app.slug, app.name, app.description, JSON.stringify(app.settings), by],
  );
}

/** A new datasource of an app; one of the slug that is there stays as it is. */
export async function storeNewDataSource(
  connection: Connection,
  tenantId: number,
  app: string,
  { slug, name, provider, description, config }: NewDataSource,
): Promise<void> {
  await connection.query(
    `with counted as (
       update control.tenants set last_datasource = last_datasource + 1
       where id = $1 and not exists (
         select from control.datasources as d where d.tenant_id = $1 and d.app = $2 and d.slug = $3)
       returning last_datasource)
     insert into control.datasources (tenant_id, app, slug, id, name, provider, description, config)
     select $1, $2, $3, last_datasource, $4, $5, $6, $7 from counted`,
    [tenantId, app, slug, name, provider, description, JSON.stringify(config)],
  );
}

/** Makes the datasource of a table that is the first to need it. Those of the app every tenant has are always there. */
export async function storePlace(
  connection: Connection,
  tenantId: number,
  { app, datasource: slug }: Pick<Table, 'app' | 'datasource'>,
): Promise<void> {
  if (app === defaultApp) return;
  const made = { slug, name: slug, provider: 'flat_table', description: '', config: {} } as const;
  await storeNewDataSource(connection, tenantId, app, made);
}

/** What a datasource says of itself, as far as it changes. */
export async function storeDataSource(
  connection: Connection,
  tenantId: number,
  place: { readonly app: string; readonly datasource: string },
  change: DataSourceChange,
): Promise<void> {
  const { name, provider, description, config } = change;
  await connection.query(
    `update control.datasources set name = coalesce($4, name), provider = coalesce($5, provider),
       description = coalesce($6, description), config = coalesce($7, config), updated_at = now()
     where tenant_id = $1 and app = $2 and slug = $3`,
    [
      tenantId,
      place.app,
      place.datasource,
      name ?? null,
      provider ?? null,
      description ?? null,
      config === undefined ? null : JSON.stringify(config),
    ],
  );
}

/** A role of an app: made, or its parent and its members as far as they are given. */
export async function storeAppRole(
  connection: Connection,
  tenantId: number,
  role: {
    readonly app: string;
    readonly name: string;
    readonly parent?: string | null;
    readonly members?: readonly string[];
  },
  by: string,
): Promise<void> {
  const { app, name, parent, members } = role;
  await connection.query(
    `insert into control.app_roles (tenant_id, app, name, parent, created_by) values ($1, $2, $3, $4, $5)
     on conflict on constraint app_roles_pkey do update set updated_at = now(),
       parent = case when $6 then excluded.parent else app_roles.parent end`,
    [tenantId, app, name, parent ?? null, by, parent !== undefined],
  );
  if (members === undefined) return;
  await connection.query(
    `delete from control.app_members
     where tenant_id = $1 and app = $2 and role = $3 and sub <> all ($4::text[])`,
    [tenantId, app, name, members],
  );
  await connection.query(
    `insert into control.app_members (tenant_id, app, role, sub, granted_by)
     select $1, $2, $3, sub, $5 from unnest($4::text[]) as sub on conflict do nothing`,
    [tenantId, app, name, members, by],
  );
}

/** Switches an app, or one datasource of it, on or off; those of an app go and come with it. */
export async function storeActivity(
  connection: Connection,
  tenantId: number,
  part: { readonly app: string; readonly datasource?: string },
  active: boolean,
  by: string,
): Promise<void> {
  const { app, datasource } = part;
  if (datasource !== undefined) {
    await connection.query(
      `update control.datasources set active = $4, deactivated_with = null, updated_at = now()
       where tenant_id = $1 and app = $2 and slug = $3`,
      [tenantId, app, datasource, active],
    );
    return;
  }
  await connection.query(
    `update control.apps set active = $3, modified_by = $4, updated_at = now() where tenant_id = $1 and slug = $2`,
    [tenantId, app, active, by],
  );
  await connection.query(
    `update control.datasources set active = $3, deactivated_with = case when $3 then null else 'app' end
     where tenant_id = $1 and app = $2 and active <> $3 and ($3 is false or deactivated_with = 'app')`,
    [tenantId, app, active],
  );
}

/** Forgets an app or a datasource; its tables are gone before. */
export async function storePurge(
  connection: Connection,
  tenantId: number,
  { app, datasource }: { readonly app: string; readonly datasource?: string },
): Promise<void> {
  if (datasource === undefined) {
    await connection.query('delete from control.apps where tenant_id = $1 and slug = $2', [
      tenantId,
      app,
    ]);
    return;
  }
  await connection.query(
    'delete from control.datasources where tenant_id = $1 and app = $2 and slug = $3',
    [tenantId, app, datasource],
  );
}
