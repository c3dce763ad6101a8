import { describe, expect, it } from 'vitest';
import { encoded, rowsAt, stage } from './stage.ts';
import { drafts } from './tables.ts';

const here = stage(drafts, { root: { access: 'root' } });

async function made(table: string, ...rows: readonly object[]): Promise<readonly number[]> {
  const { data } = await here.as('root').call('POST', rowsAt(table), rows, 201);
  return (data as { id: number }[]).map(({ id }) => id);
}

const total = async (table: string, query = '') =>
  (await here.as('root').call('GET', rowsAt(table, query))).total;

describe('delete', () => {
  it('one row by its id', async () => {
    const root = here.as('root');
    const [id] = await made('items', { title: 'a' });
    expect(await root.call('DELETE', rowsAt('items', `${id}/`))).toEqual({
      status: 'success',
      message: '1 row deleted',
      data: { deleted: 1 },
      deleted: 1,
    });
    await root.refused(404, 'NOT_FOUND', 'DELETE', rowsAt('items', `${id}/`));
    await root.refused(404, 'NOT_FOUND', 'DELETE', rowsAt('items', 'x/'));
  });

  it('rows by ids, as comma text or a JSON array; unknown ones are not counted', async () => {
    const root = here.as('root');
    const [a, b, c] = await made('items', { title: 'a' }, { title: 'b' }, { title: 'c' });
    expect((await root.call('DELETE', rowsAt('items', `?ids=${a},99999`))).deleted).toBe(1);
    expect(
      (await root.call('DELETE', rowsAt('items', `?ids=${encoded([b, String(c), c])}`))).deleted,
    ).toBe(2);
  });

  it.each([
    [{ title: 'gone' }, 2],
    [{ title__startswith: 'go', price__lt: 2 }, 1],
    [{ and: [{ title: 'gone' }, { price__gte: 2 }] }, 1],
    [{ filters: JSON.stringify([{ field: 'title', operator: 'eq', value: 'gone' }]) }, 2],
    [{ filters: JSON.stringify({ or: [{ price: 1 }, { price: 2 }] }) }, 2],
    [{ title: 'nobody' }, 0],
  ])('rows by the filter %j', async (filter, deleted) => {
    const root = here.as('root');
    await root.call('DELETE', rowsAt('items', `?filter=${encoded({ id__gt: 0 })}`));
    await made(
      'items',
      { title: 'gone', price: 1 },
      { title: 'gone', price: 2 },
      { title: 'stays' },
    );
    expect((await root.call('DELETE', rowsAt('items', `?filter=${encoded(filter)}`))).deleted).toBe(
      deleted,
    );
    expect(await total('items')).toBe(3 - deleted);
  });

  it.each([
    '',
    '?ids=',
    '?ids=%20',
    '?ids=[]',
    '?ids=1&ids=2',
    '?ids=1,,2',
    '?ids=1&filter={"id":1}',
    '?filter=',
    '?filter={}',
    '?filter=[]',
    '?filter={"and":[]}',
    '?filter={"and":[{"and":[]}]}',
    '?filter={"or":[]}',
    '?filter={"not":{}}',
    '?filter={"filters":"[]"}',
    '?filter={"filters":"{}"}',
    '?filter={"filters":[]}',
    '?filter={"filters":""}',
    '?filter={"nothing":1}',
    '?filter={"title__like_this":1}',
    '?filter={"title":',
    '?filter=7',
    '?filter=null',
    '?filter="title"',
    '?title=stays',
    '?id__in=1,2',
    '?filters=[]',
    '?ids=1&title=x',
    '?filter={"id":1}&title=x',
    '?filter={"id":"x"}',
    '?ids=1,x',
    '?ids=1);delete from items--',
  ])('%s deletes nothing', async (query) => {
    const root = here.as('root');
    await made('items', { title: 'stays' });
    const before = await total('items');
    await root.refused(400, 'BAD_REQUEST', 'DELETE', rowsAt('items', encodeURI(query)));
    expect(await total('items')).toBe(before);
  });

  it('more ids than the limit are refused; the app may set another', async () => {
    const root = here.as('root');
    const ids = Array.from({ length: 1001 }, (_, at) => at + 100_000).join(',');
    await root.refused(400, 'BAD_REQUEST', 'DELETE', rowsAt('items', `?ids=${ids}`));
    await here.database.admin.query(
      `with a as (update control.apps set settings = '{"bulk_limit": 5000}' where slug = 'default')
       update control.tenants set version = version + 1`,
    );
    expect((await root.call('DELETE', rowsAt('items', `?ids=${ids}`))).deleted).toBe(0);
  });

  it('a row that others refer to stays: 409', async () => {
    const [parent] = await made('parents', { name: 'p' });
    await made('children', { parent_id: parent });
    await here.as('root').refused(409, 'CONFLICT', 'DELETE', rowsAt('parents', `${parent}/`));
    expect(await total('parents', `?id=${parent}`)).toBe(1);
  });
});

describe('a declared mark', () => {
  const sql = async (text: string) => (await here.logins.client('root').query(text)).rows;

  it('hides rows in REST and SQL alike, unless the request speaks of it', async () => {
    const root = here.as('root');
    const [a, b, c] = await made(
      'marked',
      { title: 'a' },
      { title: 'b' },
      { title: 'c', is_deleted: true },
    );
    expect((await root.call('DELETE', rowsAt('marked', `${a}/`))).deleted).toBe(1);
    await root.refused(404, 'NOT_FOUND', 'DELETE', rowsAt('marked', `${a}/`));
    expect((await root.call('DELETE', rowsAt('marked', `?ids=${a}`))).deleted).toBe(0);
    await root.refused(404, 'NOT_FOUND', 'GET', rowsAt('marked', `${a}/`));
    await root.refused(404, 'NOT_FOUND', 'PATCH', rowsAt('marked', `${a}/`), { title: 'x' });
    expect((await root.call('GET', rowsAt('marked', `${a}/?include_deleted=true`))).data).toEqual({
      id: a,
      title: 'a',
      is_deleted: true,
    });
    const ids = async (query: string) =>
      (await root.rows(rowsAt('marked', query))).map(({ id }) => id);
    expect(await ids('')).toEqual([b]);
    expect(await ids('?include_deleted=true')).toEqual([a, b, c]);
    expect(await ids('?is_deleted=true')).toEqual([a, c]);
    expect(await ids('?is_deleted=false')).toEqual([b]);
    expect(
      await ids(`?filters=${encoded({ or: [{ is_deleted: true }, { title: 'b' }] })}`),
    ).toEqual([a, b, c]);
    expect(await sql('select id from marked order by id')).toEqual([{ id: b }]);
    expect(await total('marked', '?title=a')).toBe(0);
  });

  it('is set by DELETE in SQL too, keeps the row, and is taken off by restore', async () => {
    const root = here.as('root');
    const [id] = await made('marked', { title: 'kept' });
    await sql(`delete from marked where id = ${id}`);
    expect(await sql(`select from marked where id = ${id}`)).toEqual([]);
    const stored = await here.database.admin.query(
      `select is_deleted from "t_${here.tenant}".marked where id = $1`,
      [id],
    );
    expect(stored.rows).toEqual([{ is_deleted: true }]);
    const restored = await root.call('POST', rowsAt('marked', `${id}/restore/`));
    expect(restored.data).toEqual({ id, title: 'kept', is_deleted: false });
    await root.refused(404, 'NOT_FOUND', 'POST', rowsAt('marked', `${id}/restore/`));
    expect(await sql(`select title from marked where id = ${id}`)).toEqual([{ title: 'kept' }]);
  });

  it('can be set by whoever may change the row', async () => {
    const root = here.as('root');
    const [id] = await made('marked', { title: 'x' });
    const marked = await root.call('PATCH', rowsAt('marked', `${id}/`), { is_deleted: true });
    expect(marked.data).toEqual({ id, title: 'x', is_deleted: true });
    await root.refused(404, 'NOT_FOUND', 'GET', rowsAt('marked', `${id}/`));
    const [other] = await made('marked', { title: 'y' });
    await sql(`update marked set is_deleted = true where id = ${other}`);
    await root.refused(404, 'NOT_FOUND', 'GET', rowsAt('marked', `${other}/`));
  });

  it('under the right to delete an update changes the mark alone', async () => {
    const client = here.logins.client('root');
    const [id] = await made('marked', { title: 'x' });
    await client.query('begin');
    await client.query("set local rowhouse.intent = 'delete'");
    await expect(
      client.query(`update marked set title = 'y', is_deleted = true where id = ${id}`),
    ).rejects.toThrow(/only is_deleted/);
    await client.query('rollback');
  });

  it('a conflict with a marked row is no way to see it: 403', async () => {
    const root = here.as('root');
    const [id] = await made('marked', { title: 'secret' });
    await root.call('DELETE', rowsAt('marked', `${id}/`));
    await root.refused(403, 'FORBIDDEN', 'POST', rowsAt('marked', 'upsert/'), {
      id,
      title: 'mine',
    });
  });
});

describe('a trash', () => {
  it('hides what is deleted until it is restored; a value in it may be taken again', async () => {
    const root = here.as('root');
    const [id] = await made('trashed', { title: 'unique' });
    await root.call('DELETE', rowsAt('trashed', `${id}/`));
    await root.refused(404, 'NOT_FOUND', 'GET', rowsAt('trashed', `${id}/`));
    await root.refused(404, 'NOT_FOUND', 'PATCH', rowsAt('trashed', `${id}/`), { title: 'x' });
    await root.refused(404, 'NOT_FOUND', 'DELETE', rowsAt('trashed', `${id}/`));
    expect(await total('trashed')).toBe(0);
    expect(await total('trashed', '?include_deleted=true')).toBe(1);
    const path = rowsAt('trashed', 'upsert/?unique_fields=title');
    const fresh = await root.call('POST', path, { title: 'unique' });
    const again = await root.call('POST', path, { title: 'unique' });
    expect(again.data).toMatchObject({
      records: [{ id: expect.not.toSatisfy((key) => key === id) }],
    });
    expect((again.data as { records: { id: number }[] }).records[0]?.id).toBe(
      (fresh.data as { records: { id: number }[] }).records[0]?.id,
    );
    await root.refused(409, 'CONFLICT', 'POST', rowsAt('trashed', `${id}/restore/`));
    const [other] = await made('trashed', { title: 'other' });
    await root.call('DELETE', rowsAt('trashed', `${other}/`));
    expect((await root.call('POST', rowsAt('trashed', `${other}/restore/`))).data).toMatchObject({
      id: other,
      title: 'other',
    });
  });

  it('is nothing that every table has', async () => {
    const [id] = await made('items', { title: 'x' });
    await here.as('root').refused(400, 'BAD_REQUEST', 'POST', rowsAt('items', `${id}/restore/`));
  });
});
