import { describe, expect, it } from 'vitest';
import { rowsAt, stage } from './stage.ts';
import { drafts } from './tables.ts';

const here = stage(drafts, { root: { access: 'root' } });

describe('create and read', () => {
  it('one row is answered with 201 and itself, many in their order', async () => {
    const root = here.as('root');
    const one = await root.call('POST', rowsAt('items'), { title: 'one', price: 1.5 }, 201);
    expect(one).toMatchObject({
      status: 'success',
      data: { title: 'one', price: 1.5, code: null, quantity: 5 },
    });
    const many = await root.call(
      'POST',
      rowsAt('items'),
      [{ title: 'b', quantity: 1 }, { title: 'a' }, { title: 'c', quantity: null }],
      201,
    );
    expect(many.data).toMatchObject([
      { title: 'b', quantity: 1 },
      { title: 'a', quantity: 5 },
      { title: 'c', quantity: null },
    ]);
    expect((await root.call('POST', rowsAt('items'), [], 201)).data).toEqual([]);
    const { id } = one.data as { id: number };
    expect((await root.call('GET', rowsAt('items', `${id}/`))).data).toEqual(one.data);
    const long = `/default/datasources/default/datatables/items/data/${id}`;
    expect((await root.call('GET', long)).data).toEqual(one.data);
    // The same rows in SQL.
    const { rows } = await here.logins.client('root').query('select title from items order by id');
    expect(rows.map(({ title }) => title)).toEqual(['one', 'b', 'a', 'c']);
  });

  it('a list tells all matches and where the page lies', async () => {
    const root = here.as('root');
    const list = await root.call('GET', rowsAt('items', '?page_size=3&ordering=-title'));
    expect((list.data as { title: string }[]).map(({ title }) => title)).toEqual(['one', 'c', 'b']);
    expect(list.total).toBe(4);
    expect(list.pagination).toEqual({
      offset: 0,
      limit: 3,
      count: 3,
      current_page: 1,
      total_pages: 2,
      has_next: true,
      has_previous: false,
    });
    const sorted = await root.rows(rowsAt('items', '?_sort=quantity,title&_order=asc'));
    expect(sorted.map(({ title }) => title)).toEqual(['b', 'a', 'one', 'c']);
    for (const query of ['?_count=true', '?page=9', '?offset=4', '?_start=7&_end=9', '?limit=0']) {
      expect(await root.call('GET', rowsAt('items', query)), query).toMatchObject({
        data: [],
        total: 4,
      });
    }
    expect(await root.call('GET', rowsAt('items', '?quantity=5&page_size=1'))).toMatchObject({
      total: 2,
      data: [{ title: 'one' }],
    });
    const cut = await root.call('GET', rowsAt('items', '?page_size=99999'));
    expect(cut.pagination).toMatchObject({ limit: 1000, count: 4 });
  });

  it.each([
    'ordering=nothing',
    '_sort=id&_order=up',
    'page=0',
    'page_size=many',
    'nothing=1',
    'title__sounds=x',
    'include_deleted=perhaps',
    '_count=1',
  ])('?%s is refused', async (query) => {
    await here.as('root').refused(400, 'BAD_REQUEST', 'GET', rowsAt('items', `?${query}`));
  });

  it('a row that is not there is 404, whatever its id looks like', async () => {
    const root = here.as('root');
    for (const id of [
      '99999',
      'x',
      '1e5',
      '%00',
      '%F0%9F%98%80',
      "'; drop table items--",
      '-1',
      '1,2',
      '[1]',
      '9'.repeat(400),
    ]) {
      await root.refused(404, 'NOT_FOUND', 'GET', rowsAt('items', `${encodeURI(id)}/`));
    }
    await root.refused(400, 'BAD_REQUEST', 'GET', rowsAt('items', '1/?title=x'));
    await root.refused(400, 'BAD_REQUEST', 'GET', rowsAt('items', '1/?nonsense=x'));
  });

  it('what is wrong with rows is told by index and field, and nothing is stored', async () => {
    const root = here.as('root');
    const before = (await root.call('GET', rowsAt('items'))).total;
    const single = await root.refused(400, 'VALIDATION_ERROR', 'POST', rowsAt('items'), {
      price: -1,
    });
    expect(Object.keys(single.errors ?? {}).sort()).toEqual(['price', 'title']);
    expect(single.details).toEqual(single.errors);
    const many = await root.refused(400, 'VALIDATION_ERROR', 'POST', rowsAt('items'), [
      { title: 'fine' },
      { title: 'x'.repeat(41) },
      { title: 'y', price: 'dear', seen: 'yesterday' },
    ]);
    expect(Object.keys(many.errors ?? {}).sort()).toEqual(['1.title', '2.price', '2.seen']);
    const unknown = await root.refused(400, 'BAD_REQUEST', 'POST', rowsAt('items'), {
      title: 'x',
      nix: 1,
    });
    expect(unknown.message).toContain('nix');
    await root.refused(400, 'BAD_REQUEST', 'POST', rowsAt('items'), 'nonsense');
    await root.refused(400, 'BAD_REQUEST', 'POST', rowsAt('items'), '7');
    await root.refused(400, 'BAD_REQUEST', 'POST', rowsAt('items'), [1]);
    await root.refused(400, 'BAD_REQUEST', 'POST', rowsAt('items'));
    const rows = Array.from({ length: 1001 }, () => ({ title: 'x' }));
    await root.refused(400, 'BAD_REQUEST', 'POST', rowsAt('items'), rows);
    expect((await root.call('GET', rowsAt('items'))).total).toBe(before);
  });

  it('a value that is taken is 409, a reference to nothing 400 on its field', async () => {
    const root = here.as('root');
    await root.call('POST', rowsAt('items'), { title: 't', code: 'taken' }, 201);
    const taken = await root.refused(409, 'CONFLICT', 'POST', rowsAt('items'), {
      title: 't',
      code: 'taken',
    });
    expect(taken.message).not.toMatch(/key_|constraint|t_x/);
    const lost = await root.refused(400, 'VALIDATION_ERROR', 'POST', rowsAt('children'), {
      parent_id: 77,
    });
    expect(Object.keys(lost.errors ?? {})).toEqual(['parent_id']);
  });

  it('keys that replies add are ignored when they come back; a time kept by the server too', async () => {
    const root = here.as('root');
    const row = { title: 'x', rank: 3, _depth: 1, _allowed_actions: [], _relationship_type: 'a' };
    await root.call('POST', rowsAt('trashed'), { ...row, created_at: '1999-01-01T00:00:00Z' }, 201);
    const [stored] = await root.rows(rowsAt('trashed', '?title=x'));
    expect(stored?.['created_at']).not.toMatch(/^1999/);
    expect(Object.keys(stored ?? {})).toEqual(['id', 'title', 'created_at', 'updated_at']);
  });

  it.each([
    '%',
    '_',
    "'",
    '"',
    '\\',
    '$$',
    '; drop table items',
    'ä𝄞',
    '\u2028',
    '{"a":1}',
    'null',
    '',
  ])('the text %j comes back as it was sent and is found by itself alone', async (title) => {
    const root = here.as('root');
    const made = await root.call(
      'POST',
      rowsAt('items'),
      { title, more: { title, '': [title] } },
      201,
    );
    expect(made.data).toMatchObject({ title, more: { title, '': [title] } });
    const found = await root.rows(rowsAt('items', `?title=${encodeURIComponent(title)}`));
    expect(found.map((row) => row['title'])).toEqual([title]);
  });
});

describe('composite keys', () => {
  it('are written a,b or as a JSON array, in paths and ids', async () => {
    const root = here.as('root');
    const rows = [
      { a: 1, b: 'x', note: 'one' },
      { a: 2, b: 'y,z', note: 'two' },
      { a: 3, b: 'x', note: 'three' },
    ];
    await root.call('POST', rowsAt('pairs'), rows, 201);
    const get = async (id: string) =>
      ((await root.call('GET', rowsAt('pairs', `${id}/`))).data as { note: string }).note;
    expect(await get('1,x')).toBe('one');
    expect(await get(encodeURIComponent('[1,"x"]'))).toBe('one');
    expect(await get(encodeURIComponent('[2,"y,z"]'))).toBe('two');
    for (const id of ['1', '1,x,y', '2,y,z', 'x,1', '%5B1%5D', '%5B1,null%5D', '%5B', '1,']) {
      await root.refused(404, 'NOT_FOUND', 'GET', rowsAt('pairs', `${id}/`));
    }
    expect((await root.call('PATCH', rowsAt('pairs', '3,x/'), { note: '3' })).data).toEqual({
      a: 3,
      b: 'x',
      note: '3',
    });
    const patched = await root.call('PATCH', rowsAt('pairs'), [{ a: 2, b: 'y,z', note: '2' }]);
    expect(patched.data).toEqual({ records: [{ a: 2, b: 'y,z', note: '2' }], count: 1 });
    await root.refused(400, 'BAD_REQUEST', 'DELETE', rowsAt('pairs', '?ids=1,x,3'));
    await root.refused(400, 'BAD_REQUEST', 'DELETE', rowsAt('pairs', '?ids=%5B%5B1%5D%5D'));
    const gone = await root.call(
      'DELETE',
      rowsAt('pairs', `?ids=${encodeURIComponent('[[2,"y,z"],[9,"q"]]')}`),
    );
    expect(gone.deleted).toBe(1);
    expect((await root.call('DELETE', rowsAt('pairs', '?ids=1,x,3,x'))).deleted).toBe(2);
  });
});

describe('tables', () => {
  it('that are not there, inactive or not made answer 404, 404 and 409', async () => {
    const root = here.as('root');
    await root.refused(404, 'NOT_FOUND', 'GET', rowsAt('nothing'));
    await root.refused(404, 'NOT_FOUND', 'GET', '/nothing/datatables/items/data/');
    await root.refused(
      404,
      'NOT_FOUND',
      'GET',
      '/default/datasources/nothing/datatables/items/data/',
    );
    await root.refused(
      404,
      'NOT_FOUND',
      'GET',
      '/default/datasources/objects/datatables/items/data/',
    );
    await root.refused(404, 'NOT_FOUND', 'GET', '/default/datatables/items/nothing/');
    await root.refused(405, 'METHOD_NOT_ALLOWED', 'PUT', rowsAt('items'), {});
  });

  it('a frozen one and one under sudo take no writes, 403; what is set once stays, 400', async () => {
    const root = here.as('root');
    await root.refused(403, 'FORBIDDEN', 'POST', rowsAt('cold'), { title: 'x' });
    await root.refused(403, 'FORBIDDEN', 'POST', rowsAt('guarded'), { title: 'x' });
    expect((await root.call('GET', rowsAt('cold'))).total).toBe(0);
    const made = await root.call('POST', rowsAt('ruled'), { fixed: 'a', free: 'b' }, 201);
    const { id } = made.data as { id: number };
    const fixed = await root.refused(400, 'VALIDATION_ERROR', 'PATCH', rowsAt('ruled', `${id}/`), {
      fixed: 'b',
    });
    expect(Object.keys(fixed.errors ?? {})).toEqual(['fixed']);
    await root.refused(403, 'FORBIDDEN', 'PATCH', rowsAt('ruled', `${id}/`), { guarded: 'b' });
    // Columns that few may set stay when a whole row replaces the old one.
    expect((await root.call('PUT', rowsAt('ruled', `${id}/`), { free: null })).data).toEqual({
      id,
      fixed: 'a',
      guarded: null,
      free: null,
    });
  });
});
