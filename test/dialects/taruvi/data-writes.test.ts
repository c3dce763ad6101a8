import { describe, expect, it } from 'vitest';
import type { Row } from '../../support/taruvi.ts';
import { rowsAt, stage } from './stage.ts';
import { drafts } from './tables.ts';

const here = stage(drafts, { root: { access: 'root' } });

async function made(table: string, ...rows: readonly object[]): Promise<readonly number[]> {
  const { data } = await here.as('root').call('POST', rowsAt(table), rows, 201);
  return (data as { id: number }[]).map(({ id }) => id);
}

const get = async (table: string, id: unknown): Promise<Row> =>
  (await here.as('root').call('GET', rowsAt(table, `${id}/`))).data as Row;

describe('one row', () => {
  it('PATCH changes what it names, PUT returns the rest to its default or NULL', async () => {
    const root = here.as('root');
    const [id] = await made('items', { title: 'a', price: 2, quantity: 9, code: 'c' });
    const patched = await root.call('PATCH', rowsAt('items', `${id}/`), { price: 3 });
    expect(patched.data).toMatchObject({ id, title: 'a', price: 3, quantity: 9, code: 'c' });
    const put = await root.call('PUT', rowsAt('items', `${id}/`), { title: 'b', id });
    expect(put.data).toEqual({
      id,
      title: 'b',
      price: null,
      code: null,
      quantity: 5,
      seen: null,
      more: null,
    });
    expect(await get('items', id)).toEqual(put.data);
    const lacking = await root.refused(400, 'VALIDATION_ERROR', 'PUT', rowsAt('items', `${id}/`), {
      price: 1,
    });
    expect(Object.keys(lacking.errors ?? {})).toEqual(['title']);
    expect(await get('items', id)).toEqual(put.data);
    expect((await root.call('PATCH', rowsAt('items', `${id}/`), {})).data).toEqual(put.data);
  });

  it('the key may be said again and not be changed', async () => {
    const root = here.as('root');
    const [id = 0] = await made('items', { title: 'a' });
    expect(
      (await root.call('PATCH', rowsAt('items', `${id}/`), { id, title: 'b' })).data,
    ).toMatchObject({ title: 'b' });
    await root.refused(400, 'VALIDATION_ERROR', 'PATCH', rowsAt('items', `${id}/`), {
      id: id + 1000,
    });
    await root.refused(400, 'VALIDATION_ERROR', 'PUT', rowsAt('items', `${id}/`), {
      id: null,
      title: 'c',
    });
  });

  it('that is not there is 404; a body that is no object 400', async () => {
    const root = here.as('root');
    for (const method of ['PATCH', 'PUT']) {
      for (const id of ['99999', 'x', '1,2', '%00']) {
        await root.refused(404, 'NOT_FOUND', method, rowsAt('items', `${id}/`), { title: 'x' });
      }
      await root.refused(400, 'BAD_REQUEST', method, rowsAt('items', '1/'), []);
      await root.refused(400, 'BAD_REQUEST', method, rowsAt('items', '1/'));
    }
  });

  it('query parameters are no matter to writes', async () => {
    const root = here.as('root');
    const [id] = await made('items', { title: 'a' });
    await root.call('PATCH', rowsAt('items', `${id}/?title=zzz&nonsense=1`), { title: 'b' });
    await root.call('PUT', rowsAt('items', `${id}/?page=0`), { title: 'c' });
    await root.call('POST', rowsAt('items', '?_count=maybe'), { title: 'd' }, 201);
    expect(await get('items', id)).toMatchObject({ title: 'c' });
  });
});

describe('many rows', () => {
  it('PATCH changes each by its key and answers in order', async () => {
    const root = here.as('root');
    const [a, b] = await made('items', { title: 'a', price: 1 }, { title: 'b', price: 2 });
    const { data } = await root.call('PATCH', rowsAt('items'), [
      { id: b, price: 20 },
      { id: a, title: 'A' },
    ]);
    expect(data).toMatchObject({
      count: 2,
      records: [
        { id: b, title: 'b', price: 20 },
        { id: a, title: 'A', price: 1 },
      ],
    });
    expect((await root.call('PATCH', rowsAt('items'), [])).data).toEqual({ records: [], count: 0 });
  });

  it('one that is not there refuses all, as does one that is wrong', async () => {
    const root = here.as('root');
    const [id] = await made('items', { title: 'before' });
    await root.refused(404, 'NOT_FOUND', 'PATCH', rowsAt('items'), [
      { id, title: 'after' },
      { id: 99999, title: 'x' },
    ]);
    const wrong = await root.refused(400, 'VALIDATION_ERROR', 'PATCH', rowsAt('items'), [
      { id, title: 'after', price: -5 },
    ]);
    expect(Object.keys(wrong.errors ?? {})).toEqual(['0.price']);
    const keyless = await root.refused(400, 'VALIDATION_ERROR', 'PATCH', rowsAt('items'), [
      { id, title: 'after' },
      { title: 'x' },
    ]);
    expect(Object.keys(keyless.errors ?? {})).toEqual(['1.id']);
    await root.refused(400, 'BAD_REQUEST', 'PATCH', rowsAt('items'), [{ id, title: 'x' }, { id }]);
    await root.refused(400, 'BAD_REQUEST', 'PATCH', rowsAt('items'), [
      { id, title: 'x' },
      { id: `0${id}`, title: 'y' },
    ]);
    await root.refused(400, 'BAD_REQUEST', 'PATCH', rowsAt('items'), { id, title: 'x' });
    await root.refused(400, 'BAD_REQUEST', 'PATCH', rowsAt('items'), [7]);
    expect(await get('items', id)).toMatchObject({ title: 'before' });
  });
});

describe('upsert', () => {
  const upsert = (table: string, body: unknown, query = '') =>
    here.as('root').call('POST', rowsAt(table, `upsert/${query}`), body);

  it('by the key: new rows and changes in one call, in order; only what is supplied changes', async () => {
    const [id] = await made('items', { title: 'old', price: 1, quantity: 9 });
    const { data } = await upsert('items', [
      { title: 'new' },
      { id, title: 'changed' },
      { title: 'newer', price: 4 },
    ]);
    expect(data).toMatchObject({
      count: 3,
      records: [
        { title: 'new', quantity: 5, price: null },
        { id, title: 'changed', price: 1, quantity: 9 },
        { title: 'newer', price: 4, quantity: 5 },
      ],
    });
    const one = await upsert('items', { id, price: 7, title: 'changed' });
    expect(one.data).toMatchObject({ count: 1, records: [{ id, price: 7, quantity: 9 }] });
    expect((await upsert('items', [])).data).toEqual({ records: [], count: 0 });
  });

  it('asks for what is required of new rows only', async () => {
    const [id] = await made('items', { title: 'stays', code: 'r1', price: 1 });
    const { data } = await upsert('items', [{ id, price: 2 }, { title: 'new' }]);
    expect(data).toMatchObject({
      count: 2,
      records: [{ id, title: 'stays', price: 2 }, { title: 'new' }],
    });
    const found = await upsert('items', { code: 'r1', price: 3 }, '?unique_fields=code');
    expect(found.data).toMatchObject({ records: [{ id, title: 'stays', price: 3 }] });
    const root = here.as('root');
    const path = rowsAt('items', 'upsert/');
    const lacking = await root.refused(400, 'VALIDATION_ERROR', 'POST', path, [
      { id, price: 4 },
      { price: 5 },
    ]);
    expect(Object.keys(lacking.errors ?? {})).toContain('1.title');
    await root.refused(400, 'VALIDATION_ERROR', 'POST', path, { id, title: null });
    await root.refused(400, 'VALIDATION_ERROR', 'POST', `${path}?partial=false`, { id, price: 6 });
    expect(await get('items', id)).toMatchObject({ title: 'stays', price: 3 });
  });

  it('by unique columns: the key is kept; partial=false resets what is not named', async () => {
    const [id] = await made('items', { title: 'a', code: 'u1', price: 1, quantity: 2 });
    const kept = await upsert(
      'items',
      [{ title: 'b', code: 'u1', id: 987654 }],
      '?unique_fields=code',
    );
    expect(kept.data).toMatchObject({ records: [{ id, title: 'b', price: 1, quantity: 2 }] });
    const reset = await upsert(
      'items',
      { title: 'c', code: 'u1' },
      '?unique_fields=code&partial=false',
    );
    expect(reset.data).toMatchObject({ records: [{ id, title: 'c', price: null, quantity: 5 }] });
    const joint = await upsert('joint', [{ x: 1, y: 'a', note: 'n' }], '?unique_fields=y,x');
    const again = await upsert('joint', [{ y: 'a', x: 1, note: 'm' }], '?unique_fields=x,y');
    expect(again.data).toMatchObject({ records: [{ note: 'm' }], count: 1 });
    const idOf = (body: { data: unknown }) =>
      (body.data as { records: { id: number }[] }).records[0]?.id;
    expect(idOf(again)).toBe(idOf(joint));
    // NULL is like nothing else: a new row.
    const other = await upsert('joint', [{ x: 1, note: 'm' }], '?unique_fields=x,y');
    expect(idOf(other)).not.toBe(idOf(joint));
    await upsert('pairs', [{ a: 7, b: 'q', note: 'one' }]);
    expect((await upsert('pairs', [{ a: 7, b: 'q', note: 'two' }])).data).toMatchObject({
      records: [{ note: 'two' }],
    });
  });

  it.each([
    ['title', [{ title: 'x' }]],
    ['x', [{ title: 'x' }]],
    ['id,code', [{ title: 'x', id: 1, code: 'a' }]],
    ["code'; drop table items--", [{ title: 'x' }]],
  ])('unique_fields=%s matches no rule of uniqueness', async (fields, body) => {
    const path = rowsAt('items', `upsert/?unique_fields=${encodeURIComponent(fields)}`);
    await here.as('root').refused(400, 'BAD_REQUEST', 'POST', path, body);
  });

  it('one key twice, whatever its spelling, is refused, and nothing is written', async () => {
    const root = here.as('root');
    const { total } = await root.call('GET', rowsAt('joint'));
    const path = rowsAt('joint', 'upsert/?unique_fields=x,y');
    await root.refused(400, 'BAD_REQUEST', 'POST', path, [
      { x: 5, y: 'a' },
      { x: 5, y: 'a' },
    ]);
    await root.refused(400, 'BAD_REQUEST', 'POST', path, [
      { x: 6, y: 'a', note: '1' },
      { x: '+6', y: 'a', note: '2' },
    ]);
    expect((await root.call('GET', rowsAt('joint'))).total).toBe(total);
  });

  it('a number that is taken already is no change of the row which has it', async () => {
    const root = here.as('root');
    const [last = 0] = await made('items', { title: 'last' });
    await made('items', { id: last + 1, title: 'mine' });
    const reply = await root.send('POST', rowsAt('items', 'upsert/'), [{ title: 'new' }]);
    expect([200, 409]).toContain(reply.status);
    expect(await get('items', last + 1)).toMatchObject({ title: 'mine' });
    await root.call('POST', rowsAt('items', 'upsert/'), [{ title: 'new' }]);
  });

  it('of many rows that name different columns keeps what each does not name', async () => {
    const ids = await made(
      'items',
      ...Array.from({ length: 300 }, (_, at) => ({ title: `t${at}`, price: at, quantity: at })),
    );
    const changes = ids.map((id, at) => ({
      id,
      title: `t${at}`,
      ...(at % 3 ? { price: at + 1 } : { quantity: at + 1 }),
    }));
    await upsert('items', changes.toReversed());
    const rows = await here.as('root').rows(rowsAt('items', `?id__gte=${ids[0]}&page_size=1000`));
    expect(rows.map(({ price, quantity }) => [price, quantity])).toEqual(
      ids.map((_, at) => (at % 3 ? [at + 1, at] : [at, at + 1])),
    );
  });

  it('what a new row lacks is told by its index', async () => {
    const [id] = await made('items', { title: 'there' });
    const refused = await here
      .as('root')
      .refused(400, 'VALIDATION_ERROR', 'POST', rowsAt('items', 'upsert/'), [
        { id, title: 'x' },
        { price: 4 },
      ]);
    expect(Object.keys(refused.errors ?? {})).toEqual(['1.title']);
    expect(await get('items', id)).toMatchObject({ title: 'there' });
  });

  it('of many at once by many callers leaves one row a key, and every one of them wrote it', async () => {
    const rows = (note: number) =>
      Array.from({ length: 20 }, (_, at) => ({
        x: 1000 + ((at * 7 + note) % 20),
        y: 'c',
        note: String(note),
      }));
    const replies = await Promise.all(
      Array.from({ length: 8 }, (_, note) =>
        here.as('root').send('POST', rowsAt('joint', 'upsert/?unique_fields=x,y'), rows(note)),
      ),
    );
    expect(replies.map(({ status }) => status)).toEqual(replies.map(() => 200));
    const stored = await here.as('root').rows(rowsAt('joint', '?y=c&x__gte=1000'));
    expect(stored).toHaveLength(20);
  });
});
