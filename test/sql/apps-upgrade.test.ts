import { join } from 'node:path';
import { runner } from 'node-pg-migrate';
import { expect, it } from 'vitest';
import { loadCatalog } from '../../control-plane/catalog/load.ts';
import { install } from '../../control-plane/pg/install.ts';
import { packageRoot, sqlFile } from '../../control-plane/pg/sql-files.ts';
import { createDatabase } from '../support/database.ts';
import { gatewayPassword } from '../support/principal.ts';
import { withClient } from '../support/sql.ts';

it('tenants made before there were apps have what their tables name, and what every tenant has', async () => {
  const database = await createDatabase();
  const name = database.slug('older');
  await database.admin.query(`create database "${name}"`);
  const url = new URL(database.url);
  url.pathname = `/${name}`;
  const [bare, busy] = ['bare', 'busy'].map((slug) => database.slug(slug));
  try {
    await withClient(url.href, async (client) => {
      for (const statement of sqlFile('policies/roles.sql').statements) {
        await client.query(statement);
      }
      await client.query('set role rowhouse_owner');
      await runner({
        dbClient: client,
        dir: join(packageRoot(), 'sql', 'migrations'),
        direction: 'up',
        count: 6,
        migrationsTable: 'pgmigrations',
        migrationsSchema: 'control',
        schema: 'control',
        log: () => undefined,
      });
      await client.query(`insert into control.tenants (slug, name) values ($1, 'a'), ($2, 'b')`, [
        bare,
        busy,
      ]);
      await client.query(
        `insert into control.relations (tenant_id, id, app, datasource, name, physical, access)
         select t.id, v.id, v.app, v.datasource, v.name, v.name, 'acl'
         from control.tenants as t
         cross join (values (1, 'crm', 'main', 'leads'), (2, 'default', 'default', 'notes')) as v (id, app, datasource, name)
         where t.slug = $1`,
        [busy],
      );
    });
    await install(url.href, { gatewayPassword: gatewayPassword(database.secret) });
    await withClient(url.href, async (client) => {
      const places = async (tenant: string | undefined) =>
        (await loadCatalog(client, tenant ?? '')).apps?.map(({ id, slug, datasources, roles }) => [
          id,
          slug,
          datasources.map((source) => [source.id, source.slug]),
          roles.map((role) => role.name),
        ]);
      const always = [
        [1, 'default'],
        [2, 'objects'],
      ];
      const roles = ['admin', 'owner'];
      expect(await places(bare)).toEqual([[1, 'default', always, roles]]);
      expect(await places(busy)).toEqual([
        [1, 'default', always, roles],
        [2, 'crm', [[3, 'main']], roles],
      ]);
      const { rows } = await client.query(
        'select last_app, last_datasource from control.tenants where slug = any ($1) order by slug',
        [[bare, busy]],
      );
      expect(rows).toEqual([
        { last_app: 1, last_datasource: 2 },
        { last_app: 2, last_datasource: 3 },
      ]);
    });
  } finally {
    await database.admin.query(`drop database "${name}" with (force)`);
  }
}, 60_000);
