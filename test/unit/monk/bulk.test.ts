import { describe, expect, it } from 'vitest';
import { ServiceError } from '../../../control-plane/base/errors.ts';
import type { Json, JsonObject } from '../../../control-plane/base/json.ts';
import type { Statement } from '../../../control-plane/statement/statement.ts';
import { answered, failed, refused, row, statements } from './fixture.ts';

const one = (operation: JsonObject): { body: Json } => ({
  body: { operations: [{ schema: 'users', ...operation }] },
});
const run = (operation: JsonObject): readonly Statement[] =>
  statements('POST', '/api/bulk', one(operation));
const code = (operation: Json): unknown => {
  const body = { operations: [{ operation: 'count', schema: 'users' }, operation] };
  const found = refused('POST', '/api/bulk', { body });
  expect(found.body).toMatchObject({ data: { operation_index: 1 } });
  return found.code;
};

const where = { where: { name: 'x' } };
const read = { kind: 'read', where: { operand: 'x' } };
const keys = { by: 'keys', keys: ['a'] };
const strict = { by: 'where', strict: true };

describe('operations', () => {
  it.each<[JsonObject, readonly object[]]>([
    [{ operation: 'select', filter: where }, [read]],
    [{ operation: 'select-all' }, [{ kind: 'read' }]],
    [{ operation: 'select-one', id: 'a' }, [{ kind: 'read', where: { operand: 'a' } }]],
    [{ operation: 'select-one', filter: where }, [{ ...read, limit: 1 }]],
    [{ operation: 'select-404', id: 'a' }, [{ require: { key: 'a' } }]],
    [{ operation: 'select-404', filter: where }, [{ ...read, limit: 1, require: {} }]],
    [{ operation: 'count', filter: where }, [{ ...read, limit: 0, total: true }]],
    [
      { operation: 'aggregate', aggregate: { n: { $count: '*' } }, filter: where },
      [{ kind: 'aggregate', where: { operand: 'x' } }],
    ],
    [
      { operation: 'aggregate', aggregate: { n: { $count: '*' } }, ...where, groupBy: 'name' },
      [{ kind: 'aggregate', where: { operand: 'x' } }],
    ],
    [
      { operation: 'create', data: { name: 'x' } },
      [{ kind: 'insert', rows: [{ values: { name: 'x' } }] }],
    ],
    [{ operation: 'create-one', data: {} }, [{ kind: 'insert' }]],
    [{ operation: 'create-all', data: [{}, {}] }, [{ kind: 'insert', rows: [{}, {}] }]],
    [
      { operation: 'update', id: 'a', data: { name: 'y' } },
      [{ kind: 'update', target: keys, changes: [{ values: { name: 'y' } }] }],
    ],
    [{ operation: 'update-one', id: 'a', data: {} }, [{ kind: 'update', target: keys }]],
    [{ operation: 'update-404', id: 'a', data: {} }, [{ kind: 'update', target: keys }]],
    [
      { operation: 'update-404', filter: where, data: {} },
      [
        { ...read, limit: 1, require: {} },
        { kind: 'update', target: { keys: ['made'] } },
      ],
    ],
    [
      { operation: 'update-all', data: [{ id: 'a', name: 'y' }] },
      [{ kind: 'update', target: keys }],
    ],
    [{ operation: 'update-any', filter: where, data: {} }, [{ kind: 'update', target: strict }]],
    [{ operation: 'delete', id: 'a' }, [{ kind: 'delete', target: keys }]],
    [{ operation: 'delete-one', id: 'a' }, [{ kind: 'delete', target: keys }]],
    [
      { operation: 'delete-404', filter: where },
      [{ require: {} }, { kind: 'delete', target: { keys: ['made'] } }],
    ],
    [{ operation: 'delete-all', data: [{ id: 'a' }] }, [{ kind: 'delete', target: keys }]],
    [{ operation: 'delete-any', filter: where }, [{ kind: 'delete', target: strict }]],
    [
      { operation: 'access', id: 'a', data: { access_read: ['x'] } },
      [{ kind: 'share', target: keys, change: { mode: 'set', lists: { read: ['x'] } } }],
    ],
    [
      { operation: 'access-one', id: 'a', data: { access: { access_deny: [] } } },
      [{ kind: 'share', change: { lists: { deny: [] } } }],
    ],
    [
      { operation: 'access-404', filter: where, data: { access_read: [] } },
      [{ require: {} }, { kind: 'share', target: { keys: ['made'] } }],
    ],
    [
      { operation: 'access-any', filter: where, data: { access_read: [] } },
      [{ kind: 'share', target: strict }],
    ],
    [
      {
        operation: 'access-all',
        data: [
          { id: 'a', access_read: ['x'] },
          { id: 'b', access_read: ['x'] },
          { id: 'c', access_read: [] },
        ],
      },
      [
        { kind: 'share', target: { keys: ['a', 'b'] } },
        { kind: 'share', target: { keys: ['c'] } },
      ],
    ],
  ])('%j', (operation, expected) => {
    const found = run(operation);
    expect(found).toMatchObject(expected);
    expect(found).toHaveLength(expected.length);
  });
});

describe('results', () => {
  it('come in order, one for each operation', () => {
    const body = {
      operations: [
        { operation: 'select-max', schema: 'users' },
        { operation: 'update-404', schema: 'users', filter: where, data: {} },
        { operation: 'count', schema: 'users' },
        { operation: 'select-one', schema: 'users', filter: {} },
        { operation: 'create-all', schema: 'users', data: [{}] },
      ],
    };
    const results = [
      row({ id: 'a' }),
      row({ id: 'a', name: 'y' }),
      { rows: '[]', count: 0, total: 7 },
      { rows: '[]', count: 0 },
      row({ id: 'n' }),
    ];
    expect(answered('POST', '/api/bulk', results, { body })).toEqual({
      success: true,
      data: [
        { operation: 'select-max', schema: 'users', result: [] },
        { operation: 'update-404', schema: 'users', result: { id: 'a', name: 'y' } },
        { operation: 'count', schema: 'users', result: 7 },
        { operation: 'select-one', schema: 'users', result: null },
        { operation: 'create-all', schema: 'users', result: [{ id: 'n' }] },
      ],
    });
  });

  it('are in the order of the request also where lists differ', () => {
    const data = [
      { id: 'a', access_read: ['x'] },
      { id: 'b', access_read: [] },
      { id: 'c', access_read: ['x'] },
    ];
    const results = [
      { rows: '[{"id":"a"},{"id":"c"}]', count: 2 },
      { rows: '[{"id":"b"}]', count: 1 },
    ];
    expect(
      answered('POST', '/api/bulk', results, one({ operation: 'access-all', data })),
    ).toMatchObject({
      data: [{ result: [{ id: 'a' }, { id: 'b' }, { id: 'c' }] }],
    });
  });

  it('of nothing are nothing', () => {
    expect(answered('POST', '/api/bulk', [], { body: { operations: [] } })).toEqual({
      success: true,
      data: [],
    });
  });
});

describe('refusals', () => {
  it.each<[string, Json]>([
    ['REQUEST_INVALID_FORMAT', 5],
    ['OPERATION_MISSING_FIELDS', { operation: 'select' }],
    ['OPERATION_MISSING_FIELDS', { schema: 'users' }],
    ['OPERATION_UNSUPPORTED', { operation: 'upsert', schema: 'users' }],
    ['OPERATION_UNSUPPORTED', { operation: 'upsert-all', schema: 'users' }],
    ['OPERATION_UNSUPPORTED', { operation: 'constructor', schema: 'users' }],
    ['OPERATION_MISSING_ID', { operation: 'update', schema: 'users', data: {} }],
    ['OPERATION_MISSING_ID', { operation: 'select-404', schema: 'users' }],
    ['OPERATION_MISSING_ID', { operation: 'delete', schema: 'users' }],
    ['OPERATION_MISSING_ID', { operation: 'update-all', schema: 'users', data: [{ name: 'x' }] }],
    ['OPERATION_MISSING_DATA', { operation: 'create', schema: 'users' }],
    ['OPERATION_INVALID_DATA', { operation: 'create', schema: 'users', data: [] }],
    ['OPERATION_INVALID_DATA', { operation: 'create-all', schema: 'users', data: {} }],
    ['OPERATION_INVALID_DATA', { operation: 'create-all', schema: 'users', data: [5] }],
    ['OPERATION_INVALID_DATA', { operation: 'access', schema: 'users', id: 'a', data: {} }],
    ['OPERATION_MISSING_FILTER', { operation: 'update-any', schema: 'users', data: {} }],
    ['OPERATION_MISSING_FILTER', { operation: 'delete-any', schema: 'users' }],
    ['OPERATION_INVALID_FILTER', { operation: 'select', schema: 'users', filter: [] }],
    [
      'OPERATION_INVALID_FILTER',
      { operation: 'update-any', schema: 'users', filter: {}, data: {} },
    ],
    [
      'OPERATION_INVALID_FILTER',
      { operation: 'update-all', schema: 'users', filter: where, data: [] },
    ],
    ['OPERATION_MISSING_AGGREGATE', { operation: 'aggregate', schema: 'users' }],
    [
      'OPERATION_INVALID_GROUP_BY',
      { operation: 'aggregate', schema: 'users', aggregate: {}, groupBy: 5 },
    ],
    [
      'OPERATION_INVALID_DATA',
      { operation: 'aggregate', schema: 'users', aggregate: {}, data: {} },
    ],
    ['FILTER_UNKNOWN_KEY', { operation: 'select', schema: 'users', filter: { name: 'x' } }],
    ['SCHEMA_NOT_FOUND', { operation: 'select', schema: 'nope' }],
    ['SCHEMA_FROZEN', { operation: 'create', schema: 'frozen', data: {} }],
    ['SUDO_REQUIRED', { operation: 'create', schema: 'guarded', data: {} }],
  ])('%s for %j', (expected, operation) => {
    expect(code(operation)).toBe(expected);
  });

  it('are 422 for what is not served', () => {
    expect(refused('POST', '/api/bulk', one({ operation: 'upsert-one' })).status).toBe(422);
  });

  it.each([[5], [[]], [{}], [{ operations: {} }]])('%j is no bulk request', (body) => {
    expect(refused('POST', '/api/bulk', { body })).toMatchObject({
      status: 400,
      code: 'REQUEST_INVALID_FORMAT',
    });
  });

  it('stops at 1000 operations', () => {
    const operations = Array.from({ length: 1001 }, () => ({
      operation: 'count',
      schema: 'users',
    }));
    expect(refused('POST', '/api/bulk', { body: { operations } }).code).toBe(
      'PARAMETER_LIMIT_EXCEEDED',
    );
  });

  it('checks every shape before it looks at any schema', () => {
    const operations = [
      { operation: 'select', schema: 'nope' },
      { operation: 'create', schema: 'users' },
    ];
    expect(refused('POST', '/api/bulk', { body: { operations } }).code).toBe(
      'OPERATION_MISSING_DATA',
    );
  });
});

describe('failures', () => {
  const body = {
    operations: [
      { operation: 'select-max', schema: 'users' },
      {
        operation: 'update-404',
        schema: 'users',
        filter: where,
        data: {},
        message: 'Nobody there',
      },
      { operation: 'delete', schema: 'posts', id: 'p1' },
    ],
  };

  it('name the operation, in the words for its schema', () => {
    const error = new ServiceError('row_not_found', undefined, { keys: ['p1'], statement: 2 });
    expect(failed('POST', '/api/bulk', error, { body }).body).toMatchObject({
      error: "Record 'p1' not found in schema 'posts'",
      error_code: 'RECORD_NOT_FOUND',
      data: { operation_index: 2 },
    });
  });

  it('count statements, not operations', () => {
    for (const statement of [0, 1]) {
      const error = new ServiceError('row_not_found', undefined, { statement });
      expect(failed('POST', '/api/bulk', error, { body }).body).toMatchObject({
        error: 'Nobody there',
        data: { operation_index: 1 },
      });
    }
  });
});
