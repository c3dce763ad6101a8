import { beforeAll, describe, expect, it } from 'vitest';
import { type Data, type House, nobody, openHouse } from './house.ts';

let house: House;
let ids: readonly string[];

beforeAll(async () => {
  house = await openHouse();
  await house.manager.data('POST', '/api/describe/items', {
    columns: [
      { column_name: 'name', type: 'text', searchable: true },
      { column_name: 'price', type: 'decimal' },
      { column_name: 'kind', type: 'text' },
      { column_name: 'big', type: 'integer' },
      { column_name: 'tags', type: 'text[]' },
    ],
  });
  const rows = [
    { name: 'Red apple', price: 1.5, kind: 'fruit', tags: ['a'], big: '9007199254740993' },
    { name: 'Green apples', price: 2, kind: 'fruit', tags: [] },
    { name: 'Carrot', price: 0.5, kind: 'root' },
    { name: '100% juice', price: null, kind: null },
  ];
  ids = (await house.ann.data('POST', '/api/data/items', rows)).map((row: Data) => row.id);
});

const names = async (body: object): Promise<string[]> =>
  (await house.ann.data('POST', '/api/find/items', body)).map((row: Data) => row.name);

describe('find', () => {
  it('filters, orders and pages', async () => {
    expect(await names({ where: { kind: { $ne: 'fruit' } } })).toEqual(['Carrot']);
    expect(await names({ order: 'price desc' })).toEqual([
      '100% juice',
      'Green apples',
      'Red apple',
      'Carrot',
    ]);
    expect(await names({ order: 'price', limit: 2, offset: 1 })).toEqual([
      'Red apple',
      'Green apples',
    ]);
    expect(await names({ limit: 2, offset: 2 ** 31 })).toEqual([]);
    expect(await names({ order: ['price asc'], limit: 2, after: ids[0] })).toEqual([
      'Green apples',
      '100% juice',
    ]);
    expect(await names({ where: { name: { $find: '0%' } } })).toEqual(['100% juice']);
    expect(await names({ where: { $search: { query: 'apple' } }, order: 'name' })).toEqual([
      'Green apples',
      'Red apple',
    ]);
    expect(await names({ limit: 0 })).toEqual([]);
    await house.ann.refused(400, 'FILTER_INVALID_AFTER', 'POST', '/api/find/items', {
      after: nobody,
    });
    await house.ann.refused(400, 'FILTER_INVALID_REGEX', 'POST', '/api/find/items', {
      where: { name: { $regex: '(' } },
    });
    await house.ann.refused(400, 'FILTER_INVALID_VALUE', 'POST', '/api/find/items', {
      where: { created_at: 'soon' },
    });
  });

  it('takes short bodies', async () => {
    expect(await names([ids[0], ids[2]] as never)).toHaveLength(2);
    expect(await house.ann.data('POST', '/api/find/items', ids[1])).toMatchObject([
      { name: 'Green apples' },
    ]);
    expect(await house.ann.data('POST', '/api/find/items', 'Carrot')).toMatchObject([
      { id: ids[2] },
    ]);
    expect(await house.ann.data('POST', '/api/find/items')).toHaveLength(4);
  });

  it('counts and selects', async () => {
    const reply = await house.ann.body('POST', '/api/find/items', {
      select: ['name'],
      order: 'name',
      limit: 1,
      count: true,
    });
    expect(reply).toEqual({ success: true, data: [{ name: '100% juice' }], count: 1, total: 4 });
  });

  it('prints what a double cannot hold as text', async () => {
    expect(await house.ann.data('GET', `/api/data/items/${ids[0]}`)).toMatchObject({
      big: '9007199254740993',
      price: 1.5,
    });
  });
});

describe('aggregate', () => {
  it('groups under the row policy', async () => {
    const aggregate = {
      n: { $count: '*' },
      priced: { $count: 'price' },
      sum: { $sum: 'price' },
      avg: { $avg: 'price' },
      low: { $min: 'name' },
      kinds: { $distinct: 'kind' },
    };
    expect(await house.ann.data('POST', '/api/aggregate/items', { aggregate })).toEqual([
      { n: 4, priced: 3, sum: 4, avg: expect.closeTo(4 / 3), low: expect.any(String), kinds: 2 },
    ]);
    expect(
      await house.ann.data('POST', '/api/aggregate/items', {
        aggregate: { n: { $count: '*' } },
        groupBy: 'kind',
        where: { price: { $gt: 0 } },
      }),
    ).toEqual([
      { kind: 'fruit', n: 2 },
      { kind: 'root', n: 1 },
    ]);
    expect(
      await house.ann.data('POST', '/api/aggregate/items', {
        aggregate: { s: { $sum: 'price' }, n: { $count: '*' } },
        where: { name: 'nobody' },
      }),
    ).toEqual([{ s: null, n: 0 }]);
    await house.ann.refused(400, 'FILTER_INVALID_AGGREGATION', 'POST', '/api/aggregate/items', {
      aggregate: { s: { $sum: 'name' } },
    });
  });
});

describe('bulk', () => {
  const bulk = (operations: object[]): Promise<Data> =>
    house.manager.data('POST', '/api/bulk', { operations });

  it('does many things in one transaction', async () => {
    const results = await bulk([
      { operation: 'create', schema: 'items', data: { name: 'bulk', kind: 'b' } },
      {
        operation: 'create-all',
        schema: 'items',
        data: [
          { name: 'bulk', kind: 'b' },
          { name: 'bulk2', kind: 'b' },
        ],
      },
      {
        operation: 'update-any',
        schema: 'items',
        filter: { where: { name: 'bulk' } },
        data: { price: 5 },
      },
      { operation: 'count', schema: 'items', filter: { where: { kind: 'b' } } },
      { operation: 'select-one', schema: 'items', filter: { where: { name: 'nobody' } } },
      {
        operation: 'aggregate',
        schema: 'items',
        aggregate: { s: { $sum: 'price' } },
        where: { kind: 'b' },
      },
      {
        operation: 'update-404',
        schema: 'items',
        filter: { where: { name: 'bulk2' } },
        data: { price: 1 },
      },
      {
        operation: 'access-any',
        schema: 'items',
        filter: { where: { name: 'bulk2' } },
        data: { access_full: ['meg'] },
      },
      { operation: 'delete-any', schema: 'items', filter: { where: { kind: 'b' } } },
      { operation: 'select-max', schema: 'items' },
    ]);
    expect(results.map((each: Data) => each.operation)).toHaveLength(10);
    const [created, all, updated, count, none, sum, first, access, deleted, max] = results.map(
      (each: Data) => each.result,
    );
    expect(created).toMatchObject({ name: 'bulk' });
    expect(all).toHaveLength(2);
    expect(updated).toMatchObject([{ price: 5 }, { price: 5 }]);
    expect(count).toBe(3);
    expect(none).toBeNull();
    expect(sum).toEqual([{ s: 10 }]);
    expect(first).toMatchObject({ name: 'bulk2', price: 1 });
    expect(access).toMatchObject([{ access_full: ['meg'] }]);
    expect(deleted).toHaveLength(3);
    expect(max).toEqual([]);
  });

  it('does all or nothing, and says where it failed', async () => {
    const operations = [
      { operation: 'create', schema: 'items', data: { name: 'never' } },
      { operation: 'select-404', schema: 'items', id: nobody, message: 'No such item' },
    ];
    const refusal = await house.ann.refused(404, 'RECORD_NOT_FOUND', 'POST', '/api/bulk', {
      operations,
    });
    expect(refusal).toMatchObject({ error: 'No such item', data: { operation_index: 1 } });
    expect(await names({ where: { name: 'never' } })).toEqual([]);
    await house.ann.refused(422, 'OPERATION_UNSUPPORTED', 'POST', '/api/bulk', {
      operations: [{ operation: 'upsert', schema: 'items', data: {} }],
    });
    expect(await house.ann.data('POST', '/api/bulk', { operations: [] })).toEqual([]);
  });

  it('refuses where a visible match may not be changed', async () => {
    await house.sudo.data('POST', '/api/data/items', { name: 'readonly', access_read: ['ann'] });
    const operations = [
      {
        operation: 'update-any',
        schema: 'items',
        filter: { where: { name: 'readonly' } },
        data: { price: 1 },
      },
    ];
    await house.ann.refused(403, 'INSUFFICIENT_PERMISSIONS', 'POST', '/api/bulk', { operations });
    const where = encodeURIComponent('{"name":"readonly"}');
    expect(await house.ann.data('PUT', `/api/data/items?where=${where}`, { price: 1 })).toEqual({
      updated: 0,
      matched: 1,
    });
  });
});
