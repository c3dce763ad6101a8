/** What aggregate, group and having texts mean, and which are refused. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ServiceError } from '../../../control-plane/base/errors.ts';
import { isAggregate, parseAggregate } from '../../../control-plane/dialects/taruvi/aggregate.ts';
import { plan } from '../../../control-plane/plan/plan.ts';
import type { Aggregate } from '../../../control-plane/statement/statement.ts';
import { catalog, deals, type Params, queryOf, refusal } from './shaping-fixture.ts';

function parsed(params: Params): Aggregate {
  return parseAggregate(queryOf(params), deals, catalog, { show: 'live' });
}

const field = (name: string) => ({ kind: 'field', field: { kind: 'column', name } }) as const;
const path = (...names: readonly string[]) =>
  ({ kind: 'field', field: { kind: 'path', column: 'attributes', path: names } }) as const;
const number = (digits: string) => ({ kind: 'number', digits }) as const;
const arithmetic = (left: object, operator: string, right: object) => ({
  kind: 'arithmetic',
  operator,
  left,
  right,
});

describe('functions', () => {
  it.each<[string, object]>([
    ['count(*)', { as: 'count', fn: 'count' }],
    ['COUNT( * ) as N', { as: 'N', fn: 'count' }],
    ['count(title)', { as: 'count_title', fn: 'count', of: field('title') }],
    [
      'count(distinct title)',
      { as: 'count_distinct_title', fn: 'count_distinct', of: field('title') },
    ],
    ['sum(price) as revenue', { as: 'revenue', fn: 'sum', of: field('price') }],
    ['avg(price)', { as: 'avg_price', fn: 'avg', of: field('price') }],
    ['min(title)', { as: 'min_title', fn: 'min', of: field('title') }],
    ['max(created_at)', { as: 'max_created_at', fn: 'max', of: field('created_at') }],
    ['stddev(price)', { as: 'stddev_price', fn: 'stddev', of: field('price') }],
    ['variance(price)', { as: 'variance_price', fn: 'variance', of: field('price') }],
    ['array_agg(title)', { as: 'array_agg_title', fn: 'array_agg', of: field('title') }],
    [
      'json_agg(attributes)',
      { as: 'json_agg_attributes', fn: 'json_agg', of: field('attributes') },
    ],
    ['string_agg(title)', { as: 'string_agg_title', fn: 'string_agg', of: field('title') }],
    [
      "string_agg(title, ' (it''s), ') as list",
      { as: 'list', fn: 'string_agg', of: field('title'), separator: " (it's), " },
    ],
    ['sum(attributes.size.0)', { as: 'sum_attributes_size_0', fn: 'sum', of: path('size', '0') }],
    ['sum(attributes."a.b c")', { as: 'sum_attributes_a_b_c', fn: 'sum', of: path('a.b c') }],
    ['sum(unit-price)', { as: 'sum_unit-price', fn: 'sum', of: field('unit-price') }],
    ['sum("unit-price" - 1)', { fn: 'sum', of: arithmetic(field('unit-price'), '-', number('1')) }],
    [
      'sum(price * 2 + 1)',
      {
        as: 'sum_price_2_1',
        of: arithmetic(arithmetic(field('price'), '*', number('2')), '+', number('1')),
      },
    ],
    [
      'sum(price - 1 - id)',
      { of: arithmetic(arithmetic(field('price'), '-', number('1')), '-', field('id')) },
    ],
    [
      'avg(-(price + 1.5e3) / attributes.n)',
      {
        of: arithmetic(
          { kind: 'negate', of: arithmetic(field('price'), '+', number('1.5e3')) },
          '/',
          path('n'),
        ),
      },
    ],
  ])('%s', (text, expected) => {
    expect(parsed({ _aggregate: text }).functions).toMatchObject([expected]);
  });

  it.each<[string, string]>([
    ['', 'empty'],
    ['count(*),', 'empty'],
    ['price', 'no function'],
    ['drop(price)', 'unknown function drop'],
    ['constructor(price)', 'unknown function constructor'],
    ['sum(*)', 'takes no *'],
    ['sum(nothing)', 'no such field nothing'],
    ['sum(company_id.name)', 'related rows'],
    ['sum(notes.text)', 'related rows'],
    ['sum(title.length)', 'no such field'],
    ['sum(distinct price)', 'distinct'],
    ['sum(price, 2)', 'one argument'],
    ['string_agg(title, sep)', 'quotes'],
    ["string_agg(title, 'a', 'b')", 'one argument'],
    ['sum(price', 'not closed'],
    ['sum(price))', 'not open'],
    ["string_agg(title, ', )", 'quote is not closed'],
    ['sum(price +)', 'no expression'],
    ['sum(2 3)', 'no expression'],
    ['sum()', 'empty'],
    ['sum((price)', 'not closed'],
    ['sum(price) sum(price)', ''],
    ['sum(price)+1', 'no function'],
    ['sum(price;delete)', 'not understood'],
    ['sum(price::text)', 'not understood'],
    ['sum(pg_sleep(1))', 'no such field pg_sleep'],
    ['sum((select 1))', 'no such field select'],
    ['sum(price) as', ''],
    ['sum(price) as a b', ''],
    ['sum(price) as ""', ''],
    ['count(*),count(*)', 'give an alias'],
    ['sum(price) as count,count(*)', 'give an alias'],
    [`sum(${'('.repeat(40)}price${')'.repeat(40)})`, 'nested too deep'],
    [`sum(price${'+1'.repeat(200)})`, 'too long'],
    [`sum(${'9'.repeat(200)})`, 'too long'],
    ['x'.repeat(20_000), 'too long'],
    [Array.from({ length: 101 }, (_, at) => `count(*) as c${at}`).join(','), 'More than 100'],
  ])('refused: %s', (text, part) => {
    expect(refusal(() => parsed({ _aggregate: text })).message).toContain(part);
  });
});

describe('groups', () => {
  it.each<[string, object]>([
    ['title', { as: 'title', kind: 'field', field: { kind: 'column', name: 'title' } }],
    ['title as t', { as: 't' }],
    ['"title" as "my title"', { as: 'my title', field: { name: 'title' } }],
    ['unit-price', { as: 'unit-price' }],
    ['attributes.brand', { as: 'attributes_brand', field: { path: ['brand'] } }],
    ["date_trunc('month', created_at)", { as: 'date_trunc', kind: 'period', period: 'month' }],
    [
      "DATE_TRUNC('Day', created_at AT TIME ZONE 'Europe/Berlin') AS day",
      { as: 'day', period: 'day', zone: 'Europe/Berlin' },
    ],
    ["date_trunc('week', created_at at time zone 'UTC')", { zone: 'UTC' }],
  ])('%s', (text, expected) => {
    expect(parsed({ _group_by: text }).groupBy).toMatchObject([expected]);
  });

  it.each<[string, string]>([
    ['nothing', 'no such field'],
    ['company_id.name', 'related rows'],
    ['title,title', 'give an alias'],
    ["date_trunc('month', created_at),date_trunc('day', created_at)", 'give an alias'],
    ["date_trunc('fortnight', created_at)", 'date_trunc takes one of'],
    ['date_trunc(month, created_at)', 'date_trunc takes one of'],
    ["date_trunc('month')", 'a unit and a field'],
    ["date_trunc('month', created_at, 'UTC')", 'a unit and a field'],
    ["date_trunc('month', nothing)", 'no such field'],
    ["date_trunc('month', now())", 'no such field'],
    ["date_trunc('day', created_at AT TIME ZONE 'Europe/Nowhere')", 'unknown time zone'],
    ["date_trunc('day', created_at AT TIME ZONE '+02:00')", 'unknown time zone'],
    ["date_trunc('day', created_at AT TIME ZONE 'UTC''; select')", 'unknown time zone'],
    ["date_trunc('day', created_at AT TIME ZONE UTC)", 'no such field'],
    ["date_trunc('day', created_at); drop table deals", 'no such field'],
    ['1', 'no such field'],
    ['price + 1', 'no such field'],
  ])('refused: %s', (text, part) => {
    expect(refusal(() => parsed({ _group_by: text })).message).toContain(part);
  });
});

describe('conditions on groups', () => {
  const having = (text: string) =>
    parsed({
      _aggregate: 'count(*),sum(price) as sum_total',
      _group_by: 'title,attributes.brand as brand',
      _having: text,
    }).having;

  it.each<[string, readonly object[]]>([
    ['count__gte=10', [{ of: { output: 'count' }, operator: 'gte', operand: '10' }]],
    ['sum_total > 1000', [{ of: { output: 'sum_total' }, operator: 'gt', operand: '1000' }]],
    ['count(*) > 5', [{ of: { fn: 'count' }, operator: 'gt', operand: '5' }]],
    ['sum(price) >= 10', [{ of: { fn: 'sum', of: field('price') }, operator: 'gte' }]],
    [
      'count__eq=1,sum_total__lt=2.5 AND count != 3 and title <> \'a AND b, "c"\'',
      [
        { operator: 'eq' },
        { operator: 'lt', operand: '2.5' },
        { operator: 'ne', operand: '3' },
        { operator: 'ne', operand: 'a AND b, "c"' },
      ],
    ],
    ['count=1', [{ operator: 'eq', operand: '1' }]],
    ['"sum_total"<=1', [{ operator: 'lte' }]],
    ['title__ne=andy', [{ operator: 'ne', operand: 'andy' }]],
    ['brand__eq=5', [{ operator: 'eq', operand: 5 }]],
    ['brand = true', [{ operand: true }]],
    ["brand = 'true'", [{ operand: 'true' }]],
    ["title = 'it''s'", [{ operand: "it's" }]],
    ['max(price / 2) == 3', [{ of: { fn: 'max' }, operator: 'eq' }]],
  ])('%s', (text, expected) => {
    expect(having(text)).toMatchObject(expected);
  });

  it.each<[string, string]>([
    ['', 'empty'],
    ['count', 'no condition'],
    ['count >', 'no condition'],
    ['count__in=1', 'unknown operator in'],
    ['count__constructor=1', 'unknown operator constructor'],
    ['count__gte > 1', 'no output'],
    ['nothing > 1', 'no output'],
    ['price > 1', 'no output'],
    ['1 = 1', 'no output'],
    ['count > 1 OR 1', ''],
    ['drop(price) > 1', 'unknown function'],
    ['sum(nothing) > 1', 'no such field'],
    ["title = 'a", 'quote is not closed'],
    ['count > 1,', 'empty'],
    [`${' '.repeat(9_000)}count`, 'no condition'],
  ])('refused: %s', (text, part) => {
    const work = (): unknown =>
      plan(
        parsed({
          _aggregate: 'count(*),sum(price) as sum_total',
          _group_by: 'title,attributes.brand as brand',
          _having: text,
        }),
        catalog,
      );
    expect(refusal(work).message).toContain(part);
  });
});

describe('aggregates of a list call', () => {
  it('take its page and an order of outputs', () => {
    const statement = parsed({
      _aggregate: 'count(*)',
      _group_by: 'title',
      ordering: '-count,title',
      page: '2',
      page_size: '10',
    });
    expect(statement).toMatchObject({
      order: [
        { output: 'count', descending: true },
        { output: 'title', descending: false },
      ],
      limit: 10,
      offset: 10,
      total: true,
    });
    const sorted = { _aggregate: 'count(*)', _group_by: 'title', _sort: 'count', _order: 'desc' };
    expect(parsed(sorted).order).toEqual([{ output: 'count', descending: true }]);
    expect(parsed({ _aggregate: 'count(*)' })).not.toHaveProperty('limit');
    expect(isAggregate(queryOf({ _group_by: 'title' }))).toBe(true);
    expect(isAggregate(queryOf({ title: 'x' }))).toBe(false);
  });

  it.each<[string, Params]>([
    ['no _group_by for _having', { _aggregate: 'count(*)', _having: 'count > 1' }],
    ['_having alone', { _having: 'count > 1' }],
    ['an order by no output', { _aggregate: 'count(*)', _group_by: 'title', ordering: 'price' }],
    ['a direction', { _aggregate: 'count(*)', _group_by: 'title', _sort: 'count', _order: 'up' }],
    ...['populate', 'fields', 'allowed_actions', 'include', 'depth', 'format', 'traversal'].map(
      (name): [string, Params] => [name, { _aggregate: 'count(*)', [name]: 'x' }],
    ),
  ])('refuse %s', (_, params) => {
    expect(refusal(() => parsed(params)).detail.field).toBeDefined();
  });

  it('refuse conditions on related rows', () => {
    const related = {
      kind: 'related',
      hops: [{ reference: 'deals_company_id', direction: 'forward' }],
      where: { kind: 'constant', value: true },
    } as const;
    const where = { kind: 'or', of: [{ kind: 'not', of: related }] } as const;
    const query = queryOf({ _aggregate: 'count(*)' });
    expect(refusal(() => parseAggregate(query, deals, catalog, { where, show: 'live' })).kind).toBe(
      'bad_request',
    );
  });

  it('are read in time that grows with their length', () => {
    const pieces = [
      '"',
      "'",
      '"a',
      'a as ',
      'a.',
      '(',
      "'' ",
      'count>',
      'a__',
      'x AND ',
      '_=',
      ' ',
    ];
    for (const piece of pieces) {
      const text = `count(*)${piece.repeat(9_000 / piece.length)}`;
      for (const name of ['_aggregate', '_group_by', '_having']) {
        const began = performance.now();
        try {
          parsed({ _aggregate: 'count(*)', _group_by: 'title', [name]: text });
        } catch (error) {
          expect(error).toBeInstanceOf(ServiceError);
        }
        expect(performance.now() - began, `${name}: ${piece}`).toBeLessThan(1_500);
      }
    }
  });

  it('never let a text of the request into the statement', () => {
    const hostile = fc.oneof(
      fc.string({ maxLength: 40 }),
      fc
        .array(
          fc.constantFrom(
            ...['sum', 'count', '(', ')', '*', 'price', 'as', 'x', ',', "'", '"', ';', '--', ' '],
            ...['AND', 'date_trunc', "'day'", 'AT TIME ZONE', '__gt=', '>', '1', '/*', '$1', '\0'],
          ),
          { maxLength: 12 },
        )
        .map((parts) => parts.join('')),
    );
    fc.assert(
      fc.property(hostile, hostile, hostile, (one, two, three) => {
        const texts = [
          { _aggregate: one, _group_by: two, _having: three },
          { _aggregate: `sum(price) as "Zq9${one.replaceAll('"', '')}"` },
          { _aggregate: `string_agg(title, 'Zq9${one.replaceAll("'", '')}')` },
          {
            _aggregate: 'count(*)',
            _group_by: 'title',
            _having: `title = 'Zq9${one.replaceAll("'", '')}'`,
          },
        ];
        for (const text of texts) {
          try {
            expect(plan(parsed(text), catalog).query.text).not.toContain('Zq9');
          } catch (error) {
            if (!(error instanceof ServiceError)) throw error;
          }
        }
      }),
      { numRuns: 500 },
    );
  });
});
