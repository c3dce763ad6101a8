import { describe, expect, it } from 'vitest';
import { ServiceError } from '../../../control-plane/base/errors.ts';
import {
  answered,
  catalog,
  column,
  failed,
  reference,
  refused,
  row,
  statements,
  table,
} from './fixture.ts';

const parent = { kind: 'require', table: { app: 'default', name: 'users' }, keys: ['u1'] };
const holds = (name: string, operand: string): object => ({
  operator: 'eq',
  field: { kind: 'column', name },
  operand,
});

describe('children by the name of an owned relationship', () => {
  const url = '/api/data/users/u1/articles';
  it('lists them below a readable parent, with the parameters of a find', () => {
    expect(statements('GET', `${url}?where={"title":"x"}&limit=3&order=title`)).toMatchObject([
      { ...parent, live: false, show: 'trashed' },
      {
        kind: 'read',
        table: { name: 'posts' },
        where: { kind: 'and', of: [holds('author_id', 'u1'), { operand: 'x' }] },
        limit: 3,
        show: 'live',
      },
    ]);
  });

  it('creates them with the foreign key forced', () => {
    expect(statements('POST', url, { body: { title: 'x', author_id: 'other' } })).toMatchObject([
      { ...parent, live: true },
      { kind: 'insert', rows: [{ values: { title: 'x', author_id: 'u1' } }] },
    ]);
    expect(refused('POST', url, { body: [{}] })).toMatchObject({
      status: 400,
      code: 'INVALID_BODY_FORMAT',
    });
  });

  it('trashes all of them', () => {
    expect(statements('DELETE', url)).toMatchObject([
      parent,
      {
        kind: 'delete',
        target: { by: 'where', where: holds('author_id', 'u1') },
        permanent: false,
      },
    ]);
  });

  it('reaches one only below its parent', () => {
    const found = {
      kind: 'read',
      where: { kind: 'and', of: [holds('author_id', 'u1'), holds('id', 'p1')] },
      require: { key: 'p1' },
    };
    expect(statements('GET', `${url}/p1`)).toMatchObject([parent, found]);
    for (const method of ['PUT', 'PATCH']) {
      expect(statements(method, `${url}/p1`, { body: { title: 'y' } })).toMatchObject([
        { ...parent, live: true },
        found,
        { kind: 'update', target: { keys: ['p1'] }, changes: [{ values: { title: 'y' } }] },
      ]);
    }
    expect(statements('DELETE', `${url}/p1`)).toMatchObject([
      parent,
      found,
      { kind: 'delete', target: { keys: ['p1'] } },
    ]);
  });

  it('says whose record is missing', () => {
    const error = (statement: number, key: string): ServiceError =>
      new ServiceError('row_not_found', undefined, { keys: [key], statement });
    expect(failed('GET', `${url}/p1`, error(0, 'u1')).message).toBe(
      "Record 'u1' not found in schema 'users'",
    );
    expect(failed('GET', `${url}/p1`, error(1, 'p1')).message).toBe(
      "Record 'p1' not found in schema 'posts'",
    );
  });
});

describe('the record of a referenced relationship', () => {
  const url = '/api/data/posts/p1/editor';
  it('is read by the value the foreign key holds', () => {
    const found = statements('GET', url, {}, [row({}), row({ editor_id: 'u9' })]);
    expect(found).toMatchObject([
      { kind: 'require', keys: ['p1'] },
      { kind: 'read', table: { name: 'posts' } },
      { kind: 'read', table: { name: 'users' }, where: holds('id', 'u9'), limit: 1 },
    ]);
  });

  it('is null where there is none', () => {
    const none = { rows: '[]', count: 0 };
    expect(answered('GET', url, [row({}), row({ editor_id: null }), none])).toEqual({
      success: true,
      data: null,
    });
  });

  it('takes no other method', () => {
    for (const method of ['POST', 'DELETE']) {
      expect(refused(method, url, { body: {} })).toMatchObject({
        status: 404,
        code: 'RELATIONSHIP_NOT_FOUND',
      });
    }
    for (const method of ['GET', 'PUT', 'DELETE']) {
      expect(refused(method, `${url}/x`, { body: {} })).toMatchObject({
        code: 'RELATIONSHIP_NOT_FOUND',
      });
    }
  });
});

describe('a table by its name', () => {
  it('is the children of exactly one foreign key', () => {
    expect(statements('GET', '/api/data/posts/p1/comments')[1]).toMatchObject({
      table: { name: 'comments' },
      where: holds('post_id', 'p1'),
    });
    // Two foreign keys lead from posts to users.
    expect(refused('GET', '/api/data/users/u1/posts')).toMatchObject({
      status: 404,
      code: 'RELATIONSHIP_NOT_FOUND',
    });
  });

  it('is the far side of exactly one link table', () => {
    expect(statements('GET', '/api/data/posts/p1/labels')[1]).toMatchObject({
      table: { name: 'labels' },
      where: {
        kind: 'related',
        hops: [{ reference: 'far', direction: 'reverse' }],
        where: holds('post_id', 'p1'),
      },
    });
  });

  const link = {
    near: { name: 'posts' },
    nearKey: 'p1',
    hops: [
      { reference: 'near', direction: 'reverse' },
      { reference: 'far', direction: 'forward' },
    ],
  };

  it('links what is there, or creates and links', () => {
    const url = '/api/data/posts/p1/labels';
    expect(statements('POST', url, { body: { id: 'l1' } })).toMatchObject([
      { kind: 'require', live: true },
      { ...link, kind: 'link', farKeys: ['l1'] },
    ]);
    expect(
      statements('POST', url, { body: { label: 'x' } }, [row({}), row({ id: 'l2' })]),
    ).toMatchObject([
      { kind: 'require' },
      { kind: 'insert', table: { name: 'labels' }, rows: [{ values: { label: 'x' } }] },
      { ...link, kind: 'link', farKeys: ['l2'] },
    ]);
    const missing = new ServiceError('row_not_found', undefined, { keys: ['l1'], statement: 1 });
    expect(failed('POST', url, missing, { body: { id: 'l1' } })).toMatchObject({
      status: 409,
      code: 'RELATIONSHIP_CONSTRAINT',
    });
  });

  it('loses links, not records', () => {
    expect(statements('DELETE', '/api/data/posts/p1/labels')[1]).toMatchObject({
      ...link,
      kind: 'unlink',
    });
    expect(statements('DELETE', '/api/data/posts/p1/labels/l1')[1]).toMatchObject({
      kind: 'unlink',
      farKeys: ['l1'],
    });
    const none = { rows: '[]', count: 0 };
    expect(() => answered('DELETE', '/api/data/posts/p1/labels/l1', [row({}), none])).toThrow(
      "Record 'l1' not found",
    );
  });
});

describe('resolution', () => {
  it('ends with 404', () => {
    expect(refused('GET', '/api/data/users/u1/nope')).toMatchObject({
      status: 404,
      code: 'RELATIONSHIP_NOT_FOUND',
    });
    expect(refused('GET', '/api/data/nope/u1/x')).toMatchObject({ code: 'SCHEMA_NOT_FOUND' });
  });

  it('reads the value first where children hold another column than the key', () => {
    const shops = table('shops', [column('code', { base: 'text' })]);
    const sales = table('sales', [column('shop', { base: 'text' })], {
      references: [reference('shop', 'shops', { targetColumns: ['code'] })],
    });
    const on = { ...catalog, tables: [shops, sales] };
    expect(
      statements('GET', '/api/data/shops/s1/sales', { on }, [row({}), row({ code: 'X' })]),
    ).toMatchObject([
      { kind: 'require' },
      { kind: 'read', output: { items: [{ name: 'code' }] } },
      { kind: 'read', table: { name: 'sales' }, where: holds('shop', 'X') },
    ]);
  });
});
