import { beforeAll, describe, expect, it } from 'vitest';
import { codesOf, type Data, type House, nobody, openHouse } from './house.ts';

let house: House;

beforeAll(async () => {
  house = await openHouse();
  await house.manager.data('POST', '/api/describe/goods', {
    columns: [
      { column_name: 'name', type: 'text', tracked: true },
      { column_name: 'number', type: 'integer', minimum: 0 },
      { column_name: 'code', type: 'text', pattern: '^[a-z]+$' },
    ],
  });
  await house.manager.data('POST', '/api/describe/parts', {
    columns: [
      { column_name: 'size', type: 'integer', minimum: 1 },
      {
        column_name: 'good',
        type: 'uuid',
        relationship_type: 'owned',
        related_schema: 'goods',
        relationship_name: 'parts',
      },
    ],
  });
});

async function some(...rows: object[]): Promise<Data[]> {
  return house.manager.data('POST', '/api/data/goods', rows);
}

const mark = '2020-01-01T00:00:00.000Z';
const faulty = { number: -1, code: '1', strange: 1, trashed_at: mark, access_read: [3] };
const allFaults = [
  'access_read TYPE',
  'code PATTERN',
  'number MINIMUM',
  'strange UNKNOWN_FIELD',
  'trashed_at SYSTEM_FIELD',
];

describe('all faults are told together', () => {
  it('of a new record, and of many', async () => {
    const one = await house.ann.refused(400, 'VALIDATION_ERROR', 'POST', '/api/data/goods', faulty);
    expect(codesOf(one)).toEqual(allFaults);
    const body = [{ name: 'good' }, { number: -1 }, { deleted_at: mark, number: -1 }];
    const many = await house.ann.refused(400, 'VALIDATION_ERROR', 'POST', '/api/data/goods', body);
    expect(
      many.data.validation_errors.map((each: Data) => `${each.row} ${each.field} ${each.code}`),
    ).toEqual(['1 number MINIMUM', '2 number MINIMUM', '2 deleted_at SYSTEM_FIELD']);
  });

  it('of a change', async () => {
    const [made] = await some({ name: 'x' });
    const body = { number: -1, strange: 1, access_read: [3] };
    for (const path of [`/api/data/goods/${made?.id}`, '/api/data/goods?where={"name":"x"}']) {
      const found = await house.ann.refused(400, 'VALIDATION_ERROR', 'PUT', path, body);
      expect(codesOf(found), path).toEqual([
        'access_read TYPE',
        'number MINIMUM',
        'strange UNKNOWN_FIELD',
      ]);
    }
  });

  it('of a record below another', async () => {
    const [made] = await some({ name: 'parent' });
    const path = `/api/data/goods/${made?.id}/parts`;
    const body = { size: 0, deleted_at: mark };
    const found = await house.ann.refused(400, 'VALIDATION_ERROR', 'POST', path, body);
    expect(codesOf(found)).toEqual(['deleted_at SYSTEM_FIELD', 'size MINIMUM']);
  });

  it('of one operation of several', async () => {
    const operations = [
      { operation: 'count', schema: 'goods' },
      { operation: 'create', schema: 'goods', data: faulty },
    ];
    const found = await house.ann.refused(400, 'VALIDATION_ERROR', 'POST', '/api/bulk', {
      operations,
    });
    expect(codesOf(found)).toEqual(allFaults);
    expect(found.data.operation_index).toBe(1);
  });

  it('behind missing records and missing rights', async () => {
    const [made] = await some({ name: 'y' });
    const code = 'INSUFFICIENT_PERMISSIONS';
    await house.reader.refused(403, code, 'POST', '/api/data/goods', faulty);
    await house.reader.refused(403, code, 'PUT', `/api/data/goods/${made?.id}`, faulty);
    await house.ann.refused(404, 'RECORD_NOT_FOUND', 'PUT', `/api/data/goods/${nobody}`, {
      access_read: [3],
    });
  });
});

describe('one operation alone in a bulk request', () => {
  const one = (operation: string, rest: object): object => ({
    operations: [{ operation, schema: 'goods', ...rest }],
  });

  it('fails with its index and its own words', async () => {
    const message = 'Gone';
    for (const body of [
      one('select-404', { filter: { where: { name: 'nothing' } }, message }),
      one('select-404', { id: nobody, message }),
      one('update-404', { id: nobody, data: { name: 'z' }, message }),
      one('delete-404', { id: nobody, message }),
      one('access-404', { id: nobody, data: { access_read: [] }, message }),
    ]) {
      const found = await house.manager.refused(404, 'RECORD_NOT_FOUND', 'POST', '/api/bulk', body);
      expect(found, JSON.stringify(body)).toMatchObject({
        error: message,
        data: { operation_index: 0 },
      });
    }
  });

  it('names the right it lacks', async () => {
    const rows = await some({ name: 'shut' });
    const refusal = { code: 'INSUFFICIENT_PERMISSIONS', path: '/api/bulk' };
    const body = one('update', { id: rows[0]?.id, data: { name: 'z' } });
    const found = await house.reader.refused(403, refusal.code, 'POST', refusal.path, body);
    expect(found).toMatchObject({
      error: 'Insufficient permissions to update record',
      data: { operation_index: 0, required_permission: 'update_data' },
    });
  });
});

it('a change of lists names the right to manage them', async () => {
  const [made] = await some({ name: 'managed' });
  const path = `/api/data/goods/${made?.id}`;
  const body = { access_read: ['ann'] };
  const found = await house.ann.refused(403, 'INSUFFICIENT_PERMISSIONS', 'PUT', path, body);
  expect(found.data).toEqual({ required_permission: 'update_acl' });
  const other = await house.reader.refused(403, 'INSUFFICIENT_PERMISSIONS', 'PUT', path, {
    name: 'x',
  });
  expect(other.data).toEqual({ required_permission: 'update_data' });
});

describe('unknown keys are refused', () => {
  it('where access lists would be emptied or changed', async () => {
    const [made] = await some({ name: 'listed', access_read: ['ann'], access_full: ['meg'] });
    const path = `/api/acls/goods/${made?.id}`;
    const where = { name: 'listed' };
    const refused = async (method: string, to: string, body: object): Promise<void> => {
      const found = await house.manager.refused(400, 'VALIDATION_ERROR', method, to, body);
      expect(codesOf(found)).toEqual(['strange UNKNOWN_FIELD']);
    };
    await refused('PUT', path, { strange: [] });
    await refused('PUT', '/api/acls/goods', { where, acl_update: { strange: [] } });
    const acl_update = { access_read: { $add: ['x'] } };
    await refused('POST', '/api/acls/goods', { where, acl_update, strange: 1 });
    const now = await house.manager.data('GET', path);
    expect(now.access_lists.access_read).toEqual(['ann']);
  });

  it('where records would be deleted or grouped', async () => {
    const [made] = await some({ name: 'kept' });
    const body = { ids: [made?.id], where: { name: 'other' } };
    const { refused } = house.manager;
    await refused(400, 'REQUEST_INVALID_FORMAT', 'DELETE', '/api/data/goods', body);
    await refused(400, 'REQUEST_INVALID_BODY', 'POST', '/api/aggregate/goods', {
      aggregate: { n: { $count: '*' } },
      groupBy: 'name',
      group_by: 'number',
    });
  });
});

it('history tells the old value before the new one', async () => {
  const [made] = await some({ name: 'first' });
  await house.ann.data('PUT', `/api/data/goods/${made?.id}`, { name: 'second' });
  const reply = await house.ann.send('GET', `/api/history/goods/${made?.id}`);
  const [entry] = (reply.body as Data).data;
  expect(Object.keys(entry.changes.name)).toEqual(['old', 'new']);
  expect(entry.changes.name).toEqual({ old: 'first', new: 'second' });
  const one = await house.ann.data('GET', `/api/history/goods/${made?.id}/${entry.change_id}`);
  expect(Object.keys(one.changes.name)).toEqual(['old', 'new']);
});

it('trash shows permanently deleted records one by one as in its list', async () => {
  const [made] = await some({ name: 'erased' });
  const path = `/api/trashed/goods/${made?.id}`;
  await house.manager.data('DELETE', `/api/data/goods/${made?.id}`);
  await house.root.data('DELETE', path);
  await house.sudo.refused(404, 'RECORD_NOT_FOUND', 'GET', path);
  await house.root.refused(403, 'SUDO_REQUIRED', 'GET', `${path}?include_deleted=true`);
  await house.root.refused(403, 'SUDO_REQUIRED', 'GET', '/api/trashed?include_deleted=true');
  const everything = await house.sudo.data('GET', '/api/trashed?include_deleted=true');
  expect(everything.goods.map((each: Data) => each.id)).toContain(made?.id);
  const shown = await house.sudo.data('GET', `${path}?include_deleted=true`);
  expect(shown).toMatchObject({ name: 'erased', deleted_at: expect.any(String) });
});

it('columns become searchable one after the other, change their type and go', async () => {
  const { data } = house.manager;
  const text = (column_name: string): object => ({ column_name, type: 'text', searchable: true });
  await data('POST', '/api/describe/sought', { columns: [text('a')] });
  await data('POST', '/api/describe/sought/b', text('b'));
  await data('POST', '/api/data/sought', { a: 'red apples', b: '7' });
  const found = async (): Promise<unknown> =>
    data('POST', '/api/find/sought', { where: { $search: { query: 'apple 7' } }, select: ['b'] });
  const index = `select 1 from pg_indexes where tablename = 'sought' and indexdef like '%(_search)'`;
  expect(await found()).toEqual([{ b: '7' }]);
  expect((await house.database.admin.query(index)).rowCount).toBe(1);
  await data('PUT', '/api/describe/sought/b', { type: 'integer' });
  expect(await found()).toEqual([{ b: 7 }]);
  expect((await house.database.admin.query(index)).rowCount).toBe(1);
  await data('DELETE', '/api/describe/sought/a');
  await data('DELETE', '/api/describe/sought/b');
});

it('protection is told of the table it is on, not of the one addressed', async () => {
  const { data, refused } = house.manager;
  await data('POST', '/api/describe/boxes', {});
  await data('POST', '/api/describe/lids', {
    columns: [
      {
        column_name: 'box',
        type: 'uuid',
        relationship_type: 'owned',
        related_schema: 'boxes',
        relationship_name: 'lids',
        cascade_delete: true,
      },
    ],
  });
  const box = await data('POST', '/api/data/boxes', {});
  await data('POST', '/api/data/lids', { box: box.id });
  const path = `/api/data/boxes/${box.id}`;
  await data('PUT', '/api/describe/lids', { sudo: true });
  const guarded = await refused(403, 'SUDO_REQUIRED', 'DELETE', path);
  expect(guarded.error).toContain(`'lids'`);
  await house.sudo.data('PUT', '/api/describe/lids', { sudo: false, freeze: true });
  const frozen = await refused(403, 'SCHEMA_FROZEN', 'DELETE', path);
  expect(frozen.error).toContain(`'lids'`);
});

it('permanent counts below a parent too', async () => {
  const [good] = await some({ name: 'owner' });
  const path = `/api/data/goods/${good?.id}/parts`;
  const sizes = async (): Promise<Data> =>
    house.manager.data('POST', '/api/find/parts?include_trashed=true', {
      where: { good: good?.id },
      order: 'size',
      select: ['size'],
    });
  for (const size of [1, 2, 3]) await house.manager.data('POST', path, { size });
  const [first] = await house.manager.data('GET', `${path}?order=size`);
  const one = `${path}/${first.id}?permanent=true`;
  await house.manager.refused(403, 'ACCESS_DENIED', 'DELETE', one);
  await house.manager.refused(403, 'ACCESS_DENIED', 'DELETE', `${path}?permanent=true`);
  expect(await house.root.data('DELETE', one)).toMatchObject({
    deleted: true,
    deleted_at: expect.any(String),
  });
  expect(await sizes()).toEqual([{ size: 2 }, { size: 3 }]);
  expect(await house.root.data('DELETE', `${path}?permanent=true`)).toHaveLength(2);
  expect(await sizes()).toEqual([]);
});

it('no reply is without bound: changes by filter answer with at most 10,000 records', async () => {
  const { data, refused } = house.manager;
  await data('POST', '/api/describe/crowd', { columns: [{ column_name: 'n', type: 'integer' }] });
  await data(
    'POST',
    '/api/data/crowd',
    Array.from({ length: 10_001 }, () => ({ n: 1 })),
  );
  const filter = { where: {} };
  for (const rest of [
    { operation: 'update-any', data: { n: 2 } },
    { operation: 'access-any', data: { access_read: ['ann'] } },
    { operation: 'delete-any' },
  ]) {
    const operations = [{ schema: 'crowd', filter, ...rest }];
    const found = await refused(400, 'FILTER_LIMIT_REQUIRED', 'POST', '/api/bulk', { operations });
    expect(found.data.operation_index).toBe(0);
  }
  const sums = { aggregate: { n: { $sum: 'n' }, all: { $count: '*' } } };
  expect(await data('POST', '/api/aggregate/crowd', sums)).toEqual([{ n: 10_001, all: 10_001 }]);
});

it('a relationship to a column that is no key names it', async () => {
  const { data, refused } = house.manager;
  await data('POST', '/api/describe/lands', {
    columns: [{ column_name: 'code', type: 'text', unique: true }],
  });
  const column = { type: 'text', relationship_type: 'owned', related_schema: 'lands' };
  const found = await refused(400, 'VALIDATION_ERROR', 'POST', '/api/describe/goods/land', {
    ...column,
    related_column: 'code',
  });
  expect(codesOf(found)).toEqual(['related_column TYPE']);
});

it('members of an array outside its enumeration are told as such', async () => {
  const { data, refused } = house.manager;
  await data('POST', '/api/describe/hues', {
    columns: [{ column_name: 'all', type: 'text[]', enum_values: ['red', 'blue'] }],
  });
  await data('POST', '/api/data/hues', [{ all: ['red'] }, { all: [] }, { all: null }]);
  for (const all of [['green'], ['red', null]]) {
    const found = await refused(400, 'VALIDATION_ERROR', 'POST', '/api/data/hues', { all });
    expect(codesOf(found)).toEqual(['all ENUM']);
  }
});

it('times are taken as they are told: no words that mean another time tomorrow', async () => {
  const { data, refused } = house.manager;
  await data('POST', '/api/describe/times', {
    columns: [
      { column_name: 'at', type: 'timestamp' },
      { column_name: 'day', type: 'date' },
    ],
  });
  for (const word of ['now', 'infinity', '-infinity', 'yesterday', 'epoch', '01/02/2024', '']) {
    const body = { at: word, day: word };
    const found = await refused(400, 'VALIDATION_ERROR', 'POST', '/api/data/times', body);
    expect(codesOf(found), word).toEqual(['at TYPE', 'day TYPE']);
    const where = { at: { $gt: word } };
    await refused(400, 'FILTER_INVALID_VALUE', 'POST', '/api/find/times', { where });
  }
  const made = await data('POST', '/api/data/times', [
    { at: '2024-01-02T03:04:05+02:00', day: '2024-01-02' },
    { at: '2024-01-02 03:04', day: '20240102' },
    { at: '2024-01-02', day: null },
  ]);
  expect(made.map((each: Data) => each.at)).toEqual([
    '2024-01-02T01:04:05.000Z',
    '2024-01-02T03:04:00.000Z',
    '2024-01-02T00:00:00.000Z',
  ]);
});
