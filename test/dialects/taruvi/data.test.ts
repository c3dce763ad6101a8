import { beforeAll, describe, expect, it } from 'vitest';
import { startApp, type TestApp } from '../../support/app.ts';
import { createDatabase, type TestDatabase } from '../../support/database.ts';
import { createTenantWith } from '../../support/definer.ts';
import { principal } from '../../support/principal.ts';
import { type Taruvi, taruvi } from '../../support/taruvi.ts';
import { drafts } from './tables.ts';

let database: TestDatabase;
let app: TestApp;
let tenant: string;
let root: Taruvi;

const at = (table: string, rest = ''): string => `/default/datatables/${table}/data/${rest}`;

beforeAll(async () => {
  database = await createDatabase();
  app = await startApp(database);
  tenant = database.slug('data');
  await createTenantWith(database, tenant, drafts);
  root = taruvi(app, principal(tenant, 'root', { access: 'root' }));
}, 120_000);

describe('create and read', () => {
  it('one row is answered with 201 and itself, many in their order', async () => {
    const one = await root.call('POST', at('items'), { title: 'one', price: 1.5 }, 201);
    expect(one).toMatchObject({
      status: 'success',
      data: { title: 'one', price: 1.5, code: null, quantity: 5 },
    });
    const many = await root.call(
      'POST',
      at('items'),
      [{ title: 'b', quantity: 1 }, { title: 'a' }, { title: 'c', quantity: null }],
      201,
    );
    expect(many.data).toMatchObject([
      { title: 'b', quantity: 1 },
      { title: 'a', quantity: 5 },
      { title: 'c', quantity: null },
    ]);
    expect((await root.call('POST', at('items'), [], 201)).data).toEqual([]);
    const { id } = one.data as { id: number };
    expect((await root.call('GET', at('items', `${id}/`))).data).toEqual(one.data);
    expect(
      (await root.call('GET', `/default/datasources/default/datatables/items/data/${id}`)).data,
    ).toEqual(one.data);
  });

  it('a list tells all matches and where the page lies', async () => {
    const list = await root.call('GET', at('items', '?page_size=3&ordering=-title'));
    expect((list.data as { title: string }[]).map(({ title }) => title)).toEqual(['one', 'c', 'b']);
    expect(list.total).toBe(4);
    expect(list.pagination).toEqual({
      offset: 0,
      limit: 3,
      count: 3,
      current_page: 1,
      total_pages: 2,
      has_next: true,
      has_previous: false,
    });
    expect(await root.rows(at('items', '?_sort=quantity,title&_order=asc'))).toMatchObject([
      { title: 'b' },
      { title: 'a' },
      { title: 'one' },
      { title: 'c' },
    ]);
    expect(await root.call('GET', at('items', '?_count=true'))).toMatchObject({
      data: [],
      total: 4,
    });
    expect(await root.call('GET', at('items', '?page=9'))).toMatchObject({ data: [], total: 4 });
    await root.refused(400, 'BAD_REQUEST', 'GET', at('items', '?ordering=nothing'));
    await root.refused(400, 'BAD_REQUEST', 'GET', at('items', '?_sort=id&_order=up'));
    await root.refused(400, 'BAD_REQUEST', 'GET', at('items', '?page=0'));
  });
});
