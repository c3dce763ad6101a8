import { describe, expect, it } from 'vitest';
import type { Json } from '../../../control-plane/base/json.ts';
import type { Field, Predicate } from '../../../control-plane/statement/predicate.ts';
import { type Refusal, refused, statement } from './fixture.ts';

function where(condition: Json): Predicate | undefined {
  const found = statement('POST', '/api/find/users', { body: { where: condition } });
  if (found.kind !== 'read') throw new Error('no read');
  return found.where;
}

function code(condition: Json): Refusal['code'] {
  const { code: found, status } = refused('POST', '/api/find/users', {
    body: { where: condition },
  });
  expect(status).toBe(400);
  return found;
}

const name: Field = { kind: 'column', name: 'name' };

function on(field: Field, operator: string, operand: Json, label: string): object {
  return { kind: 'compare', field, operator, operand, label };
}

const onName = (operator: string, operand: Json): object => on(name, operator, operand, 'name');
const tags = (operator: string, operand: Json): object =>
  on({ kind: 'column', name: 'tags' }, operator, operand, 'tags');
const always = { kind: 'constant', value: true };
const never = { kind: 'constant', value: false };

describe('a condition on a column', () => {
  it.each<[Json, object]>([
    [{ name: 'x' }, onName('eq', 'x')],
    [{ name: null }, onName('is_null', true)],
    [{ name: ['x', 'y'] }, onName('in', ['x', 'y'])],
    [{ name: {} }, always],
    [{ name: { $eq: 'x' } }, onName('eq', 'x')],
    [{ name: { $eq: null } }, onName('is_null', true)],
    [{ name: { $ne: 'x' } }, onName('ne', 'x')],
    [{ name: { $neq: 'x' } }, onName('ne', 'x')],
    [{ name: { $ne: null } }, onName('is_null', false)],
    [{ name: { $gt: 'x' } }, onName('gt', 'x')],
    [{ name: { $gte: 'x' } }, onName('gte', 'x')],
    [{ name: { $lt: 'x' } }, onName('lt', 'x')],
    [{ name: { $lte: 'x' } }, onName('lte', 'x')],
    [{ name: { $like: 'x%' } }, onName('like', 'x%')],
    [{ name: { $nlike: 'x%' } }, onName('not_like', 'x%')],
    [{ name: { $ilike: 'x%' } }, onName('ilike', 'x%')],
    [{ name: { $nilike: 'x%' } }, onName('not_ilike', 'x%')],
    [{ name: { $regex: '^x' } }, onName('matches', '^x')],
    [{ name: { $nregex: '^x' } }, onName('not_matches', '^x')],
    [{ name: { $in: [] } }, never],
    [
      { name: { $in: ['x', null] } },
      { kind: 'or', of: [onName('in', ['x']), onName('is_null', true)] },
    ],
    [{ name: { $in: [null] } }, onName('is_null', true)],
    [{ name: { $nin: [] } }, always],
    [{ name: { $nin: ['x'] } }, onName('not_in', ['x'])],
    [{ name: { $nin: [null] } }, onName('is_null', false)],
    [{ name: { $nin: ['x', null] } }, onName('not_in', ['x'])],
    [{ tags: { $any: ['x'] } }, tags('array_overlaps', ['x'])],
    [{ tags: { $any: [] } }, tags('array_overlaps', [])],
    [{ tags: { $all: ['x'] } }, tags('array_contains', ['x'])],
    [{ tags: { $all: [] } }, always],
    [{ tags: { $nany: ['x'] } }, tags('not_array_overlaps', ['x'])],
    [{ tags: { $nany: [] } }, always],
    [{ tags: { $nall: ['x'] } }, tags('not_array_contains', ['x'])],
    [{ tags: { $nall: [] } }, never],
    [{ tags: { $size: 2 } }, tags('size', { eq: 2 })],
    [
      { tags: { $size: { $gt: 1, $lte: 4 } } },
      { kind: 'and', of: [tags('size', { gt: 1 }), tags('size', { lte: 4 })] },
    ],
    [{ tags: { $size: { $between: [1, 2] } } }, tags('size', { between: [1, 2] })],
    [{ tags: { $size: { $in: [1, 2] } } }, tags('size', { in: [1, 2] })],
    [{ tags: { $size: { $nin: [1] } } }, tags('size', { not_in: [1] })],
    [{ tags: { $contains: 'x' } }, tags('array_contains', ['x'])],
    [{ tags: { $contains: ['x', 'y'] } }, tags('array_contains', ['x', 'y'])],
    [{ tags: { $contains: [] } }, tags('array_contains', [])],
    [{ name: { $contains: '50%' } }, onName('icontains', '50%')],
    [{ name: { $between: ['a', 'b'] } }, onName('between', ['a', 'b'])],
    [{ name: { $exists: true } }, onName('is_null', false)],
    [{ name: { $exists: false } }, onName('is_null', true)],
    [{ name: { $null: true } }, onName('is_null', true)],
    [{ name: { $null: false } }, onName('is_null', false)],
    [{ name: { $find: 'two words' } }, onName('icontains', 'two words')],
    [{ name: { $text: '_' } }, onName('icontains', '_')],
  ])('%j', (condition, expected) => {
    expect(where(condition)).toEqual(expected);
  });

  it('joins keys and operators with and', () => {
    expect(where({ name: { $gt: 'a', $lt: 'b' }, age: 3 })).toEqual({
      kind: 'and',
      of: [
        onName('gt', 'a'),
        onName('lt', 'b'),
        on({ kind: 'column', name: 'age' }, 'eq', 3, 'age'),
      ],
    });
  });

  it('reaches system fields and access lists', () => {
    expect(where({ created_at: { $gt: '2025-01-01T00:00:00Z' } })).toEqual(
      on({ kind: 'column', name: 'created_at' }, 'gt', '2025-01-01T00:00:00Z', 'created_at'),
    );
    expect(where({ access_read: { $any: ['ann'] } })).toEqual(
      on({ kind: 'access', list: 'read' }, 'array_overlaps', ['ann'], 'access_read'),
    );
  });
});

describe('a condition inside jsonb', () => {
  const path = (...keys: string[]): Field => ({ kind: 'path', column: 'settings', path: keys });

  it('takes dotted paths and nested objects alike', () => {
    const expected = on(path('a', '0', 'b'), 'eq', 1, 'settings.a.0.b');
    expect(where({ 'settings.a.0.b': 1 })).toEqual(expected);
    expect(where({ settings: { a: { '0.b': 1 } } })).toEqual(expected);
  });

  it('compares containment as JSON, and null as a null test', () => {
    expect(where({ settings: { $contains: { a: null } } })).toEqual(
      on({ kind: 'column', name: 'settings' }, 'json_contains', { a: null }, 'settings'),
    );
    expect(where({ 'settings.a': null })).toEqual(on(path('a'), 'is_null', true, 'settings.a'));
  });

  it('is no way into other columns', () => {
    expect(code({ 'name.first': 1 })).toBe('FILTER_INVALID_COLUMN');
    expect(code({ name: { first: 1 } })).toBe('FILTER_INVALID_VALUE');
  });
});

describe('logic', () => {
  const x = onName('eq', 'x');
  const y = onName('eq', 'y');
  const both = [{ name: 'x' }, { name: 'y' }];
  it.each<[Json, object]>([
    [{ $and: both }, { kind: 'and', of: [x, y] }],
    [{ $or: both }, { kind: 'or', of: [x, y] }],
    [{ $not: { name: 'x' } }, { kind: 'not', of: x }],
    [{ $not: both }, { kind: 'not', of: { kind: 'and', of: [x, y] } }],
    [{ $nand: both }, { kind: 'not', of: { kind: 'and', of: [x, y] } }],
    [{ $nor: both }, { kind: 'not', of: { kind: 'or', of: [x, y] } }],
    [{ $nand: [] }, always],
    [{ $nor: [] }, always],
  ])('%j', (condition, expected) => {
    expect(where(condition)).toEqual(expected);
  });
});

describe('full text', () => {
  it('looks in one column', () => {
    expect(where({ email: { $search: 'a b' } })).toEqual({
      kind: 'search',
      columns: ['email'],
      query: 'a b',
      mode: 'all',
      language: 'english',
    });
  });

  it('looks in all searchable ones by default, or in those named', () => {
    expect(where({ $search: { query: 'a', operator: 'or' } })).toMatchObject({
      columns: ['email'],
      mode: 'any',
    });
    expect(where({ $search: { query: 'a', fields: ['name', 'email'] } })).toMatchObject({
      columns: ['name', 'email'],
      mode: 'all',
    });
  });

  it('finds nothing for nothing', () => {
    expect(where({ $search: { query: ' ' } })).toEqual(never);
    expect(where({ name: { $search: '' } })).toEqual(never);
  });
});

describe('refusals', () => {
  it.each<[string, Json]>([
    ['FILTER_INVALID_WHERE', []],
    ['FILTER_INVALID_WHERE', null],
    ['FILTER_INVALID_WHERE', 'x'],
    ['FILTER_INVALID_COLUMN', { nope: 1 }],
    ['FILTER_INVALID_COLUMN', { Name: 'x' }],
    ['FILTER_INVALID_COLUMN', { _acl: 0 }],
    ['FILTER_INVALID_COLUMN', { constructor: 1 }],
    ['FILTER_INVALID_COLUMN', { $search: { fields: ['nope'], query: 'x' } }],
    ['FILTER_INVALID_FIELD_FORMAT', { '': 1 }],
    ['FILTER_INVALID_FIELD_FORMAT', { 'settings.': 1 }],
    ['FILTER_INVALID_VALUE', { name: { $gt: null } }],
    ['FILTER_INVALID_VALUE', { name: 5 }],
    ['FILTER_INVALID_VALUE', { name: 'nul\0' }],
    ['FILTER_INVALID_VALUE', { age: '1; drop table users' }],
    ['FILTER_INVALID_VALUE', { age: 1.5 }],
    ['FILTER_INVALID_VALUE', { age: '9223372036854775808' }],
    ['FILTER_INVALID_VALUE', { score: true }],
    ['FILTER_INVALID_VALUE', { active: 2 }],
    ['FILTER_INVALID_VALUE', { token: 'x' }],
    ['FILTER_INVALID_VALUE', { name: { $eq: { a: 1 } } }],
    ['FILTER_INVALID_VALUE', { name: { $like: 5 } }],
    ['FILTER_INVALID_VALUE', { age: { $like: '5%' } }],
    ['FILTER_INVALID_VALUE', { age: { $find: '5' } }],
    ['FILTER_INVALID_VALUE', { age: { $contains: 5 } }],
    ['FILTER_INVALID_VALUE', { name: { $any: ['x'] } }],
    ['FILTER_INVALID_VALUE', { tags: { $any: [null] } }],
    ['FILTER_INVALID_VALUE', { tags: { $all: [{ x: 1 }] } }],
    ['FILTER_INVALID_VALUE', { tags: { $gt: ['x'] } }],
    ['FILTER_INVALID_VALUE', { tags: { $size: 1.5 } }],
    ['FILTER_INVALID_VALUE', { tags: { $size: null } }],
    ['FILTER_INVALID_VALUE', { tags: { $size: {} } }],
    ['FILTER_INVALID_VALUE', { tags: { $size: { $like: 'x' } } }],
    ['FILTER_INVALID_VALUE', { name: { $size: 1 } }],
    ['FILTER_INVALID_VALUE', { name: { $between: [null, 'a'] } }],
    ['FILTER_INVALID_VALUE', { name: { $eq: 'x', plain: 1 } }],
    ['FILTER_INVALID_VALUE', { $search: { query: 5 } }],
    ['FILTER_INVALID_VALUE', { $search: { query: 'x', operator: 'xor' } }],
    ['FILTER_OPERATOR_REQUIRES_ARRAY', { name: { $in: 'x' } }],
    ['FILTER_OPERATOR_REQUIRES_ARRAY', { name: { $nin: { a: 1 } } }],
    ['FILTER_OPERATOR_REQUIRES_ARRAY', { tags: { $any: 'x' } }],
    ['FILTER_BETWEEN_REQUIRES_ARRAY', { age: { $between: 5 } }],
    ['FILTER_BETWEEN_REQUIRES_ARRAY', { age: { $between: [1] } }],
    ['FILTER_BETWEEN_REQUIRES_ARRAY', { age: { $between: [1, 2, 3] } }],
    ['FILTER_EXISTS_REQUIRES_BOOLEAN', { name: { $exists: 'true' } }],
    ['FILTER_NULL_REQUIRES_BOOLEAN', { name: { $null: 1 } }],
    ['FILTER_UNSUPPORTED_OPERATOR', { name: { $nope: 1 } }],
    ['FILTER_UNSUPPORTED_OPERATOR', { $nope: 1 }],
    ['FILTER_UNSUPPORTED_OPERATOR', { name: { $constructor: 1 } }],
    ['FILTER_UNSUPPORTED_LOGICAL_OPERATOR', { $eq: 1 }],
    ['FILTER_UNSUPPORTED_LOGICAL_OPERATOR', { name: { $not: { $eq: 'x' } } }],
    ['FILTER_INVALID_LOGICAL_OPERATOR', { $and: { name: 'x' } }],
    ['FILTER_INVALID_LOGICAL_OPERATOR', { $nor: 'x' }],
    ['FILTER_EMPTY_LOGICAL_ARRAY', { $and: [] }],
    ['FILTER_EMPTY_LOGICAL_ARRAY', { $or: [] }],
    ['FILTER_INVALID_LOGICAL_CONDITION', { $or: [{ name: 'x' }, 5] }],
    ['FILTER_INVALID_LOGICAL_CONDITION', { $nand: [null] }],
    ['FILTER_INVALID_LOGICAL_CONDITION', { $nor: [[]] }],
    ['FILTER_INVALID_NOT_CONDITION', { $not: 'x' }],
    ['FILTER_INVALID_NOT_CONDITION', { $not: ['x'] }],
  ])('%s for %j', (expected, condition) => {
    expect(code(condition)).toBe(expected);
  });

  it('validates what stands inside every logical operator alike', () => {
    for (const operator of ['$and', '$or', '$nand', '$nor', '$not']) {
      expect(code({ [operator]: [{ nope: 1 }] })).toBe('FILTER_INVALID_COLUMN');
      expect(code({ [operator]: [{ name: { $nope: 1 } }] })).toBe('FILTER_UNSUPPORTED_OPERATOR');
    }
  });
});

describe('limits', () => {
  const nested = (levels: number): Json =>
    Array.from({ length: levels }).reduce<Json>((inner) => ({ $not: inner }), { name: 'x' });

  it('nests 32 levels and no more', () => {
    expect(where(nested(32))).toBeDefined();
    expect(code(nested(33))).toBe('FILTER_TOO_DEEP');
  });

  it('takes 1000 conditions and no more', () => {
    const many = (count: number): Json => ({
      $or: Array.from({ length: count }, () => ({ name: 'x' })),
    });
    expect(where(many(1000))).toBeDefined();
    expect(code(many(1001))).toBe('PARAMETER_LIMIT_EXCEEDED');
  });

  it('takes lists of 10,000 elements and no more', () => {
    const list = (count: number): Json => ({
      name: { $in: Array.from({ length: count }, (_, at) => String(at)) },
    });
    expect(where(list(10_000))).toBeDefined();
    expect(code(list(10_001))).toBe('PARAMETER_LIMIT_EXCEEDED');
  });
});
