/** Filters, orders and cursors: what the page says of each, and of each misuse. */
import { beforeAll, describe, expect, it } from 'vitest';
import { startApp, type TestApp } from '../../support/app.ts';
import { type DataSvc, dataSvc, where } from '../../support/data-svc.ts';
import { createDatabase } from '../../support/database.ts';
import { principal } from '../../support/principal.ts';

let app: TestApp;
let ann: DataSvc;
let bob: DataSvc;

const values: Readonly<Record<string, unknown>> = {
  n9: 9,
  n90: 9.5,
  s9: '9',
  s10: '10',
  sAb: 'Abc%_d',
  t: true,
  nil: null,
  arr: [1, 'x', null, { a: 1 }],
  obj: { a: 1, b: [1] },
  day: '2025-02-28',
  time: '2025-02-28T01:00:00+02:00',
  bad: '2025-02-30',
};

beforeAll(async () => {
  app = await startApp(await createDatabase());
  const tenant = await app.createTenant('query');
  ann = dataSvc(app, principal(tenant, 'ann', { orgs: ['org_a'] }));
  bob = dataSvc(app, principal(tenant, 'bob'));
  const objects = Object.entries(values).map(([name, v]) => ({
    id: `v_${name}`,
    table: 'v',
    data: { v, nested: { 'odd key': v, list: [{ v }] } },
    readers: ['_self'],
  }));
  const missing = { id: 'v_none', table: 'v', data: { id: 'inner' }, readers: ['any'] };
  const ages = Array.from({ length: 20 }, (_, age) => ({
    id: `age_${age}`,
    table: 'age',
    data: { age, tie: age % 3, mixed: age % 4 === 0 ? null : age % 2 === 0 ? String(age) : age },
    readers: ['ann'],
  }));
  for (const batch of [[...objects, missing], ages]) {
    const reply = await ann.send('PUT', 'objects/upsert', { objects: batch });
    expect(reply.status, reply.text).toBe(200);
  }
});

/** Names of the values that a filter on `v` finds, sorted. */
async function found(op: string, ...sent: readonly unknown[]): Promise<string> {
  const names = (ids: readonly string[]): string =>
    ids
      .map((id) => id.slice(2))
      .sort()
      .join(' ');
  const flat = names(await ann.ids('v', [where('v', op, ...sent)]));
  // The same by every spelling of a path, whatever index serves it.
  for (const path of ['data.v', 'nested.odd key', 'data.nested.odd key', 'nested.list.0.v']) {
    expect(names(await ann.ids('v', [where(path, op, ...sent)])), path).toBe(flat);
  }
  return flat;
}

describe('filters', () => {
  it.each([
    ['equals', [9], 'n9'],
    ['equals', ['9'], 's9'],
    ['equals', [true], 't'],
    ['equals', [null], 'nil none'],
    ['equals', [1], 'arr'],
    ['equals', [{ a: 1 }], 'arr'],
    ['equals', [{ b: [1], a: 1 }], 'obj'],
    ['equals', [[1, 'x', null, { a: 1 }]], 'arr'],
    ['equals', [[1]], ''],
    ['isInList', [9, '9', 'x'], 'arr n9 s9'],
    ['isInList', [null, true], 'nil none t'],
    ['isInList', [], ''],
    ['isInList', Array.from({ length: 40 }, (_, n) => n), 'arr n9'],
    ['intersects', ['x', 77], 'arr'],
    ['intersects', [null], 'arr'],
    ['intersects', [9], ''],
    ['intersects', [], ''],
    ['containsSubstring', ['%_'], 'sAb'],
    ['contains', ['BC'], 'sAb'],
    ['contains', ['9'], 's9'],
    ['startsWith', ['aB'], 'sAb'],
    ['startsWith', ['%'], ''],
    ['lessThan', [9.5], 'n9'],
    ['lessThanOrEqual', [9.5], 'n9 n90'],
    ['greaterThan', [9], 'n90'],
    ['greaterThanOrEqual', ['9'], 's9 sAb'],
    ['lessThan', ['9'], 'bad day s10 time'],
  ] as const)('%s %j finds: %s', async (op, sent, names) => {
    expect(await found(op, ...sent)).toBe(names);
  });

  it('several fields are any, several filters all, or nests', async () => {
    const either = { fields: ['nope', 'v'], op: 'equals', valuesJson: '[9]' };
    expect(await ann.ids('v', [either])).toEqual(['v_n9']);
    expect(await ann.ids('v', [where('v', 'equals', 9), where('id', 'equals', 'v_s9')])).toEqual(
      [],
    );
    const nested = {
      op: 'or',
      subFilters: [
        where('v', 'equals', true),
        { op: 'or', subFilters: [where('id', 'contains', 'NIL')] },
      ],
    };
    expect(await ann.ids('v', [nested])).toEqual(['v_nil', 'v_t']);
    expect(await ann.ids('v', [{ fields: ['v'], op: 'equals', jsonValues: [9] }])).toEqual([
      'v_n9',
    ]);
  });

  it("knows the object's own fields", async () => {
    expect(
      await ann.ids('v', [where('readers', 'equals', '_self'), where('id', 'startsWith', 'V_N9')]),
    ).toEqual(['v_n9', 'v_n90']);
    expect(await ann.ids('v', [where('readers', 'intersects', 'any', 'zed')])).toEqual(['v_none']);
    expect(
      await ann.ids('v', [where('authors', 'isInList', '_org', 'q'), where('v', 'equals', 9)]),
    ).toEqual(['v_n9']);
    expect(await ann.ids('v', [where('table', 'equals', 'v'), where('v', 'equals', 9)])).toEqual([
      'v_n9',
    ]);
    expect(await ann.ids('v', [where('table', 'equals', 'w')])).toEqual([]);
    expect(await ann.ids('v', [where('data.id', 'equals', 'inner')])).toEqual(['v_none']);
    expect(
      await ann.ids('v', [
        where('createdAt', 'greaterThan', '2020-01-01'),
        where('v', 'equals', 9),
      ]),
    ).toEqual(['v_n9']);
    const [object] = (await ann.query('v', { filters: [where('v', 'equals', 9)] })).objects;
    expect(
      await ann.ids('v', [
        where('createdAt', 'equals', object?.createdAt),
        where('v', 'equals', 9),
      ]),
    ).toEqual(['v_n9']);
    expect(await ann.ids('v', [where('id', 'equals', null)])).toEqual([]);
    expect(await ann.ids('v', [where('id', 'equals', 9)])).toEqual([]);
  });

  it.each([
    [where('v', 'equals')],
    [where('v', 'equals', 1, 2)],
    [where('v', 'like', 'x')],
    [where('v', 'contains', 7)],
    [where('v', 'lessThan', true)],
    [where('v', 'lessThan', null)],
    [where('', 'equals', 1)],
    [where('a..b', 'equals', 1)],
    [where('.', 'equals', 1)],
    [where('data.', 'equals', 1)],
    [where('readers', 'contains', 'x')],
    [where('readers', 'lessThan', 'x')],
    [where('readers', 'equals', 7)],
    [where('createdAt', 'equals', 'soon')],
    [where('createdAt', 'lessThan', 7)],
    [{ fields: [], op: 'equals', valuesJson: '[1]' }],
    [{ op: 'equals', valuesJson: '[1]' }],
    [{ fields: ['v'], valuesJson: '[1]' }],
    [{ fields: ['v'], op: 'equals' }],
    [{ fields: ['v'], op: 'equals', valuesJson: '{"a":1}' }],
    [{ fields: ['v'], op: 'equals', valuesJson: '[1' }],
    [{ fields: ['v'], op: 'equals', valuesJson: '[1]', jsonValues: '[2]' }],
    [{ fields: 'v', op: 'equals', valuesJson: '[1]' }],
    [{ op: 'or', subFilters: [] }],
    [{ op: 'or' }],
    ['x'],
    [null],
  ])('refuses %j', async (filter) => {
    for (const path of ['objects/update', 'objects/delete']) {
      const reply = await ann.send('POST', path, { table: 'v', filters: [filter], object: {} });
      expect(reply, path).toMatchObject({ status: 400, body: { code: 'bad_request' } });
    }
    const reply = await ann.send('POST', 'objects', { table: 'v', query: { filters: [filter] } });
    expect(reply).toMatchObject({ status: 400 });
    expect((reply.body as { error: string }).error).toMatch(/filters\[0\]/);
  });

  it('bounds depth, number and values', async () => {
    let deep: object = where('v', 'equals', 9);
    for (let depth = 1; depth < 32; depth++) deep = { op: 'or', subFilters: [deep] };
    expect(await ann.ids('v', [deep])).toEqual(['v_n9']);
    const send = (filters: unknown) =>
      ann.send('POST', 'objects', { table: 'v', query: { filters } });
    expect(await send([{ op: 'or', subFilters: [deep] }])).toMatchObject({ status: 400 });
    expect(await send(Array.from({ length: 1001 }, () => where('v', 'equals', 9)))).toMatchObject({
      status: 400,
    });
    expect(await send(Array.from({ length: 1000 }, () => where('v', 'equals', 9)))).toMatchObject({
      status: 200,
    });
    const many = where('v', 'isInList', ...Array.from({ length: 10_000 }, (_, n) => n));
    expect(await send([many])).toMatchObject({ status: 200 });
    expect(await send([many, where('v', 'equals', 9)])).toMatchObject({ status: 400 });
  });
});

describe('orders and cursors', () => {
  const ids = async (asked: object): Promise<string> =>
    (await ann.query('age', asked)).objects.map(({ id }) => id.slice(4)).join(' ');

  it('orders by sorting type, missing last in both directions, ties by id', async () => {
    expect(
      await ids({
        orderBys: [{ field: 'age', desc: true, sortingType: 'numeric' }],
        limit: 5,
        jsonAfter: '[15]',
      }),
    ).toBe('14 13 12 11 10');
    expect(await ids({ orderBys: [{ field: 'age' }], limit: 4 })).toBe('0 1 10 11');
    expect(await ids({ orderBys: [{ field: 'mixed', sortingType: 'numeric', desc: true }] })).toBe(
      '19 18 17 15 14 13 11 10 9 7 6 5 3 2 1 0 12 16 4 8',
    );
    expect(await ids({ orderBys: [{ field: 'mixed', sortingType: 'numeric' }], limit: 3 })).toBe(
      '1 2 3',
    );
    const named = async (orderBys: object[]): Promise<string> =>
      (await ann.query('v', { orderBys })).objects.map(({ id }) => id.slice(2)).join(' ');
    expect(await named([{ field: 'v', sortingType: 'date' }])).toBe(
      'time day arr bad n9 n90 nil none obj s10 s9 sAb t',
    );
    expect(await named([{ field: 'v', sortingType: 'date', desc: true }])).toBe(
      'day time arr bad n9 n90 nil none obj s10 s9 sAb t',
    );
    expect(await named([{ field: 'v', sortingType: 'text' }])).toBe(
      's10 day time bad n9 s9 n90 sAb t arr nil none obj',
    );
    expect(
      (await ann.query('v', { orderBys: [{ field: 'v', sortingType: 'random' }] })).objects,
    ).toHaveLength(13);
  });

  it.each([
    { orderBys: [] },
    { orderBys: [{ field: 'tie', sortingType: 'numeric' }] },
    { orderBys: [{ field: 'tie', sortingType: 'numeric', desc: true }, { field: 'mixed' }] },
    { orderBys: [{ field: 'mixed', sortingType: 'numeric', desc: true }] },
    { orderBys: [{ field: 'createdAt', desc: true }, { field: 'table' }, { field: 'readers' }] },
    { orderBys: [{ field: 'id', desc: true }] },
    { orderBys: [{ field: 'updatedAt', sortingType: 'date' }] },
  ])('pages through %j without loss or repetition', async (asked) => {
    const whole = await ids(asked);
    for (const limit of [1, 3, 7, 20]) {
      const pages: string[] = [];
      let afterJson: string | undefined;
      do {
        const page = await ann.query('age', {
          ...asked,
          limit,
          count: true,
          ...(afterJson ? { afterJson } : {}),
        });
        expect(page.count).toBe(20);
        pages.push(...page.objects.map(({ id }) => id.slice(4)));
        afterJson = page.afterJson;
      } while (afterJson !== undefined && pages.length < 40);
      expect(pages.join(' ')).toBe(whole);
    }
  });

  it.each([
    [{ limit: 1.5 }],
    [{ limit: '5' }],
    [{ limit: 10_001 }],
    [{ count: 'yes' }],
    [{ afterJson: 'x' }],
    [{ afterJson: '[]' }],
    [{ afterJson: '[1]' }],
    [{ afterJson: '["a","b"]' }],
    [{ afterJson: '["a"]', jsonAfter: '["b"]' }],
    [{ orderBys: [{ field: 'age', sortingType: 'numeric' }], afterJson: '["x"]' }],
    [{ orderBys: [{ field: 'age', sortingType: 'date' }], afterJson: '["2025-13-01"]' }],
    [{ orderBys: [{ field: 'age', sortingType: 'natural' }] }],
    [{ orderBys: [{ field: 'age', desc: 'yes' }] }],
    [{ orderBys: [{ field: 'a..b' }] }],
    [{ orderBys: [{}] }],
    [{ orderBys: ['age'] }],
    [{ orderBys: Array.from({ length: 17 }, () => ({ field: 'age' })) }],
    [{ orderBys: [{ field: 'a', sortingType: 'random' }, { field: 'b' }] }],
    [{ orderBys: [{ field: 'a', sortingType: 'random' }], afterJson: '[1]' }],
    [{ filters: {} }],
  ])('refuses %j', async (asked) => {
    expect(await ann.send('POST', 'objects', { table: 'age', query: asked })).toMatchObject({
      status: 400,
      body: { code: 'bad_request' },
    });
  });

  it('takes no limit and never cuts silently', async () => {
    expect((await ann.query('age', { limit: 0 })).objects).toHaveLength(20);
    expect((await ann.query('age', { limit: -3 })).objects).toHaveLength(20);
    expect(await ann.query('age', { limit: 20 })).not.toHaveProperty('afterJson');
    expect(await ann.query('nowhere', { count: true })).toEqual({ objects: [], count: 0 });
    expect(await bob.query('age', { count: true })).toEqual({ objects: [], count: 0 });
    expect((await ann.query('age', { count: true, limit: 2, afterJson: '["age_5"]' })).count).toBe(
      20,
    );
  });

  it('readers narrow and never widen', async () => {
    const sizes = async (readers: unknown): Promise<number> =>
      (await ann.query('v', {}, { readers })).objects.length;
    expect(await sizes(undefined)).toBe(13);
    expect(await sizes(['_self'])).toBe(12);
    expect(await sizes(['any'])).toBe(1);
    expect(await sizes(['any', 'ann', 'zed'])).toBe(13);
    expect(await sizes(['_org'])).toBe(0);
    expect(await sizes(['bob'])).toBe(0);
    expect(await sizes([])).toBe(0);
    expect((await bob.query('v', {}, { readers: ['ann'] })).objects).toEqual([]);
  });
});
