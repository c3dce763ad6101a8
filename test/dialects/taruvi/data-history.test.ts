import { describe, expect, it } from 'vitest';
import { rowsAt, stage } from './stage.ts';
import { drafts } from './tables.ts';

const here = stage(
  drafts.filter(({ name }) => name.startsWith('audited') || name === 'items'),
  {
    root: { access: 'root' },
    full: { access: 'full' },
    editor: { access: 'edit' },
    reader: { access: 'read' },
  },
);

describe('history of a row', () => {
  it('tells each version, newest first, whoever wrote it in REST or SQL', async () => {
    const root = here.as('root');
    const made = await root.call('POST', rowsAt('audited'), { title: 'a', other: 'o' }, 201);
    const { id } = made.data as { id: number };
    await root.call('PATCH', rowsAt('audited', `${id}/`), { title: 'b' });
    await here.logins
      .client('root')
      .query(`update audited set title = 'c', other = null where id = ${id}`);
    await root.call('POST', rowsAt('audited'), { title: 'another' }, 201);
    const history = await root.call('GET', rowsAt('audited', `${id}/history/`));
    expect(history).toMatchObject({
      status: 'success',
      total: 3,
      pagination: { count: 3, has_next: false },
    });
    expect(history.data).toEqual([
      {
        record_id: id,
        version: 3,
        event_type: 'UPDATE',
        previous_data: { other: 'o', title: 'b' },
        changed_fields: ['other', 'title'],
        created_by: 'root',
        created_at: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/),
      },
      expect.objectContaining({
        version: 2,
        previous_data: { title: 'a' },
        changed_fields: ['title'],
      }),
      expect.objectContaining({
        version: 1,
        event_type: 'CREATE',
        previous_data: null,
        changed_fields: ['other', 'title'],
      }),
    ]);
    const second = await root.call('GET', rowsAt('audited', `${id}/history/?page=2&page_size=2`));
    expect(second).toMatchObject({ total: 3, data: [{ version: 1 }] });
  });

  it('a mark set is a deletion, taken off a change', async () => {
    const root = here.as('root');
    const made = await root.call('POST', rowsAt('audited_marked'), { title: 'a' }, 201);
    const { id } = made.data as { id: number };
    await root.call('DELETE', rowsAt('audited_marked', `${id}/`));
    await root.call('POST', rowsAt('audited_marked', `${id}/restore/`));
    const { data } = await root.call('GET', rowsAt('audited_marked', `${id}/history/`));
    expect((data as { event_type: string }[]).map((entry) => entry.event_type)).toEqual([
      'UPDATE',
      'DELETE',
      'CREATE',
    ]);
  });

  it('is shown to those who may read the row', async () => {
    const made = await here
      .as('editor')
      .call('POST', rowsAt('audited_shared'), [{ title: 'a' }, { title: 'b' }], 201);
    const [open, hidden] = made.data as { id: number }[];
    await here.logins
      .client('full')
      .query(`select share('audited_shared', '${hidden?.id}', read => array['full'])`);
    const reader = here.as('reader');
    expect((await reader.call('GET', rowsAt('audited_shared', `${open?.id}/history/`))).total).toBe(
      1,
    );
    await reader.refused(
      404,
      'NOT_FOUND',
      'GET',
      rowsAt('audited_shared', `${hidden?.id}/history/`),
    );
    await here.as('full').call('DELETE', rowsAt('audited_shared', `${open?.id}/`));
    await reader.refused(404, 'NOT_FOUND', 'GET', rowsAt('audited_shared', `${open?.id}/history/`));
  });

  it('of a row that is gone is for administrators of the app', async () => {
    const root = here.as('root');
    await here.database.admin.query(
      `with a as (update control.apps set settings = '{"default_policy": "authenticated"}' where slug = 'default')
       update control.tenants set version = version + 1`,
    );
    const made = await here.as('editor').call('POST', rowsAt('audited'), { title: 'a' }, 201);
    const { id } = made.data as { id: number };
    const path = rowsAt('audited', `${id}/history/`);
    expect((await here.as('editor').call('GET', path)).total).toBe(1);
    await here.as('editor').call('DELETE', rowsAt('audited', `${id}/`));
    await here.as('editor').refused(404, 'NOT_FOUND', 'GET', path);
    expect(await root.call('GET', path)).toMatchObject({
      total: 2,
      data: [
        { record_id: id, version: 2, event_type: 'DELETE', previous_data: { title: 'a' } },
        { record_id: id, version: 1, event_type: 'CREATE' },
      ],
    });
    const keys = `select row_key from _rowhouse_history where row_key = '${id}' and relation = (
      select max(relation) from _rowhouse_history where row_key = '${id}' and changes ? 'title')`;
    expect((await here.logins.client('editor').query(keys)).rows).toEqual([]);
  });

  it('of no row is 404, of a table without one 400', async () => {
    const root = here.as('root');
    for (const id of ['99999', 'x', '1,2']) {
      await root.refused(404, 'NOT_FOUND', 'GET', rowsAt('audited', `${id}/history/`));
    }
    await root.refused(400, 'BAD_REQUEST', 'GET', rowsAt('items', '1/history/'));
  });

  it('is the audit of the table too, of one record or of all', async () => {
    const root = here.as('root');
    const made = await root.call('POST', rowsAt('audited'), [{ title: 'x' }, { title: 'y' }], 201);
    const [one] = made.data as { id: number }[];
    await root.call('PATCH', rowsAt('audited', `${one?.id}/`), { title: 'z' });
    const audit = '/default/datatables/audited/audit/';
    expect(await root.call('GET', `${audit}?record_id=${one?.id}`)).toMatchObject({
      total: 2,
      pagination: { count: 2 },
      data: [
        { record_id: one?.id, version: 2, event_type: 'UPDATE', previous_data: { title: 'x' } },
        { record_id: one?.id, version: 1, event_type: 'CREATE', previous_data: null },
      ],
    });
    const all = await root.call('GET', `${audit}?page_size=2`);
    expect(all).toMatchObject({
      data: [
        { record_id: one?.id, version: 2 },
        { record_id: (one?.id ?? 0) + 1, version: 1 },
      ],
      pagination: { count: 2, has_next: true },
    });
    await root.refused(404, 'NOT_FOUND', 'GET', `${audit}?record_id=99999`);
    await root.refused(400, 'BAD_REQUEST', 'GET', `${audit}?record_id=`);
    await root.refused(400, 'BAD_REQUEST', 'GET', '/default/datatables/items/audit/');
  });

  it('of all records tells nothing of hidden ones', async () => {
    const made = await here
      .as('editor')
      .call('POST', rowsAt('audited_shared'), [{ title: 'p' }, { title: 'q' }], 201);
    const [, hidden] = made.data as { id: number }[];
    await here.logins
      .client('full')
      .query(`select share('audited_shared', '${hidden?.id}', read => array['full'])`);
    const seen = await here
      .as('reader')
      .call('GET', '/default/datatables/audited_shared/audit/?page_size=1000');
    const records = (seen.data as { record_id: unknown }[]).map((entry) => entry.record_id);
    expect(records).not.toContain(hidden?.id);
    expect(seen.total).toBe(records.length);
  });
});
