import { beforeAll, describe, expect, it } from 'vitest';
import type { Principal } from '../../../control-plane/model/principal.ts';
import { startApp, type TestApp } from '../../support/app.ts';
import { createDatabase, type TestDatabase } from '../../support/database.ts';
import { createTenantWith } from '../../support/definer.ts';
import { principal } from '../../support/principal.ts';
import { difference, snapshot } from '../../support/snapshot.ts';
import { type Taruvi, taruvi } from '../../support/taruvi.ts';
import { table } from './tables.ts';

let database: TestDatabase;
let app: TestApp;
let tenant: string;
let root: Taruvi;

/** Who asks, in the order of the columns below. */
const people: readonly (readonly [string, string, Principal['access'], readonly string[]])[] = [
  ['deny', 'd', 'deny', []],
  ['read', 'r', 'read', []],
  ['edit with a token role admin', 'e', 'edit', ['admin', 'owner']],
  ['full', 'f', 'full', []],
  ['owner', 'o', 'read', []],
  ['admin by a parent', 'a', 'edit', []],
  ['admin of another app', 'x', 'full', []],
  ['root', 'z', 'root', []],
];

/** Calls that change nothing when they are let through, with `y` for who may and `n` for who is refused with 403. */
const matrix: readonly (readonly [string, string, string, unknown, number])[] = [
  // deny read edit full owner admin other root
  ['nyyyyyyy', 'GET', '', undefined, 200],
  ['nnnynnyy', 'POST', '', { name: '' }, 400],
  ['nyyyyyyy', 'GET', '/shop', undefined, 200],
  ['nyyyyyyy', 'GET', '/nowhere', undefined, 404],
  ['nnnnyyny', 'PUT', '/shop', {}, 400],
  ['nnnnyyny', 'PATCH', '/shop', { naem: 1 }, 400],
  ['nnnnnnny', 'PATCH', '/nowhere', {}, 404],
  ['nnnnyyny', 'DELETE', '/shop', undefined, 409],
  ['nnnnyyny', 'DELETE', '/shop?purge=true', undefined, 409],
  ['nnnnyyny', 'POST', '/shop/restore', undefined, 200],
  ['nyyyyyyy', 'GET', '/shop/stats', undefined, 200],
  ['nyyyyyyy', 'GET', '/shop/datatables/stats', undefined, 200],
  ['nyyyyyyy', 'GET', '/shop/datasources', undefined, 200],
  ['nnnnyyny', 'POST', '/shop/datasources', {}, 400],
  ['nyyyyyyy', 'GET', '/shop/datasources/default', undefined, 200],
  ['nyyyyyyy', 'GET', '/shop/datasources/default/stats', undefined, 200],
  ['nnnnyyny', 'PUT', '/shop/datasources/default', {}, 400],
  ['nnnnyyny', 'PATCH', '/shop/datasources/default', { provider_type: 'jsonb' }, 409],
  ['nnnnyyny', 'PATCH', '/shop/datasources/default', { provider_type: 'mongodb' }, 501],
  ['nnnnyyny', 'DELETE', '/shop/datasources/default', undefined, 409],
  ['nnnnyyny', 'POST', '/shop/datasources/default/restore', undefined, 200],
  ['nyyyyyyy', 'GET', '/shop/roles', undefined, 200],
  ['nnnnyyny', 'POST', '/shop/roles', {}, 400],
  ['nyyyyyyy', 'GET', '/shop/settings', undefined, 200],
  ['nnnnyyny', 'PATCH', '/shop/settings', { allow_anonymous: 'x' }, 400],
  ['nnnnyyny', 'DELETE', '/shop/datatables/items', undefined, 409],
  ['nnnnyyny', 'POST', '/shop/datatables/items/restore', undefined, 200],
  ['nnnnyyny', 'DELETE', '/shop/datasources/default/datatables/items?purge=true', undefined, 409],
];

beforeAll(async () => {
  database = await createDatabase();
  app = await startApp(database);
  tenant = database.slug('rights');
  const item = table('items', [], { app: 'shop' });
  const reference = {
    name: 'item',
    columns: ['id'],
    target: { app: 'shop', name: 'items' },
    targetColumns: ['id'],
    onDelete: 'no action',
    onUpdate: 'no action',
  } as const;
  const user = table('users', [], { app: 'other', references: [reference] });
  await createTenantWith(database, tenant, [item, user], ['shop', 'other']);
  root = taruvi(app, principal(tenant, 'root', { access: 'root' }));
  const role = (of: string, body: object, status: number) =>
    root.call('POST', `/${of}/roles/`, body, status);
  await role('shop', { name: 'owner', members: ['o'] }, 200);
  await role('shop', { name: 'deputy', parent: 'admin', members: ['a'] }, 201);
  await role('other', { name: 'admin', members: ['x'] }, 200);
}, 120_000);

describe('who may', () => {
  it.each(matrix)('%s %s %s %j', async (may, method, path, body, status) => {
    const before = await snapshot(database, tenant);
    for (const [at, [label, sub, access, roles]] of people.entries()) {
      const caller = taruvi(app, principal(tenant, sub, { access, roles }));
      const reply = await caller.send(method, path, body);
      const wanted = may[at] === 'y' ? status : 403;
      expect(reply.status, `${label}: ${reply.text.slice(0, 300)}`).toBe(wanted);
    }
    expect(difference(before, await snapshot(database, tenant))).toEqual([]);
  });

  it.each(matrix)(
    'nobody without a token, and nobody of another tenant: %s %s %s',
    async (_, method, path, body) => {
      const without = taruvi(app, { named: tenant });
      expect((await without.send(method, path, body)).status).toBe(401);
      const other = principal(database.slug('elsewhere'), 'z', { access: 'root' });
      const named = { headers: { 'x-tenant': tenant } };
      expect(
        (await taruvi(app, other).send(method, path, body, { as: other, ...named })).status,
      ).toBe(403);
    },
  );
});

describe('stats', () => {
  const shop = { app_name: 'shop', app_slug: 'shop', datasource_count: 1, table_count: 1 };

  it('count what is there; rows and sizes are told to administrators', async () => {
    await root.call('POST', '/shop/datatables/items/data/', [{}, {}, {}], 201);
    await database.admin.query(`analyze "t_${tenant}".shop_items`);
    const full = await root.send('GET', '/shop/stats/');
    expect(full.body).toEqual({
      ...shop,
      materialized_table_count: 1,
      providers: { flat_table: 1 },
      row_count_estimate: 3,
      size_bytes: expect.any(Number),
      last_schema_operation_at: expect.stringMatching(/Z$/),
    });
    const reader = taruvi(app, principal(tenant, 'r', { access: 'read' }));
    expect((await reader.send('GET', '/shop/stats/')).body).toMatchObject({
      ...shop,
      row_count_estimate: null,
      size_bytes: null,
    });
    expect((await reader.send('GET', '/default/stats/')).body).toMatchObject({
      table_count: 0,
      row_count_estimate: null,
      last_schema_operation_at: null,
    });
  });

  it('of a datasource and of all tables tell of each table', async () => {
    const item = {
      name: 'items',
      is_materialized: true,
      row_count_estimate: 3,
      size_bytes: expect.any(Number),
      index_count: 1,
    };
    const { body } = await root.send('GET', '/shop/datasources/default/stats');
    expect(body).toMatchObject({
      datasource_name: 'default',
      datasource_slug: 'default',
      provider_type: 'flat_table',
      table_count: 1,
      materialized_table_count: 1,
      row_count_estimate: 3,
      last_schema_operation_at: expect.stringMatching(/Z$/),
      tables: [item],
    });
    const all = await root.send('GET', '/shop/datatables/stats');
    expect(all.body).toEqual({
      app_slug: 'shop',
      total_tables: 1,
      materialized_tables: 1,
      by_datasource: { default: 1 },
      by_provider: { flat_table: 1 },
      row_count_estimate: 3,
      size_bytes: expect.any(Number),
      tables: [item],
    });
    const wrapped = await root.call('GET', '/shop/datatables/stats?envelope=true');
    expect(wrapped).toMatchObject({ status: 'success', data: all.body });
  });
});

describe('life', () => {
  it('what is deactivated is not found, is listed on request, and returns', async () => {
    const rows = '/shop/datatables/items/data/';
    expect(await root.rows(rows)).toHaveLength(3);
    await root.refused(409, 'CONFLICT', 'DELETE', '/shop/datatables/items');
    await root.call('DELETE', '/shop/datatables/items?force=true', undefined, 204);
    await root.refused(404, 'NOT_FOUND', 'GET', rows);
    await root.refused(404, 'NOT_FOUND', 'DELETE', '/shop/datatables/items');
    const back = await root.send('POST', '/shop/datatables/items/restore/');
    expect([back.status, back.body]).toMatchObject([200, { name: 'items', is_active: true }]);
    expect(await root.rows(rows)).toHaveLength(3);
    const one = '/shop/datasources/default/datatables/items';
    await root.call('DELETE', `${one}?force=true`, undefined, 204);
    await root.refused(404, 'NOT_FOUND', 'GET', one);
    expect((await root.send('GET', '/shop')).body).toMatchObject({ table_count: 0 });
    await root.call('DELETE', '/shop/datasources/default', undefined, 204);
    await root.refused(404, 'NOT_FOUND', 'GET', '/shop/datasources/default');
    expect((await root.send('GET', '/shop/datasources')).body).toEqual([]);
    const all = await root.send('GET', '/shop/datasources?include_inactive=true');
    expect(all.body).toMatchObject([{ slug: 'default', is_active: false }]);
    await root.call('DELETE', '/shop', undefined, 204);
    for (const path of ['', '/stats', '/datasources', '/roles', '/settings', '/datatables/stats']) {
      await root.refused(404, 'NOT_FOUND', 'GET', `/shop${path}`);
    }
    await root.refused(409, 'CONFLICT', 'POST', '', { name: 'Shop' });
    const slugs = async (query: string) =>
      ((await root.send('GET', `/${query}`)).body as { slug: string }[]).map(({ slug }) => slug);
    expect(await slugs('')).toEqual(['default', 'other']);
    expect(await slugs('?include_inactive=true')).toEqual(['default', 'shop', 'other']);
    await root.refused(404, 'NOT_FOUND', 'POST', '/shop/datasources/default/restore');
    const shop = await root.send('POST', '/shop/restore/');
    expect([shop.status, shop.body]).toMatchObject([200, { slug: 'shop', is_active: true }]);
    await root.refused(404, 'NOT_FOUND', 'GET', rows);
    const source = await root.send('POST', '/shop/datasources/default/restore/');
    expect([source.status, source.body]).toMatchObject([200, { slug: 'default', is_active: true }]);
    await root.refused(404, 'NOT_FOUND', 'GET', rows);
    await root.call('DELETE', '/shop/datatables/items?purge=true', undefined, 204);
    await root.refused(404, 'NOT_FOUND', 'DELETE', '/shop/datatables/items?purge=true');
    await root.call('DELETE', '/shop?purge=true', undefined, 204);
    await root.refused(404, 'NOT_FOUND', 'POST', '/shop/restore/');
    expect((await root.send('POST', '', { name: 'Shop' })).status).toBe(201);
  });

  it('what every tenant has stays', async () => {
    for (const path of ['', '/datasources/default', '/datasources/objects']) {
      await root.refused(409, 'CONFLICT', 'DELETE', `/default${path}?force=true`);
      await root.refused(409, 'CONFLICT', 'DELETE', `/default${path}?purge=true`);
    }
  });
});
