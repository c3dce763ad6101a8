import { describe, expect, it } from 'vitest';
import type { Json } from '../../../control-plane/base/json.ts';
import { refused, statement, sudo } from './fixture.ts';

const find = (body: Json, as = sudo): unknown => statement('POST', '/api/find/users', { body, as });
const desc = { field: { kind: 'column', name: 'name' }, descending: true };
const asc = { field: { kind: 'column', name: 'age' }, descending: false };

describe('shorthand bodies', () => {
  it.each<[Json, object]>([
    [
      ['a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'],
      { where: { operator: 'in', field: { name: 'id' } } },
    ],
    ['a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11', { where: { operator: 'eq', field: { name: 'id' } } }],
    ['Ann', { where: { operator: 'eq', field: { name: 'name' }, operand: 'Ann' } }],
  ])('%j', (body, expected) => {
    expect(find(body)).toMatchObject(expected);
  });

  it.each<[Json]>([[[]], [{}]])('%j is everything', (body) => {
    expect(find(body)).not.toHaveProperty('where');
  });

  it('is everything without a body', () => {
    expect(statement('POST', '/api/find/users')).not.toHaveProperty('where');
  });
});

describe('order', () => {
  it.each<[Json, readonly object[]]>([
    ['name desc', [desc]],
    ['name DESCENDING, age Ascending', [desc, asc]],
    [
      ['name desc', 'age'],
      [desc, asc],
    ],
    [{ name: 'desc', age: 'asc' }, [desc, asc]],
    [
      [{ column: 'name', sort: 'desc' }, { age: 'asc' }],
      [desc, asc],
    ],
    [[{ column: 'age' }], [asc]],
    [
      ['name desc', { age: 'ascending' }],
      [desc, asc],
    ],
    [
      'settings.a.b',
      [{ field: { kind: 'path', column: 'settings', path: ['a', 'b'] }, descending: false }],
    ],
  ])('%j', (order, expected) => {
    expect(find({ order })).toMatchObject({ order: expected });
  });

  it('is JSON, a list or a text in a query', () => {
    for (const text of ['["name desc"]', '{"name":"desc"}', 'name desc', 'name%20desc']) {
      expect(statement('GET', `/api/data/users?order=${text}`)).toMatchObject({ order: [desc] });
    }
  });

  it('knows columns with spaces', () => {
    const read = statement('POST', '/api/find/geo.country', { body: { order: 'Full Name desc' } });
    expect(read).toMatchObject({ order: [{ field: { name: 'Full Name' }, descending: true }] });
  });
});

describe('pages', () => {
  it('goes by limit, offset and after', () => {
    expect(find({ limit: 0 })).toMatchObject({ limit: 0 });
    expect(find({ limit: 10_000, offset: 3 })).toMatchObject({ limit: 10_000, offset: 3 });
    expect(find({ after: 'x' })).toMatchObject({ after: 'x' });
    expect(find({ count: true })).toMatchObject({ total: true });
    expect(find({ includeTotal: true })).toMatchObject({ total: true });
  });

  it('shows trash and what is deleted by flag or context', () => {
    expect(find({ include_trashed: true })).toMatchObject({ show: 'trashed' });
    expect(find({ include_deleted: true })).toMatchObject({ show: 'deleted' });
    expect(find({ context: 'observer' })).toMatchObject({ show: 'trashed' });
    expect(find({ context: 'system' })).toMatchObject({ show: 'deleted' });
    expect(find({ context: 'api' })).toMatchObject({ show: 'live' });
  });

  it('selects exactly the keys asked for', () => {
    expect(find({ select: ['age', 'id', 'access_read', 'age'] })).toMatchObject({
      output: {
        items: [
          { kind: 'column', name: 'age' },
          { kind: 'column', name: 'id' },
          { kind: 'access', list: 'read', as: 'access_read' },
        ],
      },
    });
    expect(find({ select: ['*'] })).toEqual(find({}));
  });
});

describe('refusals', () => {
  it.each<[string, Json]>([
    ['FILTER_INVALID_WHERE', { where: 'x' }],
    ['FILTER_INVALID_SELECT', { select: 'name' }],
    ['FILTER_INVALID_SELECT', { select: [] }],
    ['FILTER_INVALID_SELECT', { select: ['*', 'name'] }],
    ['FILTER_INVALID_SELECT', { select: [5] }],
    ['FILTER_INVALID_COLUMN', { select: ['nope'] }],
    ['FILTER_INVALID_COLUMN', { select: ['_acl'] }],
    ['FILTER_INVALID_SORT_DIRECTION', { order: 'name up' }],
    ['FILTER_INVALID_SORT_DIRECTION', { order: { name: 5 } }],
    ['FILTER_INVALID_SORT_DIRECTION', { order: 'name; drop table users' }],
    ['FILTER_INVALID_ORDER_SPEC', { order: 5 }],
    ['FILTER_INVALID_ORDER_SPEC', { order: '' }],
    ['FILTER_INVALID_ORDER_SPEC', { order: [5] }],
    ['FILTER_EMPTY_ORDER_OBJECT', { order: {} }],
    ['FILTER_EMPTY_ORDER_OBJECT', { order: [{}] }],
    ['FILTER_INVALID_COLUMN', { order: 'nope' }],
    ['FILTER_INVALID_COLUMN', { order: { constructor: 'asc' } }],
    ['FILTER_INVALID_LIMIT', { limit: -1 }],
    ['FILTER_INVALID_LIMIT', { limit: 10_001 }],
    ['FILTER_INVALID_LIMIT', { limit: 1.5 }],
    ['FILTER_INVALID_LIMIT', { limit: '1' }],
    ['FILTER_INVALID_OFFSET', { offset: -1 }],
    ['FILTER_INVALID_OFFSET', { offset: 'x' }],
    ['FILTER_INVALID_AFTER', { after: 'x', offset: 1 }],
    ['FILTER_INVALID_AFTER', { after: {} }],
    ['FILTER_UNKNOWN_KEY', { wher: {} }],
    ['FILTER_UNKNOWN_KEY', { name: 'x' }],
    ['FILTER_INVALID_VALUE', { count: 'yes' }],
    ['FILTER_INVALID_VALUE', { include_trashed: 1 }],
    ['FILTER_INVALID_VALUE', { context: 'root' }],
    ['REQUEST_INVALID_FORMAT', 5],
  ])('%s for %j', (code, body) => {
    expect(refused('POST', '/api/find/users', { body })).toMatchObject({ status: 400, code });
  });

  it.each([
    ['FILTER_INVALID_LIMIT', 'limit=x'],
    ['FILTER_INVALID_LIMIT', 'limit=-1'],
    ['FILTER_INVALID_LIMIT', 'limit=10001'],
    ['FILTER_INVALID_OFFSET', 'offset=1e3'],
    ['FILTER_INVALID_ORDER_SPEC', 'order=[nope'],
    ['FILTER_INVALID_WHERE', 'where={name:1}'],
  ])('%s for ?%s', (code, query) => {
    expect(refused('GET', `/api/data/users?${query}`)).toMatchObject({ status: 400, code });
  });

  it('leaves what has no effect without effect', () => {
    expect(find({ explain: true, hint: 'x', lookups: [], related: {}, options: {} })).toEqual(
      find({}),
    );
  });

  it('keeps what only sudo tokens see from others', () => {
    for (const body of [{ include_deleted: true }, { context: 'system' }]) {
      const ann = { ...sudo, sudo: false };
      expect(refused('POST', '/api/find/users', { body, as: ann })).toMatchObject({
        status: 403,
        code: 'SUDO_REQUIRED',
      });
    }
  });
});
