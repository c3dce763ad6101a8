/** Aggregates: random rows, lists, groups and functions against the oracle, and against SQL written by hand. */
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import type { Expression } from '../../control-plane/statement/aggregate.ts';
import type { Aggregate } from '../../control-plane/statement/statement.ts';
import {
  call,
  callsOf,
  day,
  fieldOf,
  key,
  keysOf,
  type Sale,
  sale,
} from '../support/aggregate-cases.ts';
import { createDatabase, type TestDatabase } from '../support/database.ts';
import { holds } from '../support/oracle.ts';
import { DividedByZero, grouped, type OracleRow, order } from '../support/oracle-aggregate.ts';
import { principal, whoOf } from '../support/principal.ts';
import { bounded } from '../support/seeded.ts';
import { asGateway } from '../support/sql.ts';
import { failure, type Harness, insert, openHarness, type Row, table } from './plan-harness.ts';

const tables = [
  {
    name: 'sales',
    columns: [
      { name: 'kind', type: { base: 'text' } },
      { name: 'n', type: { base: 'integer' } },
      { name: 'price', type: { base: 'numeric' } },
      { name: 'at', type: { base: 'timestamptz' } },
      { name: 'doc', type: { base: 'jsonb' } },
      { name: 'tags', type: { base: 'text', array: true } },
    ],
  },
];

/** Doubles are compared roughly: divisions are decimal there. */
function rough(rows: readonly Row[] | readonly OracleRow[]): unknown {
  return JSON.parse(JSON.stringify(rows), (_, value: unknown) =>
    typeof value === 'number' ? Number(value.toFixed(6)) + 0 : value,
  );
}

let database: TestDatabase;
let h: Harness;

beforeAll(async () => {
  database = await createDatabase();
  h = await openHarness(database, 'sums', tables);
});

async function store(sales: readonly Sale[]): Promise<void> {
  await database.admin.query(`truncate "t_${h.tenant}".sales`);
  const seed = principal(h.tenant, 'seed', { access: 'root', sudo: true });
  if (sales.length === 0) return;
  const rows = sales.map(({ values, lists }, at) => ({
    values: { ...values, id: `00000000-0000-4000-8000-${String(at).padStart(12, '0')}` } as never,
    access: lists,
  }));
  await h.run(seed, insert('sales', rows, 'id'));
}

const statement = (rest: Partial<Aggregate>): Aggregate => ({
  kind: 'aggregate',
  table: table('sales'),
  groupBy: [],
  functions: [],
  format: { numbers: 'plain', times: 'trimmed' },
  show: 'live',
  cap: 100,
  ...rest,
});

describe('aggregates', () => {
  it('are what the oracle makes of the rows that may be seen', async () => {
    const people = fc.constantFrom(
      principal(h.tenant, 'ann', { access: 'read' }),
      principal(h.tenant, 'bob', { access: 'deny' }),
    );
    await fc.assert(
      fc.asyncProperty(
        fc.array(sale, { maxLength: 20 }),
        fc.array(key, { maxLength: 2 }),
        fc.array(call, { minLength: 1, maxLength: 4 }),
        people,
        fc.record({
          limit: fc.integer({ min: 0, max: 4 }),
          offset: fc.nat(3),
          least: fc.nat(3),
          descending: fc.boolean(),
        }),
        async (sales, someKeys, someCalls, who, page) => {
          await store(sales);
          const keys = someKeys.map((each, at) => ({ ...each, as: `k"${at}` }));
          const calls = [
            { as: 'size', fn: 'count' },
            ...someCalls.map((each, at) => ({ ...each, as: `f${at}` })),
          ];
          const seen = sales.filter(({ lists }) => holds(whoOf(who), lists, 'read'));
          const paged = keys.length > 0;
          const asked = statement({
            groupBy: keysOf(keys),
            functions: callsOf(calls),
            ...(paged
              ? {
                  having: [
                    { of: { output: 'size' }, operator: 'gte', operand: page.least, label: 'size' },
                  ],
                  order: [{ output: 'size', descending: page.descending }],
                  limit: page.limit,
                  offset: page.offset,
                  total: true,
                }
              : {}),
          });
          let all: readonly OracleRow[];
          try {
            all = grouped(
              seen.map(({ values }) => values),
              keys,
              calls,
            );
          } catch (error) {
            if (!(error instanceof DividedByZero)) throw error;
            const refused = await failure(h, who, asked);
            expect(refused).toMatchObject({
              kind: 'invalid_operand',
              detail: { reason: 'division_by_zero' },
            });
            return;
          }
          const result = await h.run(who, asked);
          const rows = JSON.parse(result.rows) as Row[];
          if (!paged) {
            expect(rough(rows)).toEqual(rough(all));
            return;
          }
          const kept = all
            .filter((row) => Number(row['size']) >= page.least)
            .toSorted((a, b) => {
              const by = order(a['size'] ?? null, b['size'] ?? null);
              return page.descending ? -by : by;
            });
          expect(result.total).toBe(kept.length);
          expect(rough(rows)).toEqual(rough(kept.slice(page.offset, page.offset + page.limit)));
        },
      ),
      bounded(120, 25),
    );
  });

  it('are those of SQL written by hand under the same policies', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(sale, { minLength: 5, maxLength: 20 }), async (sales) => {
        await store(sales);
        const who = principal(h.tenant, 'ann', { access: 'read' });
        const rows = await h.rows(
          who,
          statement({
            groupBy: keysOf([
              { as: 'kind', of: ['kind'] },
              { as: 'day', of: ['at'], cut: { ...day, minutes: 330 } },
            ]),
            functions: callsOf([
              { as: 'rows', fn: 'count' },
              { as: 'kinds', fn: 'count_distinct', of: { at: ['n'] } },
              { as: 'total', fn: 'sum', of: { sign: '*', of: [{ at: ['n'] }, { at: ['price'] }] } },
              { as: 'prices', fn: 'array_agg', of: { at: ['price'] } },
            ]),
            having: [{ of: { fn: 'count' }, operator: 'gte', operand: 1, label: 'count' }],
          }),
        );
        const byHand = await asGateway(database, who, (client) =>
          client.query<{ row: Row }>(
            `select json_build_object('kind', kind, 'day', to_char(date_trunc('day', at at time zone 'Asia/Kolkata'), 'YYYY-MM-DD"T"HH24:MI:SS"Z"'),
               'rows', count(*), 'kinds', count(distinct n), 'total', sum(n * price), 'prices', array_agg(price order by id)) as row
             from "t_${h.tenant}".sales
             group by kind, date_trunc('day', at at time zone 'Asia/Kolkata') having count(*) >= 1
             order by kind, date_trunc('day', at at time zone 'Asia/Kolkata')`,
          ),
        );
        expect(rows).toEqual(byHand.rows.map(({ row }) => row));
      }),
      bounded(25, 15),
    );
  });

  const ann = () => principal(h.tenant, 'ann', { access: 'root' });
  const field = (name: string): Expression => ({ kind: 'field', field: { kind: 'column', name } });

  it('list no more values of a group than the cap', async () => {
    const rows = Array.from({ length: 4 }, () => ({
      values: { kind: 'a' } as OracleRow,
      lists: {},
    }));
    await store(rows);
    for (const fn of ['array_agg', 'json_agg', 'string_agg'] as const) {
      const functions = [{ as: 'list', fn, of: field('kind') }];
      expect(await h.rows(ann(), statement({ functions, cap: 4 }))).toHaveLength(1);
      expect(await failure(h, ann(), statement({ functions, cap: 3 }))).toMatchObject({
        kind: 'limit_exceeded',
        detail: { field: 'list' },
      });
    }
  });

  it('are held to functions that are not shown', async () => {
    const kinds = ['a', 'b', 'b'];
    await store(kinds.map((kind) => ({ values: { kind } as OracleRow, lists: {} })));
    const rows = await h.rows(
      ann(),
      statement({
        groupBy: keysOf([{ as: 'kind', of: ['kind'] }]),
        having: [
          {
            of: { fn: 'string_agg', of: field('kind') },
            operator: 'eq',
            operand: 'b, b',
            label: 'x',
          },
          { of: { fn: 'count' }, operator: 'gt', operand: 1.5, label: 'y' },
        ],
      }),
    );
    expect(rows).toEqual([{ kind: 'b' }]);
  });

  it.each<[string, Partial<Aggregate>, object]>([
    ['a sum of texts', { functions: [{ as: 'x', fn: 'sum', of: field('kind') }] }, { field: 'x' }],
    [
      'an extreme of lists',
      { functions: [{ as: 'x', fn: 'max', of: field('tags') }] },
      { field: 'x' },
    ],
    [
      'joined times',
      { functions: [{ as: 'x', fn: 'string_agg', of: field('at') }] },
      { field: 'x' },
    ],
    [
      'arithmetic on times',
      { functions: [{ as: 'x', fn: 'sum', of: { kind: 'negate', of: field('at') } }] },
      { field: 'x', reason: 'not_number' },
    ],
    ['no argument', { functions: [{ as: 'x', fn: 'sum' }] }, { field: 'x' }],
    [
      'periods of numbers',
      { groupBy: [{ as: 'x', kind: 'period', period: 'day', field: fieldOf(['n']) }] },
      { field: 'n', reason: 'not_time' },
    ],
    [
      'a zone that is none',
      {
        groupBy: [
          { as: 'x', kind: 'period', period: 'day', zone: "x'; select", field: fieldOf(['at']) },
        ],
      },
      { field: "x'; select" },
    ],
    [
      'a condition on a list',
      {
        functions: [{ as: 'x', fn: 'array_agg', of: field('n') }],
        having: [{ of: { output: 'x' }, operator: 'eq', operand: 1, label: 'x' }],
      },
      { field: 'x' },
    ],
    [
      'a condition on nothing',
      { having: [{ of: { output: 'y' }, operator: 'eq', operand: 1, label: 'y' }] },
      { field: 'y' },
    ],
    [
      'an order by a list',
      {
        functions: [{ as: 'x', fn: 'json_agg', of: field('n') }],
        order: [{ output: 'x', descending: false }],
      },
      { field: 'x' },
    ],
  ])('are refused: %s', async (_, rest, detail) => {
    await store([]);
    const error = await failure(h, ann(), statement(rest));
    expect(['invalid_operand', 'column_not_found']).toContain(error.kind);
    expect(error.detail).toMatchObject(detail);
  });
});
