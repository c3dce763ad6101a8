import { beforeAll, describe, expect, it } from 'vitest';
import { type House, nobody, openHouse, type Person } from './house.ts';

let house: House;
let orgs: Person;

beforeAll(async () => {
  house = await openHouse();
  orgs = house.person('oda', { orgs: ['team'], access: 'read' });
  await house.manager.data('POST', '/api/describe/notes', {
    columns: [{ column_name: 'text', type: 'text', tracked: true }],
  });
});

async function note(lists: object = {}): Promise<string> {
  return (await house.sudo.data('POST', '/api/data/notes', { text: 'x', ...lists })).id;
}

const at = (id: string): string => `/api/data/notes/${id}`;

describe('levels', () => {
  it('decide where no list says anything', async () => {
    const id = await note();
    const none = house.person('none', { access: 'deny' });
    await none.refused(404, 'RECORD_NOT_FOUND', 'GET', at(id));
    expect(await house.reader.data('GET', at(id))).toMatchObject({ id });
    await house.reader.refused(403, 'INSUFFICIENT_PERMISSIONS', 'PUT', at(id), { text: 'y' });
    await house.reader.refused(403, 'INSUFFICIENT_PERMISSIONS', 'POST', '/api/data/notes', {
      text: 'y',
    });
    await house.ann.data('PUT', at(id), { text: 'y' });
    const refusal = await house.ann.refused(403, 'INSUFFICIENT_PERMISSIONS', 'DELETE', at(id));
    expect(refusal.error).toBe('Insufficient permissions to delete record');
    await house.manager.data('DELETE', at(id));
  });
});

describe('lists', () => {
  it('decide alone where they say anything', async () => {
    const id = await note({ access_read: ['team'], access_edit: ['rea'], access_deny: ['ann'] });
    expect(await orgs.data('GET', at(id))).toMatchObject({
      access_read: ['team'],
      access_edit: ['rea'],
    });
    await orgs.refused(403, 'INSUFFICIENT_PERMISSIONS', 'PUT', at(id), { text: 'y' });
    await house.reader.data('PUT', at(id), { text: 'y' });
    await house.ann.refused(404, 'RECORD_NOT_FOUND', 'GET', at(id));
    await house.ann.refused(404, 'RECORD_NOT_FOUND', 'PUT', at(id), { text: 'y' });
    await house.root.refused(404, 'RECORD_NOT_FOUND', 'GET', at(id));
    expect(await house.sudo.data('GET', at(id))).toMatchObject({ id });
    const denied = await note({ access_deny: ['nobody'] });
    await house.root.refused(404, 'RECORD_NOT_FOUND', 'GET', at(denied));
  });

  it('hide records from every list and count', async () => {
    const before = (await house.ann.body('GET', '/api/data/notes?count=true')).total;
    await note({ access_read: ['meg'] });
    const after = await house.ann.body('GET', '/api/data/notes?count=true');
    expect(after.total).toBe(before);
    expect(after.count).toBe(after.data.length);
    const counted = await house.ann.data('POST', '/api/aggregate/notes', {
      aggregate: { n: { $count: '*' } },
    });
    expect(counted).toEqual([{ n: before }]);
  });

  it('are managed by those who may', async () => {
    const id = await note({ access_full: ['ann'], access_read: ['rea'] });
    const acl = `/api/acls/notes/${id}`;
    expect(await house.ann.data('GET', acl)).toEqual({
      record_id: id,
      schema: 'notes',
      access_lists: {
        access_read: ['rea'],
        access_edit: [],
        access_full: ['ann'],
        access_deny: [],
      },
      effective_permissions: { can_read: true, can_edit: true, can_delete: true, is_denied: false },
    });
    await house.reader.refused(403, 'INSUFFICIENT_PERMISSIONS', 'POST', acl, {
      access_read: ['x'],
    });
    expect(await house.ann.data('POST', acl, { access_read: ['oda', 'rea', 'oda'] })).toMatchObject(
      {
        updated_lists: ['access_read'],
        access_lists: { access_read: ['rea', 'oda'], access_full: ['ann'] },
      },
    );
    // Level full manages also what its lists hide from it.
    await house.manager.refused(404, 'RECORD_NOT_FOUND', 'GET', at(id));
    expect(await house.manager.data('PUT', acl, { access_edit: ['bob'] })).toMatchObject({
      access_lists: { access_read: [], access_edit: ['bob'], access_full: [], access_deny: [] },
    });
    await house.ann.refused(404, 'RECORD_NOT_FOUND', 'GET', acl);
    expect(await house.manager.data('DELETE', acl)).toMatchObject({
      status: 'default_permissions',
    });
    expect(await house.ann.data('GET', at(id))).toMatchObject({ access_edit: [] });
    await house.ann.refused(404, 'RECORD_NOT_FOUND', 'GET', `/api/acls/notes/${nobody}`);
  });

  it('answer once more to whom they shut out', async () => {
    const made = await house.ann.data('POST', '/api/data/notes', {
      text: 'y',
      access_read: ['somebody'],
    });
    expect(made.access_read).toEqual(['somebody']);
    await house.ann.refused(404, 'RECORD_NOT_FOUND', 'GET', at(made.id));
  });

  it('are changed for all that match', async () => {
    const rows = [{ text: 'batch' }, { text: 'batch' }];
    await house.ann.data('POST', '/api/data/notes', rows);
    const body = { where: { text: 'batch' }, acl_update: { access_read: { $add: ['rea'] } } };
    expect(await house.manager.data('POST', '/api/acls/notes', body)).toEqual({
      matched: 2,
      updated: 2,
    });
    expect(
      await house.reader.data('POST', '/api/find/notes', { where: { text: 'batch' } }),
    ).toHaveLength(2);
    expect(await house.ann.data('POST', '/api/find/notes', { where: { text: 'batch' } })).toEqual(
      [],
    );
  });
});

describe('stat and history', () => {
  it('tell of a record to those who may read it', async () => {
    const made = await house.ann.data('POST', '/api/data/notes', { text: 'first' });
    await house.ann.data('PUT', at(made.id), { text: 'second' });
    expect(await house.ann.data('GET', `/api/stat/notes/${made.id}`)).toEqual({
      id: made.id,
      created_at: made.created_at,
      updated_at: expect.stringMatching(/Z$/),
      trashed_at: null,
      etag: made.id,
      size: 0,
    });
    const entries = await house.ann.data('GET', `/api/history/notes/${made.id}`);
    expect(entries).toMatchObject([
      {
        operation: 'update',
        changes: { text: { old: 'first', new: 'second' } },
        record_id: made.id,
        schema_name: 'notes',
        created_by: 'ann',
      },
      { operation: 'create', changes: { text: { old: null, new: 'first' } } },
    ]);
    const [newest] = entries;
    expect(newest.metadata).toMatchObject({
      user_role: expect.anything(),
      user_tenant: house.tenant,
    });
    expect(
      await house.ann.data('GET', `/api/history/notes/${made.id}/${newest.change_id}`),
    ).toEqual(newest);
    expect(
      await house.ann.data('GET', `/api/history/notes/${made.id}?limit=1&offset=1`),
    ).toHaveLength(1);
    await house.ann.refused(404, 'CHANGE_NOT_FOUND', 'GET', `/api/history/notes/${made.id}/999999`);
    await house.ann.refused(404, 'RECORD_NOT_FOUND', 'GET', `/api/history/notes/${nobody}`);
    await house.sudo.data('PUT', `/api/acls/notes/${made.id}`, { access_read: ['rea'] });
    await house.ann.refused(404, 'RECORD_NOT_FOUND', 'GET', `/api/history/notes/${made.id}`);
    await house.ann.refused(404, 'RECORD_NOT_FOUND', 'GET', `/api/stat/notes/${made.id}`);
  });
});
