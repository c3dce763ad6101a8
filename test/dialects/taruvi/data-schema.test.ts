import { describe, expect, it } from 'vitest';
import { encoded, rowsAt, stage } from './stage.ts';

const here = stage([], { root: { access: 'root' } });

/** A table as clients define it. */
async function define(name: string, schema: object): Promise<void> {
  const root = here.as('root');
  await root.call('POST', '/default/datatables/', { name, json_schema: schema }, 201);
}

describe('rows of tables that clients define', () => {
  it('a declared boolean is_deleted is the mark of deleted rows', async () => {
    const root = here.as('root');
    await define('posts', {
      fields: [
        { name: 'id', type: 'integer' },
        { name: 'title', type: 'string', constraints: { required: true } },
        { name: 'is_deleted', type: 'boolean', default: false },
      ],
    });
    const made = await root.call('POST', rowsAt('posts'), [{ title: 'a' }, { title: 'b' }], 201);
    const [a, b] = (made.data as { id: number }[]).map(({ id }) => id);
    await root.call('DELETE', rowsAt('posts', `${a}/`));
    expect((await root.rows(rowsAt('posts'))).map(({ id }) => id)).toEqual([b]);
    expect((await root.rows(rowsAt('posts', '?is_deleted=true'))).map(({ id }) => id)).toEqual([a]);
    const { rows } = await here.logins.client('root').query('select id from posts');
    expect(rows).toEqual([{ id: b }]);
  });

  it('x-soft-delete keeps a trash; without either a row is gone', async () => {
    const root = here.as('root');
    await define('kept', { fields: [{ name: 'title', type: 'string' }], 'x-soft-delete': true });
    await define('lost', { fields: [{ name: 'title', type: 'string' }] });
    for (const [table, left] of [
      ['kept', 1],
      ['lost', 0],
    ] as const) {
      const made = await root.call('POST', rowsAt(table), { title: 'x' }, 201);
      const { id } = made.data as { id: string };
      await root.call('DELETE', rowsAt(table, `?ids=${id}`));
      expect((await root.call('GET', rowsAt(table))).total).toBe(0);
      expect((await root.call('GET', rowsAt(table, '?include_deleted=true'))).total).toBe(left);
    }
  });

  it('one not made yet takes no rows, 409; one taken away is not there, 404', async () => {
    const root = here.as('root');
    const fields = [{ name: 'title', type: 'string' }];
    const body = { name: 'later', json_schema: { fields }, materialize: false };
    await root.call('POST', '/default/datatables/', body, 201);
    await root.refused(409, 'CONFLICT', 'GET', rowsAt('later'));
    await root.refused(409, 'CONFLICT', 'POST', rowsAt('later'), { title: 'x' });
    await root.refused(409, 'CONFLICT', 'DELETE', rowsAt('later', '?ids=1'));
    await define('gone', { fields });
    await root.call('POST', rowsAt('gone'), { title: 'x' }, 201);
    expect((await root.send('DELETE', '/default/datatables/gone/')).status).toBe(204);
    await root.refused(404, 'NOT_FOUND', 'GET', rowsAt('gone'));
    await root.refused(404, 'NOT_FOUND', 'POST', rowsAt('gone'), { title: 'x' });
  });

  it('numbers, times and documents come back as JSON has them', async () => {
    const root = here.as('root');
    await define('values', {
      fields: [
        { name: 'id', type: 'integer' },
        { name: 'price', type: 'number' },
        { name: 'at', type: 'datetime' },
        { name: 'doc', type: 'object' },
        { name: 'list', type: 'array', arrayItem: { type: 'string' } },
      ],
    });
    const row = {
      price: 12345678901234.25,
      doc: { a: [1, null, { b: 'x' }] },
      list: ['a,b', "it's", ''],
    };
    const made = await root.call(
      'POST',
      rowsAt('values'),
      { ...row, at: '2024-05-06T07:08:09+02:00' },
      201,
    );
    expect(made.data).toMatchObject({ ...row, at: '2024-05-06T05:08:09Z' });
    const found = await root.rows(
      rowsAt('values', `?filters=${encoded({ list__acontains: ['a,b'] })}`),
    );
    expect(found).toHaveLength(1);
  });
});
