import { beforeAll, describe, expect, it } from 'vitest';
import { codesOf, type Data, type House, nobody, openHouse } from './house.ts';

let house: House;

beforeAll(async () => {
  house = await openHouse();
  await house.manager.data('POST', '/api/describe/users', {
    columns: [
      { column_name: 'name', type: 'text' },
      { column_name: 'age', type: 'integer' },
      { column_name: 'settings', type: 'jsonb' },
    ],
  });
});

async function some(...names: string[]): Promise<Data[]> {
  return house.ann.data(
    'POST',
    '/api/data/users',
    names.map((name) => ({ name })),
  );
}

describe('records', () => {
  it('are created one or many, with system fields first', async () => {
    const one = await house.ann.data('POST', '/api/data/users', { name: 'one', age: 3 });
    expect(Object.keys(one)).toEqual([
      'id',
      'access_read',
      'access_edit',
      'access_full',
      'access_deny',
      'created_at',
      'updated_at',
      'trashed_at',
      'deleted_at',
      'name',
      'age',
      'settings',
    ]);
    expect(one).toMatchObject({ access_read: [], trashed_at: null, age: 3, settings: null });
    expect(one.created_at).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
    const many = await some('c', 'a', 'b');
    expect(many.map((each) => each.name)).toEqual(['c', 'a', 'b']);
  });

  it('are created all or not at all', async () => {
    const before = await house.ann.data('POST', '/api/find/users', { where: { name: 'half' } });
    const rows = [{ name: 'half' }, { name: 'half', nope: 1 }];
    await house.ann.refused(400, 'VALIDATION_ERROR', 'POST', '/api/data/users', rows);
    expect(await house.ann.data('POST', '/api/find/users', { where: { name: 'half' } })).toEqual(
      before,
    );
  });

  it('are found by times read back', async () => {
    const [made] = await some('timed');
    const found = await house.ann.data('POST', '/api/find/users', {
      where: { name: 'timed', created_at: made?.created_at },
    });
    expect(found).toHaveLength(1);
  });

  it('are changed only in what is named', async () => {
    const made = await house.ann.data('POST', '/api/data/users', {
      name: 'x',
      age: 1,
      settings: { a: 1 },
    });
    const changed = await house.ann.data('PATCH', `/api/data/users/${made.id}`, {
      ...made,
      age: 2,
    });
    expect(changed).toMatchObject({
      id: made.id,
      created_at: made.created_at,
      name: 'x',
      age: 2,
      settings: { a: 1 },
    });
    expect(changed.updated_at >= made.updated_at).toBe(true);
    const refusal = await house.ann.refused(
      400,
      'VALIDATION_ERROR',
      'PUT',
      `/api/data/users/${made.id}`,
      { id: nobody },
    );
    expect(codesOf(refusal)).toEqual(['id SYSTEM_FIELD']);
    await house.ann.refused(400, 'VALIDATION_ERROR', 'PUT', `/api/data/users/${made.id}`, {
      created_at: '2020-01-01T00:00:00Z',
    });
    await house.ann.refused(400, 'VALIDATION_ERROR', 'PUT', `/api/data/users/${made.id}`, {
      trashed_at: '2020-01-01T00:00:00Z',
    });
    expect(await house.ann.data('PUT', `/api/data/users/${made.id}`, {})).toMatchObject({ age: 2 });
  });

  it('are changed by filter and by array', async () => {
    const made = await some('many', 'many', 'other');
    const where = encodeURIComponent('{"name":"many"}');
    expect(await house.ann.data('PUT', `/api/data/users?where=${where}`, { age: 7 })).toEqual({
      updated: 2,
      matched: 2,
    });
    const [first, second] = made;
    const changed = await house.ann.data('PUT', '/api/data/users', [
      { id: second?.id, age: 9 },
      { id: first?.id, name: 'new' },
    ]);
    expect(changed).toMatchObject([
      { id: second?.id, age: 9, name: 'many' },
      { id: first?.id, age: 7, name: 'new' },
    ]);
    const refusal = await house.ann.refused(404, 'RECORD_NOT_FOUND', 'PUT', '/api/data/users', [
      { id: first?.id, age: 1 },
      { id: nobody, age: 1 },
      { id: 'no-key', age: 1 },
    ]);
    expect(refusal.error).toContain(nobody);
    expect(refusal.error).toContain('no-key');
    expect(await house.ann.data('GET', `/api/data/users/${first?.id}`)).toMatchObject({ age: 7 });
    await house.ann.refused(400, 'REQUEST_MISSING_WHERE', 'PUT', '/api/data/users', { age: 1 });
  });

  it('are not there for impossible ids', async () => {
    for (const id of ['x', nobody, '%00', '%27%3B', '..%2f', 'é']) {
      await house.ann.refused(404, 'RECORD_NOT_FOUND', 'GET', `/api/data/users/${id}`);
      await house.ann.refused(404, 'RECORD_NOT_FOUND', 'PUT', `/api/data/users/${id}`, { age: 1 });
      await house.ann.refused(404, 'RECORD_NOT_FOUND', 'DELETE', `/api/data/users/${id}`);
    }
  });
});

describe('shaping', () => {
  it('drops, picks and unwraps', async () => {
    const made = await house.ann.data('POST', '/api/data/users', {
      name: 'shape',
      settings: { a: { b: 'deep' } },
    });
    const at = `/api/data/users/${made.id}`;
    expect(Object.keys(await house.ann.data('GET', `${at}?stat=false&access=false`))).toEqual([
      'id',
      'name',
      'age',
      'settings',
    ]);
    expect(await house.ann.body('GET', `${at}?select=settings.a.b`)).toBe('deep');
    expect(await house.ann.body('GET', `${at}?select=nope`)).toBeNull();
    expect(await house.ann.body('GET', `${at}?select=name,settings.a.b,nope`)).toEqual({
      name: 'shape',
      b: 'deep',
    });
    expect(await house.ann.body('GET', `${at}?unwrap`)).toEqual(made);
    expect(await house.ann.body('GET', `${at}?access=false&select=id,access_read`)).toEqual({
      id: made.id,
    });
    const where = encodeURIComponent('{"name":"shape"}');
    expect(await house.ann.body('GET', `/api/data/users?where=${where}&select=name`)).toEqual([
      'shape',
    ]);
    await house.ann.refused(406, 'FORMAT_UNSUPPORTED', 'GET', `${at}?format=yaml`);
  });
});

describe('bodies', () => {
  it('are JSON, said to be so, and of the right shape', async () => {
    const { app, ann } = house;
    const raw = (text: string, type?: string) =>
      app.request('POST', '/api/data/users', {
        as: ann.as,
        raw: text,
        headers: type === undefined ? {} : { 'content-type': type },
      });
    expect((await raw('{', 'application/json')).body).toMatchObject({
      error_code: 'INVALID_REQUEST_BODY',
      details: expect.anything(),
    });
    expect((await raw('{}', 'text/plain')).status).toBe(415);
    expect((await raw('{}', 'application/json; charset=utf-8')).status).toBe(200);
    expect((await app.request('GET', '/api/data/users')).body).toMatchObject({
      error_code: 'TOKEN_MISSING',
    });
    expect((await app.request('GET', '/api/data/users', { token: 'x.y.z' })).body).toMatchObject({
      error_code: 'TOKEN_INVALID',
    });
    await ann.refused(404, 'NOT_FOUND', 'GET', '/api/data');
    await ann.refused(404, 'NOT_FOUND', 'PUT', '/api/find/users', {});
  });
});

describe('soft delete', () => {
  it('trashes, restores and deletes for good', async () => {
    const { ann, manager, root, sudo } = house;
    const [made] = await some('bin');
    const at = `/api/data/users/${made?.id}`;
    await ann.refused(403, 'INSUFFICIENT_PERMISSIONS', 'DELETE', at);
    const gone = await manager.data('DELETE', at);
    expect(gone).toMatchObject({
      id: made?.id,
      name: 'bin',
      deleted: true,
      trashed_at: expect.stringMatching(/Z$/),
    });
    expect(await ann.data('GET', at)).toMatchObject({ trashed_at: gone.trashed_at });
    await ann.refused(404, 'RECORD_NOT_FOUND', 'GET', `${at}?include_trashed=false`);
    await ann.refused(409, 'RECORD_TRASHED', 'PUT', at, { name: 'x' });
    await ann.refused(409, 'RECORD_TRASHED', 'PUT', `/api/acls/users/${made?.id}`, {
      access_read: [],
    });
    await manager.refused(404, 'RECORD_NOT_FOUND', 'DELETE', at);
    const where = { where: { name: 'bin' } };
    expect(await ann.data('POST', '/api/find/users', where)).toEqual([]);
    expect(
      await ann.data('POST', '/api/find/users', { ...where, include_trashed: true }),
    ).toHaveLength(1);
    expect(await manager.data('GET', '/api/trashed')).toMatchObject({ users: [{ id: made?.id }] });
    expect(await manager.data('POST', `/api/trashed/users/${made?.id}`)).toMatchObject({
      trashed_at: null,
    });
    await manager.refused(404, 'RECORD_NOT_FOUND', 'POST', `/api/trashed/users/${made?.id}`);
    await manager.data('DELETE', at);
    expect(
      await manager.data('PATCH', `${at}?include_trashed=true`, { trashed_at: null }),
    ).toMatchObject({ trashed_at: null });
    await manager.refused(403, 'ACCESS_DENIED', 'DELETE', `${at}?permanent=true`);
    await root.refused(404, 'RECORD_NOT_FOUND', 'DELETE', `/api/trashed/users/${made?.id}`);
    await manager.data('DELETE', at);
    expect(await root.data('DELETE', `/api/trashed/users/${made?.id}`)).toMatchObject({
      deleted_at: expect.stringMatching(/Z$/),
    });
    await root.refused(404, 'RECORD_NOT_FOUND', 'GET', at);
    await root.refused(403, 'SUDO_REQUIRED', 'GET', `${at}?include_deleted=true`);
    expect(await sudo.data('GET', `${at}?include_deleted=true`)).toMatchObject({ id: made?.id });
  });

  it('goes by array and filter', async () => {
    const { manager } = house;
    const made = await some('row', 'row', 'row');
    const ids = made.map((each) => each.id);
    await manager.refused(404, 'RECORD_NOT_FOUND', 'DELETE', '/api/data/users', [ids[0], nobody]);
    expect(await manager.data('DELETE', '/api/data/users', [{ id: ids[1] }])).toMatchObject([
      { id: ids[1], deleted: true },
    ]);
    const where = encodeURIComponent('{"name":"row"}');
    expect(await manager.data('DELETE', `/api/data/users?where=${where}`)).toEqual({
      deleted: 2,
      matched: 2,
    });
    expect(await manager.data('POST', '/api/trashed/users', ids)).toMatchObject(
      ids.map((id) => ({ id, trashed_at: null })),
    );
    await manager.refused(400, 'BODY_NOT_ARRAY', 'POST', '/api/trashed/users', { ids });
    await manager.refused(400, 'INVALID_ID_FORMAT', 'POST', '/api/trashed/users', [5]);
  });
});

describe('hostile input', () => {
  const nasty = [
    "'; drop table users; --",
    '$1',
    '\\',
    '%',
    '_',
    '"',
    '{a,b}',
    '<script>',
    ' ',
    '',
    '$$x$$',
    'null',
    '\u202e',
    '😀',
  ];
  it('is stored and found as it is', async () => {
    const made = await some(...nasty);
    expect(made.map((each) => each.name)).toEqual(nasty);
    for (const name of nasty) {
      const found = await house.ann.data('POST', '/api/find/users', {
        where: { name: { $eq: name } },
        select: ['name'],
      });
      expect(found).toEqual([{ name }]);
    }
  });

  it('is no column, key or direction', async () => {
    for (const text of nasty.filter((each) => each !== '')) {
      await house.ann.refused(400, 'FILTER_INVALID_COLUMN', 'POST', '/api/find/users', {
        select: [text],
      });
      const refusal = await house.ann.send('POST', '/api/find/users', {
        where: { [`x${text}`]: 1 },
        order: text,
      });
      expect(refusal.status).toBe(400);
      expect((await house.ann.send('POST', '/api/data/users', { [`x${text}`]: 1 })).status).toBe(
        400,
      );
    }
  });
});
