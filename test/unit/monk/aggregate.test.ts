import { describe, expect, it } from 'vitest';
import type { Json } from '../../../control-plane/base/json.ts';
import { answered, refused, row, statement } from './fixture.ts';

const url = '/api/aggregate/users';
const field = (name: string): object => ({ kind: 'column', name });

describe('aggregations', () => {
  it('become one statement', () => {
    const body = {
      aggregate: {
        all: { $count: '*' },
        named: { $count: 'name' },
        sum: { $sum: 'score' },
        avg: { $avg: 'age' },
        low: { $min: 'born' },
        high: { $max: 'name' },
        kinds: { $distinct: 'tags' },
      },
      groupBy: ['active', 'name'],
      where: { age: { $gt: 3 } },
    };
    expect(statement('POST', url, { body })).toMatchObject({
      kind: 'aggregate',
      where: { operator: 'gt', operand: 3 },
      groupBy: [
        { as: 'active', kind: 'field', field: field('active') },
        { as: 'name', kind: 'field', field: field('name') },
      ],
      functions: [
        { as: 'all', fn: 'count' },
        { as: 'named', fn: 'count', of: { kind: 'field', field: field('name') } },
        { as: 'sum', fn: 'sum', of: { kind: 'field', field: field('score') } },
        { as: 'avg', fn: 'avg', of: { kind: 'field', field: field('age') } },
        { as: 'low', fn: 'min', of: { kind: 'field', field: field('born') } },
        { as: 'high', fn: 'max', of: { kind: 'field', field: field('name') } },
        { as: 'kinds', fn: 'count_distinct', of: { kind: 'field', field: field('tags') } },
      ],
      show: 'live',
      cap: 10_000,
    });
    const single = { aggregate: { n: { $count: '*' } }, group_by: 'name' };
    expect(statement('POST', url, { body: single })).toMatchObject({
      groupBy: [{ as: 'name', kind: 'field', field: field('name') }],
    });
  });

  it('answer without counts', () => {
    const body = { aggregate: { n: { $count: '*' } } };
    expect(answered('POST', url, [row({ n: 2 })], { body })).toEqual({
      success: true,
      data: [{ n: 2 }],
    });
  });

  const count = { n: { $count: '*' } };
  it.each<[string, Json | undefined]>([
    ['REQUEST_INVALID_BODY', undefined],
    ['REQUEST_INVALID_BODY', []],
    ['REQUEST_INVALID_BODY', { aggregate: count, order: 'n' }],
    ['REQUEST_INVALID_BODY', { aggregate: count, limit: 1 }],
    ['REQUEST_INVALID_BODY', { aggregate: count, having: {} }],
    ['REQUEST_INVALID_BODY', { aggregate: count, groupBy: 5 }],
    ['REQUEST_MISSING_AGGREGATIONS', {}],
    ['FILTER_NO_AGGREGATIONS', { aggregate: {} }],
    ['FILTER_INVALID_AGGREGATION', { aggregate: [] }],
    ['FILTER_INVALID_AGGREGATION', { aggregate: { n: 'count' } }],
    ['FILTER_INVALID_AGGREGATION', { aggregate: { n: { $nope: 'age' } } }],
    ['FILTER_INVALID_AGGREGATION', { aggregate: { n: { constructor: 'age' } } }],
    ['FILTER_INVALID_AGGREGATION', { aggregate: { n: { $sum: 'age', $avg: 'age' } } }],
    ['FILTER_INVALID_AGGREGATION', { aggregate: { n: { $sum: '*' } } }],
    ['FILTER_INVALID_AGGREGATION', { aggregate: { n: { $sum: 5 } } }],
    ['FILTER_INVALID_AGGREGATION', { aggregate: { n: { $sum: 'name' } } }],
    ['FILTER_INVALID_AGGREGATION', { aggregate: { n: { $avg: 'active' } } }],
    ['FILTER_INVALID_AGGREGATION', { aggregate: { n: { $max: 'settings' } } }],
    ['FILTER_INVALID_AGGREGATION', { aggregate: { n: { $sum: 'counts' } } }],
    ['FILTER_INVALID_AGGREGATION', { aggregate: { name: { $count: '*' } }, groupBy: 'name' }],
    ['FILTER_INVALID_COLUMN', { aggregate: { n: { $sum: 'age + 1' } } }],
    ['FILTER_INVALID_COLUMN', { aggregate: { n: { $sum: 'settings.a' } } }],
    ['FILTER_INVALID_COLUMN', { aggregate: count, groupBy: 'lower(name)' }],
    ['FILTER_INVALID_COLUMN', { aggregate: count, groupBy: ['access_read'] }],
    ['FILTER_INVALID_WHERE', { aggregate: count, where: [] }],
  ])('refuses with %s %j', (code, body) => {
    const asked = body === undefined ? {} : { body };
    expect(refused('POST', url, asked)).toMatchObject({ status: 400, code });
  });
});
