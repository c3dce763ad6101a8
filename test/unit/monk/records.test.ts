import { describe, expect, it } from 'vitest';
import { ServiceError } from '../../../control-plane/base/errors.ts';
import type { OutputItem } from '../../../control-plane/statement/output.ts';
import {
  answered,
  ask,
  catalog,
  failed,
  refused,
  row,
  statement,
  statements,
  sudo,
} from './fixture.ts';

const users = { app: 'default', name: 'users' };
const byId = {
  kind: 'compare',
  field: { kind: 'column', name: 'id' },
  operator: 'eq',
  operand: 'u1',
  label: 'id',
};

function names(items: readonly OutputItem[]): readonly string[] {
  return items.map((item) => (item.kind === 'column' ? item.name : item.as));
}

function outputOf(url: string): readonly string[] {
  const read = statement('GET', url);
  if (read.kind !== 'read') throw new Error('no read');
  return names(read.output.items);
}

const system = ['id', 'access_read', 'access_edit', 'access_full', 'access_deny', 'access_delete'];
const times = ['created_at', 'updated_at', 'trashed_at', 'deleted_at'];

describe('reading', () => {
  it('lists with the parameters of a find', () => {
    expect(
      statement(
        'GET',
        '/api/data/users?where={"name":"x"}&order=name desc,id&limit=2&offset=4&count=true',
      ),
    ).toMatchObject({
      kind: 'read',
      table: users,
      where: { operator: 'eq', operand: 'x' },
      order: [
        { field: { kind: 'column', name: 'name' }, descending: true },
        { field: { kind: 'column', name: 'id' }, descending: false },
      ],
      limit: 2,
      offset: 4,
      total: true,
      show: 'live',
      cap: 10_000,
    });
  });

  it('takes where encoded once more', () => {
    const twice = encodeURIComponent(encodeURIComponent('{"name":"x"}'));
    expect(statement('GET', `/api/data/users?where=${twice}`)).toMatchObject({
      where: { operand: 'x' },
    });
  });

  it('shows system fields first, then the columns in order', () => {
    expect(outputOf('/api/data/posts')).toEqual([
      ...system,
      ...times,
      'title',
      'author_id',
      'editor_id',
    ]);
    expect(outputOf('/api/data/posts?stat=false')).toEqual([
      ...system,
      'title',
      'author_id',
      'editor_id',
    ]);
    expect(outputOf('/api/data/posts?access=false&stat=false')).toEqual([
      'id',
      'title',
      'author_id',
      'editor_id',
    ]);
    expect(outputOf('/api/data/geo.country')).toEqual(['code', 'Full Name']);
  });

  it('answers with count, and total when asked', () => {
    const result = { rows: '[{"id":"u1"}]', count: 1, total: 9 };
    expect(answered('GET', '/api/data/users?count=true', [result])).toEqual({
      success: true,
      data: [{ id: 'u1' }],
      count: 1,
      total: 9,
    });
  });

  it('reads one by key, also from the trash', () => {
    expect(statement('GET', '/api/data/users/u1')).toMatchObject({
      kind: 'read',
      where: byId,
      show: 'trashed',
      require: { key: 'u1' },
    });
    expect(statement('GET', '/api/data/users/u1?include_trashed=false')).toMatchObject({
      show: 'live',
    });
    expect(answered('GET', '/api/data/users/u1', [row({ id: 'u1' })])).toEqual({
      success: true,
      data: { id: 'u1' },
    });
  });

  it('shows what is deleted for good to sudo tokens only', () => {
    const url = '/api/data/users?include_deleted=true';
    expect(statement('GET', url, { as: sudo })).toMatchObject({ show: 'deleted' });
    expect(refused('GET', url)).toMatchObject({ status: 403, code: 'SUDO_REQUIRED' });
  });

  it('takes any single key, and no other', () => {
    expect(statement('GET', '/api/data/geo.country/FR')).toMatchObject({
      table: { app: 'geo', name: 'country' },
      where: { field: { name: 'code' }, operand: 'FR' },
    });
    expect(refused('GET', '/api/data/pairs/1')).toMatchObject({
      status: 400,
      code: 'RECORD_KEY_UNSUPPORTED',
    });
    expect(statement('GET', '/api/data/pairs')).toMatchObject({ kind: 'read' });
  });
});

describe('shaping', () => {
  const rows = [
    { rows: '[{"a":{"b":1},"n":123456789012345678901234567890},{"a":null}]', count: 2 },
  ];
  it.each([
    ['select=a.b', [1, null]],
    ['select=[0].a.b', 1],
    ['select=zz,a.b', [{ b: 1 }, {}]],
    ['select=', { success: true, data: JSON.parse(rows[0]?.rows ?? ''), count: 2 }],
    ['unwrap', JSON.parse(rows[0]?.rows ?? '')],
    ['unwrap&select=a', [{ b: 1 }, null]],
  ])('%s', (query, expected) => {
    expect(answered('GET', `/api/data/users?${query}`, rows)).toEqual(expected);
  });

  it('keeps numbers as they are', () => {
    const action = ask('GET', '/api/data/users?select=n');
    const reply = action.kind === 'statements' ? action.reply(rows) : undefined;
    expect(reply?.body).toBe('[123456789012345678901234567890,null]');
  });

  it('serves JSON only', () => {
    expect(refused('GET', '/api/data/users?format=xml')).toMatchObject({
      status: 406,
      code: 'FORMAT_UNSUPPORTED',
    });
    expect(statement('GET', '/api/data/users?format=json').kind).toBe('read');
  });
});

describe('creating', () => {
  it('is one statement for one or many, with lists apart from columns', () => {
    const body = {
      id: 'x',
      created_at: 't',
      name: 'a',
      access_read: ['ann'],
      trashed_at: null,
      updated_at: 't',
    };
    const insert = {
      kind: 'insert',
      table: users,
      rows: [{ values: { id: 'x', created_at: 't', name: 'a' }, access: { read: ['ann'] } }],
    };
    expect(statement('POST', '/api/data/users', { body })).toMatchObject(insert);
    const many = statement('POST', '/api/data/users', { body: [body, { name: 'b' }] });
    expect(many).toMatchObject({ rows: [insert.rows[0], { values: { name: 'b' } }] });
  });

  it('answers as asked: a record or an array', () => {
    const result = [row({ id: 'u1' })];
    expect(answered('POST', '/api/data/users', result, { body: {} })).toEqual({
      success: true,
      data: { id: 'u1' },
    });
    expect(answered('POST', '/api/data/users', result, { body: [{}] })).toEqual({
      success: true,
      data: [{ id: 'u1' }],
    });
    expect(answered('POST', '/api/data/users', [], { body: [] })).toEqual({
      success: true,
      data: [],
    });
  });

  it('leaves unknown keys to the engine, which names all faults at once', () => {
    expect(statement('POST', '/api/data/users', { body: { nope: 1 } })).toMatchObject({
      rows: [{ values: { nope: 1 } }],
    });
    expect(
      statement('POST', '/api/data/geo.country', { body: { code: 'x', access_read: [] } }),
    ).toMatchObject({
      rows: [{ values: { code: 'x', access_read: [] } }],
    });
  });

  it.each([['x'], [5], [null], [undefined], [[5]], [[[]]]])('refuses %j', (body) => {
    const asked = body === undefined ? {} : { body };
    expect(refused('POST', '/api/data/users', asked)).toMatchObject({
      status: 400,
      code: 'REQUEST_INVALID_FORMAT',
    });
  });

  it('hands set marks and faulty lists to the statement, to be told with all other faults', () => {
    const body = { trashed_at: 'now', deleted_at: 'now', access_read: 'ann' };
    expect(statement('POST', '/api/data/users', { body })).toMatchObject({
      kind: 'insert',
      rows: [
        {
          values: {},
          faults: [
            { field: 'trashed_at', code: 'system_field' },
            { field: 'deleted_at', code: 'system_field' },
            { field: 'access_read', code: 'type' },
          ],
        },
      ],
    });
  });
});

describe('updating', () => {
  it('sets only the named columns, and compares what the server owns', () => {
    const body = {
      id: 'U1',
      name: 'b',
      created_at: 't',
      updated_at: 't',
      trashed_at: null,
      access_edit: ['ann'],
    };
    for (const method of ['PUT', 'PATCH']) {
      expect(statement(method, '/api/data/users/u1', { body })).toMatchObject({
        kind: 'update',
        target: { by: 'keys', keys: ['u1'] },
        changes: [{ values: { name: 'b' }, access: { edit: ['ann'] } }],
        expect: [{ created_at: 't', trashed_at: null }],
        show: 'live',
      });
    }
    expect(statement('PUT', '/api/data/users/u1', { body: { id: 'other' } })).toMatchObject({
      changes: [{ values: {} }],
      expect: [{ id: 'other' }],
    });
  });

  it('hands faulty lists to the statement, which finds the record first', () => {
    const body = { access_read: [3] };
    expect(statement('PUT', '/api/data/users/u1', { body })).toMatchObject({
      kind: 'update',
      changes: [{ values: {}, faults: [{ field: 'access_read', code: 'type' }] }],
    });
  });

  it('changes all that match', () => {
    const url = '/api/data/users?where={"name":"x"}';
    expect(statement('PUT', url, { body: { name: 'y' } })).toMatchObject({
      kind: 'update',
      target: { by: 'where', where: { operand: 'x' } },
      changes: [{ values: { name: 'y' } }],
    });
    const result = { rows: '[]', count: 0, matched: 5, changed: 3 };
    expect(answered('PUT', url, [result], { body: {} })).toEqual({
      success: true,
      data: { updated: 3, matched: 5 },
    });
    expect(statement('PUT', '/api/data/users?where={}', { body: {} })).toMatchObject({
      target: { by: 'where', where: { kind: 'constant', value: true } },
    });
  });

  it('changes records named one by one, in one statement', () => {
    expect(
      statement('PUT', '/api/data/users', {
        body: [
          { id: 'b', name: '2' },
          { id: 'a', age: 1 },
        ],
      }),
    ).toMatchObject({
      target: { by: 'keys', keys: ['b', 'a'] },
      changes: [{ values: { name: '2' } }, { values: { age: 1 } }],
    });
    expect(answered('PUT', '/api/data/users', [], { body: [] })).toEqual({
      success: true,
      data: [],
    });
  });

  it('takes a record back from the trash', () => {
    const body = { trashed_at: null };
    expect(statement('PATCH', '/api/data/users/u1?include_trashed=true', { body })).toMatchObject({
      kind: 'restore',
      target: { keys: ['u1'] },
    });
    expect(statement('PATCH', '/api/data/users/u1', { body })).toMatchObject({ kind: 'update' });
  });

  it.each([
    ['INVALID_BODY_FORMAT', '/api/data/users/u1', [{}]],
    ['REQUEST_INVALID_FORMAT', '/api/data/users/u1', 'x'],
    ['REQUEST_MISSING_WHERE', '/api/data/users', { name: 'x' }],
    ['REQUEST_INVALID_FORMAT', '/api/data/users', 'x'],
    ['REQUEST_INVALID_FORMAT', '/api/data/users', [{ name: 'x' }]],
    ['REQUEST_INVALID_FORMAT', '/api/data/users', [{ id: 'a' }, { id: 'a' }]],
    ['FILTER_INVALID_WHERE', '/api/data/users?where={', {}],
    ['FILTER_INVALID_WHERE', '/api/data/users?where=[]', {}],
    ['INVALID_BODY_FORMAT', '/api/data/users?where={}', []],
    [
      'PARAMETER_LIMIT_EXCEEDED',
      '/api/data/users',
      Array.from({ length: 10_001 }, (_, at) => ({ id: `${at}` })),
    ],
  ])('refuses with %s at %s', (code, url, body) => {
    expect(refused('PUT', url, { body })).toMatchObject({ status: 400, code });
  });
});

describe('deleting', () => {
  it('trashes, or deletes for good', () => {
    expect(statement('DELETE', '/api/data/users/u1')).toMatchObject({
      kind: 'delete',
      target: { keys: ['u1'] },
      permanent: false,
    });
    expect(statement('DELETE', '/api/data/users/u1?permanent=true')).toMatchObject({
      permanent: true,
    });
    // Without a trash the row goes either way: that needs no level root.
    expect(statement('DELETE', '/api/data/geo.country/FR?permanent=true')).toMatchObject({
      permanent: false,
    });
  });

  it('says that the record is deleted', () => {
    const removal = statement('DELETE', '/api/data/users/u1');
    if (removal.kind !== 'delete') throw new Error('no delete');
    expect(removal.output.items.at(-1)).toEqual({ kind: 'literal', value: true, as: 'deleted' });
  });

  it.each([[[{ id: 'a' }, { id: 'b' }]], [['a', 'b', 'a']], [{ ids: ['a', 'b'] }]])(
    'takes %j',
    (body) => {
      expect(statement('DELETE', '/api/data/users', { body })).toMatchObject({
        target: { keys: ['a', 'b'] },
      });
    },
  );

  it('deletes all that match', () => {
    const url = '/api/data/users?where={"name":"x"}';
    expect(statement('DELETE', url)).toMatchObject({ target: { by: 'where' } });
    expect(answered('DELETE', url, [{ rows: '[]', count: 0, matched: 3, changed: 2 }])).toEqual({
      success: true,
      data: { deleted: 2, matched: 3 },
    });
    expect(refused('DELETE', '/api/data/users')).toMatchObject({ code: 'REQUEST_MISSING_WHERE' });
  });

  it('does not find what is in the trash', () => {
    const error = new ServiceError('row_trashed', undefined, { keys: ['u1'] });
    expect(failed('DELETE', '/api/data/users/u1', error)).toMatchObject({
      status: 404,
      code: 'RECORD_NOT_FOUND',
      message: "Record 'u1' not found in schema 'users'",
    });
  });
});

describe('order of checks', () => {
  it.each([
    ['SCHEMA_NOT_FOUND', 404, 'nope'],
    ['SCHEMA_DISABLED', 403, 'off'],
    ['SCHEMA_FROZEN', 403, 'frozen'],
    ['SUDO_REQUIRED', 403, 'guarded'],
    ['SCHEMA_PROTECTED', 403, 'schemas'],
  ])('%s comes before the body', (code, status, name) => {
    for (const method of ['POST', 'PUT', 'DELETE']) {
      expect(refused(method, `/api/data/${name}`, { body: 5 })).toMatchObject({ status, code });
    }
    expect(refused('PUT', `/api/data/${name}/u1`, { body: [] })).toMatchObject({ status, code });
  });

  it('reads what is frozen or guarded', () => {
    expect(statement('GET', '/api/data/frozen').kind).toBe('read');
    expect(statement('GET', '/api/data/guarded').kind).toBe('read');
    expect(statement('POST', '/api/data/guarded', { body: {}, as: sudo }).kind).toBe('insert');
    expect(refused('POST', '/api/data/frozen', { body: {}, as: sudo })).toMatchObject({
      code: 'SCHEMA_FROZEN',
    });
  });

  it('says it in the words of the original', () => {
    expect(refused('POST', '/api/data/frozen').message).toBe(
      "Schema 'frozen' is frozen. All data operations are temporarily disabled. Contact your administrator to unfreeze this schema.",
    );
    expect(refused('POST', '/api/data/guarded').message).toBe(
      "Schema 'guarded' requires sudo access. Use POST /api/auth/sudo to get short-lived sudo token.",
    );
    expect(refused('GET', '/api/data/nope').message).toBe("Schema 'nope' not found");
  });
});

describe('the trash', () => {
  const marked = { operator: 'is_null', operand: false, field: { name: 'trashed_at' } };
  it('is listed by schema, one statement each', () => {
    const reads = statements('GET', '/api/trashed');
    const kept = catalog.tables.filter(
      (table) => table.features.softDelete && table.status !== 'disabled',
    );
    expect(reads).toHaveLength(kept.length);
    for (const read of reads)
      expect(read).toMatchObject({ kind: 'read', where: marked, show: 'trashed' });
    const results = reads.map((_, at) => (at === 0 ? row({ id: 'c1' }) : { rows: '[]', count: 0 }));
    expect(answered('GET', '/api/trashed', results)).toEqual({
      success: true,
      data: { comments: [{ id: 'c1' }] },
    });
  });

  it('is never cut', () => {
    const results = statements('GET', '/api/trashed').map(() => ({ rows: '[]', count: 5000 }));
    expect(() => answered('GET', '/api/trashed', results)).toThrow(/10000/);
  });

  it('is read, restored and emptied', () => {
    expect(statement('GET', '/api/trashed/users?limit=1')).toMatchObject({
      where: marked,
      limit: 1,
    });
    expect(statement('GET', '/api/trashed/users/u1')).toMatchObject({
      where: { kind: 'and', of: [byId, marked] },
      require: { key: 'u1' },
    });
    expect(statement('POST', '/api/trashed/users', { body: ['a', 'b'] })).toMatchObject({
      kind: 'restore',
      target: { keys: ['a', 'b'] },
    });
    expect(statement('POST', '/api/trashed/users/a')).toMatchObject({ kind: 'restore' });
    expect(
      statements('DELETE', '/api/trashed/users/a', {}, [row({}), row({ id: 'A' })]).at(-1),
    ).toMatchObject({
      kind: 'delete',
      permanent: true,
      target: { keys: ['a'] },
    });
  });

  it('deletes for good only what is in it', () => {
    const none = { rows: '[]', count: 0 };
    expect(() => statements('DELETE', '/api/trashed/users/a', {}, [row({}), none])).toThrow(
      "Record 'a' not found in schema 'users'",
    );
  });

  it.each([
    ['BODY_NOT_ARRAY', { ids: [] }],
    ['INVALID_ID_FORMAT', ['a', 5]],
  ])('refuses with %s', (code, body) => {
    for (const method of ['POST', 'DELETE']) {
      expect(refused(method, '/api/trashed/users', { body })).toMatchObject({ status: 400, code });
    }
  });

  it('is a feature', () => {
    expect(refused('GET', '/api/trashed/geo.country')).toMatchObject({
      status: 400,
      code: 'FEATURE_DISABLED',
    });
    expect(refused('POST', '/api/trashed/geo.country/x')).toMatchObject({
      code: 'FEATURE_DISABLED',
    });
  });
});
