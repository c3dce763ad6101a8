import { expect } from 'vitest';
import type { TestApp } from './app.ts';
import { dataSvc, where } from './data-svc.ts';
import { monk } from './monk.ts';
import { pgrest } from './pgrest.ts';
import { principal } from './principal.ts';
import { taruvi } from './taruvi.ts';

/** What a pass has left in its tenant, for a look from elsewhere. */
export interface Passed {
  readonly tenant: string;
  /** Notes of the table `notes` that anyone of level edit may read, in order. */
  readonly open: readonly string[];
}

/**
 * The product from one end to the other through a running application: each dialect's definitions and data, rights, lists, history,
 * graph, search, files in and out. For places the product must work in, whatever lies between it and Postgres; what each feature does
 * in detail is told elsewhere.
 */
export async function passThrough(app: TestApp, name: string): Promise<Passed> {
  const tenant = await app.createTenant(name);
  await throughMonk(app, tenant);
  await throughPgrest(app, tenant);
  await throughDataSvc(app, tenant);
  await throughTaruvi(app, tenant);
  const open = ['one', 'two'];
  return { tenant, open };
}

async function throughMonk(app: TestApp, tenant: string): Promise<void> {
  const boss = monk(app, principal(tenant, 'boss', { access: 'root', sudo: true }));
  const ann = monk(app, principal(tenant, 'ann', { access: 'edit' }));
  await boss.define('notes', {
    status: 'active',
    columns: [
      { column_name: 'text', type: 'text', searchable: true, tracked: true },
      { column_name: 'price', type: 'decimal', index: true },
    ],
  });
  const [one, , hidden] = await boss.create('notes', [
    { text: 'one', price: '1.5' },
    { text: 'two', price: '2.5' },
    { text: 'hidden', access_full: ['boss'] },
  ]);
  const texts = async (body: object) => (await ann.find('notes', body)).map(({ text }) => text);
  expect(await texts({ order: 'text asc' })).toEqual(['one', 'two']);
  expect(await texts({ where: { price: { $gt: '2' } } })).toEqual(['two']);
  expect(await texts({ where: { $search: { query: 'one' } } })).toEqual(['one']);
  expect((await ann.send('GET', `/api/data/notes/${hidden?.id}`)).status).toBe(404);
  const changed = await ann.send('PUT', `/api/data/notes/${one?.id}`, { text: 'uno' });
  expect(changed.status, changed.text).toBe(200);
  const back = await ann.send('PUT', `/api/data/notes/${one?.id}`, { text: 'one' });
  expect(back.status, back.text).toBe(200);
  const history = await ann.send('GET', `/api/history/notes/${one?.id}`);
  expect((history.body as { data: unknown[] }).data).toHaveLength(3);
  const shared = await boss.send('PUT', `/api/acls/notes/${hidden?.id}`, { access_read: ['bob'] });
  expect(shared.status, shared.text).toBe(200);
  const gone = await boss.create('notes', [{ text: 'gone' }]);
  expect((await boss.send('DELETE', `/api/data/notes/${gone[0]?.id}`)).status).toBe(200);
  expect((await ann.send('POST', '/api/data/notes', { price: 'dear' })).status).toBe(400);
}

async function throughPgrest(app: TestApp, tenant: string): Promise<void> {
  const admin = pgrest(app, principal(tenant, 'ada', { roles: ['PGREST_ADMIN'] }));
  await admin.table({
    table_name: 'ships',
    root_url: 'ships',
    columns: {
      name: { data_type: 'text', unique: true },
      size: { data_type: 'integer', null: false },
    },
  });
  await admin.call('POST', '/data/ships', {
    data: [
      { name: 'a', size: 1 },
      { name: 'b', size: 2 },
    ],
  });
  await admin.refused(400, 'POST', '/data/ships', { data: { name: 'c', size: 'large' } });
  await admin.call('POST', '/manage/views', {
    view_name: 'large',
    select_query: 'name',
    from_table: 'ships',
    where_query: 'size > 1',
  });
  expect(await admin.rows('/views/large')).toEqual([{ name: 'b' }]);
}

async function throughDataSvc(app: TestApp, tenant: string): Promise<void> {
  const ann = dataSvc(app, principal(tenant, 'ann'));
  const made = await ann.create({
    table: 'task',
    data: { done: false },
    readers: ['_self'],
    writers: ['_self'],
  });
  await ann.upsert(made.id, { table: 'task', data: { done: true } });
  const { objects } = await ann.query('task', { filters: [where('id', 'equals', made.id)] });
  expect(objects.map(({ data }) => data)).toEqual([{ done: true }]);
}

async function throughTaruvi(app: TestApp, tenant: string): Promise<void> {
  const root = taruvi(app, principal(tenant, 'boss', { access: 'root' }));
  await root.call('POST', '', { name: 'shop' }, 201);
  const fields = [
    { name: 'id', type: 'integer' },
    { name: 'title', type: 'string', constraints: { maxLength: 9 } },
    { name: 'price', type: 'number' },
    { name: 'parent_id', type: 'integer' },
  ];
  const foreignKeys = [{ fields: 'parent_id', reference: { resource: '', fields: 'id' } }];
  const schema = {
    fields,
    primaryKey: 'id',
    foreignKeys,
    search_fields: ['title'],
    graph: { self_reference: 'parent_id' },
    hierarchy: true,
  };
  const goods = '/shop/datatables/goods';
  await root.call('POST', '/shop/datatables', { name: 'goods', json_schema: schema }, 201);
  const csv = { headers: { 'content-type': 'text/csv' } };
  const file = 'id,title,price,parent_id\n1,root,1.5,\n2,leaf,2.5,1\n3,twig,3.5,2\n';
  const loaded = await root.send('POST', `${goods}/data/import/`, file, csv);
  expect(loaded.body, loaded.text).toMatchObject({ data: { inserted: 3, error_count: 0 } });
  expect((await root.send('GET', `${goods}/export/?ordering=id`)).text).toBe(
    file.replaceAll('\n', '\r\n'),
  );
  expect(await root.rows(`${goods}/data/?ordering=-price&fields=title&price__gt=2`)).toEqual([
    { title: 'twig' },
    { title: 'leaf' },
  ]);
  const [populated] = await root.rows(`${goods}/data/?id=2&populate=parent_id`);
  expect(populated).toMatchObject({ parent_id: { title: 'root' } });
  const tree = await root.call('GET', `${goods}/data/1/?format=flat&depth=2`);
  const titles = [...JSON.stringify(tree.data).matchAll(/"title":"(\w+)"/g)].map(
    ([, title]) => title,
  );
  expect(titles.sort()).toEqual(['leaf', 'root', 'twig']);
  await root.refused(400, 'VALIDATION_ERROR', 'POST', `${goods}/data/`, {
    id: 4,
    title: 'x'.repeat(10),
  });
  const wider = fields.map((field) =>
    field.name === 'title' ? { ...field, type: 'string', constraints: {} } : field,
  );
  await root.call('PATCH', goods, { json_schema: { ...schema, fields: wider } });
  const rule = {
    actions: ['read'],
    effect: 'EFFECT_ALLOW',
    roles: ['*'],
    condition: { match: { expr: 'R.attr.price > 2.0' } },
  };
  const policy = { resource: 'datatable:goods', version: 'default', rules: [rule] };
  await root.call('POST', '/shop/policies', {
    apiVersion: 'api.cerbos.dev/v1',
    resourcePolicy: policy,
  });
  const reader = taruvi(app, principal(tenant, 'ann', { access: 'edit' }));
  expect(await reader.rows(`${goods}/data/?ordering=id&fields=id`)).toEqual([{ id: 2 }, { id: 3 }]);
}
