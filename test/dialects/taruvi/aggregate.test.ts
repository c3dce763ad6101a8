/** Aggregates by HTTP. */
import { beforeAll, describe, expect, it } from 'vitest';
import { startApp, type TestApp } from '../../support/app.ts';
import { createDatabase, type TestDatabase } from '../../support/database.ts';
import { createTenantWith } from '../../support/definer.ts';
import { principal } from '../../support/principal.ts';
import { type Taruvi, type TaruviBody, taruvi } from '../../support/taruvi.ts';
import { shop } from './shaping-tables.ts';

let database: TestDatabase;
let app: TestApp;
let root: Taruvi;
let eve: Taruvi;

const at = (table: string, params: Readonly<Record<string, string>>): string =>
  `/default/datatables/${table}/data/?${new URLSearchParams(params).toString()}`;
const products = (params: Readonly<Record<string, string>>): Promise<TaruviBody> =>
  root.call('GET', at('products', params));

beforeAll(async () => {
  database = await createDatabase();
  app = await startApp(database);
  const tenant = database.slug('sums');
  await createTenantWith(database, tenant, shop);
  root = taruvi(app, principal(tenant, 'root', { access: 'root' }));
  eve = taruvi(app, principal(tenant, 'eve', { access: 'edit', roles: ['outsiders'] }));
  await root.call(
    'POST',
    '/default/datatables/products/data/',
    [
      {
        name: 'a',
        category: 'x',
        price: 1.5,
        stock: 2,
        made: '2024-01-31T23:30:00Z',
        attributes: { size: 3 },
      },
      {
        name: 'b',
        category: 'x',
        price: 2.5,
        stock: 0,
        made: '2024-02-01T10:00:00Z',
        attributes: { size: '4' },
      },
      {
        name: 'c',
        category: 'y',
        price: 10,
        stock: 1,
        made: '2024-02-28T00:00:00Z',
        attributes: {},
      },
      { name: 'd', category: null, price: null, stock: null, made: null, attributes: null },
      { name: 'deleted', category: 'x', price: 1000, stock: 1000 },
    ],
    201,
  );
  await root.call('DELETE', '/default/datatables/products/data/5/');
  const monk = principal(tenant, 'root', { access: 'root', sudo: true });
  const hidden = { name: 'hidden', access_deny: ['outsiders'] };
  await app.request('POST', '/api/data/companies', { as: monk, body: [{ name: 'seen' }, hidden] });
}, 120_000);

describe('aggregates of all rows', () => {
  it('are one row, beside the data too', async () => {
    const functions = [
      'count(*)',
      'count(price)',
      'count(distinct category)',
      'sum(price)',
      'avg(price)',
      'min(price) as low',
      'max(name)',
      'sum(price * stock) as worth',
      'sum(attributes.size)',
      "string_agg(name, '; ')",
      'array_agg(stock)',
      'json_agg(category)',
      'stddev(stock)',
      'variance(stock)',
    ].join(',');
    const row = {
      count: 4,
      count_price: 3,
      count_distinct_category: 2,
      sum_price: 14,
      avg_price: 14 / 3,
      low: 1.5,
      max_name: 'd',
      worth: 13,
      sum_attributes_size: 3,
      string_agg_name: 'a; b; c; d',
      array_agg_stock: [2, 0, 1, null],
      json_agg_category: ['x', 'x', 'y', null],
      stddev_stock: 1,
      variance_stock: 1,
    };
    const body = await products({ _aggregate: functions });
    expect(body.data).toEqual([row]);
    expect(body.aggregates).toEqual(row);
    expect(body.total).toBe(1);
    expect(body.pagination).toMatchObject({ offset: 0, count: 1, total_pages: 1 });
    const none = await products({ _aggregate: 'count(*),sum(price),array_agg(name)', id: '99' });
    expect(none.data).toEqual([{ count: 0, sum_price: null, array_agg_name: null }]);
    expect((await products({ _aggregate: 'sum(price)', category: 'x' })).data).toEqual([
      { sum_price: 4 },
    ]);
    const counted = await products({ _aggregate: 'sum(price)', _count: 'true' });
    expect(counted).toMatchObject({ data: [], total: 1, aggregates: { sum_price: 14 } });
  });

  it('include what is deleted when asked', async () => {
    const body = await products({ _aggregate: 'count(*)', include_deleted: 'true' });
    expect(body.data).toEqual([{ count: 5 }]);
  });

  it('count only rows that the caller may see', async () => {
    const query = { _aggregate: 'count(*),string_agg(name)' };
    expect((await root.call('GET', at('companies', query))).data).toEqual([
      { count: 1, string_agg_name: 'seen' },
    ]);
    const { data, total } = await eve.call('GET', at('companies', { ...query, _group_by: 'name' }));
    expect(data).toEqual([{ name: 'seen', count: 1, string_agg_name: 'seen' }]);
    expect(total).toBe(1);
  });
});

describe('groups', () => {
  it('are rows with the number of all', async () => {
    const grouped = { _aggregate: 'count(*),sum(price) as revenue', _group_by: 'category' };
    const rows = [
      { category: 'x', count: 2, revenue: 4 },
      { category: 'y', count: 1, revenue: 10 },
      { category: null, count: 1, revenue: null },
    ];
    expect(await products(grouped)).toMatchObject({ data: rows, total: 3 });
    expect((await products(grouped)).aggregates).toBeUndefined();
    const byRevenue = await products({
      ...grouped,
      ordering: '-revenue',
      page_size: '1',
      page: '2',
    });
    expect(byRevenue).toMatchObject({
      data: [rows[1]],
      total: 3,
      pagination: { offset: 1, count: 1, current_page: 2, total_pages: 3 },
    });
    expect(await products({ ...grouped, page: '9' })).toMatchObject({ data: [], total: 3 });
    expect(await products({ ...grouped, _count: 'true' })).toMatchObject({ data: [], total: 3 });
    const sizes = await products({ _aggregate: 'count(*)', _group_by: 'attributes.size' });
    expect(sizes.data).toEqual([
      { attributes_size: '4', count: 1 },
      { attributes_size: 3, count: 1 },
      { attributes_size: null, count: 2 },
    ]);
  });

  it('can be periods, by the clock of a zone', async () => {
    const utc = await products({
      _aggregate: 'count(*)',
      _group_by: "date_trunc('month', made)",
    });
    expect(utc.data).toEqual([
      { date_trunc: '2024-01-01T00:00:00Z', count: 1 },
      { date_trunc: '2024-02-01T00:00:00Z', count: 2 },
      { date_trunc: null, count: 1 },
    ]);
    const berlin = await products({
      _aggregate: 'count(*)',
      _group_by: "date_trunc('month', made AT TIME ZONE 'Europe/Berlin') as month",
    });
    expect(berlin.data).toEqual([
      { month: '2024-02-01T00:00:00Z', count: 3 },
      { month: null, count: 1 },
    ]);
  });

  it.each<[string, unknown[]]>([
    ['count__gte=2', ['x']],
    ['revenue > 4', ['y']],
    ['count(*) > 1', ['x']],
    ['sum(price) >= 4 AND max(stock)__lt=2', ['y']],
    ['category__ne=x', ['y']],
    ["category = 'x',count <= 2.5", ['x']],
    ['avg(price * 2) == 20', ['y']],
  ])('with _having %s', async (having, expected) => {
    const body = await products({
      _aggregate: 'count(*),sum(price) as revenue',
      _group_by: 'category',
      _having: having,
    });
    expect((body.data as { category: unknown }[]).map(({ category }) => category)).toEqual(
      expected,
    );
    expect(body.total).toBe(expected.length);
  });
});

describe('aggregates are refused', () => {
  it.each<[string, Readonly<Record<string, string>>, string]>([
    ['a division by zero', { _aggregate: 'sum(price / stock)', made__gte: '2024-02-01' }, 'zero'],
    ['a sum of texts', { _aggregate: 'sum(name)' }, 'sum_name'],
    ['arithmetic on texts', { _aggregate: 'sum(name + 1)' }, 'sum_name_1'],
    ['an unknown field', { _aggregate: 'sum(nothing)' }, 'nothing'],
    ['a related field', { _aggregate: 'count(company_id.name)' }, 'company_id'],
    ['a period of no time', { _group_by: "date_trunc('day', name)" }, 'name'],
    ['two of one name', { _aggregate: 'count(*),count(*)' }, 'give an alias'],
    ['_having without groups', { _aggregate: 'count(*)', _having: 'count > 1' }, '_having'],
    [
      'a word for a number',
      { _aggregate: 'count(*)', _group_by: 'name', _having: 'count > x' },
      'count',
    ],
    ['populate', { _aggregate: 'count(*)', populate: 'company' }, 'populate'],
    ['a graph parameter', { _aggregate: 'count(*)', format: 'tree' }, 'format'],
    ['a related condition', { _aggregate: 'count(*)', 'company_id.name': 'x' }, 'related'],
    [
      'an order by a list',
      { _aggregate: 'array_agg(name)', _group_by: 'category', ordering: 'array_agg_name' },
      'array_agg_name',
    ],
  ])('%s', async (_, params, part) => {
    const error = await root.refused(400, 'BAD_REQUEST', 'GET', at('products', params));
    expect(error.message).toContain(part);
    expect(error.message).not.toMatch(/t_x|select|numeric/i);
  });
});
