import { describe, expect, it } from 'vitest';
import { ServiceError } from '../../../control-plane/base/errors.ts';
import type { Json } from '../../../control-plane/base/json.ts';
import { answered, failed, refused, row, statement, statements } from './fixture.ts';

const url = '/api/acls/users/u1';
const empty = { access_read: [], access_edit: [], access_full: [], access_deny: [] };
const none = { read: [], edit: [], full: [], deny: [], delete: [] };

describe('access lists', () => {
  it('are read with the rights of the caller', () => {
    const rights = { can_read: true, can_edit: false, can_delete: false, is_denied: false };
    expect(answered('GET', url, [row({ ...empty, ...rights })])).toEqual({
      success: true,
      data: {
        record_id: 'u1',
        schema: 'users',
        access_lists: empty,
        effective_permissions: rights,
      },
    });
    expect(statement('GET', url)).toMatchObject({ show: 'trashed', require: { key: 'u1' } });
  });

  it('are merged', () => {
    const body = { access_full: ['b'], access_read: ['a'] };
    expect(statement('POST', url, { body })).toMatchObject({
      kind: 'share',
      target: { by: 'keys', keys: ['u1'] },
      change: { mode: 'merge', lists: { read: ['a'], full: ['b'] } },
    });
    expect(answered('POST', url, [row(empty)], { body })).toEqual({
      success: true,
      data: {
        record_id: 'u1',
        schema: 'users',
        updated_lists: ['access_read', 'access_full'],
        access_lists: empty,
      },
    });
  });

  it('are replaced, those not named by nothing', () => {
    expect(statement('PUT', url, { body: { access_edit: ['a'] } })).toMatchObject({
      change: { mode: 'set', lists: { ...none, edit: ['a'] } },
    });
  });

  it('are emptied', () => {
    expect(statement('DELETE', url)).toMatchObject({ change: { mode: 'set', lists: none } });
    expect(answered('DELETE', url, [row(empty)])).toMatchObject({
      data: {
        record_id: 'u1',
        schema: 'users',
        status: 'default_permissions',
        access_lists: empty,
      },
    });
  });

  it('are changed for all that match', () => {
    const update = { access_read: { $add: ['a'], $remove: ['b'] }, access_deny: { $add: ['c'] } };
    const body = { where: { name: 'x' }, acl_update: update };
    expect(statement('POST', '/api/acls/users', { body })).toMatchObject({
      kind: 'share',
      target: { by: 'where', where: { operand: 'x' } },
      change: { mode: 'patch', add: { read: ['a'], deny: ['c'] }, remove: { read: ['b'] } },
    });
    const plain = { where: {}, acl_update: { access_read: ['a'] } };
    expect(statement('PUT', '/api/acls/users', { body: plain })).toMatchObject({
      change: { mode: 'set', lists: { ...none, read: ['a'] } },
    });
    const result = { rows: '[]', count: 0, matched: 4, changed: 2 };
    expect(answered('PUT', '/api/acls/users', [result], { body: plain })).toEqual({
      success: true,
      data: { matched: 4, updated: 2 },
    });
  });

  it.each<[string, string, string, Json]>([
    ['NO_ACL_UPDATES', 'POST', url, {}],
    ['NO_ACL_UPDATES', 'POST', url, { nope: [] }],
    ['INVALID_ACL_FORMAT', 'POST', url, { access_read: 'ann' }],
    ['INVALID_ACL_FORMAT', 'PUT', url, { access_read: { $add: [] } }],
    ['INVALID_USER_ID_FORMAT', 'POST', url, { access_read: [''] }],
    ['INVALID_USER_ID_FORMAT', 'PUT', url, { access_read: [5] }],
    ['INVALID_USER_ID_FORMAT', 'PUT', url, { access_read: ['é'.repeat(128)] }],
    ['VALIDATION_ERROR', 'PUT', url, { access_read: [], nope: [] }],
    ['REQUEST_MISSING_WHERE', 'POST', '/api/acls/users', { acl_update: {} }],
    ['NO_ACL_UPDATES', 'POST', '/api/acls/users', { where: {}, acl_update: {} }],
    [
      'INVALID_ACL_FORMAT',
      'POST',
      '/api/acls/users',
      { where: {}, acl_update: { access_read: ['a'] } },
    ],
    [
      'INVALID_ACL_FORMAT',
      'PUT',
      '/api/acls/users',
      { where: {}, acl_update: { access_read: { $add: [] } } },
    ],
    ['SCHEMA_FROZEN', 'POST', '/api/acls/frozen/x', {}],
    ['FEATURE_DISABLED', 'GET', '/api/acls/geo.country/FR', {}],
  ])('are refused with %s by %s %s %j', (code, method, at, body) => {
    expect(refused(method, at, { body })).toMatchObject({ code });
  });

  it('need the managing right', () => {
    const error = new ServiceError('row_forbidden');
    expect(failed('DELETE', url, error)).toMatchObject({
      status: 403,
      code: 'INSUFFICIENT_PERMISSIONS',
      body: { data: { required_permission: 'update_acl' } },
    });
  });
});

describe('stat', () => {
  it('reads system columns', () => {
    const read = statement('GET', '/api/stat/users/u1');
    expect(read).toMatchObject({
      show: 'trashed',
      output: {
        items: [
          { name: 'id', as: 'id' },
          { name: 'created_at' },
          { name: 'updated_at' },
          { name: 'trashed_at' },
          { name: 'id', as: 'etag' },
          { kind: 'literal', value: 0, as: 'size' },
        ],
      },
    });
  });

  it('tags a number by its text', () => {
    const shown = answered('GET', '/api/stat/users/7', [row({ id: 7, etag: 7, size: 0 })]);
    expect(shown).toEqual({ success: true, data: { id: 7, etag: '7', size: 0 } });
  });
});

describe('history', () => {
  const entry = {
    change_id: 42,
    row_key: 'p1',
    operation: 'update',
    changes: { title: { old: 'a', new: 'b' } },
  };
  const shown = {
    id: '42',
    change_id: 42,
    schema_name: 'posts',
    record_id: 'p1',
    operation: 'update',
    changes: entry.changes,
  };

  it('is read after the record', () => {
    expect(statements('GET', '/api/history/posts/p1?limit=5&offset=1')).toMatchObject([
      { kind: 'require', keys: ['p1'], live: false, show: 'trashed' },
      { kind: 'history', key: 'p1', limit: 5, offset: 1 },
    ]);
    expect(answered('GET', '/api/history/posts/p1', [row({}), row(entry)])).toEqual({
      success: true,
      data: [shown],
    });
  });

  it('shows one change', () => {
    expect(statements('GET', '/api/history/posts/p1/42')[1]).toMatchObject({ change: 42 });
    expect(answered('GET', '/api/history/posts/p1/42', [row({}), row(entry)])).toEqual({
      success: true,
      data: shown,
    });
    const none = { rows: '[]', count: 0 };
    for (const change of ['43', 'x', '1e3']) {
      expect(() => answered('GET', `/api/history/posts/p1/${change}`, [row({}), none])).toThrow(
        'not found',
      );
    }
  });

  it('is empty before any column is tracked, and no feature of other tables', () => {
    expect(answered('GET', '/api/history/users/u1', [row({})])).toEqual({
      success: true,
      data: [],
    });
    expect(refused('GET', '/api/history/geo.country/FR')).toMatchObject({
      status: 400,
      code: 'FEATURE_DISABLED',
    });
    expect(refused('GET', '/api/history/posts/p1?limit=x')).toMatchObject({
      code: 'FILTER_INVALID_LIMIT',
    });
  });
});
