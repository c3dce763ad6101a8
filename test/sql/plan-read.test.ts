import { beforeAll, describe, expect, it } from 'vitest';
import type { ServiceError } from '../../control-plane/base/errors.ts';
import type { Principal } from '../../control-plane/model/principal.ts';
import { plan } from '../../control-plane/plan/plan.ts';
import type { Read, Statement } from '../../control-plane/statement/statement.ts';
import { createDatabase, type TestDatabase } from '../support/database.ts';
import { principal } from '../support/principal.ts';
import { asGateway } from '../support/sql.ts';
import { compare, type Harness, insert, openHarness, output, read, table } from './plan-harness.ts';

let database: TestDatabase;
let h: Harness;
let ann: Principal;

beforeAll(async () => {
  database = await createDatabase();
  h = await openHarness(database, 'reads');
  ann = principal(h.tenant, 'ann');
  await h.run(
    ann,
    insert(
      'docs',
      [
        {
          values: {
            title: 'one',
            count: 1,
            data: { k: 'a', n: 5 },
            tags: ['x'],
            seen: '2024-01-01T00:00:00.001Z',
          },
        },
        {
          values: { title: 'two', count: 2, data: { k: 'a', n: '5' }, tags: [] },
          access: { read: ['ann'] },
        },
        { values: { title: 'three', count: 2, data: { k: null, n: true } } },
        { values: { title: 'four', data: { n: 7.5 } }, access: { full: ['ann'] } },
        { values: { title: 'five', data: [1] } },
        { values: { title: 'hidden', count: 9, data: { k: 'h' } }, access: { read: ['zoe'] } },
      ],
      'id',
    ),
  );
});

async function failure(statement: Statement): Promise<ServiceError> {
  return await h.run(ann, statement).then(
    () => Promise.reject(new Error('it went through')),
    (error: ServiceError) => error,
  );
}

async function titles(rest: Partial<Read>): Promise<unknown[]> {
  return (await h.rows(ann, read('docs', ['title'], rest))).map(({ title }) => title);
}

describe('keyset pages', () => {
  const orders: readonly Read['order'][] = [
    [],
    [{ field: { kind: 'column', name: 'count' }, descending: false }],
    [{ field: { kind: 'column', name: 'count' }, descending: true }],
    [{ field: { kind: 'column', name: 'count' }, descending: true, nulls: 'last' }],
    [{ field: { kind: 'column', name: 'count' }, descending: false, nulls: 'first' }],
    [
      { field: { kind: 'column', name: 'created_at' }, descending: true },
      { field: { kind: 'path', column: 'data', path: ['n'] }, descending: true },
    ],
  ];

  it.each(orders.map((order, at) => [at, order] as const))(
    'in order %i meet every row once',
    async (_, order = []) => {
      const whole = await h.rows(ann, read('docs', ['id'], { order }));
      expect(whole).toHaveLength(5);
      const paged: unknown[] = [];
      for (let after: string | undefined; ; ) {
        const page = await h.rows(
          ann,
          read('docs', ['id'], { order, limit: 2, ...(after === undefined ? {} : { after }) }),
        );
        paged.push(...page);
        if (page.length < 2) break;
        after = String(page.at(-1)?.['id']);
      }
      expect(paged).toEqual(whole);
    },
  );

  it('refuse a cursor that is not visible', async () => {
    const [hidden] = (
      await database.admin.query(`select id from "t_${h.tenant}".docs where title = 'hidden'`)
    ).rows as { id: string }[];
    for (const after of [String(hidden?.id), 'x']) {
      expect(await failure(read('docs', ['id'], { after, limit: 2 }))).toMatchObject({
        kind: 'invalid_cursor',
      });
    }
  });
});

describe('reads', () => {
  it('count all matches beside the page, and refuse to cut silently', async () => {
    expect(
      await h.run(ann, read('docs', ['id'], { limit: 2, offset: 1, total: true })),
    ).toMatchObject({ count: 2, total: 5 });
    expect(await h.run(ann, read('docs', ['id'], { limit: 0, total: true }))).toEqual({
      rows: '[]',
      count: 0,
      total: 5,
    });
    expect(await failure(read('docs', ['id'], { cap: 4 }))).toMatchObject({
      kind: 'limit_required',
    });
    expect(await h.run(ann, read('docs', ['id'], { cap: 5 }))).toMatchObject({ count: 5 });
  });

  it('name the condition that Postgres cannot read, among several', async () => {
    const good = compare('seen', 'gt', '2024-01-01');
    const bad = { ...compare('created_at', 'lt', 'soon'), label: 'made' };
    const where = { kind: 'and', of: [good, bad] } as const;
    expect(await failure(read('docs', ['id'], { where }))).toMatchObject({
      kind: 'invalid_operand',
      detail: { field: 'made' },
    });
    const pattern = {
      kind: 'and',
      of: [compare('title', 'matches', 'a'), compare('title', 'not_matches', '(')],
    } as const;
    expect(await failure(read('docs', ['id'], { where: pattern }))).toMatchObject({
      kind: 'invalid_pattern',
      detail: { field: 'title' },
    });
    const empty = {
      kind: 'and',
      of: [{ kind: 'constant', value: false }, compare('title', 'matches', '[')],
    } as const;
    expect(await failure(read('docs', ['id'], { where: empty }))).toMatchObject({
      kind: 'invalid_pattern',
    });
  });

  it('compare JSON by the type of the operand', async () => {
    const at = (operand: string | number | boolean) =>
      titles({ where: compare('data.n', 'eq', operand) });
    expect(await at(5)).toEqual(['one']);
    expect(await at('5')).toEqual(['one', 'two']);
    expect(await at(true)).toEqual(['three']);
    expect(await titles({ where: compare('data.n', 'ne', 5) })).toEqual(['four']);
    expect(await titles({ where: compare('data.k', 'is_null', true) })).toEqual([
      'three',
      'four',
      'five',
    ]);
    expect(await titles({ where: compare('data.0', 'eq', 1) })).toEqual(['five']);
  });

  it('find rows by their lists and across references', async () => {
    const mine = {
      kind: 'compare',
      field: { kind: 'access', list: 'read' },
      operator: 'array_contains',
      operand: ['ann'],
    } as const;
    expect(await titles({ where: mine })).toEqual(['two']);
    expect((await titles({ where: { kind: 'not', of: mine } })).length).toBe(4);
    const [one] = await h.rows(ann, read('docs', ['id'], { where: compare('title', 'eq', 'one') }));
    await h.run(ann, insert('notes', [{ values: { title: 'n', doc: String(one?.['id']) } }], 'id'));
    const hop = { reference: 'notes_doc_fkey', direction: 'reverse' } as const;
    expect(
      await titles({ where: { kind: 'related', hops: [hop], where: compare('title', 'eq', 'n') } }),
    ).toEqual(['one']);
    const back = { ...hop, direction: 'forward' } as const;
    const notes = read('notes', ['title'], {
      where: { kind: 'related', hops: [back], where: compare('count', 'eq', 1) },
    });
    expect(await h.rows(ann, notes)).toEqual([{ title: 'n' }]);
  });

  it('search by words', async () => {
    const search = (query: string, mode: 'all' | 'any' | 'web') =>
      titles({ where: { kind: 'search', query, mode, language: 'english' } });
    expect(await search('one', 'all')).toEqual(['one']);
    expect(await search('one two', 'all')).toEqual([]);
    expect(await search('one "two or', 'any')).toEqual(['one', 'two']);
    expect(await search('', 'any')).toEqual([]);
    expect(await search('one or four', 'web')).toEqual(['one', 'four']);
  });

  it('print rights and optional lists', async () => {
    const items = [
      { kind: 'column', name: 'title' },
      { kind: 'access', list: 'full', as: 'access_full', optional: true },
      { kind: 'right', right: 'edit', as: 'e' },
      { kind: 'right', right: 'delete', as: 'd' },
      { kind: 'right', right: 'share', as: 's' },
      { kind: 'right', right: 'denied', as: 'n' },
      { kind: 'literal', value: { access_full: null, x: 1 }, as: 'l' },
    ] as const;
    const rows = await h.rows(ann, {
      ...read('docs', []),
      output: { items, format: output().format },
    });
    const l = { access_full: null, x: 1 };
    expect(rows[0]).toEqual({ title: 'one', e: true, d: false, s: false, n: false, l });
    expect(rows[1]).toEqual({ title: 'two', e: false, d: false, s: false, n: false, l });
    expect(rows[3]).toEqual({
      title: 'four',
      access_full: ['ann'],
      e: true,
      d: true,
      s: true,
      n: false,
      l,
    });
  });
});

describe('aggregates', () => {
  const aggregate = (rest: object) =>
    h.rows(ann, {
      kind: 'aggregate',
      table: table('docs'),
      groupBy: [],
      functions: [],
      format: output().format,
      show: 'live',
      cap: 100,
      ...rest,
    });
  const field = (name: string) => ({ kind: 'column', name }) as const;

  it('of no groups are one row, of no rows too', async () => {
    const functions = [
      { as: 'n', fn: 'count' },
      {
        as: `"; drop table docs; --${'x'.repeat(70)}`,
        fn: 'sum',
        of: { kind: 'field', field: field('count') },
      },
      { as: 'mean', fn: 'avg', of: { kind: 'field', field: field('count') } },
      { as: 'kinds', fn: 'count_distinct', of: { kind: 'field', field: field('count') } },
      { as: 'last', fn: 'max', of: { kind: 'field', field: field('seen') } },
    ];
    const [row] = await aggregate({ functions });
    expect(Object.values(row ?? {})).toEqual([5, 5, 5 / 3, 2, '2024-01-01T00:00:00.001Z']);
    const [none] = await aggregate({ functions, where: { kind: 'constant', value: false } });
    expect(Object.values(none ?? {})).toEqual([0, null, null, 0, null]);
  });

  it('group by columns and paths, in order', async () => {
    const rows = await aggregate({
      groupBy: [
        { as: 'data.k', kind: 'field', field: { kind: 'path', column: 'data', path: ['k'] } },
      ],
      functions: [
        { as: 'n', fn: 'count' },
        {
          as: 'sum',
          fn: 'sum',
          of: { kind: 'field', field: { kind: 'path', column: 'data', path: ['n'] } },
        },
      ],
    });
    expect(rows).toEqual([
      { 'data.k': 'a', n: 2, sum: 5 },
      { 'data.k': null, n: 3, sum: 7.5 },
    ]);
    await expect(
      aggregate({
        groupBy: [{ as: 'title', kind: 'field', field: field('title') }],
        cap: 2,
      }),
    ).rejects.toMatchObject({
      kind: 'limit_required',
    });
    await expect(
      aggregate({
        functions: [{ as: 'x', fn: 'sum', of: { kind: 'field', field: field('title') } }],
      }),
    ).rejects.toMatchObject({ kind: 'invalid_operand', detail: { reason: 'aggregate' } });
  });
});

describe('callers of few rows', () => {
  it('are read by their lists, with the same answer', async () => {
    await h.run(
      principal(h.tenant, 'seed', { access: 'root' }),
      insert(
        'docs',
        Array.from({ length: 6_000 }, (_, at) => ({
          values: { title: `m${at}`, count: (at % 9) + 1 },
          access: { read: [at % 600 === 0 ? 'kim' : `u${at % 50}`] },
        })),
        'id',
      ),
    );
    await database.admin.query(`analyze "t_${h.tenant}".docs`);
    const kim = principal(h.tenant, 'kim', { access: 'deny' });
    const order = [{ field: { kind: 'column', name: 'title' }, descending: true }] as const;
    const all = await h.rows(kim, read('docs', ['title', 'access_read'], { order }));
    expect(all).toHaveLength(10);
    expect(
      await h.rows(kim, read('docs', ['title', 'access_read'], { order, limit: 4, offset: 2 })),
    ).toEqual(all.slice(2, 6));
    // Asked once more, the way is known; a way that was the wrong one to remember gives the same rows, for every caller.
    const page = { ...read('docs', ['title', 'access_read'], { order, limit: 4 }), total: true };
    const seen = async (who: Principal, way?: boolean) => {
      const sight = { seesLittle: () => way, learn: () => undefined };
      const planned = plan(page, h.catalog, sight);
      expect(planned.asksSight).toBe(way === undefined ? 4 : undefined);
      return await asGateway(database, who, async (client) => {
        const { text, values } = planned.query;
        const { rows } = await client.query({ text, values: [...values], rowMode: 'array' });
        const [shown, count, total, matched, changed, cursor, little] = rows[0] ?? [];
        expect([matched, changed, cursor ?? null]).toEqual([null, null, null]);
        return { told: [JSON.parse(shown), count, total], little };
      });
    };
    expect((await seen(kim)).told).toEqual([all.slice(0, 4), 4, '10']);
    expect((await seen(kim)).little).toBe(true);
    const sudo = principal(h.tenant, 'sudo', { access: 'root', sudo: true });
    expect((await seen(sudo)).little).toBe(false);
    for (const who of [kim, ann, sudo]) {
      const { told } = await seen(who);
      for (const way of [true, false]) {
        expect(await seen(who, way)).toEqual({ told, little: undefined });
      }
    }
  });
});
